"""Executor: a symbol bound to arrays; ``forward``, then ``backward`` (MXNet's interface over a compiled plan)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..device import Device, current_device, place_of
from ..errors import DeviceError, GraphError, KindError, ShapeError, UnknownNameError
from ..ndarray.array import NDArray, check_request
from ..ndarray.creation import zeros
from ..ndarray.stored import of_raw
from ..ops.operator import TensorSpec
from ..ops.params import dtype_name
from ..ops.storage import DEFAULT, dense_of
from ..scheduler.compiled import HEAD, Compiled
from ..scheduler.lower import check_names, infer_all
from ..scheduler.run import Run
from ..scheduler.storages import gives_sparse
from ..scheduler.strategy import Strategy
from .bound_storages import storages_of
from .open_sizes import close_sizes
from .stored_run import REASON, StoredRun
from .symbol import Group, Symbol

Arrays = Sequence[NDArray | None] | Mapping[str, NDArray] | None


class Executor:
    """Holds the argument, gradient and state arrays of a symbol, and runs it on them.

    >>> x = mx.sym.Variable("x")
    >>> executor = mx.sym.square(x).bind(mx.cpu(), {"x": mx.nd.array([3])}, {"x": mx.nd.zeros((1,))})
    >>> executor.forward(is_train=True)[0].asnumpy()
    array([9.], dtype=float32)
    >>> executor.backward(mx.nd.ones((1,)))
    >>> executor.grad_dict["x"].asnumpy()
    array([6.], dtype=float32)
    """

    def __init__(
        self,
        symbol: Symbol,
        ctx: Device,
        args: dict[str, NDArray],
        grads: dict[str, NDArray],
        requests: dict[str, str],
        states: dict[str, NDArray],
        strategy: Strategy | None = None,
    ) -> None:
        self._symbol, self._ctx, self._strategy = symbol, ctx, strategy
        self.arg_dict, self.aux_dict = args, states
        self.grad_dict: dict[str, Any] = {n: grads.get(n) for n in args}
        self._requests = requests
        self._outputs: list[NDArray] = []
        self._run: Run | None = None
        self._gives_sparse = gives_sparse(symbol)
        self._plans: dict[Any, Compiled] = {}
        self._monitor: Any = None
        self._watched: list[str] = []
        self._whole = symbol

    # ---------------------------------------------------------------- arrays
    @property
    def arg_arrays(self) -> list[NDArray]:
        """The arguments' arrays, in order of ``list_arguments``."""
        return [self.arg_dict[n] for n in self._symbol.list_arguments()]

    @property
    def grad_arrays(self) -> list[NDArray | None]:
        """Their gradients' arrays; None where none is wanted."""
        return [self.grad_dict.get(n) for n in self._symbol.list_arguments()]

    @property
    def aux_arrays(self) -> list[NDArray]:
        """The auxiliary states' arrays."""
        return [self.aux_dict[n] for n in self._symbol.list_auxiliary_states()]

    @property
    def outputs(self) -> list[NDArray]:
        """The outputs of the last forward; zeros of their shapes before the first."""
        if not self._outputs:
            specs = infer_all(self._symbol, self._specs())
            return [zeros(specs[e].shape, self._ctx, specs[e].dtype) for e in self._symbol._entries]
        return self._outputs

    @property
    def output_dict(self) -> dict[str, NDArray]:
        """The outputs by name."""
        return dict(zip(self._symbol.list_outputs(), self._outputs, strict=False))

    # ---------------------------------------------------------------- running
    def forward(self, is_train: bool = False, **kwargs: Any) -> list[NDArray]:
        """Run the forward pass; arrays given by name are copied into the bound ones first."""
        for name, value in kwargs.items():
            self._load(name, value)
        if self._run is not None:
            self._run.release()
        compiled = self._compiled(is_train)
        self._run = self._start(compiled)
        arrays = [of_raw(a, None, place_of(self._ctx)) for a in self._run.outputs]
        count = len(self._symbol)
        self._outputs = arrays[:count]
        if not is_train:
            self._run.release()
            self._run = None
        for name, array in zip(self._watched, arrays[count:], strict=True):
            self._monitor(name, array)
        return self._outputs

    def backward(self, out_grads: Any = None, is_train: bool = True) -> None:
        """Gradients into ``grad_dict``, by each ``grad_req``; ``out_grads`` weigh outputs that are no losses.

        Before any forward pass there is one in training mode, as in MXNet. After ``forward(is_train=False)`` it is the
        gradient of what was computed then (dropout passes on, batch norm uses its moving averages), for which the
        forward pass runs again.
        """
        if not self._outputs:
            self.forward(is_train=True)
        if self._run is None:
            self._run = self._start(self._compiled(train=False, differentiated=True))
        given = [out_grads] if isinstance(out_grads, NDArray) else list(out_grads or [])
        if isinstance(out_grads, Mapping):
            given = [out_grads.get(n) for n in self._symbol.list_outputs()]
        heads = {}
        for i, output in enumerate(self._outputs):
            gradient = given[i] if i < len(given) else None
            if gradient is not None and gradient.shape != output.shape:
                name = self._symbol.list_outputs()[i]
                raise ShapeError(
                    "a head gradient has the head's shape", where=name, wanted=output.shape, got=gradient.shape
                )
            if gradient is None:
                heads[HEAD.format(i)] = output.ctx.xp.ones(output.shape, output._data.dtype)
            else:
                heads[HEAD.format(i)] = gradient._data if self._is_sparse() else dense_of(gradient._data)
        needed = set(self._run.compiled.needed_heads)
        for name, found in self._run.backward({n: g for n, g in heads.items() if n in needed}).items():
            if name in self.grad_dict:
                self._store(name, found)
            elif found is not None:
                self._monitor(name, of_raw(found, None, place_of(self._ctx)))

    def _store(self, name: str, gradient: Any) -> None:
        found = None if gradient is None else of_raw(gradient)
        self.grad_dict[name]._store_gradient(found, self._requests[name] == "add")

    def _is_sparse(self) -> bool:
        """Whether the graph runs call by call: an argument is sparse, or an operator gives sparse arrays."""
        return self._gives_sparse or any(a.stype != DEFAULT for a in self.arg_dict.values())

    def _start(self, compiled: Compiled) -> Run:
        return StoredRun(compiled, self._feeds()) if self._is_sparse() else Run(compiled, self._feeds())

    def _feeds(self) -> dict[str, Any]:
        return {n: a._data for n, a in (*self.arg_dict.items(), *self.aux_dict.items())}

    def _specs(self) -> dict[str, TensorSpec]:
        return {n: TensorSpec(a.shape, a._data.dtype) for n, a in (*self.arg_dict.items(), *self.aux_dict.items())}

    def _compiled(self, train: bool, differentiated: bool = False) -> Compiled:
        wrt: tuple[str, ...] = ()
        if train or differentiated:
            wrt = tuple(n for n, r in self._requests.items() if r != "null" and self.grad_dict.get(n) is not None)
        specs = tuple(self._specs().items())
        found = self._plans.get((train, wrt, specs))
        if found is None:
            found = self._plans[train, wrt, specs] = Compiled(
                self._whole,
                dict(specs),
                train=train,
                wrt=wrt,
                device=self._ctx,
                strategy=self._strategy,
                reason=REASON if self._is_sparse() else "",
                differentiated=len(self._symbol),
                watch=bool(self._watched),
            )
        return found

    def plan(self, is_train: bool = False) -> Any:
        """What runs: print it."""
        return self._compiled(is_train).plan

    # ---------------------------------------------------------------- changes
    def _load(self, name: str, value: Any) -> None:
        target = self.arg_dict.get(name)
        if target is None:
            raise GraphError(
                f"there is no argument {name!r}", where="forward", remedy=f"Known: {', '.join(self.arg_dict)}"
            )
        if not isinstance(value, NDArray):
            value = NDArray(self._ctx.xp.asarray(value, dtype=target._data.dtype))
        if value.shape != target.shape:
            raise ShapeError(
                f"argument {name!r} was bound with another shape",
                where="forward",
                wanted=target.shape,
                got=value.shape,
                remedy="Use reshape() to make an executor for other shapes",
            )
        value.copyto(target)

    def copy_params_from(
        self,
        arg_params: Mapping[str, NDArray],
        aux_params: Mapping[str, NDArray] | None = None,
        allow_extra_params: bool = False,
    ) -> None:
        """Copy weights and states in by name."""
        for given, known in ((arg_params, self.arg_dict), (aux_params or {}, self.aux_dict)):
            for name, array in given.items():
                if name in known:
                    _check_param(name, array, known[name])
                    array.astype(known[name].dtype, copy=False).copyto(known[name])
                elif not allow_extra_params:
                    raise UnknownNameError(
                        f"there is no argument {name!r}",
                        where="copy_params_from",
                        got=name,
                        remedy=f"Known: {', '.join(known)}; or set allow_extra_params=True",
                    )

    def reshape(self, partial_shaping: bool = False, allow_up_sizing: bool = False, **kwargs: Any) -> Executor:
        """An executor for other input shapes that shares the memory of arguments, gradients and states.

        Shapes that are not given may change only under ``partial_shaping``, except those of labels. What
        becomes larger gets memory of its own, with or without MXNet's ``allow_up_sizing``.
        """
        free = {*kwargs, *_labels(self._symbol)}
        fresh = simple_bind(
            self._symbol,
            self._ctx,
            {n: self._requests.get(n, "null") for n in self.arg_dict},
            {n: a.dtype for n, a in self.arg_dict.items()},
            kwargs,
            {n: a.stype for n, a in self.arg_dict.items()},
        )
        for mine, theirs in (
            (self.arg_dict, fresh.arg_dict),
            (self.grad_dict, fresh.grad_dict),
            (self.aux_dict, fresh.aux_dict),
        ):
            for name, array in mine.items():
                other = theirs.get(name)
                if array is None or other is None:
                    continue
                if other.shape != array.shape:
                    _check_reshape(name, array, other, partial_shaping or name in free)
                if other.shape == array.shape:
                    theirs[name] = array
                elif other.size <= array.size and array.stype == DEFAULT:
                    part = array._data.reshape(-1)[: other.size].reshape(other.shape)
                    theirs[name] = NDArray(part, None, array._place)
        return fresh

    def set_monitor_callback(self, callback: Any, monitor_all: bool = False) -> None:
        """``callback(name, array)`` is called for every operator's outputs (``monitor_all``: for variables too) after
        each forward, and for what it gives back to its inputs after each backward.
        """
        self._monitor = callback
        internals = self._symbol.get_internals()
        entries = [e for e in internals._entries if monitor_all or e[0].op is not None] if callback else []
        watched = Symbol(entries)
        self._watched = watched.list_outputs()
        self._whole = Group([self._symbol, watched]) if entries else self._symbol
        self._plans.clear()

    def debug_str(self) -> str:
        """The plan as text."""
        return str(self.plan())


