"""Typed parameters of operators: one Pydantic model per operator.

The model gives the checks, the signature of ``nd.X`` and ``sym.X``, the JSON Schema behind the page's form and the
text in MXNet's symbol JSON.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeVar, cast

import numpy as np
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from ..errors import DTypeError, ParamError, suggestion

DTYPES = ("float16", "float32", "float64", "uint8", "int8", "int32", "int64", "bool")


def dtype_name(value: Any) -> str:
    """``np.float32``, ``"float32"`` or ``np.dtype("float32")`` → ``"float32"``; raises DTypeError for others."""
    name = ""
    if not isinstance(value, bool) and value is not None:
        try:
            name = np.dtype(value).name
        except TypeError:
            name = ""
    if name not in DTYPES:
        raise DTypeError(
            "this element type is not known here",
            wanted=", ".join(DTYPES),
            got=name or repr(value)[:80],
            remedy=suggestion(name or value, DTYPES, "Choose one of"),
        )
    return name


def _checked_dtype(value: Any) -> str:
    """The same for Pydantic, which turns a ValueError into its own."""
    try:
        return dtype_name(value)
    except DTypeError as error:
        raise ValueError(f"one of {error.wanted}") from None


def _one_or_many(value: Any) -> Any:
    """MXNet takes ``kernel=3`` for ``kernel=(3,)``."""
    if isinstance(value, list):
        return tuple(value)
    return (value,) if isinstance(value, int) and not isinstance(value, bool) else value


DType = Annotated[str, BeforeValidator(_checked_dtype), WithJsonSchema({"type": "string", "enum": list(DTYPES)})]
"""An element type, by its NumPy name."""

Size = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""A count of units, channels or positions."""

Sizes = Annotated[tuple[Size, ...], BeforeValidator(_one_or_many)]
"""Sizes per spatial axis; one integer stands for a tuple of one."""

Ints = Annotated[tuple[int, ...], BeforeValidator(_one_or_many)]
"""Integers per axis, of any sign (a target shape, axes)."""

Pads = Annotated[tuple[Annotated[int, Field(ge=0, le=2**31 - 1)], ...], BeforeValidator(_one_or_many)]
"""Sizes per spatial axis where 0 is allowed; one integer stands for a tuple of one."""

_P = TypeVar("_P", bound="OpParams")

Axes = int | tuple[int, ...] | None
"""One axis, several, or all (None)."""


def hint(default: Any, doc: str = "") -> Any:
    """A field that MXNet programs pass to tune its own kernels: taken, kept in the graph, without effect here."""
    return Field(
        default,
        description=doc or "Taken for MXNet's sake; without effect.",
        json_schema_extra={"hidden": True},
    )


MOST_KNOWN = 4096
_known: dict[tuple[type[Any], str], Any] = {}


def _strict(model: type[_P], values: Mapping[str, Any]) -> _P:
    """Parameters from JSON values. They are never changed, so that the same values give the same object."""
    key = model, repr(values)
    found = _known.get(key)
    if found is None:
        _refuse_infinite(values)
        found = model.model_validate_json(json.dumps(values), strict=True)
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[key] = found
    return cast(_P, found)


class OpParams(BaseModel):
    """Base of every operator's parameters: frozen, and refusing names it does not know."""

    # building the validators of hundreds of models takes a second: each is built at its first use
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), defer_build=True)

    @classmethod
    def make(cls, values: Mapping[str, Any], *, strict: bool = False) -> Self:
        """Checked parameters from Python values.

        ``strict`` is for JSON from outside: no text for a number, no boolean for an integer.
        """
        try:
            if strict:
                return _strict(cls, values)
            return cls._validated({k: _plain(v) for k, v in values.items()})
        except ValidationError as error:
            raise _param_error(cls, error) from None

    @classmethod
    def _validated(cls, values: dict[str, Any]) -> Self:
        """The parameters; texts stand for what they say where they are not taken as texts: ``kernel="(2, 2)"``."""
        try:
            return cls.model_validate(values)
        except ValidationError:
            read = {k: _literal(v) for k, v in values.items()}
            if read == values:
                raise
            try:
                return cls.model_validate(read)
            except ValidationError:
                pass
            raise

    @classmethod
    def parse(cls, attributes: Mapping[str, str]) -> Self:
        """Parameters from the texts of MXNet's symbol JSON: ``{"kernel": "(5, 5)", "no_bias": "True"}``."""
        return cls.make({k: _literal(v) for k, v in attributes.items() if k in cls.model_fields})

    def attributes(self) -> dict[str, str]:
        """The parameters that were given, as texts for MXNet's symbol JSON."""
        return {k: str(getattr(self, k)) for k in type(self).model_fields if k in self.model_fields_set}

    def given(self) -> dict[str, Any]:
        """The parameters that were given, as Python values."""
        return {k: getattr(self, k) for k in type(self).model_fields if k in self.model_fields_set}


def _refuse_infinite(values: Mapping[str, Any]) -> None:
    """JSON has no NaN and no infinity, though Python reads them."""

    def finite(value: Any) -> bool:
        if isinstance(value, (list, tuple)):
            return all(finite(v) for v in value)
        return not isinstance(value, float) or math.isfinite(value)

    for name, value in values.items():
        if not finite(value):
            raise ParamError(
                f"parameter {name!r} cannot be taken",
                parameter=name,
                wanted="a finite number",
                got=repr(value)[:80],
                remedy=f"Set {name} to a finite number",
            )


class NoParams(OpParams):
    """For operators without parameters."""


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return tuple(_plain(v) for v in value)
    return value


_LONG = re.compile(r"(\d)L\b")
"""Integers as Python 2 wrote them into old files: ``(3L, 3L)``."""


def _literal(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return ast.literal_eval(_LONG.sub(r"\1", text))
    except (ValueError, SyntaxError):
        return text


def _param_error(cls: type[OpParams], error: ValidationError) -> ParamError:
    found = error.errors(include_url=False)
    # a name that is not known explains one that is missing
    first = next((e for e in found if e["type"] == "extra_forbidden"), found[0])
    parameter = str(first["loc"][0]) if first["loc"] else None
    got = None if first["type"] == "missing" else repr(first["input"])[:80]
    if first["type"] == "extra_forbidden":
        return ParamError(
            f"there is no parameter {parameter!r}",
            parameter=parameter,
            remedy=suggestion(parameter, cls.model_fields, "The parameters are"),
        )
    if first["type"] == "missing":
        return ParamError(
            f"parameter {parameter!r} is missing", parameter=parameter, remedy=f"Give {parameter} a value"
        )
    wanted = _for_people(first["msg"])
    remedy = f"Set {parameter} to {wanted}" if parameter and wanted != first["msg"] else None
    return ParamError(
        f"parameter {parameter!r} cannot be taken", parameter=parameter, wanted=wanted, got=got, remedy=remedy
    )


_WORDS = {
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
    "greater than": "more than",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid boolean": "true or false",
    "a valid string": "a text",
    "a valid tuple": "a list",
    "a valid array": "a list",
}


def _for_people(message: str) -> str:
    """Pydantic's message as what is wanted."""
    text = message.removeprefix("Value error, ").removeprefix("wanted ")
    if not text.startswith("Input should be "):
        return text
    text = text.removeprefix("Input should be ").split(", unable to")[0]
    for technical, plain in _WORDS.items():
        text = text.replace(technical, plain)
    return text
