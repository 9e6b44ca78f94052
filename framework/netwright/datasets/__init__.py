"""Data sets by name, from files, and the preprocessing that goes with them.

>>> from netwright import datasets
>>> iris = datasets.get("iris")
>>> x, y = iris.arrays("train")
>>> x.shape, iris.info.label.classes
((120, 4), ('setosa', 'versicolor', 'virginica'))
"""

from __future__ import annotations

from .dataset import Dataset, Split, SplitName
from .files import load_csv, load_file, load_npz
from .info import Column, DatasetInfo, InputInfo, LabelInfo, Samples
from .preprocessing import Preprocessing
from .registry import get, info, infos, names

__all__ = [
    "Column",
    "Dataset",
    "DatasetInfo",
    "InputInfo",
    "LabelInfo",
    "Preprocessing",
    "Samples",
    "Split",
    "SplitName",
    "get",
    "info",
    "infos",
    "load_csv",
    "load_file",
    "load_npz",
    "names",
]
