"""What a plan's steps stand for, in networks whose calls passes join, fuse and repeat."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netwright import graph, templates
from netwright.errors import ParamError
from netwright.graph.measuring import measure_steps
from netwright.graph.xray import compare_strategies, every_strategy, explain_steps, plan_seconds
from netwright.scheduler import Strategy


def explained(name: str, strategy: str = "balanced", training: bool = True) -> tuple[Any, Any, set[str]]:
    """(plan, views of its steps, nodes that compute something) of a template."""
    network = graph.network_of(templates.get(name).graph)
    plan = graph.plan_graph(network, batch_size=8, training=training, strategy=Strategy.preset(strategy))
    nodes = {node.name for node in network.symbol.nodes() if node.op is not None}
    return plan, explain_steps(plan, network.symbol), nodes


@pytest.mark.parametrize("strategy", ["balanced", "debug"])
@pytest.mark.parametrize("name", ["mlp-digits", "lenet", "cnn-digits", "resnet-digits"])
def test_each_node_is_computed_by_some_step(name: str, strategy: str) -> None:
    plan, views, nodes = explained(name, strategy)
    forward = [view for node, view in zip(plan.steps, views, strict=True) if node.phase == "forward"]
    computed = [one for view in forward for one in view.nodes if one in nodes]
    left_out = nodes - set(computed)
    assert not left_out or strategy != "debug"
    assert all(view.seconds > 0 or node.op.view for node, view in zip(plan.steps, views, strict=True))


def test_gradient_steps_name_the_node_whose_gradient_they_are() -> None:
    plan, views, nodes = explained("lenet")
    backward = [view for node, view in zip(plan.steps, views, strict=True) if node.phase == "backward"]
    assert backward
    assert all(set(view.nodes) & nodes for view in backward)
    assert not any(view.again for view in backward)
    fused = [view for view in views if view.operator == "fused"]
    assert all(len(view.calls) > 1 or view.calls == [] for view in fused)


def test_what_is_computed_again_is_told() -> None:
    network = graph.network_of(templates.get("resnet-digits").graph)
    plans = {
        name: graph.plan_graph(network, batch_size=256, strategy=Strategy.preset(name))
        for name in ("fast", "low_memory")
    }
    fast, low = compare_strategies(plans.items(), network.symbol)
    assert fast.again == 0 < low.again
    assert low.peak_bytes < fast.peak_bytes
    assert low.flops > fast.flops
    assert low.seconds == pytest.approx(plan_seconds(plans["low_memory"]))


def test_every_preset_has_its_place() -> None:
    assert list(every_strategy()) == ["fast", "balanced", "low_memory", "debug"]
    assert set(every_strategy()) == set(Strategy.presets)


@pytest.mark.parametrize("training", [True, False])
def test_measured_steps_are_as_many_as_planned_ones(training: bool) -> None:
    compiled = graph.compile_graph(
        templates.get("cnn-digits").graph, batch_size=2, training=training, strategy=Strategy.preset("debug")
    )
    found = measure_steps(compiled, runs=2, limit=30.0)
    assert found.runs == 2
    assert len(found.seconds) == len(compiled.plan.steps)
    assert all(t > 0 for t, node in zip(found.seconds, compiled.plan.steps, strict=True) if not node.op.view)
    assert np.isfinite(found.whole)


def test_nothing_is_measured_in_no_time() -> None:
    with pytest.raises(ParamError, match="nothing would be measured"):
        measure_steps(graph.compile_graph(templates.get("mlp-digits").graph, batch_size=2), runs=0)
