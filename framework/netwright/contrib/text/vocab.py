"""The vocabulary where MXNet's ``contrib.text`` has it."""

from __future__ import annotations

from ...gluon.contrib.data.vocabulary import Vocabulary

__all__ = ["Vocabulary"]
