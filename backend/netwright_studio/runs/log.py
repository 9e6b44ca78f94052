"""The log of a run as text, made from its events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from netwright.train.advice.words import fill
from netwright_studio.store.events import Event, EventStore

MAX_LINES = 10_000


def read_log(events: EventStore, run: str) -> str:
    """Return one line per state, log, checkpoint and model event, the last ``MAX_LINES`` of them."""
    found = events.of_types(run, ("state", "log", "checkpoint", "plan", "model", "change", "advice"))
    lines = [line for event in found[-MAX_LINES:] for line in _lines(event)]
    return "\n".join(lines) + ("\n" if lines else "")


def _lines(event: Event) -> Iterator[str]:
    for line in _text(event.type, orjson.loads(event.data)).splitlines():
        yield f"{event.time} {line}"


def _text(kind: str, data: dict[str, Any]) -> str:
    if kind == "log":
        return f"{data['level']:<7} {data['message']}"
    if kind == "checkpoint":
        return f"info    Checkpoint at step {data['step']} ({data['bytes']} bytes)"
    if kind == "model":
        return f"info    Kept as model {data['name']}, version {data['version']}"
    if kind == "change":
        return f"info    Changed after step {data['step']}: {data['name']} from {data['before']} to {data['after']}"
    if kind == "advice":
        return (
            f"warning {fill(data['title'], data['values'])} (step {data['step']})\n{fill(data['text'], data['values'])}"
        )
    if kind == "plan":
        return f"info    Runs on {data['device']}\n{data['text']}"
    origin = data.get("resumed_from_step")
    from_step = f" from step {origin}" if origin is not None else ""
    reason = f": {data['reason']}" if data.get("reason") else ""
    return f"info    {data['state']}{from_step}{reason}"
