"""Batch normalization in parts and natively, beside the operator itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright.kernels.cpu import warm
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Strategy
from netwright.scheduler.passes.batch_norms import split_batch_norms

PLAIN = Strategy(native=False)
SHAPE = (5, 4, 6, 7)


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    assert warm() == []


def bare(**params: Any) -> Any:
    return mx.sym.BatchNorm(mx.sym.Variable("data"), name="norm", **params)


def with_relu(**params: Any) -> Any:
    return mx.sym.Activation(bare(**params), act_type="relu", name="act")


def residual(**params: Any) -> Any:
    """What a block of a residual network is: two normalised ways, added, then ReLU."""
    data = mx.sym.Variable("data")
    one = mx.sym.relu(mx.sym.BatchNorm(data, name="first", **params))
    return mx.sym.relu(mx.sym.BatchNorm(one, name="second", **params) + mx.sym.BatchNorm(data, name="third", **params))


def read_twice(**params: Any) -> Any:
    """The normalised data are read beside ReLU too, so that nothing may be taken in."""
    norm = bare(**params)
    return mx.sym.relu(norm) + norm


def run(symbol: Any, strategy: Strategy, shape: tuple[int, ...], offset: float) -> dict[str, Any]:
    """Output, gradients and moving statistics after two steps."""
    rng = np.random.default_rng(2)
    arguments, _, states = symbol.infer_shape(data=shape)
    feeds: dict[str, Any] = {}
    for name, size in zip(symbol.list_arguments(), arguments, strict=True):
        feeds[name] = rng.normal(1, 0.5, size).astype(np.float32)
    feeds["data"] += np.float32(offset)
    for name, size in zip(symbol.list_auxiliary_states(), states, strict=True):
        feeds[name] = rng.uniform(0.5, 1.5, size).astype(np.float32)
    wrt = symbol.list_arguments()
    known = {name: TensorSpec(a.shape, a.dtype) for name, a in feeds.items()}
    compiled = Compiled(symbol, known, train=True, wrt=wrt, device=mx.cpu(), strategy=strategy)
    head = rng.normal(size=compiled.outputs[0].shape).astype(np.float32)
    found: dict[str, Any] = {}
    for _ in range(2):
        program = compiled.acquire()
        assert type(program).__name__ == ("NativeProgram" if strategy.native else "Program")
        program.forward(feeds)
        program.backward({compiled.heads[0]: head})
        found["output"] = program.take(compiled.outputs)[0]
        wanted = [compiled.gradients[name] for name in wrt]
        found |= dict(zip(wrt, program.take([v for v in wanted if v is not None]), strict=True))
        compiled.release(program)
    return found | {name: feeds[name] for name in symbol.list_auxiliary_states()}


@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("build", [bare, with_relu, residual, read_twice], ids=lambda f: f.__name__)
@pytest.mark.parametrize("shape", [SHAPE, (6, 3)], ids=str)
def test_parts_equal_the_whole(build: Any, fixed: bool, shape: tuple[int, ...]) -> None:
    symbol = build(fix_gamma=fixed, momentum=0.7)
    wanted = run(symbol, PLAIN, shape, 0.0)
    for threads in (1, 2):
        found = run(symbol, Strategy(threads=threads), shape, 0.0)
        assert found.keys() == wanted.keys()
        for name, array in wanted.items():
            np.testing.assert_allclose(found[name], array, rtol=2e-4, atol=2e-5, err_msg=name)


def test_a_variance_far_below_the_mean_stays_right() -> None:
    found = run(bare(fix_gamma=True, momentum=0.0), Strategy(threads=2), SHAPE, 1000.0)
    x = np.random.default_rng(2).normal(1, 0.5, SHAPE).astype(np.float32) + np.float32(1000)
    np.testing.assert_allclose(found["norm_moving_var"], x.astype(np.float64).var(axis=(0, 2, 3)), rtol=1e-4)
    np.testing.assert_allclose(found["norm_moving_mean"], x.astype(np.float64).mean(axis=(0, 2, 3)), rtol=1e-6)


def test_the_same_seed_gives_the_same_bits() -> None:
    one, other = (run(residual(fix_gamma=False), Strategy(threads=2), SHAPE, 0.0) for _ in range(2))
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)


def test_what_is_taken_into_the_pass() -> None:
    from netwright.scheduler.lower import lower

    known = {"data": TensorSpec(SHAPE, np.dtype("float32"))}
    names = {
        "bare": ["_batch_norm_moments", "_batch_norm_statistics", "_batch_norm_apply"],
        "with_relu": ["_batch_norm_moments", "_batch_norm_statistics", "_batch_norm_apply"],
        "read_twice": ["_batch_norm_moments", "_batch_norm_statistics", "_batch_norm_apply", "relu", "broadcast_add"],
    }
    for build in (bare, with_relu, read_twice):
        graph = split_batch_norms(lower(build(), known, True))
        assert [node.op.name for node in graph.nodes] == names[build.__name__]
        assert graph.nodes[2].p.relu is (build is with_relu)  # type: ignore[attr-defined]
    graph = split_batch_norms(lower(residual(), known, True))
    assert [node.op.name for node in graph.nodes].count("_batch_norm_apply") == 3
    assert not any(node.op.name in ("relu", "broadcast_add", "BatchNorm") for node in graph.nodes)
    whole = lower(bare(use_global_stats=True), known, True)
    assert [node.op.name for node in split_batch_norms(whole).nodes] == ["BatchNorm"]
