"""Build the images and use what they start: ``python docker/trial [--engine own|running]``.

Builds the studio's image, brings it up with PostgreSQL by docker/compose.yml, waits until both are healthy, trains a
small run through the API, asks the model, starts everything anew to see that nothing is lost, goes through nginx under
a sub-path, and takes everything down again. Prints what it saw; exits with 1 where something is not as it should be.

``--engine running`` uses the Docker engine there is, with images from its registry. ``--engine own`` (as root, with
Debian's docker.io, docker-compose and debootstrap) starts an engine in a network namespace that has nothing but
loopback, on images made by debootstrap and on carried wheels: what is built and run there cannot fetch anything.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import carry
import composition
import engine
import use
from report import Report

TOOLS = ("dockerd", "docker", "docker-compose", "debootstrap", "unshare", "ip")


def main() -> int:
    """Run the trial; 0 when all was well."""
    parser = argparse.ArgumentParser(prog="python docker/trial", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--engine", choices=("own", "running"), default="own")
    parser.add_argument("--folder", type=Path, help="keep base systems and layers here for the next trial")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        return inside(chosen.folder)
    if chosen.engine == "running":
        return try_out(composition.as_it_is(), Report())
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        wanted = "apt-get install docker.io docker-compose debootstrap iproute2"
        print(f"an engine of its own needs root and {', '.join(missing) or 'nothing else'} ({wanted})")
        return 1
    with tempfile.TemporaryDirectory(prefix="netwright-trial-") as temporary:
        folder = (chosen.folder or Path(temporary)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        return outside(folder)


def outside(folder: Path) -> int:
    """What needs the network: wheels and base systems. The rest runs in a namespace without one."""
    report = Report()
    with report.timed("wheels of the lock and of Netwright carried"):
        carry.fill()
    try:
        with report.timed("base systems made by debootstrap"):
            engine.make_bases(folder)
        again = [sys.executable, str(Path(__file__).parent), "--inside", "--folder", str(folder)]
        return subprocess.run(["unshare", "--net", "--mount", "--", *again], check=False).returncode
    finally:
        carry.empty()


def inside(folder: Path) -> int:
    """The trial proper, where only loopback is."""
    report = Report()
    with engine.running(folder, report):
        return try_out(composition.without_network(folder), report)


def try_out(composed: composition.Composition, report: Report) -> int:
    """Build, use, start anew, use, take down."""
    try:
        with report.timed("images built"):
            composed.build()
        with report.timed("up and healthy"):
            composed.up()
        composition.inspect(composed, report)
        studio = use.Studio(composed.url, composed.token)
        with report.timed("a run trained and its model asked"):
            model = use.train_and_ask(studio, report)
        with report.timed("taken down and up again"):
            composed.down()
            composed.up()
        use.ask_again(studio, model, report)
        if composed.proxied is not None:
            use.through_proxy(use.Studio(composed.proxied, composed.token, host="studio.example"), model, report)
    except (subprocess.CalledProcessError, use.TrialError, TimeoutError) as error:
        report.note("stopped", str(error), ok=False)
        composed.show_logs()
    finally:
        composed.down(volumes=True)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
