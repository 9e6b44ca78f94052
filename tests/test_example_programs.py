"""The programs of examples/programs learn something even in a small form; the claims they print are made in full."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = Path(__file__).resolve().parent.parent / "examples" / "programs"
LIBRARIES = {"language_reference"}

Result = dict[str, float]
# What each is run with, and what must come of it.
SMALL: dict[str, tuple[dict[str, Any], Callable[[Result], bool]]] = {
    "classification": ({"epochs": 2}, lambda r: r["accuracy"] > 0.85),
    "regression": ({"epochs": 20}, lambda r: r["error"] < 0.6 * r["mean_error"]),
    "clustering": ({"epochs": 6, "rounds": 15}, lambda r: r["accuracy"] > max(0.6, r["code_accuracy"] - 0.1)),
    "autoencoder": ({"epochs": 8, "code": 8}, lambda r: r["error"] < r["linear_error"]),
    "vae": ({"epochs": 4}, lambda r: r["bound"] < 0.75 * r["bound_before"]),
    "gan": ({"epochs": 12}, lambda r: r["sureness"] > 0.5 and r["classes"] >= 2),
    "char_lstm": ({"epochs": 3, "hidden": 64, "length": 60_000}, lambda r: r["bits"] < 4.4),
    "transformer": ({"steps": 80, "width": 48, "blocks": 1, "length": 40_000}, lambda r: r["bits"] < 4.6),
    "sentences": ({"epochs": 5, "count": 1500}, lambda r: r["accuracy"] > r["counted_accuracy"] + 0.2),
    "matrix_factorization": (
        {"epochs": 4, "people": 300, "films": 200},
        lambda r: r["error"] < 0.95 * r["mean_error"] and r["rows_touched"] < 300,
    ),
    "reinforcement": ({"steps": 900}, lambda r: r["worth"] > r["random_worth"] and r["worth"] <= r["best_worth"]),
}


@pytest.fixture(autouse=True)
def beside_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs import what lies beside them, as they do when they are run."""
    monkeypatch.syspath_prepend(str(PROGRAMS))


def test_every_program_is_run() -> None:
    assert {path.stem for path in PROGRAMS.glob("*.py")} - LIBRARIES == SMALL.keys()


@pytest.mark.parametrize("name", SMALL)
def test_a_program_learns(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings, learnt = SMALL[name]
    program = importlib.import_module(name)
    try:
        result = program.main(**settings, seed=0)
    finally:
        sys.modules.pop(name)
    said = capsys.readouterr().out
    assert learnt(result), f"{result}\n{said}"
    assert said.strip(), "the result is stated"


@pytest.mark.parametrize("name", SMALL)
def test_a_program_says_what_it_is(name: str) -> None:
    """A docstring with the data's or the method's source, and settings that can be given on the command line."""
    text = (PROGRAMS / f"{name}.py").read_text(encoding="utf-8")
    assert text.startswith('"""')
    assert "argparse" in text
