"""Make the virtual environment and bring it up to date: `python3 tools/bootstrap.py run|dev`.

Runs on a bare Python, so it uses the standard library only and stays readable to old Pythons, which it
turns away with a plain sentence. What was installed is remembered by a digest of everything that decides it;
when nothing changed this takes a tenth of a second.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
LOCKS = {
    "run": ["requirements.txt", "requirements-build.txt"],
    "dev": ["requirements.txt", "requirements-build.txt", "requirements-dev.txt"],
}
# The version lies in the installed metadata, so a new one asks for a new editable install.
PACKAGE_SOURCES = ["pyproject.toml", "tools/build_hook.py", "framework/netwright/_version.py"]
# Handed down, so that the page's progress lines count on from the same start.
STARTED = time.time()
os.environ["NETWRIGHT_STARTED"] = str(STARTED)


def say(text: str) -> None:
    """One progress line with the time since the start."""
    print(f"[{time.time() - STARTED:5.1f} s] {text}", flush=True)


def fail(text: str) -> None:
    """Say what went wrong and stop."""
    sys.exit(f"error: {text}")


def compute_digest(kind: str) -> str:
    """SHA-256 over all that decides what is installed, and the place and version of the interpreter."""
    digest = hashlib.sha256(f"{VENV} {sys.version}".encode())
    for name in LOCKS[kind] + PACKAGE_SOURCES:
        digest.update(name.encode() + (ROOT / name).read_bytes())
    return digest.hexdigest()


def get_stamp(kind: str) -> Path:
    """The file that remembers what was installed."""
    return VENV / f".netwright-{kind}"


def is_installed(kind: str) -> bool:
    """Whether everything `kind` needs was installed and nothing changed since."""
    stamp = get_stamp(kind)
    return stamp.is_file() and stamp.read_text() == compute_digest(kind)


def run(command: list[str], what: str) -> None:
    """Run a command quietly; when it fails, show all it said and stop."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Page and documentation are a step of their own here, with their own progress lines.
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "NETWRIGHT_SKIP_PAGE": "1"},
        check=False,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        fail(f"{what} failed (status {done.returncode}); what it said is above")


def make_environment() -> None:
    """Create `.venv` where there is none that works."""
    pip_version = [str(PYTHON), "-m", "pip", "--version"]
    if PYTHON.exists() and subprocess.run(pip_version, capture_output=True, check=False).returncode == 0:
        return
    say(f"making the virtual environment .venv with Python {sys.version.split()[0]}")
    try:
        import ensurepip  # noqa: F401 - Debian ships venv without it
    except ImportError:
        fail("Python's venv module is incomplete here; on Debian and Ubuntu: apt-get install python3-venv")
    run([sys.executable, "-m", "venv", "--clear", str(VENV)], "making .venv")


def install(kind: str) -> None:
    """Install the locked packages, then Netwright itself in place."""
    if is_installed(kind) or is_installed("dev"):  # dev holds all that run needs
        return
    make_environment()
    locked = "\n".join((ROOT / name).read_text() for name in LOCKS[kind]).splitlines()
    count = len({line.split("==")[0] for line in locked if line[:1].isalnum()})
    say(f"installing {count} locked packages (the first time takes a minute or two)")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet"]
    if kind == "dev":  # much of it is never imported: compiling all of it took half a minute
        pip.append("--no-compile")
    files = [word for name in LOCKS[kind] for word in ("-r", name)]
    run([*pip, "--require-hashes", *files], "installing packages")
    say("installing Netwright in place")
    run([*pip, "--no-deps", "--no-build-isolation", "-e", "."], "installing Netwright")
    get_stamp(kind).write_text(compute_digest(kind))


def build_page() -> None:
    """Build page and documentation, side by side, where their sources changed; prints nothing when they did not."""
    parts = {"page": "tools/page.py", "documentation": "tools/documentation.py"}
    started = {what: subprocess.Popen([str(PYTHON), script], cwd=ROOT) for what, script in parts.items()}
    failed = [what for what, process in started.items() if process.wait()]
    if failed:
        fail(f"the {' and the '.join(failed)} could not be built; the reason is above")


def main() -> None:
    """Check this Python, then install what `run` or `dev` needs; `run` builds page and documentation too."""
    if sys.version_info < OLDEST:
        fail(
            f"Netwright needs Python {OLDEST[0]}.{OLDEST[1]} or newer, this is {sys.version.split()[0]}; "
            "name a newer one: make run PYTHON=python3.12"
        )
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        fail("usage: python3 tools/bootstrap.py run|dev")
    install(sys.argv[1])
    if sys.argv[1] == "run":
        build_page()


if __name__ == "__main__":
    main()
