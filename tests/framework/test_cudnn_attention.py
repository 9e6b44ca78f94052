"""Attention by cuDNN: its module is made up here, and a device's where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from tests.framework.made_up_cudnn import Module, made_up

import netwright as mx
from netwright.kernels.cuda import cudnn, cudnn_attention
from netwright.ops import get
from netwright.ops.operator import TensorSpec
from netwright.scheduler.lower import lower
from netwright.scheduler.passes import optimize_forward
from netwright.scheduler.strategy import Strategy

Array = np.ndarray[Any, Any]
HALF = np.dtype(np.float16)


def drawn(*shapes: tuple[int, ...], seed: int = 0) -> list[Array]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype(HALF) for shape in shapes]


def forms() -> list[tuple[str, dict[str, Any], list[Array]]]:
    """(forward operator, its parameters, its inputs) in all the ways that projections may lie."""
    heads, width = 2, 8
    whole = heads * width
    apart = drawn((3, 5, whole), (3, 7, whole), (3, 7, whole))
    bias = drawn((3 * heads, 5, 7))
    return [
        ("MultiHeadAttention", {"heads": heads}, apart),
        ("MultiHeadAttention", {"heads": heads, "causal": True, "scale": 0.3}, apart),
        ("_attention_step", {"heads": heads, "scale": 0.4, "causal": True}, apart),
        ("_attention_step", {"heads": heads, "scale": 0.4, "use_bias": True}, [*apart, *bias]),
        ("_attention_step", {"heads": heads, "arrays": 2}, drawn((3, 5, whole), (3, 7, 2 * whole))),
        ("_attention_step", {"heads": heads, "arrays": 1}, drawn((3, 5, 3 * whole))),
        ("_attention_step", {"heads": heads, "arrays": 1, "layout": "interleaved"}, drawn((5, 3, 3 * whole))),
        ("_attention_step", {"layout": "heads", "heads": 1}, drawn((6, 5, 8), (6, 7, 8), (6, 7, 8))),
    ]


def specs(arrays: Sequence[Array]) -> tuple[TensorSpec, ...]:
    return tuple(TensorSpec(a.shape, a.dtype) for a in arrays)


def listed(found: Any) -> list[Array]:
    return list(found) if isinstance(found, tuple) else [found]


def both_ways(xp: Any, name: str, params: dict[str, Any], inputs: list[Array], put: Any = np.asarray) -> None:
    """Forward and gradients as the operators give them, in half precision."""
    op = get(name)
    p = op.make_params(params)
    run = cudnn_attention.forward_of(name, p, specs(inputs), pytest.fail)
    assert run is not None
    wanted = listed(op.forward(np, p, *inputs))
    found = listed(run(xp, p, *map(put, inputs)))
    agree(found, wanted)
    gradient = {"MultiHeadAttention": "_attention_grad", "_attention_step": "_attention_step_grad"}[name]
    given = [*drawn(wanted[0].shape, seed=1), *inputs, *wanted]
    back = cudnn_attention.forward_of(gradient, p, specs(given), pytest.fail)
    assert back is not None
    agree(listed(back(xp, p, *map(put, given))), listed(get(gradient).forward(np, p, *given)))


def agree(found: list[Array], wanted: list[Array]) -> None:
    for one, other in zip(found, wanted, strict=True):
        one = one.get() if hasattr(one, "get") else one
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        np.testing.assert_allclose(one.astype(np.float32), other.astype(np.float32), rtol=4e-3, atol=4e-3)


@pytest.mark.parametrize("number", range(8))
def test_projections_are_told_as_they_lie(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cudnn, "module", lambda: (made_up(), ""))
    both_ways(Module(), *forms()[number])


def test_results_are_written_where_the_plan_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cudnn, "module", lambda: (made_up(), ""))
    name, params, inputs = forms()[0]
    p = get(name).make_params(params)
    run = cudnn_attention.forward_of(name, p, specs(inputs), pytest.fail)
    assert run is not None
    out = (np.empty((3, 5, 16), HALF), np.empty((3, 2, 5), np.float32))
    found = run(Module(), p, *inputs, out=out)
    assert all(one is other for one, other in zip(found, out, strict=True))
    agree(list(out), listed(get(name).forward(np, p, *inputs)))


def test_what_is_not_cudnns_stays_with_the_array_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Single precision, a mask, weights that are kept, positions that see nothing, nothing at all."""
    monkeypatch.setattr(cudnn, "module", lambda: (made_up(), ""))
    _, _, inputs = forms()[0]
    op = get("MultiHeadAttention")

    def taken(arrays: list[Array], **params: Any) -> bool:
        return cudnn_attention.forward_of(op.name, op.make_params(params), specs(arrays), pytest.fail) is not None

    assert taken(inputs)
    assert not taken([a.astype(np.float32) for a in inputs])
    assert not taken([*inputs, np.ones((3, 7), HALF)], use_mask=True)
    assert not taken(inputs, output_weights=True)
    assert not taken([inputs[1], inputs[0], inputs[0]], causal=True)
    assert not taken([a[:0] for a in inputs])


def test_what_cudnn_refuses_the_operator_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusal(Exception):
        """As cuDNN's own, which is no RuntimeError."""

    def refuse(**facts: Any) -> Any:
        raise Refusal("hidden_dim should be multiple of 8")

    found = made_up(pygraph=refuse, cudnnGraphNotSupportedError=Refusal)
    monkeypatch.setattr(cudnn, "module", lambda: (found, ""))
    told: list[str] = []
    name, params, inputs = forms()[1]
    p = get(name).make_params(params)
    run = cudnn_attention.forward_of(name, p, specs(inputs), told.append)
    assert run is not None
    for _ in range(2):
        agree(listed(run(Module(), p, *inputs)), listed(get(name).forward(np, p, *inputs)))
    assert len(told) == 1
    assert "attention of (3, 2, 5, 8)" in told[0]
    assert "multiple of 8" in told[0]


def test_a_note_says_where_cudnn_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cudnn, "module", lambda: (None, "it is not installed"))
    told: list[str] = []
    name, params, inputs = forms()[0]
    assert cudnn_attention.forward_of(name, get(name).make_params(params), specs(inputs), told.append) is None
    assert told == ["attention by the array module: it is not installed"]


@pytest.mark.parametrize("there", [True, False])
def test_a_plan_for_a_gpu_joins_attention_in_half_precision(there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where cuDNN is: without it the composed form is as good."""
    monkeypatch.setattr(cudnn, "module", lambda: (made_up() if there else None, "" if there else "no"))
    query, key, value = mx.sym.split(mx.sym.Variable("data"), num_outputs=3, axis=2)
    net = mx.sym.MultiHeadAttention(query, key, value, heads=2)
    for dtype in (np.float16, np.float32):
        graph = lower(net, {"data": TensorSpec((4, 6, 48), np.dtype(dtype))}, True)
        optimize_forward(graph, Strategy(), True, gpu=True)
        assert (graph.outputs[0].node.op.name == "_attention_step") == (there and dtype == np.float16)  # type: ignore[union-attr]


@pytest.mark.gpu
@pytest.mark.parametrize("number", range(8))
def test_a_device_computes_what_the_host_does(number: int) -> None:
    from netwright.device import gpu

    xp = gpu(0).xp
    if cudnn.module()[0] is None:
        pytest.skip(cudnn.module()[1])
    both_ways(xp, *forms()[number], put=xp.asarray)
