"""The real server in a process of its own, with a data folder of its own."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

READY = re.compile(r"Ready: (http://\S+)")
START_SECONDS = 120
LOOK_AGAIN_SECONDS = 0.05
ENDED = ("completed", "failed", "stopped")


class Studio:
    """`netwright serve` on a free port; `kill` is kill -9, `start` takes the same port and folder again."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.environment = environment
        self.url = ""
        self._process: subprocess.Popen[str] | None = None
        self._made: set[str] = set()
        self._begun: dict[str, dict[str, Any]] = {}

    def start(self) -> None:
        port = self.url.rpartition(":")[2] or "0"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "netwright.cli", "serve", "--port", port, "--home", str(self.home)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                **os.environ,
                "NETWRIGHT_HOME": str(self.home),
                # A machine that measures itself in the background is no quiet place for a test.
                "NETWRIGHT_PREPARE_MACHINE": "false",
                "NO_COLOR": "1",
                **self.environment,
            },
        )
        try:
            self.url = self._wait_until_ready(self._process)
        except BaseException:
            self.kill()
            raise

    def _wait_until_ready(self, process: subprocess.Popen[str]) -> str:
        lines: queue.Queue[str | None] = queue.Queue()

        def read() -> None:
            assert process.stdout is not None
            with process.stdout as output:
                for line in output:
                    lines.put(line)
                    print(line, end="")  # pytest shows it with the test that fails
            lines.put(None)

        threading.Thread(target=read, daemon=True).start()
        said = ""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                line = lines.get(timeout=1)
            except queue.Empty:
                continue
            if line is None:
                raise RuntimeError(f"the studio ended before it was ready:\n{said}")
            said += line
            if found := READY.search(line):
                return found[1]
        raise RuntimeError(f"the studio was not ready after {START_SECONDS} s:\n{said}")

    @property
    def pid(self) -> int:
        """The server's process; 0 where it has ended."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else 0

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The REST API without the page, to prepare and to check."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"{self.url}/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as reply:
            content = reply.read()
        return json.loads(content) if content else None

    def create_project(self, template: str, *, name: str = "", **settings: Any) -> dict[str, Any]:
        project: dict[str, Any] = self.call("POST", "api/projects", {"name": name or template, "template": template})
        self._made.add(project["id"])
        if settings:
            change = {"revision": project["revision"], "settings": {**project["settings"], **settings}}
            project = self.call("PUT", f"api/projects/{project['id']}", change)
        return project

    def train(self, template: str, *, name: str = "", **settings: Any) -> dict[str, Any]:
        """Trains a template to its end; the run as it then is."""
        project = self.create_project(template, name=name, **settings)
        run = self.call("POST", "api/runs", {"project": project["id"]})
        return self.wait_for_run(run["id"], "completed")

    def begin(self, template: str, **settings: Any) -> str:
        """A training that all who ask for the same share; the run's id. They only look at what comes of it."""
        key = json.dumps([template, settings], sort_keys=True)
        if key not in self._begun:
            project = self.create_project(template, **settings)
            self._begun[key] = self.call("POST", "api/runs", {"project": project["id"]})
        return str(self._begun[key]["id"])

    def trained(self, template: str, **settings: Any) -> dict[str, Any]:
        """The end of such a training."""
        return self.wait_for_run(self.begin(template, **settings), "completed")

    def wait_for_run(self, run_id: str, state: str, seconds: float = 90) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            run: dict[str, Any] = self.call("GET", f"api/runs/{run_id}")
            if run["state"] == state:
                return run
            if run["state"] in ENDED:
                break
            time.sleep(LOOK_AGAIN_SECONDS)
        raise AssertionError(f"the run is {run['state']} ({run['state_reason']}), wanted {state}")

    def clear_away(self) -> None:
        """Stop what still trains and delete the projects made here, save those whose training is shared."""
        for run in self.call("GET", "api/runs?limit=200")["items"]:
            if run["state"] not in (*ENDED, "interrupted"):
                with contextlib.suppress(urllib.error.HTTPError):  # it may just have ended
                    self.call("POST", f"api/runs/{run['id']}/stop")
        shared = {run["project"] for run in self._begun.values()}
        for project in self._made - shared:
            with contextlib.suppress(urllib.error.HTTPError):  # a test may have deleted it itself
                self.call("DELETE", f"api/projects/{project}")
        self._made &= shared
