"""JSON answers and requests, on top of ``jsonio``."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from netwright_studio.jsonio import dumps, loads
from netwright_studio.language import current_language, translate_answer


class StudioJSON(JSONResponse):
    """The studio's JSON answer: fast, and valid even when a loss has become NaN."""

    def render(self, content: Any) -> bytes:
        """Encode the body, in the language the request asked for."""
        return dumps(translate_answer(content, current_language()))


def answer(report: BaseModel) -> Response:
    """A report as it is, written by its own class: in English there is nothing to look through once more."""
    if current_language() == "en":
        return Response(report.model_dump_json(), media_type="application/json")
    return StudioJSON(report.model_dump(mode="json"))


class Encoded(NamedTuple):
    """An answer as it travels."""

    plain: bytes
    packed: bytes
    tag: str


class Constants:
    """Answers that stay the same while the service runs: encoded and packed once in each language."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Encoded] = {}

    def answer(self, request: Request, name: str, make: Callable[[], BaseModel]) -> Response:
        """Return the answer of that name, or that the browser has it already."""
        language = current_language()
        known = self._known.get((name, language))
        if known is None:
            plain = dumps(translate_answer(make().model_dump(mode="json", by_alias=True), language))
            known = Encoded(plain, gzip.compress(plain, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:32]}"')
            self._known[name, language] = known
        headers = {"etag": known.tag, "cache-control": "private, no-cache", "vary": "accept-encoding, accept-language"}
        if known.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = known.plain
        if "gzip" in accepted_encodings(request.headers.get("accept-encoding", "")):
            body = known.packed
            headers["content-encoding"] = "gzip"
        return Response(body, headers=headers, media_type="application/json")


def accepted_encodings(header: str) -> set[str]:
    """Return the encodings that an ``Accept-Encoding`` names, those of weight 0 left out."""
    parts = (part.strip().lower().partition(";") for part in header.split(","))
    return {name.strip() for name, _, weight in parts if weight.replace(" ", "").rstrip("0") not in ("q=", "q=0.")}


class StrictRequest(Request):
    """A request whose ``json()`` refuses what the JSON grammar does not have."""

    async def json(self) -> Any:
        """Decode the body with ``loads`` and the depth limit of the app."""
        if not hasattr(self, "_json"):
            limit = self.app.state.studio.settings.max_json_depth
            self._json = loads(await self.body(), limit)
        return self._json
