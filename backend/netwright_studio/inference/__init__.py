"""Trained models: kept in folders, loaded within a memory budget, served in batches."""

from __future__ import annotations

from netwright_studio.inference.repository import ModelRepository
from netwright_studio.inference.server import ModelServer

__all__ = ["ModelRepository", "ModelServer"]
