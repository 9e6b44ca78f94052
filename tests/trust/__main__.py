"""Kill, fill and flood the studio, and print each figure beside its bar: `python -m tests.trust [subject …]`.

``--quick`` is what the tests run. Everything stays on this machine's loopback and in a temporary folder.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path

from tests.trust.table import print_rows, run_checks, subjects

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.trust", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("subject", nargs="*", help=f"of {', '.join(subjects())}; all when none is named")
    parser.add_argument("--quick", action="store_true", help="the short form of each")
    chosen = parser.parse_args()
    unknown = set(chosen.subject) - set(subjects())
    if unknown:
        parser.error(f"no subject {', '.join(sorted(unknown))}; there are {', '.join(subjects())}")
    table = sys.stdout
    with (
        tempfile.TemporaryDirectory(prefix="netwright-trust-") as folder,
        tempfile.NamedTemporaryFile("w", prefix="netwright-trust-", suffix=".log", delete=False) as log,
        contextlib.redirect_stdout(log),  # what the studios say would tear the table
    ):
        fine = print_rows(run_checks(chosen.subject or subjects(), not chosen.quick, Path(folder)), table)
    if fine:
        Path(log.name).unlink()
    print("every figure passes its bar" if fine else f"some figures miss their bar; what the studios said: {log.name}")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
