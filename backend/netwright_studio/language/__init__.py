"""The language of answers: chosen by the request, found in a catalogue from English to Chinese."""

from __future__ import annotations

from netwright_studio.language.answers import translate_answer, translate_events
from netwright_studio.language.choice import Language, LanguageMiddleware, current_language, preferred

__all__ = ["Language", "LanguageMiddleware", "current_language", "preferred", "translate_answer", "translate_events"]
