"""The end of a server under load, and several processes on one port: real processes, real sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.backend import real_models
from tests.backend.serving_tools import Wire
from tests.backend.test_serve import SECONDS, Server

from netwright_studio.serving.channel import pair

BODY = json.dumps(real_models.request()).encode()
REQUEST = (
    b"POST /v2/models/iris/infer HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n" % len(BODY)
) + BODY


class Asker(threading.Thread):
    """Asks again and again until it is told that the connection closes, and counts what was not answered."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.answered = 0
        self.closed_in_order = False
        self.lost: str | None = None

    def run(self) -> None:
        with Wire(self.address.removeprefix("http://")) as wire:
            try:
                while True:
                    wire.send(REQUEST)
                    status, headers, _ = wire.answer()
                    if status != 200:
                        self.lost = f"status {status}"
                        return
                    self.answered += 1
                    if headers.get("connection") == "close":
                        self.closed_in_order = True
                        return
            except OSError as error:
                self.lost = str(error)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    opened: list[Server] = []

    def make(**options: Any) -> Server:
        opened.append(Server(tmp_path, **options))
        return opened[-1]

    real_models.publish(tmp_path)
    yield make
    for server in opened:
        if server.process.poll() is None:
            server.kill()


def end_under_load(server: Server) -> None:
    """SIGTERM while eight clients ask without a pause: each is answered until it is told that the end has come."""
    askers = [Asker(server.address) for _ in range(8)]
    for asker in askers:
        asker.start()
    while min(asker.answered for asker in askers) < 20:
        time.sleep(0.01)
    server.process.send_signal(signal.SIGTERM)
    for asker in askers:
        asker.join(SECONDS)
    assert [asker.lost for asker in askers] == [None] * len(askers)
    assert all(asker.closed_in_order for asker in askers)
    assert server.process.wait(SECONDS) in (0, -signal.SIGTERM)
    server.close()


def test_sigterm_under_load_loses_no_request(start: Any) -> None:
    server = start()
    server.post("/v2/models/iris/infer", **real_models.request())
    end_under_load(server)


