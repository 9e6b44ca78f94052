"""Native plans beside interpreted ones: every operator's samples that a rule takes, cut and shared in every way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from tests.framework.grouped import each
from tests.framework.operator_cases import CASES, Array, Case

import netwright as mx
from netwright import random
from netwright.kernels.cpu import warm
from netwright.kernels.cpu.emit import rules
from netwright.kernels.cpu.kernel import table
from netwright.kernels.cpu.loading import load_families
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Strategy
from netwright.scheduler.differentiate import differentiate
from netwright.scheduler.ir import Graph
from netwright.scheduler.native_form import NativeForm
from netwright.scheduler.passes import prune
from netwright.scheduler.plan import make_plan
from netwright.scheduler.program import Program

TOLERANCE = 3e-5


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    assert warm() == []


def build(case: Case, arrays: Sequence[Array], backward: bool) -> Graph:
    """The operator's call, and its gradients."""
    graph = Graph(case.sample.train)
    inputs = [graph.add_input(f"x{i}", TensorSpec(a.shape, a.dtype)) for i, a in enumerate(arrays)]
    outputs = list(graph.call(case.op, case.p, inputs, "it"))
    graph.outputs = list(outputs)
    if backward:
        visible = outputs[: case.op.visible_outputs(case.p)]
        heads = [graph.add_input(f"head{i}", v.spec) for i, v in enumerate(visible)]
        wrt = [v for v in inputs if v.dtype.kind == "f"]
        graph.outputs += [g for g in differentiate(graph, visible, heads, wrt) if g is not None]
    return prune(graph)


def form_of(graph: Graph, threads: int, micro: int | None = None) -> NativeForm | None:
    heads = {name: graph.outputs[int(name[4:])] for name in graph.inputs if name.startswith("head")}
    strategy = Strategy(threads=threads, micro_batch=micro)
    return NativeForm.of(graph, mx.cpu(), strategy, heads, joint=micro is not None)[0]


def results(program: Any, graph: Graph, feeds: dict[str, Array]) -> list[Array]:
    random.seed(3)
    given = {n: a.copy() for n, a in feeds.items()}
    fed = {n: a for n, a in given.items() if n.startswith("x")}
    heads = {n: a for n, a in given.items() if n.startswith("head")}
    if program.plan.boundary < len(program.plan.steps):
        program.step(fed, heads)
    else:
        program.forward(fed)
        program.backward(heads)
    states = [given[n] for n in feeds if n.startswith("x")]  # states are written in place, all else is as it was
    return [np.array(a) for a in (*program.take(graph.outputs), *states)]


class Cut(NamedTuple):
    """A case, the threads that share it, and how many samples they take at a time."""

    case: Case
    threads: int
    micro: int | None

    def __str__(self) -> str:
        return f"{self.case.id}, {self.threads} threads, micro batch {self.micro}"


load_families()
NATIVE = [case for case in CASES if case.dtype == "float32" and case.op.name in rules]


ELEMENTWISE = rules["fused"].emit
WAYS = [(1, None), (2, None), (3, None), (1, 1), (2, 1)]
"""Threads, and samples at a time."""
ALL = [Cut(c, *way) for c in NATIVE for way in WAYS if way == (2, None) or rules[c.op.name].emit is not ELEMENTWISE]
"""Elementwise operators have one kernel: one way of sharing shows enough of each."""


@each(ALL, group=lambda cut: cut.case.op.name, name=str)
def test_native_plans_equal_interpreted_ones(cut: Cut) -> None:
    case, threads, micro = cut
    arrays = case.arrays()
    backward = case.sample.differentiable and case.op.differentiable
    graph = build(case, arrays, backward)
    form = form_of(graph, threads, micro)
    if form is None or (micro is not None and not form.cutting.joint):
        return  # no rule takes these parameters; or it needs all samples, or has only one
    plan = make_plan(graph, mx.cpu(), Strategy(threads=threads), "", form.may_write_over)
    rng = np.random.default_rng(5)
    feeds = {f"x{i}": a for i, a in enumerate(arrays)}
    feeds |= {n: rng.normal(size=v.shape).astype(v.dtype) for n, v in graph.inputs.items() if n not in feeds}
    wanted = results(Program(plan), graph, feeds)
    program = form.program(plan)
    found = results(program, graph, feeds)
    for value, got, want in zip([*graph.outputs, *arrays], found, wanted, strict=True):
        np.testing.assert_allclose(got, want, rtol=TOLERANCE, atol=TOLERANCE, err_msg=str(value))
    for again, before in zip(results(program, graph, feeds), found, strict=True):
        np.testing.assert_array_equal(again, before, err_msg="another run gives other bits")


def test_rules_name_operators_and_kernels_are_used() -> None:
    from netwright.ops.registry import find

    assert [name for name in rules if find(name) is None and not name.startswith("_")] == ["fused"]
    assert table
