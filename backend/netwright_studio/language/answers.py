"""Answers in the language of the request: which fields hold our own words, and which hold the user's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from netwright_studio.jsonio import dumps
from netwright_studio.language.catalogue import Catalogue, chinese
from netwright_studio.language.choice import Language
from netwright_studio.language.plans import is_plan, translate_changes, translate_plan

SPOKEN = frozenset(
    {
        "title", "summary", "remarks", "description", "doc", "message", "wanted", "got", "remedy", "why", "reason",
        "licence", "source", "state_reason", "device_reason", "expected", "text", "remedies", "measure",
    }
)  # fmt: skip
"""Fields that hold words for people. A text the catalogue does not know stays, so a user's own is safe in them."""

OWN = frozenset(
    {"graph", "params", "settings", "layout", "edits", "rows", "samples", "provenance", "sample", "tags", "notes"}
)
"""What belongs to the user and goes back to the server as it came."""


def translate_answer(content: Any, language: Language) -> Any:
    """Return an answer with our own words in ``language``; what is to be translated is copied, the rest shared."""
    return content if language == "en" else _walk(content, chinese())


def _walk(value: Any, catalogue: Catalogue) -> Any:
    if isinstance(value, Mapping):
        return {key: _field(key, item, catalogue) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(item, catalogue) for item in value]
    return value


def _field(key: Any, value: Any, catalogue: Catalogue) -> Any:
    if key in OWN:
        return value
    if key == "doc" and isinstance(value, str):
        return "\n\n".join(_paragraph(text, catalogue) for text in value.split("\n\n"))
    if key in SPOKEN:
        return _said(value, catalogue)
    if key == "changed" and isinstance(value, str):
        return translate_changes(value)
    if key == "fix" and isinstance(value, Mapping):
        return _fix(value, catalogue)
    if key == "mends":
        return [_fix(one, catalogue) for one in value]
    return _walk(value, catalogue)


def _paragraph(text: str, catalogue: Catalogue) -> str:
    """A paragraph of a docstring, whose lines are broken for its source's width."""
    line = " ".join(text.split())
    said = catalogue.translate(line)
    return text if said == line else said


def _fix(value: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    return {**value, "label": catalogue.translate(str(value.get("label", "")))}


def _said(value: Any, catalogue: Catalogue) -> Any:
    """A text, a list of texts, or what holds more fields."""
    if isinstance(value, str):
        return translate_plan(value) if is_plan(value) else catalogue.translate(value)
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return [catalogue.translate(item) for item in value]
    return _walk(value, catalogue)


def translate_events(events: Sequence[str], language: Language) -> list[str]:
    """Return events, each JSON text, in ``language``."""
    if language == "en":
        return list(events)
    return [dumps(translate_answer(json.loads(event), language)).decode() for event in events]
