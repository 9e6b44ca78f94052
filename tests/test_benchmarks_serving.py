"""The comparison of servers: it asks them all the same, counts what they answer, and says what was reached."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from benchmarks import load, pages, servers, serving, serving_workers

ROWS = np.random.default_rng(0).random((servers.ROWS, 784), dtype=np.float32)


class _Echo(BaseHTTPRequestHandler):
    """Answers the first ten numbers of each row, or something else where its server is told to lie."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        rows = np.array(json.loads(body)["inputs"], np.float32)[:, :10] + getattr(self.server, "lie", 0)
        answer = json.dumps({"outputs": rows.tolist()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def echo() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def of(echo: ThreadingHTTPServer) -> servers.Server:
    form = servers.Form("/", servers._rows_json, servers._read_json)
    return servers.Server(echo.server_address[1], {"json": form}, ROWS)


def test_clients_count_whole_answers(echo: ThreadingHTTPServer) -> None:
    server = of(echo)
    np.testing.assert_allclose(server.ask("json", [3, 5]), ROWS[[3, 5], :10], rtol=1e-6)
    requests = [server.request("json", row) for row in range(3)]
    figures = load.run(("127.0.0.1", server.port), requests, 2, 0.3)
    assert figures.rate > 20
    assert 0 < figures.p50 <= figures.p99 < 1000
    assert figures.failed == 0
    assert 0 < figures.busy < 1


def test_a_server_that_answers_otherwise_is_not_timed(echo: ThreadingHTTPServer) -> None:
    first, second = of(echo), of(echo)
    second.forms = {"json": servers.Form("/", servers._rows_json, lambda body, _: servers._read_json(body, _) + 1)}
    with pytest.raises(SystemExit, match=r"b \(json\) answers otherwise: probabilities differ by 1"):
        serving.check_answers({"a": first, "b": second})


def figures(rate: float, p99: float) -> dict[str, float]:
    return {"rate": rate, "p50": 0.1, "p99": p99, "failed": 0, "busy": 0.2}


def test_the_table_says_what_was_reached() -> None:
    ours = {f"{kind}/{clients}": figures(9000.0, 0.4) for kind in serving.KINDS for clients in serving.CLIENTS}
    rows = {"Netwright": ours, "another": {"json/64": figures(100.0, 9.0), "json/1": figures(90.0, 2.0)}}
    text = serving.table(rows, 1e-7)
    assert "| Netwright | json | 9,000 | 0.10 | 0.40 | 9,000 |" in text
    assert "| json, 64 clients | ≥ 8,000 req/s | 9,000 | reached |" in text
    assert "| binary, 64 clients | ≥ 20,000 req/s | 9,000 | missed |" in text
    assert "| json, 1 client, p99 | ≤ 1 ms | 0.40 | reached |" in text
    assert text.index("Netwright | json") < text.index("another | json")
    page = pages.page({"serving": {"all": {"text": text}, "workers": {"text": "### By workers"}}})
    assert page.index("## Serving over HTTP") < page.index("### By workers")
    assert page.count("## Serving over HTTP") == 1


def test_workers_are_told_beside_the_first_and_beside_the_clients() -> None:
    one = {kind: {**figures(10_000.0, 3.0), "servers": 1.0} for kind in serving_workers.KINDS}
    two = {kind: {**figures(15_000.0, 4.0), "servers": 1.6} for kind in serving_workers.KINDS}
    text = serving_workers.table({"1": one, "2": two})
    assert "| 2 | `predict`, JSON | 15,000 | 1.50 | 0.10 | 4.00 | 1.60 | 0.20 |" in text
    assert text.index("| 1 | `infer`, binary | 10,000 | 1.00 |") < text.index("| 2 | `infer`, binary |")
    assert "a whole core" not in text
    two["json"]["busy"] = 0.97
    assert "a whole core" in serving_workers.table({"1": one, "2": two})


def test_the_work_of_a_process_is_counted_with_its_childrens() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(10**7)); input()'])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as process:
        deadline = time.monotonic() + 20
        while serving_workers.cpu_seconds(process.pid) < 0.03 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert 0.03 <= serving_workers.cpu_seconds(process.pid) < 10
        process.communicate(b"\n")


@pytest.mark.slow
def test_our_own_server_is_started_asked_and_ended() -> None:
    with servers.started("nobody else") as found:
        assert list(found) == ["Netwright"]
        assert serving.check_answers(found) <= serving.TOLERANCE
        rows = serving.take_turns(found, 0.2, 1)
        process = found["Netwright"].process
    assert process is not None
    assert process.returncode is not None
    assert set(rows["Netwright"]) == {"json/64", "json/1", "binary/64", "binary/1"}
    assert all(cell["failed"] == 0 and cell["rate"] > 50 for cell in rows["Netwright"].values())


@pytest.mark.slow
def test_our_own_workers_are_measured() -> None:
    (cells,) = serving_workers.measure([2], 0.2, 1).values()
    assert set(cells) == {"json", "binary", "predict"}
    for cell in cells.values():
        assert cell["failed"] == 0
        assert cell["rate"] > 50
        assert cell["servers"] > 0.05
