"""Rows of the table, one module per family; importing them fills it."""

from . import control, elementwise, indexing, logic, nn, pools, recurrent, reduce, resize, sequences, shape

__all__ = [
    "control",
    "elementwise",
    "indexing",
    "logic",
    "nn",
    "pools",
    "recurrent",
    "reduce",
    "resize",
    "sequences",
    "shape",
]
