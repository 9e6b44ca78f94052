"""Recompute and order: less memory, the same bits, random numbers and states drawn and written once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.framework.random_graphs import graphs, values_for
from tests.framework.test_scheduler import RANDOM, Arrays, check_memory, compiled, head_gradients, specs

import netwright as mx
from netwright import sym
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Strategy
from netwright.scheduler.compiled import HEAD
from netwright.scheduler.differentiate import differentiate
from netwright.scheduler.ir import Graph, Value
from netwright.scheduler.lower import lower
from netwright.scheduler.passes import order_for_memory, prune, recompute, recomputing
from netwright.scheduler.passes.cost import seconds
from netwright.scheduler.passes.liveness import peak_bytes
from netwright.scheduler.passes.repeating import Repeater, repeatable
from netwright.scheduler.plan import make_plan
from netwright.scheduler.program import Program
from netwright.scheduler.run import Run

LOW = Strategy.preset("low_memory")


def both_ways(symbol: sym.Symbol, known: dict[str, TensorSpec]) -> Graph:
    """The forward pass and the gradients of all floating-point variables."""
    graph = lower(symbol, known, train=True)
    ys = list(graph.outputs)
    heads = [graph.add_input(HEAD.format(i), y.spec) for i, y in enumerate(ys)]
    found = differentiate(graph, ys, heads, [v for n, v in graph.inputs.items() if n in symbol.list_arguments()])
    graph.outputs += [g for g in found if g is not None]
    return prune(graph)


def run(graph: Graph, feeds: Arrays) -> list[Any]:
    """All outputs of the graph's plan."""
    plan = make_plan(graph, mx.cpu(), Strategy())
    check_memory(plan)
    program = Program(plan)
    mx.random.seed(5)
    program.forward({n: a.copy() for n, a in feeds.items()})
    program.backward({})
    return [a.copy() for a in program.take(graph.outputs)]


def feeds_for(graph: Graph, seed: int = 0) -> Arrays:
    rng = np.random.default_rng(seed)
    return {n: rng.normal(size=v.shape).astype(v.dtype) for n, v in graph.inputs.items()}


def same_bits(found: list[Any], wanted: list[Any]) -> None:
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a, b)


@given(graphs(), st.data())
@settings(RANDOM, max_examples=25)
def test_whatever_is_dropped_comes_again_with_the_same_bits(symbol: sym.Symbol, data: st.DataObject) -> None:
    known = specs(values_for(symbol, 0))
    graph = both_ways(symbol, known)
    feeds = feeds_for(graph)
    wanted = run(graph, feeds)
    forward = [n for n in graph.nodes if n.phase == "forward" and repeatable(n, graph.states)]
    chosen = data.draw(st.lists(st.booleans(), min_size=len(forward), max_size=len(forward)))
    Repeater(graph, [n for n, drop in zip(forward, chosen, strict=True) if drop]).accept()
    same_bits(run(prune(graph), feeds), wanted)
    order_for_memory(graph)
    same_bits(run(graph, feeds), wanted)


def noisy_net(layers: int = 6) -> sym.Symbol:
    """Convolution, batch norm, dropout and a residual sum, again and again."""
    x = sym.Variable("data")
    for i in range(layers):
        y = sym.Convolution(x, kernel=(3, 3), pad=(1, 1), num_filter=4, name=f"conv{i}")
        y = sym.BatchNorm(y, fix_gamma=bool(i % 2), name=f"bn{i}")
        y = sym.Dropout(sym.Activation(y, act_type="relu"), p=0.4, name=f"drop{i}")
        x = y if i % 2 else x + y
    return sym.Group([sym.FullyConnected(x, num_hidden=3, name="fc"), sym.sum(x)])


def trained(strategy: Strategy) -> tuple[list[bytes], Arrays, int]:
    """Outputs and gradients of two steps, the states after them, and the peak."""
    net = noisy_net()
    shapes, _, states = net.infer_shape(data=(4, 4, 8, 8))
    rng = np.random.default_rng(0)
    values = {n: rng.normal(size=s).astype(np.float32) for n, s in zip(net.list_arguments(), shapes, strict=True)}
    kept = {n: np.ones(s, np.float32) for n, s in zip(net.list_auxiliary_states(), states, strict=True)}
    wrt = tuple(net.list_arguments())
    plan = Compiled(net, specs(values | kept), train=True, wrt=wrt, device=mx.cpu(), strategy=strategy)
    heads = head_gradients(plan)
    mx.random.seed(11)
    found = []
    for _ in range(2):
        step = Run(plan, values | kept)
        gradients = step.backward({n: heads[n] for n in plan.needed_heads})
        found += [a.tobytes() for a in (*step.outputs, *gradients.values()) if a is not None]
        step.release()
    return found, kept, plan.plan.peak_bytes


def test_batch_norm_and_dropout_give_the_same_bits_with_less_memory() -> None:
    # by one thread: otherwise what is fused may be cut by samples, and sums over them are in other parts
    found, states, peak = trained(Strategy(threads=1))
    low, low_states, low_peak = trained(LOW.model_copy(update={"threads": 1}))
    assert low == found
    for name, array in states.items():
        np.testing.assert_array_equal(low_states[name], array)
    assert low_peak < 0.8 * peak


