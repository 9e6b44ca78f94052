"""The templates: sound, complete, and drawn so that nothing lies on anything else."""

from __future__ import annotations

import math
from pathlib import Path
from typing import get_args

import pytest

from netwright import datasets, templates
from netwright.errors import DataError, GraphError
from netwright.graph import check
from netwright.templates.checking import train
from netwright.train import TrainSettings

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
IDS = [template.id for template in templates.all()]


def test_every_family_is_there_from_simple_to_involved() -> None:
    found = templates.all()
    assert {template.family for template in found} == set(get_args(templates.Family))
    assert {"logistic-iris", "lenet", "resnet-digits", "gan-digits", "lstm-text", "transformer-text"} <= set(IDS)
    assert [template.level for template in found] == list(range(1, len(found) + 1))
    for template in found:
        assert template.result is not None
        assert template.result.low < template.result.high
        assert template.zh is not None


@pytest.mark.parametrize("name", IDS)
def test_a_template_is_sound_on_its_data(name: str) -> None:
    template = templates.get(name)
    report = check(template.graph, data=datasets.info(template.dataset), batch_size=32)
    assert report.problems == []
    assert report.totals.parameters > 0
    settings = TrainSettings.model_validate(template.settings)
    dumped = settings.model_dump(mode="json")
    assert {name: dumped[name] for name in template.settings} == template.settings, "settings are spelled out"
    settings.make_optimizer(10)


@pytest.mark.parametrize("name", IDS)
def test_a_template_is_drawn_in_the_order_it_runs(name: str) -> None:
    graph = templates.get(name).graph
    layout = graph["layout"]
    assert set(layout) == {node["id"] for node in graph["nodes"]}
    places = [tuple(layout[node["id"]]) for node in graph["nodes"]]
    assert len(set(places)) == len(places)
    assert places == sorted(places, key=lambda place: (place[1], place[0]))
    assert all(abs(a[0] - b[0]) >= 200 or abs(a[1] - b[1]) >= 100 for a in places for b in places if a != b)


@pytest.mark.parametrize("name", IDS)
def test_an_example_is_the_template_itself(name: str) -> None:
    example = EXAMPLES / f"{name}.json"
    assert example.is_symlink()
    assert templates.read(example.read_bytes(), example.name) == templates.get(name)


QUICK = ("logistic-iris", "mlp-breast-cancer", "diabetes", "cnn-digits", "clusters-digits", "vae-digits")


@pytest.mark.parametrize("name", QUICK)
def test_a_quick_template_keeps_its_promise(name: str) -> None:
    outcome = train(templates.get(name))
    assert outcome.kept, f"{outcome.value}, promised {outcome.template.result}"


@pytest.mark.parametrize("name", [name for name in IDS if name not in QUICK])
def test_the_others_are_trained_for_a_moment(name: str) -> None:
    """The whole promise is held by ``netwright templates check``."""
    template = templates.get(name)
    if not datasets.info(template.dataset).available:
        pytest.skip("its data are not on this machine")
    outcome = train(template, epochs=2, samples=256)
    assert outcome.value is not None
    assert math.isfinite(outcome.value)
    first, last = (row["train_loss"] for row in outcome.history)
    if template.id != "gan-digits":  # whose two losses pull against each other
        assert last < first


def test_other_names_and_files_are_refused() -> None:
    with pytest.raises(DataError, match="wanted one of logistic-iris"):
        templates.get("nothing")
    with pytest.raises(GraphError, match="neither a graph nor a template"):
        templates.read(b'{"graph": {}}', "x.json")
