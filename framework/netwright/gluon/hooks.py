"""Hooks: functions called before or after a block runs, which can be taken off again."""

from __future__ import annotations

import weakref
from collections.abc import MutableMapping
from typing import Any

from ..errors import MismatchError


class Hooks(dict[int, Any]):
    """Functions by identity, in the order of their registration."""

    __slots__ = ("__weakref__",)


class HookHandle:
    """A registered hook; ``detach()`` (or leaving a ``with`` block) removes it."""

    def __init__(self) -> None:
        self._hooks: weakref.ref[Any] | None = None
        self._id = 0

    def attach(self, hooks_dict: MutableMapping[int, Any], hook: Any) -> None:
        """Add the hook to a block's hooks."""
        if self._hooks is not None:
            raise MismatchError("a handle belongs to one hook", where="HookHandle.attach", remedy="Make another handle")
        self._id = id(hook)
        hooks_dict[self._id] = hook
        self._hooks = weakref.ref(hooks_dict)

    def detach(self) -> None:
        """Remove the hook."""
        hooks = self._hooks() if self._hooks is not None else None
        if hooks is not None:
            hooks.pop(self._id, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.detach()


def attached(hooks: Hooks, hook: Any) -> HookHandle:
    """A handle of the hook, which is attached."""
    handle = HookHandle()
    handle.attach(hooks, hook)
    return handle
