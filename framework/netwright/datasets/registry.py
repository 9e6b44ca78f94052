"""The built-in data sets by name."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import DataError
from . import fashion_mnist, images, tables, texts, toys
from .adjusting import adjust
from .dataset import Dataset
from .info import DatasetInfo
from .recipe import Recipe

BUILDERS: dict[str, Callable[[], Dataset]] = {**tables.BUILDERS, **images.BUILDERS, **toys.BUILDERS, **texts.BUILDERS}


def names() -> list[str]:
    """The names ``get`` takes."""
    return list(BUILDERS)


@functools.lru_cache(maxsize=len(BUILDERS))
def get(name: str) -> Dataset:
    """The built-in data set of that name, kept in memory; raises DataError when there is none.

    Fashion-MNIST is fetched from its public source when it is not on the machine.

    >>> from netwright import datasets
    >>> data = datasets.get("iris")
    >>> x, y = data.arrays("train")
    >>> x.shape[1], sorted(set(y.tolist()))
    (4, [0, 1, 2])
    """
    if name not in BUILDERS:
        near = difflib.get_close_matches(name, BUILDERS, n=1)
        raise DataError(
            "there is no such data set",
            wanted=f"one of {', '.join(BUILDERS)}",
            got=repr(name[:60]),
            remedy=f"Did you mean {near[0]}?" if near else None,
        )
    return BUILDERS[name]()


def derive(name: str, recipe: Recipe | Mapping[str, Any]) -> Dataset:
    """A built-in data set with another split, scaling or augmentation.

    >>> from netwright import datasets
    >>> data = datasets.derive("iris", {"split": {"by": "random", "fraction": 0.4}, "scaling": "min_max"})
    >>> len(data.test[0]), float(data.arrays("train")[0].max())
    (60, 1.0)
    """
    data = get(name)
    return adjust(data, Recipe.read(recipe), name=data.info.title, source=data.info.source)


def info(name: str) -> DatasetInfo:
    """The description alone; never touches the network."""
    if name == "fashion-mnist":
        return images.FASHION_MNIST.model_copy(
            update={"available": fashion_mnist.find_folder() is not None, "why": fashion_mnist.why_missing()}
        )
    return get(name).info


def infos() -> list[DatasetInfo]:
    """The descriptions of all built-in data sets."""
    return [info(name) for name in BUILDERS]
