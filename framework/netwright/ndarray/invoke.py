"""Calling an operator on arrays: the one way from ``nd.X``, from arithmetic and from gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import watching
from ..device import Device, current_device, device_of, place_of
from ..errors import DeviceError, DTypeError, MemoryLimitError, NetwrightError, ParamError, ShapeError
from ..memory import physical_memory
from ..ops import get
from ..ops.operator import MAX_REMEMBERED, CallFacts, Operator, Ready, TensorSpec, ready_key
from ..ops.params import OpParams
from ..ops.storage import DEFAULT, Stored, dense_of, lies_on
from ..random import state_of
from ..tape import Call, Entry, Variable, mode
from .array import NDArray, install_invoke
from .dispatch import run_sparse, run_stored
from .quick import make_call, run_ready
from .quick_operators import install
from .quick_parts import install_parts
from .stored import of_raw


def invoke(
    op: Operator,
    p: OpParams,
    inputs: tuple[NDArray, ...],
    out: Any = None,
    device: Device | None = None,
    hidden: bool = False,
) -> Any:
    """Run the operator; record it where the tape runs and an input is on it.

    Returns an NDArray, or a list for several visible outputs (of all outputs under ``hidden``). ``out`` is written
    to and returned.
    """
    facts = op.facts(p)
    if out is None and facts.simple and not hidden and facts.ready:
        found = run_ready(op, facts, inputs)
        if found is not None:
            return found
    if mode.autocast is not None and not mode.going_back:
        inputs = mode.autocast.cast_arrays(op, p, inputs)
    try:
        datas = [a._data for a in inputs]
    except AttributeError:
        raise _wrong_input(op, p, inputs) from None
    xp, rng_device, sparse = _module_of(op, datas, device)
    if op.shape_checked:
        # a dtype hashes slowly, its number fast
        key = tuple([(d.shape, d.dtype.num) for d in datas])
        if key not in facts.checked:
            outputs = op.infer(p, _specs(datas))
            if not sparse and not facts.gives_sparse:  # a shape tells the size of a dense result only
                _afford(op, outputs)
            if len(facts.checked) >= MAX_REMEMBERED:
                facts.checked.clear()
            facts.checked.add(key)
    make: Callable[[Any, Entry | None, Device | None], NDArray] = NDArray
    if sparse or facts.gives_sparse:
        results, make = run_stored(_run, _run_sparse, op, p, xp, inputs, facts, rng_device, out), of_raw
    else:
        results = _run(op, p, xp, datas, facts, rng_device)
    if op.view and results[0].base is not None and not op.forward_takes:
        results = (results[0].copy(),)
    recorded = None
    if mode.recording and any(a._entry is not None for a in inputs):
        sources, host = tuple([a._entry for a in inputs]), xp is np and not sparse and not facts.gives_sparse
        ready = _ready(op, facts, datas, results) if host else Ready(None, _specs(datas), _specs(results))
        recorded = Call(facts, ready, sources, datas, inputs[0]._place, results, mode.training)
    elif facts.simple and xp is np and not sparse:
        _ready(op, facts, datas, results)
    visible = len(results) if hidden or len(results) == 1 else facts.visible
    if out is not None:
        _deliver(op, results[:visible], out, recorded)
        if mode.tracer is not None:
            mode.tracer.saw(op, p, inputs, list(out) if isinstance(out, (list, tuple)) else [out])
        return out
    place = inputs[0]._place if inputs else place_of(rng_device)
    arrays = [make(r, None if recorded is None else (recorded, i), place) for i, r in enumerate(results[:visible])]
    if mode.tracer is not None:
        mode.tracer.saw(op, p, inputs, arrays)
    return arrays[0] if visible == 1 and not hidden else arrays


def _ready(op: Operator, facts: CallFacts, datas: list[Any], results: tuple[Any, ...]) -> Ready:
    """What is remembered for inputs of these shapes and dtypes; with it the next simple call takes the short way."""
    key, outputs = ready_key(datas), _specs(results)
    found = facts.ready.get(key)
    if found is None or found.outputs != outputs:
        specs = _specs(datas)
        run = None
        if facts.simple:
            run = _copied(outputs[0].shape) if op.view else op.ready(np, facts.p, specs)
        found = Ready(run, specs, outputs, None if op.dynamic else {})
        if len(facts.ready) >= MAX_REMEMBERED:
            facts.ready.clear()
        facts.ready[key] = found
    return found


def _copied(shape: tuple[int, ...]) -> Callable[[Any], Any]:
    """What a view's operator gives eagerly: the elements in memory of their own."""
    return lambda x: x.copy().reshape(shape)


def _afford(op: Operator, outputs: tuple[TensorSpec, ...]) -> None:
    """Raise MemoryLimitError for a result that no memory here could hold."""
    needed = sum(spec.nbytes for spec in outputs)
    if needed > physical_memory():
        raise MemoryLimitError(
            "the result would not fit into memory",
            where=op.name,
            wanted=f"at most {physical_memory() / 2**30:.1f} GiB",
            got=f"{needed / 2**30:.1f} GiB for shape {outputs[0].shape}",
            remedy="Make it smaller, or work on parts of it",
        )


