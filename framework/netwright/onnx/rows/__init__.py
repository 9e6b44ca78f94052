"""Rows of the table, one module per family; importing them fills it."""

from . import (
    bits,
    control,
    elementwise,
    indexing,
    logic,
    nn,
    pools,
    quantized,
    recurrent,
    reduce,
    resize,
    sampling,
    sequences,
    shape,
    signal,
    training,
)

__all__ = [
    "bits",
    "control",
    "elementwise",
    "indexing",
    "logic",
    "nn",
    "pools",
    "quantized",
    "recurrent",
    "reduce",
    "resize",
    "sampling",
    "sequences",
    "shape",
    "signal",
    "training",
]
