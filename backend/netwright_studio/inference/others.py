"""The other processes that answer for the same models: what one is told, all have to hear."""

from __future__ import annotations

from typing import Any, Protocol

Message = dict[str, Any]


class OtherProcesses(Protocol):
    """How a process reaches the others."""

    async def tell(self, message: Message) -> None:
        """Have the others do something, and wait until they have."""

    async def states(self) -> list[dict[str, Any]]:
        """Return what each of the others has counted (``serving.metrics.process_state``)."""


class NoOthers:
    """One process alone."""

    async def tell(self, message: Message) -> None:
        """There is nobody to tell."""

    async def states(self) -> list[dict[str, Any]]:
        """Nobody else has counted anything."""
        return []
