"""Single samples natively: threads share the results of each step, for there is no batch to cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from benchmarks import ours
from benchmarks.workloads import EVERY
from tests.framework import test_native_convolution as convolutions
from tests.framework.operator_cases import Case
from tests.framework.test_native import NATIVE, TOLERANCE, build, form_of, results
from tests.framework.test_native_sequence import check, cuts, layer

import netwright as mx
from netwright.kernels.cpu import warm
from netwright.kernels.cpu.emit import Cut, never, rules
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Strategy
from netwright.scheduler.native import cutting
from netwright.scheduler.plan import make_plan
from netwright.scheduler.program import Program


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    assert warm() == []


@pytest.fixture
def eager_to_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share small steps, too."""
    monkeypatch.setattr(cutting, "WAIT_BYTES", 0)


SHARED = [case for case in NATIVE if rules[case.op.name].lanes_uncut is not never]


@pytest.mark.parametrize("case", SHARED, ids=lambda case: case.id)
def test_slices_of_results_equal_the_whole(case: Case, eager_to_share: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "_too_few", lambda *_: True)
    arrays = case.arrays()
    graph = build(case, arrays, backward=False)
    form = form_of(graph, 3)
    if form is None or Cut.LANES not in form.cutting.cuts.values():
        pytest.skip("is not shared so")
    plan = make_plan(graph, mx.cpu(), Strategy(threads=3), "", form.may_write_over)
    feeds = {f"x{i}": a for i, a in enumerate(arrays)}
    program = form.program(plan)
    found = results(program, graph, feeds)
    for got, want in zip(found, results(Program(plan), graph, feeds), strict=True):
        np.testing.assert_allclose(got, want, rtol=TOLERANCE, atol=TOLERANCE)
    for again, before in zip(results(program, graph, feeds), found, strict=True):
        np.testing.assert_array_equal(again, before)


@pytest.mark.parametrize(("data", "filters", "params"), convolutions.CONVOLUTIONS, ids=str)
@pytest.mark.parametrize("by_filters", [True, False])
def test_filters_or_lines_of_one_image(
    data: convolutions.Shape,
    filters: int,
    params: dict[str, Any],
    by_filters: bool,
    eager_to_share: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from netwright.kernels.cpu.families import convolution

    groups = params.get("num_group", 1)
    monkeypatch.setattr(convolution._Geometry, "by_filters", lambda g, lanes: by_filters and g.groups == 1)
    weight = convolutions.normal(filters, data[1] // groups, *params["kernel"])
    convolutions.check(
        "Convolution", [convolutions.normal(1, *data[1:]), weight, convolutions.normal(filters)],
        num_filter=filters, **params,
    )  # fmt: skip


@pytest.mark.parametrize("states", [True, False])
@pytest.mark.parametrize(("size", "layers", "both"), [(7, 1, False), (40, 2, True)])
def test_one_sequence_is_shared_at_every_time_step(
    size: int, layers: int, both: bool, states: bool, eager_to_share: None
) -> None:
    net = layer("lstm", size, layers, both, states)
    across = layers * (2 if both else 1)
    shapes = {"data": (1, 5, 3)} | ({"state": (1, across, size), "cell": (1, across, size)} if states else {})
    for threads in (1, 2, 3):
        check(net, shapes, threads, whole=False, train=False)
    known = {name: TensorSpec(shape, np.dtype(np.float32)) for name, shape in shapes.items()}
    compiled = Compiled(net, known, train=False, device=mx.cpu(), strategy=Strategy(threads=2))
    assert cuts(compiled, "RNN") == {Cut.LANES}
    assert compiled.native is not None
    prepared = compiled.native.prepared(compiled.plan)
    assert len(prepared.forward) > 5 * across, "it waits after each time step"
    program = compiled.native.program(compiled.plan)
    names = [node.name for node, _ in program.single_steps("forward") if node is not None]
    assert len(names) == len(set(names)), "it is one step all the same"


@pytest.mark.parametrize("name", EVERY)
def test_an_answer_for_one_sample_is_that_among_others(name: str, eager_to_share: None) -> None:
    workload = EVERY[name].made_tiny()
    predictor = ours.load(workload, ours.initial_weights(workload))
    inputs = workload.batches(1, 4)[0].inputs
    (together,) = predictor(**inputs)
    for i in range(2):
        (alone,) = predictor(**{n: np.ascontiguousarray(x[i : i + 1]) for n, x in inputs.items()})
        np.testing.assert_allclose(alone, together[i : i + 1], rtol=1e-4, atol=1e-5)


def test_small_steps_are_not_shared() -> None:
    x = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(mx.sym.FullyConnected(x, num_hidden=512, name="wide"), num_hidden=4, name="narrow")
    known = {"data": TensorSpec((1, 512), np.dtype(np.float32))}
    compiled = Compiled(net, known, train=False, device=mx.cpu(), strategy=Strategy(threads=2))
    assert compiled.native is not None
    found = {node.name: cut for node, cut in compiled.native.cutting.cuts.items()}
    assert found == {"wide": Cut.LANES, "narrow": Cut.ONCE}


def test_few_samples_are_shared_by_all_threads_only_where_nothing_goes_back() -> None:
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=512, name="fc")
    known = {"data": TensorSpec((2, 512), np.dtype(np.float32))}
    for wrt, lanes in (([], 5), (["fc_weight"], 2)):
        compiled = Compiled(net, known, train=bool(wrt), wrt=wrt, device=mx.cpu(), strategy=Strategy(threads=5))
        assert compiled.native is not None
        assert compiled.native.cutting.lanes == lanes
