"""JSON answers and requests, on top of ``jsonio``."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from netwright_studio.jsonio import dumps, loads
from netwright_studio.language import current_language, translate_answer


class StudioJSON(JSONResponse):
    """The studio's JSON answer: fast, and valid even when a loss has become NaN."""

    def render(self, content: Any) -> bytes:
        """Encode the body, in the language the request asked for."""
        return dumps(translate_answer(content, current_language()))


class StrictRequest(Request):
    """A request whose ``json()`` refuses what the JSON grammar does not have."""

    async def json(self) -> Any:
        """Decode the body with ``loads`` and the depth limit of the app."""
        if not hasattr(self, "_json"):
            limit = self.app.state.studio.settings.max_json_depth
            self._json = loads(await self.body(), limit)
        return self._json
