"""Block: a layer or a network of layers, and HybridBlock, which can be compiled."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import ndarray, symbol
from ..errors import DeferredInitializationError, GraphError, NetwrightError, ParamError, ShapeError
from ..naming import NameManager
from ..ndarray.array import NDArray
from ..ndarray.storage import load as load_file
from ..ndarray.storage import save as save_file
from ..scheduler.strategy import Strategy
from ..symbol.attributes import read_dtype
from ..symbol.infer import infer_type
from ..symbol.symbol import Group, Symbol, Variable
from ..tape import mode
from .cached import MAX_PLANS, CachedGraph, CompiledBlock
from .nested import flatten
from .parameter import Contexts, Parameter, ParameterDict, load_into
from .scope import BlockScope, Hook
from .summary import print_summary
from .tracing import Tracer


class Block:
    """Base of all layers and networks: children and parameters set as attributes are found by themselves.

    A subclass makes children in ``__init__`` and computes in ``forward``.
    """

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        self._empty_prefix = prefix == ""
        self._prefix, self._params = BlockScope.make(prefix, params, self._alias())
        self._name = self._prefix.removesuffix("_")
        self._scope = BlockScope(self)
        self._children: OrderedDict[str, Block] = OrderedDict()
        self._reg_params: dict[str, Parameter] = {}
        self._forward_hooks: list[Any] = []
        self._forward_pre_hooks: list[Any] = []

    def _alias(self) -> str:
        return type(self).__name__.lower()

    # ---------------------------------------------------------------- structure
    def __setattr__(self, name: str, value: Any) -> None:
        known = self.__dict__.get(name)
        if isinstance(known, (Block, Parameter)) and not isinstance(value, type(known)):
            raise ParamError(
                f"attribute {name!r} is a {type(known).__name__} and cannot become a {type(value).__name__}",
                where=self.name,
            )
        if isinstance(value, Block):
            self.register_child(value, name)
        elif isinstance(value, Parameter):
            if name in self._reg_params:
                raise ParamError(f"the parameter {name!r} is there already", where=self.name, remedy="Use set_data()")
            self._reg_params[name] = value
        super().__setattr__(name, value)

    @property
    def prefix(self) -> str:
        """What the names of its parameters begin with."""
        return self._prefix

    @property
    def name(self) -> str:
        """The prefix without the last underscore."""
        return self._name

    @property
    def params(self) -> ParameterDict:
        """Its own parameters, without its children's."""
        return self._params

    def name_scope(self) -> BlockScope:
        """``with self.name_scope():`` gives children and parameters names that begin with this block's."""
        return self._scope

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Add a child."""
        self._children[name if name is not None else str(len(self._children))] = block

    def collect_params(self, select: str | None = None) -> ParameterDict:
        """All parameters, of the children too; those whose name matches the regular expression ``select``."""
        found = ParameterDict(self._params.prefix)
        own = self.params if select is None else self.params.select(select)
        found.update(own)
        for child in self._children.values():
            found.update(child.collect_params(select))
        return found

    def _structured(self, prefix: str = "") -> dict[str, Parameter]:
        """Parameters by path (``0.weight``), independent of prefixes."""
        dot = prefix + "." if prefix else ""
        found = {dot + name: parameter for name, parameter in self._reg_params.items()}
        for name, child in self._children.items():
            found.update(child._structured(dot + name))
        return found

    def apply(self, fn: Callable[[Block], Any]) -> Block:
        """Call ``fn`` on every child, deepest first, and on itself."""
        for child in self._children.values():
            child.apply(fn)
        fn(self)
        return self

    def __repr__(self) -> str:
        rows = []
        for name, child in self._children.items():
            rows.append(f"  ({name}): " + repr(child).replace("\n", "\n  "))
        return f"{type(self).__name__}(\n" + "\n".join(rows) + "\n)" if rows else f"{type(self).__name__}()"

    # ---------------------------------------------------------------- parameters
    def initialize(
        self, init: Any = None, ctx: Contexts = None, verbose: bool = False, force_reinit: bool = False
    ) -> None:
        """Initialise all parameters (``Uniform`` by default)."""
        self.collect_params().initialize(init, ctx, verbose, force_reinit)

    def save_parameters(self, filename: str, deduplicate: bool = False) -> None:
        """Write all parameters by path."""
        found = self._structured()
        if deduplicate:
            found = {n: p for p, n in {p: n for n, p in reversed(found.items())}.items()}
        save_file(filename, {name: parameter.data().detach() for name, parameter in found.items()})

    def load_parameters(
        self,
        filename: str,
        ctx: Contexts = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Read what ``save_parameters`` wrote (by path), or ``ParameterDict.save`` or ``export`` (by name)."""
        arrays = load_file(filename)
        if isinstance(arrays, list):
            raise ParamError("the file holds arrays without names", where=Path(filename).name)
        arrays = {name.removeprefix("arg:").removeprefix("aux:"): a for name, a in arrays.items()}
        params: dict[str, Parameter] = self._structured()
        if not any("." in n for n in arrays) and not set(params) & set(arrays):
            params = dict(self.collect_params().items())
        load_into(
            params,
            arrays,
            Path(filename).name,
            ctx,
            allow_missing=allow_missing,
            ignore_extra=ignore_extra,
            cast_dtype=cast_dtype,
            dtype_source=dtype_source,
        )

    save_params, load_params = save_parameters, load_parameters

    def cast(self, dtype: Any) -> None:
        """Change the element type of all parameters."""
        for child in self._children.values():
            child.cast(dtype)
        for parameter in self.params.values():
            parameter.cast(dtype)

    def zero_grad(self) -> None:
        """Set all gradients to 0."""
        self.collect_params().zero_grad()

    def reset_ctx(self, ctx: Contexts) -> None:
        """Move all parameters to other devices."""
        self.collect_params().reset_ctx(ctx)

    # ---------------------------------------------------------------- running
    def register_forward_hook(self, hook: Any) -> Hook:
        """``hook(block, inputs, output)`` is called after each forward."""
        return Hook(self._forward_hooks, hook)

    def register_forward_pre_hook(self, hook: Any) -> Hook:
        """``hook(block, inputs)`` is called before each forward."""
        return Hook(self._forward_pre_hooks, hook)

    def __call__(self, *args: Any) -> Any:
        for hook in self._forward_pre_hooks:
            hook(self, args)
        out = self.forward(*args)
        for hook in self._forward_hooks:
            hook(self, args, out)
        return out

    def forward(self, *args: Any) -> Any:
        """What the block computes; a subclass says it."""
        raise NetwrightError("forward() is not defined", where=type(self).__name__)

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Compile the hybrid blocks among the children."""
        for child in self._children.values():
            child.hybridize(active, **kwargs)

    def summary(self, *inputs: NDArray) -> None:
        """Print layers, output shapes and parameter counts for these inputs."""
        print_summary(self, inputs)


class HybridBlock(Block):
    """A block that runs eagerly, and after ``hybridize()`` as one compiled plan.

    Define ``hybrid_forward(self, F, x, *args, **params)`` (``F`` is ``nd`` or ``sym``; parameters come by attribute
    name), or a plain ``forward`` that calls children and operators.
    """

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        super().__init__(prefix, params)
        self._active = False
        self._strategy: Strategy | None = None
        self._compiled: dict[Any, CompiledBlock] = {}

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

    def hybridize(self, active: bool = True, strategy: Strategy | str | None = None, **kwargs: Any) -> None:
        """Run as a compiled plan from the next call on. ``strategy`` is a Strategy or a preset's name.

        MXNet's ``static_alloc`` and ``static_shape`` are taken: plans are always static here.
        """
        self._active = active
        self._strategy = Strategy.preset(strategy) if isinstance(strategy, str) else strategy
        self._clear()
        for child in self._children.values():
            # the outermost plan holds the whole network; children run inside it
            child.hybridize(active, strategy=strategy, **kwargs)

    def cast(self, dtype: Any) -> None:
        """Change the element type of all parameters."""
        self._clear()
        super().cast(dtype)

    # ---------------------------------------------------------------- running
    def __call__(self, *args: Any) -> Any:
        compiles = self._active and mode.tracer is None and self._has_plain_forward()
        if not compiles or not args or not isinstance(args[0], NDArray):
            return super().__call__(*args)
        # a plain forward may do other things for other shapes or modes: each has a form of its own
        key = (mode.training, tuple([(a.shape, a._data.dtype) for a in flatten(args)[0]]))
        if key not in self._compiled:
            return self._trace_plain(args, key)
        for hook in self._forward_pre_hooks:
            hook(self, args)
        out = self._run_compiled(self._compiled[key], args)
        for hook in self._forward_hooks:
            hook(self, args, out)
        return out

    def _has_plain_forward(self) -> bool:
        """Whether it, or a block inside it, computes in a ``forward`` of its own, which only running can tell."""
        if type(self).forward not in _OWN_FORWARDS:
            return True
        return any(isinstance(child, HybridBlock) and child._has_plain_forward() for child in self._children.values())

    def _trace_plain(self, args: tuple[Any, ...], key: Any) -> Any:
        """Run a plain ``forward`` once, eagerly, and keep what it called as a symbol for the calls to come.

        What the run decided from values (``if``, loops) is kept as it went.
        """
        flat, _ = flatten(args)
        names = _input_names(len(flat))
        tracer = Tracer(dict(zip(names, flat, strict=True)))
        mode.tracer = tracer
        try:
            out = super().__call__(*args)
        finally:
            mode.tracer = None
        outputs, rebuild = flatten(out if isinstance(out, (list, tuple)) else [out])
        symbol = tracer.symbol(outputs, self.collect_params(), flat[0].ctx)
        graph = CachedGraph(symbol, self._strategy, tracer.constants)
        if len(self._compiled) >= MAX_PLANS:
            self._compiled.pop(next(iter(self._compiled)))
        self._compiled[key] = CompiledBlock(graph, names, rebuild, isinstance(out, (list, tuple)))
        return out

    def forward(self, x: Any, *args: Any) -> Any:
        """Run ``hybrid_forward`` on arrays or symbols."""
        if isinstance(x, Symbol):
            params = {name: parameter.var() for name, parameter in self._reg_params.items()}
            with self.name_scope():
                return self.hybrid_forward(symbol, x, *args, **params)
        if not isinstance(x, NDArray):
            raise ShapeError(
                f"a block is called with an NDArray or a Symbol, not {type(x).__name__}",
                where=self.name,
                remedy="Wrap it with nd.array(…)",
            )
        if self._active and mode.tracer is None:
            return self._run_hybrid((x, *args))
        ctx = x.ctx
        try:
            arrays = {name: parameter.data(ctx) for name, parameter in self._reg_params.items()}
        except DeferredInitializationError:
            self._infer_and_make(x, *args)
            arrays = {name: parameter.data(ctx) for name, parameter in self._reg_params.items()}
        return self.hybrid_forward(ndarray, x, *args, **arrays)

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        """What the block computes, on ``F = nd`` or ``F = sym``; a subclass says it."""
        raise NetwrightError("neither hybrid_forward() nor forward() is defined", where=type(self).__name__)

    def infer_shape(self, *args: NDArray) -> None:
        """Find the shapes of all parameters from inputs."""
        out, names = self._trace(args)[:2]
        flat = flatten(args)[0]
        arguments, _, states = out.infer_shape_partial(**{n: a.shape for n, a in zip(names, flat, strict=True)})
        shapes = dict(zip(out.list_arguments(), arguments, strict=True))
        shapes.update(zip(out.list_auxiliary_states(), states, strict=True))
        for name, parameter in self.collect_params().items():
            if shapes.get(name):
                parameter.shape = shapes[name]

    def infer_type(self, *args: NDArray) -> None:
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
    def _trace(self, args: Sequence[Any]) -> tuple[Symbol, list[str], Any, bool]:
        """(the symbol of this block, names of its inputs, how its outputs are nested, whether they are several)."""
        flat, rebuild = flatten(args)
        names = _input_names(len(flat))
        inputs = rebuild([Variable(name) for name in names])
        with NameManager():
            out = self._symbolic(*inputs)
        symbols, rebuild_output = flatten(out if isinstance(out, (list, tuple)) else [out])
        return Group(symbols), names, rebuild_output, isinstance(out, (list, tuple))

    def _symbolic(self, *args: Any) -> Any:
        """The block on symbols."""
        return self.forward(*args)

    def _run_hybrid(self, args: tuple[Any, ...]) -> Any:
        form = self._compiled.get(())
        if form is None:
            out, names, rebuild, several = self._trace(args)
            form = self._compiled[()] = CompiledBlock(CachedGraph(out, self._strategy), names, rebuild, several)
        return self._run_compiled(form, args)

    def _run_compiled(self, form: CompiledBlock, args: tuple[Any, ...]) -> Any:
        flat, _ = flatten(args)
        params = self.collect_params()
        used = form.inputs
        ctx = flat[0].ctx
        try:
            feeds = {n: p.data(ctx) for n, p in params.items() if n in used}
        except DeferredInitializationError:
            self._infer_and_make(*args)
            feeds = {n: p.data(ctx) for n, p in params.items() if n in used}
        feeds.update((n, a) for n, a in zip(form.names, flat, strict=True) if n in used)
        results = form.graph(feeds)
        return form.rebuild(results) if form.several else results[0]

    def plans(self) -> list[Any]:
        """The Scheduler's plans made so far for this block; ``print(net.plans()[0])``."""
        return [plan for form in self._compiled.values() for plan in form.graph.plans()]

    def export(self, path: str, epoch: int = 0, remove_amp_cast: bool = True) -> tuple[str, str]:
        """Write ``path-symbol.json`` and ``path-0000.params`` for ``SymbolBlock.imports``; returns the two names."""
        if not self._compiled:
            raise GraphError(
                "there is nothing to export yet",
                where=self.name,
                remedy="Call hybridize() and run one batch through the network first",
            )
        graph = list(self._compiled.values())[-1].graph
        names = f"{path}-symbol.json", f"{path}-{epoch:04d}.params"
        graph.symbol.save(names[0])
        states = set(graph.symbol.list_auxiliary_states())
        used = set(graph.symbol.list_inputs())
        values = {n: p.data().detach() for n, p in self.collect_params().items() if n in used}
        values.update(graph.constants)
        save_file(names[1], {f"{'aux' if n in states else 'arg'}:{n}": a for n, a in values.items()})
        return names


