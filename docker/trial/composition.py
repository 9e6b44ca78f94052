"""docker/compose.yml as it is, or as it runs where there is no network but loopback."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

import engine
from report import Report

DOCKER = Path(__file__).resolve().parents[1]
PORT, PROXY_PORT = 8123, 8443
"""Not the usual ones: that the studio's can be chosen is a part of the trial."""
BUILD_SECONDS, UP_SECONDS = 900, 240


@dataclass
class Composition:
    """A compose file and what it is called with."""

    file: Path
    url: str
    proxied: str | None = None
    """Where a proxy answers for the studio, if there is one."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def build(self) -> None:
        """Build the studio's image."""
        self._call("build", "studio", seconds=BUILD_SECONDS)

    def up(self) -> None:
        """Start everything in the background; returns when all that has a health check is healthy."""
        self._call("up", "-d", seconds=UP_SECONDS)
        self._call("exec", "-T", "studio", "python", "-c", _HEALTHY, seconds=UP_SECONDS)

    def down(self, volumes: bool = False) -> None:
        """Stop and remove the containers, and their volumes too where that is asked."""
        self._call("down", *(["-v"] if volumes else []), seconds=UP_SECONDS)

    def show_logs(self) -> None:
        """What the services said last."""
        print(self._call("logs", "--tail=60", seconds=60, check=False))

    def exec(self, service: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run something in a service's container."""
        return self._compose("exec", "-T", service, *command, seconds=60)

    def facts(self, service: str) -> dict[str, Any]:
        """What the engine knows of a service's container."""
        container = self._call("ps", "-q", service, seconds=60).strip()
        said = subprocess.run(["docker", "inspect", container], capture_output=True, text=True, check=True)
        return json.loads(said.stdout)[0]  # type: ignore[no-any-return]

    def _call(self, *words: str, seconds: float, check: bool = True) -> str:
        done = self._compose(*words, seconds=seconds)
        if check and done.returncode:
            print(done.stdout[-4000:], done.stderr[-4000:])
            done.check_returncode()
        return done.stdout

    def _compose(self, *words: str, seconds: float) -> subprocess.CompletedProcess[str]:
        has_plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
        command = ["docker", "compose"] if has_plugin else ["docker-compose"]
        environment = {
            **os.environ,
            "NETWRIGHT_TOKEN": self.token,
            "POSTGRES_PASSWORD": self.password,
            "NETWRIGHT_PORT": str(PORT),
            "COMPOSE_PROJECT_NAME": "netwright-trial",
            "DOCKER_BUILDKIT": "0" if self.proxied else "1",
        }
        return subprocess.run(
            [*command, "-f", str(self.file), *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )


_HEALTHY = """
import os, time, urllib.request
for _ in range(200):
    try:
        port = os.environ.get("NETWRIGHT_PORT", "8000")
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2)
        break
    except OSError:
        time.sleep(0.5)
else:
    raise SystemExit("the studio does not become healthy")
"""


def as_it_is() -> Composition:
    """The file of the checkout, for an engine with a network."""
    return Composition(DOCKER / "compose.yml", f"http://127.0.0.1:{PORT}")


def without_network(folder: Path) -> Composition:
    """The same with services on the host's network (loopback), images of our own, and nginx before the studio.

    Nothing else is changed: limits, users, read-only file systems, volumes and health checks are those of the file.
    """
    composed = yaml.safe_load((DOCKER / "compose.yml").read_text())
    services = composed["services"]
    del services["studio-gpu"]
    for service in services.values():
        service["network_mode"] = "host"
        service.pop("ports", None)
    studio, database = services["studio"], services["database"]
    studio["build"] = {
        "context": str(DOCKER.parent),
        "dockerfile": "docker/Dockerfile",
        "network": "none",
        "args": {"BASE": engine.BASE},
    }
    url = studio["environment"]["NETWRIGHT_DATABASE_URL"]
    studio["environment"] |= {
        "NETWRIGHT_DATABASE_URL": url.replace("@database:", "@127.0.0.1:"),
        "NETWRIGHT_PORT": str(PORT),
        "NETWRIGHT_ALLOWED_HOSTS": '["studio.example"]',
        "NETWRIGHT_ALLOWED_ORIGINS": f'["https://studio.example:{PROXY_PORT}"]',
    }
    database |= {"image": engine.SERVICES, "entrypoint": ["sh", "/trial/postgres.sh"]}
    database["volumes"] += [f"{DOCKER / 'trial'}:/trial:ro"]
    services["proxy"] = _proxy(folder)
    file = folder / "compose.json"
    file.write_text(json.dumps(composed, indent=2))
    return Composition(file, f"http://127.0.0.1:{PORT}", f"https://127.0.0.1:{PROXY_PORT}/netwright")


def _proxy(folder: Path) -> dict[str, Any]:
    """nginx with docker/nginx.conf, whose ports alone are others, and a certificate made for the trial."""
    place = folder / "nginx"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    example = (DOCKER / "nginx.conf").read_text()
    changed = example.replace("listen 443 ssl", f"listen {PROXY_PORT} ssl").replace(":8000/", f":{PORT}/")
    (place / "nginx.conf").write_text(changed)
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=studio.example"]
    subprocess.run([*make, "-keyout", "key.pem", "-out", "certificate.pem"], cwd=place, check=True, capture_output=True)
    mounts = [f"{place / name}:/etc/nginx/{name}:ro" for name in ("nginx.conf", "key.pem", "certificate.pem")]
    command = ["nginx", "-g", "daemon off; error_log stderr;"]
    return {"image": engine.SERVICES, "network_mode": "host", "command": command, "volumes": mounts}


def inspect(composed: Composition, report: Report) -> None:
    """Whether the containers are shut in as the file says."""
    for service in ("studio", "database"):
        who = composed.exec(service, "id", "-u").stdout.strip()
        report.note(f"{service}'s user", who, ok=who.isdecimal() and who != "0")
        written = composed.exec(service, "sh", "-c", "echo > /usr/here").returncode
        report.note(f"{service}'s file system", "read-only" if written else "can be written", ok=written != 0)
        host = composed.facts(service)["HostConfig"]
        report.note(f"{service}'s memory", f"{host['Memory'] >> 20} MiB at most", ok=host["Memory"] > 0)
        report.note(f"{service}'s capabilities dropped", host["CapDrop"], ok="ALL" in (host["CapDrop"] or []))
    health = composed.facts("database")["State"]["Health"]["Status"]
    report.note("the database's health", health, ok=health == "healthy")
