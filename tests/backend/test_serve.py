"""The real server in a process of its own: started, killed, started again."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import typer
from pydantic import SecretStr
from tests.backend.conftest import FAKE_WORKER, add_run
from tests.backend.test_api import MLP
from typer.testing import CliRunner
from websockets.sync.client import connect

from netwright_studio import handbook
from netwright_studio.calibration import Calibration
from netwright_studio.serve import addresses, expose, register
from netwright_studio.settings import Settings
from netwright_studio.store import open_store

START = "import typer; from netwright_studio.serve import register; app = typer.Typer(); register(app); app()"
SECONDS = 40.0


class Server:
    """``netwright serve`` on a free port, with the fake worker unless told otherwise."""

    def __init__(
        self, home: Path, *, real: bool = False, host: str = "127.0.0.1", arguments: tuple[str, ...] = ()
    ) -> None:
        environment = {**os.environ, "NETWRIGHT_HOME": str(home)}
        if not real:
            environment["NETWRIGHT_WORKER_COMMAND"] = json.dumps(FAKE_WORKER)
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, "serve", "--port", "0", "--host", host, *arguments],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        assert self.process.stderr is not None
        said = ""
        for line in self.process.stderr:
            said += line
            if match := re.search(r"(http://127\.0\.0\.1:\d+)(?:/\?token=(\w+))?", line):
                self.address, self.token = match.group(1, 2)
                break
        else:
            raise AssertionError(said)
        self.http = httpx.Client(base_url=self.address, timeout=30)

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()

    def post(self, path: str, **body: Any) -> Any:
        return self.http.post(path, json=body or None).raise_for_status().json()

    def until(self, run: str, test: Any) -> Any:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            row = self.get(f"/api/runs/{run}")
            if test(row):
                return row
            time.sleep(0.01)
        raise AssertionError(row)

    def kill(self) -> None:
        self.process.kill()
        self.close()

    def close(self) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(SECONDS)
        assert self.process.stderr is not None
        self.process.stderr.close()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Any]:
    opened: list[Server] = []

    def start(**options: Any) -> Server:
        opened.append(Server(tmp_path, **options))
        return opened[-1]

    yield start
    for server in opened:
        if server.process.poll() is None:
            server.kill()


def workers_of(home: Path) -> list[int]:
    """Processes whose command line names the folder of a run."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if str(home / "runs").encode() in (place / "cmdline").read_bytes():
                found.append(int(place.name))
        except OSError:
            continue
    return found


def is_over(row: Any) -> bool:
    return row["state"] in ("completed", "stopped", "failed", "interrupted")