def _input_names(count: int) -> list[str]:
    return [f"data{i}" for i in range(count)] if count > 1 else ["data"]


class SymbolBlock(HybridBlock):
    """A block made of a symbol, such as one that ``export`` wrote."""

    def __init__(self, outputs: Any, inputs: Any, params: ParameterDict | None = None) -> None:
        super().__init__(prefix="", params=None)
        out = Group(list(outputs)) if isinstance(outputs, (list, tuple)) else outputs
        self._inputs = [s.name for s in (inputs if isinstance(inputs, (list, tuple)) else [inputs])]
        self._out = out
        states = set(out.list_auxiliary_states())
        attributes = out.attr_dict()
        for name in out.list_inputs():
            if name in self._inputs:
                continue
            if params is not None and name in params:
                self.params.update({name: params[name]})
                self._reg_params[name] = params[name]
            else:
                self._reg_params[name] = self.params.get(
                    name,
                    allow_deferred_init=True,
                    differentiable=name not in states,
                    dtype=read_dtype(attributes.get(name, {}).get("__dtype__", "float32")),
                )

    @staticmethod
    def imports(
        symbol_file: str,
        input_names: str | Sequence[str],
        param_file: str | None = None,
        ctx: Contexts = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
    ) -> SymbolBlock:
        """Read what ``HybridBlock.export`` wrote."""
        names = [input_names] if isinstance(input_names, str) else list(input_names)
        block = SymbolBlock(symbol.load(symbol_file), [Variable(n) for n in names])
        if param_file is not None:
            block.load_parameters(
                param_file,
                ctx,
                allow_missing=allow_missing,
                ignore_extra=ignore_extra,
                cast_dtype=True,
                dtype_source="saved",
            )
        return block

    def forward(self, x: Any, *args: Any) -> Any:
        """Run the symbol."""
        if isinstance(x, Symbol):
            return self._symbolic(x, *args)
        return self._run_hybrid((x, *args))

    def _symbolic(self, *args: Any) -> Any:
        given = dict(zip(self._inputs, args, strict=True))
        out = self._out(**given)
        return out if len(out) == 1 else list(out)


_OWN_FORWARDS = (HybridBlock.forward, SymbolBlock.forward)
"""``forward`` methods that know how to run compiled by themselves."""
