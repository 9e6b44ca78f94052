"""Contributed convolutions (MXNet's ``gluon.contrib.cnn``)."""

from __future__ import annotations

__all__: list[str] = []
