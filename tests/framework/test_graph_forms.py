"""Networks and plans of drawn graphs, the palette, and the forms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.framework.test_graph_check import CLASSES, IMAGE, SOFTMAX, dense, graph

from netwright import datasets, templates
from netwright.errors import GraphError
from netwright.graph import (
    check,
    optimizers,
    palette,
    plan_graph,
    to_network,
    to_symbol,
)
from netwright.ops import all_operators


# ---------------------------------------------------------------- networks and plans
def test_networks_name_what_is_fed_trained_and_given() -> None:
    document = graph(("data", "Input", {"shape": [4]}, {}), dense(3), SOFTMAX)
    network = to_network(document)
    assert network.inputs == {"data": (4,)}
    assert network.weights == ["fc_weight", "fc_bias"]
    assert network.labels == ("softmax_label",)
    assert [(h.name, h.is_loss, h.task) for h in network.heads] == [("softmax", True, "classification")]
    assert to_symbol(document).list_outputs() == ["softmax_output"]
    with pytest.raises(GraphError, match=r"fc: parameter 'num_hidden' cannot be taken .*wanted at least 1, got 0"):
        to_network(graph(("data", "Input", {"shape": [4]}, {}), dense(0)))
    with pytest.raises(GraphError, match=r"the shape of a sample is not known\. Name the data set, or give"):
        to_network(graph(IMAGE, dense()))


@pytest.mark.parametrize("training", [False, True])
def test_plans_of_graphs(training: bool) -> None:
    plan = plan_graph(graph(IMAGE, dense(), SOFTMAX), data=CLASSES, batch_size=4, training=training, device="cpu")
    phases = {node.phase for node in plan.steps}
    assert phases == ({"forward", "backward"} if training else {"forward"})
    assert plan.graph.inputs["data"].shape == (4, 1, 8, 8)


@pytest.mark.parametrize("name", [t.id for t in templates.all()])
def test_every_template_checks_clean(name: str) -> None:
    template = templates.get(name)
    info = datasets.get(template.dataset)
    report = check(template.graph, data=getattr(info, "info", info), batch_size=template.settings.get("batch_size", 32))
    assert report.ok
    assert report.problems == []
    assert report.totals.parameters > 0


# ---------------------------------------------------------------- the palette and the forms
def _check_schema(schema: dict[str, Any], definitions: dict[str, Any]) -> None:
    """What the page's form can draw."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rsplit("/", 1)[1]]
    kinds = {"integer", "number", "string", "boolean", "array", "null", "object"}
    assert (
        "anyOf" in schema
        or "enum" in schema
        or "const" in schema
        or schema.get("type") in kinds
        or not schema.keys() - {"title", "description", "default"}
    ), schema
    for part in schema.get("anyOf", ()):
        _check_schema(part, definitions)
    if "items" in schema:
        _check_schema(schema["items"], definitions)


def test_the_palette() -> None:
    found = palette()
    json.dumps(found, allow_nan=False)
    operators = {entry["name"]: entry for entry in found["operators"]}
    assert set(operators) == {"Input", *(op.name for op in all_operators())}
    categories = {category["name"] for category in found["categories"]}
    for entry in operators.values():
        assert entry["category"] in categories
        assert entry["title"]
        assert entry["summary"]
        assert all(port["kind"] in ("data", "weight", "state", "label") for port in entry["inputs"])
        schema = entry["params_schema"]
        assert schema["type"] == "object"
        assert set(schema["required"]) <= set(schema["properties"])
        for rule in schema["properties"].values():
            _check_schema(rule, schema.get("$defs", {}))
        assert not any("hidden" in rule for rule in schema["properties"].values())
    shown = [entry for entry in operators.values() if entry["in_palette"]]
    assert {"Input", "Convolution", "FullyConnected", "SoftmaxOutput", "Dropout"} <= {e["name"] for e in shown}
    assert operators["Concat"]["variadic"]
    assert "num_args" not in operators["Concat"]["params_schema"]["properties"]
    for entry in shown:
        for name, rule in entry["params_schema"]["properties"].items():
            assert rule.get("description"), f"{entry['name']}.{name} is not explained"


def test_forms_of_optimizers_schedules_and_initializers() -> None:
    found = optimizers()
    json.dumps(found, allow_nan=False)
    assert {e["name"] for e in found["optimizers"]} >= {"sgd", "nag", "adam", "adamw", "rmsprop", "adagrad"}
    assert {e["name"] for e in found["schedulers"]} == {"factor", "multifactor", "poly", "cosine"}
    assert {e["name"] for e in found["initializers"]} >= {"xavier", "msraprelu", "normal", "orthogonal"}
    for kind in found.values():
        for entry in kind:
            assert entry["title"]
            assert entry["summary"]
            for name, rule in entry["params_schema"].get("properties", {}).items():
                assert rule["description"], name
                _check_schema(rule, entry["params_schema"].get("$defs", {}))
    adam = next(e for e in found["optimizers"] if e["name"] == "adam")["params_schema"]["properties"]
    assert next(iter(adam)) == "learning_rate"
    assert (adam["learning_rate"]["default"], adam["learning_rate"]["minimum"]) == (0.001, 0)
