"""Families of operators on shapes that nobody chose: forward as NumPy has it, gradients as finite differences do."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netwright import autograd
from netwright.ndarray.array import NDArray
from netwright.ndarray.invoke import F

few = settings(max_examples=40, deadline=None)
SHAPES = st.lists(st.integers(0, 4), min_size=1, max_size=4).map(tuple)
WHOLE_SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)
SIZES = st.integers(1, 4)


def drawn(shape: tuple[int, ...], seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)


def check(function: Any, *arrays: Any, wanted: Any = None) -> Any:
    """The result, compared with NumPy's where given; its gradients are compared with slopes along random directions."""
    inputs = [NDArray(a.copy()) for a in arrays]
    for x in inputs:
        x.attach_grad()
    with autograd.record():
        y = function(*inputs)
    result = y.asnumpy()
    if wanted is not None:
        assert result.shape == wanted.shape
        np.testing.assert_allclose(result, wanted, rtol=1e-9, atol=1e-12)
    head = drawn(result.shape, 1)
    y.backward(NDArray(head))
    for i, x in enumerate(inputs):
        assert x.grad is not None
        assert x.grad.shape == x.shape
        along, step = drawn(x.shape, 2 + i), 1e-6
        ends = []
        for sign in (1, -1):
            moved = [a + sign * step * along if j == i else a for j, a in enumerate(arrays)]
            ends.append(float(np.sum(function(*map(NDArray, moved)).asnumpy() * head)))
        slope = (ends[0] - ends[1]) / (2 * step)
        got = float(np.sum(x.grad.asnumpy() * along))
        assert abs(got - slope) <= 1e-6 * max(1.0, abs(slope), float(np.abs(x.grad.asnumpy()).sum()))
    return result


