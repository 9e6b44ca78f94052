"""``python -m netwright.cli`` is ``netwright``."""

from __future__ import annotations

from . import main

main()
