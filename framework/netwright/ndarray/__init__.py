"""Eager arrays: the class, ways to make one, and a function for every operator (``nd.X``)."""

from __future__ import annotations

import sys

from ..ops.arithmetic import BINARY
from ..ops.namespaces import populate
from . import sparse
from .array import NDArray
from .binary import make_binary
from .contrib_functions import add_contrib
from .control_flow import CONTROL_FLOW
from .creation import (
    arange,
    array,
    concatenate,
    empty,
    eye,
    from_numpy,
    full,
    linspace,
    moveaxis,
    onehot_encode,
    ones,
    waitall,
    zeros,
)
from .exchange import from_dlpack, to_dlpack_for_read, to_dlpack_for_write
from .forms import make_histogram, make_split_v2
from .functions import make_function
from .methods import PLAIN
from .random_functions import make_random
from .sparse import csr_matrix, row_sparse_array
from .storage import load, load_frombuffer, save
from .stored import BaseSparseNDArray, CSRNDArray, RowSparseNDArray

__all__ = [
    "BaseSparseNDArray",
    "CSRNDArray",
    "NDArray",
    "RowSparseNDArray",
    "arange",
    "array",
    "concatenate",
    "csr_matrix",
    "empty",
    "eye",
    "from_dlpack",
    "from_numpy",
    "full",
    "histogram",
    "linspace",
    "load",
    "load_frombuffer",
    "moveaxis",
    "ndarray",
    "onehot_encode",
    "ones",
    "random",
    "row_sparse_array",
    "save",
    "sparse",
    "split_v2",
    "to_dlpack_for_read",
    "to_dlpack_for_write",
    "waitall",
    "zeros",
]

ndarray = sys.modules[f"{__name__}.array"]
"""MXNet's name for the module of the class."""
sys.modules[f"{__name__}.ndarray"] = ndarray

split_v2 = make_split_v2(make_function)
histogram = make_histogram(make_function)
random = make_random(__name__, make_function, NDArray)
for _name in BINARY:
    globals()[_name] = make_binary(_name, NDArray)
populate(sys.modules[__name__], make_function)
for _name, _function in CONTROL_FLOW.items():
    setattr(sys.modules[f"{__name__}.contrib"], _name, _function)
add_contrib(sys.modules[f"{__name__}.contrib"], make_function, NDArray)
for _name in PLAIN:
    setattr(NDArray, _name, getattr(sys.modules[__name__], _name))
