"""Values by key that several devices add gradients to and read weights from (MXNet's ``mx.kv``)."""

from __future__ import annotations

from .base import KVStoreBase, TestStore
from .kvstore import KVStore, create

__all__ = ["KVStore", "KVStoreBase", "TestStore", "create"]
