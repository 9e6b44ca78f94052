"""The make targets' own code: what counts as stale, and what is said when something is missing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import check
import chromium
import debian
import page

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def frontend(tmp_path: Path) -> Path:
    folder = tmp_path / "frontend"
    (folder / "src").mkdir(parents=True)
    (folder / "package.json").write_text('{"scripts": {}}')
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "src" / "main.ts").write_text("export {};")
    return folder


def test_the_page_is_stale_when_a_source_changes(frontend: Path, tmp_path: Path) -> None:
    static = tmp_path / "static"
    assert not page.is_fresh(frontend, static)
    static.mkdir()
    (static / "index.html").write_text("built")
    (static / page.DIGEST_NAME).write_text(page.compute_digest(frontend))
    assert page.is_fresh(frontend, static)
    (frontend / "src" / "main.ts").write_text("export const changed = 1;")
    assert not page.is_fresh(frontend, static)


@pytest.mark.parametrize("name", ["src/main.test.ts", "node_modules/react/index.js", "README.md", "openapi.json"])
def test_what_the_page_is_not_made_from_does_not_make_it_stale(frontend: Path, name: str) -> None:
    before = page.compute_digest(frontend)
    (frontend / name).parent.mkdir(parents=True, exist_ok=True)
    (frontend / name).write_text("anything")
    assert page.compute_digest(frontend) == before


def test_a_renamed_source_counts_as_a_change(frontend: Path) -> None:
    before = page.compute_digest(frontend)
    (frontend / "src" / "main.ts").rename(frontend / "src" / "start.ts")
    assert page.compute_digest(frontend) != before


def test_a_missing_lock_is_said_with_its_remedy(frontend: Path) -> None:
    with pytest.raises(page.PageError, match=r"package-lock\.json is missing; run `npm install`"):
        page.install_packages(frontend)


def test_packages_are_installed_only_where_one_is_missing(tmp_path: Path) -> None:
    lock, installed = tmp_path / "package-lock.json", tmp_path / ".package-lock.json"
    react, other = {"integrity": "sha512-a"}, {"integrity": "sha512-b"}
    for_elsewhere = {"integrity": "sha512-c", "optional": True}
    lock.write_text(json.dumps({"packages": {"": {}, "node_modules/react": react, "node_modules/os": for_elsewhere}}))
    assert not page.is_installed(lock, installed)
    installed.write_text(json.dumps({"packages": {"node_modules/react": react, "node_modules/other": other}}))
    assert page.is_installed(lock, installed)
    installed.write_text(json.dumps({"packages": {"node_modules/react": other}}))
    assert not page.is_installed(lock, installed)


def test_without_sources_the_page_that_is_there_stays(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "index.html").write_text("came along")
    assert not page.build(tmp_path / "frontend", tmp_path / "static", said.append)
    assert (tmp_path / "static" / "index.html").read_text() == "came along"
    assert "not built" in said[0]


def test_a_named_browser_that_is_not_there_is_not_replaced_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    assert chromium.find() is None
    monkeypatch.setenv("CHROMIUM", sys.executable)
    assert chromium.find() == sys.executable


@pytest.mark.parametrize(
    ("user", "script", "why"),
    [
        (1000, "exit 0", "a, b cannot be installed from here"),
        (0, 'echo "$@" >> "$0.log"', None),
        (0, 'echo no such package; [ "$1" = update ]', "apt-get install failed: no such package"),
    ],
)
def test_debian_packages_are_installed_where_that_is_possible(
    user: int, script: str, why: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "apt-get"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert debian.install("a", "b") == why
    if why is None:
        said = (tmp_path / "apt-get.log").read_text().splitlines()
        assert said == ["update -qq", "install -qq -y --no-install-recommends a b"]


def test_the_browser_without_windows_is_taken_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("chromium", chromium.SHELL):
        (tmp_path / name).touch(mode=0o755)
        assert chromium.find() == str(tmp_path / name)


def test_runs_of_pytest_are_added_up_as_pytest_writes() -> None:
    counts = Counter({"passed": 120, "failed": 3, "warning": 2})
    assert check.format_closing_line(counts, 61.2).strip("= ") == "3 failed, 120 passed, 2 warnings in 61.20s"


def test_what_pytest_counted_is_read_from_its_closing_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "test_two.py").write_text("def test_good(): pass\ndef test_bad(): assert 0\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    checks = check.Checks({"PATH": "/usr/bin:/bin"})
    assert not checks.call_pytest(str(tmp_path))
    assert checks.outcomes == Counter({"passed": 1, "failed": 1})
    assert "1 failed, 1 passed" in capfd.readouterr().out


def test_a_failing_part_fails_the_whole(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(checks: check.Checks) -> bool:
        """A part that fails."""
        return False

    def agree(checks: check.Checks) -> bool:
        """A part that passes."""
        return True

    monkeypatch.setattr(check, "COMMANDS", {"refuse": refuse, "agree": agree})
    assert check.main(["refuse", "agree"]) == 1
    assert "FAILED" in capsys.readouterr().out
    assert check.main(["agree"]) == 0


def test_parts_that_run_beside_others_are_told_of_at_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    rows: list[tuple[str, bool, float]] = []
    with check.beside(["nothing"], lambda *row: rows.append(row)):
        print("the others", flush=True)
    said = capfd.readouterr().out
    assert said.index("the others") < said.index("error: no part nothing")
    assert rows == [("nothing", False, 0.0)]
    assert check.TOLD.findall("\n━━ docs: passed in 9.7 s\n━━ lint: FAILED in 24.2 s\n") == [
        ("docs", "passed", "9.7"),
        ("lint", "FAILED", "24.2"),
    ]


def test_all_parts_run_once_when_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def part(name: str) -> Callable[[check.Checks], bool]:
        def run(checks: check.Checks) -> bool:
            ran.append(name)
            return True

        return run

    names = list(check.PARTS)
    monkeypatch.setattr(check, "COMMANDS", {name: part(name) for name in names})
    monkeypatch.setattr(check, "BESIDE", ())
    assert check.main([]) == 0
    assert sorted(ran) == sorted(names)


def test_an_old_python_is_turned_away_with_a_sentence(tmp_path: Path) -> None:
    code = "import runpy, sys; sys.version_info = (3, 9, 0); sys.argv = ['bootstrap.py', 'run']; "
    code += "runpy.run_path('tools/bootstrap.py', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: Netwright needs Python 3.11 or newer")
