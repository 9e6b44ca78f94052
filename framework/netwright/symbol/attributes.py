"""How attributes are written in MXNet's symbols: element types by number, multipliers between underscores."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ParamError
from ..ops.params import dtype_name

_NUMBERS = {
    "float32": "0",
    "float64": "1",
    "float16": "2",
    "uint8": "3",
    "int32": "4",
    "int8": "5",
    "int64": "6",
    "bool": "7",
}
_NAMES = {number: name for name, number in _NUMBERS.items()}

HIDDEN = ("ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage")
"""Attributes that old files write without underscores; on an operator also as ``weight_lr_mult``, for its weight."""


def write_dtype(dtype: object) -> str:
    """An element type's number, as text."""
    return _NUMBERS[dtype_name(dtype)]


def read_dtype(text: str) -> str:
    """An element type's name, from its number or name; raises DTypeError."""
    return dtype_name(_NAMES.get(text, text))


_STYPES = {"0": "default", "1": "row_sparse", "2": "csr"}
_STYPE_NUMBERS = {name: number for number, name in _STYPES.items()}


def write_stype(stype: str) -> str:
    """A storage's number, as text; raises ParamError."""
    if stype not in _STYPE_NUMBERS:
        raise ParamError("unknown storage type", parameter="stype", wanted=", ".join(_STYPE_NUMBERS), got=repr(stype))
    return _STYPE_NUMBERS[stype]


def read_stype(attributes: Mapping[str, str]) -> str:
    """The storage a variable was made with."""
    return _STYPES.get(attributes.get("__storage_type__", "0"), "default")


def modern(attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes with underscores round those that old files write without."""
    return {f"__{key}__" if key in HIDDEN else key: value for key, value in attributes.items()}


def for_input(attributes: Mapping[str, str], port: str) -> dict[str, str]:
    """What an operator's attributes say of one of its inputs: ``weight_lr_mult`` is ``__lr_mult__`` of ``weight``."""
    found = {key: attributes.get(f"{port}_{key}") or attributes.get(f"__{port}_{key}__") for key in HIDDEN}
    return {f"__{key}__": value for key, value in found.items() if value is not None}


def listed(attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes as users see them: those that old files write without underscores under both names."""
    short = {key: attributes[f"__{key}__"] for key in HIDDEN if f"__{key}__" in attributes}
    return {**short, **attributes}
