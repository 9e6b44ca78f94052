"""Netwright: a deep-learning framework on NumPy and CuPy with the concepts of Apache MXNet 1.x.

>>> import netwright as mx
>>> x = mx.nd.array([1.0, 2.0, 3.0])
>>> x.attach_grad()
>>> with mx.autograd.record():
...     y = (x * x).sum()
>>> y.backward()
>>> x.grad.asnumpy()
array([2., 4., 6.], dtype=float32)
"""

from __future__ import annotations

import sys as _sys
from importlib import import_module as _import_module
from typing import Any as _Any

from .machine import start as _start  # noqa: F401 - before anything imports NumPy: it says which BLAS kernels run

# isort: split
from . import (
    aliases,
    autograd,
    base,
    callback,
    engine,
    error,
    gluon,
    image,
    initializer,
    io,
    kvstore,
    log,
    lr_scheduler,
    metric,
    model,
    module,
    monitor,
    ndarray,
    operator,
    optimizer,
    profiler,
    random,
    recordio,
    registry,
    rnn,
    runtime,
    symbol,
    test_utils,
    util,
    visualization,
)
from . import device as context
from . import image as img
from . import initializer as init
from . import kvstore as kv
from . import module as mod
from . import monitor as mon
from . import naming as attribute
from . import naming as name
from . import ndarray as nd
from . import random as rnd
from . import symbol as sym
from . import visualization as viz
from ._version import __version__
from .device import Context, Device, cpu, cpu_pinned, current_context, current_device, gpu, num_gpus
from .errors import NetwrightError
from .naming import AttrScope
from .symbol import executor
from .util import is_np_array, is_np_shape, np_array, np_shape, set_np_shape, use_np, use_np_array, use_np_shape

aliases.install(__name__)

# `import netwright.nd` and `from netwright.nd import …` work as in MXNet
_SHORT = {"nd": ndarray, "sym": symbol, "context": context, "init": initializer, "name": name, "attribute": attribute}
_SHORT |= {"kv": kvstore, "mod": module, "mon": monitor, "rnd": random, "img": image, "executor": executor}
for _short, _module in _SHORT.items():
    _sys.modules[f"{__name__}.{_short}"] = _module
    # and what is in it: `from netwright.nd.sparse import …` must not load a second copy
    _inside = f"{_module.__name__}."
    for _full, _found in list(_sys.modules.items()):
        if _full.startswith(_inside):
            _sys.modules[f"{__name__}.{_short}.{_full.removeprefix(_inside)}"] = _found

# mx.random has the functions of nd.random too, beside the seed
for _name, _function in vars(ndarray.random).items():
    if not _name.startswith("_") and not hasattr(random, _name):
        setattr(random, _name, _function)

MXNetError = NetwrightError


def __getattr__(name: str) -> _Any:
    """``mx.onnx`` and ``mx.contrib`` when they are asked for: the first needs a package that not everyone has."""
    if name in ("onnx", "contrib"):
        return _import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "AttrScope",
    "Context",
    "Device",
    "MXNetError",
    "NetwrightError",
    "__version__",
    "attribute",
    "autograd",
    "base",
    "callback",
    "context",
    "cpu",
    "cpu_pinned",
    "current_context",
    "current_device",
    "engine",
    "error",
    "executor",
    "gluon",
    "gpu",
    "image",
    "img",
    "init",
    "initializer",
    "io",
    "is_np_array",
    "is_np_shape",
    "kv",
    "kvstore",
    "log",
    "lr_scheduler",
    "metric",
    "mod",
    "model",
    "module",
    "mon",
    "monitor",
    "name",
    "nd",
    "ndarray",
    "np_array",
    "np_shape",
    "num_gpus",
    "operator",
    "optimizer",
    "profiler",
    "random",
    "recordio",
    "registry",
    "rnd",
    "rnn",
    "runtime",
    "set_np_shape",
    "sym",
    "symbol",
    "test_utils",
    "use_np",
    "use_np_array",
    "use_np_shape",
    "util",
    "visualization",
    "viz",
]
