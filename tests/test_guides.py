"""What the guides show is true: the operator of CONTRIBUTING.md works, the READMEs' example runs."""

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


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readmes_python_example_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    source = re.search(r"```python\n(.*?)```", (GUIDE.parent / name).read_text(encoding="utf-8"), re.DOTALL)
    assert source, f"{name} shows no Python"
    exec(source[1], {})
    assert "[[4. 2.]\n [6. 8.]]" in capsys.readouterr().out


def test_both_readmes_show_the_same_commands() -> None:
    """The translation has every code block of the original; only what follows # may differ."""

    def read_blocks(name: str) -> list[str]:
        text = (GUIDE.parent / name).read_text(encoding="utf-8")
        blocks = re.findall(r"```(?:python)?\n(.*?)```", text, re.DOTALL)
        return [re.sub(r"\s*#.*", "", block) for block in blocks]

    assert read_blocks("README.md") == read_blocks("README.zh-CN.md") != []
