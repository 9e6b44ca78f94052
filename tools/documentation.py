"""Build the documentation into the package: `python tools/documentation.py [--force]`.

Nothing is done when what it is made from has not changed: a digest of it lies beside the built pages. Warnings are
errors, and a failed build leaves the documentation that was there.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "backend" / "netwright_studio" / "docs"
DIGEST_NAME = ".sources"
SOURCES = ("docs", "examples", "framework/netwright", "backend/netwright_studio", "tools/docsite")
TABLES = ("tests/framework/operator_names.py", "tests/framework/oracle/differences.py")
"""Read by the page for those who come from MXNet."""
NOT_SOURCES = frozenset({"__pycache__", "static", ".static-new", ".docs-new"})

Say = Callable[[str], None]


class DocsError(RuntimeError):
    """The documentation could not be built; the message says what to do."""


def find_sources(root: Path) -> Iterator[Path]:
    """Files that decide what the documentation says, in a stable order."""
    yield from (path for name in ("mkdocs.yml", *TABLES) if (path := root / name).is_file())
    for source in SOURCES:
        for folder, folders, names in os.walk(root / source):
            folders[:] = sorted(n for n in folders if n not in NOT_SOURCES and Path(folder, n) != SITE)
            yield from (Path(folder, name) for name in sorted(names) if not name.endswith((".pyc", ".pyi")))


def compute_digest(root: Path | None = None) -> str:
    """SHA-256 over the names and contents of the sources."""
    root = root or ROOT
    digest = hashlib.sha256()
    for path in find_sources(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_fresh(site: Path = SITE) -> bool:
    """Whether ``site`` holds the documentation of what is here now."""
    stamp = site / DIGEST_NAME
    return (site / "index.html").is_file() and stamp.is_file() and stamp.read_text() == compute_digest()


def build(site: Path = SITE, say: Say = print, *, force: bool = False) -> bool:
    """Bring ``site`` up to date; True when something was built.

    Without ``mkdocs.yml`` (a source archive) the documentation that came along is kept.
    """
    if not (ROOT / "mkdocs.yml").is_file():
        say("mkdocs.yml is not here: the documentation is not built")
        return False
    if not force and is_fresh(site):
        return False
    if importlib.util.find_spec("mkdocs") is None:
        raise DocsError("MkDocs is missing from this environment: pip install mkdocs")
    say("building the documentation (mkdocs build --strict)")
    digest = compute_digest()
    fresh = site.with_name(".docs-new")
    shutil.rmtree(fresh, ignore_errors=True)
    _run_mkdocs(fresh)
    (fresh / DIGEST_NAME).write_text(digest)
    shutil.rmtree(site, ignore_errors=True)
    fresh.rename(site)
    say("documentation built")
    return True


def _run_mkdocs(folder: Path) -> None:
    """``mkdocs build --strict`` into the folder, in this process."""
    for part in ("framework", "backend"):
        sys.path.insert(0, str(ROOT / part))
    from mkdocs.commands import build as mkdocs_build
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort, BuildError, ConfigurationError

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        config = load_config(str(ROOT / "mkdocs.yml"), strict=True, site_dir=str(folder))
        mkdocs_build.build(config)
    except (Abort, BuildError, ConfigurationError) as error:
        raise DocsError(f"mkdocs: {error}; what it warned of is above") from error


def main(arguments: list[str]) -> int:
    """Build where something changed, or in any case with ``--force``."""
    started = float(os.environ.get("NETWRIGHT_STARTED", time.time()))

    def say(text: str) -> None:
        print(f"[{time.time() - started:5.1f} s] {text}", flush=True)

    try:
        build(say=say, force="--force" in arguments)
    except DocsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
