"""Checks of optimizers and of compiled blocks against others that should do the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import autograd
from ..errors import ParamError
from ..ndarray.array import NDArray
from ..ndarray.creation import array
from .arrays import rand_ndarray
from .comparing import assert_almost_equal, compare_ndarray_tuple, host


def _drawn(shape: Sequence[int], dtype: Any, stype: str, density: float | None = None) -> tuple[NDArray, NDArray]:
    """The same random array dense, and in a storage."""
    if stype == "default":
        values = np.random.uniform(size=tuple(shape))
        return array(values, dtype=dtype), array(values, dtype=dtype)
    if stype not in ("row_sparse", "csr"):
        raise ParamError("unknown storage", where="compare_optimizer", wanted="default, row_sparse or csr", got=stype)
    stored = rand_ndarray(shape, stype, density, dtype)
    return stored.copy().tostype("default"), stored


def compare_optimizer(
    opt1: Any,
    opt2: Any,
    shape: Any,
    dtype: Any,
    w_stype: str = "default",
    g_stype: str = "default",
    rtol: float = 1e-4,
    atol: float = 1e-5,
    compare_states: bool = True,
    ntensors: int = 1,
) -> None:
    """Raise AssertionError unless two optimizers make the same of a weight; the first one's arrays are dense.

    With a list of ``ntensors`` shapes the second takes all weights in one call.
    """
    shapes = shape if isinstance(shape, list) else [shape]
    weights = [_drawn(s, dtype, w_stype, 1.0) for s in shapes]
    gradients = [_drawn(s, dtype, g_stype) for s in shapes]
    states = [
        [opt.create_state_multi_precision(i, w[k]) for i, w in enumerate(weights)] for k, opt in enumerate((opt1, opt2))
    ]
    if compare_states:
        compare_ndarray_tuple(tuple(states[0]), tuple(states[1]))
    for i, (w, g) in enumerate(zip(weights, gradients, strict=True)):
        opt1.update_multi_precision(i, w[0], g[0], states[0][i])
    if isinstance(shape, list):
        numbers = list(range(len(shapes)))
        opt2.update_multi_precision(numbers, [w[1] for w in weights], [g[1] for g in gradients], states[1])
    else:
        opt2.update_multi_precision(0, weights[0][1], gradients[0][1], states[1][0])
    if compare_states:
        compare_ndarray_tuple(tuple(states[0]), tuple(states[1]), rtol, atol)
    for first, second in weights:
        assert_almost_equal(first, second, rtol, atol)


def check_gluon_hybridize_consistency(
    net_builder: Callable[..., Any],
    data_l: Sequence[NDArray],
    numpy_func: Callable[..., Any] | None = None,
    test_grad: bool = True,
    rtol: float = 1e-4,
    atol: float = 1e-4,
) -> None:
    """Raise AssertionError unless a block computes the same eagerly and compiled, and as ``numpy_func`` does.

    ``net_builder(prefix="net_")`` makes the block; outputs, and with ``test_grad`` the inputs' gradients, are compared.
    """
    weights: dict[str, NDArray] = {}
    wanted: list[Any] = []
    for compiled in (False, True):
        net = net_builder(prefix="net_")
        net.initialize()
        if compiled:
            net.hybridize()
        inputs = [data.copy() for data in data_l]
        net(*inputs)  # shapes that follow from the data are known then
        for name, parameter in net.collect_params().items():
            parameter.set_data(weights.setdefault(name, parameter.data().copy()))
        for data in inputs if test_grad else ():
            data.attach_grad()
        with autograd.record(train_mode=test_grad):
            output = net(*inputs)
        found = [output]
        if test_grad:
            output.backward(output)
            found += [data.grad for data in inputs]
        wanted = wanted or found
        for one, other in zip(found, wanted, strict=True):
            assert_almost_equal(one, other, rtol, atol)
    if numpy_func is not None:
        assert_almost_equal(wanted[0], numpy_func(*[host(data) for data in data_l]), rtol, atol)
