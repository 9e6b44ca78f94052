"""Native convolution and pooling at sizes that the operators' samples do not reach, beside the operators themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright.kernels.cpu import warm
from netwright.ops import get
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Strategy
from netwright.scheduler.ir import Graph
from netwright.scheduler.lower import lower
from netwright.scheduler.native_form import NativeForm
from netwright.scheduler.passes.convolutions import pool_before_relu
from netwright.scheduler.plan import make_plan
from netwright.scheduler.program import Program

Shape = tuple[int, ...]


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    assert warm() == []


def both(graph: Graph, feeds: dict[str, Any], threads: int = 2) -> list[tuple[Any, Any]]:
    """(native, interpreted) results of a graph; no step of it may be a Python call."""
    form = NativeForm.of(graph, mx.cpu(), Strategy(threads=threads), {})[0]
    assert form is not None
    assert None not in form.cutting.cuts.values()
    plan = make_plan(graph, mx.cpu(), Strategy(threads=threads), "", form.may_write_over)
    native, plain = form.program(plan), Program(plan)
    native.forward(feeds)
    plain.forward(feeds)
    return list(zip(native.take(graph.outputs), plain.take(graph.outputs), strict=True))


def check(name: str, arrays: list[Any], **params: Any) -> None:
    op, graph = get(name), Graph(True)
    inputs = [graph.add_input(f"x{i}", TensorSpec(a.shape, a.dtype)) for i, a in enumerate(arrays)]
    graph.outputs = list(graph.call(op, op.make_params(params), inputs))
    for native, plain in both(graph, {f"x{i}": a for i, a in enumerate(arrays)}):
        scale = max(1.0, float(np.abs(plain[np.isfinite(plain)]).max(initial=0)))
        np.testing.assert_allclose(native, plain, rtol=1e-5, atol=1e-5 * scale)


def normal(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


CONVOLUTIONS: list[tuple[Shape, int, dict[str, Any]]] = [
    ((3, 1, 28, 28), 6, {"kernel": (5, 5), "pad": (2, 2)}),  # few filters, runs of padded lines
    ((2, 6, 14, 14), 16, {"kernel": (5, 5)}),  # no copy: data and sums lie as they are
    ((2, 3, 18, 34), 9, {"kernel": (3, 3)}),  # lines of whole vectors; an odd number of filters
    ((2, 5, 10, 10), 20, {"kernel": (3, 3)}),  # lines of short vectors
    ((3, 4, 9, 17), 8, {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1)}),
    ((2, 4, 16, 16), 24, {"kernel": (1, 1), "stride": (2, 2)}),  # remainders of the stride without a weight
    ((2, 4, 11, 12), 5, {"kernel": (4, 3), "stride": (3, 2), "dilate": (1, 2), "pad": (2, 1)}),
    ((2, 6, 12, 9), 6, {"kernel": (3, 3), "num_group": 6, "pad": (1, 1)}),  # one channel a group
    ((2, 8, 6, 7), 12, {"kernel": (3, 2), "num_group": 4, "dilate": (2, 2), "pad": (3, 0), "stride": (1, 2)}),
    ((2, 3, 4, 4), 5, {"kernel": (1, 1), "pad": (2, 2)}),  # more padding than the kernel reaches
    ((5, 2, 1, 1), 3, {"kernel": (1, 1)}),  # less than a vector
    ((2, 70, 6, 6), 65, {"kernel": (3, 3), "pad": (1, 1)}),  # several tiles of filters and channels
    ((2, 3, 40), 4, {"kernel": (5,), "stride": (2,), "pad": (3,)}),
]


@pytest.mark.parametrize(("data", "filters", "params"), CONVOLUTIONS, ids=str)
def test_convolution_and_its_gradients(data: Shape, filters: int, params: dict[str, Any]) -> None:
    groups = params.get("num_group", 1)
    weight = (filters, data[1] // groups, *params["kernel"])
    output = get("Convolution").infer_shape(
        get("Convolution").make_params({**params, "num_filter": filters, "no_bias": True}), [data, weight]
    )[1][0]
    assert output is not None
    check("Convolution", [normal(*data), normal(*weight), normal(filters)], num_filter=filters, **params)
    check("_conv_data_grad", [normal(*output), normal(*weight)], shape=data, **params)
    check("_conv_weight_grad", [normal(*output), normal(*data)], shape=weight, **params)


def test_convolution_passes_nan_on() -> None:
    x = normal(2, 2, 12, 12)
    x[0, 1, 5, 5] = np.nan
    check("Convolution", [x, normal(3, 2, 3, 3), normal(3)], kernel=(3, 3), num_filter=3, pad=(1, 1))


POOLINGS: list[tuple[Shape, dict[str, Any]]] = [
    ((3, 4, 12, 12), {"kernel": (2, 2), "stride": (2, 2)}),
    ((3, 4, 13, 11), {"kernel": (2, 2), "stride": (2, 2)}),
    ((3, 4, 13, 11), {"kernel": (2, 2), "stride": (2, 2), "pooling_convention": "full"}),
    ((2, 3, 9, 20), {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1)}),
    ((2, 3, 9, 10), {"kernel": (3, 2), "stride": (1, 3)}),
    ((2, 3, 5, 6), {"global_pool": True}),
]


@pytest.mark.parametrize("kind", ["max", "avg", "sum"])
@pytest.mark.parametrize(("data", "params"), POOLINGS, ids=str)
def test_pooling_and_its_gradients(data: Shape, params: dict[str, Any], kind: str) -> None:
    params = {**params, "pool_type": kind}
    output = get("Pooling").infer_shape(get("Pooling").make_params(params), [data])[1][0]
    assert output is not None
    x = np.random.default_rng(1).integers(0, 4, data).astype(np.float32)  # with ties
    check("Pooling", [x], **params)
    if kind == "max":
        check("_pool_max_grad", [normal(*output), x], **params)
    else:
        check("_pool_sum_grad", [normal(*output)], shape=data, **params)


@pytest.mark.parametrize("kernel", [(2, 2), (3, 3)])
def test_a_maximum_of_nan_is_nan_and_has_no_gradient(kernel: Shape) -> None:
    x = normal(2, 2, 8, 8)
    x[0, 0, 1, 3] = x[1, 1, 6, 0] = np.nan
    x[0, 1, 2, 2] = -np.inf
    check("Pooling", [x], kernel=kernel, stride=(2, 2))
    shape = (2, 2, 4, 4) if kernel == (2, 2) else (2, 2, 3, 3)
    check("_pool_max_grad", [normal(*shape), x], kernel=kernel, stride=(2, 2))


def test_sums_of_channels() -> None:
    check("sum", [normal(4, 3, 5, 7)], axis=(0, 2, 3))


@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("how", [{"no_bias": True, "fix_gamma": False}, {"num_group": 3}])
def test_a_convolution_with_what_follows_it(norm: bool, residual: bool, how: dict[str, Any]) -> None:
    groups = how.get("num_group", 1)
    arrays = [normal(3, 6, 9, 9), normal(9, 6 // groups, 3, 3)]
    arrays += [] if how.get("no_bias") else [normal(9)]
    arrays += [normal(9), normal(9) + 1, normal(9), np.abs(normal(9)) + np.float32(0.1)] if norm else []
    arrays += [normal(3, 9, 9, 9)] if residual else []
    params = {"kernel": (3, 3), "pad": (1, 1), "num_filter": 9, "norm": norm, "residual": residual, **how}
    for relu in (True, False):
        check("_convolution_block", arrays, relu=relu, **params)


POOLED: list[tuple[Shape, int, dict[str, Any]]] = [
    ((3, 2, 28, 28), 20, {"kernel": (5, 5)}),  # runs of lines
    ((2, 3, 18, 34), 9, {"kernel": (3, 3)}),  # whole vectors
    ((2, 4, 9, 11), 6, {"kernel": (3, 3), "pad": (1, 1), "num_group": 2}),  # a last line and column drop out
    ((2, 3, 4, 5), 3, {"kernel": (3, 3)}),  # one maximum
]


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize(("data", "filters", "params"), POOLED, ids=str)
def test_a_convolution_with_pooling_behind_it(
    data: Shape, filters: int, params: dict[str, Any], norm: bool, samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netwright.scheduler.native.cutting.WAIT_BYTES", 0)
    x = normal(samples, *data[1:])
    x[0, 0, 1, 1] = np.nan
    arrays = [x, normal(filters, data[1] // params.get("num_group", 1), *params["kernel"]), normal(filters)]
    some = normal(filters)
    arrays += [some, some + 1, some - 1, np.abs(some) + np.float32(0.1)] if norm else []
    for relu in (True, False):
        check("_convolution_block", arrays, num_filter=filters, norm=norm, pool=True, relu=relu, **params)


def test_pooling_is_joined_where_nothing_is_differentiated() -> None:
    x = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, name="conv")
    pairs = {"kernel": (2, 2), "stride": (2, 2), "pool_type": "max"}
    known = {"data": TensorSpec((2, 1, 11, 11), np.dtype("float32"))}

    def steps(net: Any, wrt: list[str]) -> list[str]:
        compiled = Compiled(net, known, train=bool(wrt), wrt=wrt, device=mx.cpu())
        return [node.op.name for node in compiled.plan.steps if node.phase == "forward"]

    joined = mx.sym.Pooling(mx.sym.relu(x), **pairs)
    assert steps(joined, []) == ["_convolution_block"]
    assert "Pooling" in steps(joined, ["conv_weight"])
    for change in ({"kernel": (3, 3)}, {"stride": (1, 1)}, {"pool_type": "avg"}, {"pad": (1, 1)}):
        assert "Pooling" in steps(mx.sym.Pooling(x, **pairs | change), [])
    from netwright.scheduler.plan import step_flops

    with_pool = Compiled(joined, known, train=False, device=mx.cpu()).plan.steps[0]
    assert with_pool.outputs[0].shape == (2, 4, 4, 4)
    assert step_flops(with_pool) > 2 * 2 * 4 * 9 * 9 * 9, "the convolution's own, of 9 × 9 places"


def network(norm: bool) -> Any:
    """Convolutions with all that may follow them."""
    x = mx.sym.Variable("data")
    one = mx.sym.Convolution(x, kernel=(3, 3), num_filter=8, pad=(1, 1), name="one")
    one = mx.sym.Activation(mx.sym.BatchNorm(one, fix_gamma=False, name="norm") if norm else one, act_type="relu")
    two = mx.sym.Convolution(one, kernel=(3, 3), num_filter=8, pad=(1, 1), no_bias=True, name="two")
    two = mx.sym.relu((mx.sym.BatchNorm(two, name="norm2") if norm else two) + one)
    pooled = mx.sym.Pooling(two, kernel=(2, 2), stride=(2, 2), pool_type="max")
    last = mx.sym.relu(mx.sym.Convolution(pooled, kernel=(3, 3), num_filter=4, name="three"))
    return mx.sym.Pooling(last, kernel=(2, 2), pool_type="max")


def trained(symbol: Any, strategy: Strategy, train: bool) -> tuple[list[Any], list[str]]:
    """Output and gradients (in training), and the plan's operators."""
    rng = np.random.default_rng(0)
    arguments, _, states = symbol.infer_shape(data=(3, 2, 12, 12))
    names = [*symbol.list_arguments(), *symbol.list_auxiliary_states()]
    feeds = {n: rng.uniform(0.1, 1, s).astype(np.float32) for n, s in zip(names, [*arguments, *states], strict=True)}
    feeds["data"] = rng.integers(-2, 3, feeds["data"].shape).astype(np.float32)
    for name in ("one_weight", "two_weight", "three_weight"):
        feeds[name] = rng.integers(-1, 2, feeds[name].shape).astype(np.float32)  # equal maxima, and many zeros
    wrt = symbol.list_arguments() if train else []
    known = {name: TensorSpec(a.shape, a.dtype) for name, a in feeds.items()}
    compiled = Compiled(symbol, known, train=train, wrt=wrt, device=mx.cpu(), strategy=strategy)
    program = compiled.acquire()
    assert type(program).__name__ == ("NativeProgram" if strategy.native else "Program")
    program.forward(feeds)
    found = program.take(compiled.outputs)
    if train:
        head = rng.normal(size=compiled.outputs[0].shape).astype(np.float32)
        program.backward({compiled.heads[0]: head})
        found += program.take([v for v in compiled.gradients.values() if v is not None])
    return found, [node.op.name for node in compiled.plan.steps]


@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize("train", [True, False])
def test_joined_plans_equal_plain_ones(norm: bool, train: bool) -> None:
    symbol = network(norm)
    wanted, _ = trained(symbol, Strategy(native=False), train)
    found, operators = trained(symbol, Strategy(threads=2), train)
    for native, plain in zip(found, wanted, strict=True):
        np.testing.assert_allclose(native, plain, rtol=1e-4, atol=1e-4 * max(1, float(np.abs(plain).max())))
    joined = operators.count("_convolution_block")
    if train:
        assert joined == (0 if norm else 1)
        assert operators.index("relu", operators.index("Pooling")) > operators.index("Pooling")
    else:
        assert joined == 2
        assert "BatchNorm" not in operators
        assert "broadcast_add" not in operators


def test_pooling_with_windows_of_padding_stays_behind_relu() -> None:
    x = mx.sym.relu(mx.sym.Variable("data"))
    symbol = mx.sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pad=(1, 1), pool_type="max")
    graph = pool_before_relu(lower(symbol, {"data": TensorSpec((1, 1, 4, 4), np.dtype("float32"))}, False))
    assert [node.op.name for node in graph.nodes] == ["relu", "Pooling"]
