"""The images' and compose's files, as far as they can be checked without an engine; `make check-docker` uses them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

DOCKER = Path(__file__).resolve().parent.parent / "docker"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((DOCKER / "compose.yml").read_text())["services"]
GIVEN = {"NETWRIGHT_TOKEN": "a token for the tests", "POSTGRES_PASSWORD": "a password"}


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.cuda"])
def test_hadolint_finds_nothing(name: str) -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    if not hadolint.exists():
        pytest.skip("hadolint ships no program for this machine")
    done = subprocess.run([hadolint, DOCKER / name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_compose_takes_the_file() -> None:
    compose = shutil.which("docker-compose")
    if compose is None:
        if os.environ.get("CI"):
            pytest.fail("docker-compose is not installed (apt-get install docker-compose)")
        pytest.skip("docker-compose is not installed (apt-get install docker-compose)")
    command = [compose, "-f", str(DOCKER / "compose.yml"), "config"]
    done = subprocess.run(command, env={**os.environ, **GIVEN}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name, service in yaml.safe_load(done.stdout)["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name


def test_compose_asks_for_secrets_that_are_missing() -> None:
    compose = shutil.which("docker-compose")
    if compose is None:
        pytest.skip("docker-compose is not installed")
    environment = {name: value for name, value in os.environ.items() if name not in GIVEN}
    command = [compose, "-f", str(DOCKER / "compose.yml"), "config", "-q"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "choose" in done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_services_are_shut_in(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["restart"] == "unless-stopped"
    assert service.get("user") or "USER 10001:10001" in (DOCKER.parent / service["build"]["dockerfile"]).read_text()


def test_both_images_say_when_they_are_well() -> None:
    for name in ("Dockerfile", "Dockerfile.cuda"):
        assert "HEALTHCHECK" in (DOCKER / name).read_text()
    assert SERVICES["database"]["healthcheck"]


@pytest.mark.parametrize("name", ["install.sh", "trial/postgres.sh"])
def test_shell_scripts_can_be_read(name: str) -> None:
    done = subprocess.run(["sh", "-n", DOCKER / name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
