"""Keys and links as requests need them: found without a query where they were just found, and marked as used."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from netwright_studio.store.access import SecretStore, digest_of
from netwright_studio.store.tables import ApiKey, ShareLink

FRESH = 2.0
"""Seconds in which another process's revocation may not be known yet; one's own is known at once."""
MARK_EVERY = 60.0
KEPT = 256
logger = logging.getLogger(__name__)
Row = TypeVar("Row", ApiKey, ShareLink)


class Keyring(Generic[Row]):
    """Finds rows by their secret. Used from one event loop; the database is asked in threads."""

    def __init__(self, store: SecretStore[Row], clock: Callable[[], float] = time.monotonic) -> None:
        self.store: SecretStore[Row] = store
        self._clock = clock
        self._found: OrderedDict[str, tuple[Row, float]] = OrderedDict()
        self._marked: dict[str, float] = {}

    async def find(self, secret: str) -> Row | None:
        """Return what a secret opens, ended or not; None where it opens nothing."""
        digest, moment = digest_of(secret), self._clock()
        row, until = self._found.get(digest, (None, 0.0))
        if row is None or moment >= until:
            row = await asyncio.to_thread(self.store.find, secret)
            if row is None:
                return None
            self._found[digest] = (row, moment + FRESH)
            self._found.move_to_end(digest)
            while len(self._found) > KEPT:
                self._found.popitem(last=False)
        return row

    async def mark(self, row: Row) -> None:
        """Keep when it was last used, once a minute at most; a database that is busy does not stop the request."""
        moment = self._clock()
        if moment - self._marked.get(row.id, -MARK_EVERY) < MARK_EVERY:
            return
        self._marked[row.id] = moment
        try:
            await asyncio.to_thread(self.store.used, row.id)
        except Exception:
            logger.warning("the last use of %s could not be kept", row.id, exc_info=True)

    def forget(self) -> None:
        """Look everything up anew: something was revoked."""
        self._found.clear()
        self._marked.clear()
