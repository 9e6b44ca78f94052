"""Helpers for tests (MXNet's ``mx.test_utils``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .device import Device, cpu, current_device, num_gpus
from .ndarray.array import NDArray
from .ndarray.creation import array, zeros
from .ops.storage import Stored
from .random_arrays import assign_each as assign_each
from .random_arrays import create_sparse_array as create_sparse_array
from .random_arrays import create_sparse_array_zd as create_sparse_array_zd
from .random_arrays import rand_ndarray as rand_ndarray
from .random_arrays import rand_sparse_ndarray as rand_sparse_ndarray
from .symbol.symbol import Symbol


def default_context() -> Device:
    """The device tests run on."""
    return current_device()


def list_gpus() -> range:
    """Numbers of the GPUs there are; empty where there is none."""
    return range(num_gpus())


def _host(a: Any) -> np.ndarray[Any, Any]:
    return a.asnumpy() if isinstance(a, NDArray) else np.asarray(a)


_TOLERANCE = {"float16": 1e-2, "float32": 1e-4, "float64": 1e-5}


def _tolerances(a: Any, b: Any, rtol: float | None, atol: float | None) -> tuple[float, float]:
    loosest = max(_TOLERANCE.get(x.dtype.name, 0.0) for x in (a, b))
    return loosest if rtol is None else rtol, loosest * 1e-1 if atol is None else atol


def almost_equal(a: Any, b: Any, rtol: float | None = None, atol: float | None = None, equal_nan: bool = False) -> bool:
    """Whether |a − b| <= atol + rtol·|b| everywhere; tolerances follow the coarser dtype."""
    a, b = _host(a), _host(b)
    rtol, atol = _tolerances(a, b, rtol, atol)
    return bool(np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan))


def assert_almost_equal(
    a: Any,
    b: Any,
    rtol: float | None = None,
    atol: float | None = None,
    names: tuple[str, str] = ("a", "b"),
    equal_nan: bool = False,
    **kwargs: Any,
) -> None:
    """Raise AssertionError with the worst places where ``almost_equal`` is False.

    >>> mx.test_utils.assert_almost_equal(mx.nd.array([1.0]), np.array([1.000001]))
    """
    a, b = _host(a), _host(b)
    rtol, atol = _tolerances(a, b, rtol, atol)
    np.testing.assert_allclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan, err_msg=f"{names[0]} and {names[1]}")


def same(a: Any, b: Any) -> bool:
    """Whether all elements are equal.

    >>> mx.test_utils.same(np.array([1, 2]), np.array([1, 2]))
    True
    """
    return bool(np.array_equal(_host(a), _host(b)))


def rand_shape_nd(num_dim: int, dim: int = 10) -> tuple[int, ...]:
    """A random shape with sizes 1 … dim."""
    return tuple(int(n) for n in np.random.randint(1, dim + 1, size=num_dim))


def rand_shape_2d(dim0: int = 10, dim1: int = 10) -> tuple[int, ...]:
    """A random shape of two axes."""
    return rand_shape_nd(1, dim0) + rand_shape_nd(1, dim1)


def _is_sparse(a: Any) -> bool:
    return isinstance(a, NDArray) and a.stype != "default"


def _named(sym: Symbol, stypes: Any) -> Mapping[str, str]:
    """Storages by argument, from those or from a list in the order of the arguments."""
    if stypes is None or isinstance(stypes, Mapping):
        return stypes or {}
    return dict(zip(sym.list_arguments(), stypes, strict=True))


def _bind(
    sym: Symbol, location: Any, aux: Any, ctx: Device | None, request: Any, dtype: Any, grad_stypes: Any = None
) -> Any:
    names = sym.list_arguments()
    given = location if isinstance(location, Mapping) else dict(zip(names, location, strict=True))
    arrays = {n: v.astype(dtype) if _is_sparse(v) else array(_host(v), dtype=dtype) for n, v in given.items()}
    states = sym.list_auxiliary_states()
    aux = aux if isinstance(aux, Mapping) else dict(zip(states, aux or [], strict=False))
    executor = sym.simple_bind(
        ctx or cpu(),
        request,
        dict.fromkeys(arrays, dtype),
        {n: a.stype for n, a in arrays.items()},
        **{n: a.shape for n, a in arrays.items()},
    )
    for name, stype in (grad_stypes or {}).items():
        if name in executor.grad_dict:
            executor.grad_dict[name] = zeros(arrays[name].shape, ctx, dtype, stype)
    executor.copy_params_from(arrays, {n: array(_host(v), dtype=dtype) for n, v in aux.items()})
    return executor


def check_symbolic_forward(
    sym: Symbol,
    location: Any,
    expected: Any,
    rtol: float = 1e-4,
    atol: float | None = None,
    aux_states: Any = None,
    ctx: Device | None = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> list[NDArray]:
    """Compare a symbol's outputs with what is expected.

    >>> x = mx.sym.Variable("x")
    >>> mx.test_utils.check_symbolic_forward(mx.sym.square(x), [np.array([1.0, 3.0])], [np.array([1.0, 9.0])])
    [
    [1. 9.]
    <NDArray 2 @cpu(0)>]
    """
    outputs: list[NDArray] = _bind(sym, location, aux_states, ctx, "null", dtype).forward()
    wanted = [expected[n] for n in sym.list_outputs()] if isinstance(expected, Mapping) else expected
    for output, want, name in zip(outputs, wanted, sym.list_outputs(), strict=True):
        assert_almost_equal(output, want, rtol, atol, (name, "expected"), equal_nan)
    return outputs


def check_symbolic_backward(
    sym: Symbol,
    location: Any,
    out_grads: Any,
    expected: Any,
    rtol: float = 1e-4,
    atol: float | None = None,
    aux_states: Any = None,
    grad_req: Any = "write",
    ctx: Device | None = None,
    grad_stypes: Any = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> dict[str, NDArray]:
    """Compare a symbol's gradients with what is expected."""
    executor = _bind(sym, location, aux_states, ctx, grad_req, dtype, _named(sym, grad_stypes))
    executor.forward(is_train=True)
    heads = [g.astype(dtype) if _is_sparse(g) else array(_host(g), dtype=dtype) for g in out_grads or ()]
    executor.backward(None if out_grads is None else heads)
    names = sym.list_arguments()
    wanted = expected if isinstance(expected, Mapping) else dict(zip(names, expected, strict=True))
    for name, want in wanted.items():
        assert_almost_equal(executor.grad_dict[name], want, rtol, atol, (f"grad of {name}", "expected"), equal_nan)
    return dict(executor.grad_dict)


