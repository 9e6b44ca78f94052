"""Everything that is measured, into docs/benchmarks.md: ``python -m benchmarks``; takes about half an hour."""

from __future__ import annotations

import subprocess
import sys

from .environment import ROOT

COMMANDS = ("training", "inference", "first_step", "peak", "memory", "eager", "input", "page", "serving")


def main() -> None:
    """Each command in a process of its own; one that fails stops the rest."""
    for name in COMMANDS:
        print(f"python -m benchmarks.{name} --write", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", "--write"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
