"""Operators of object detection beyond the generic suite: MXNet 1.9.1's results (MXNET), and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netwright as mx
from netwright import nd
from netwright.errors import DataError, ParamError, ShapeError

C: Any = nd.contrib
ROWS = np.array(
    [
        [0, 0.5, 0.1, 0.1, 0.2, 0.2],
        [1, 0.4, 0.1, 0.1, 0.2, 0.2],
        [0, 0.3, 0.1, 0.1, 0.14, 0.14],
        [2, 0.6, 0.5, 0.5, 0.7, 0.8],
        [0, 0.55, 0.12, 0.1, 0.2, 0.2],
        [-1, 0.9, 0.3, 0.3, 0.4, 0.4],
    ],
    np.float32,
)


def kept(**params: Any) -> list[int]:
    """Numbers of the rows that box_nms keeps, in its order."""
    out = C.box_nms(nd.array(ROWS), id_index=0, **params).asnumpy()
    return [int(np.flatnonzero((row == ROWS).all(axis=1))[0]) for row in out if not (row == -1).all()]


def test_nms_keeps_what_mxnet_keeps() -> None:
    assert kept(overlap_thresh=0.1, force_suppress=True) == [3, 4, 2]  # MXNET
    assert kept(overlap_thresh=0.5, valid_thresh=0.35) == [3, 4, 1]  # MXNET
    assert kept(overlap_thresh=0.5, topk=3) == [3, 4]  # MXNET
    assert kept(overlap_thresh=0.5, background_id=0) == [5, 3, 1]  # MXNET
    assert kept(overlap_thresh=0.5, valid_thresh=2) == []  # MXNET
    assert kept(overlap_thresh=0.5, topk=0) == list(range(6))  # MXNET
    converted = C.box_nms(nd.array(ROWS), id_index=0, topk=2, in_format="center").asnumpy()
    np.testing.assert_allclose(converted[0, 2:], [0.15, 0.1, 0.85, 0.9], atol=1e-6)  # MXNET
    converted = C.box_nms(nd.array(ROWS), id_index=0, topk=2, out_format="center").asnumpy()
    np.testing.assert_allclose(converted[0, 2:], [0.6, 0.65, 0.2, 0.3], atol=1e-6)  # MXNET
    assert C.box_non_maximum_suppression(nd.array(ROWS)).shape == (6, 6)


@settings(max_examples=40, deadline=None)
@given(count=st.integers(1, 12), classes=st.integers(1, 3), thresh=st.floats(0.05, 0.9), seed=st.integers(0, 9999))
def test_what_nms_keeps_does_not_overlap(count: int, classes: int, thresh: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    corner = rng.random((count, 2)) * 0.6
    boxes = np.concatenate([corner, corner + 0.05 + rng.random((count, 2)) * 0.35], axis=1)
    rows = nd.array(np.concatenate([rng.integers(0, classes, (count, 1)), rng.random((count, 1)), boxes], axis=1))
    out = C.box_nms(rows, overlap_thresh=thresh, id_index=0)
    found = out.asnumpy()[out.asnumpy()[:, 0] >= 0]
    assert len(found) >= len(np.unique(rows.asnumpy()[:, 0]))
    assert (np.diff(found[:, 1]) <= 0).all()
    overlap = C.box_iou(nd.array(found[:, 2:]), nd.array(found[:, 2:])).asnumpy()
    same = found[:, None, 0] == found[None, :, 0]
    assert (overlap[same & ~np.eye(len(found), dtype=bool)] <= thresh + 1e-6).all()
    np.testing.assert_array_equal(C.box_nms(out, overlap_thresh=thresh, id_index=0).asnumpy(), out.asnumpy())


def test_gradient_of_nms_goes_where_rows_came_from() -> None:
    x = nd.array(ROWS)
    x.attach_grad()
    with mx.autograd.record():
        y = C.box_nms(x, overlap_thresh=0.5, id_index=0, topk=4)
    y.backward(nd.array(np.arange(36).reshape(6, 6)))
    wanted = np.zeros((6, 6))
    wanted[3], wanted[4], wanted[1] = range(6), range(6, 12), range(12, 18)  # MXNET
    np.testing.assert_array_equal(x.grad.asnumpy(), wanted)


def test_overlaps_and_matches_are_mxnets() -> None:
    a = nd.array([[0, 0, 2, 2], [1, 1, 3, 3]])
    b = nd.array([[[1, 1, 2, 2], [0, 0, 1, 1], [5, 5, 6, 6]]])
    assert C.box_iou(a, b).asnumpy().tolist() == [[[0.25, 0.25, 0]], [[0.25, 0, 0]]]  # MXNET
    wanted = [[[0.1429, 0.25, 0]], [[0.4444, 0.1111, 0.0056]]]
    np.testing.assert_allclose(C.box_iou(a, b, format="center").asnumpy(), wanted, atol=1e-4)  # MXNET
    scores = nd.array([[0.5, 0.6], [0.1, 0.2], [0.3, 0.4]])
    for params, rows, columns in (  # MXNET
        ({"threshold": 1e-12}, [1, -1, 0], [2, 0]),
        ({"threshold": 0.45}, [1, -1, -1], [-1, 0]),
        ({"threshold": 1, "is_ascend": True}, [-1, 0, 1], [1, 2]),
    ):
        got = C.bipartite_matching(scores, **params)
        assert [g.asnumpy().tolist() for g in got] == [rows, columns]
    assert C.bipartite_matching(scores, threshold=0, topk=1)[0].asnumpy().tolist() == [1, -1, -1]


def test_codes_are_mxnets_and_can_be_undone() -> None:
    anchors = nd.array([[[0.1, 0.1, 0.3, 0.4], [0.5, 0.5, 0.9, 0.8], [0, 0, 0.2, 0.2]]])
    refs = nd.array([[[0.15, 0.1, 0.35, 0.5], [0.4, 0.5, 0.8, 0.9]]])
    means, stds = nd.array([0.1, 0.2, 0.3, 0.4]), nd.array([0.1, 0.1, 0.2, 0.2])
    targets, masks = C.box_encode(nd.array([[1, 1, -1]]), nd.array([[0, 1, 0]]), anchors, refs, means, stds)
    np.testing.assert_allclose(targets.asnumpy()[0, 0], [1.5, -0.3333, -1.5, -0.5616], atol=1e-4)  # MXNET
    assert masks.asnumpy()[0, :, 0].tolist() == [1, 1, 0]
    plain, _ = C.box_encode(nd.ones((1, 3)), nd.array([[0, 1, 0]]), anchors, refs, means * 0, stds)
    boxes = C.box_decode(plain, anchors, 0.1, 0.1, 0.2, 0.2, format="corner").asnumpy()[0]
    np.testing.assert_allclose(boxes, refs.asnumpy()[0][[0, 1, 0]], atol=1e-6)


ANCHORS = nd.array(
    [[[0.1, 0.1, 0.5, 0.5], [0.5, 0.5, 0.9, 0.9], [0.1, 0.5, 0.4, 0.9], [0.6, 0.1, 0.9, 0.4], [0.12, 0.1, 0.5, 0.52]]]
)


def test_anchors_are_mxnets() -> None:
    got = C.MultiBoxPrior(nd.zeros((1, 3, 2, 3)), sizes=(0.5, 0.25), ratios=(1, 2, 0.5)).asnumpy()
    assert got.shape == (1, 24, 4)
    wanted = [[0, 0, 0.3333, 0.5], [0.0833, 0.125, 0.25, 0.375], [-0.069, 0.0732, 0.4024, 0.4268]]
    np.testing.assert_allclose(got[0, :3], wanted, atol=1e-4)  # MXNET
    more = {"sizes": (0.9,), "ratios": (1,), "clip": True, "steps": (0.4, 0.3), "offsets": (0.1, 0.2)}
    got = C.MultiBoxPrior(nd.zeros((1, 3, 2, 2)), **more).asnumpy()
    np.testing.assert_allclose(got[0, 1], [0, 0, 0.81, 0.49], atol=1e-4)  # MXNET


def test_targets_are_mxnets() -> None:
    label = nd.array([[[1, 0.1, 0.1, 0.45, 0.5], [0, 0.55, 0.5, 0.9, 0.95], [-1] * 5], [[-1] * 5] * 3])
    scores = nd.array(np.random.RandomState(0).rand(2, 3, 5))
    places, masks, classes = C.MultiBoxTarget(ANCHORS, label, scores)
    assert classes.asnumpy().tolist() == [[2, 1, 0, 0, 2], [-1] * 5]  # MXNET
    np.testing.assert_allclose(places.asnumpy()[0, :4], [-0.625, 0, -0.6677, 0], atol=1e-4)  # MXNET
    assert masks.asnumpy()[0].tolist() == [1] * 8 + [0] * 8 + [1] * 4  # MXNET
    assert C.MultiBoxTarget(ANCHORS, label, scores, overlap_threshold=0)[2].asnumpy()[0].tolist() == [2, 1, 0, 0, 0]
    few = {"overlap_threshold": 0.99, "negative_mining_ratio": 1.0}
    got = C.MultiBoxTarget(ANCHORS, label[:1, :1], scores[:1], **few)[2].asnumpy()
    assert got.tolist() == [[2, -1, -1, 0, -1]]  # MXNET
    few["negative_mining_ratio"] = 2.0
    got = C.MultiBoxTarget(ANCHORS, label[:1, :1], scores[:1], negative_mining_thresh=0.9, **few)[2].asnumpy()
    assert got.tolist() == [[2, -1, 0, 0, -1]]  # MXNET


def test_detections_are_mxnets() -> None:
    prob = nd.array([[[0.1, 0.2, 0.3], [0.8, 0.5, 0.1], [0.1, 0.3, 0.6]]])
    anchors = nd.array([[[0.1, 0.1, 0.5, 0.5], [0.1, 0.1, 0.5, 0.5], [0.2, 0.2, 0.6, 0.6]]])

    def ids(**params: Any) -> list[list[float]]:
        out: Any = C.MultiBoxDetection(prob, nd.zeros((1, 12)), anchors, **params).asnumpy()[0, :, :2]
        return [[round(v, 4) for v in row] for row in out.tolist()]

    assert ids() == [[0, 0.8], [1, 0.6], [-1, 0.5]]  # MXNET
    assert ids(nms_threshold=0) == [[0, 0.8], [0, 0.5], [1, 0.6]]  # MXNET
    assert ids(nms_topk=1) == [[0, 0.8], [-1, 0.5], [-1, 0.6]]  # MXNET
    assert ids(threshold=0.55) == [[0, 0.8], [1, 0.6], [-1, -1]]
    assert ids(force_suppress=True, nms_threshold=0.3) == [[0, 0.8], [-1, 0.6], [-1, 0.5]]


# ---------------------------------------------------------------- regions
DATA = np.random.RandomState(0).rand(2, 8, 7, 6)
ROIS = nd.array([[0, 1, 1, 5, 6], [1, 0, 2, 3.3, 9], [0, -3, -3, 20, 20], [1, 2.2, 2.2, 2.3, 2.3]])


def pooled(name: str, rois: Any = ROIS, **params: Any) -> tuple[Any, Any]:
    """(first values, first gradients)."""
    x = nd.array(DATA)
    x.attach_grad()
    with mx.autograd.record():
        y = getattr(C, name)(x, rois, **params)
    y.backward(nd.array(np.random.RandomState(1).rand(*y.shape)))
    return y.asnumpy().ravel(), x.grad.asnumpy().ravel()


REGIONS: dict[str, tuple[str, dict[str, Any], list[float], list[float]]] = {  # MXNET
    "align": (
        "ROIAlign",
        {"pooled_size": (2, 3), "spatial_scale": 0.5},
        [0.8149, 0.8086, 0.6678, 0.8618, 0.6581, 0.4018],
        [0.0524, 0.1096, 0.0742, 0.0275, 0.0275, 0.0456],
    ),
    "two points": (
        "ROIAlign",
        {"pooled_size": (2, 2), "spatial_scale": 1.0, "sample_ratio": 2},
        [0.655, 0.4807, 0.5654, 0.4637, 0.4231, 0.3505],
        [0.0125, 0.0, 0.0, 0.0, 0.0, 0.0125],
    ),
    "position sensitive": (
        "ROIAlign",
        {"pooled_size": (2, 2), "spatial_scale": 1.0, "sample_ratio": 2, "position_sensitive": True},
        [0.655, 0.3505, 0.6948, 0.425, 0.5335, 0.5168],
        [0.1043, 0.0, 0.0, 0.0, 0.0, 0.1043],
    ),
    "aligned": (
        "ROIAlign",
        {"pooled_size": (2, 2), "spatial_scale": 0.5, "sample_ratio": 2, "aligned": True},
        [0.6524, 0.8269, 0.7361, 0.6322, 0.3543, 0.4282],
        [0.0907, 0.2133, 0.1436, 0.0039, 0.0, 0.134],
    ),
    "by group": (
        "PSROIPooling",
        {"spatial_scale": 0.5, "output_dim": 2, "pooled_size": 2},
        [0.6483, 0.4152, 0.576, 0.533, 0.4798, 0.4629],
        [0.1209, 0.1209, 0.0167, 0.0167, 0.0167, 0.0],
    ),
    "by larger group": (
        "PSROIPooling",
        {"spatial_scale": 1.0, "output_dim": 2, "pooled_size": 4, "group_size": 2},
        [0.713, 0.3763, 0.5366, 0.4503, 0.7113, 0.484],
        [0.0056, 0.0056, 0.0056, 0.0595, 0.0595, 0.0595],
    ),
}


@pytest.mark.parametrize("name", REGIONS)
def test_regions_are_mxnets(name: str) -> None:
    op, params, values, gradients = REGIONS[name]
    got, slope = pooled(op, **params)
    np.testing.assert_allclose(got[:6], values, atol=1e-4)
    np.testing.assert_allclose(slope[:6], gradients, atol=1e-4)


def test_turned_regions_are_mxnets() -> None:
    rois = nd.array([[0, 3, 3, 4, 2, 30], [1, 2, 4, 5, 3, -60], [0, 0, 0, 30, 30, 0], [1, 3, 3, 0.2, 0.2, 10]])
    got, _ = pooled("RROIAlign", rois, pooled_size=(2, 3), spatial_scale=1.0)
    np.testing.assert_allclose(got[:6], [0.8258, 0.5218, 0.2049, 0.3976, 0.7572, 0.5579], atol=1e-4)  # MXNET
    got, _ = pooled("RROIAlign", rois, pooled_size=(2, 2), spatial_scale=0.5, sampling_ratio=2)
    np.testing.assert_allclose(got[:6], [0.8285, 0.8706, 0.7582, 0.5322, 0.284, 0.5258], atol=1e-4)  # MXNET


def test_regions_of_no_image_are_zero() -> None:
    rois = nd.array([[-1, 1, 1, 5, 6], [1, 0, 0, 2, 2]])
    out = C.ROIAlign(nd.array(DATA), rois, pooled_size=(2, 2), spatial_scale=1.0).asnumpy()
    assert not out[0].any()
    assert out[1].all()


def test_deformable_convolution_without_offsets_is_convolution() -> None:
    x, w, b = (nd.random.normal(shape=s) for s in ((2, 4, 6, 7), (6, 2, 3, 3), (6,)))
    more = {"kernel": (3, 3), "stride": (2, 1), "pad": (1, 0), "num_filter": 6, "num_group": 2}
    wanted = nd.Convolution(x, w, b, **more)
    offset = nd.zeros((2, 36, *wanted.shape[2:]))
    got = C.DeformableConvolution(x, offset, w, b, num_deformable_group=2, **more)
    np.testing.assert_allclose(got.asnumpy(), wanted.asnumpy(), atol=1e-5)
    mask = nd.ones((2, 18, *wanted.shape[2:]))
    got = C.ModulatedDeformableConvolution(x, offset, mask, w, b, num_deformable_group=2, **more)
    np.testing.assert_allclose(got.asnumpy(), wanted.asnumpy(), atol=1e-5)


def results(call: Any, *inputs: Any) -> list[Any]:
    """The result and the gradients of all inputs, end to end."""
    for x in inputs:
        x.attach_grad()
    with mx.autograd.record():
        y = call(*inputs)
    y.backward(nd.array(np.random.RandomState(1).rand(*y.shape)))
    return [a.asnumpy().ravel() for a in (y, *(x.grad for x in inputs))]


def test_moved_kernels_and_bins_are_mxnets() -> None:
    rng = np.random.RandomState(5)
    x, offset = nd.array(rng.rand(2, 4, 5, 6)), nd.array(rng.randn(2, 18, 5, 6) * 0.7)
    weight, bias = nd.array(rng.randn(3, 4, 3, 3)), nd.array(rng.randn(3))
    more = {"kernel": (3, 3), "pad": (1, 1), "num_filter": 3}
    got = results(lambda *a: C.DeformableConvolution(*a, **more), x, offset, weight, bias)
    np.testing.assert_allclose(got[0][:4], [1.9469, 2.503, 2.3991, 2.0117], atol=1e-4)  # MXNET
    np.testing.assert_allclose(got[1][:4], [-0.2924, 0.8044, 0.7579, 1.2089], atol=1e-4)  # MXNET
    np.testing.assert_allclose(got[2][[0, 8, 14, 15]], [0, -0.0533, 0.321, -1.1942], atol=1e-4)  # MXNET
    np.testing.assert_allclose(got[3][:4], [7.6078, 8.2421, 8.9022, 9.5202], atol=1e-4)  # MXNET
    np.testing.assert_allclose(got[4], [29.4335, 26.0445, 31.0966], atol=1e-4)  # MXNET
    rng.randn(2, 36, 3, 2), rng.randn(4, 2, 3, 3)
    mask = nd.array(rng.rand(2, 9, 5, 6))
    got = results(lambda *a: C.ModulatedDeformableConvolution(*a, **more), x, offset, mask, weight, bias)
    np.testing.assert_allclose(got[0][:4], [1.8835, 0.8122, 1.7318, 0.6849], atol=1e-4)  # MXNET
    x = nd.array(rng.rand(2, 8, 7, 6))
    moves, more_moves = (nd.array(rng.randn(4, c, 2, 2) * 0.3) for c in (2, 4))
    bins = {"output_dim": 2, "group_size": 2}
    few = {**bins, "spatial_scale": 0.5, "pooled_size": 2, "part_size": 2, "sample_per_part": 2, "trans_std": 0.1}
    got = results(lambda a, t: C.DeformablePSROIPooling(a, ROIS, t, **few), x, moves)
    np.testing.assert_allclose(got[0][:4], [0.68, 0.3636, 0.6505, 0.7584], atol=1e-4)  # MXNET
    np.testing.assert_allclose(got[1][:4], [0.1504, 0.1352, 0.0104, 0], atol=1e-4)  # MXNET
    np.testing.assert_allclose(got[2][:4], [-0.0925, 0.0435, -0.0033, -0.03], atol=1e-4)  # MXNET
    many = {**bins, "spatial_scale": 1.0, "pooled_size": 4, "part_size": 2, "sample_per_part": 3, "trans_std": 0.5}
    got = results(lambda a, t: C.DeformablePSROIPooling(a, ROIS, t, **many), x, more_moves)
    np.testing.assert_allclose(got[0][:4], [0.9621, 0.42, 0.6912, 0.5144], atol=1e-4)  # MXNET
    np.testing.assert_allclose(got[1][:4], [0.261, 0.2435, 0.0447, 0.0694], atol=1e-4)  # MXNET
    np.testing.assert_allclose(got[2][:4], [-1.3032, 0.0107, -0.1995, -1.1298], atol=1e-4)  # MXNET
    still = {**bins, "spatial_scale": 1.0, "pooled_size": 3, "sample_per_part": 2, "no_trans": True}
    got = results(lambda a: C.DeformablePSROIPooling(a, ROIS, **still), x)
    np.testing.assert_allclose(got[0][:4], [0.4105, 0.5171, 0.5244, 0.4543], atol=1e-4)  # MXNET
    np.testing.assert_allclose(got[1][:4], [0.1977, 0.2324, 0.0924, 0.105], atol=1e-4)  # MXNET


def test_proposals_are_mxnets() -> None:
    rng = np.random.RandomState(3)
    prob, pred = nd.array(rng.rand(1, 6, 4, 5)), nd.array(rng.randn(1, 12, 4, 5) * 0.3)
    few = {"scales": (1, 2, 4), "ratios": (1,), "rpn_pre_nms_top_n": 20, "rpn_post_nms_top_n": 3, "threshold": 0.5}
    rois, scores = C.Proposal(prob, pred, nd.array([[60, 75, 1.0]]), rpn_min_size=4, output_score=True, **few)
    wanted: Any = (
        [
            [0.0, 26.0239, 0.0, 74.0, 15.5018],
            [0.0, 55.4671, 7.2287, 67.3742, 41.9385],
            [0.0, 47.1824, 0.0, 74.0, 12.8069],
        ],
        [0.9721, 0.9716, 0.9521],
    )
    np.testing.assert_allclose(rois.asnumpy(), wanted[0], atol=1e-3)  # MXNET
    np.testing.assert_allclose(scores.asnumpy().ravel(), wanted[1], atol=1e-4)  # MXNET
    both = C.MultiProposal(
        nd.concat(prob, prob, dim=0), nd.concat(pred, pred, dim=0), nd.array([[60, 75, 1]] * 2), **few
    )
    assert both.shape == (6, 5)
    assert both.asnumpy()[:, 0].tolist() == [0, 0, 0, 1, 1, 1]


def test_detectors_can_be_symbols() -> None:
    data, label = mx.sym.Variable("data"), mx.sym.Variable("label")
    anchors = mx.sym.contrib.MultiBoxPrior(data, sizes=(0.5,), ratios=(1, 2))
    targets = mx.sym.contrib.MultiBoxTarget(anchors, label, mx.sym.Variable("cls"))
    _, outputs, _ = targets.infer_shape(data=(2, 3, 4, 4), label=(2, 3, 5), cls=(2, 3, 32))
    assert outputs == [(2, 128), (2, 128), (2, 32)]
    assert targets.list_outputs()[0].endswith("_loc_target")
    names = mx.sym.contrib.bipartite_matching(data, threshold=0, name="x").list_outputs()
    assert names == ["x_output0", "x_output1"]  # MXNET
    assert mx.sym.contrib.box_nms(data, name="x").list_outputs() == ["x_output0"]  # MXNET


def test_misuse_is_explained() -> None:
    with pytest.raises(ShapeError, match=r"a row is too short \(wanted \(…, boxes, 6 or more\), got \(5, 4\)\)"):
        C.box_nms(nd.zeros((5, 4)))
    with pytest.raises(ShapeError, match="a box has four numbers"):
        C.box_iou(nd.zeros((4,)), nd.zeros((3, 4)))
    with pytest.raises(ShapeError, match="a region has its numbers"):
        C.ROIAlign(nd.array(DATA), ROIS[:, 1:], pooled_size=(2, 2), spatial_scale=1.0)
    with pytest.raises(DataError, match="an image that is not there"):
        C.ROIAlign(nd.array(DATA), nd.array([[7, 0, 0, 1, 1]]), pooled_size=(2, 2), spatial_scale=1.0)
    with pytest.raises(ShapeError, match=r"the channels do not fit the groups \(wanted output_dim · group_size² = 18"):
        C.PSROIPooling(nd.array(DATA), ROIS, spatial_scale=1.0, output_dim=2, pooled_size=3)
    with pytest.raises(ShapeError, match="Use MultiProposal"):
        C.Proposal(nd.zeros((2, 24, 3, 3)), nd.zeros((2, 48, 3, 3)), nd.zeros((2, 3)))
    with pytest.raises(ParamError, match="larger than the feature map"):
        C.Proposal(nd.zeros((1, 24, 3, 3)), nd.zeros((1, 48, 3, 3)), nd.array([[100, 100, 1]]))
    with pytest.raises(ShapeError, match=r"does not fit the data and the kernel \(wanted \(1, 18, 3, 3\)"):
        C.DeformableConvolution(
            nd.zeros((1, 2, 5, 5)),
            nd.zeros((1, 4, 3, 3)),
            nd.zeros((2, 2, 3, 3)),
            kernel=(3, 3),
            num_filter=2,
            no_bias=True,
        )
    with pytest.raises(ParamError, match="anchors need sizes and ratios"):
        C.MultiBoxPrior(nd.zeros((1, 3, 2, 2)), sizes=())
    with pytest.raises(ShapeError, match="it does not fit the probabilities"):
        C.MultiBoxDetection(nd.zeros((1, 3, 4)), nd.zeros((1, 12)), nd.zeros((1, 4, 4)))


# ---------------------------------------------------------------- all together
def squares(count: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Noisy images (N, 1, 32, 32) with one bright rectangle each, and its label (N, 1, 5)."""
    images = rng.uniform(0, 0.3, (count, 1, 32, 32))
    labels = np.zeros((count, 1, 5))
    for n in range(count):
        size, place = rng.integers(10, 17, 2), rng.integers(0, 16, 2)
        (top, left), (bottom, right) = place, place + size
        images[n, 0, top:bottom, left:right] += 0.7
        labels[n, 0] = 0, left / 32, top / 32, right / 32, bottom / 32
    return nd.array(images), nd.array(labels)


