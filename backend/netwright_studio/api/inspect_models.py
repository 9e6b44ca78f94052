"""Looking inside trained models."""

from __future__ import annotations

from netwright_studio.api.deps import IdPath, StudioDep
from netwright_studio.api.inspecting import add_inspection
from netwright_studio.api.predictions import VersionPath
from netwright_studio.api.routing import resource_router
from netwright_studio.inspecting import Subject

router = resource_router("models")


def find_model(studio: StudioDep, name: IdPath, version: VersionPath) -> Subject:
    """Return the model's network."""
    return studio.subjects.of_model(name, version)


add_inspection(router, "model", "/{name}/versions/{version}", find_model, "test")
