"""Where a name like ``_random_uniform`` or ``_contrib_fft`` is reached: ``random.uniform``, ``contrib.fft``.

``populate`` fills ``netwright.ndarray`` and ``netwright.symbol`` (and their sub-namespaces) from the registry.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from ..errors import MemberError, suggestion
from .operator import Operator
from .registry import names
from .signature import document, signature

PREFIXES = {
    "_random_": "random",
    "_sample_": "random",
    "_linalg_": "linalg",
    "_contrib_": "contrib",
    "_image_": "image",
    "_sparse_": "sparse",
}


def places() -> Iterator[tuple[str, str, Operator]]:
    """(sub-namespace or "", public name, operator) for every name and alias."""
    for name, op in names().items():
        for prefix, space in PREFIXES.items():
            if name.startswith(prefix):
                short = name.removeprefix(prefix)
                yield space, f"sample_{short}" if prefix == "_sample_" else short, op
                if space == "random" and not name.endswith("_like"):
                    yield "_internal", name, op  # where MXNet has them
                break
        else:
            yield ("_internal" if name.startswith("_") else ""), name, op


def populate(module: ModuleType, make: Callable[..., Callable[..., Any]], *, hints: bool = False) -> None:
    """Give the module a function for every operator, without replacing what it defines itself.

    With ``hints`` each public name has a function of its own, ``make(op, name)``, else all names of an operator share
    ``make(op)``. ``module.op`` has the operators' functions alone, under their public names.
    """
    plain = sys.modules[f"{module.__name__}.op"] = ModuleType(f"{module.__name__}.op", "Operators by public name.")
    module.op = plain  # type: ignore[attr-defined]
    made: dict[tuple[str, str], Callable[..., Any]] = {}
    facts: dict[str, tuple[str, inspect.Signature]] = {}
    spaces: dict[str, ModuleType] = {"": module}
    for space, name, op in places():
        target = spaces.get(space)
        if target is None:
            full = f"{module.__name__}.{space}"
            target = getattr(module, space, None) or sys.modules.get(full) or ModuleType(full, f"Operators of {space}.")
            sys.modules[full] = target
            setattr(module, space, target)
            spaces[space] = target
        hint = name if hints and space != "random" else ""
        function = made.get((op.name, hint))
        if function is None:
            if op.name not in facts:
                facts[op.name] = document(op), signature(op)
            function = made[op.name, hint] = make(op, hint) if hint else make(op)
            function.__name__ = function.__qualname__ = op.name
            function.__doc__, function.__signature__ = facts[op.name]  # type: ignore[attr-defined]
            function.__module__ = module.__name__
        if not hasattr(target, name):
            setattr(target, name, function)
        if not space:
            setattr(plain, name, function)
        if space and space != "_internal" and name == op.name:
            setattr(module, name, function)
    for target in spaces.values():
        target.__getattr__ = _missing(target)  # type: ignore[method-assign]


def _missing(module: ModuleType) -> Callable[[str], Any]:
    """A module's ``__getattr__``: an error that suggests near names."""

    def missing(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        known = sorted(k for k in vars(module) if not k.startswith("_"))
        raise MemberError(f"there is no {name!r}", where=module.__name__, remedy=suggestion(name, known, "There are"))

    return missing
