"""Elementwise operators, and those of two operands: edges, ties, NaN, whole numbers."""

from __future__ import annotations

from collections.abc import Iterator

from tests.framework.oracle.asking import Question, ask, between, given, normal

NAN, INF = float("nan"), float("inf")
ODD = [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 0.5, -0.5, 1.5]
BINARY = "add sub mul div mod power maximum minimum hypot"
COMPARED = "equal not_equal greater greater_equal lesser lesser_equal logical_and logical_or logical_xor"


def elementwise() -> Iterator[Question]:
    """Values at the edges, and whole numbers."""
    unary = (
        "abs arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh degrees erf erfinv exp "
        "expm1 fix floor gamma gammaln hard_sigmoid log log10 log1p log2 logical_not negative radians "
        "rcbrt reciprocal relu rint round rsqrt sigmoid sign sin sinh softsign sqrt square tan tanh "
        "trunc _contrib_round_ste _contrib_sign_ste"
    )
    for name in unary.split():
        yield ask(name, given(ODD))
        yield ask(name, between((3, 4), -3, 3))
    for name in [
        "abs",
        "ceil",
        "fix",
        "floor",
        "negative",
        "relu",
        "rint",
        "round",
        "sign",
        "square",
        "trunc",
        "logical_not",
    ]:
        yield ask(name, given([-3, -2, -1, 0, 1, 2, 3], "int32"))
    yield ask("hard_sigmoid", between((3, 4), -3, 3), alpha=0.3, beta=0.4)
    yield ask("smooth_l1", between((3, 4), -2, 2), scalar=2.0)
    yield ask("smooth_l1", given([-1.0, -0.25, 0.0, 0.25, 1.0]), scalar=2.0)
    yield ask("clip", given([-2.0, -1.0, 0.0, 1.0, 2.0, NAN, INF]), a_min=-1, a_max=1)
    yield ask("clip", given([-2, 0, 9], "int32"), a_min=-1, a_max=5)
    for act in ["relu", "sigmoid", "softrelu", "softsign", "tanh"]:
        yield ask("Activation", given(ODD), act_type=act)
    yield ask("Activation", given([100.0, -100.0, 20.0, -20.0]), act_type="softrelu")
    for act in ["leaky", "elu", "gelu"]:
        yield ask("LeakyReLU", given(ODD), act_type=act)
    yield ask("LeakyReLU", normal(2, 3), normal(3), act_type="prelu")
    yield ask("LeakyReLU", normal(2, 3, 4), normal(1), act_type="prelu")
    yield ask("LeakyReLU", normal(2, 3, 4, 2), normal(3), act_type="prelu")
    yield ask("LeakyReLU", normal(2, 3), act_type="rrelu", train=False)
    for a in ("float16", "float32", "float64", "int32", "int64", "int8", "uint8"):
        for b in ("float16", "float32", "float64", "int32", "int64", "int8", "uint8"):
            if a != b:
                yield ask("Cast", given([0, 1, 2, 3, 100, 7.9 if a[0] == "f" else 8], a), dtype=a) | {
                    "params": {"dtype": b}
                }
    yield ask("Cast", given([0.0, 0.5, -1.0]), grad=False) | {"params": {"dtype": "bool"}}
    for name in ["add_n", "ElementWiseSum"]:
        yield ask(name, normal(2, 3), normal(2, 3), normal(2, 3))


def binary() -> Iterator[Question]:
    """Two arrays, an array and a number: ties, NaN, division by zero, whole numbers."""
    x, y = [1.0, -1.0, 0.0, NAN, INF, 5.5, -5.5, 3.0], [1.0, 2.0, 0.0, 1.0, INF, -2.0, 2.0, 0.0]
    for name in BINARY.split():
        yield ask(f"broadcast_{name}", given(x), given(y))
        yield ask(f"broadcast_{name}", between((2, 1, 3), 0.5, 2), between((1, 4, 1), 0.5, 2))
        yield ask(f"broadcast_{name}", given([7, -7, 6, 0], "int32"), given([2, 2, -4, 3], "int32"))
        yield ask(f"broadcast_{name}", given([7, 250, 6, 0], "uint8"), given([2, 2, 4, 3], "uint8"))
    for name in COMPARED.split():
        yield ask(f"broadcast_{name}", given(x), given(y))
        yield ask(f"broadcast_{name}", normal(2, 1, 3), normal(1, 4, 1))
        yield ask(f"broadcast_{name}", given([7, -7, 6, 0], "int32"), given([2, -7, -4, 3], "int32"))
        yield ask(f"_{name}", given(x), given(y))
        yield ask(f"_{name}_scalar", given(x), scalar=1.0)
        yield ask(f"_{name}_scalar", given([7, -7, 1, 0], "int32"), scalar=1.0)
        yield ask(f"_{name}_scalar", given([7, -7, 1, 0], "int32"), scalar=1.5)
    for name in [
        "elemwise_add",
        "elemwise_sub",
        "elemwise_mul",
        "elemwise_div",
        "_mod",
        "_power",
        "_maximum",
        "_minimum",
        "_hypot",
        "_grad_add",
    ]:
        yield ask(name, given(x), given(y))
        yield ask(name, given([7, -7, 6, 0], "int32"), given([2, 2, -4, 3], "int32"))
    scalars = (
        "_plus _minus _rminus _mul _div _rdiv _mod _rmod _power _rpower _maximum _minimum _hypot "
        "_scatter_plus _scatter_minus"
    )
    for name in scalars.split():
        for scalar in (2.0, -1.5, 0.0):
            yield ask(f"{name}_scalar", given(x), scalar=scalar)
        yield ask(f"{name}_scalar", given([7, -7, 6, 1], "int32"), scalar=2)
        yield ask(f"{name}_scalar", given([7, -7, 6, 1], "int32"), scalar=2.5)
        yield ask(f"{name}_scalar", between((2, 3), 0.5, 2), scalar="1.5")
        yield ask(f"{name}_scalar", between((2, 3), 0.5, 2), scalar=2.0, dtype="float16")


FAMILIES = (
    elementwise,
    binary,
)
