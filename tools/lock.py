"""Write the hashed requirements*.txt from pyproject.toml: `python tools/lock.py [uv's options]`.

The files name versions and digests, never a host, and hold for every supported Python and platform. Pins that
still satisfy pyproject.toml are kept; `--upgrade` or `--upgrade-package NAME` moves them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Later files keep to the versions of the earlier ones, so that all of them install together.
SOURCES = {
    "requirements.txt": ["pyproject.toml"],
    "requirements-build.txt": ["--group", "build"],
    "requirements-dev.txt": ["--group", "dev"],
}
OPTIONS = [
    "--quiet",
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
]


def main(extra: list[str]) -> int:
    """Compile each file; the status is uv's when it fails."""
    done: list[str] = []
    for name, source in SOURCES.items():
        constraints = [word for earlier in done for word in ("--constraint", earlier)]
        command = [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, *source, *constraints, *extra]
        status = subprocess.run([*command, "--output-file", name], cwd=ROOT, check=False).returncode
        if status:
            return status
        if re.search(r"://|^--", (ROOT / name).read_text(), flags=re.MULTILINE):
            print(
                f"error: {name} names a host or an option of this machine; unset it and lock again",
                file=sys.stderr,
            )
            return 1
        done.append(name)
        print(f"{name} written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
