"""What a data set made of somebody's own file says of itself."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from .info import DatasetInfo, InputInfo, LabelInfo, Samples, Task

Split = tuple[NDArray[Any], NDArray[Any]]
_TASKS: dict[str, Task] = {"class": "classification", "value": "regression", "none": "unlabelled"}


def describe(name: str, shape: InputInfo, label: LabelInfo, train: Split, test: Split, *, source: str) -> DatasetInfo:
    """The description of somebody's own data."""
    size = sum(array.nbytes for array in (*train, *test))
    return DatasetInfo(
        name=name,
        title=name,
        summary=f"{len(train[0]) + len(test[0])} samples from {source}",
        task=_TASKS[label.kind],
        input=shape,
        label=label,
        samples=Samples(train=len(train[0]), test=len(test[0])),
        bytes=size,
        source=source,
        licence="Your own",
    )
