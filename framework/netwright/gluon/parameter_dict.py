"""ParameterDict: parameters by name; and reading their values from files."""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from pathlib import Path
from typing import Any

import numpy as np

from .. import initializer
from ..device import Device
from ..errors import MismatchError, ParamError, ParameterShapeError, UnknownNameError
from ..ndarray.array import NDArray
from ..ndarray.storage import load as load_file
from ..ndarray.storage import save as save_file
from ..ops.params import dtype_name
from .parameter import Constant, Contexts, Parameter


class ParameterDict:
    """Parameters by name; names made here begin with ``prefix``; ``shared`` ones are looked up first.

    >>> params = mx.gluon.ParameterDict("net_")
    >>> params.get("weight", shape=(2, 2)).name
    'net_weight'
    >>> params.initialize()
    >>> params["net_weight"].data().shape
    (2, 2)
    """

    def __init__(self, prefix: str = "", shared: ParameterDict | None = None) -> None:
        self._prefix, self._shared = prefix, shared
        self._params: OrderedDict[str, Parameter] = OrderedDict()

    @property
    def prefix(self) -> str:
        """What names made here begin with."""
        return self._prefix

    def __getitem__(self, key: str) -> Parameter:
        if key not in self._params:
            raise UnknownNameError(
                f"there is no parameter {key!r}", where=self._prefix or None, remedy=f"Known: {_brief(self)}"
            )
        return self._params[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def __contains__(self, key: object) -> bool:
        return key in self._params

    def items(self) -> ItemsView[str, Parameter]:
        """Names and parameters."""
        return self._params.items()

    def keys(self) -> KeysView[str]:
        """Names."""
        return self._params.keys()

    def values(self) -> ValuesView[Parameter]:
        """Parameters."""
        return self._params.values()

    def __repr__(self) -> str:
        rows = "\n".join(f"  {p!r}" for p in self.values())
        return f"{self._prefix + ' ' if self._prefix else ''}(\n{rows}\n)"

    def _find(self, name: str) -> Parameter | None:
        if name in self._params:
            return self._params[name]
        found = self._shared._find(name) if self._shared is not None else None
        if found is not None:
            self._params[name] = found
        return found

    def get(self, name: str, **kwargs: Any) -> Parameter:
        """The parameter ``prefix + name``, made where it is not there.

        One that is there must agree with what is asked for; sizes unknown on one side come from the other.
        """
        full = self._prefix + name
        found = self._find(full)
        if found is None:
            found = self._params[full] = Parameter(full, **kwargs)
        else:
            _agree(found, kwargs)
        return found

    def get_constant(self, name: str, value: Any = None) -> Parameter:
        """The constant ``prefix + name``."""
        full = self._prefix + name
        found = self._find(full)
        if found is None:
            if value is None:
                raise UnknownNameError(f"there is no constant {full!r}", remedy="Give its value")
            found = self._params[full] = Constant(full, value)
        elif value is not None:
            if not isinstance(found, Constant):
                raise MismatchError("there is a parameter of this name, which is no constant", where=full)
            wanted = value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)
            if found.shape != wanted.shape or not (found.value.asnumpy() == wanted).all():
                raise MismatchError("the constant is there already with another value", where=full)
        return found

    def update(self, other: Mapping[str, Parameter] | ParameterDict) -> None:
        """Add all of another dict; one name for two parameters is refused."""
        for name, parameter in other.items():
            if self._params.setdefault(name, parameter) is not parameter:
                raise MismatchError(
                    "two parameters have this name", where=name, remedy="Give the blocks other prefixes"
                )

    def initialize(
        self, init: Any = None, ctx: Contexts = None, verbose: bool = False, force_reinit: bool = False
    ) -> None:
        """Initialise all, each by its own initializer where it has one, else by ``init`` (Uniform by default)."""
        default = initializer.create(init if init is not None else "uniform")
        for parameter in self.values():
            parameter.initialize(None, ctx, default, force_reinit)
            if verbose:
                logging.info("Initialized %s as %s: %s", parameter.name, parameter.init or default, parameter.shape)

    def zero_grad(self) -> None:
        """Set all gradients to 0."""
        for parameter in self.values():
            parameter.zero_grad()

    def reset_ctx(self, ctx: Contexts) -> None:
        """Move all to other devices."""
        for parameter in self.values():
            parameter.reset_ctx(ctx)

    def list_ctx(self) -> list[Device]:
        """All devices that a parameter is on."""
        return list(dict.fromkeys(ctx for parameter in self.values() for ctx in parameter.list_ctx()))

    def setattr(self, name: str, value: Any) -> None:
        """Set an attribute (``grad_req``, ``lr_mult``, …) of all."""
        for parameter in self.values():
            setattr(parameter, name, value)

    def save(self, filename: str, strip_prefix: str = "") -> None:
        """Write all to a file, names without ``strip_prefix``."""
        for name in self:
            if not name.startswith(strip_prefix):
                raise ParamError("the name does not begin with the prefix to strip", where=name, wanted=strip_prefix)
        save_file(filename, {n[len(strip_prefix) :]: p._reduce() for n, p in self.items()})

    def load(
        self,
        filename: str,
        ctx: Contexts = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Read all from a file; ``restore_prefix`` goes before the names in it."""
        for name in self:
            if not name.startswith(restore_prefix):
                raise MismatchError(
                    "the name does not begin with the prefix to restore", where=name, wanted=restore_prefix
                )
        arrays = load_named(filename)
        options = (allow_missing, ignore_extra, restore_prefix, filename, cast_dtype, dtype_source)
        self.load_dict(arrays, ctx, *options)

    def load_dict(
        self,
        param_dict: Mapping[str, NDArray],
        ctx: Contexts = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        filename: str | None = None,
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Set all from arrays by name (``arg:`` and ``aux:`` before names are left out)."""
        load_into(
            self._params,
            {restore_prefix + n.removeprefix("arg:").removeprefix("aux:"): a for n, a in param_dict.items()},
            Path(filename).name if filename else "param_dict",
            ctx,
            allow_missing=allow_missing,
            ignore_extra=ignore_extra,
            cast_dtype=cast_dtype,
            dtype_source=dtype_source,
        )

    def select(self, pattern: str) -> ParameterDict:
        """Those whose name matches a regular expression."""
        found = ParameterDict(self._prefix)
        matcher = re.compile(pattern)
        found.update({n: p for n, p in self.items() if matcher.match(n)})
        return found


def load_into(
    params: Mapping[str, Parameter],
    arrays: Mapping[str, NDArray],
    where: str,
    ctx: Contexts,
    *,
    allow_missing: bool,
    ignore_extra: bool,
    cast_dtype: bool,
    dtype_source: str = "current",
) -> None:
    """Set parameters from arrays by name; raises MismatchError that names the first missing or extra one."""
    saved = {id(parameter) for name, parameter in params.items() if name in arrays}  # a shared one is saved once
    missing = [n for n, parameter in params.items() if id(parameter) not in saved]
    extra = [n for n in arrays if n not in params]
    if missing and not allow_missing:
        raise MismatchError(
            f"parameter {missing[0]!r} is not in the file",
            where=where,
            got=_brief(arrays),
            remedy="Load into the network it was saved from, or pass allow_missing=True",
        )
    if extra and not ignore_extra:
        raise MismatchError(
            f"the file holds {extra[0]!r}, which the network has not",
            where=where,
            wanted=_brief(params),
            remedy="Load into the network it was saved from, or pass ignore_extra=True",
        )
    for name, parameter in params.items():
        if name in arrays:
            parameter._load_init(arrays[name], ctx, cast_dtype, dtype_source)


def load_named(filename: str) -> dict[str, NDArray]:
    """The arrays of a file by name; raises MismatchError for a list without names."""
    arrays = load_file(filename)
    if isinstance(arrays, list):
        if arrays:
            raise MismatchError("the file holds arrays without names", where=Path(filename).name)
        return {}
    return arrays


def _agree(parameter: Parameter, asked: Mapping[str, Any]) -> None:
    """Raise MismatchError where a parameter that is shared differs from what is asked for."""
    for key in ("shape", "dtype", "init", "grad_req", "lr_mult", "wd_mult"):
        value, mine = asked.get(key), getattr(parameter, key)
        if value is None or mine is None:
            if value is not None:
                setattr(parameter, key, value)
            continue
        if key == "shape":
            shape = (value,) if isinstance(value, int) else tuple(value)
            if len(mine) != len(shape) or any(m > 0 and n > 0 and m != n for m, n in zip(mine, shape, strict=True)):
                raise ParameterShapeError(
                    "the shared parameter has another shape", where=parameter.name, wanted=shape, got=mine
                )
            parameter._shape = tuple(max(m, n) for m, n in zip(mine, shape, strict=True))
        elif np.dtype(dtype_name(value)) != np.dtype(mine) if key == "dtype" else value != mine:
            raise MismatchError(
                f"the shared parameter has another {key}", where=parameter.name, wanted=repr(value), got=repr(mine)
            )


def _brief(names: Iterable[str], limit: int = 7) -> str:
    """The first names of many."""
    listed = list(names)
    return ", ".join(listed[:limit]) + (f", … ({len(listed)} in all)" if len(listed) > limit else "") or "none"