def workers_of(server: Server) -> list[int]:
    """The processes that answer inferences for a server."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            command = (place / "cmdline").read_bytes()
            parent = int((place / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        if parent == server.process.pid and b"serving.worker" in command:
            found.append(int(place.name))
    return found


def test_workers_answer_inferences_and_hand_over_the_rest(start: Any) -> None:
    server = start(arguments=("--workers", "2"))
    processes = workers_of(server)
    assert len(processes) == 2
    # Each client is a connection of its own, so that both workers get some.
    for _ in range(12):
        with httpx.Client(base_url=server.address) as client:
            for _ in range(3):
                assert client.post("/v2/models/iris/infer", json=real_models.request()).status_code == 200
            assert client.get("/api/system").status_code == 200
            assert client.post("/v2/models/iris/infer", json=real_models.request()).status_code == 200
    stats = server.get("/v2/models/iris/stats")["model_stats"]
    assert stats[0]["inference_count"] == 48
    metrics = server.http.get("/metrics").text
    assert "netwright_processes 3.0" in metrics
    assert 'netwright_inference_requests_total{model="iris",outcome="success",version="1"} 48.0' in metrics
    big = httpx.post(f"{server.address}/api/graphs/check", content=b" " * 300_000, timeout=20)
    assert big.status_code in (400, 422), "a body of several pieces did not reach the studio"

    httpx.post(f"{server.address}/v2/repository/models/iris/unload").raise_for_status()
    for _ in range(6):
        answer = httpx.post(f"{server.address}/v2/models/iris/infer", json=real_models.request())
        assert answer.status_code == 503, "a worker did not hear of the unloading"

    os.kill(processes[0], signal.SIGKILL)
    deadline = time.monotonic() + SECONDS
    while len([one for one in workers_of(server) if one not in processes]) < 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    for _ in range(6):
        answer = httpx.post(f"{server.address}/v2/models/iris/infer", json=real_models.request(), timeout=30)
        assert answer.status_code == 503, "a worker that started later did not hear of the unloading"
    httpx.post(f"{server.address}/v2/repository/models/iris/load").raise_for_status()
    end_under_load(server)
    assert workers_of(server) == []


PREDICT = "/api/models/iris/predict"
FLOWER = {"inputs": [[5.1, 3.5, 1.4, 0.2]]}
ASKED: list[tuple[int, str, dict[str, Any]]] = [
    (200, PREDICT, {"json": FLOWER}),
    (200, PREDICT.replace("/predict", "/versions/1/predict"), {"json": FLOWER}),
    (200, PREDICT, {"content": b"5.1,3.5,1.4,0.2\n6,3,5,2\n", "headers": {"content-type": "text/csv"}}),
    (404, PREDICT.replace("iris", "rose"), {"json": FLOWER}),
    (404, PREDICT.replace("/predict", "/versions/7/predict"), {"json": FLOWER}),
    (422, PREDICT, {"json": {"inputs": [[1, 2]]}}),
    (422, PREDICT, {"json": {}, "headers": {"accept-language": "zh-CN"}}),
    (400, PREDICT, {"content": b"{"}),
    (400, PREDICT, {"content": b"[" * 100_000}),
    (413, PREDICT, {"content": b" " * 2_000_001}),
    (415, PREDICT, {"content": b"x", "headers": {"content-type": "application/xml"}}),
    (403, PREDICT, {"json": FLOWER, "headers": {"origin": "http://evil.com"}}),
    (403, PREDICT, {"json": FLOWER, "headers": {"host": "evil.com"}}),
]


def test_workers_predict_as_the_studio_does(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Friendly requests too are answered beside the studio: even while that one sleeps."""
    monkeypatch.setenv("NETWRIGHT_MAX_BODY_BYTES", "2000000")
    server = start(arguments=("--workers", "2"))
    with httpx.Client(base_url=server.address, timeout=30) as client:
        client.get("/api/system").raise_for_status()  # from here on this connection is the studio's
        wanted = [client.post(path, **how) for _, path, how in ASKED]
    server.process.send_signal(signal.SIGSTOP)
    try:
        found = [httpx.post(server.address + path, timeout=30, **how) for _, path, how in ASKED]
    finally:
        server.process.send_signal(signal.SIGCONT)
    for (status, path, how), one, other in zip(ASKED, wanted, found, strict=True):
        assert one.status_code == other.status_code == status, (path, how, one.text, other.text)
        assert told(one) == told(other), (path, how)
    metrics = server.http.get("/metrics").text
    route = 'method="POST",route="/api/models/{name}/predict"'
    assert f'netwright_http_requests_total{{{route},status="200"}} 4.0' in metrics
    assert 'netwright_inference_rows_total{model="iris",version="1"} 8.0' in metrics


def told(answer: httpx.Response) -> tuple[Any, dict[str, str]]:
    """What an answer says, but for the time it took, and its headers but for their ids."""
    body = {**answer.json(), "ms": None}
    return body, {name: value for name, value in answer.headers.items() if name not in OWN}


OWN = ("x-request-id", "content-length", "date")


def test_a_worker_ends_with_the_studio(tmp_path: Path) -> None:
    """However that ends: its end of the channel is closed then."""
    ours, theirs = pair()
    with ours, theirs, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        descriptors = (listener.fileno(), theirs.fileno())
        command = [sys.executable, "-m", "netwright_studio.serving.worker", *map(str, descriptors)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=descriptors)
        assert process.stdin is not None
        process.stdin.write(json.dumps({"settings": {"home": str(tmp_path)}, "session": None}).encode())
        process.stdin.close()
        theirs.close()
        ours.settimeout(SECONDS)
        assert b'"ready"' in ours.recv(4096)
        ours.close()
        assert process.wait(SECONDS) == 0
