"""The bare ASGI app: which address means what, and every failure as ``{"error": …}`` with the right status."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from starlette.types import Receive, Scope, Send

from netwright_studio.inference.friendly import read_raw
from netwright_studio.inference.open_inference import request, response
from netwright_studio.inference.open_inference.administration import Administration
from netwright_studio.inference.open_inference.answers import Answer, RawHeaders, answer_to
from netwright_studio.inference.open_inference.compression import unpack
from netwright_studio.inference.open_inference.problems import ProtocolError
from netwright_studio.inference.open_inference.quick import Ticket
from netwright_studio.inference.predictor import Array
from netwright_studio.inference.server import LoadedModel, ModelServer

Headers = dict[bytes, bytes]
Handler = Callable[[], Awaitable[Answer]]

LARGE = 256 << 10
"""Bodies larger than this are read, and answers packed, in a thread."""
TICKET = "netwright.ticket"
"""Where in a request's scope the right to more of the same is left for whoever holds the connection."""
ROUTE = "netwright.route"
"""Where in a request's scope stands which kind of address was asked for."""


class OpenInferenceApp:
    """Serves ``/v2`` for a model server; bodies larger than ``max_bytes``, packed or not, are refused.

    ``local``: only clients on this machine come, who may share memory with the studio.
    """

    def __init__(
        self, server: Callable[[], ModelServer] | ModelServer, *, max_bytes: int = 64 << 20, local: bool = True
    ) -> None:
        self._server = server
        self._max_bytes = max_bytes
        self.administration = Administration(lambda: self.server, local=local)

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
        method: str = "GET" if scope["method"] == "HEAD" else scope["method"]
        extra: RawHeaders = []
        try:
            answer = await self._answer(scope, method, headers, receive)
        except MethodError as error:
            answer, extra = answer_to(error), [(b"allow", error.allowed)]
        except Exception as error:
            answer = answer_to(error)
        accept = headers.get(b"accept-encoding")
        if len(answer.body) > LARGE:
            fields, body = await asyncio.to_thread(answer.packed, accept)
        else:
            fields, body = answer.packed(accept)
        await send({"type": "http.response.start", "status": answer.status, "headers": [*fields, *extra]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope, method: str, headers: Headers, receive: Receive) -> Answer:
        parts = _parts(scope)
        scope[ROUTE] = "/v2"
        body = await self._read(headers, receive) if method == "POST" else b""
        found = self._route(parts, scope, headers, body)
        if found is None:
            raise ProtocolError("there is nothing at this address", 404)
        route, handlers = found
        scope[ROUTE] = "/v2" + route
        if method not in handlers:
            raise MethodError(", ".join(handlers))
        answer = await handlers[method]()
        if route.endswith(("/live", "/ready")) and b"application/json" not in headers.get(b"accept", b""):
            answer.body = b""  # who only looks at the status may leave a body unread, and its connection open
        return answer

    def _route(
        self, parts: list[str], scope: Scope, headers: Headers, body: bytes
    ) -> tuple[str, dict[str, Handler]] | None:
        """Return the pattern of an address with what answers each method, or None. ``infer`` must be quick."""
        if len(parts) >= 2 and parts[0] == "models" and parts[1]:
            if parts == ["models", "stats"]:
                return "/models/stats", {"GET": lambda: self.administration.stats(None, None)}
            name, rest, version = parts[1], parts[2:], None
            prefix = "/models/{model}"
            if len(rest) >= 2 and rest[0] == "versions":
                version, rest = _version(name, rest[1]), rest[2:]
                prefix += "/versions/{version}"
            if rest == ["infer"]:
                return prefix + "/infer", {"POST": lambda: self._infer(name, version, scope, headers, body)}
            handlers = self.administration.model_routes(name, version, "/".join(rest), body)
            return None if handlers is None else ("/".join([prefix, *rest]), handlers)
        return self.administration.server_routes(parts, body)

    async def _read(self, headers: Headers, receive: Receive) -> bytes:
        """The unpacked body; the limit holds for what arrives and for what it unpacks to."""
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self._max_bytes:
            raise ProtocolError(f"the body is larger than {self._max_bytes} bytes", 413)
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
        if encoding is None:
            return body
        return await asyncio.to_thread(unpack, body, encoding.decode("latin-1"), self._max_bytes)

    async def _infer(self, name: str, version: int | None, scope: Scope, headers: Headers, body: bytes) -> Answer:
        arrived = time.time_ns()
        length = request.read_header_length(headers.get(b"inference-header-content-length"), len(body))
        model = await self.server.get(name, version)
        changes = self.server.changes
        regions = self.administration.regions
        if len(body) > LARGE:
            asked = await asyncio.to_thread(request.parse, body, length, regions)
        else:
            asked = request.parse(body, length, regions)
        request.wants_only(asked.outputs, model.predictor)
        started = time.time_ns()
        arrays = await model.infer(await _feeds(asked, model))
        computed = time.time_ns()
        content, head_length = response.encode(model, asked.ident, asked.outputs, asked.binary, arrays)
        if self.administration.traces.wants(name):
            times = {"REQUEST_START": arrived, "QUEUE_START": started, "COMPUTE_END": computed}
            times["REQUEST_END"] = time.time_ns()
            self.administration.traces.write(name, model.version, asked.ident, times, model.stats)
        if self.server.changes == changes and not self.administration.traces.active:
            scope[TICKET] = Ticket(self.server, model, changes, self._max_bytes, regions)
        return Answer(content, head_length=head_length)


class MethodError(ProtocolError):
    """The address is right, the method is not."""

    def __init__(self, allowed: str) -> None:
        super().__init__(f"this address answers {allowed}", 405)
        self.allowed = allowed.encode()


async def _feeds(asked: request.InferRequest, model: LoadedModel) -> dict[str, Array]:
    """What the network takes: tensors as they are, or raw things read as ``predict`` reads them."""
    raws = request.raw_elements(asked, model.predictor)
    if raws is None:
        return request.fit(asked, model.predictor)
    return await read_raw(model, raws)


def _version(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ProtocolError(f"the model {name[:80]!r} has no such version", 404)
    return int(text)


def _parts(scope: Scope) -> list[str]:
    """The path below ``/v2``, split and unquoted, whether the app is mounted or called with the whole path."""
    raw: str = scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or scope["path"]
    start = raw.find("/v2")
    below = raw[start + 3 :] if start >= 0 else raw
    return [unquote(part) for part in below.split("/") if part]
