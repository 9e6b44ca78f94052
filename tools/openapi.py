"""Write the service's OpenAPI description to `frontend/openapi.json`; the page's types are made from it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from netwright_studio.app import create_app
from netwright_studio.settings import Settings

TARGET = Path(__file__).resolve().parent.parent / "frontend" / "openapi.json"


def main() -> None:
    """Describe a studio with an empty data folder."""
    with tempfile.TemporaryDirectory(prefix="netwright-openapi-") as home:
        description = create_app(Settings(home=Path(home))).openapi()
    TARGET.write_text(json.dumps(description, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
