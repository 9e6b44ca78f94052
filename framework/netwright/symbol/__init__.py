"""Declared graphs: variables, a function for every operator (``sym.X``), inference, JSON, executors."""

from __future__ import annotations

import sys

from ..ndarray.binary import make_binary
from ..ndarray.contrib_functions import add_contrib
from ..ndarray.forms import make_histogram, make_split_v2
from ..ndarray.random_functions import make_random
from ..ops.arithmetic import BINARY
from ..ops.namespaces import populate
from .compose import make_function
from .control_flow import CONTROL_FLOW
from .creation import arange, eye, full, linspace, ones, zeros
from .executor import Executor
from .json import load, load_json
from .symbol import Group, Symbol, Variable, var

fromjson = load_json

__all__ = [
    "Executor",
    "Group",
    "Symbol",
    "Variable",
    "arange",
    "eye",
    "fromjson",
    "full",
    "histogram",
    "linspace",
    "load",
    "load_json",
    "ones",
    "pow",
    "random",
    "split_v2",
    "var",
    "zeros",
]


split_v2 = make_split_v2(make_function)
histogram = make_histogram(make_function)
random = make_random(__name__, make_function, Symbol)
for _name in BINARY:
    globals()[_name] = make_binary(_name, Symbol)
pow = make_binary("power", Symbol)
populate(sys.modules[__name__], make_function, hints=True)
for _name, _function in CONTROL_FLOW.items():
    setattr(sys.modules[f"{__name__}.contrib"], _name, _function)
add_contrib(sys.modules[f"{__name__}.contrib"], make_function, Symbol)
