"""JSON answers and requests, on top of ``jsonio``."""

from __future__ import annotations

from typing import Any

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


class StrictRequest(Request):
    """A request whose ``json()`` refuses what the JSON grammar does not have."""

    async def json(self) -> Any:
        """Decode the body with ``loads`` and the depth limit of the app."""
        if not hasattr(self, "_json"):
            limit = self.app.state.studio.settings.max_json_depth
            self._json = loads(await self.body(), limit)
        return self._json
