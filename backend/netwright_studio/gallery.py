"""The templates that come with the studio."""

from __future__ import annotations

import functools
from importlib import resources

from netwright_studio.errors import NotFoundError
from netwright_studio.schemas.templates import Template


class Gallery:
    """Networks that work, read from the JSON files of the package on first use."""

    @functools.cached_property
    def _templates(self) -> dict[str, Template]:
        folder = resources.files("netwright_studio") / "templates"
        files = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
        templates = [Template.model_validate_json(file.read_bytes()) for file in files]
        return {template.id: template for template in templates}

    def list(self) -> list[Template]:
        """Return all templates, from simple to involved."""
        return list(self._templates.values())

    def get(self, ident: str) -> Template:
        """Return a template or raise NotFoundError."""
        if ident not in self._templates:
            raise NotFoundError.of("template", ident)
        return self._templates[ident]
