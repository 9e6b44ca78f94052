"""Native convolution and pooling at sizes that the operators' samples do not reach, beside the operators themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright.kernels.cpu import warm
from netwright.ops import get
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Strategy
from netwright.scheduler.ir import Graph
from netwright.scheduler.native_form import NativeForm
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
