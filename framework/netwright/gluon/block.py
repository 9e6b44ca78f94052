"""HybridBlock: a block that can be compiled."""

from __future__ import annotations

import functools
import inspect
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from .. import autograd, ndarray, random, symbol
from ..device import Device, cpu
from ..errors import DeferredInitializationError, NetwrightError, NotReadyError, ParamError
from ..naming import NameManager
from ..ndarray.array import NDArray
from ..ndarray.storage import save as save_file
from ..scheduler.strategy import Strategy
from ..symbol.infer import infer_type
from ..symbol.symbol import Group, Symbol, Variable
from ..tape import mode
from .cached import MAX_PLANS, CachedGraph, CompiledBlock
from .nested import flatten, is_nested, leaves, structure
from .parameter_dict import ParameterDict
from .plain_block import Block
from .tracing import Tracer, UntraceableError
from .watched import run_watched

__all__ = ["Block", "HybridBlock"]


class HybridBlock(Block):
    """A block that runs eagerly, and after ``hybridize()`` as one compiled plan.

    Define ``hybrid_forward(self, F, x, *args, **params)`` (``F`` is ``nd`` or ``sym``; parameters come by attribute
    name), or a plain ``forward`` that calls children and operators.

    >>> class Scale(mx.gluon.HybridBlock):
    ...     def __init__(self, **kwargs):
    ...         super().__init__(**kwargs)
    ...         with self.name_scope():
    ...             self.factor = self.params.get("factor", shape=(1,), init="ones")
    ...     def hybrid_forward(self, F, x, factor):
    ...         return F.broadcast_mul(x, factor)
    >>> net = Scale()
    >>> net.initialize()
    >>> net.hybridize()
    >>> net(mx.nd.array([[1, 2]])).asnumpy()
    array([[1., 2.]], dtype=float32)
    """

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        super().__init__(prefix, params)
        self._active = False
        self._strategy: Strategy | None = None
        self._recompute = False
        self._compiled: dict[Any, CompiledBlock] = {}
        self._eager = ""
        """Why it runs eagerly although it was hybridized."""
        self._op_hook: tuple[Callable[[str, str, NDArray], Any], bool] | None = None

    def _repr_html_(self) -> str:
        """The network as a picture where it takes one input and can be drawn without data, and the table of layers."""
        try:
            with NameManager():
                drawn = self(Variable("data"))
        except (NetwrightError, TypeError, AttributeError):  # other inputs, or a forward that needs arrays
            return super()._repr_html_()
        picture = drawn._repr_svg_() if isinstance(drawn, Symbol) else None
        return f"{picture or ''}{super()._repr_html_()}"

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Add a child, which must be hybrid too."""
        if not isinstance(block, HybridBlock):
            raise ParamError(
                f"children of a HybridBlock must be HybridBlocks, not {type(block).__name__}",
                where=self.name,
                remedy="Use HybridSequential instead of Sequential, or make this block a Block",
            )
        super().register_child(block, name)
        self._clear()

    def _clear(self) -> None:
        self._compiled = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_compiled": {}}  # plans belong to a process

    def hybridize(
        self,
        active: bool = True,
        backend: str | None = None,
        clear: bool = True,
        static_alloc: bool = False,
        static_shape: bool = False,
        inline_limit: int = 2,
        forward_bulk_size: int | None = None,
        backward_bulk_size: int | None = None,
        strategy: Strategy | str | None = None,
        recompute: bool = False,
        **kwargs: Any,
    ) -> None:
        """Run as a compiled plan from the next call on.

        ``strategy`` is a Strategy or a preset's name; ``backend`` names a preset too. ``clear=False`` keeps what is
        compiled already. ``recompute`` keeps no activations for the backward pass, which runs the forward part again
        (with the same random numbers): less memory, more time; it is for parts of a network that are called by a
        block that is not compiled itself. MXNet's other options are taken and change nothing: plans are always static
        and whole.
        """
        if backend is not None:
            strategy = Strategy.preset(backend)
        self._active, self._recompute, self._eager = bool(active), recompute, ""
        self._strategy = Strategy.preset(strategy) if isinstance(strategy, str) else strategy
        if clear:
            self._clear()
        for child in self._children.values():
            if active and (child._forward_hooks or child._forward_pre_hooks):
                warnings.warn(f"{child.name} becomes part of a plan: its forward hooks are not called", stacklevel=2)
        super().hybridize(active, strategy=strategy, clear=clear)

    def optimize_for(
        self,
        x: Any,
        *args: Any,
        backend: str | None = None,
        clear: bool = False,
        static_alloc: bool = False,
        static_shape: bool = False,
        inline_limit: int = 2,
        forward_bulk_size: int | None = None,
        backward_bulk_size: int | None = None,
        **kwargs: Any,
    ) -> None:
        """``hybridize`` and compile for these inputs without running them. ``backend`` is a strategy's name."""
        if not backend:
            raise ParamError("a backend must be named", where=self.name, wanted=" or ".join(Strategy.presets))
        options = (static_alloc, static_shape, inline_limit, forward_bulk_size, backward_bulk_size)
        self.hybridize(True, backend, clear, *options, **kwargs)
        form = self._form((x, *args))
        form.graph.compiled(self._feeds(form, (x, *args)), ())

    def cast(self, dtype: Any) -> None:
        """Change the element type of all parameters."""
        self._clear()
        super().cast(dtype)

    def register_op_hook(self, callback: Callable[[str, str, NDArray], Any], monitor_all: bool = False) -> None:
        """Once hybridized, ``callback(name, operator, array)`` sees every operator's outputs at each call
        (``monitor_all``: its inputs too). The block then runs operator by operator.
        """
        self._op_hook = (callback, monitor_all)
        super().register_op_hook(callback, monitor_all)

    # ---------------------------------------------------------------- running
    def __call__(self, *args: Any) -> Any:
        if not self._active:
            return self.forward(*args) if not self._is_hooked() else super().__call__(*args)
        compiles = self._compiles() and self._has_plain_forward()
        if not compiles or not args or not isinstance(args[0], NDArray):
            return super().__call__(*args)
        if not is_nested(args):
            self._stay_eager("it is called with other things than arrays")
            return super().__call__(*args)
        # a plain forward may do other things for other shapes or modes: each has a form of its own
        key = (mode.training, str(structure(args)), tuple([(a.shape, a._data.dtype) for a in flatten(args)[0]]))
        if key not in self._compiled:
            return self._trace_plain(args, key)
        return self._hooked(args, lambda: self._run_compiled(self._compiled[key], args))

    def _compiles(self) -> bool:
        return self._active and mode.tracer is None and not self._eager

    def _stay_eager(self, reason: str) -> None:
        """Run eagerly until ``hybridize()`` is called again; the blocks inside are compiled by themselves."""
        self._eager = reason
        warnings.warn(f"{self.name} is not compiled, but runs eagerly: {reason}", stacklevel=4)

    def _has_plain_forward(self) -> bool:
        """Whether it, or a block inside it, computes in a ``forward`` of its own, which only running can tell."""
        if not getattr(type(self).forward, "compiles_itself", False):
            return True
        return any(isinstance(child, HybridBlock) and child._has_plain_forward() for child in self._children.values())

    def _trace_plain(self, args: tuple[Any, ...], key: Any) -> Any:
        """Run a plain ``forward`` once, eagerly, and keep what it called as a symbol for the calls to come.

        What a symbol cannot hold (values that are read, arrays that are changed in place) makes the block stay eager.
        """
        flat, _ = flatten(args)
        names = _input_names(len(flat))
        tracer = Tracer(dict(zip(names, flat, strict=True)))
        before = _Before(self, flat[0].ctx)
        mode.tracer = tracer
        try:
            out = super().__call__(*args)
        except UntraceableError as error:
            mode.tracer = None
            before.restore()
            self._stay_eager(str(error))
            return super().__call__(*args)
        finally:
            mode.tracer = None
        try:
            if tracer.spoiled or not is_nested([out]):
                raise UntraceableError(tracer.spoiled or "its forward() gives other things than arrays")
            outputs, rebuild = flatten(out if isinstance(out, (list, tuple)) else [out])
            traced = tracer.symbol(outputs, self.collect_params(), flat[0].ctx)
        except UntraceableError as error:
            self._stay_eager(str(error))
            return out
        graph = CachedGraph(traced, self._strategy, tracer.constants, self._recompute)
        if len(self._compiled) >= MAX_PLANS:
            self._compiled.pop(next(iter(self._compiled)))
        self._compiled[key] = CompiledBlock(graph, names, rebuild, out, structure(args))
        return out

    def forward(self, x: Any, *args: Any) -> Any:
        """Run ``hybrid_forward`` on arrays or symbols."""
        given = (x, *args)
        # an array and nothing else is the usual case
        first = x if x.__class__ is NDArray and not args and self._takes_one() else self._check_kinds(given)
        if isinstance(first, Symbol):
            params = {name: parameter.var() for name, parameter in self._reg_params.items()}
            with self.name_scope():
                return self.hybrid_forward(symbol, x, *args, **params)
        if self._compiles():
            return self._run_compiled(self._form(given), given)
        ctx = first.ctx
        with ctx:
            try:
                arrays = {name: parameter.data(ctx) for name, parameter in self._reg_params.items()}
            except DeferredInitializationError:
                self._infer_and_make(*given)
                arrays = {name: parameter.data(ctx) for name, parameter in self._reg_params.items()}
            return self.hybrid_forward(ndarray, x, *args, **arrays)

    forward.compiles_itself = True  # type: ignore[attr-defined]

    def _check_kinds(self, args: Sequence[Any]) -> Any:
        """The first array or symbol; raises ParamError where there is none, or both kinds are mixed."""
        self._check_count(len(args))
        found = list(leaves(args))
        if not found:
            raise ParamError(
                f"a block is called with an NDArray or a Symbol, not {type(args[0]).__name__}",
                where=self.name,
                wanted="NDArray or Symbol",
                got=type(args[0]).__name__,
                remedy="Wrap it with nd.array(…)",
            )
        if len({isinstance(one, Symbol) for one in found}) == 2:
            raise ParamError(
                "arrays and symbols cannot be mixed in one call",
                where=self.name,
                wanted="all of one kind",
                got=", ".join(type(one).__name__ for one in found),
                remedy="Call it on arrays, or make a variable with sym.Variable(name)",
            )
        return found[0]

    def _takes_one(self) -> bool:
        """Whether ``hybrid_forward`` can be called with one input."""
        least, most, _ = _inputs_of(type(self).hybrid_forward, tuple(self._reg_params))
        return least <= 1 <= most

    def _check_count(self, count: int) -> None:
        """Raise ParamError where ``hybrid_forward`` takes more or fewer inputs."""
        least, most, names = _inputs_of(type(self).hybrid_forward, tuple(self._reg_params))
        if not least <= count <= most:
            raise ParamError(
                "wrong number of inputs",
                where=self.name,
                wanted=", ".join(names),
                got=count,
                remedy=f"Call it with {' and '.join(names[:least])}",
            )

    def hybrid_forward(self, F: Any, x: Any, /, *args: Any, **kwargs: Any) -> Any:
        """What the block computes, on ``F = nd`` or ``F = sym``; a subclass says it."""
        raise NetwrightError("neither hybrid_forward() nor forward() is defined", where=type(self).__name__)

    # ---------------------------------------------------------------- inference
    def infer_shape(self, *args: Any) -> None:
        """Find the shapes of all parameters from inputs."""
        out, names = self._trace(args)[:2]
        flat = flatten(args)[0]
        arguments, _, states = out.infer_shape_partial(**{n: a.shape for n, a in zip(names, flat, strict=True)})
        shapes = dict(zip(out.list_arguments(), arguments, strict=True))
        shapes.update(zip(out.list_auxiliary_states(), states, strict=True))
        for name, parameter in self.collect_params().items():
            if shapes.get(name):
                parameter.shape = shapes[name]

    def infer_type(self, *args: Any) -> None:
        """Set the parameters' element types from inputs."""
        out, names = self._trace(args)[:2]
        flat = flatten(args)[0]
        given = {n: a.dtype for n, a in zip(names, flat, strict=True)}
        types, _, states = infer_type(out, (), given, undeclared=self.collect_params().keys())
        found = dict(zip(out.list_arguments(), types, strict=True))
        found.update(zip(out.list_auxiliary_states(), states, strict=True))
        for name, parameter in self.collect_params().items():
            if name in found:
                parameter.cast(found[name])

    def _infer_and_make(self, *args: Any) -> None:
        try:
            self.infer_shape(*args)
        except NetwrightError as error:
            error.remedy = error.remedy or "Check the shape of the input, or give in_units/in_channels"
            raise
        for parameter in self.collect_params().values():
            parameter._finish_deferred_init()

    # ---------------------------------------------------------------- compiling
    def _trace(self, args: Sequence[Any]) -> tuple[Symbol, list[str], Any, Any]:
        """(the symbol of this block, names of its inputs, how its outputs are nested, the outputs)."""
        flat, rebuild = flatten(args)
        names = _input_names(len(flat))
        inputs = rebuild([Variable(name) for name in names])
        with NameManager():
            out = self._symbolic(*inputs)
        symbols, rebuild_output = flatten(out if isinstance(out, (list, tuple)) else [out])
        return Group(symbols), names, rebuild_output, out

    def _symbolic(self, *args: Any) -> Any:
        """The block on symbols."""
        return self.forward(*args)

    def _form(self, args: tuple[Any, ...]) -> CompiledBlock:
        """The block as a graph; made at the first call, and for arguments nested as they were then."""
        form = self._compiled.get(())
        asked = structure(args)
        if form is None:
            self._check_devices(list(leaves(args)))
            out, names, rebuild, outputs = self._trace(args)
            if mode.autocast is not None:
                out = mode.autocast.cast_symbol(out)
            graph = CachedGraph(out, self._strategy, None, self._recompute)
            form = self._compiled[()] = CompiledBlock(graph, names, rebuild, outputs, asked)
        elif form.structure != asked:
            raise ParamError(
                "the block was compiled for arguments of another structure (0: an array, -1: None)",
                where=self.name,
                wanted=form.structure,
                got=asked,
                remedy="Call hybridize() again to compile it anew",
            )
        return form

    def _check_devices(self, arrays: Sequence[NDArray]) -> None:
        """Pinned and shared memory count as their CPU."""
        if len({(a.ctx.is_gpu, a.ctx.device_id) for a in arrays}) > 1:
            raise ParamError(
                "the inputs of a hybridized block lie on several devices",
                where=self.name,
                got=", ".join(sorted({str(a.ctx) for a in arrays})),
                remedy="Move them to one with as_in_context()",
            )

    def _feeds(self, form: CompiledBlock, args: tuple[Any, ...]) -> dict[str, NDArray]:
        """The arrays that the graph takes, by name."""
        flat, _ = flatten(args)
        if len(flat) > 1:
            self._check_devices(flat)
        ctx, params = flat[0].ctx, form.parameters
        if params is None:
            params = form.parameters = {n: p for n, p in self.collect_params().items() if n in form.inputs}
        try:
            feeds = {n: p.data(ctx) for n, p in params.items()}
        except DeferredInitializationError:
            self._infer_and_make(*args)
            feeds = {n: p.data(ctx) for n, p in params.items()}
        feeds.update((n, a) for n, a in zip(form.names, flat, strict=True) if n in form.inputs)
        return feeds

    def _run_compiled(self, form: CompiledBlock, args: tuple[Any, ...]) -> Any:
        feeds = self._feeds(form, args)
        if self._op_hook is not None:
            results = run_watched(form.graph.symbol, {**form.graph.constants, **feeds}, *self._op_hook)
        else:
            results = form.graph(feeds)
        return form.rebuild(results) if form.several else results[0]

    def plans(self) -> list[Any]:
        """The Scheduler's plans made so far for this block; ``print(net.plans()[0])``."""
        return [plan for form in self._compiled.values() for plan in form.graph.plans()]

    def symbol_for(self, shapes: Sequence[tuple[int, ...]]) -> tuple[Symbol, list[str], dict[str, NDArray]]:
        """(what it computes when predicting, names of its inputs, arrays that a plain ``forward`` made itself).

        A plain ``forward`` is run once, on zeros of the shapes; parameters that wait for a shape get it.
        """
        arrays = tuple(ndarray.zeros(shape) for shape in shapes)
        with autograd.predict_mode():
            if not self._has_plain_forward():
                self._infer_and_make(*arrays)
                out, names = self._trace(arrays)[:2]
                return out, names, {}
            key = object()
            self._trace_plain(arrays, key)
            form = self._compiled.pop(key)
        return form.graph.symbol, form.names, dict(form.graph.constants)

    def export(self, path: str, epoch: int = 0, remove_amp_cast: bool = True) -> tuple[str, str]:
        """Write ``path-symbol.json`` and ``path-0000.params`` for ``SymbolBlock.imports`` (ours and MXNet's); returns
        the two names.
        """
        graph = self._exported()
        names = f"{path}-symbol.json", f"{path}-{epoch:04d}.params"
        graph.symbol.save(names[0], remove_amp_cast=remove_amp_cast)
        states = set(graph.symbol.list_auxiliary_states())
        used = set(graph.symbol.list_inputs())
        values = {n: p._reduce() for n, p in self.collect_params().items() if n in used}
        values.update(graph.constants)
        save_file(names[1], {f"{'aux' if n in states else 'arg'}:{n}": a for n, a in values.items()})
        return names

    def _exported(self) -> CachedGraph:
        if not self._compiled:
            raise NotReadyError(
                "there is nothing to export yet",
                where=self.name,
                got=self._eager or None,
                remedy="Call hybridize() and run one batch through the network first",
            )
        return list(self._compiled.values())[-1].graph