def _check_param(name: str, array: Any, target: NDArray) -> None:
    if not isinstance(array, NDArray):
        raise KindError("a weight is an NDArray", where=f"copy_params_from, {name}", got=type(array).__name__)
    if array.shape != target.shape:
        raise ShapeError(
            f"the weight {name!r} has another shape here",
            where="copy_params_from",
            wanted=target.shape,
            got=array.shape,
            remedy="Load the weights of this network",
        )


def _labels(symbol: Symbol) -> set[str]:
    """Names of the variables that are labels."""
    found: set[str] = set()
    for node in symbol.nodes():
        for port, (source, _) in zip(node.op.ports(node.p) if node.op else (), node.inputs, strict=True):
            if port.kind == "label" and source.op is None:
                found.add(source.name)
    return found


def _check_reshape(name: str, old: NDArray, new: NDArray, may_change: bool) -> None:
    if not may_change:
        raise ShapeError(
            f"the shape of {name!r}, which was not given, changes",
            where="reshape",
            wanted=old.shape,
            got=new.shape,
            remedy=f"Give the new shape of {name!r} too, or set partial_shaping=True",
        )


def _requests(symbol: Symbol, grad_req: Any) -> dict[str, str]:
    names = symbol.list_arguments()
    if isinstance(grad_req, str):
        found = dict.fromkeys(names, grad_req)
    elif isinstance(grad_req, Mapping):
        found = {n: grad_req.get(n, "null") for n in names}
    else:
        if len(grad_req) != len(names):
            raise GraphError(
                "grad_req as a list has one request for each argument",
                where="bind",
                wanted=f"{len(names)} ({', '.join(names)})",
                got=len(grad_req),
            )
        found = dict(zip(names, grad_req, strict=True))
    for request in found.values():
        check_request(request)
    return found


