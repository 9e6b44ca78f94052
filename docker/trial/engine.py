"""A Docker engine of one's own: base systems by debootstrap, a daemon without any network but loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from report import Report

BASE, SERVICES = "netwright-trial-base", "netwright-trial-services"
"""Images: what the studio's is built on, and one with PostgreSQL and nginx."""
PYTHON = ("python3", "python3-venv", "ca-certificates")
SERVERS = ("postgresql", "nginx-light", "openssl")


def make_bases(folder: Path) -> None:
    """Two Debian systems in the folder; those that are there are kept."""
    base, services = folder / BASE, folder / SERVICES
    if not base.exists():
        making = folder / "making"
        shutil.rmtree(making, ignore_errors=True)
        include = f"--include={','.join(PYTHON)}"
        _quietly(["debootstrap", "--variant=minbase", include, "bookworm", str(making)])
        making.rename(base)
    if not services.exists():
        making = folder / "making"
        shutil.rmtree(making, ignore_errors=True)
        _quietly(["cp", "-a", str(base), str(making)])
        (making / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")  # nothing is started in there
        (making / "usr/sbin/policy-rc.d").chmod(0o755)
        shutil.copy("/etc/resolv.conf", making / "etc/resolv.conf")
        for source in Path("/etc/apt").glob("**/*"):  # as this machine is set up to reach Debian's packages
            if source.is_file():
                place = making / source.relative_to("/")
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, place)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        apt = ["chroot", str(making), "apt-get", "-qq"]
        _quietly([*apt, "update"], environment)
        _quietly([*apt, "install", "-y", "--no-install-recommends", *SERVERS], environment)
        # as in the official image: what is mounted there takes its owner and rights from what it covers
        install = ["chroot", str(making), "install", "-d", "-o", "postgres", "-g", "postgres"]
        _quietly([*install, "/var/lib/postgresql/data"])
        _quietly([*install, "-m", "1777", "/var/run/postgresql"])
        making.rename(services)


@contextmanager
def running(folder: Path, report: Report) -> Iterator[None]:
    """The daemon, in this network namespace, with the base images; DOCKER_HOST points to it."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    state = folder / "engine"
    state.mkdir(exist_ok=True)
    os.environ["DOCKER_HOST"] = f"unix://{state / 'sock'}"
    command = ["dockerd", "--bridge=none", "--iptables=false", "--ip6tables=false", f"--data-root={state / 'data'}"]
    command += [f"--exec-root={state / 'run'}", f"--pidfile={state / 'pid'}", f"--host={os.environ['DOCKER_HOST']}"]
    with (folder / "engine.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as daemon:
        try:
            _wait_for(daemon, folder / "engine.log")
            with report.timed("base images taken in"):
                for name in (BASE, SERVICES):
                    _take_in(folder / name, name)
            yield
        finally:
            daemon.terminate()
            daemon.wait(60)


def _wait_for(daemon: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(120):
        if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0:
            return
        if daemon.poll() is not None:
            break
        time.sleep(0.5)
    raise TimeoutError(f"the engine does not start: {log.read_text()[-1000:]}")


def _take_in(system: Path, name: str) -> None:
    """``docker import`` of a file system, unless the image is there from an earlier trial."""
    if subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False).returncode == 0:
        return
    with subprocess.Popen(["tar", "-C", str(system), "-c", "."], stdout=subprocess.PIPE) as packed:
        subprocess.run(["docker", "import", "-", name], stdin=packed.stdout, check=True, capture_output=True)


def _quietly(command: list[str], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-2000:])
        done.check_returncode()