def events_of(server: Server, run: str) -> list[Any]:
    events: list[Any] = server.get(f"/api/runs/{run}/events?limit=10000")["events"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    return events


def test_kill_9_of_the_server_loses_nothing_and_leaves_nobody(servers: Any, tmp_path: Path) -> None:
    first = servers()
    long = add_long_run(tmp_path, first)
    waiting = first.post("/api/runs", graph=MLP, dataset="iris")["id"]
    first.until(long, lambda row: row["step"] >= 25)
    seen = events_of(first, long)
    assert len(workers_of(tmp_path)) == 2, "a worker and its keeper"
    first.kill()
    deadline = time.monotonic() + 5
    while workers_of(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert workers_of(tmp_path) == []

    second = servers()
    assert second.until(long, is_over)["step"] == 60, "it goes on by itself"
    everything = events_of(second, long)
    assert everything[: len(seen)] == seen
    (crash,) = (n for n, event in enumerate(everything) if event["data"].get("state") == "interrupted")
    assert "while this run was running" in everything[crash]["data"]["reason"]
    events = everything[:crash]
    assert second.until(waiting, is_over)["step"] == 20, "what was queued is still done"
    steps = second.get(f"/api/runs/{long}/series")["series"]["train_loss"]["step"]
    recorded = max(event["data"]["step"] for event in events if event["type"] == "metrics")
    states = [event["data"] for event in events_of(second, long) if event["type"] == "state"]
    (origin,) = (data["resumed_from_step"] for data in states if "resumed_from_step" in data)
    # A checkpoint may be newer than what the server had heard when it died; then the points between are not known.
    assert steps == [*range(1, min(recorded, origin) + 1), *range(origin + 1, 61)]
    second.close()
    assert second.process.returncode == 0


def add_long_run(home: Path, server: Server) -> str:
    """Queue a run that only the fake worker understands; the server finds it when it next looks at its queue."""
    store = open_store(Settings(home=home))
    run = add_run(store, steps=60, pause=0.02).id
    store.close()
    server.post("/api/runs", graph=MLP, dataset="iris")
    return run


def test_a_real_socket_end_to_end(servers: Any, tmp_path: Path) -> None:
    server = servers()
    run = add_long_run(tmp_path, server)
    address = server.address.replace("http", "ws") + f"/api/runs/{run}/events"
    events: list[Any] = []
    with connect(address, origin=server.address) as stream:
        for message in stream:
            frame = orjson.loads(message)
            events += frame.get("events", [])
    assert frame == {"type": "end"}
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    with pytest.raises(Exception, match="403"):
        connect(address, origin="http://evil.com")


def test_ctrl_c_interrupts_the_run_and_ends_cleanly(servers: Any, tmp_path: Path) -> None:
    server = servers()
    run = add_long_run(tmp_path, server)
    server.until(run, lambda row: row["step"] >= 11)
    server.close()
    assert server.process.returncode == 0
    assert workers_of(tmp_path) == []
    again = servers()
    row = again.get(f"/api/runs/{run}")
    assert (row["state"], row["resumable"]) == ("interrupted", True)


def test_the_second_start_is_quick(servers: Any) -> None:
    servers().close()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    server = servers()
    server.get("/api/system")
    server.close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The processor's time: the promise of 5 seconds is for a machine that does nothing else.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5


runner = CliRunner()


def call(*arguments: str) -> Any:
    app = typer.Typer(pretty_exceptions_enable=False)
    register(app)
    return runner.invoke(app, ("serve", *arguments))


def test_where_others_can_reach_it_a_token_is_made_and_told_once(servers: Any) -> None:
    server = servers(host="0.0.0.0")
    assert len(server.token) == 48
    assert server.http.get("/api/system").status_code == 401
    assert server.http.get("/healthz").json() == {"status": "ok"}
    page = server.http.get(f"/?token={server.token}", follow_redirects=True)
    assert "token" not in str(page.url)
    assert server.http.get("/api/system").status_code == 200
    server.process.send_signal(signal.SIGINT)
    assert server.token not in server.process.stderr.read()
    server.close()


def test_a_token_that_is_too_short_is_told_but_not_repeated(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETWRIGHT_TOKEN", "zyx987")
    done = call("--port", "0")
    assert done.exit_code == 1
    assert "NETWRIGHT_TOKEN" in done.output
    assert "zyx987" not in done.output


def test_a_token_of_ones_own_is_not_printed() -> None:
    own = Settings(host="0.0.0.0", token=SecretStr("x" * 16))
    settings, made = expose(own)
    assert made is None
    assert settings.token == own.token
    assert socket.gethostname() in settings.allowed_hosts
    assert not any("token" in address for address in addresses(settings, 8000, made))
    assert expose(Settings())[1] is None


def test_a_port_that_is_taken_is_told(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = call("--port", str(taken.getsockname()[1]))
    assert done.exit_code == 1
    assert "--port" in done.output
    assert "Traceback" not in done.output


def test_a_folder_that_is_taken_is_told(home: Path) -> None:
    from netwright_studio.store.lock import FolderLock

    with FolderLock(home):
        done = call("--port", "0")
    assert done.exit_code == 1
    assert str(os.getpid()) in done.output
    assert "NETWRIGHT_HOME" in done.output


def test_the_documentation_is_found_without_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(handbook.webbrowser, "open", opened.append)
    monkeypatch.setattr(handbook.find, "__defaults__", (tmp_path,))
    app = typer.Typer(pretty_exceptions_enable=False)
    register(app)
    missing = runner.invoke(app, ["docs"])
    assert missing.exit_code == 1
    assert "make docs" in missing.output
    (tmp_path / "index.html").write_text("start")
    found = runner.invoke(app, ["docs", "--open"])
    assert found.exit_code == 0
    assert found.output.strip() == (tmp_path / "index.html").as_uri()
    assert opened == [found.output.strip()]


def test_the_machine_is_measured_behind_the_page(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In a process of its own, told in the log; leaving ends it at once."""
    program = "import os; print(os.environ['NETWRIGHT_HOME']); print('measured')"
    with caplog.at_level("INFO"), Calibration(tmp_path, 0, [[sys.executable, "-c", program]]) as calibration:
        calibration._thread.join()
    assert f"preparing: {tmp_path}" in caplog.text
    assert "preparing: measured" in caplog.text
    caplog.clear()
    with Calibration(tmp_path, 0, [[sys.executable, "-c", "raise SystemExit(3)"]]) as calibration:
        calibration._thread.join()
    assert "status 3)" in caplog.text
    with Calibration(tmp_path, 0, [[str(tmp_path / "nothing")]]) as calibration:
        calibration._thread.join()
    assert "could not be prepared" in caplog.text


def test_leaving_does_not_wait_for_the_measurement(tmp_path: Path) -> None:
    marker = tmp_path / "started"
    program = f"import pathlib, time; pathlib.Path({str(marker)!r}).touch(); time.sleep(60)"
    with Calibration(tmp_path, 0, [[sys.executable, "-c", program]]) as calibration:
        while not marker.exists():
            time.sleep(0.01)
    assert not calibration._thread.is_alive()
    with Calibration(tmp_path, 60, [[sys.executable, "-c", program]]) as calibration:
        pass
    assert calibration._process is None
