"""What is published: the wheel serves where there is neither Node.js nor a checkout, and the sources make it again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from netwright import __version__

ROOT = Path(__file__).resolve().parent.parent
BUILT = [ROOT / "backend/netwright_studio" / name / "index.html" for name in ("static", "docs")]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(path.exists() for path in BUILT), reason="the page or the documentation is not built (make page docs)"
    ),
]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(wheel, sources), with the page and documentation as they were built last."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder, "--wheel", "--sdist")
    (wheel,), (sources,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sources


def build(checkout: Path, folder: Path, *kinds: str) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", *kinds, "-o", str(folder), str(checkout)]
    done = subprocess.run(
        command, env={**os.environ, "NETWRIGHT_SKIP_PAGE": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_version_stands_in_one_place(packed: tuple[Path, Path]) -> None:
    assert all(f"netwright-{__version__}" in path.name for path in packed)
    assert "version" not in json.loads((ROOT / "frontend/package.json").read_text())
    assert not re.search(r"^version\s*=", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert re.search(rf"^## ({re.escape(__version__)}|Unreleased)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_the_wheel_holds_the_built_page_and_no_more_than_it_needs(packed: tuple[Path, Path]) -> None:
    found = names(packed[0])
    for wanted in ("netwright_studio/static/index.html", "netwright/py.typed", "netwright_studio/py.typed"):
        assert wanted in found
    assert any(re.fullmatch(r"netwright_studio/static/assets/.*\.js", name) for name in found)
    assert any(name.startswith("netwright_studio/store/migrations/versions/") for name in found)
    tops = {name.split("/")[0] for name in found}
    assert tops == {"netwright", "netwright_studio", f"netwright-{__version__}.dist-info"}
    assert not [name for name in found if "__pycache__" in name or name.endswith((".nbi", ".nbc", ".map"))]


def test_the_sources_make_the_same_wheel(packed: tuple[Path, Path], tmp_path: Path) -> None:
    wheel, sources = packed
    with tarfile.open(sources) as archive:
        archive.extractall(tmp_path, filter="data")
    (checkout,) = tmp_path.iterdir()
    build(checkout, tmp_path / "again", "--wheel")
    (again,) = (tmp_path / "again").glob("*.whl")
    assert names(again) == names(wheel)


@pytest.fixture
def served(packed: tuple[Path, Path], tmp_path: Path) -> Iterator[str]:
    """The address of a studio that runs from the wheel in a fresh environment; nothing else is on its PATH."""
    place = tmp_path / "environment"
    venv.create(place)
    python = place / "bin/python"
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", str(packed[0])]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *install], check=True, capture_output=True)
    # The dependencies are those of this environment; what makes it a checkout's is not: its .pth files are not read.
    own = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        check=True,
        text=True,
    )
    (Path(own.stdout.strip()) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    environment = {
        "PATH": str(place / "bin"),
        "HOME": str(tmp_path),
        "NETWRIGHT_HOME": str(tmp_path / "home"),
        "NUMBA_CACHE_DIR": str(tmp_path / "kernels"),
        "PYTHONUNBUFFERED": "1",
    }
    command = [place / "bin/netwright", "serve", "--port", "0"]
    with subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            address = next(
                found[0] for line in process.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+", line))
            )
            yield address
        finally:
            process.terminate()
            process.wait(30)


def test_the_wheel_serves_without_node(served: str) -> None:
    def get(path: str) -> str:
        with urllib.request.urlopen(served + path, timeout=30) as answer:
            return str(answer.read().decode())

    assert '<div id="root">' in get("/")
    assert json.loads(get("/api/system"))["version"] == __version__
    assert "<html" in get("/docs/")
    assert get("/healthz")
