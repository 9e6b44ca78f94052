"""Operators on shapes: MXNet's documented cases, and what is refused and how."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwright import autograd, nd, sym
from netwright.errors import DataError, NetwrightError, ParamError, ShapeError
from netwright.ops.reshaping import reshaped


@pytest.mark.parametrize(
    ("shape", "codes", "reverse", "wanted"),
    [
        ((2, 3, 4), (4, 0, 2), False, (4, 3, 2)),
        ((2, 3, 4), (2, 0, 0), False, (2, 3, 4)),
        ((2, 3, 4), (6, 1, -1), False, (6, 1, 4)),
        ((2, 3, 4), (3, -1, 8), False, (3, 1, 8)),
        ((2, 3, 4), (-1,), False, (24,)),
        ((2, 3, 4), (-2,), False, (2, 3, 4)),
        ((2, 3, 4), (2, -2), False, (2, 3, 4)),
        ((2, 3, 4), (-2, 1, 1), False, (2, 3, 4, 1, 1)),
        ((2, 3, 4), (-3, 4), False, (6, 4)),
        ((2, 3, 4, 5), (-3, -3), False, (6, 20)),
        ((2, 3, 4), (0, -3), False, (2, 12)),
        ((2, 3, 4), (-3, -2), False, (6, 4)),
        ((2, 3, 4), (-4, 1, 2, -2), False, (1, 2, 3, 4)),
        ((2, 3, 4), (2, -4, -1, 3, -2), False, (2, 1, 3, 4)),
        ((10, 5, 4), (-1, 0), False, (40, 5)),
        ((10, 5, 4), (-1, 0), True, (50, 4)),
        ((8, 3, 6), (0, 0, 2, 3, -4), True, (8, 3, 2, 3)),
        ((0, 3, 4), (0, -1), False, (0, 12)),
    ],
)
def test_reshape_codes(shape: Any, codes: Any, reverse: bool, wanted: Any) -> None:
    assert reshaped(shape, codes, reverse=reverse) == wanted


@pytest.mark.parametrize(
    ("shape", "codes", "message"),
    [
        ((2, 3), (4,), r"\(2, 3\) holds 6 elements and cannot become \(4,\)"),
        ((2, 3), (4, -1), r"holds 6 elements and cannot become \(4, -1\)"),
        ((2, 3), (-1, -1), "-1 stands twice"),
        ((2,), (0, 0), "0 has no axis left"),
        ((2, 3), (-5,), "-5 is no code"),
        ((5,), (-4, 2, -1), "cannot split an axis of 5 into 2"),
        ((6,), (-4, 2), "-4 needs two sizes"),
        ((6,), (-4, -1, -1), "cannot split into -1 and -1"),
    ],
)
def test_reshape_refuses(shape: Any, codes: Any, message: str) -> None:
    with pytest.raises(NetwrightError, match=message) as caught:
        reshaped(shape, codes)
    assert caught.value.parameter == "shape"
    assert caught.value.wanted


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.data())
def test_reshape_codes_keep_every_element(shape: list[int], data: Any) -> None:
    codes = tuple(data.draw(st.lists(st.sampled_from((0, -1, -2, -3, *shape)), min_size=1, max_size=4)))
    try:
        made = reshaped(tuple(shape), codes)
    except NetwrightError:
        return  # they do not fit together
    assert np.prod(made) == np.prod(shape)
    for code, size in zip(codes, made, strict=False):
        if code > 0:
            assert size == code
        if code < 0:
            break


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: nd.concat(x, nd.ones((2, 3)), dim=1), ShapeError, r"arg1|agree on every other axis"),
        (lambda x: nd.concat(x, x, dim=5), ParamError, "dim 5 does not exist"),
        (lambda x: nd.stack(x, nd.ones((3, 5))), ShapeError, "one shape"),
        (lambda x: nd.split(x, num_outputs=3, axis=1), ShapeError, "cannot be cut into 3 equal pieces"),
        (lambda x: nd.split(x, num_outputs=2, axis=1, squeeze_axis=True), ShapeError, "cannot lose axis 1"),
        (lambda x: nd.split_v2(x, (3, 1)), ParamError, "follow each other"),
        (lambda x: nd.slice(x, begin=(0, 0, 0), end=(1, 1, 1)), ParamError, "3 axes of 2"),
        (lambda x: nd.slice(x, begin=(0,), end=(1,), step=(0,)), ParamError, "step of 0"),
        (lambda x: nd.slice_axis(x, axis=0, begin=2, end=1), ParamError, "take no part"),
        (lambda x: nd.slice_axis(x, axis=0, begin=0, end=9), ParamError, "take no part"),
        (lambda x: nd.slice_like(x, nd.ones((9, 1))), ShapeError, "fewer positions"),
        (lambda x: nd.transpose(x, axes=(0, 0)), ParamError, "each of the 2 axes once"),
        (lambda x: nd.squeeze(x, axis=0), ShapeError, "cannot be dropped"),
        (lambda x: nd.expand_dims(x, axis=4), ParamError, "axis 4 does not exist"),
        (lambda x: nd.pad(x, mode="reflect", pad_width=(0, 0, 4, 0)), ShapeError, "too short to be padded"),
        (lambda x: nd.pad(x, mode="edge", pad_width=(1, 1)), ParamError, "two sizes for every axis"),
        (lambda x: nd.tile(x, reps=(0, 2)), ParamError, "reps"),
        (lambda x: nd.diag(x, k=9), ShapeError, "no diagonal 9"),
        (lambda x: nd.depth_to_space(x, block_size=2), ShapeError, "must be images"),
        (lambda x: nd.Crop(nd.ones((1, 1, 2, 2)), h_w=(3, 3), num_args=1), ShapeError, "does not lie within"),
        (lambda x: nd.SequenceMask(x, nd.ones(9), use_sequence_length=True), ShapeError, "one length a sequence"),
        (lambda x: nd.UpSampling(x, scale=2, sample_type="nearest"), ShapeError, "four axes"),
        (lambda x: nd.contrib.BilinearResize2D(x, height=2, width=2), ShapeError, "must be images"),
        (lambda x: nd.im2col(nd.ones((1, 1, 2, 2)), kernel=(3, 3)), ParamError, "larger than the data"),
        (lambda x: nd.BilinearSampler(nd.ones((1, 1, 2, 2)), nd.ones((1, 3, 2, 2))), ShapeError, "x and a y"),
        (
            lambda x: nd.ROIPooling(
                nd.ones((1, 1, 4, 4)), nd.array([[1, 0, 0, 2, 2]]), pooled_size=(2, 2), spatial_scale=1
            ),
            DataError,
            "image that is not there",
        ),
    ],
)
def test_refusals_say_what_is_wrong(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        call(nd.ones((3, 4)))
    assert caught.value.where, "the error says which operator it was"  # type: ignore[attr-defined]


def test_numbered_outputs() -> None:
    x = sym.Variable("x")
    assert sym.split(x, num_outputs=2, name="s").list_outputs() == ["s_output0", "s_output1"]
    assert sym.split_v2(x, (2,), name="s").list_outputs() == ["s_output0", "s_output1"]


def test_bilinear_upsampling_implies_its_weight() -> None:
    up = sym.UpSampling(sym.Variable("x"), scale=2, sample_type="bilinear", num_filter=3, num_args=2, name="up")
    assert up.list_arguments() == ["x", "up_weight"]
    shapes, outputs, _ = up.infer_shape(x=(1, 3, 4, 5))
    assert shapes == [(1, 3, 4, 5), (3, 1, 4, 4)]
    assert outputs == [(1, 3, 8, 10)]


def test_histogram_and_split_v2_take_mxnets_arguments() -> None:
    x = nd.array([0.0, 1.0, 2.0, 2.0])
    counts, edges = nd.histogram(x, bins=2, range=(0, 2))
    np.testing.assert_array_equal(counts.asnumpy(), [1, 3])
    np.testing.assert_array_equal(edges.asnumpy(), [0, 1, 2])
    counts, _ = nd.histogram(x, bins=nd.array([0.0, 2.0]))
    np.testing.assert_array_equal(counts.asnumpy(), [4])
    assert [piece.shape for piece in nd.split_v2(x, (1, 3))] == [(1,), (2,), (1,)]
    assert [piece.shape for piece in x.split_v2(2)] == [(2,), (2,)]


def test_roi_pooling_on_mxnets_values() -> None:
    data = nd.array(np.arange(36.0).reshape(1, 1, 6, 6))
    rois = nd.array([[0, 0, 0, 4, 4], [0, 1, 2, 3, 5]])
    pooled = nd.ROIPooling(data, rois, pooled_size=(2, 2), spatial_scale=1.0)
    np.testing.assert_array_equal(pooled.asnumpy()[:, 0], [[[14, 16], [26, 28]], [[20, 21], [32, 33]]])
    beyond = nd.array([[0, 0, 0, 7, 8], [0, -3, -2, 3, 5]])
    pooled = nd.ROIPooling(data, beyond, pooled_size=(3, 2), spatial_scale=0.7)
    wanted = [[[14, 17], [26, 29], [32, 35]], [[0, 2], [12, 14], [24, 26]]]
    np.testing.assert_array_equal(pooled.asnumpy()[:, 0], wanted)


def test_bilinear_resize_on_mxnets_values() -> None:
    data = nd.array(np.arange(6.0).reshape(1, 1, 2, 3))
    corners = nd.contrib.BilinearResize2D(data, height=4, width=5).asnumpy()[0, 0]
    np.testing.assert_allclose(corners[:, 0], [0, 1, 2, 3], atol=1e-6)
    np.testing.assert_allclose(corners[0], [0, 0.5, 1, 1.5, 2], atol=1e-6)
    areas = nd.contrib.BilinearResize2D(data, height=4, width=5, align_corners=False).asnumpy()[0, 0]
    np.testing.assert_allclose(areas[:, 0], [0, 0.75, 2.25, 3], atol=1e-6)
    np.testing.assert_allclose(areas[0], [0, 0.4, 1, 1.6, 2], atol=1e-6)


@pytest.mark.parametrize(
    ("size", "how", "wanted"),
    [
        ((4, 4), {"scale_height": 0.1, "scale_width": 0.1}, (0, 0)),
        ((4, 4), {"scale_height": 0.1, "scale_width": 2.0}, (0, 8)),
        ((4, 4), {"scale_height": 0.0, "scale_width": 1.0}, (0, 4)),
        ((5, 4), {"scale_height": 0.1, "scale_width": 0.1, "mode": "odd_scale"}, (1, 0)),
        ((1, 2), {"mode": "to_even_down"}, (0, 2)),
    ],
)
def test_a_small_scale_leaves_no_image(size: tuple[int, int], how: dict[str, Any], wanted: tuple[int, int]) -> None:
    """Shapes are MXNet 1.9.1's; no gradient comes back from nothing."""
    data = nd.ones((2, 3, *size))
    data.attach_grad()
    with autograd.record():
        made = nd.contrib.BilinearResize2D(data, **how)
    made.backward()
    assert made.shape == (2, 3, *wanted)
    np.testing.assert_array_equal(data.grad.asnumpy(), np.zeros(data.shape))
