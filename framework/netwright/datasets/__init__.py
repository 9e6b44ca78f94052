"""Data sets by name, from files, and the preprocessing that goes with them.

>>> from netwright import datasets
>>> iris = datasets.get("iris")
>>> x, y = iris.arrays("train")
>>> x.shape, iris.info.label.classes
((120, 4), ('setosa', 'versicolor', 'virginica'))
"""

from __future__ import annotations

from .augment import Augment
from .dataset import Dataset, Split, SplitName
from .files import load_csv, load_file, load_npz
from .info import Column, DatasetInfo, InputInfo, LabelInfo, Samples
from .preprocessing import Preprocessing
from .recipe import ColumnChoice, Dialect, ImageChoice, Recipe, SplitChoice
from .registry import derive, get, info, infos, names
from .steps import Step

__all__ = [
    "Augment",
    "Column",
    "ColumnChoice",
    "Dataset",
    "DatasetInfo",
    "Dialect",
    "ImageChoice",
    "InputInfo",
    "LabelInfo",
    "Preprocessing",
    "Recipe",
    "Samples",
    "Split",
    "SplitChoice",
    "SplitName",
    "Step",
    "derive",
    "get",
    "info",
    "infos",
    "load_csv",
    "load_file",
    "load_npz",
    "names",
]
