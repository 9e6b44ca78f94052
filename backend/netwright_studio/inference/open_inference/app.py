"""The bare ASGI app: which address means what, and every failure as ``{"error": …}`` with the right status."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from starlette.types import Receive, Scope, Send

from netwright import __version__
from netwright.errors import NetwrightError
from netwright_studio import jsonio
from netwright_studio.errors import StudioError
from netwright_studio.inference.open_inference import datatypes, request, response
from netwright_studio.inference.open_inference.compression import pack, unpack
from netwright_studio.inference.open_inference.problems import ProtocolError
from netwright_studio.inference.predictor import TensorSpec, datatype_of
from netwright_studio.inference.server import LoadedModel, ModelServer

logger = logging.getLogger(__name__)

EXTENSIONS = ["binary_tensor_data", "classification", "model_configuration", "model_repository", "statistics"]
PLATFORM = "netwright"

Headers = dict[bytes, bytes]


class Answer:
    """A status, a body and its extra headers."""

    __slots__ = ("body", "head_length", "status")

    def __init__(self, body: bytes = b"", status: int = 200, head_length: int | None = None) -> None:
        self.body = body
        self.status = status
        self.head_length = head_length

    @classmethod
    def json(cls, content: Any, status: int = 200) -> Answer:
        """Encode ``content``."""
        return cls(jsonio.dumps(content), status)


class OpenInferenceApp:
    """Serves ``/v2`` for a model server; bodies larger than ``max_bytes``, packed or not, are refused."""

    def __init__(self, server: Callable[[], ModelServer] | ModelServer, *, max_bytes: int = 64 << 20) -> None:
        self._server = server
        self._max_bytes = max_bytes

    @property
    def server(self) -> ModelServer:
        """The model server, looked up late: an app is made before what it serves is opened."""
        return self._server if isinstance(self._server, ModelServer) else self._server()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 4404, "reason": "not found"})
            return
        headers: Headers = dict(scope["headers"])
        try:
            answer = await self._answer(scope, headers, receive)
        except ProtocolError as error:
            answer = Answer.json({"error": str(error)}, error.status)
        except StudioError as error:
            answer = Answer.json({"error": str(error)}, error.status)
        except NetwrightError as error:
            answer = Answer.json({"error": str(error)[:600]}, 400)
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            answer = Answer.json({"error": "the model failed; the studio's terminal says why"}, 500)
        await _send(answer, headers, scope["method"], send)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive) -> Answer:
        method: str = "GET" if scope["method"] == "HEAD" else scope["method"]
        parts = _parts(scope)
        handle = self._route(method, parts)
        if handle is None:
            allowed = [other for other in ("GET", "POST") if self._route(other, parts) is not None]
            if allowed:
                raise ProtocolError(f"this address answers {allowed[0]}", 405)
            raise ProtocolError("there is nothing at this address", 404)
        body = await self._read(headers, receive) if method == "POST" else b""
        return await handle(headers, body)

    def _route(self, method: str, parts: list[str]) -> Callable[[Headers, bytes], Awaitable[Answer]] | None:
        """Return what answers an address, or None. ``infer`` comes first: it is what must be quick."""
        if len(parts) >= 2 and parts[0] == "models" and parts[1]:
            return self._route_model(method, parts[1], parts[2:])
        table: dict[tuple[str, ...], Callable[[Headers, bytes], Awaitable[Answer]]] = {
            ("GET",): self._metadata,
            ("GET", "health", "live"): self._live,
            ("GET", "health", "ready"): self._live,
            ("POST", "repository", "index"): self._index,
        }
        if len(parts) == 4 and parts[:2] == ["repository", "models"] and method == "POST":
            name = parts[2]
            if parts[3] == "load":
                return lambda headers, body: self._load(name, body)
            if parts[3] == "unload":
                return lambda headers, body: self._unload(name, body)
        return table.get((method, *parts))

    def _route_model(
        self, method: str, name: str, rest: list[str]
    ) -> Callable[[Headers, bytes], Awaitable[Answer]] | None:
        if method == "POST" and rest == ["infer"]:
            return lambda headers, body: self._infer(name, None, headers, body)
        if method == "GET" and name == "stats" and not rest:
            return self._all_stats
        version: int | None = None
        if len(rest) >= 2 and rest[0] == "versions":
            if not (rest[1].isascii() and rest[1].isdigit() and len(rest[1]) < 10):
                raise ProtocolError(f"the model {name[:80]!r} has no such version", 404)
            version, rest = int(rest[1]), rest[2:]
        chosen = version
        if method == "POST" and rest == ["infer"]:
            return lambda headers, body: self._infer(name, chosen, headers, body)
        if method != "GET" or len(rest) > 1:
            return None
        actions = {"": self._model, "ready": self._ready, "stats": self._stats, "config": self._config}
        action = actions.get(rest[0] if rest else "")
        return None if action is None else (lambda headers, body: action(name, chosen))

    async def _read(self, headers: Headers, receive: Receive) -> bytes:
        """The unpacked body; the limit holds for what arrives and for what it unpacks to."""
        chunks, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ProtocolError("the request was cut off")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._max_bytes:
                raise ProtocolError(f"the body is larger than {self._max_bytes} bytes", 413)
            chunks.append(chunk)
            if not message.get("more_body", False):
                break
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        encoding = headers.get(b"content-encoding")
        return body if encoding is None else unpack(body, encoding.decode("latin-1"), self._max_bytes)

    async def _metadata(self, headers: Headers, body: bytes) -> Answer:
        return Answer.json({"name": "netwright", "version": __version__, "extensions": EXTENSIONS})

    async def _live(self, headers: Headers, body: bytes) -> Answer:
        return Answer()

    async def _infer(self, name: str, version: int | None, headers: Headers, body: bytes) -> Answer:
        length = headers.get(b"inference-header-content-length")
        asked = request.parse(body, None if length is None else length.decode("latin-1"))
        model = await self.server.get(name, version)
        arrays = await model.infer(request.fit(asked, model.predictor))
        content, head_length = response.encode(model, asked, arrays)
        return Answer(content, head_length=head_length)

    async def _model(self, name: str, version: int | None) -> Answer:
        model = await self.server.get(name, version)
        versions = [str(version) for version in await self._versions(name)]
        return Answer.json(
            {
                "name": name,
                "versions": versions,
                "platform": PLATFORM,
                "inputs": [_describe(spec) for spec in model.predictor.inputs],
                "outputs": [_describe(spec) for spec in model.predictor.outputs],
            }
        )

    async def _ready(self, name: str, version: int | None) -> Answer:
        await self.server.get(name, version)
        return Answer()

    async def _config(self, name: str, version: int | None) -> Answer:
        model = await self.server.get(name, version)
        return Answer.json(_configuration(model))

    async def _stats(self, name: str, version: int | None) -> Answer:
        chosen = [number for number in await self._versions(name) if version in (None, number)]
        if not chosen:
            raise ProtocolError(f"the model '{name}' has no version {version}", 404)
        return Answer.json({"model_stats": [self.server.stats_of((name, v)).as_dict(name, v) for v in chosen]})

    async def _all_stats(self, headers: Headers, body: bytes) -> Answer:
        return Answer.json(
            {"model_stats": [self.server.stats_of(key).as_dict(*key) for key in await self._all_versions()]}
        )

    async def _index(self, headers: Headers, body: bytes) -> Answer:
        only_ready = _object(body).get("ready") is True
        entries = []
        for name, version in await self._all_versions():
            offered = self.server.is_offered(name)
            if offered or not only_ready:
                state, reason = ("READY", "") if offered else ("UNAVAILABLE", "unloaded")
                entries.append({"name": name, "version": str(version), "state": state, "reason": reason})
        return Answer.json(entries)

    async def _versions(self, name: str) -> list[int]:
        rows = await asyncio.to_thread(self.server.repository.versions, name)
        return sorted(row.version for row in rows)

    async def _all_versions(self) -> list[tuple[str, int]]:
        models, _ = await asyncio.to_thread(self.server.repository.page, 10_000, 0)
        return sorted((row.name, row.version) for versions in models for row in versions)

    async def _load(self, name: str, body: bytes) -> Answer:
        _object(body)
        await self.server.load(name)
        return Answer.json({})

    async def _unload(self, name: str, body: bytes) -> Answer:
        _object(body)
        await self.server.unload(name)
        return Answer.json({})


def _parts(scope: Scope) -> list[str]:
    """The path below ``/v2``, split and unquoted, whether the app is mounted or called with the whole path."""
    raw: str = scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or scope["path"]
    start = raw.find("/v2")
    below = raw[start + 3 :] if start >= 0 else raw
    return [unquote(part) for part in below.split("/") if part]


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object of an optional body."""
    if not body.strip():
        return {}
    try:
        content = jsonio.loads(body, 32)
    except json.JSONDecodeError as error:
        raise ProtocolError(f"the request is not JSON: {error.msg}") from None
    if not isinstance(content, dict):
        raise ProtocolError("the request must be a JSON object")
    return content


