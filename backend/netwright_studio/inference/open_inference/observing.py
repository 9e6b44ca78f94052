"""The logging and trace extensions: what is told of requests, changed while the server runs.

Nothing is written where a request says: logs and traces go where the studio's logs go.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping
from typing import Any

from netwright_studio.inference.open_inference.problems import ProtocolError
from netwright_studio.inference.stats import ModelStats

LOGGER = "netwright_studio"
traces = logging.getLogger("netwright_studio.traces")

_LEVELS = {"log_info": logging.INFO, "log_warning": logging.WARNING, "log_error": logging.ERROR}


class LogSettings(logging.Filter):
    """Which messages of the studio are told; a filter of its loggers' handlers."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = dict.fromkeys(_LEVELS, True)
        self._verbose = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a message is shown."""
        for name, level in _LEVELS.items():
            if record.levelno == level:
                return self._shown[name]
        return True

    def describe(self) -> dict[str, Any]:
        """Return the settings in the protocol's words."""
        return {"log_file": "", **self._shown, "log_verbose_level": self._verbose, "log_format": "default"}

    def update(self, changes: Mapping[str, Any]) -> None:
        """Change the settings that are named; ProtocolError, and nothing changed, where one cannot be."""
        shown, verbose = dict(self._shown), self._verbose
        for name, value in changes.items():
            if name in _LEVELS and isinstance(value, bool):
                shown[name] = value
            elif name == "log_verbose_level" and type(value) is int and 0 <= value <= 10:
                verbose = value
            elif (name, value) not in (("log_file", ""), ("log_format", "default")):
                raise ProtocolError(f"the log setting '{name[:80]}' cannot be changed to that")
        self._shown, self._verbose = shown, verbose
        logging.getLogger(LOGGER).setLevel(logging.DEBUG if verbose else logging.NOTSET)


_DEFAULTS: dict[str, Any] = {
    "trace_file": "",
    "trace_level": ["OFF"],
    "trace_rate": "1000",
    "trace_count": "-1",
    "log_frequency": "0",
    "trace_mode": "triton",
}


class TraceSettings:
    """How many requests are traced: of all models, and of those that have settings of their own."""

    def __init__(self) -> None:
        self._general = dict(_DEFAULTS)
        self._own: dict[str, dict[str, Any]] = {}
        self._seen = itertools.count(1)
        self._left: dict[str, int] = {}

    @property
    def active(self) -> bool:
        """Whether any request may have to be traced."""
        return any(one["trace_level"] != ["OFF"] for one in (self._general, *self._own.values()))

    def describe(self, model: str | None) -> dict[str, Any]:
        """Return the settings that hold for a model, or the general ones."""
        return {**self._general, **self._own.get(model or "", {})}

    def update(self, model: str | None, changes: Mapping[str, Any]) -> None:
        """Change settings; null takes a model's own back, and a general one back to how it began."""
        checked = {name: _check(name, value) for name, value in changes.items()}
        target = self._general if model is None else dict(self._own.get(model, {}))
        for name, value in checked.items():
            if value is not None:
                target[name] = value
            elif model is None:
                target[name] = _DEFAULTS[name]
            else:
                target.pop(name, None)
        if model is not None and target:
            self._own[model] = {"trace_level": self._general["trace_level"], **target}
        elif model is not None:
            self._own.pop(model, None)
        self._left[model or ""] = int(self.describe(model)["trace_count"])

    def wants(self, model: str) -> bool:
        """Tell whether this request is one to trace."""
        settings = self.describe(model)
        if settings["trace_level"] == ["OFF"] or next(self._seen) % max(1, int(settings["trace_rate"])):
            return False
        key = model if model in self._own else ""
        left = self._left.get(key, -1)
        if left == 0:
            return False
        if left > 0:
            self._left[key] = left - 1
        return True

    def write(self, model: str, version: int, ident: str | None, times: Mapping[str, int], stats: ModelStats) -> None:
        """Log one trace: nanoseconds at which its stages began."""
        facts = {"model": model, "version": version, "id": ident, "timestamps": dict(times), "so_far": stats.succeeded}
        traces.info("trace of a request to %s", model, extra={"trace": facts})


def _check(name: str, value: Any) -> Any:
    if value is None and name in _DEFAULTS:
        return None
    if name == "trace_level" and isinstance(value, list) and value and set(value) <= {"OFF", "TIMESTAMPS"}:
        return ["OFF"] if "OFF" in value else ["TIMESTAMPS"]
    whole = isinstance(value, str) and value.removeprefix("-").isdigit() and len(value) < 10
    if name == "trace_rate" and whole and int(value) >= 1:
        return value
    if name in ("trace_count", "log_frequency") and whole and int(value) >= -1:
        return value
    if (name, value) in (("trace_file", ""), ("trace_mode", "triton")):
        return value
    raise ProtocolError(f"the trace setting '{name[:80]}' cannot be changed to that")