def test_random_numbers_and_states_are_never_drawn_or_written_twice() -> None:
    graph = both_ways(noisy_net(2), {"data": TensorSpec((2, 4, 8, 8), np.dtype("float32"))})
    Repeater(graph, [n for n in graph.nodes if n.phase == "forward" and repeatable(n, graph.states)]).accept()
    backward = [n for n in graph.nodes if n.phase == "backward"]
    assert {"Convolution", "_batch_norm_again"} <= {n.op.name for n in backward}
    assert not any("rng" in n.op.forward_takes or n.op.state_ports(n.p) for n in backward)


def test_what_reads_a_state_is_neither_repeated_nor_moved_behind_its_change() -> None:
    data = sym.Variable("data")
    norm = sym.BatchNorm(data, name="bn", momentum=0.5)
    mean = norm.get_internals()["bn_moving_mean"]
    total = sym.sum(sym.square(sym.broadcast_mul(norm, sym.tanh(mean * 2.0))))
    graph = both_ways(total, {"data": TensorSpec((8, 2), np.dtype("float32"))})
    reader = next(n for n in graph.nodes if n.op.name == "_mul_scalar")
    assert reader.inputs[0] in graph.states
    assert not repeatable(reader, graph.states)
    names = [n.name for n in order_for_memory(graph).nodes]
    tied = [n.name for n in graph.nodes if any(v in graph.states for v in n.inputs)]
    assert [n for n in names if n in tied] == tied


def chain(layers: int, act: Callable[..., sym.Symbol] = sym.tanh) -> sym.Symbol:
    x = sym.Variable("data")
    for _ in range(layers):
        x = act(x)
    return x


@pytest.mark.parametrize("layers", [100, 1000])
def test_n_layers_need_the_memory_of_some_two_roots(layers: int) -> None:
    known = {"data": TensorSpec((64, 64), np.dtype("float32"))}
    plan = Compiled(chain(layers), known, train=True, wrt=("data",), device=mx.cpu(), strategy=LOW).plan
    layer = 64 * 64 * 4
    assert plan.peak_bytes / layer <= 2 * layers**0.5 + 6
    assert plan.flops <= 3.0 * Compiled(chain(layers), known, train=True, wrt=("data",), device=mx.cpu()).plan.flops


def test_a_budget_is_met_with_the_least_repeating() -> None:
    known = {"data": TensorSpec((64, 64), np.dtype("float32"))}

    def plan(**knobs: Any) -> Any:
        return Compiled(chain(200), known, train=True, wrt=("data",), device=mx.cpu(), strategy=Strategy(**knobs)).plan

    whole, least = plan(fuse=False), plan(recompute="auto")
    steps = []
    for share in (0.3, 0.5, 0.8):
        budget = int(whole.peak_bytes * share)
        found = plan(recompute="auto", memory_budget=budget)
        assert least.peak_bytes <= found.peak_bytes <= budget
        steps.append(len(found.steps))
    assert len(least.steps) >= steps[0] > steps[1] > steps[2] > len(whole.steps)
    assert len(plan(recompute="auto", memory_budget=whole.peak_bytes).steps) == len(whole.steps)


def residual_net(blocks: int, filters: int) -> sym.Symbol:
    """Convolutions, normalisations and additions of what came before."""
    net = sym.Convolution(sym.Variable("data"), kernel=(3, 3), pad=(1, 1), num_filter=filters, name="c0")
    for i in range(blocks):
        y = sym.Activation(sym.BatchNorm(net, name=f"a{i}"), act_type="relu")
        y = sym.Convolution(y, kernel=(3, 3), pad=(1, 1), num_filter=filters, name=f"c{i + 1}")
        net = net + sym.Dropout(sym.tanh(y), p=0.2)
    return sym.Flatten(net)


def residual_plan(net: sym.Symbol, shape: tuple[int, ...], strategy: Strategy) -> Any:
    """The plan of its training."""
    weights = [name for name in net.list_arguments() if name != "data"]
    known = {"data": TensorSpec(shape, np.dtype("float32"))}
    return Compiled(net, known, train=True, wrt=weights, device=mx.cpu(), strategy=strategy).plan


def test_balanced_repeats_cheap_calls_where_much_memory_is_needed() -> None:
    net = residual_net(6, 16)
    fast, balanced = (residual_plan(net, (16, 16, 64, 64), Strategy.preset(name)) for name in ("fast", "balanced"))
    assert fast.peak_bytes > recomputing.SMALL
    assert balanced.peak_bytes < 0.85 * fast.peak_bytes
    assert sum(map(seconds, balanced.steps)) < (1 + 2 * recomputing.SHARE) * sum(map(seconds, fast.steps))
    assert any("repeated" in report.changed for report in balanced.passes)
    small = residual_plan(net, (2, 16, 64, 64), Strategy())
    assert not any("repeated" in report.changed for report in small.passes)


