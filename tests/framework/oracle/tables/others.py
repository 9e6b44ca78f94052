"""Arrays from nothing, densities and contributed operators."""

from __future__ import annotations

from collections.abc import Iterator

from tests.framework.oracle.asking import Question, ask, between, given, ints, normal

NAN, INF = float("nan"), float("inf")


def created() -> Iterator[Question]:
    """Arrays made from nothing."""
    for dtype in ("float32", "float64", "int32", "uint8", "float16"):
        for params in (
            ("_zeros", {"shape": (2, 3)}),
            ("_ones", {"shape": 4}),
            ("_full", {"shape": (2,), "value": 2.5}),
            ("_arange", {"start": 1, "stop": 7, "step": 2, "repeat": 2}),
            ("_arange", {"start": 5}),
            ("_arange", {"start": 5, "stop": 1, "step": -1}),
            ("_eye", {"N": 3, "M": 4, "k": 1}),
            ("_eye", {"N": 3, "k": -1}),
            ("_linspace", {"start": 0, "stop": 10, "num": 5}),
            ("_linspace", {"start": 0, "stop": 10, "num": 5, "endpoint": False}),
        ):
            yield ask(params[0], grad=False) | {"params": params[1] | {"dtype": dtype}}
    for name in ("zeros_like", "ones_like"):
        yield ask(name, normal(2, 3))
        yield ask(name, given([1, 2], "int32"))


def densities() -> Iterator[Question]:
    """Densities of distributions and their logarithms."""
    for log in (False, True):
        pairs = [between((2,), 0.5, 2), between((2,), 0.5, 2)]
        yield ask("_random_pdf_uniform", between((2, 3), 0.6, 0.9), given([0.0, 0.5]), given([1.0, 2.0]), is_log=log)
        yield ask("_random_pdf_normal", normal(2, 3), normal(2), between((2,), 0.5, 2), is_log=log)
        yield ask("_random_pdf_gamma", between((2, 3), 0.5, 2), *pairs, is_log=log)
        yield ask("_random_pdf_exponential", between((2, 3), 0.5, 2), pairs[0], is_log=log)
        yield ask("_random_pdf_poisson", ints((2, 3), 0, 6), pairs[0], is_log=log)
        yield ask("_random_pdf_negative_binomial", ints((2, 3), 0, 6), given([2.0, 3.0]), given([0.4, 0.7]), is_log=log)
        yield ask("_random_pdf_generalized_negative_binomial", ints((2, 3), 0, 6), *pairs, is_log=log)
        yield ask(
            "_random_pdf_dirichlet", given([[[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]]), between((1, 3), 0.5, 2), is_log=log
        )


def contrib() -> Iterator[Question]:
    """Small operators of their own kind."""
    yield ask("_contrib_quadratic", normal(2, 3), a=1.5, b=-0.5, c=2.0)
    yield ask("_contrib_div_sqrt_dim", normal(2, 3, 4))
    yield ask("_contrib_gradientmultiplier", normal(2, 3), scalar=-0.5)
    yield ask("_contrib_interleaved_matmul_selfatt_qk", normal(3, 2, 24), heads=2)
    yield ask("_contrib_interleaved_matmul_selfatt_valatt", normal(3, 2, 24), normal(4, 3, 3), heads=2)
    yield ask("_contrib_interleaved_matmul_encdec_qk", normal(3, 2, 8), normal(5, 2, 16), heads=2)
    yield ask("_contrib_interleaved_matmul_encdec_valatt", normal(5, 2, 16), normal(4, 3, 5), heads=2)
    events = [
        between((2, 3), 0.5, 2),
        between((3,), 0.2, 0.8),
        between((3,), 0.5, 2),
        between((2, 3), 0.1, 1),
        between((2, 4), 0.1, 0.6),
        given([[0, 1, 2, 0], [1, 1, 0, 2]], "int32"),
        given([3, 4]),
        given([5.0, 6.0]),
    ]
    yield ask("_contrib_hawkesll", *events, grad=False)
    for kind in ("int8", "uint8"):
        yield ask("_contrib_quantize", between((3, 4), -2, 2), given([-1.5]), given([1.75]), out_type=kind, grad=False)
        whole = given([[0, 1, 100, 127]], kind)
        yield ask("_contrib_dequantize", whole, given([-1.5]), given([1.75]), grad=False)
    yield ask("_contrib_quantize_v2", normal(3, 4), grad=False)
    yield ask("_contrib_quantize_v2", normal(3, 4), min_calib_range=-1.0, max_calib_range=0.5, grad=False)
    yield ask(
        "_contrib_quantize_v2",
        between((3, 4), 0, 2),
        min_calib_range=0.0,
        max_calib_range=1.5,
        out_type="auto",
        grad=False,
    )
    sums = given([[-(2**30), 12345678, 5, 2**29]], "int32")
    yield ask("_contrib_requantize", sums, given([-9.0]), given([8.0]), grad=False)
    yield ask(
        "_contrib_requantize", sums, given([-9.0]), given([8.0]), min_calib_range=-1.0, max_calib_range=2.0, grad=False
    )
    yield ask("_onehot_encode", given([1.0, 0.0]), normal(2, 3), grad=False)
    yield ask("_identity_with_attr_like_rhs", normal(2, 3), normal(2, 3))
    yield ask("_scatter_elemwise_div", normal(2, 3), normal(2, 3), grad=False)
    yield ask("_copyto", normal(2, 3), grad=False)
    yield ask("all_finite", given([1.0, NAN]), grad=False)
    yield ask("all_finite", given([1.0, 2.0]), grad=False)
    yield ask("multi_sum_sq", normal(2, 3), normal(4), num_arrays=2, grad=False)
    yield ask("multi_all_finite", normal(2, 3), given([INF]), num_arrays=2, grad=False)
    yield ask("_rnn_param_concat", normal(4), normal(2, 3), dim=0) | {"grad": False}
    yield ask("amp_multicast", normal(2), normal(2) | {"dtype": "float16"}, num_outputs=2)
    yield ask("amp_cast", normal(2)) | {"params": {"dtype": "float16"}}
    yield ask("BlockGrad", normal(2, 3)) | {"grad": False}
    yield ask("IdentityAttachKLSparseReg", between((2, 3), 0.1, 0.9)) | {"grad": False}


FAMILIES = (
    created,
    densities,
    contrib,
)
