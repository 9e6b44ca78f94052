"""The templates that come with the framework, as the API shows them."""

from __future__ import annotations

import functools

from netwright_studio.errors import NotFoundError
from netwright_studio.schemas.templates import Template


class Gallery:
    """Networks that work, read on first use; the framework's ``netwright.templates`` is where they are defined."""

    @functools.cached_property
    def _templates(self) -> dict[str, Template]:
        from netwright import templates

        return {found.id: Template.model_validate(found.model_dump()) for found in templates.all()}

    def list(self) -> list[Template]:
        """Return all templates, from simple to involved."""
        return list(self._templates.values())

    def get(self, ident: str) -> Template:
        """Return a template or raise NotFoundError."""
        if ident not in self._templates:
            raise NotFoundError.of("template", ident)
        return self._templates[ident]