def test_cheap_calls_that_are_repeated_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recomputing, "SMALL", 0)
    monkeypatch.setattr(recomputing, "SHARE", 0.3)
    net, shape = residual_net(4, 4), (2, 4, 16, 16)
    kept, again = (residual_plan(net, shape, Strategy(recompute=how)).graph for how in ("off", "cheap"))
    repeated = [node for node in again.nodes if node.outputs[0].name.endswith("_again")]
    assert len(repeated) >= 3
    for node in repeated:
        assert not any(v.name.endswith("_again") for v in node.inputs), "one reads what another repeats"
    same_bits(run(again, feeds_for(again)), run(kept, feeds_for(again)))


def test_convolutions_are_kept_where_cheaper_calls_will_do() -> None:
    net = sym.Variable("data")
    for i in range(8):
        net = sym.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=32, no_bias=True, name=f"c{i}")
        net = sym.Activation(sym.BatchNorm(net, name=f"b{i}"), act_type="relu")
    known = {"data": TensorSpec((4, 32, 16, 16), np.dtype("float32"))}
    graph = both_ways(net, known)
    before = peak_bytes(graph)
    recompute(graph, budget=int(before * 0.8))
    assert peak_bytes(graph) <= before * 0.8
    again = [n.op.name for n in graph.nodes if n.phase == "backward" and n.outputs[0].name.endswith("_again")]
    assert again
    assert "Convolution" not in again


def test_order_lowers_the_peak_and_says_so() -> None:
    x = sym.Variable("x")
    grown = [sym.tile(x + float(i), reps=(64,)) for i in range(8)]
    total = sym.sum(grown[0])
    for y in grown[1:]:
        total = total + sym.sum(y)
    graph = lower(sym.Group([total]), {"x": TensorSpec((64,), np.dtype("float32"))}, train=False)
    graph.nodes.sort(key=lambda n: n.op.name != "_plus_scalar" and n.op.name != "tile")  # all grown first
    before = peak_bytes(graph)
    names = sorted(n.name for n in graph.nodes)
    feeds = feeds_for(graph)
    wanted = run(graph, feeds)
    order_for_memory(graph)
    assert peak_bytes(graph) < before / 2
    assert sorted(n.name for n in graph.nodes) == names
    same_bits(run(graph, feeds), wanted)


def test_order_keeps_random_calls_in_their_order() -> None:
    x = sym.Variable("x")
    a = sym.Dropout(x, mode="always", name="first")
    b = sym.Dropout(x, mode="always", name="second")
    symbol = sym.sum(a) + sym.sum(b)
    graph = lower(symbol, {"x": TensorSpec((4096,), np.dtype("float32"))}, train=False)
    order_for_memory(graph)
    assert [n.name for n in graph.nodes if n.op.name == "Dropout"] == ["first", "second"]


def test_forward_stays_before_backward() -> None:
    graph = both_ways(noisy_net(3), {"data": TensorSpec((2, 4, 8, 8), np.dtype("float32"))})
    order_for_memory(recompute(graph))
    phases = [n.phase for n in graph.nodes]
    assert phases == sorted(phases, key=lambda phase: phase == "backward")
    made: set[Value] = set(graph.inputs.values())
    for node in graph.nodes:
        assert all(v in made for v in node.inputs)
        made.update(node.outputs)


def test_borrowed_gradients_lie_in_the_arena() -> None:
    net = sym.FullyConnected(sym.softsign(sym.FullyConnected(sym.Variable("data"), num_hidden=64)), num_hidden=64)
    shapes, _, _ = net.infer_shape(data=(32, 64))
    rng = np.random.default_rng(0)
    values = {n: rng.normal(size=s).astype(np.float32) for n, s in zip(net.list_arguments(), shapes, strict=True)}
    wrt = tuple(n for n in values if n != "data")
    plans = [
        Compiled(net, specs(values), train=True, wrt=wrt, device=mx.cpu(), lend_gradients=lend)
        for lend in (False, True)
    ]
    heads = {n: a for n, a in head_gradients(plans[0]).items() if n in plans[0].needed_heads}
    found = []
    for plan in plans:
        check_memory(plan.plan)
        program = plan.acquire()
        program.forward(values)
        program.backward(heads)
        found.append(program.borrow([g for g in plan.gradients.values() if g is not None]))
    same_bits(found[1], found[0])
    assert plans[1].plan.peak_bytes <= plans[0].plan.peak_bytes
    assert {plans[1].plan.tensors[g].storage for g in plans[1].gradients.values() if g is not None} == {"arena"}


def test_both_parts_run_again_with_the_same_bits() -> None:
    symbol = noisy_net(2)
    shapes, _, _ = symbol.infer_shape(data=(2, 4, 8, 8))
    values: Arrays = {n: np.ones(s, np.float32) for n, s in zip(symbol.list_arguments(), shapes, strict=True)}
    for name in symbol.list_auxiliary_states():
        values[name] = np.ones(4, np.float32)
    plan = compiled(symbol, values, LOW)
    heads = {n: a for n, a in head_gradients(plan).items() if n in plan.needed_heads}
    step = Run(plan, values)
    first, second = step.backward(heads), step.backward(heads)
    for name, gradient in first.items():
        np.testing.assert_array_equal(second[name], gradient)
