"""Loggers that write level, time, process and place (MXNet's ``mx.log``)."""

from __future__ import annotations

import logging
from logging import CRITICAL, DEBUG, ERROR, INFO, NOTSET, WARNING

__all__ = ["CRITICAL", "DEBUG", "ERROR", "INFO", "NOTSET", "WARNING", "get_logger"]

_LETTERS = {CRITICAL: "C", ERROR: "E", WARNING: "W", INFO: "I", DEBUG: "D"}
_made: set[str] = set()


class _Formatter(logging.Formatter):
    """``I0131 23:59:59 4711 program.py:main:12] text``, the first part in the colour of the level."""

    def __init__(self) -> None:
        super().__init__(datefmt="%m%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        colour = 31 if record.levelno >= WARNING else 32 if record.levelno >= INFO else 34
        letter = _LETTERS.get(record.levelno, "U")
        place = f"{record.process} {record.pathname}:{record.funcName}:{record.lineno}"
        text = f"\x1b[{colour}m{letter}{self.formatTime(record, self.datefmt)} {place}]\x1b[0m {record.getMessage()}"
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return text


def get_logger(
    name: str | None = None, filename: str | None = None, filemode: str | None = None, level: int = WARNING
) -> logging.Logger:
    """The logger of that name, made at the first call; it writes to a file where one is given, else to stderr.

    Without a name it is Python's root logger, as it is.
    """
    logger = logging.getLogger(name)
    if name is None or name in _made:
        return logger
    _made.add(name)
    handler: logging.Handler
    if filename:
        handler = logging.FileHandler(filename, filemode or "a")
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(_Formatter())
    logger.addHandler(handler)
    logger.setLevel(level)
    return logger
