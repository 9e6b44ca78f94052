"""What does not fit in a document is told in one way by all that read one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from netwright import datasets, templates, training_spec
from netwright.cli.train import make_settings
from netwright.errors import DataError, GraphError, NetwrightError, ParamError
from netwright.train import sweep

NUMBER = "Input should be a valid dictionary"
READERS: dict[str, tuple[Callable[[Any], object], Any, type[NetwrightError], str | None, str]] = {
    "a training": (
        lambda given: training_spec.read_spec(given, "a.json"),
        {"graph": {}, "settings": 3},
        GraphError,
        "a.json",
        f"settings: {NUMBER}",
    ),
    "a sweep": (
        lambda given: sweep.read_spec(given, "a.json"),
        {"graph": 3, "parameters": []},
        ParamError,
        "a.json",
        f"graph: {NUMBER}",
    ),
    "a template": (
        lambda given: templates.read(json.dumps(given).encode(), "a.json"),
        {**templates.all()[0].model_dump(mode="json"), "settings": 3},
        GraphError,
        "a.json",
        "settings: Input should be an object",
    ),
    "a recipe": (datasets.Recipe.read, {"columns": [{"name": 3}]}, DataError, "columns.0.name", "valid string"),
    "a sweep's settings": (sweep.require_settings, {"epochs": "many"}, ParamError, "settings.epochs", "many"),
    "a command's settings": (
        lambda given: make_settings(given, {}, None),
        {"epochs": "many"},
        ParamError,
        "epochs",
        "many",
    ),
}


@pytest.mark.parametrize("what", READERS)
def test_the_first_thing_that_does_not_fit_is_told(what: str) -> None:
    read, document, kind, where, got = READERS[what]
    with pytest.raises(kind) as caught:
        read(document)
    assert caught.value.where == where
    assert got in str(caught.value.got)
