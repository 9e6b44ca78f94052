"""Raw inputs of ``predict`` in whatever form they are at hand: JSON, a CSV file, a picture's file, a text."""

from __future__ import annotations

import base64
import csv
import io
import json
from typing import Annotated, Any

from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from netwright.model_store import ModelInfo
from netwright_studio.errors import InvalidError
from netwright_studio.jsonio import loads
from netwright_studio.schemas.models import PredictRequest

MOST_ROWS = 1024
PICTURES = ("image/png", "image/jpeg")

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_TEXT = {"schema": {"type": "string"}}
DESCRIBED: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/PredictRequest"}},
            "text/csv": _TEXT,
            "text/plain": _TEXT,
            **dict.fromkeys(PICTURES, _BINARY),
        },
    }
}
"""What the API's description says of the body, which FastAPI cannot know."""


class RawInputs:
    """What came, read as far as can be without the model."""

    def __init__(self, inputs: list[Any] | None = None, table: str | None = None) -> None:
        self._inputs = inputs
        self._table = table

    def of(self, info: ModelInfo) -> list[Any]:
        """Return one raw input after the other; a CSV file's first line may name the columns."""
        if self._table is None:
            return self._inputs or []
        rows = [row for row in csv.reader(io.StringIO(self._table)) if row]
        columns = info.input.columns or ()
        if rows and {cell.strip() for cell in rows[0]} >= set(columns) > set():
            names = [cell.strip() for cell in rows[0]]
            wanted = set(columns)  # a file for training has the label's column too
            rows_by_name = [{n: c for n, c in zip(names, row, strict=False) if n in wanted} for row in rows[1:]]
            return _limited(rows_by_name)
        return _limited(rows)


async def read_raw_inputs(request: Request) -> RawInputs:
    """Read a body by its Content-Type; 415 for one that is nothing of what is known."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    body = await request.body()
    if kind in PICTURES:
        return RawInputs([{"png": base64.b64encode(body).decode("ascii")}])
    if kind in ("text/csv", "text/plain"):
        text = _decode(body)
        return RawInputs([text]) if kind == "text/plain" else RawInputs(table=text)
    if kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(415, f"predict takes application/json, text/csv, text/plain, {', '.join(PICTURES)}")
    return RawInputs(_read_json(body, request.app.state.studio.settings.max_json_depth))


RawInputsDep = Annotated[RawInputs, Depends(read_raw_inputs)]


def _read_json(body: bytes, depth: int) -> list[Any]:
    try:
        return PredictRequest.model_validate(loads(body, depth)).inputs
    except json.JSONDecodeError as error:
        problem = {"type": "json_invalid", "loc": ("body", error.pos), "msg": "not JSON", "ctx": {"error": error.msg}}
        raise RequestValidationError([problem]) from None
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_input=False, include_url=False)]
        raise RequestValidationError(found) from None


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidError("The text is not UTF-8.", where="body", wanted="UTF-8", got="other bytes") from None


def _limited(rows: list[Any]) -> list[Any]:
    if not 0 < len(rows) <= MOST_ROWS:
        raise InvalidError("The file has no rows or too many.", where="body", wanted=f"1 to {MOST_ROWS}", got=len(rows))
    return rows
