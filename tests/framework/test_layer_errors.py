"""What dense, convolution, pooling and normalization layers say when something does not fit."""

from __future__ import annotations

from typing import Any

import pytest

from netwright import nd
from netwright.errors import NetwrightError, ParamError, ShapeError


@pytest.mark.parametrize(
    ("name", "shapes", "params", "kind", "words"),
    [
        (
            "FullyConnected",
            [(64, 1, 28, 28), (10, 700), (10,)],
            {"num_hidden": 10},
            ShapeError,
            r"data \(64, 1, 28, 28\) flattens to 1·28·28 = 784 features.*wanted \(10, 784\), got \(10, 700\)",
        ),
        ("FullyConnected", [(2, 3), (4, 3), (5,)], {"num_hidden": 4}, ShapeError, r"bias.*wanted \(4,\), got \(5,\)"),
        ("FullyConnected", [(2, 3), (4, 3)], {"num_hidden": 0}, ParamError, "num_hidden.*at least 1"),
        (
            "Convolution",
            [(1, 3, 4, 4), (2, 3, 5, 5)],
            {"kernel": (5, 5)},
            ShapeError,
            r"larger than the data.*at least 5",
        ),
        ("Convolution", [(1, 3, 8), (2, 3, 5, 5)], {"kernel": (5, 5)}, ShapeError, r"4 axes.*wanted \(N, C, H, W\)"),
        (
            "Convolution",
            [(1, 3, 8, 8), (2, 4, 3, 3)],
            {"kernel": (3, 3)},
            ShapeError,
            r"3 channels.*wanted \(2, 3, 3, 3\)",
        ),
        (
            "Convolution",
            [(1, 3, 8, 8), (2, 1, 3, 3)],
            {"kernel": (3, 3), "num_group": 2},
            ParamError,
            "3 channels do not divide",
        ),
        (
            "Convolution",
            [(1, 3, 8, 8), (2, 3, 3, 3)],
            {"kernel": (3, 3), "stride": (1,)},
            ParamError,
            "stride.*2 numbers",
        ),
        ("Convolution", [(1, 3, 8, 8), (2, 3, 3, 3)], {"kernel": (3, 3), "layout": "NCW"}, ParamError, "layout NCW"),
        (
            "Deconvolution",
            [(1, 3, 4, 4), (3, 2, 3, 3)],
            {"kernel": (3, 3), "adj": (1, 0)},
            ParamError,
            "adj must be less",
        ),
        (
            "Deconvolution",
            [(1, 3, 4, 4), (3, 2, 3, 3)],
            {"kernel": (3, 3), "target_shape": (9, 9)},
            ParamError,
            "target_shape",
        ),
        (
            "Deconvolution",
            [(1, 3, 1, 1), (3, 2, 3, 3)],
            {"kernel": (3, 3), "pad": (2, 2)},
            ParamError,
            "cuts everything off",
        ),
    ],
)
def test_layers_with_weights(
    name: str, shapes: list[Any], params: dict[str, Any], kind: type[NetwrightError], words: str
) -> None:
    given = {"num_filter": 2, **params} if "onvolution" in name else params
    if len(shapes) == 2:
        given["no_bias"] = True
    with pytest.raises(kind, match=words) as caught:
        getattr(nd, name)(*(nd.zeros(s) for s in shapes), **given)
    assert caught.value.where == name


@pytest.mark.parametrize(
    ("name", "shapes", "params", "words"),
    [
        ("Pooling", [(1, 2, 3, 3)], {"kernel": (4, 4)}, r"window is larger than the data.*global_pool=True"),
        ("Pooling", [(1, 2, 3, 3)], {}, r"kernel is missing"),
        ("Pooling", [(1, 2, 3)], {"kernel": (2, 2)}, r"4 axes"),
        ("Pooling", [(1, 2)], {"global_pool": True}, r"one to three spatial axes"),
        ("Pooling", [(1, 2, 4, 4)], {"kernel": (2, 2), "pool_type": "lp"}, r"lp pooling needs p_value"),
        ("Pooling", [(1, 2, 4)], {"kernel": 2, "pad": 1, "pooling_convention": "same"}, r"takes no padding"),
        ("BatchNorm", [(2, 3, 4), (4,), (4,), (4,), (4,)], {}, r"gamma has one number per channel \(wanted \(3,\)"),
        ("BatchNorm", [(2, 3), (3,), (3,), (3,), (3,)], {"axis": 2}, r"axis 2 does not exist"),
        ("LayerNorm", [(2, 3), (2,), (2,)], {}, r"gamma does not fit data \(2, 3\) \(wanted \(3,\), got \(2,\)"),
        ("InstanceNorm", [(2, 3), (3,), (3,)], {}, r"needs spatial axes"),
        ("GroupNorm", [(2, 5, 3), (2,), (2,)], {"num_groups": 2}, r"5 channels do not divide into 2 groups"),
        ("LRN", [(3,)], {"nsize": 3}, r"needs channels"),
        ("L2Normalization", [(3, 2)], {"mode": "spatial"}, r"needs 3 axes or more"),
        ("LeakyReLU", [(2, 3), (2,)], {"act_type": "prelu"}, r"one slope per channel.*got \(2,\)"),
        ("Activation", [(2, 3)], {"act_type": "rleu"}, r"act_type.*'relu'"),
        ("softmax", [(2, 3)], {"axis": 2}, r"axis 2 does not exist \(wanted -2 to 1"),
        ("Dropout", [(2, 3)], {"p": 1.5}, r"at most 1"),
    ],
)
def test_other_layers(name: str, shapes: list[Any], params: dict[str, Any], words: str) -> None:
    with pytest.raises(NetwrightError, match=words) as caught:
        getattr(nd, name)(*(nd.zeros(s) for s in shapes), **params)
    assert caught.value.where == name