def simple_bind(
    symbol: Symbol,
    ctx: Device | None,
    grad_req: Any,
    type_dict: Mapping[str, Any] | None,
    shapes: Mapping[str, Any],
    stype_dict: Mapping[str, str] | None = None,
) -> Executor:
    """See ``Symbol.simple_bind``."""
    check_names(symbol)
    ctx = Device.parse(ctx)
    types = {n: np.dtype(dtype_name(t)) for n, t in (type_dict or {}).items()}
    known = symbol.list_inputs()
    for name in shapes:
        if name not in known:
            raise GraphError(f"there is no argument {name!r}", where="simple_bind", remedy=f"Known: {', '.join(known)}")
    symbol = close_sizes(symbol, {n: tuple(s) for n, s in shapes.items()})
    specs = infer_all(symbol, shapes={n: tuple(s) for n, s in shapes.items()}, dtypes=types)
    by_name = {node.name: spec for (node, _), spec in specs.items() if node.op is None}
    requests = _requests(symbol, grad_req)

    wrt = [n for n, r in requests.items() if r != "null"]
    stypes, gradients = storages_of(symbol, by_name, stype_dict or {}, wrt)

    def make(name: str, stype: str) -> NDArray:
        spec = by_name[name]
        return zeros(spec.shape, ctx, types.get(name, spec.dtype), stype)

    args = {n: make(n, stypes.get(n, DEFAULT)) for n in symbol.list_arguments()}
    grads = {n: make(n, gradients.get(n, DEFAULT)) for n in wrt}
    states = {n: make(n, DEFAULT) for n in symbol.list_auxiliary_states()}
    return Executor(symbol, ctx, args, grads, requests, states)


