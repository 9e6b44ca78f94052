"""Words as numbers and vectors (MXNet's ``contrib.text``)."""

from __future__ import annotations

from . import embedding, utils, vocab

__all__ = ["embedding", "utils", "vocab"]
