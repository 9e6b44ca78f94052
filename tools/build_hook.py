"""Hatch runs this before it packs or installs Netwright: it brings the studio's page up to date."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Hatch loads this file by its path, so its folder is not on the import path yet.
sys.path.insert(0, str(Path(__file__).resolve().parent))

import page


class PageHook(BuildHookInterface[Any]):
    """Build `frontend/` into `backend/netwright_studio/static`; NETWRIGHT_SKIP_PAGE leaves it as it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Hatch's call before each target, an editable install included."""
        if not os.environ.get("NETWRIGHT_SKIP_PAGE"):
            page.build(say=self.app.display_info)
