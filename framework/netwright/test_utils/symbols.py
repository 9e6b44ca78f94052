"""Checks of symbols: outputs, gradients against differences, devices and types against each other, speed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..device import Device, current_device
from ..errors import ParamError
from ..ndarray.array import NDArray
from ..ndarray.creation import array, zeros
from ..ops.storage import Stored
from ..symbol.symbol import Symbol
from .comparing import Tolerance, assert_almost_equal, get_tols
from .comparing import host as _host


def _is_sparse(a: Any) -> bool:
    return isinstance(a, NDArray) and a.stype != "default"


def _named(sym: Symbol, stypes: Any) -> Mapping[str, str]:
    """Storages by argument, from those or from a list in the order of the arguments."""
    if stypes is None or isinstance(stypes, Mapping):
        return stypes or {}
    return dict(zip(sym.list_arguments(), stypes, strict=True))


def _in(dtype: Any, value: Any) -> Any:
    """The element type to test a value in: ``"asnumpy"`` is the value's own."""
    return np.dtype(_host(value).dtype) if dtype == "asnumpy" else dtype


def _bind(
    sym: Symbol, location: Any, aux: Any, ctx: Device | None, request: Any, dtype: Any, grad_stypes: Any = None
) -> Any:
    names = sym.list_arguments()
    given = location if isinstance(location, Mapping) else dict(zip(names, location, strict=True))
    arrays = {
        n: v.astype(_in(dtype, v)) if _is_sparse(v) else array(_host(v), dtype=_in(dtype, v)) for n, v in given.items()
    }
    states = sym.list_auxiliary_states()
    aux = aux if isinstance(aux, Mapping) else dict(zip(states, aux or [], strict=False))
    executor = sym.simple_bind(
        ctx or current_device(),
        request,
        {n: a.dtype for n, a in arrays.items()},
        {n: a.stype for n, a in arrays.items()},
        **{n: a.shape for n, a in arrays.items()},
    )
    for name, stype in (grad_stypes or {}).items():
        if name in executor.grad_dict:
            executor.grad_dict[name] = zeros(arrays[name].shape, ctx, arrays[name].dtype, stype)
    executor.copy_params_from(arrays, {n: array(_host(v), dtype=_in(dtype, v)) for n, v in aux.items()})
    return executor


