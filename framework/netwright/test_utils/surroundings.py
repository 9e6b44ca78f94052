"""What tests run in: device, environment variables, standard error, data, iterators."""

from __future__ import annotations

import functools
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..device import Device, current_device, num_gpus
from ..errors import DataError, ParamError
from ..io import DataBatch, DataIter, MNISTIter
from ..util import getenv, setenv

F = TypeVar("F", bound=Callable[..., Any])
_MNIST = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def default_context() -> Device:
    """The device tests run on."""
    return current_device()


def set_default_context(ctx: Device) -> None:
    """Let tests run on a device."""
    Device._current.value = ctx


def list_gpus() -> range:
    """Numbers of the GPUs there are; empty where there is none."""
    return range(num_gpus())


def is_cd_run() -> bool:
    """Whether this is a release being tested, by MXNet's variable ``CD_JOB``."""
    return os.environ.get("CD_JOB") == "1"


def is_aarch64_run() -> bool:
    """Whether the processor is a 64-bit ARM."""
    return platform.machine() == "aarch64"


def is_op_runnable() -> bool:
    """Whether operators run here: they do."""
    return True


def has_tvm_ops() -> bool:
    """Whether there are operators compiled by TVM: there are none."""
    return False


@contextmanager
def environment(*args: Any) -> Iterator[None]:
    """A ``with`` block with other environment variables: a name and a value, or a dict; None takes one away."""
    if len(args) == 2:
        wanted: Mapping[str, Any] = {args[0]: args[1]}
    elif len(args) == 1 and isinstance(args[0], Mapping):
        wanted = args[0]
    else:
        raise ParamError("a name and a value, or a dict", where="environment", got=args)
    before = {name: getenv(name) for name in wanted}
    try:
        for name, value in wanted.items():
            setenv(name, None if value is None else str(value))
        yield
    finally:
        for name, old in before.items():
            setenv(name, old)


@contextmanager
def discard_stderr() -> Iterator[None]:
    """A ``with`` block in which nothing reaches standard error, not even from C."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)


def retry(n: int) -> Callable[[F], F]:
    """Decorator for tests of random things: up to ``n`` tries before an AssertionError counts."""
    if n < 1:
        raise ParamError("at least one try", where="retry", got=n)

    def decorate(f: F) -> F:
        @functools.wraps(f)
        def tried(*args: Any, **kwargs: Any) -> Any:
            for i in range(n):
                try:
                    return f(*args, **kwargs)
                except AssertionError:
                    if i == n - 1:
                        raise
            return None

        return tried  # type: ignore[return-value]

    return decorate


class DummyIter(DataIter):
    """Gives the first batch of another iterator for ever: to measure without loading."""

    def __init__(self, real_iter: Any) -> None:
        super().__init__(real_iter.batch_size)
        self.provide_data, self.provide_label = real_iter.provide_data, real_iter.provide_label
        self.the_batch: DataBatch = next(real_iter)

    def next(self) -> DataBatch:
        return self.the_batch


def _mnist(part: str, folder: str | Path) -> tuple[Path, Path]:
    """The files of a part, packed or not; raises DataError where they are not there."""
    found = []
    for name in _MNIST[part]:
        path = next((p for p in (Path(folder) / name, Path(folder) / f"{name}.gz") if p.exists()), None)
        if path is None:
            raise DataError(
                f"{name} is not there",
                where=f"MNIST in {Path(folder).name}",
                remedy="Put MNIST's four IDX files there, packed or not; nothing is fetched",
            )
        found.append(path)
    return found[0], found[1]


def get_mnist(path: str | Path = "data") -> dict[str, np.ndarray[Any, Any]]:
    """MNIST's images in [0, 1], (N, 1, 28, 28), and labels from a folder's IDX files.

    The keys are ``train_data``, ``train_label``, ``test_data`` and ``test_label``.
    """
    from ..datasets.idx import read_idx

    found: dict[str, np.ndarray[Any, Any]] = {}
    for part in _MNIST:
        images, labels = (read_idx(file) for file in _mnist(part, path))
        found[f"{part}_data"] = images[:, None].astype(np.float32) / 255
        found[f"{part}_label"] = labels.astype(np.int8)
    return found


def get_mnist_iterator(
    batch_size: int, input_shape: Any, num_parts: int = 1, part_index: int = 0, path: str | Path = "data"
) -> tuple[DataIter, DataIter]:
    """(training, test) iterators over a folder's MNIST files; flat unless ``input_shape`` has three sizes."""
    common: dict[str, Any] = {"batch_size": batch_size, "flat": len(input_shape) != 3}
    common |= {"num_parts": num_parts, "part_index": part_index}
    return MNISTIter(*_mnist("train", path), shuffle=True, **common), MNISTIter(*_mnist("test", path), **common)
