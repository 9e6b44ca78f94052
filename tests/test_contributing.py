"""The operator that CONTRIBUTING.md shows is one: it registers, runs, and its gradient is right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from netwright import autograd, nd
from netwright.ndarray.functions import make_function
from netwright.ops import nonlinear, registry

GUIDE = Path(__file__).resolve().parent.parent / "CONTRIBUTING.md"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The operator of the guide, registered for this test only."""
    monkeypatch.setattr(registry, "_by_name", dict(registry._by_name))
    monkeypatch.setattr(registry, "_operators", list(registry._operators))
    source = re.search(r"```python\n(@register\n.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert source, "CONTRIBUTING.md shows no operator"
    exec(source[1], vars(nonlinear).copy())
    return registry.all_operators()[-1]


def test_the_guides_operator_runs(shown: Any) -> None:
    function = make_function(shown)
    assert function(nd.array([-2.0, 0.1, 0.6]), lambd=0.5).asnumpy() == pytest.approx([-2.0, 0.0, 0.6])
    assert shown.Params.model_json_schema()["properties"]["lambd"]["minimum"] == 0
    assert list(shown.samples())


def test_the_guides_gradient_is_right(shown: Any) -> None:
    function = make_function(shown)
    x = nd.array([-2.0, -0.3, 0.1, 0.7, 3.0], dtype="float64")
    x.attach_grad()
    with autograd.record():
        y = function(x)
    y.backward(nd.array([1.0, 2.0, 3.0, 4.0, 5.0], dtype="float64"))
    assert x.grad is not None
    assert x.grad.asnumpy() == pytest.approx([1.0, 0.0, 0.0, 4.0, 5.0])
