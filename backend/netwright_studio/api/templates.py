"""The gallery."""

from __future__ import annotations

from netwright_studio.api.deps import GalleryDep, IdPath, Limit, Offset
from netwright_studio.api.routing import resource_router
from netwright_studio.schemas.common import Items
from netwright_studio.schemas.templates import Template

router = resource_router("templates")


@router.get("")
def list_templates(gallery: GalleryDep, limit: Limit = 100, offset: Offset = 0) -> Items[Template]:
    """Networks that work, to start from."""
    templates = gallery.list()
    return Items(items=templates[offset : offset + limit], total=len(templates))


@router.get("/{template_id}")
def get_template(gallery: GalleryDep, template_id: IdPath) -> Template:
    """One template."""
    return gallery.get(template_id)