def _named(given: Arrays, names: list[str], what: str, *, all_needed: bool) -> dict[str, NDArray]:
    if given is None:
        found: dict[str, NDArray] = {}
    elif isinstance(given, Mapping):
        found = {n: given[n] for n in names if given.get(n) is not None}
    elif not isinstance(given, (list, tuple)):
        raise KindError(
            f"{what} come in a list or a dict", where="bind", wanted=", ".join(names), got=type(given).__name__
        )
    else:
        if len(given) != len(names):
            raise GraphError(
                f"wrong number of {what}",
                where="bind",
                wanted=f"{len(names)} ({', '.join(names)})",
                got=len(given),
            )
        found = {n: a for n, a in zip(names, given, strict=True) if a is not None}
    for name, array in found.items():
        if not isinstance(array, NDArray):
            raise KindError(
                f"{what} are NDArrays",
                where=f"bind, {name}",
                got=type(array).__name__,
                remedy="Wrap it with nd.array(…)",
            )
    missing = [n for n in names if n not in found]
    if missing and all_needed:
        raise GraphError(
            f"{what} missing: {', '.join(missing)}",
            where="bind",
            remedy=f"Give an NDArray for {missing[0]!r}",
        )
    return found


def bind(symbol: Symbol, ctx: Device | None, args: Any, args_grad: Any, grad_req: Any, aux_states: Any) -> Executor:
    """See ``Symbol.bind``."""
    check_names(symbol)
    names = symbol.list_arguments()
    arrays = _named(args, names, "arguments", all_needed=True)
    states = _named(aux_states, symbol.list_auxiliary_states(), "auxiliary states", all_needed=True)
    grads = _named(args_grad, names, "gradients", all_needed=False)
    requests = _requests(symbol, grad_req)
    ctx = Device.parse(ctx) if ctx else (next(iter(arrays.values())).ctx if arrays else current_device())
    for what, group in (("argument", arrays), ("gradient", grads), ("auxiliary state", states)):
        for name, array in group.items():
            if array.ctx.is_gpu != ctx.is_gpu:
                raise DeviceError(
                    f"the {what} {name!r} lies on another device",
                    where="bind",
                    wanted=ctx,
                    got=array.ctx,
                    remedy="Move it with as_in_context()",
                )
            if what == "gradient" and array.shape != arrays[name].shape:
                raise ShapeError(
                    f"the gradient of {name!r} has its shape", where="bind", wanted=arrays[name].shape, got=array.shape
                )
    return Executor(symbol, ctx, arrays, grads, requests, states)
