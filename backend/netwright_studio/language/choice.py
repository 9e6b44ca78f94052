"""Which language a request wants, by ``Accept-Language`` or, where a browser sets no header, ``?language=``."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Literal
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Language = Literal["en", "zh"]
TAGS: dict[Language, str] = {"en": "en", "zh": "zh-CN"}

_language: ContextVar[Language] = ContextVar("language", default="en")


def current_language() -> Language:
    """Return the language of the request that is being answered."""
    return _language.get()


def preferred(accepted: str) -> Language:
    """Return the language that an ``Accept-Language`` header likes best; English where it names none of ours.

    >>> preferred("fr, zh-CN;q=0.9, en;q=0.8")
    'zh'
    """
    best: tuple[float, Language] = (0.0, "en")
    for part in accepted.split(",")[:20]:
        tag, _, rest = part.strip().partition(";")
        language = _known(tag)
        weight = _weight(rest)
        if language is not None and weight > best[0]:
            best = (weight, language)
    return best[1]


def _known(tag: str) -> Language | None:
    main = tag.strip().lower().split("-")[0]
    return "zh" if main == "zh" else "en" if main == "en" else None


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


class LanguageMiddleware:
    """Notes the language of each request, and says in the answer what it depends on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        language = _chosen(scope)

        async def send_labelled(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("application/json"):
                    headers.add_vary_header("Accept-Language")
                    headers["content-language"] = TAGS[language]
            await send(message)

        token = _language.set(language)
        try:
            await self.app(scope, receive, send_labelled)
        finally:
            _language.reset(token)


def _chosen(scope: Scope) -> Language:
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("language")
    return preferred(asked[0] if asked else Headers(scope=scope).get("accept-language", ""))
