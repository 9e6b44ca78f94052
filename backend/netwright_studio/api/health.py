"""Whether the studio works, for whoever watches over it; no token is asked for, so nothing else is said."""

from __future__ import annotations

from fastapi import APIRouter

from netwright_studio.api.deps import StoreDep

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def get_health(store: StoreDep) -> dict[str, str]:
    """Answer once the database does."""
    store.database.check()
    return {"status": "ok"}
