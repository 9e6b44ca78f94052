"""The templates: sound, complete, and drawn so that nothing lies on anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwright import datasets, templates
from netwright.errors import DataError, GraphError
from netwright.graph import check
from netwright.train import TrainSettings

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
IDS = [template.id for template in templates.all()]


def test_there_are_the_six_that_were_promised_from_simple_to_involved() -> None:
    assert {"logistic-iris", "mlp-digits", "diabetes", "lenet", "cnn-digits", "autoencoder-digits"} <= set(IDS)
    levels = [template.level for template in templates.all()]
    assert levels == sorted(set(levels))


@pytest.mark.parametrize("name", IDS)
def test_a_template_is_sound_on_its_data(name: str) -> None:
    template = templates.get(name)
    report = check(template.graph, data=datasets.info(template.dataset), batch_size=32)
    assert report.problems == []
    assert report.totals.parameters > 0
    settings = TrainSettings.model_validate(template.settings)
    assert settings.model_dump() == template.settings, "every setting is spelled out"
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


def test_other_names_and_files_are_refused() -> None:
    with pytest.raises(DataError, match="wanted one of logistic-iris"):
        templates.get("nothing")
    with pytest.raises(GraphError, match="neither a graph nor a template"):
        templates.read(b'{"graph": {}}', "x.json")
