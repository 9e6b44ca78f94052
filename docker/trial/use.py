"""What a person does with a studio that has just been started: look whether it is well, train, ask the model."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from report import Report

TRAINING_SECONDS = 240


class TrialError(Exception):
    """The studio did not do what it should."""


class Studio:
    """Calls a studio's API with its token; a certificate is not looked at, for the trial makes its own."""

    def __init__(self, url: str, token: str, host: str | None = None) -> None:
        self.url, self._token, self._host = url, token, host
        self._context = ssl._create_unverified_context() if url.startswith("https") else None

    def call(self, method: str, path: str, body: object = None, token: bool = True) -> Any:
        """The answer's JSON; raises TrialError with the status where it is not well."""
        status, text = self.ask(method, path, body, token)
        if status >= 400:
            raise TrialError(f"{method} {path} answers {status}: {text[:500]}")
        return json.loads(text) if text else None

    def ask(self, method: str, path: str, body: object = None, token: bool = True) -> tuple[int, str]:
        """(status, text) of an answer."""
        headers = {"Content-Type": "application/json", "Origin": self._origin()}
        if token:
            headers["Authorization"] = f"Bearer {self._token}"
        if self._host:
            headers["Host"] = self._host
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60, context=self._context) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")

    def _origin(self) -> str:
        parts = urlsplit(self.url)
        if self._host is None:
            return f"{parts.scheme}://{parts.netloc}"
        return f"{parts.scheme}://{self._host}:{parts.port}"


def train_and_ask(studio: Studio, report: Report) -> dict[str, Any]:
    """Train a template for two epochs, make a model of it and ask it; what has to hold again after a new start."""
    status, _ = studio.ask("GET", "/api/projects", token=False)
    report.note("without the token", f"answers {status}", ok=status == 401)
    templates = studio.call("GET", "/api/templates")["items"]
    template = next(t for t in templates if t["dataset"] == "digits" and t["family"] == "classification")
    settings = {**template["settings"], "epochs": 2}
    run = studio.call("POST", "/api/runs", {"graph": template["graph"], "dataset": "digits", "settings": settings})
    ended = _wait_for(studio, run["id"])
    report.note("the run", f"{ended['state']} after {ended['step']} steps", ok=ended["state"] == "completed")
    model = f"/v2/models/{ended['model']['name']}/versions/{ended['model']['version']}"
    answer = ask(studio, model)
    report.note("the model's answer", answer["outputs"][0]["shape"])
    return {"run": run["id"], "model": model, "answer": answer}


def ask(studio: Studio, model: str) -> Any:
    """The answer of the model at that address to a zero of its input's shape, by the Open Inference Protocol."""
    wanted = studio.call("GET", model)["inputs"][0]
    shape = [1, *wanted["shape"][1:]]
    count = 1
    for size in shape:
        count *= size
    given = {"name": wanted["name"], "shape": shape, "datatype": wanted["datatype"], "data": [0.0] * count}
    return studio.call("POST", f"{model}/infer", {"inputs": [given]})


def ask_again(studio: Studio, known: dict[str, Any], report: Report) -> None:
    """After a new start: the run is there, and its model says the same."""
    run = studio.call("GET", f"/api/runs/{known['run']}")
    report.note("the run after a new start", run["state"], ok=run["state"] == "completed")
    same = ask(studio, known["model"])["outputs"] == known["answer"]["outputs"]
    report.note("the model after a new start", "says the same" if same else "says something else", ok=same)


def through_proxy(studio: Studio, known: dict[str, Any], report: Report) -> None:
    """The page and the API under a sub-path of nginx; other names are refused."""
    status, page = studio.ask("GET", "/runs")
    report.note("the page under a sub-path", f"answers {status}", ok=status == 200 and '<base href="./"' in page)
    same = ask(studio, known["model"])["outputs"] == known["answer"]["outputs"]
    report.note("the model through the proxy", "says the same" if same else "says something else", ok=same)
    other = Studio(studio.url, studio._token, host="somebody.else")
    status, _ = other.ask("GET", "/api/projects")
    report.note("another name", f"answers {status}", ok=400 <= status < 500)


def _wait_for(studio: Studio, run: str) -> Any:
    end = time.monotonic() + TRAINING_SECONDS
    while time.monotonic() < end:
        found = studio.call("GET", f"/api/runs/{run}")
        if found["state"] in ("completed", "failed", "stopped", "interrupted"):
            return found
        time.sleep(0.5)
    raise TrialError(f"the run did not end within {TRAINING_SECONDS} s")
