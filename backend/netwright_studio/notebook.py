"""The studio from a notebook: start it or find it, send it networks, watch runs, ask models.

>>> from netwright_studio.notebook import Studio
>>> with Studio.start() as studio:                                        # doctest: +SKIP
...     project = studio.create_project("digits", template="mlp-digits")
...     run = studio.train(project)
...     run.watch()                                                        # curves that grow below the cell
...     studio.predict(run.model, [studio.sample("digits", "test", 0)])
"""

from __future__ import annotations

import atexit
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from html import escape
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import connect
from websockets.typing import Origin

from netwright.errors import NetwrightError
from netwright.graph import from_block, from_symbol
from netwright.notebook import LiveCurves

READY = re.compile(r"Ready: (http://\S+)")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
"""A notebook's kernel asks all programs for colours, whatever NO_COLOR says."""
START_SECONDS = 60
ENDED = ("completed", "stopped", "failed", "interrupted")


class Studio:
    """A running studio, by its address (and its token, where it asks for one)."""

    def __init__(self, url: str = "http://127.0.0.1:8000", token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._process: subprocess.Popen[str] | None = None

    @classmethod
    def start(cls, home: Path | str | None = None, port: int = 0) -> Self:
        """Start a studio on this machine, on a free port when none is given; it ends with ``stop()`` or with Python."""
        command = [sys.executable, "-m", __name__, "serve", "--port", str(port)]
        if home is not None:
            command += ["--home", str(home)]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
        )
        studio = cls(_wait_until_ready(process))
        studio._process = process
        atexit.register(studio.stop)
        return studio

    def stop(self) -> None:
        """End the studio that ``start()`` began; runs that are on their way can be resumed at the next start."""
        process, self._process = self._process, None
        atexit.unregister(self.stop)
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    # ------------------------------------------------------------------------------------------------ what it can do
    def create_project(
        self, name: str, network: Any = None, *, template: str | None = None, dataset: str | None = None
    ) -> dict[str, Any]:
        """A new project from a template, or from a network and a data set's id.

        ``network`` is a graph JSON, a Symbol or a HybridBlock (called on one input, ``data``).
        """
        body: dict[str, Any] = {"name": name, "template": template, "dataset": dataset}
        if network is not None:
            body["graph"] = to_graph(network)
        return dict(self._ask("POST", "/api/projects", {k: v for k, v in body.items() if v is not None}))

    def check(self, network: Any, dataset: str | None = None, batch_size: int = 32) -> dict[str, Any]:
        """Shapes, counts and problems of a network, as the page shows them."""
        body = {"graph": to_graph(network), "dataset": dataset, "batch_size": batch_size}
        return dict(self._ask("POST", "/api/graphs/check", body))

    def train(self, project: dict[str, Any], **settings: Any) -> Run:
        """Start a run of a project; ``settings`` replace single ones of the project's (``epochs=3``)."""
        body: dict[str, Any] = {"project": project["id"]}
        body["settings"] = {**(project["settings"] or {}), **settings}
        return Run(self, self._ask("POST", "/api/runs", body)["id"])

    def runs(self) -> list[Run]:
        """The newest runs."""
        return [Run(self, item["id"]) for item in self._ask("GET", "/api/runs?limit=50")["items"]]

    def models(self) -> list[str]:
        """The names of the trained models."""
        return [item["name"] for item in self._ask("GET", "/api/models")["items"]]

    def sample(self, dataset: str, split: str, index: int) -> Any:
        """One raw sample of a data set, in the form ``predict`` takes."""
        return self._ask("GET", f"/api/datasets/{dataset}/samples/{split}/{index}")["input"]

    def predict(self, model: str, inputs: list[Any]) -> list[dict[str, Any]]:
        """What a trained model says to raw inputs (rows, nested lists): preprocessing is included."""
        answer = self._ask("POST", f"/api/models/{urllib.parse.quote(model, safe='')}/predict", {"inputs": inputs})
        return list(answer["predictions"])

    # --------------------------------------------------------------------------------------------------- how it asks
    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"content-type": "application/json"}
        if self._token is not None:
            headers["authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise _refusal(error) from None
        except urllib.error.URLError as error:
            raise NetwrightError(
                "the studio does not answer",
                where=self.url,
                got=str(error.reason),
                remedy="Start it with Studio.start(), or give the address of one that runs",
            ) from None

    def _repr_html_(self) -> str:
        return f'<a href="{escape(self.url)}" target="_blank">The studio at {escape(self.url)}</a>'

    def __repr__(self) -> str:
        return f"<Studio {self.url}>"


class Run:
    """One training of a studio."""

    def __init__(self, studio: Studio, run_id: str) -> None:
        self.studio = studio
        self.id = run_id

    @property
    def info(self) -> dict[str, Any]:
        """How it stands: state, step, last metrics, model."""
        return dict(self.studio._ask("GET", f"/api/runs/{self.id}"))

    @property
    def state(self) -> str:
        return str(self.info["state"])

    @property
    def model(self) -> str | None:
        """The name of the model it has made; None until it is completed."""
        made = self.info["model"]
        return None if made is None else str(made["name"])

    def pause(self) -> None:
        self.studio._ask("POST", f"/api/runs/{self.id}/pause")

    def resume(self) -> None:
        self.studio._ask("POST", f"/api/runs/{self.id}/resume")

    def stop(self) -> None:
        self.studio._ask("POST", f"/api/runs/{self.id}/stop")

    def watch(self, *names: str) -> dict[str, Any]:
        """Draw its curves below the cell until it is over; return how it ended. Interrupting leaves the run alone."""
        curves = LiveCurves(names, title=f"run {self.id}")
        address = f"{self.studio.url.replace('http', 'ws', 1)}/api/runs/{self.id}/events"
        headers = {"Authorization": f"Bearer {self.studio._token}"} if self.studio._token else None
        origin = Origin(self.studio.url)
        last = 0
        while True:
            with connect(f"{address}?after={last}", origin=origin, additional_headers=headers) as socket:
                for message in socket:
                    frame = json.loads(message)
                    for event in frame.get("events", ()):
                        last = event["seq"]
                        if event["type"] == "metrics":
                            curves.add(event["data"]["step"], **_numbers(event["data"]["values"]))
                    if frame["type"] == "end":
                        curves.draw()
                        return self.info
            time.sleep(0.2)  # closed too early (the server is being restarted): go on from the last event

    def _repr_html_(self) -> str:
        info = self.info
        metrics = "".join(f"<td>{escape(k)}</td><td>{escape(f'{v}')}</td>" for k, v in info["metrics"].items())
        link = f'<a href="{escape(self.studio.url)}/runs/{escape(self.id)}" target="_blank">{escape(info["name"])}</a>'
        return f"<table><tr><td>{link}</td><td>{escape(info['state'])}</td>{metrics}</tr></table>"


def to_graph(network: Any) -> dict[str, Any]:
    """The graph JSON of what people hold in a notebook."""
    from netwright.gluon import HybridBlock
    from netwright.symbol import Symbol

    if isinstance(network, Symbol):
        return from_symbol(network)
    if isinstance(network, HybridBlock):
        return from_block(network)
    if isinstance(network, dict):
        return network
    raise NetwrightError(
        "this is no network the studio knows",
        wanted="a graph JSON, a Symbol or a HybridBlock",
        got=type(network).__name__,
    )


def _numbers(values: dict[str, Any]) -> dict[str, float]:
    """Metrics without what is no curve; NaN and infinities travel as texts."""
    return {name: float(value) for name, value in values.items() if name != "lr"}


def _refusal(error: urllib.error.HTTPError) -> NetwrightError:
    """The studio's error as ours, with its parts."""
    try:
        told = json.load(error)["error"]
    except (ValueError, KeyError, TypeError):
        return NetwrightError(f"the studio answered {error.code}", where=error.url)
    details = told.get("details") or [{}]
    message = told["message"] if len(details) != 1 else details[0].get("message", told["message"])
    return NetwrightError(
        message, where=told.get("where"), wanted=told.get("wanted"), got=told.get("got"), remedy=told.get("remedy")
    )


def _wait_until_ready(process: subprocess.Popen[str]) -> str:
    """The address that the starting studio tells; its further output is read and let go, lest it block."""
    assert process.stdout is not None
    output = process.stdout
    found: list[str] = []
    told: list[str] = []
    ready = threading.Event()

    def read() -> None:
        with output:
            for raw in output:
                line = COLOURS.sub("", raw)
                if not found:
                    told.append(line)
                if match := READY.search(line):
                    found.append(match[1])
                    ready.set()
        ready.set()

    threading.Thread(target=read, daemon=True, name="studio output").start()
    ready.wait(START_SECONDS)
    if not found:
        process.kill()
        process.communicate()
        raise NetwrightError(
            "the studio did not start", got="".join(told)[-500:] or "nothing", remedy="Try `netwright serve`"
        )
    return found[0]


def _serve_until_left() -> None:
    """``netwright serve`` for as long as the notebook's end of the pipe is open.

    A kernel that is killed closes it too: no studio is left behind, and its runs are interrupted in order.
    """
    from netwright.cli import main

    def wait() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=wait, daemon=True, name="notebook watch").start()
    main()


if __name__ == "__main__":
    _serve_until_left()
