"""The Scheduler: places never collide, plans compute what the reference computes, and can be read."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.framework.random_graphs import SHAPES, graphs, values_for

import netwright as mx
from netwright import autograd, sym
from netwright.errors import GraphError, NetwrightError, ParamError, ShapeError
from netwright.kernels.cpu import warm
from netwright.ndarray.array import NDArray
from netwright.ndarray.invoke import invoke
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Plan, Strategy
from netwright.scheduler.compiled import HEAD
from netwright.scheduler.ir import Value
from netwright.scheduler.lower import lower
from netwright.scheduler.memory import ALIGNMENT, Lifetime, align, place
from netwright.scheduler.passes import CPU, PIPELINE, optimize, prune, share_common
from netwright.scheduler.passes.report import lines
from netwright.scheduler.reference import interpret
from netwright.scheduler.run import Run

Arrays = dict[str, np.ndarray[Any, Any]]
STRATEGIES = {name: Strategy.preset(name) for name in Strategy.presets} | {
    "unshared": Strategy(share_memory=False),
    "not in place": Strategy(in_place=False),
    "nothing shared": Strategy(share_memory=False, in_place=False, share_common=False),
}
RANDOM = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def specs(values: Arrays) -> dict[str, TensorSpec]:
    return {n: TensorSpec(a.shape, a.dtype) for n, a in values.items()}


def compiled(symbol: sym.Symbol, values: Arrays, strategy: Strategy | None = None, train: bool = True) -> Compiled:
    wrt = tuple(n for n in symbol.list_arguments() if values[n].dtype.kind == "f") if train else ()
    return Compiled(symbol, specs(values), train=train, wrt=wrt, device=mx.cpu(), strategy=strategy)


def head_gradients(plan: Compiled, seed: int = 1) -> Arrays:
    rng = np.random.default_rng(seed)
    inputs = plan.plan.graph.inputs
    return {n: rng.normal(size=inputs[n].shape).astype(inputs[n].dtype) for n in plan.heads}


def by_reference(symbol: sym.Symbol, values: Arrays, heads: Arrays) -> tuple[list[Any], dict[str, Any]]:
    """Outputs and gradients call by call on the tape: nothing shared, written over or left out."""
    graph = lower(symbol, specs(values), train=True)
    arrays = {n: NDArray(a.copy()) for n, a in values.items()}
    for array in arrays.values():
        array.attach_grad()
    with autograd.record():
        ys = interpret(graph, arrays, graph.outputs, lambda op, p, inputs: invoke(op, p, inputs, hidden=True))
        scaled = [y * NDArray(heads[HEAD.format(i)]) for i, y in enumerate(ys)]
    autograd.backward(scaled)
    return [y.asnumpy() for y in ys], {n: a.grad.asnumpy() for n, a in arrays.items() if a.grad is not None}


# ---------------------------------------------------------------- placing
lifetimes = st.builds(
    lambda nbytes, first, length: Lifetime(nbytes, first, first + length),
    st.integers(0, 5000),
    st.integers(0, 30),
    st.integers(0, 15),
)


@given(st.lists(lifetimes, max_size=40), st.booleans())
@settings(max_examples=200, deadline=None)
def test_two_that_live_at_one_time_never_overlap(lives: list[Lifetime], share: bool) -> None:
    offsets, size = place(lives, share=share)
    for i, (a, start) in enumerate(zip(lives, offsets, strict=True)):
        assert start % ALIGNMENT == 0
        assert 0 <= start <= start + a.nbytes <= size
        for b, other in zip(lives[:i], offsets[:i], strict=True):
            together = a.first <= b.last and b.first <= a.last
            apart = start + a.nbytes <= other or other + b.nbytes <= start
            assert apart or not together or not share
            assert apart or share or 0 in (a.nbytes, b.nbytes)
    busiest = max(
        (sum(a.nbytes for a in lives if a.first <= t <= a.last) for t in range(50)),
        default=0,
    )
    assert size >= busiest
    assert size <= sum(align(a.nbytes) for a in lives)


def test_places_are_reused() -> None:
    lives = [Lifetime(1000, 0, 1), Lifetime(1000, 1, 2), Lifetime(1000, 2, 3), Lifetime(1000, 3, 4)]
    offsets, size = place(lives)
    assert size == 2 * align(1000)
    assert offsets[0] == offsets[2] != offsets[1] == offsets[3]
    assert place(lives, share=False)[1] == 4 * align(1000)
    assert place([]) == ([], 0)


# ---------------------------------------------------------------- who owns which bytes
def canonical(plan: Plan, value: Value) -> Value:
    """The value whose memory a view shows."""
    while plan.tensors[value].storage == "view":
        base = plan.tensors[value].base
        assert base is not None
        value = base
    return value


def check_memory(plan: Plan) -> None:
    """Every read of the arena finds what its value wrote, and nothing is written while it is read."""
    owner = np.full(plan.arena_bytes, -1)

    def part(value: Value) -> slice:
        tensor = plan.tensors[value]
        assert tensor.offset % ALIGNMENT == 0
        assert tensor.offset + value.spec.nbytes <= plan.arena_bytes
        return slice(tensor.offset, tensor.offset + value.spec.nbytes)

    for node in plan.steps:
        inputs = [canonical(plan, v) for v in node.inputs]
        for value in inputs:
            if plan.tensors[value].storage == "arena":
                assert (owner[part(value)] == value.number).all(), f"{node} reads what was overwritten"
        for value in node.outputs:
            if plan.tensors[value].storage != "arena":
                continue
            for position, source in enumerate(inputs):
                if plan.tensors[source].storage != "arena" or not overlap(part(value), part(source)):
                    continue
                base = plan.tensors[value].base
                assert base is not None
                assert canonical(plan, base) is source
                assert position in node.op.inplace
                assert sum(v is source for v in inputs) == 1
            owner[part(value)] = value.number
    for value in plan.graph.outputs:
        shown = canonical(plan, value)
        if plan.tensors[shown].storage == "arena":
            assert (owner[part(shown)] == shown.number).all()


def overlap(a: slice, b: slice) -> bool:
    return bool(a.start < b.stop and b.start < a.stop)


@given(graphs(), st.sampled_from(sorted(STRATEGIES)))
@RANDOM
def test_nothing_alive_is_overwritten(symbol: sym.Symbol, strategy: str) -> None:
    values = values_for(symbol, 0)
    check_memory(compiled(symbol, values, STRATEGIES[strategy]).plan)
    check_memory(compiled(symbol, values, STRATEGIES[strategy], train=False).plan)


# ---------------------------------------------------------------- results
@given(graphs(), st.integers(0, 2**31))
@RANDOM
def test_plans_compute_what_the_reference_computes(symbol: sym.Symbol, seed: int) -> None:
    values = values_for(symbol, seed)
    plans = {name: compiled(symbol, values, strategy) for name, strategy in STRATEGIES.items()}
    heads = head_gradients(plans["balanced"])
    ys, gradients = by_reference(symbol, values, heads)
    for name, plan in plans.items():
        kept = {n: a.copy() for n, a in values.items()}
        run = Run(plan, kept)
        found = run.backward({n: heads[n] for n in plan.needed_heads})
        for y, wanted in zip(run.outputs, ys, strict=True):
            np.testing.assert_allclose(y, wanted, rtol=1e-9, atol=1e-12, err_msg=name)
        for n, wanted in gradients.items():
            got = np.zeros_like(wanted) if found[n] is None else found[n]
            np.testing.assert_allclose(got, wanted, rtol=1e-8, atol=1e-11, err_msg=f"{name}: {n}")
        for n, array in kept.items():
            np.testing.assert_array_equal(array, values[n], err_msg=f"{name} changed its input {n}")


@given(graphs(), st.integers(0, 2**31))
@settings(RANDOM, max_examples=15)
def test_a_program_gives_the_same_bits_every_time(symbol: sym.Symbol, seed: int) -> None:
    assert warm() == []  # a plan that is interpreted until its kernels are there has two sets of bits
    values = values_for(symbol, seed, "float32")
    plan = compiled(symbol, values)
    heads = head_gradients(plan)
    heads = {n: heads[n] for n in plan.needed_heads}

    def once() -> list[bytes]:
        run = Run(plan, values)
        found = run.backward(heads)
        again = run.backward(heads)
        run.release()
        for n, g in found.items():
            assert g is None or np.array_equal(g, again[n], equal_nan=True)
        return [a.tobytes() for a in (*run.outputs, *found.values()) if a is not None]

    first = once()
    assert once() == first
    fresh = compiled(symbol, values)
    run = Run(fresh, values)
    assert [a.tobytes() for a in (*run.outputs, *run.backward(heads).values()) if a is not None] == first


def test_results_that_were_taken_survive_the_next_run() -> None:
    x = sym.Variable("x")
    symbol = sym.Group([x + 1, sym.Flatten(x + 2), x, sym.tanh(x)])
    values = {"x": np.ones((2, 2), np.float32)}
    plan = compiled(symbol, values, train=False)
    first = Run(plan, values)
    kept = [a.copy() for a in first.outputs]
    first.release()
    second = Run(plan, {"x": np.full((2, 2), 7, np.float32)})
    for array, before, now in zip(first.outputs, kept, second.outputs, strict=True):
        np.testing.assert_array_equal(array, before)
        assert not np.shares_memory(array, now)
    assert not np.shares_memory(first.outputs[2], values["x"])


def test_in_place_does_not_touch_what_is_needed_later() -> None:
    x = sym.Variable("x")
    a = sym.exp(x, name="a")
    b = sym.tanh(a, name="b")  # a may not be overwritten: c reads it after
    c = a * b
    values = {"x": np.linspace(-1, 1, 6).reshape(2, 3)}
    plan = compiled(c, values)
    check_memory(plan.plan)
    run = Run(plan, values)
    np.testing.assert_allclose(run.outputs[0], np.exp(values["x"]) * np.tanh(np.exp(values["x"])))


def test_in_place_is_used_where_it_can_be() -> None:
    chain = sym.Variable("x")
    for _ in range(6):
        chain = sym.tanh(chain)
    values = {"x": np.ones((64, 64), np.float32)}
    ways = Strategy(fuse=False), Strategy.preset("debug")
    balanced, debug = (compiled(chain + 1, values, way, train=False).plan for way in ways)
    assert balanced.arena_bytes == align(64 * 64 * 4)
    assert debug.arena_bytes == 6 * align(64 * 64 * 4)
    assert any(t.base is not None and t.storage == "arena" for t in balanced.tensors.values())


# ---------------------------------------------------------------- passes
def test_equal_calls_are_computed_once() -> None:
    x = sym.Variable("x")
    symbol = sym.tanh(x) + sym.tanh(x) * sym.sigmoid(x)
    graph = lower(symbol, {"x": TensorSpec((3,), np.dtype("float32"))}, train=False)
    before = [n.op.name for n in graph.nodes]
    share_common(graph)
    assert before.count("tanh") == 2
    assert [n.op.name for n in graph.nodes].count("tanh") == 1


def test_random_calls_are_never_shared() -> None:
    x = sym.Variable("x")
    symbol = sym.Group([sym.Dropout(x, p=0.5, mode="always"), sym.Dropout(x, p=0.5, mode="always")])
    values = {"x": np.ones((1000,), np.float32)}
    first, second = Run(compiled(symbol, values, train=False), values).outputs
    assert not np.array_equal(first, second)


def test_what_nobody_uses_is_dropped() -> None:
    x, y = sym.Variable("x"), sym.Variable("y")
    graph = lower(
        sym.Group([sym.tanh(x), sym.sigmoid(y)]), {n: TensorSpec((2,), np.dtype("float32")) for n in "xy"}, False
    )
    graph.outputs = graph.outputs[:1]
    prune(graph)
    assert [n.op.name for n in graph.nodes] == ["tanh"]


def test_passes_report_what_they_changed() -> None:
    x = sym.Variable("x")
    graph = lower(sym.tanh(x) + sym.tanh(x), {"x": TensorSpec((256,), np.dtype("float32"))}, train=False)
    _, shared, pruned, *_ = optimize(graph, Strategy())
    assert str(shared) == "pass share_common: 3 → 2 steps, 0.00 → 0.00 MiB at the peak; dropped 1 tanh"
    assert (shared.bytes_before, shared.bytes_after) == (3072, 2048)
    assert (pruned.steps_before, pruned.steps_after, pruned.changed) == (2, 2, "nothing to do")
    assert lines([shared, pruned]) == [str(shared), "passes that found nothing to do: prune"]
    assert "share_common" not in [p.name for p in optimize(graph, Strategy(share_common=False))]


def test_only_gradients_that_are_asked_for_are_computed() -> None:
    net = sym.FullyConnected(sym.FullyConnected(sym.Variable("data"), num_hidden=8, name="a"), num_hidden=2, name="b")
    known = {"data": TensorSpec((4, 3), np.dtype("float32"))}
    all_of_them = Compiled(net, known, train=True, wrt=net.list_arguments(), device=mx.cpu())
    last = Compiled(net, known, train=True, wrt=("b_weight",), device=mx.cpu())
    assert len(last.plan.steps) < len(all_of_them.plan.steps)
    assert list(last.gradients) == ["b_weight"]


# ---------------------------------------------------------------- states and random numbers
def norm_net() -> tuple[sym.Symbol, Arrays]:
    net = sym.BatchNorm(sym.Variable("data"), fix_gamma=False, momentum=0.5, name="bn")
    values = {"data": np.random.default_rng(0).normal(3, 2, (8, 2)).astype(np.float32)}
    for name, value in [("gamma", 1), ("beta", 0), ("moving_mean", 0), ("moving_var", 1)]:
        values[f"bn_{name}"] = np.full((2,), value, np.float32)
    return net, values


def test_states_are_brought_up_to_date_once_a_step() -> None:
    net, values = norm_net()
    plan = Compiled(net, specs(values), train=True, wrt=("data", "bn_gamma"), device=mx.cpu())
    run = Run(plan, values)
    wanted = 0.5 * values["data"].mean(0)
    np.testing.assert_allclose(values["bn_moving_mean"], wanted, rtol=1e-5)
    heads = {n: np.ones((8, 2), np.float32) for n in plan.needed_heads}
    run.backward(heads)
    run.backward(heads)
    np.testing.assert_allclose(values["bn_moving_mean"], wanted, rtol=1e-5)
    run.release()
    Run(plan, values)
    np.testing.assert_allclose(values["bn_moving_mean"], 0.75 * values["data"].mean(0), rtol=1e-5)


def test_states_stay_where_nothing_is_trained() -> None:
    net, values = norm_net()
    Run(Compiled(net, specs(values), train=False, device=mx.cpu()), values)
    assert values["bn_moving_mean"].tolist() == [0, 0]
    assert values["bn_moving_var"].tolist() == [1, 1]


def test_states_are_kept_up_where_the_output_is_not_used() -> None:
    net, values = norm_net()
    other = net.get_internals()["data"] * 2
    symbol = sym.Group([other, net])
    graph = lower(symbol, specs(values), train=True)
    graph.outputs = graph.outputs[:1]
    prune(graph)
    assert [n.op.name for n in graph.nodes] == ["_mul_scalar", "BatchNorm"]


def test_one_seed_gives_one_result() -> None:
    x = sym.Variable("x")
    values = {"x": np.ones((50,), np.float32)}
    plan = Compiled(sym.Dropout(x, p=0.5) * x, specs(values), train=True, wrt=("x",), device=mx.cpu())
    results = []
    for _ in range(2):
        mx.random.seed(3)
        run = Run(plan, values)
        heads = {n: np.ones((50,), np.float32) for n in plan.needed_heads}
        results.append(
            (run.outputs[0].tobytes(), run.backward(heads)["x"].tobytes(), run.backward(heads)["x"].tobytes())
        )
        run.release()
    assert results[0] == results[1]
    assert results[0][1] == results[0][2]  # a second backward drops the same elements
    after = Run(plan, values).outputs[0].tobytes()
    assert after != results[0][0]


# ---------------------------------------------------------------- debug
def test_debug_names_the_node_that_made_a_nan() -> None:
    x = sym.Variable("x")
    net = sym.sqrt(sym.log(x, name="first"), name="second") + 1
    plan = compiled(net, {"x": np.array([0.5, 2.0])}, Strategy.preset("debug"), train=False)
    with pytest.raises(NetwrightError, match=r"second \(sqrt\): the result holds NaN or infinity \(got second_output"):
        Run(plan, {"x": np.array([0.5, 2.0])})
    with pytest.raises(NetwrightError, match=r"first \(log\): .*Lower the learning rate"):
        Run(plan, {"x": np.array([0.0, 2.0])})
    assert np.isnan(Run(compiled(net, {"x": np.ones(2)}, train=False), {"x": np.array([0.5, 2.0])}).outputs[0][0])


# ---------------------------------------------------------------- strategies
def test_strategies_by_name() -> None:
    assert Strategy.preset("balanced") == Strategy()
    assert Strategy().name == "balanced"
    assert Strategy.preset("debug").name == "debug"
    assert Strategy(in_place=False).name == "custom"
    with pytest.raises(ParamError, match=r"unknown strategy .*balanced or .*got 'quick'"):
        Strategy.preset("quick")
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        Strategy(speed=9)  # type: ignore[call-arg]


# ---------------------------------------------------------------- reading
@pytest.fixture(scope="module")
def training_plan() -> Plan:
    net = sym.Flatten(
        sym.Activation(
            sym.Convolution(sym.Variable("data"), kernel=(3, 3), num_filter=2, name="conv1"),
            act_type="relu",
            name="relu1",
        )
    )
    net = sym.SoftmaxOutput(sym.FullyConnected(net, num_hidden=10, name="fc1"), name="softmax")
    weights = [n for n in net.list_arguments() if n.startswith(("conv", "fc"))]
    known = {"data": TensorSpec((4, 1, 8, 8), np.dtype("float32"))}
    return Compiled(net, known, train=True, wrt=weights, device=mx.cpu(), reason="a test").plan


def test_a_plan_reads_as_a_table(training_plan: Plan) -> None:
    lines = str(training_plan).splitlines()
    assert lines[0].split() == ["step", "operator", "name", "output", "runs", "memory", "lives", "MFLOP"]
    assert set(lines[1]) == {"-"}
    rows = lines[2 : 2 + len(training_plan.steps) + 1]
    assert [r.split()[0] for r in rows if "backward —" not in r] == [str(i) for i in range(len(training_plan.steps))]
    assert rows[0].split()[1:3] == ["_convolution_block", "relu1"]  # the convolution and the activation behind it
    assert "4×2×6×6 float32" in rows[0]
    boundary = next(i for i, r in enumerate(rows) if "— backward —" in r)
    assert boundary == training_plan.boundary
    column = lines[0].index("memory")
    assert all(r[column - 2 : column].strip() == "" for r in rows)
    text = "\n".join(lines)
    assert "device cpu(0): a test" in text
    assert "strategy balanced" in text
    assert "passes that found nothing to do: " in text
    assert "memory: arena" in text
    assert repr(training_plan).startswith(f"<Plan of {len(training_plan.steps)} steps on cpu(0)")


def test_a_plan_is_json(training_plan: Plan) -> None:
    found = json.loads(json.dumps(training_plan.to_json(), allow_nan=False))
    assert [s["step"] for s in found["steps"]] == list(range(len(training_plan.steps)))
    assert {s["phase"] for s in found["steps"]} == {"forward", "backward"}
    ids = {t["id"] for t in found["tensors"]}
    for step in found["steps"]:
        assert set(step["inputs"]) <= ids
        assert step["flops"] >= 0
    for tensor in found["tensors"]:
        assert tensor["first"] <= tensor["last"]
        assert tensor["storage"] in ("input", "arena", "own", "view", "output")
        assert tensor["bytes"] == int(np.prod(tensor["shape"])) * np.dtype(tensor["dtype"]).itemsize
        if tensor["storage"] == "arena":
            assert 0 <= tensor["offset"] <= found["totals"]["arena_bytes"] - tensor["bytes"]
    assert found["totals"]["peak_bytes"] >= found["totals"]["arena_bytes"]
    assert found["totals"]["unshared_bytes"] >= found["totals"]["arena_bytes"] - ALIGNMENT * len(ids)
    assert found["strategy"]["name"] == "balanced"
    names = [p["name"] for p in found["passes"]]
    assert names == ["join_convolutions"] + [p.name for p in PIPELINE + CPU if p.wanted(Strategy())]
    assert found["passes"][-1]["steps_after"] == len(found["steps"])
    for before, after in pairwise(found["passes"][1:]):  # the first saw the forward part alone
        assert before["steps_after"] == after["steps_before"]
        assert before["bytes_after"] == after["bytes_before"]


def test_steps_can_be_timed(training_plan: Plan) -> None:
    from netwright.scheduler import Program

    feeds = {n: np.zeros(v.shape, v.dtype) for n, v in training_plan.graph.inputs.items()}
    seconds = Program(training_plan).profile(feeds)
    assert len(seconds) == len(training_plan.steps)
    assert min(seconds) >= 0


# ---------------------------------------------------------------- what is refused
def test_unknown_shapes_are_named() -> None:
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=3, name="fc1")
    with pytest.raises(GraphError, match=r"data: its shape does not follow.*Give the shape of 'data'"):
        Compiled(net, {}, train=False, device=mx.cpu())


def test_shapes_that_clash_name_the_node() -> None:
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=3, name="fc1")
    known = {"data": TensorSpec((2, 5), np.dtype("float32")), "fc1_weight": TensorSpec((3, 4), np.dtype("float32"))}
    with pytest.raises(ShapeError, match=r"fc1 \(FullyConnected\).*weight.*wanted \(3, 5\), got \(3, 4\)"):
        Compiled(net, known, train=False, device=mx.cpu())


def test_two_variables_of_one_name_are_refused() -> None:
    net = sym.Variable("x") + sym.Variable("x")
    with pytest.raises(GraphError, match=r"x: two variables have this name\. Make the variable once"):
        Compiled(net, {"x": TensorSpec((2,), np.dtype("float32"))}, train=False, device=mx.cpu())


def test_errors_while_running_name_the_node() -> None:
    known = {"data": TensorSpec((2, 3), np.dtype("float32")), "index": TensorSpec((2,), np.dtype("float32"))}
    net = sym.take(sym.Variable("data"), sym.Variable("index"), mode="raise", name="rows")
    plan = Compiled(net, known, train=False, device=mx.cpu())
    values = {"data": np.zeros((2, 3), np.float32), "index": np.array([0, 9], np.float32)}
    with pytest.raises(NetwrightError, match=r"rows"):
        Run(plan, values)


def test_shapes_used_by_the_generator_are_those_inferred() -> None:
    assert set(SHAPES) == {"data", "other"}
