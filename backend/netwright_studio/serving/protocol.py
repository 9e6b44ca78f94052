"""Uvicorn's HTTP protocol with a short lane for repeated inferences, and an end that drops nothing.

Everything else is uvicorn's. The lane takes a request when its head is recognised (``lane.Template``): no scope, no
task, one write. While one is being answered, whatever else arrives waits.
"""

from __future__ import annotations

import itertools
import secrets
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from netwright_studio.inference.open_inference.answers import Answer
from netwright_studio.inference.open_inference.app import TICKET
from netwright_studio.serving.lane import LASTS, Template, first_line, head_of, make_template
from netwright_studio.serving.requests import OBSERVE

DRAIN_SECONDS = 0.25
"""How long an idle connection is still listened to when the server ends: its next request may be on the way."""
MOST_WAITING = 256 << 10
"""Bytes that may arrive on a connection while one of its requests is answered, before reading pauses."""
LARGEST_BODY = 4 << 20
"""Larger bodies take the long way, which reads them bit by bit."""
MOST_TEMPLATES = 8

_ids = itertools.count(secrets.randbits(40) << 20)


class LaneProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._templates: dict[bytes, Template] = {}
        self._head: bytes | None = None
        self._between = True
        self._draining = False
        self._lane: Template | None = None
        self._began = 0.0
        self._ident: bytes | None = None
        self._raw = b""
        self._partial: bytearray | None = None
        self._missing = 0
        self._waiting = bytearray()
        self._last = 0.0

    # ---------------------------------------------------------------- in
    def data_received(self, data: bytes) -> None:
        """Take the lane for a head that is known, else uvicorn's way."""
        if self._partial is not None:
            self._partial += data
            if len(self._partial) >= self._missing:
                whole, self._partial = bytes(self._partial), None
                self._receive(whole)
            return
        if self._lane is not None:
            self._waiting += data
            if len(self._waiting) > MOST_WAITING:
                self.flow.pause_reading()
            return
        self._receive(data)

    def _receive(self, data: bytes) -> None:
        if self._between and (self.cycle is None or self.cycle.response_complete) and not self.flow.write_paused:
            line = first_line(data)
            if line is not None:
                template = self._templates.get(line)
                if template is not None and self._enter(template, line, data):
                    return
                self._head = head_of(data)
        super().data_received(data)

    def _enter(self, template: Template, line: bytes, data: bytes) -> bool:
        """Answer in the lane if the head is the template's; False when uvicorn has to read it."""
        match = template.pattern.match(data)
        now = self.loop.time()
        if match is None:
            return False
        if now >= template.until:
            del self._templates[line]
            return False
        length, start = int(match["length"]), match.end()
        if length > LARGEST_BODY:
            return False
        end = start + length
        if len(data) < end:
            self._partial, self._missing = bytearray(data), end
            return True
        self._lane, self._began, self._raw, self._last = template, time.perf_counter(), data, now
        self._ident = match["id"] if template.has_id else None
        if len(data) > end:
            self._waiting += data[end:]
            self._raw = data[:end]
        header = int(match["header"]) if template.has_header else None
        if not template.ticket.submit(self._raw[start:end], header, self._respond):
            self._templates.pop(line, None)
            self._lane = None
            self._head = self._raw[:start]
            super().data_received(self._raw)
            self._take_waiting()
        return True

    # ---------------------------------------------------------------- out
    def _respond(self, answer: Answer) -> None:
        """Write the whole answer at once, then go on with what has arrived meanwhile."""
        template, self._lane, self._raw = self._lane, None, b""
        if template is None or self.transport.is_closing():
            return
        fields, body = answer.packed(template.accept)
        ident = self._ident or b"%x" % next(_ids)
        out = [STATUS_LINE[answer.status], template.fields, b"x-request-id: ", ident, b"\r\n"]
        for name, value in fields:
            out += (name, b": ", value, b"\r\n")
        out.append(b"connection: close\r\n\r\n" if self._draining else b"\r\n")
        out.append(body)
        self.transport.write(b"".join(out))
        self.server_state.total_requests += 1
        if template.observe is not None:
            template.observe(answer.status, time.perf_counter() - self._began)
        if self._draining:
            self.transport.close()
            return
        self._last = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._arm(self.timeout_keep_alive)
        self._take_waiting()

    def _take_waiting(self) -> None:
        if self._waiting and not self.flow.write_paused:
            self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        if self._lane is not None or not self._waiting or self.transport.is_closing():
            return
        data = bytes(self._waiting)
        self._waiting.clear()
        self.flow.resume_reading()
        self.data_received(data)

    def resume_writing(self) -> None:
        """The client reads again: what waited for that goes on."""
        super().resume_writing()
        self._take_waiting()

    # ---------------------------------------------------------------- uvicorn's way, watched
    def on_message_begin(self) -> None:
        self._between = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._between = True
        super().on_message_complete()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self._draining and self.cycle is not None:
            self.cycle.keep_alive = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        head, self._head = self._head, None
        watched: Any = app if head is None else self._watching(app, head)
        super()._start_asgi_task(cycle, watched)

    def _watching(self, app: ASGIApp, head: bytes) -> ASGIApp:
        """The app, whose answer makes the head known if it leaves a ticket."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            started: Message | None = None

            async def send_noted(message: Message) -> None:
                nonlocal started
                if message["type"] == "http.response.start":
                    started = message
                await send(message)

            await app(scope, receive, send_noted)
            ticket = scope.get(TICKET)
            if ticket is None or started is None or started["status"] != 200:
                return
            template = make_template(
                head,
                ticket,
                started["headers"],
                self.server_state.default_headers,
                scope.get(OBSERVE),
                self.loop.time() + LASTS,
            )
            line = first_line(head)
            if template is not None and line is not None:
                if len(self._templates) >= MOST_TEMPLATES:
                    self._templates.clear()
                self._templates[line] = template

        return watched

    # ---------------------------------------------------------------- the end of a connection
    def _arm(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that is idle; one that has used the lane meanwhile has its time from then on."""
        self.timeout_keep_alive_task = None
        if self.transport.is_closing():
            return
        left = self._last + self.timeout_keep_alive - self.loop.time()
        if self._lane is not None or left > 0.05:
            self._arm(max(left, 1.0))
        else:
            super().timeout_keep_alive_handler()

    def _is_idle(self) -> bool:
        answered = self.cycle is None or self.cycle.response_complete
        return self._lane is None and self._partial is None and not self._waiting and self._between and answered

    def shutdown(self) -> None:
        """The server ends: what has begun is answered, an idle connection has a moment for what is on the way."""
        self._draining = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        if self._is_idle():
            self.loop.call_later(DRAIN_SECONDS, self._close_idle)

    def _close_idle(self) -> None:
        if not self.transport.is_closing() and self._is_idle():
            self.transport.close()
