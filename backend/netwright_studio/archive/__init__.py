"""A project in one file: its graph and versions, data, runs and models, in a zip that any studio opens again."""

from __future__ import annotations

from netwright_studio.archive.opening import open_archive
from netwright_studio.archive.packing import Choice, pack_project
from netwright_studio.archive.parts import list_parts
from netwright_studio.archive.staging import hold_file, sweep

__all__ = ["Choice", "hold_file", "list_parts", "open_archive", "pack_project", "sweep"]
