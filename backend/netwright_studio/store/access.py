"""API keys and share links in the database. A secret is told once, when it is made; what is kept is its SHA-256.

These secrets are 160 random bits: nobody finds one by trying, so a plain hash keeps them as safe as a slow one would.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, delete, func, select, update

from netwright_studio.errors import ConflictError, NotFoundError
from netwright_studio.store.database import Database, new_id
from netwright_studio.store.tables import ApiKey, ShareLink, now

MOST = 500
"""Keys, and links, that are kept at one time."""
HINT = 8
KEY_PREFIX = "nwk_"
"""What every API key begins with, so that people and scanners know one when they see it."""

Row = TypeVar("Row", ApiKey, ShareLink)


def digest_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class SecretStore(Generic[Row]):
    """Makes, finds, lists and ends what is opened by a secret."""

    def __init__(self, database: Database, table: type[Row], kind: str, prefix: str) -> None:
        self._database, self._kind, self._prefix = database, kind, prefix
        self._table: type[Row] = table

    def create(self, **columns: Any) -> tuple[Row, str]:
        """Store a new one, and return it with its secret; ConflictError where there are too many."""
        secret = self._prefix + secrets.token_hex(20)
        row = self._table(id=new_id(), digest=digest_of(secret), hint=secret[: len(self._prefix) + HINT], **columns)
        with self._database.write() as session:
            if (session.scalar(select(func.count()).select_from(self._table)) or 0) >= MOST:
                raise ConflictError(
                    f"There are {MOST} {self._kind}s already.",
                    where=self._kind,
                    remedy="Delete some that are not used.",
                )
            session.add(row)
        return row, secret

    def find(self, secret: str) -> Row | None:
        """Return what a secret opens, ended or not; None where it opens nothing."""
        with self._database.read() as session:
            return session.scalar(select(self._table).where(self._table.digest == digest_of(secret)))

    def page(self, limit: int, offset: int, *conditions: ColumnElement[bool]) -> tuple[list[Row], int]:
        """Return a page, the newest first, and how many there are."""
        with self._database.read() as session:
            total = session.scalar(select(func.count()).select_from(self._table).where(*conditions)) or 0
            query = select(self._table).where(*conditions).order_by(self._table.created_at.desc(), self._table.id)
            return list(session.scalars(query.limit(limit).offset(offset))), total

    def revoke(self, ident: str) -> None:
        """End one for good; one that has ended already goes from the list. NotFoundError where there is none."""
        with self._database.write() as session:
            row = session.get(self._table, ident)
            if row is None:
                raise NotFoundError.of(self._kind, ident)
            if has_ended(row):
                session.execute(delete(self._table).where(self._table.id == ident))
            else:
                row.revoked_at = now()

    def used(self, ident: str) -> None:
        """Note that it was used just now."""
        with self._database.write_fast() as session:
            session.execute(update(self._table).where(self._table.id == ident).values(used_at=now()))


def has_ended(row: ApiKey | ShareLink, moment: datetime | None = None) -> bool:
    """Tell whether a key or link was revoked or its time is over."""
    return row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= (moment or now()))
