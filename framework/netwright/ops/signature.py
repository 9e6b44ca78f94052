"""How an operator is called from Python: one binding rule for ``nd.X``, ``sym.X``, methods and the typed stubs.

Arguments are the input ports, then the parameters, both by position or name, as in MXNet. An operator of any number of
inputs takes them by position (or as one list), and its parameters by name.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from typing import Any

from ..errors import ParamError
from .operator import Operator
from .params import OpParams

COMMON = ("out", "name", "ctx", "attr")
LAST = ("out", "name")
"""What MXNet's ``nd.X`` takes by position after the parameters."""
LAST_OF_SYMBOLS = ("name", "attr", "out")
"""The same for ``sym.X``."""


@functools.cache
def positions(op: Operator) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(names of input ports, names of parameters) in calling order."""
    ports = () if op.variadic else tuple(port.name for port in op.inputs)
    return ports, tuple(op.Params.model_fields)


def bind(
    op: Operator, args: tuple[Any, ...], kwargs: Mapping[str, Any], is_tensor: Any, last: tuple[str, ...] = LAST
) -> tuple[OpParams, tuple[Any, ...], dict[str, Any]]:
    """(parameters, inputs in port order with None where not given, common arguments) of a call.

    ``is_tensor(value)`` tells an array or symbol from a parameter; ``last`` names the common arguments that may follow
    the parameters by position.
    """
    port_names, parameter_names = positions(op)
    common = {k: kwargs[k] for k in COMMON if k in kwargs and (k not in parameter_names or k == "ctx")}
    values = {k: v for k, v in kwargs.items() if k not in common}
    if op.variadic:
        return _bind_variadic(op, args, values, common, is_tensor)
    inputs: list[Any] = [values.pop(name, None) for name in port_names]
    names = iter(n for n in parameter_names if n not in values)
    after = iter(last)
    for i, value in enumerate(args):
        if i < len(port_names) and (is_tensor(value) or value is None or not _may_skip(op, i)):
            inputs[i] = value
            continue
        name = next(names, None)
        if name is not None and not is_tensor(value):
            values[name] = value
        elif name is None and (ending := next(after, None)) is not None and _is_common(ending, value, is_tensor):
            common.setdefault(ending, value)
        elif is_tensor(value):
            raise ParamError(
                "too many inputs",
                where=op.name,
                wanted=", ".join(port_names),
                got=f"{len(args)} arguments",
                remedy="Give each input once; parameters follow by position or by name",
            )
        else:
            raise ParamError(
                "too many arguments",
                where=op.name,
                wanted=", ".join((*port_names, *parameter_names)),
                got=f"{len(args)} by position, the last {value!r:.60}",
                remedy="Give parameters by name",
            )
    return op.make_params(values), tuple(inputs), common


def _is_common(name: str, value: Any, is_tensor: Any) -> bool:
    """Whether a value by position can be the common argument of this name."""
    if name == "out":
        return value is None or is_tensor(value) or (isinstance(value, (list, tuple)) and all(map(is_tensor, value)))
    return value is None or isinstance(value, str if name == "name" else Mapping)


def _may_skip(op: Operator, position: int) -> bool:
    """An optional port that a parameter may stand in the place of."""
    return op.inputs[position].optional


def _bind_variadic(
    op: Operator, args: tuple[Any, ...], values: dict[str, Any], common: dict[str, Any], is_tensor: Any
) -> tuple[OpParams, tuple[Any, ...], dict[str, Any]]:
    if "data" in values and "data" not in op.Params.model_fields and not is_tensor(values["data"]):
        args = (*args, *values.pop("data"))
    if len(args) == 1 and isinstance(args[0], (list, tuple)):
        args = tuple(args[0])
    named = sorted((k for k in values if k.startswith("arg") and k[3:].isdigit()), key=lambda k: int(k[3:]))
    named += [port.name for port in op.inputs if is_tensor(values.get(port.name))]
    inputs = (*(a for a in args if is_tensor(a)), *(values.pop(k) for k in named))
    others = [a for a in args if not is_tensor(a)]
    if others:
        free = [f for f in op.Params.model_fields if f != op.variadic and f not in values]
        if len(others) > len(free):
            raise ParamError(
                "too many arguments",
                where=op.name,
                wanted=f"arrays, then {', '.join(free) or 'nothing'}",
                got=repr(others[-1])[:80],
                remedy="Give parameters by name; wrap what should be an array with nd.array(…)",
            )
        values.update(zip(free, others, strict=False))
    values[op.variadic] = len(inputs)
    return op.make_params(values), tuple(inputs), common


def signature(op: Operator, tensor: Any = inspect.Parameter.empty) -> inspect.Signature:
    """The signature shown by ``help()`` and written to the stubs."""
    kind = inspect.Parameter
    parameters: list[inspect.Parameter] = []
    if op.variadic:
        parameters.append(kind("data", kind.VAR_POSITIONAL, annotation=tensor))
    else:
        parameters += [
            kind(port.name, kind.POSITIONAL_OR_KEYWORD, default=None, annotation=tensor) for port in op.inputs
        ]
    place = kind.KEYWORD_ONLY if op.variadic else kind.POSITIONAL_OR_KEYWORD
    for name, field in op.Params.model_fields.items():
        if name == op.variadic:
            continue
        default = ... if field.is_required() else field.get_default(call_default_factory=True)
        parameters.append(kind(name, place, default=default, annotation=field.annotation))
    parameters += [kind(name, place, default=None) for name in ("out", "name")]
    return inspect.Signature(parameters)


def document(op: Operator) -> str:
    """The docstring of ``nd.X``/``sym.X``: the operator's own, its inputs and its parameters."""
    lines = [op.doc, ""]
    if op.inputs and not op.variadic:
        lines.append("Inputs:")
        lines += [f"    {port.name}: {port.doc or port.kind}" for port in op.inputs]
    shown = {
        n: f
        for n, f in op.Params.model_fields.items()
        if not (isinstance(f.json_schema_extra, dict) and f.json_schema_extra.get("hidden"))
    }
    if shown:
        lines.append("Parameters:")
        for name, field in shown.items():
            default = "required" if field.is_required() else f"default {field.get_default(call_default_factory=True)!r}"
            lines.append(f"    {name}: {field.description or ''} ({default})")
    return "\n".join(lines).strip() + "\n"
