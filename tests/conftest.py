"""What every test shares: a data folder of its own, and the marks."""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
NO_POSTGRES = "PostgreSQL is missing"


def pytest_configure(config: pytest.Config) -> None:
    """Keep tests out of the user's data folder, also those that start processes of their own; plans for two threads."""
    os.environ.setdefault("NETWRIGHT_THREADS", "2")
    if "NETWRIGHT_HOME" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="netwright-tests-")
        os.environ["NETWRIGHT_HOME"] = folder.name
        config.add_cleanup(folder.cleanup)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it loudly where the store was tested on SQLite alone."""
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if NO_POSTGRES in str(report.longrepr)]
    if skipped:
        terminalreporter.section("NOT TESTED ON POSTGRESQL", sep="!", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests of the store were skipped: {NO_POSTGRES.lower()}; `make postgres`")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the browser's tests by their folder; skip GPU tests, with the reason, where there is no device."""
    for item in items:
        if item.path.is_relative_to(TESTS / "e2e"):
            item.add_marker(pytest.mark.e2e)
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if not on_gpu:
        return
    from netwright.device import why_no_gpu

    if reason := why_no_gpu():
        for item in on_gpu:
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish() -> None:
    """Take what collecting has made out of what is searched for garbage: to search it took half a second each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder for this test alone, named by NETWRIGHT_HOME."""
    monkeypatch.setenv("NETWRIGHT_HOME", str(tmp_path))
    return tmp_path