def check_numeric_gradient(
    sym: Symbol,
    location: Any,
    aux_states: Any = None,
    numeric_eps: float = 1e-3,
    rtol: float = 1e-2,
    atol: float | None = None,
    grad_nodes: Sequence[str] | None = None,
    use_forward_train: bool = True,
    ctx: Device | None = None,
    grad_stype_dict: Any = None,
    dtype: Any = np.float64,
) -> None:
    """Compare a symbol's gradients with central differences of a random projection of its outputs.

    >>> x = mx.sym.Variable("x")
    >>> mx.test_utils.check_numeric_gradient(mx.sym.tanh(x), {"x": np.array([[0.1, -0.7]])})
    """
    executor = _bind(sym, location, aux_states, ctx, "write", np.float64, _named(sym, grad_stype_dict))
    outputs = executor.forward(is_train=use_forward_train)
    weights = [np.random.normal(size=o.shape) for o in outputs]
    executor.backward([array(w, dtype=np.float64) for w in weights])
    found = {n: g.asnumpy() for n, g in executor.grad_dict.items() if g is not None}

    def value() -> float:
        return sum(
            float((o.asnumpy() * w).sum())
            for o, w in zip(executor.forward(is_train=use_forward_train), weights, strict=True)
        )

    for name in grad_nodes or list(executor.arg_dict):
        target = executor.arg_dict[name]
        raw = target._data
        stored = raw if isinstance(raw, Stored) else None  # of a sparse array the stored elements are moved
        flat = (raw if stored is None else stored.data).reshape(-1)
        numeric = np.zeros(flat.size)
        for i in range(flat.size):
            before = flat[i]
            flat[i] = before + numeric_eps
            above = value()
            flat[i] = before - numeric_eps
            below = value()
            flat[i] = before
            numeric[i] = (above - below) / (2 * numeric_eps)
        got, wanted = found[name], numeric.reshape(target.shape if stored is None else stored.data.shape)
        if stored is not None:
            got, wanted = got * stored.with_data(np.ones_like(wanted)).dense(), stored.with_data(wanted).dense()
        assert_almost_equal(got, wanted, rtol, atol or 1e-4, (f"grad of {name}", "numeric"))