def pair(data: st.DataObject) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that broadcast together."""
    whole = data.draw(SHAPES)
    sides = []
    for _ in range(2):
        kept = data.draw(st.integers(0, len(whole) - 1))
        sides.append(tuple(1 if data.draw(st.booleans()) else n for n in whole[kept:]))
    return sides[0], sides[1]


@few
@given(st.data(), st.sampled_from(["add", "sub", "mul", "div", "maximum", "power", "hypot"]))
def test_broadcasting(data: st.DataObject, name: str) -> None:
    a, b = pair(data)
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        assume(False)
    numpy_name = {"sub": "subtract", "mul": "multiply", "div": "divide"}.get(name, name)
    x, y = 1.5 + np.abs(drawn(a)), 0.5 + np.abs(drawn(b, 1))
    check(getattr(F, f"broadcast_{name}"), x, y, wanted=getattr(np, numpy_name)(x, y))


@few
@given(WHOLE_SHAPES, st.data(), st.sampled_from(["sum", "mean", "prod", "max", "min"]), st.booleans())
def test_reductions(shape: tuple[int, ...], data: st.DataObject, name: str, exclude: bool) -> None:
    axes = data.draw(st.lists(st.integers(-len(shape), len(shape) - 1), unique_by=lambda i: i % len(shape)))
    keepdims = data.draw(st.booleans())
    named = {i % len(shape) for i in axes} or set(range(len(shape)))
    over = tuple(sorted(set(range(len(shape))) - named if exclude and axes else named))
    x = drawn(shape)
    want = np.asarray(getattr(np, name)(x, axis=over, keepdims=keepdims) if over else x)
    if not want.shape:
        want = want.reshape(1)
    params = {"axis": tuple(axes) or None, "keepdims": keepdims, "exclude": exclude and bool(axes)}
    check(lambda a: getattr(F, name)(a, **params), x, wanted=want)


@few
@given(WHOLE_SHAPES, st.data())
def test_slices(shape: tuple[int, ...], data: st.DataObject) -> None:
    keys = [data.draw(st.slices(n).filter(lambda s, n=n: len(range(*s.indices(n))) > 0)) for n in shape]
    begin, end, step = (tuple(getattr(k, part) for k in keys) for part in ("start", "stop", "step"))
    x = drawn(shape)
    check(lambda a: F.slice(a, begin=begin, end=end, step=step), x, wanted=x[tuple(keys)])


@few
@given(SHAPES, st.data(), st.booleans())
def test_joining_and_cutting(shape: tuple[int, ...], data: st.DataObject, stacked: bool) -> None:
    count = data.draw(st.integers(1, 3))
    axis = data.draw(st.integers(-len(shape) - stacked, len(shape) - 1 + stacked))
    arrays = [drawn(shape, i) for i in range(count)]
    if stacked:
        check(lambda *a: F.stack(*a, axis=axis), *arrays, wanted=np.stack(arrays, axis=axis))
        return
    joined = check(lambda *a: F.Concat(*a, dim=axis), *arrays, wanted=np.concatenate(arrays, axis=axis))
    if shape[axis]:
        parts = F.SliceChannel(NDArray(joined), num_outputs=count, axis=axis)
        for part, a in zip(parts if count > 1 else [parts], arrays, strict=True):
            np.testing.assert_array_equal(part.asnumpy(), a)


@few
@given(WHOLE_SHAPES, st.data(), st.sampled_from(["clip", "wrap"]))
def test_taking(shape: tuple[int, ...], data: st.DataObject, mode: str) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    places = data.draw(st.lists(st.integers(-7, 7), min_size=0, max_size=5))
    index = NDArray(
        np.array(places, np.int64).reshape(-1, 1) if data.draw(st.booleans()) else np.array(places, np.int64)
    )
    x = drawn(shape)
    want = np.take(x, index.asnumpy(), axis=axis, mode=mode)  # type: ignore[call-overload]
    check(lambda a: F.take(a, index, axis=axis, mode=mode), x, wanted=want)


@few
@given(st.lists(SIZES, max_size=2), st.lists(SIZES, max_size=2), st.integers(0, 4), st.booleans(), st.booleans())
def test_dot(left: list[int], right: list[int], inner: int, turn_a: bool, turn_b: bool) -> None:
    """The last axis of the first with the first of the second; a transposition turns all axes, as in MXNet."""
    a, b = drawn((*left, inner)), drawn((inner, *right), 1)
    want = np.asarray(np.tensordot(a, b, 1))
    x = np.moveaxis(a, -1, 0).copy() if turn_a else a
    y = np.moveaxis(b, 0, -1).copy() if turn_b else b
    check(
        lambda p, q: F.dot(p, q, transpose_a=turn_a, transpose_b=turn_b),
        x,
        y,
        wanted=want if want.shape else want.reshape(1),
    )


def windows(size: int, kernel: int, stride: int, dilate: int, pad: int) -> int:
    return (size + 2 * pad - dilate * (kernel - 1) - 1) // stride + 1


@few
@given(st.data(), st.integers(1, 3))
def test_convolution_and_its_transposition(data: st.DataObject, rank: int) -> None:
    """Convolution by a plain sum over taps; Deconvolution with the same weight is its adjoint."""
    axes = [
        data.draw(st.tuples(st.integers(1, 5), st.integers(1, 3), SIZES, st.integers(1, 2), st.integers(0, 2)))
        for _ in range(rank)
    ]
    size, kernel, stride, dilate, pad = (tuple(a[i] for a in axes) for i in range(5))
    out = tuple(windows(*a) for a in axes)
    assume(all(n > 0 for n in out))
    groups = data.draw(st.integers(1, 2))
    x, w = drawn((2, 2 * groups, *size)), drawn((groups, 2, *kernel), 1)
    padded = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in pad)])
    want = np.zeros((2, groups, *out))
    for tap in np.ndindex(*kernel):
        at = tuple(
            slice(t * d, t * d + s * (n - 1) + 1, s) for t, d, s, n in zip(tap, dilate, stride, out, strict=True)
        )
        for g in range(groups):
            want[:, g] += np.einsum(
                "nc...,c->n...", padded[(slice(None), slice(2 * g, 2 * g + 2), *at)], w[(g, slice(None), *tap)]
            )
    how = {"kernel": kernel, "stride": stride, "dilate": dilate, "pad": pad, "num_group": groups}
    check(lambda a, b: F.Convolution(a, b, num_filter=groups, no_bias=True, **how), x, w, wanted=want)
    adj = tuple(
        n - (s * (o - 1) + d * (k - 1) + 1 - 2 * p)
        for n, s, o, d, k, p in zip(size, stride, out, dilate, kernel, pad, strict=True)
    )
    y = drawn(want.shape, 2)
    back = F.Deconvolution(NDArray(y), NDArray(w), num_filter=2 * groups, adj=adj, **how).asnumpy()
    np.testing.assert_allclose(np.sum(back * x), np.sum(y * want), rtol=1e-9, atol=1e-9)


@few
@given(
    st.data(),
    st.integers(1, 3),
    st.sampled_from(["max", "avg", "sum"]),
    st.sampled_from(["valid", "full"]),
    st.booleans(),
)
def test_pooling(data: st.DataObject, rank: int, kind: str, convention: str, counted: bool) -> None:
    """Window by window, with what lies outside of the data left out (or counted as zeros)."""
    axes = [
        data.draw(st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 3), st.integers(0, 1)))
        for _ in range(rank)
    ]
    size, kernel, stride, pad = (tuple(a[i] for a in axes) for i in range(4))
    assume(all(p < k and n + 2 * p >= k for n, k, p in zip(size, kernel, pad, strict=True)))
    room = [n + 2 * p - k for n, k, p in zip(size, kernel, pad, strict=True)]
    out = tuple((-(-r // s) if convention == "full" else r // s) + 1 for r, s in zip(room, stride, strict=True))
    x = np.random.default_rng(0).permutation(2 * int(np.prod(size))).reshape(1, 2, *size) / 7
    want = np.empty((1, 2, *out))
    for at in np.ndindex(*out):
        begin = [a * s - p for a, s, p in zip(at, stride, pad, strict=True)]
        part = x[
            (slice(None), slice(None), *(slice(max(0, b), max(0, b + k)) for b, k in zip(begin, kernel, strict=True)))
        ]
        assume(part.size > 0)
        reached = [min(b + k, n + p) - b for b, k, n, p in zip(begin, kernel, size, pad, strict=True)]
        count = int(np.prod(reached)) if counted else part[0, 0].size
        total = part.sum(axis=tuple(range(2, part.ndim)))
        value = (
            part.max(axis=tuple(range(2, part.ndim))) if kind == "max" else total if kind == "sum" else total / count
        )
        want[(slice(None), slice(None), *at)] = value
    params = {"kernel": kernel, "stride": stride, "pad": pad, "pool_type": kind, "pooling_convention": convention}
    check(lambda a: F.Pooling(a, count_include_pad=counted, **params), x, wanted=want)
