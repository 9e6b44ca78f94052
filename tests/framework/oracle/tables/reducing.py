"""Reductions: axes in every form."""

from __future__ import annotations

from collections.abc import Iterator

from tests.framework.oracle.asking import Question, apart, ask, between, given, normal

NAN, INF = float("nan"), float("inf")


def reductions() -> Iterator[Question]:
    """Axes in every form, exclude, NaN, whole numbers."""
    axes = [None, (), 0, 1, -1, (0, 2), (-1, 0), (2, 1, 0)]
    for name in ["sum", "mean", "prod", "max", "min", "nansum", "nanprod"]:
        for axis in axes:
            for keepdims in (False, True):
                yield ask(name, between((2, 3, 4), 0.5, 2), axis=axis, keepdims=keepdims)
                yield ask(name, between((2, 3, 4), 0.5, 2), axis=axis, keepdims=keepdims, exclude=True)
        yield ask(name, given([[1.0, NAN, 3.0], [2.0, 2.0, INF]]), axis=1)
        yield ask(name, given([[1, 4, 3], [2, 2, 1]], "int32"), axis=1)
        yield ask(name, given([[1, 0, 1], [1, 0, 1]], "int8"))
        yield ask(name, given([[2.0, 2.0], [0.0, 0.0]]), axis=1)
        yield ask(name, between((3, 4), 0.5, 2), axis=0, dtype="float16")
    for order in (1, 2):
        for axis in (None, 0, -1, (0, 2), (0, 1)):
            yield ask("norm", normal(2, 3, 4), ord=order, axis=axis)
            yield ask("norm", normal(2, 3, 4), ord=order, axis=axis, keepdims=True)
    yield ask("norm", given([0.0, 0.0]), ord=2)
    yield ask("norm", given([3.0, NAN]), ord=2)
    yield ask("norm", given([0.0, -1.0, 2.0]), ord=1)
    yield ask("norm", normal(3, 4), ord=2, axis=1, dtype="float16")
    for name in ["argmax", "argmin"]:
        for axis in (None, 0, 1, -1):
            for keepdims in (False, True):
                yield ask(name, apart(2, 3, 4), axis=axis, keepdims=keepdims, grad=False)
        yield ask(name, given([[1.0, 1.0, 0.0, 0.0]]), axis=1, grad=False)
        yield ask(name, given([[1.0, NAN, 3.0, 0.0]]), axis=1, grad=False)
        yield ask(name, given([[1, 3, 3, 0]], "int32"), axis=1, grad=False)
    yield ask("argmax_channel", apart(2, 3, 4), grad=False)
    yield ask("argmax_channel", apart(2, 3), grad=False)
    for axes_ in (None, 0, (0, 2), -1):
        yield ask("moments", normal(2, 3, 4), axes=axes_)
        yield ask("moments", normal(2, 3, 4), axes=axes_, keepdims=True)
    yield ask("cumsum", normal(2, 3, 4))
    yield ask("cumsum", normal(2, 3, 4), axis=1)
    yield ask("cumsum", given([1, 2, 3], "int32")) | {"params": {"dtype": "float32"}}
    yield ask("_square_sum", normal(3, 4), axis=1)
    yield ask("L2Normalization", normal(2, 3, 4), mode="channel")
    yield ask("L2Normalization", normal(2, 3, 4, 2), mode="spatial", eps=0.1)
    yield ask("L2Normalization", normal(2, 3), mode="instance")


FAMILIES = (reductions,)
