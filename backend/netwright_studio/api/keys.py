"""API keys: made, listed, revoked. No key comes here, only who opened the studio itself."""

from __future__ import annotations

from typing import Any

from netwright_studio.api.deps import IdPath, Limit, Offset, StudioDep
from netwright_studio.api.routing import resource_router
from netwright_studio.schemas.access import Key, KeyCreate, NewKey
from netwright_studio.schemas.common import Items
from netwright_studio.store.access import has_ended
from netwright_studio.store.tables import ApiKey

router = resource_router("keys")


def _public(row: ApiKey, **more: Any) -> dict[str, Any]:
    fields = Key.model_fields.keys() - {"active"}
    return {**{name: getattr(row, name) for name in fields}, "active": not has_ended(row), **more}


@router.get("", response_model=Items[Key])
def list_keys(studio: StudioDep, limit: Limit = 50, offset: Offset = 0) -> dict[str, Any]:
    """Keys, the newest first, those that were revoked too."""
    rows, total = studio.keys.store.page(limit, offset)
    return {"items": [_public(row) for row in rows], "total": total}


@router.post("", status_code=201, response_model=NewKey)
def create_key(studio: StudioDep, body: KeyCreate) -> dict[str, Any]:
    """Make a key; its secret is in this answer and nowhere else."""
    row, secret = studio.keys.store.create(name=body.name, scope=body.scope, expires_at=body.expires_at)
    return _public(row, secret=secret)


@router.delete("/{key_id}", status_code=204)
async def revoke_key(studio: StudioDep, key_id: IdPath) -> None:
    """Revoke a key at once; one that has ended goes from the list."""
    await studio.revoke(studio.keys, key_id)
