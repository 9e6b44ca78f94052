"""The short lane for repeated requests: the same answers, and the long way whenever anything is different."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.backend.inference_fakes import Fixture, LinearPredictor, iris_weights
from tests.backend.serving_tools import Wire, serving

from netwright_studio.inference.open_inference import OpenInferenceApp
from netwright_studio.serving import lane
from netwright_studio.serving.metrics import RequestMetrics
from netwright_studio.serving.requests import RequestMiddleware

X = np.random.default_rng(1).normal(0, 1, (8, 4)).astype(np.float32)
WANTED = LinearPredictor(iris_weights())(X)
PATH = "/v2/models/iris/infer"


class Bench:
    """A server, whose app notes the requests that went the long way."""

    def __init__(self, home: Path) -> None:
        self.models = Fixture(home)
        self.models.publish()
        self.metrics = RequestMetrics()
        inner = RequestMiddleware(OpenInferenceApp(self.models.server, max_bytes=100_000), self.metrics)
        self.long = 0

        async def app(scope: Any, receive: Any, send: Any) -> None:
            self.long += 1
            await inner(scope, receive, send)

        self.app = app


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("home"))
    yield bench
    bench.models.store.close()


@pytest.fixture
def wire(bench: Bench) -> Iterator[Wire]:
    with serving(bench.app) as address, Wire(address) as wire:
        bench.long = 0
        yield wire


def binary(rows: slice = slice(0, 1), *, ident: str | None = None, **headers: str) -> bytes:
    x = X[rows]
    parameters = {"binary_data_size": x.nbytes}
    tensor = {"name": "data", "shape": list(x.shape), "datatype": "FP32", "parameters": parameters}
    document: dict[str, Any] = {"inputs": [tensor], "parameters": {"binary_data_output": True}}
    if ident is not None:
        document["id"] = ident
    head = json.dumps(document).encode()
    return post(head + x.tobytes(), **{"Inference-Header-Content-Length": str(len(head)), **headers})


def as_json(rows: slice = slice(0, 1), **headers: str) -> bytes:
    x = X[rows]
    tensor = {"name": "data", "shape": list(x.shape), "datatype": "FP32", "data": x.ravel().tolist()}
    return post(json.dumps({"inputs": [tensor]}).encode(), **headers)


def post(body: bytes, path: str = PATH, **headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def softmax_of(answer: tuple[int, dict[str, str], bytes]) -> np.ndarray:
    status, headers, body = answer
    assert status == 200, body
    length = headers.get("inference-header-content-length")
    if length is None:
        (output, *_) = json.loads(body)["outputs"]
        return np.array(output["data"], np.float32).reshape(output["shape"])
    (output, *_) = json.loads(body[: int(length)])["outputs"]
    size = output["parameters"]["binary_data_size"]
    return np.frombuffer(body[int(length) : int(length) + size], np.float32).reshape(output["shape"])


@pytest.mark.parametrize("make", [binary, as_json])
def test_repeated_requests_take_the_lane_and_get_the_same_answers(bench: Bench, wire: Wire, make: Any) -> None:
    headers = []
    for number in range(8):
        wire.send(make(slice(number, number + 1)))
        answer = wire.answer()
        headers.append(set(answer[1]))
        np.testing.assert_allclose(softmax_of(answer), WANTED[0][number : number + 1], rtol=1e-5)
    assert bench.long == 1
    assert all(one == headers[0] for one in headers), "the lane answers with other headers"
    counted = bench.metrics.counts["POST", "/v2/models/{model}/infer", 200]
    assert counted == sum(bench.metrics.seconds["POST", "/v2/models/{model}/infer"].counts) >= 8


def test_what_may_differ_differs_and_is_told(bench: Bench, wire: Wire) -> None:
    wire.send(binary(ident="first", **{"X-Request-ID": "r-1"}))
    first = wire.answer()
    assert first[1]["x-request-id"] == "r-1"
    for number in (1, 3, 2):
        wire.send(binary(slice(0, number), ident=f"n{number}", **{"X-Request-ID": f"r-{number}{number}"}))
        status, headers, body = wire.answer()
        assert status == 200
        assert headers["x-request-id"] == f"r-{number}{number}"
        document = json.loads(body[: int(headers["inference-header-content-length"])])
        assert document["id"] == f"n{number}"
        assert document["outputs"][0]["shape"] == [number, 3]
    assert bench.long == 1


def test_other_headers_and_addresses_take_the_long_way(bench: Bench, wire: Wire) -> None:
    for request in (
        binary(),
        binary(Authorization="Bearer x"),
        binary(),
        post(b"", "/v2/models/iris/versions/1/infer"),
        b"GET /v2/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        post(b"{}", Other="a"),
    ):
        wire.send(request)
        wire.answer()
    assert bench.long == 6


def test_pieces_and_several_at_once_are_put_together(bench: Bench, wire: Wire) -> None:
    wire.send(binary())
    wire.answer()
    for place in (10, 60, -20):
        request = binary(slice(0, 4))
        wire.send(request[:place])
        time.sleep(0.02)
        wire.send(request[place:])
        np.testing.assert_allclose(softmax_of(wire.answer()), WANTED[0][:4], rtol=1e-5)
    wire.send(b"".join(binary(slice(n, n + 1)) for n in range(6)) + b"GET /v2 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    for number in range(6):
        np.testing.assert_allclose(softmax_of(wire.answer()), WANTED[0][number : number + 1], rtol=1e-5)
    assert json.loads(wire.answer()[2])["name"] == "netwright"


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"{", b"not JSON"), (b'{"inputs": []}', b"'inputs' must be"), (b'{"inputs": [{"name": "x"}]}', b"shape must be")],
)
def test_wrong_bodies_are_told_as_on_the_long_way(bench: Bench, wire: Wire, body: bytes, message: bytes) -> None:
    wire.send(post(body))
    long = wire.answer()
    wire.send(as_json())
    assert wire.answer()[0] == 200
    wire.send(post(body))
    short = wire.answer()
    assert bench.long == 2
    assert (short[0], short[2]) == (long[0], long[2])
    assert short[0] == 400
    assert message in short[2]
    assert short[1]["content-type"] == "application/json"


def test_a_changed_model_is_noticed_at_once(bench: Bench, wire: Wire) -> None:
    wire.send(binary())
    assert wire.answer()[0] == 200
    bench.models.server._unloaded.add("iris")
    bench.models.server.changes += 1
    wire.send(binary())
    status, _, body = wire.answer()
    assert status == 503
    assert b"has been unloaded" in body
    bench.models.server._unloaded.clear()
    bench.models.server.changes += 1
    wire.send(binary())
    assert wire.answer()[0] == 200
    assert bench.long == 3


def test_the_long_way_is_taken_again_and_again(bench: Bench, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netwright_studio.serving.protocol.LASTS", 0.05)
    deadline = time.monotonic() + 0.4
    while time.monotonic() < deadline:
        wire.send(binary())
        assert wire.answer()[0] == 200
    assert 3 <= bench.long <= 10


HEAD = b"POST /v2/models/iris/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n"


class Silent:
    def submit(self, body: bytes, header_length: int | None, respond: Any) -> bool:
        return False


def template_of(head: bytes) -> lane.Template | None:
    return lane.make_template(head, Silent(), [(b"content-type", b"x"), (b"x-frame-options", b"DENY")], [], None, 0.0)


def test_a_template_knows_its_head_and_no_other() -> None:
    template = template_of(HEAD)
    assert template is not None
    assert template.fields == b"x-frame-options: DENY\r\n"
    assert template.pattern.match(HEAD + b"body")["length"] == b"12"  # type: ignore[index]
    assert template.pattern.match(HEAD.replace(b"12", b"0034"))
    for other in (
        HEAD.replace(b"12", b"+2"),
        HEAD.replace(b"12", b"12345678901"),
        HEAD.replace(b"12", b"12, 12"),
        HEAD.replace(b"Host: a", b"Host: b"),
        HEAD.replace(b"Host: a", b"Host: a\r\nX: y"),
        HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\n"),
        HEAD.replace(b"12", b"12\n"),
        HEAD.replace(b"Content-Length", b"content-length"),
        b" " + HEAD,
    ):
        assert template.pattern.match(other) is None, other


@pytest.mark.parametrize(
    "line",
    [
        b"Transfer-Encoding: chunked",
        b"Expect: 100-continue",
        b"Content-Encoding: gzip",
        b"Connection: close",
        b"Upgrade: h2c",
        b"Content-Length: 12",
        b"no colon",
    ],
)
def test_heads_that_must_be_read_each_time_have_no_template(line: bytes) -> None:
    assert template_of(HEAD.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n")) is None


def test_only_inferences_have_a_first_line() -> None:
    assert lane.first_line(HEAD) == b"POST /v2/models/iris/infer HTTP/1.1"
    assert lane.first_line(b"GET /v2/models/iris/infer HTTP/1.1\r\n") is None
    assert lane.first_line(b"POST /v2/models/iris/infer HTTP/1.0\r\n") is None
    assert lane.first_line(b"POST /v2/models/iris/infer HTTP/1.1") is None
