"""For every operator: all gradient requests in a bound symbol, half precision, and gradients of empty arrays."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from tests.framework.operator_cases import CASES, Array, Case, one_of_each
from tests.framework.test_operators import as_symbol, close, run

from netwright import autograd, random
from netwright.errors import DTypeError
from netwright.ndarray.array import NDArray
from netwright.ops.operator import TensorSpec

WITH_GRADIENT = one_of_each(
    [
        c
        for c in CASES
        if c.dtype == "float64"
        and c.sample.differentiable
        and c.op.differentiable
        and c.sample.train
        and not c.op.dynamic
    ]
)
"""Losses too, which start a backward pass themselves."""


def bound_gradients(case: Case, requests: dict[int, str], start: dict[int, Array]) -> dict[int, Array]:
    """What a bound symbol writes into gradient arrays that hold ``start``."""
    composed, names = as_symbol(case)
    states = set(case.op.state_ports(case.p))
    values = {n: NDArray(a.copy()) for n, a in zip(names, case.arrays(), strict=True)}
    into = {names[i]: NDArray(start[i].copy()) for i in requests}
    executor = composed.bind(
        args={n: a for i, (n, a) in enumerate(values.items()) if i not in states},
        args_grad=into,
        grad_req={n: requests.get(i, "null") for i, n in enumerate(names)},
        aux_states={n: a for i, (n, a) in enumerate(values.items()) if i in states},
    )
    random.seed(case.seed)
    outputs = executor.forward(is_train=True)
    rng = np.random.default_rng(case.seed)
    executor.backward([NDArray(rng.standard_normal(o.shape).astype(o.dtype)) for o in outputs])
    return {i: into[names[i]].asnumpy() for i in requests}


@pytest.mark.parametrize("case", WITH_GRADIENT, ids=lambda c: c.op.name)
def test_bound_symbols_write_add_and_leave(case: Case) -> None:
    """``write`` replaces, ``add`` adds to what is there, ``null`` leaves it; each input has a request of its own."""
    wanted = case.differentiable_inputs()
    arrays = case.arrays()
    rng = np.random.default_rng(case.seed + 7)
    start = {i: rng.standard_normal(arrays[i].shape) for i in wanted}
    written = bound_gradients(case, dict.fromkeys(wanted, "write"), start)
    mixed = dict(zip(wanted, itertools.cycle(("add", "null", "write")), strict=False))
    for requests in (dict.fromkeys(wanted, "add"), mixed):
        found = bound_gradients(case, requests, start)
        for i, request in requests.items():
            want = {"add": start[i] + written[i], "null": start[i], "write": written[i]}[request]
            np.testing.assert_allclose(found[i], want, rtol=1e-12, atol=1e-12, err_msg=f"input {i}, {request}")


LAPACK = "matrices of this element type cannot be solved"
SUMMED = "gamma has the dtype that float16 data are summed in"
NO_HALF = {
    **{f"_linalg_{name}": LAPACK for name in ["trsm", "potrf", "potri", "inverse", "det", "slogdet", "gelqf", "syevd"]},
    **dict.fromkeys(("BatchNorm", "_batch_norm_again", "_contrib_SyncBatchNorm", "_contrib_BatchNormWithReLU"), SUMMED),
    "_image_resize": "images of this dtype cannot be resized",
}
"""Operators that refuse float16 (for all their inputs), and what they say."""

NAMED = {c.op.name for c in CASES if c.dtype == "float16" or any(d.dtype == "float16" for d in c.sample.draws())}
HALF = [
    c
    for c in one_of_each([c for c in CASES if c.dtype == "float32"])
    if c.op.name not in NAMED and any(a.dtype == np.float32 for a in c.arrays()) and "rng" not in c.op.forward_takes
]


@pytest.mark.parametrize("case", HALF, ids=lambda c: c.op.name)
def test_half_precision(case: Case) -> None:
    """What samples do not ask in float16: it gives float16, near the result in float32."""
    half = [a.astype(np.float16) if a.dtype == np.float32 else a for a in case.arrays()]

    def computed(arrays: list[Array]) -> Any:
        with autograd.train_mode() if case.sample.train else autograd.predict_mode():
            return run(case, [NDArray(a.copy()) for a in arrays])

    if case.op.name in NO_HALF:
        with pytest.raises(DTypeError, match=NO_HALF[case.op.name]):
            computed(half)
        return
    exact = computed([a.astype(np.float32) if a.dtype == np.float16 else a for a in half])
    for got, want in zip(computed(half), exact, strict=True):
        assert got.shape == want.shape
        if want.dtype == np.float32 and got.dtype == np.float16:
            size = max(1.0, float(np.abs(want.asnumpy()).max(initial=0.0)))
            close(got.asnumpy(), want.asnumpy(), np.float16, scale=3 * size)


EMPTY_BATCHES = {
    **dict.fromkeys(
        [
            "slice",
            "Crop",
            "SVMOutput",
            "softmax_cross_entropy",
            "GridGenerator",
            "BilinearSampler",
            "SpatialTransformer",
            "InstanceNorm",
            "GroupNorm",
            "_contrib_SyncBatchNorm",
            "_contrib_BatchNormWithReLU",
            "depth_to_space",
            "space_to_depth",
            "fill_element_0index",
            "im2col",
            "col2im",
            "UpSampling",
            "Correlation",
            "_contrib_BilinearResize2D",
            "_contrib_AdaptiveAvgPooling2D",
            "_contrib_dequantize",
            "_contrib_box_encode",
            "_contrib_box_decode",
            "_contrib_MultiBoxDetection",
        ],
        0,
    ),
    **dict.fromkeys(
        ["RNN", "_contrib_interleaved_matmul_selfatt_qk", "_contrib_interleaved_matmul_encdec_qk", "CTCLoss"], 1
    ),
}
"""Operators whose samples have no empty array, and the axis of their batch."""


@pytest.mark.parametrize("case", [c for c in one_of_each(CASES) if c.op.name in EMPTY_BATCHES], ids=lambda c: c.op.name)
def test_a_batch_of_none(case: Case) -> None:
    """Results and gradients of an empty batch have the shapes that inference says."""
    axis = EMPTY_BATCHES[case.op.name]
    batch = case.arrays()[0].shape[axis]
    inputs = []
    for number, (a, port) in enumerate(zip(case.arrays(), case.op.ports(case.p), strict=True)):
        place = 0 if case.op.name == "CTCLoss" and number else min(axis, a.ndim - 1)
        if port.kind in ("data", "label") and a.shape[place] == batch:
            a = np.delete(a, np.s_[:], axis=place)
        inputs.append(NDArray(a))
        if a.dtype.kind == "f":
            inputs[-1].attach_grad()
    with autograd.record(train_mode=case.sample.train):
        outputs = run(case, inputs)
    inferred = case.op.infer(case.p, tuple(TensorSpec(x.shape, np.dtype(x.dtype)) for x in inputs))
    assert [(o.shape, np.dtype(o.dtype)) for o in outputs] == list(inferred[: len(outputs)])
    recorded = [o for o in outputs if o._entry is not None]
    if recorded:
        autograd.backward(recorded, [NDArray(np.ones(o.shape, o.dtype)) for o in recorded])
    for x in inputs:
        assert x.grad is None or (x.grad.shape == x.shape and np.isfinite(x.grad.asnumpy()).all())