def _specs(datas: Sequence[Any]) -> tuple[TensorSpec, ...]:
    return tuple([TensorSpec(d.shape, d.dtype) for d in datas])


def _run(op: Operator, p: OpParams, xp: Any, datas: list[Any], facts: CallFacts, device: Device) -> tuple[Any, ...]:
    takes = op.forward_takes
    keywords: dict[str, Any] = {}
    if takes:
        if "train" in takes:
            keywords["train"] = mode.training
        if "rng" in takes:
            keywords["rng"] = state_of(device).generator
    try:
        result = op.forward(xp, p, *datas, **keywords)
    except NetwrightError as error:
        raise error.at(op.name) from error.__cause__
    except MemoryError as error:
        raise MemoryLimitError("the memory does not suffice", where=op.name, got=str(error)) from error
    except (ValueError, TypeError) as error:
        # an operator that leaves checking to the array module: ask inference for a better message
        op.infer(p, _specs(datas))
        raise ShapeError(
            f"the operator could not be computed: {error}", where=op.name, got=[tuple(d.shape) for d in datas]
        ) from error
    results: tuple[Any, ...] = result if isinstance(result, tuple) else (result,)
    if any(isinstance(r, np.generic) for r in results):  # NumPy gives numbers for arrays without axes
        results = tuple(np.asarray(r) for r in results)
    states = facts.states
    if states and len(results) > facts.outputs:
        for position, value in () if mode.repeating else zip(states, results[-len(states) :], strict=True):
            xp.copyto(datas[position], value)
        results = results[: -len(states)]
    return results


_run_plain, _run_sparse = _run, run_sparse


def observe(wrap: Callable[[Any], Any] | None) -> None:
    """Let a profiler stand round every call: ``wrap(run)`` runs it; None takes it away, and its cost."""
    global _run, _run_sparse
    watching.count((wrap is not None) - (_run is not _run_plain))
    _run, _run_sparse = (_run_plain, run_sparse) if wrap is None else (wrap(_run_plain), wrap(run_sparse))


def _module_of(op: Operator, datas: list[Any], device: Device | None) -> tuple[Any, Device, bool]:
    """(array module for these arrays, device, whether one is sparse); all must lie on one device."""
    if not datas:
        device = device or current_device()
        return device.xp, device, False
    first = datas[0]
    kind = first.__class__
    if kind is np.ndarray:
        for data in datas:
            if data.__class__ is not kind:
                break
        else:
            return np, device_of(first), False
    places = [lies_on(d) for d in datas]
    if any(place != places[0] for place in places):
        raise DeviceError(
            "the arrays lie on different devices",
            where=op.name,
            got=", ".join(map(str, places)),
            remedy="Move them to one with as_in_context()",
        )
    return places[0].xp, places[0], any(isinstance(d, Stored) for d in datas)


def _deliver(op: Operator, results: tuple[Any, ...], out: Any, recorded: Call | None) -> None:
    targets = out if isinstance(out, (list, tuple)) else [out]
    if len(targets) != len(results):
        raise ParamError("wrong number of arrays in out", where=op.name, wanted=len(results), got=len(targets))
    for i, (target, result) in enumerate(zip(targets, results, strict=True)):
        if target.shape != result.shape:
            raise ShapeError("out has another shape", where=op.name, wanted=result.shape, got=target.shape)
        target._refuse_recorded(f"{op.name}(out=…)")
        if result is not target._data:
            target._write(dense_of(result) if target.stype == DEFAULT else result)
        if recorded is not None:
            target._entry = (recorded, i)
        elif target._entry is not None and not isinstance(target._entry[0], Variable):
            target._entry = None  # what it was computed from no longer says what it holds


def _wrong_input(op: Operator, p: OpParams, inputs: tuple[Any, ...]) -> NetwrightError:
    ports = op.ports(p)
    for port, value in zip(ports, inputs, strict=False):
        if value is None:
            return ParamError(
                f"input {port.name!r} is missing",
                where=op.name,
                port=port.name,
                wanted=", ".join(one.name for one in ports),
                remedy=f"Give an NDArray for {port.name!r}",
            )
        if not isinstance(value, NDArray):
            return DTypeError(
                f"input {port.name!r} is not an NDArray",
                where=op.name,
                port=port.name,
                got=type(value).__name__,
                remedy="Wrap it with nd.array(…)",
            )
    return ParamError(
        "wrong number of inputs",
        where=op.name,
        wanted=", ".join(port.name for port in ports) or "none",
        got=len(inputs),
        remedy="Give each input once",
    )


class EagerF:
    """``F`` for gradients and hybrid_forward on arrays: every operator by its name."""

    wrapped = staticmethod(of_raw)
    """The array over raw elements, with its entry and place."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        op = get(name)

        def call(*inputs: NDArray | None, **params: Any) -> Any:
            while inputs and inputs[-1] is None:  # ports that are not there under these parameters
                inputs = inputs[:-1]
            if op.variadic and op.variadic not in params:
                params[op.variadic] = len(inputs)
            return invoke(op, op.make_params(params), inputs)  # type: ignore[arg-type]

        call.__name__ = name
        found = make_call(op, call)
        setattr(self, name, found)
        return found


F = EagerF()
install_invoke(invoke)
install()
install_parts(invoke)
