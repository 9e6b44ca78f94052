"""What was measured on this machine, kept in a JSON file of the user's; a home shared by machines holds one entry each.

The entry's key names the processor, its abilities, NumPy and NumPy's BLAS: another of these is measured anew.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from .processor import processor

VERSION = 1


def record_file() -> Path:
    """``cache/machine.json`` in ``NETWRIGHT_HOME``, or in ``.netwright`` in the user's home folder."""
    home = Path(os.environ.get("NETWRIGHT_HOME") or Path.home() / ".netwright").expanduser()
    return home / "cache" / "machine.json"


def machine_key() -> str:
    """What an entry is good for, in words and a digest of the processor's flags."""
    cpu = processor()
    flags = hashlib.sha256(" ".join(sorted(cpu.flags)).encode()).hexdigest()[:12]
    return f"{cpu.model} {flags}, NumPy {numpy_version()}, {blas_file()}"


def numpy_version() -> str:
    """NumPy's version without importing it."""
    try:
        return metadata.version("numpy")
    except metadata.PackageNotFoundError:
        return "unknown"


def blas_file() -> str:
    """The BLAS that a NumPy wheel brings (its name holds a digest), or ``system BLAS``; nothing is imported."""
    spec = importlib.util.find_spec("numpy")
    if spec is None or spec.origin is None:
        return "no NumPy"
    package = Path(spec.origin).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for path in sorted(folder.glob("*blas*")):
            return path.name
    return "system BLAS"


def read() -> tuple[dict[str, Any] | None, str]:
    """(this machine's entry, notice). The entry is None where nothing was measured or the file cannot be used."""
    machines, notice = _read_all()
    entry = machines.get(machine_key())
    if entry is not None and not isinstance(entry, dict):
        return None, "what was measured on this machine cannot be read"
    return entry, notice


def write(entry: dict[str, Any]) -> str:
    """Keep this machine's entry beside those of others; returns a notice (empty where it was kept)."""
    path = record_file()
    machines, _ = _read_all()
    text = json.dumps({"version": VERSION, "machines": {**machines, machine_key(): entry}}, indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix="machine-", suffix=".json")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except OSError as error:
        return f"what was measured could not be kept ({error.strerror}: {path.name}); it will be measured again"
    return ""


def _read_all() -> tuple[dict[str, Any], str]:
    try:
        text = record_file().read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}, ""
    except (OSError, UnicodeDecodeError) as error:
        return {}, f"what was measured on this machine cannot be read ({type(error).__name__})"
    try:
        found = json.loads(text)
    except ValueError:
        return {}, "what was measured on this machine cannot be read (no JSON)"
    if not isinstance(found, dict) or found.get("version") != VERSION or not isinstance(found.get("machines"), dict):
        return {}, "what was measured on this machine was written by another version"
    return found["machines"], ""
