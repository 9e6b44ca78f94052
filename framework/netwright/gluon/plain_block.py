"""Block: a layer or a network of layers that runs eagerly."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import KindError, MismatchError, NetwrightError
from ..ndarray.array import NDArray
from ..ndarray.storage import save as save_file
from .hooks import HookHandle, Hooks, attached
from .parameter import Contexts, Parameter
from .parameter_dict import ParameterDict, load_into, load_named
from .saving import load_model, save_model
from .scope import BlockScope
from .summary import html_of, print_summary


class Block:
    """Base of all layers and networks: children and parameters set as attributes are found by themselves.

    A subclass makes children in ``__init__`` and computes in ``forward``.

    >>> class Net(mx.gluon.Block):
    ...     def __init__(self, **kwargs):
    ...         super().__init__(**kwargs)
    ...         with self.name_scope():
    ...             self.hidden = mx.gluon.nn.Dense(4, activation="relu")
    ...             self.out = mx.gluon.nn.Dense(2)
    ...     def forward(self, x):
    ...         return self.out(self.hidden(x))
    >>> net = Net(prefix="net_")
    >>> net.initialize()
    >>> net(mx.nd.ones((3, 5))).shape
    (3, 2)
    >>> list(net.collect_params(".*weight"))
    ['net_dense0_weight', 'net_dense1_weight']
    """

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        self._empty_prefix = prefix == ""
        self._prefix, self._params = BlockScope.make(prefix, params, self._alias())
        self._name = self._prefix.removesuffix("_")
        self._scope = BlockScope(self)
        self._children: OrderedDict[str, Block] = OrderedDict()
        self._reg_params: dict[str, Parameter] = {}
        self._forward_hooks = Hooks()
        self._forward_pre_hooks = Hooks()

    def _alias(self) -> str:
        return type(self).__name__.lower()

    # ---------------------------------------------------------------- structure
    def __setattr__(self, name: str, value: Any) -> None:
        known = self.__dict__.get(name)
        if isinstance(known, (Block, Parameter)) and not isinstance(value, type(known)):
            raise KindError(
                f"attribute {name!r} is a {type(known).__name__} and cannot become a {type(value).__name__}",
                where=self.name,
            )
        if isinstance(value, Block):
            self.register_child(value, name)
        elif isinstance(value, Parameter):
            if name in self._reg_params:
                raise MismatchError(
                    f"the parameter {name!r} is there already",
                    where=self.name,
                    remedy="Use set_data(), or share parameters by params=… when the block is made",
                )
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
        if not isinstance(block, Block):
            raise KindError(
                "the children of a block are blocks",
                where=self.name,
                wanted="Block",
                got=type(block).__name__,
                remedy="Wrap a function with nn.Lambda(…) or nn.HybridLambda(…)",
            )
        self._children[name if name is not None else str(len(self._children))] = block

    def collect_params(self, select: str | None = None) -> ParameterDict:
        """All parameters, of the children too; those whose name matches the regular expression ``select``."""
        self._warn_of_hidden_blocks()
        found = ParameterDict(self._params.prefix)
        found.update(self.params.select(select) if select else self.params)
        for child in self._children.values():
            found.update(child.collect_params(select))
        return found

    def _warn_of_hidden_blocks(self) -> None:
        """Blocks in a list or dict are not children: their parameters would be forgotten."""
        children = {id(child) for child in self._children.values()}
        for name, value in self.__dict__.items():
            held = _blocks_in(value) if name != "_children" and isinstance(value, (list, tuple, dict)) else ()
            if any(id(block) not in children for block in held):
                warnings.warn(
                    f"{type(self).__name__}.{name} holds blocks that are no children of the block, so that their "
                    "parameters are not found; use nn.Sequential or register_child()",
                    stacklevel=4,
                )

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
        return describe(self, {n: block for n, block in self.__dict__.items() if isinstance(block, Block)})

    def _repr_html_(self) -> str:
        """A table of layers and parameters, for notebooks."""
        return html_of(self)

    # ---------------------------------------------------------------- parameters
    def initialize(
        self, init: Any = None, ctx: Contexts = None, verbose: bool = False, force_reinit: bool = False
    ) -> None:
        """Initialise all parameters (``Uniform`` by default)."""
        self.collect_params().initialize(init, ctx, verbose, force_reinit)

    def save_parameters(self, filename: str, deduplicate: bool = False) -> None:
        """Write all parameters by path; a shared one once where ``deduplicate``, else once for each block."""
        found = self._structured()
        if deduplicate:
            found = {n: p for p, n in {p: n for n, p in reversed(found.items())}.items()}
        save_file(filename, {name: parameter._reduce() for name, parameter in found.items()})

    def load_parameters(
        self,
        filename: str,
        ctx: Contexts = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Read what ``save_parameters`` wrote (by path), or ``ParameterDict.save`` or ``export`` (by name).

        Names in the file that the block has not, and parameters that are not in the file, are refused unless
        ``ignore_extra`` and ``allow_missing``. Where element types differ, ``cast_dtype`` converts the values
        (``dtype_source`` ``current``) or the parameters (``saved``).
        """
        arrays = {n.removeprefix("arg:").removeprefix("aux:"): a for n, a in load_named(filename).items()}
        params: dict[str, Parameter] = self._structured()
        if not any("." in n for n in arrays) and not set(params) & set(arrays):
            params = dict(self.collect_params().items())
            if not set(params) & set(arrays):  # save_params() left the prefix out
                arrays = {self._prefix + n: a for n, a in arrays.items()}
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

    def save_params(self, filename: str) -> None:
        """Write all parameters by name, without the block's prefix. Deprecated: use ``save_parameters``."""
        warnings.warn("save_params() is deprecated: use save_parameters()", DeprecationWarning, stacklevel=2)
        self.collect_params().save(filename, strip_prefix=self._prefix)

    def load_params(
        self, filename: str, ctx: Contexts = None, allow_missing: bool = False, ignore_extra: bool = False
    ) -> None:
        """Deprecated name of ``load_parameters``."""
        warnings.warn("load_params() is deprecated: use load_parameters()", DeprecationWarning, stacklevel=2)
        self.load_parameters(filename, ctx, allow_missing, ignore_extra)

    def save(self, prefix: str) -> None:
        """Write ``prefix-model.json`` (blocks and their names) and ``prefix-model.params`` for ``load``."""
        save_model(self, prefix)

    def load(self, prefix: str) -> None:
        """Read what ``save`` wrote into a network made of the same blocks in the same order; names become the saved
        ones, and what was hybridized is so again.
        """
        load_model(self, prefix)

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
    def register_forward_hook(self, hook: Any) -> HookHandle:
        """``hook(block, inputs, output)`` is called after each forward."""
        return attached(self._forward_hooks, hook)

    def register_forward_pre_hook(self, hook: Any) -> HookHandle:
        """``hook(block, inputs)`` is called before each forward."""
        return attached(self._forward_pre_hooks, hook)

    def register_op_hook(self, callback: Callable[[str, str, NDArray], Any], monitor_all: bool = False) -> None:
        """In the hybridized blocks inside, ``callback(name, operator, array)`` sees every operator's outputs
        (``monitor_all``: its inputs too).
        """
        for child in self._children.values():
            child.register_op_hook(callback, monitor_all)

    def __call__(self, *args: Any) -> Any:
        if not self._is_hooked():
            return self.forward(*args)
        return self._hooked(args, lambda: self.forward(*args))

    def _is_hooked(self) -> bool:
        """Whether someone wants to hear of each call."""
        return bool(self._forward_pre_hooks or self._forward_hooks)

    def _hooked(self, args: tuple[Any, ...], run: Callable[[], Any]) -> Any:
        """What ``run`` gives, with the hooks called before and after."""
        for hook in list(self._forward_pre_hooks.values()):
            hook(self, args)
        out = run()
        for hook in list(self._forward_hooks.values()):
            hook(self, args, out)
        return out

    def forward(self, *args: Any) -> Any:
        """What the block computes; a subclass says it."""
        raise NetwrightError("forward() is not defined", where=type(self).__name__)

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Compile the hybrid blocks among the children."""
        for child in self._children.values():
            child.hybridize(active, **kwargs)

    def summary(self, *inputs: Any) -> None:
        """Print layers, output shapes and parameter counts for these inputs."""
        print_summary(self, inputs)


def describe(block: Block, children: Mapping[str, Block]) -> str:
    """A block's printed form: its children, one a line."""
    rows = [f"  ({name}): " + repr(child).replace("\n", "\n  ") for name, child in children.items()]
    return f"{type(block).__name__}(\n" + "\n".join(rows) + "\n)"


def _blocks_in(value: Any) -> Iterator[Block]:
    """Blocks inside lists, tuples and dicts."""
    if isinstance(value, Block):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _blocks_in(part)
