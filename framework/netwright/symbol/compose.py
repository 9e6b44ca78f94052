"""Making symbol nodes: ``sym.X`` for every operator X, with the weights it needs implied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import DTypeError, GraphError, ParamError
from ..naming import AttrScope, NameManager
from ..ops import get
from ..ops.operator import Operator
from ..ops.params import OpParams
from ..ops.signature import LAST_OF_SYMBOLS, bind
from .attributes import HIDDEN, modern
from .symbol import Symbol, SymbolEntry, SymbolNode


def _is_symbol(value: Any) -> bool:
    return isinstance(value, Symbol)


def make_function(op: Operator, hint: str = "") -> Callable[..., Any]:
    """The symbolic function of an operator; its nodes are named after ``hint``, as the alias that was called."""
    hint = (hint or op.name).lower()

    def function(*args: Any, **kwargs: Any) -> Symbol:
        own = {k: str(v) for k, v in kwargs.items() if k in HIDDEN or (k.startswith("__") and k.endswith("__"))}
        given = {k: v for k, v in kwargs.items() if k not in own}
        p, inputs, common = bind(op, args, given, _is_symbol, LAST_OF_SYMBOLS)
        attr = {**modern(own), **(common.get("attr") or {})}
        return make_node(op, p, inputs, common.get("name"), attr, hint)

    return function


def apply(name: str, inputs: tuple[Any, ...], params: dict[str, Any], given: str | None = None) -> Symbol:
    """A node of the operator of that name, called ``given`` where given; for arithmetic and constants."""
    op = get(name)
    if op.variadic and op.variadic not in params:
        params = {**params, op.variadic: len(inputs)}
    p = op.make_params(params)
    if not op.variadic:
        # as in eager calls, inputs come in the order of the ports that these parameters leave
        ports = op.ports(p)
        if len(inputs) > len(ports):
            raise ParamError("wrong number of inputs", where=op.name, wanted=len(ports), got=len(inputs))
        named = dict(zip((port.name for port in ports), inputs, strict=False))
        inputs = tuple(named.get(port.name) for port in op.inputs)
    return make_node(op, p, inputs, given, None, hint=_arithmetic_hint(op.name))


_OLD_SCALARS = ("plus", "minus", "rminus", "mul", "div", "rdiv", "mod", "rmod", "power", "maximum", "minimum", "hypot")
"""What MXNet calls by names without an underscore before ``scalar``."""


def _arithmetic_hint(name: str) -> str:
    """MXNet calls ``x + y`` ``_plus0``, ``x > y`` ``_greater0``, ``1 - x`` ``_rminusscalar0``, ``x > 1``
    ``_greater_scalar0``.
    """
    if name.startswith("broadcast_"):
        short = name.removeprefix("broadcast_")
        return "_" + {"add": "plus", "sub": "minus"}.get(short, short)
    short = name.removesuffix("_scalar")
    return f"{short}scalar" if short != name and short[1:] in _OLD_SCALARS else ""


def make_node(
    op: Operator,
    p: OpParams,
    inputs: tuple[Any, ...],
    name: str | None,
    attr: dict[str, str] | None,
    hint: str = "",
) -> Symbol:
    """The symbol of one call. An input that is not given becomes a variable named after the node and the port."""
    attributes = modern(AttrScope.current().get(attr))
    _check_symbols(op, inputs, name)
    name = NameManager.current().get(name, hint or op.name.lower())
    given = dict(zip((port.name for port in op.inputs), inputs, strict=False)) if not op.variadic else {}
    entries: list[SymbolEntry] = []
    ports = op.ports(p)
    if op.variadic and (len(inputs) > len(ports) or any(port.kind == "data" for port in ports[len(inputs) :])):
        raise ParamError("wrong number of inputs", where=name, wanted=len(ports), got=len(inputs))
    for i, port in enumerate(ports):
        value = (inputs[i] if i < len(inputs) else None) if op.variadic else given.pop(port.name, None)
        if value is None:
            # An optional weight that these parameters use (a bias without no_bias) is implied like any other.
            if port.optional and port.kind != "weight":
                continue
            own = {**attributes, "__init__": port.init} if port.init else dict(attributes)
            entries.append((SymbolNode(None, None, f"{name}_{port.name}", (), own), 0))
        elif len(value) != 1:
            raise GraphError(
                f"input {port.name!r} has {len(value)} outputs",
                where=f"{name} ({op.name})",
                port=port.name,
                remedy="Choose one: symbol[0]",
            )
        else:
            entries.append(value._entries[0])
    if extra := [port for port, value in given.items() if value is not None]:
        raise ParamError(f"input {extra[0]!r} is not used under these parameters", where=f"{name} ({op.name})")
    node = SymbolNode(op, p, name, tuple(entries), attributes)
    return Symbol([(node, i) for i in range(op.visible_outputs(p))])


def _check_symbols(op: Operator, inputs: tuple[Any, ...], name: str | None) -> None:
    """Before a name is given away."""
    for i, value in enumerate(inputs):
        if value is None or isinstance(value, Symbol):
            continue
        port = f"arg{i}" if op.variadic else op.inputs[i].name
        raise DTypeError(
            f"input {port!r} is not a Symbol",
            where=f"{name} ({op.name})" if name else op.name,
            port=port,
            got=type(value).__name__,
            remedy="Make a variable with sym.Variable(name) and feed the array when it runs"
            if hasattr(value, "dtype")
            else "Make a variable with sym.Variable(name)",
        )
