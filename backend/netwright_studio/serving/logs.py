"""Logs for people or for programs: lines of text, or one JSON object a line, each with its request's id."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from netwright_studio.jsonio import dumps
from netwright_studio.serving.requests import current_request_id

LogFormat = Literal["text", "json"]

QUIET = ("alembic", "uvicorn")
_KNOWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "request_id"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request_id, what was given as ``extra``, and a trace."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        ident = getattr(record, "request_id", None)
        if ident is not None:
            line["request_id"] = ident
        for name, value in record.__dict__.items():
            if name not in _KNOWN and not name.startswith("_"):
                line[name] = value if isinstance(value, str | int | float | bool | dict | list | None) else str(value)
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return dumps(line).decode()


class TextFormatter(logging.Formatter):
    """Time, level, logger and message; the request's id behind them where there is one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line without a trace."""
        text = super().formatMessage(record)
        ident = getattr(record, "request_id", None)
        return text if ident is None else f"{text} [{ident}]"


class RequestIdFilter(logging.Filter):
    """Writes the id of the request that is being answered into each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if not hasattr(record, "request_id"):
            record.request_id = current_request_id()
        return True


def set_up(log_format: LogFormat, stream: TextIO | None = None, also: logging.Filter | None = None) -> logging.Handler:
    """Send all logs to standard error in one form, and return the handler; what was set up before is replaced."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    handler.addFilter(RequestIdFilter())
    if also is not None:
        handler.addFilter(also)
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, logging.StreamHandler) and one.stream is sys.stderr]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for chatty in QUIET:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return handler
