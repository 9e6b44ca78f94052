"""Hatch runs this before it packs or installs Netwright: it brings the studio's page and documentation up to date."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Hatch loads this file by its path, so its folder is not on the import path yet.
sys.path.insert(0, str(Path(__file__).resolve().parent))

import documentation
import page


class PageHook(BuildHookInterface[Any]):
    """Build `frontend/` and `docs/` into `backend/netwright_studio`; NETWRIGHT_SKIP_PAGE leaves both as they are."""

    def dependencies(self) -> list[str]:
        """What has to be there: the reference is made from the package itself, all of which is imported for it."""
        return [] if _is_skipped() else self.metadata.core.dependencies

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Hatch's call before each target, an editable install included."""
        if not _is_skipped():
            page.build(say=self.app.display_info)
            documentation.build(say=self.app.display_info)


def _is_skipped() -> bool:
    return bool(os.environ.get("NETWRIGHT_SKIP_PAGE"))