class _Before:
    """States and random numbers as they were before a run that may have to be done again."""

    def __init__(self, block: Block, ctx: Device) -> None:
        self._generator = random.state_of(ctx if ctx.is_gpu else cpu())
        self._random = self._generator.state_dict()
        states = [p for p in block.collect_params().values() if p.grad_req == "null" and p._data is not None]
        self._states = [(array, array.copy()) for p in states for array in p._arrays()]

    def restore(self) -> None:
        """Set them back."""
        self._generator.load_state_dict(self._random)
        for array, values in self._states:
            array._write(values._data)


def _input_names(count: int) -> list[str]:
    return [f"data{i}" for i in range(count)] if count > 1 else ["data"]


@functools.cache
def _inputs_of(forward: Callable[..., Any], parameters: tuple[str, ...]) -> tuple[int, float, tuple[str, ...]]:
    """(least, most, names) of the inputs that a ``hybrid_forward`` takes beside F and its parameters."""
    least, most, names = 0, 0.0, []
    for one in list(inspect.signature(forward).parameters.values())[2:]:
        if one.kind is one.VAR_POSITIONAL:
            most = math.inf
        elif one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD) and one.name not in parameters:
            names.append(one.name)
            least += one.default is one.empty
            most += 1
    return least, most, tuple(names)