def check_symbolic_forward(
    sym: Symbol,
    location: Any,
    expected: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
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
        assert_almost_equal(want, output, rtol, atol, (f"EXPECTED_{name}", f"FORWARD_{name}"), equal_nan)
    return outputs


def check_symbolic_backward(
    sym: Symbol,
    location: Any,
    out_grads: Any,
    expected: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    aux_states: Any = None,
    grad_req: Any = "write",
    ctx: Device | None = None,
    grad_stypes: Any = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> dict[str, NDArray]:
    """Compare a symbol's gradients with what is expected.

    >>> x = mx.sym.Variable("x")
    >>> at, head, wanted = np.array([1.0, 3.0]), np.ones(2), np.array([2.0, 6.0])
    >>> found = mx.test_utils.check_symbolic_backward(mx.sym.square(x), [at], [head], [wanted])
    """
    executor = _bind(sym, location, aux_states, ctx, grad_req, dtype, _named(sym, grad_stypes))
    executor.forward(is_train=True)
    if isinstance(out_grads, Mapping):
        out_grads = [out_grads[name] for name in sym.list_outputs()]
    heads = [
        g.astype(_in(dtype, g)) if _is_sparse(g) else array(_host(g), dtype=_in(dtype, g)) for g in out_grads or ()
    ]
    executor.backward(None if out_grads is None else heads)
    names = sym.list_arguments()
    wanted = expected if isinstance(expected, Mapping) else dict(zip(names, expected, strict=True))
    for name, want in wanted.items():
        found = executor.grad_dict.get(name)
        if found is not None:  # none where nothing was requested
            assert_almost_equal(want, found, rtol, atol, (f"EXPECTED_{name}", f"BACKWARD_{name}"), equal_nan)
    return {name: found for name, found in executor.grad_dict.items() if found is not None}


def check_numeric_gradient(
    sym: Symbol,
    location: Any,
    aux_states: Any = None,
    numeric_eps: float | None = None,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    grad_nodes: Sequence[str] | Mapping[str, str] | None = None,
    use_forward_train: bool = True,
    ctx: Device | None = None,
    grad_stype_dict: Any = None,
    dtype: Any = np.float64,
) -> None:
    """Compare a symbol's gradients with central differences of a random projection of its outputs.

    >>> x = mx.sym.Variable("x")
    >>> mx.test_utils.check_numeric_gradient(mx.sym.tanh(x), {"x": np.array([[0.1, -0.7]])})
    """
    names = list(sym.list_arguments() if grad_nodes is None else grad_nodes)
    requests = dict(grad_nodes) if isinstance(grad_nodes, Mapping) else dict.fromkeys(names, "write")
    numeric_eps = 1e-3 if numeric_eps is None else numeric_eps
    rtol, atol = 1e-2 if rtol is None else rtol, 1e-4 if atol is None else atol
    executor = _bind(sym, location, aux_states, ctx, requests, np.float64, _named(sym, grad_stype_dict))
    outputs = executor.forward(is_train=use_forward_train)
    weights = [np.random.normal(size=o.shape) for o in outputs]
    executor.backward([array(w, dtype=np.float64) for w in weights])
    found = {n: g.asnumpy() for n, g in executor.grad_dict.items() if g is not None}

    def value() -> float:
        return sum(
            float((o.asnumpy() * w).sum())
            for o, w in zip(executor.forward(is_train=use_forward_train), weights, strict=True)
        )

    for name in names:
        if requests[name] == "null":
            continue
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
        assert_almost_equal(wanted, got, rtol, atol, (f"NUMERICAL_{name}", f"BACKWARD_{name}"))


def numeric_grad(
    executor: Any,
    location: Mapping[str, Any],
    aux_states: Mapping[str, Any] | None = None,
    eps: float = 1e-4,
    use_forward_train: bool = True,
    dtype: Any = np.float32,
) -> dict[str, np.ndarray[Any, Any]]:
    """Central differences of the sum of an executor's first output, for every element of ``location``."""
    values = {name: _host(value).astype(np.float64) for name, value in location.items()}

    def total() -> float:
        for name, value in (aux_states or {}).items():
            executor.aux_dict[name][:] = _host(value)
        return float(executor.forward(is_train=use_forward_train)[0].asnumpy().astype(np.float64).sum())

    for name, value in values.items():
        executor.arg_dict[name][:] = value
    found = {}
    for name, value in values.items():
        slope = np.zeros(value.shape)
        for place in np.ndindex(*value.shape):
            ends = []
            for step in (eps / 2, -eps / 2):
                moved = value.copy()
                moved[place] += step
                executor.arg_dict[name][:] = moved
                ends.append(total())
            slope[place] = (ends[0] - ends[1]) / eps
        executor.arg_dict[name][:] = value
        found[name] = slope.astype(dtype)
    return found


def simple_forward(sym: Symbol, ctx: Device | None = None, is_train: bool = False, **inputs: Any) -> Any:
    """A symbol's outputs in NumPy for these arrays; one alone is no list."""
    arrays = {name: array(_host(value)) for name, value in inputs.items()}
    outputs = [out.asnumpy() for out in sym.bind(ctx or current_device(), arrays).forward(is_train=is_train)]
    return outputs[0] if len(outputs) == 1 else outputs


def check_speed(
    sym: Symbol,
    location: Mapping[str, Any] | None = None,
    ctx: Device | None = None,
    N: int = 20,
    grad_req: Any = "write",
    typ: str = "whole",
    **kwargs: Any,
) -> float:
    """Seconds of a run, the mean of ``N``: forward and backward (``whole``), or ``forward`` alone."""
    if typ not in ("whole", "forward"):
        raise ParamError("unknown kind", where="check_speed", wanted="whole or forward", got=repr(typ))
    shapes = kwargs if location is None else {name: value.shape for name, value in location.items()}
    executor = sym.simple_bind(ctx or current_device(), grad_req or "write", **shapes)
    for name, target in executor.arg_dict.items():
        target[:] = np.random.normal(size=target.shape) if location is None else _host(location[name])

    def run() -> None:
        executor.forward(is_train=typ == "whole")
        if typ == "whole":
            executor.backward(executor.outputs)
        executor.outputs[0].wait_to_read()

    run()
    started = time.perf_counter()
    for _ in range(N):
        run()
    return (time.perf_counter() - started) / N


def check_consistency(
    sym: Symbol | Sequence[Symbol],
    ctx_list: Sequence[Mapping[str, Any]],
    scale: float = 1.0,
    grad_req: Any = "write",
    arg_params: Mapping[str, Any] | None = None,
    aux_params: Mapping[str, Any] | None = None,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    raise_on_err: bool = True,
    ground_truth: Mapping[str, Any] | None = None,
    equal_nan: bool = False,
    use_uniform: bool = False,
    rand_type: Any = np.float64,
) -> dict[str, NDArray]:
    """Compare outputs and gradients of a symbol under several bindings, such as devices and element types.

    ``ctx_list`` holds arguments of ``simple_bind``: ``{"ctx": mx.cpu(), "data": (2, 3), "type_dict": {…}}``. All are
    compared with the most precise one, whose outputs and gradients are returned by name.
    """
    symbols = [sym] * len(ctx_list) if isinstance(sym, Symbol) else list(sym)
    bound = [s.simple_bind(grad_req=grad_req, **given) for s, given in zip(symbols, ctx_list, strict=True)]
    values = dict(arg_params or {})
    for name, target in sorted(bound[0].arg_dict.items()):
        if name not in values:
            size = target.shape
            drawn = np.random.uniform(-0.92, 0.92, size) if use_uniform else np.random.normal(size=size)
            values[name] = (scale * drawn).astype(rand_type)
    for executor in bound:
        for name, target in executor.arg_dict.items():
            target[:] = _host(values[name])
        for name, target in executor.aux_dict.items():
            target[:] = _host((aux_params or {}).get(name, 0))
        executor.forward(is_train=grad_req != "null")
    coarse = min((np.dtype(e.outputs[0].dtype) for e in bound), key=lambda d: d.itemsize)
    heads = [out.asnumpy().astype(coarse) for out in bound[0].outputs]
    results = []
    for executor in bound:
        if grad_req != "null":
            executor.backward([array(h, executor._ctx, o.dtype) for h, o in zip(heads, executor.outputs, strict=True)])
        grads = {name: grad for name, grad in executor.grad_dict.items() if grad is not None}
        results.append({**executor.output_dict, **grads})
    best = max(range(len(bound)), key=lambda i: np.dtype(bound[i].outputs[0].dtype).itemsize)
    truth = dict(ground_truth or results[best])
    for i, found in enumerate(results):
        for name, want in truth.items() if i != best else ():
            precision = np.empty(0, bound[i].outputs[0].dtype)
            relative, absolute = get_tols(precision, want, rtol, atol)
            try:
                assert_almost_equal(found[name], want, relative, absolute, (f"{name} of {i}", f"of {best}"), equal_nan)
            except AssertionError as error:
                if raise_on_err:
                    raise
                print(error)
    return truth


def same_symbol_structure(sym1: Symbol, sym2: Symbol) -> bool:
    """Whether two symbols have the same operators in the same order."""
    first, second = ([node["op"] for node in json.loads(s.tojson())["nodes"]] for s in (sym1, sym2))
    return first == second
