"""Every example in a docstring of the framework is run, and prints what it says."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path

import numpy as np
import pytest

import netwright as mx

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def modules_with_examples() -> list[str]:
    """By their text, so that nothing is imported to find out."""
    folder = Path(mx.__file__).parent
    names = ["netwright", *(info.name for info in pkgutil.walk_packages([str(folder)], "netwright."))]
    found = []
    for name in names:
        path = folder.joinpath(*name.split(".")[1:])
        source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if ">>>" in source.read_text(encoding="utf-8"):
            found.append(name)
    return found


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    said: list[str] = []
    for example in finder.find(module, name, extraglobs={"mx": mx, "np": np}):
        mx.random.seed(0)
        with mx.name.NameManager():
            runner.run(example, out=said.append)
    assert not runner.summarize(verbose=False).failed, "".join(said)


SHOWN = {
    "gluon.nn": {"Block", "HybridBlock"},
    "gluon.rnn": {"RecurrentCell", "HybridRecurrentCell", "ModifierCell"},
    "gluon.loss": {"Loss"},
    "lr_scheduler": set(),
    "metric": {"Caffe", "Torch"},
    "optimizer": {"Test", "ccSGD"},
    "autograd": set(),
    "gluon": {"DeferredInitializationError"},
}
"""Modules in which each class that is offered shows an example, but for bases and names kept for old programs."""


@pytest.mark.parametrize("name", SHOWN)
def test_what_people_use_shows_an_example(name: str) -> None:
    module = importlib.import_module(f"netwright.{name}")
    values = [getattr(module, n) for n in getattr(module, "__all__", vars(module)) if not n.startswith("_")]
    classes = [v for v in values if inspect.isclass(v) and v.__module__.startswith(module.__name__)]
    assert {c.__name__ for c in classes if ">>>" not in (c.__doc__ or "")} <= SHOWN[name]
    assert classes