def _describe(spec: TensorSpec) -> dict[str, Any]:
    return {"name": spec.name, "datatype": datatypes.name_of(datatype_of(spec)), "shape": [-1, *spec.shape]}


def _configuration(model: LoadedModel) -> dict[str, Any]:
    def tensors(specs: Any) -> list[dict[str, Any]]:
        return [
            {"name": spec.name, "data_type": "TYPE_" + datatypes.name_of(datatype_of(spec)), "dims": list(spec.shape)}
            for spec in specs
        ]

    return {
        "name": model.name,
        "platform": PLATFORM,
        "backend": "netwright",
        "max_batch_size": 64,
        "version_policy": {"all": {}},
        "input": tensors(model.predictor.inputs),
        "output": tensors(model.predictor.outputs),
        "dynamic_batching": {"max_queue_delay_microseconds": 0},
    }


async def _send(answer: Answer, headers: Headers, method: str, send: Send) -> None:
    body, length = answer.body, answer.head_length
    kind = b"application/json" if length is None else b"application/octet-stream"
    out = [(b"content-type", kind)]
    if length is not None:
        out.append((b"inference-header-content-length", str(length).encode()))
    accept = headers.get(b"accept-encoding")
    if accept is not None and body:
        body, encoding = pack(body, accept.decode("latin-1"))
        out.append((b"vary", b"accept-encoding"))
        if encoding is not None:
            out.append((b"content-encoding", encoding.encode()))
    out.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": out})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})