def test_a_small_detector_learns() -> None:
    """Anchors, targets, losses and detections fit together: a network of two layers finds rectangles."""
    mx.random.seed(1)
    rng = np.random.default_rng(0)
    body, scores, places = (mx.gluon.nn.HybridSequential() for _ in range(3))
    body.add(mx.gluon.nn.Conv2D(16, 5, strides=4, padding=1, activation="relu"))
    body.add(mx.gluon.nn.Conv2D(32, 3, padding=1, activation="relu"))
    body.add(mx.gluon.nn.Conv2D(32, 5, padding=2, activation="relu"))
    scores.add(mx.gluon.nn.Conv2D(3 * 2, 3, padding=1))
    places.add(mx.gluon.nn.Conv2D(3 * 4, 3, padding=1))
    nets = [body, scores, places]
    trainers = []
    for net in nets:
        net.initialize(mx.init.Xavier())
        net.hybridize()
        trainers.append(mx.gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 3e-3}))

    def run(x: Any) -> tuple[Any, Any, Any]:
        features = body(x)
        anchors = C.MultiBoxPrior(features, sizes=(0.42,), ratios=(1, 2, 0.5))
        said = nd.reshape(nd.transpose(scores(features), axes=(0, 2, 3, 1)), shape=(0, -1, 2))
        return anchors, said, nd.flatten(nd.transpose(places(features), axes=(0, 2, 3, 1)))

    class_loss, place_loss = mx.gluon.loss.SoftmaxCrossEntropyLoss(), mx.gluon.loss.L1Loss()
    for _ in range(60):
        x, y = squares(16, rng)
        with mx.autograd.record():
            anchors, said, moved = run(x)
            with mx.autograd.pause():
                shown = nd.transpose(said, axes=(0, 2, 1))
                wanted, mask, kinds = C.MultiBoxTarget(anchors, y, shown, negative_mining_ratio=3)
            counted = nd.expand_dims(kinds >= 0, axis=2)
            loss = class_loss(said, nd.relu(kinds), counted) * 20 + place_loss(moved * mask, wanted * mask) * 10
        loss.backward()
        for trainer in trainers:
            trainer.step(16)
    x, y = squares(16, rng)
    anchors, said, moved = run(x)
    probability = nd.transpose(nd.softmax(said, axis=2), axes=(0, 2, 1))
    best = C.MultiBoxDetection(probability, moved, anchors)[:, 0]
    assert (best[:, 0].asnumpy() == 0).all()
    overlap = np.diagonal(C.box_iou(best[:, 2:], y[:, 0, 1:]).asnumpy())
    assert np.median(overlap) > 0.6
