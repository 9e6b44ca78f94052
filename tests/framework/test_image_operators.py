"""Operators on images beyond the generic suite: MXNet's results to the bit, and what chance does. MXNET: values of
MXNet 1.9.1.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netwright as mx
from netwright import nd
from netwright.errors import DTypeError, ParamError, ShapeError

RAMP = np.arange(24, dtype=np.uint8).reshape(2, 4, 3) * 10


def image(values: Any) -> Any:
    return nd.array(values, dtype=np.asarray(values).dtype)


# (height, width) → (height, width)
SIZES = [((7, 9), (5, 4)), ((8, 8), (4, 4)), ((5, 6), (11, 13)), ((12, 10), (6, 20)), ((40, 60), (17, 23))]


def picture(height: int, width: int) -> Any:
    return np.random.RandomState(height * 100 + width).randint(0, 256, (height, width, 3)).astype(np.uint8)


# MXNET: digests of the resized bytes, by interpolation (OpenCV's own rounding of bicubic and Lanczos is not to the bit)
BYTES: dict[tuple[int, int], str] = {
    (0, 0): "e32dcfeed5",
    (0, 1): "9d4cd2d66e",
    (0, 3): "7f960ae9e6",
    (1, 0): "3c131eec19",
    (1, 1): "ca78a72472",
    (1, 3): "ca78a72472",
    (2, 0): "ca383ff20b",
    (2, 1): "f7a56412aa",
    (2, 3): "c69364b7f9",
    (3, 0): "7c6b880803",
    (3, 1): "76e6aff0bd",
    (3, 3): "b82185638d",
    (4, 0): "c3ac8edd08",
    (4, 1): "80093ea333",
    (4, 3): "8153a6e9a2",
}


@pytest.mark.parametrize(("number", "interp"), BYTES)
def test_bytes_are_resized_to_the_bit_as_mxnet_does(number: int, interp: int) -> None:
    size, (height, width) = SIZES[number]
    made = nd.image.resize(image(picture(*size)), size=(width, height), interp=interp).asnumpy()
    assert hashlib.sha1(made.tobytes()).hexdigest()[:10] == BYTES[number, interp]  # MXNET


@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 9), target=st.integers(1, 9), rule=st.integers(0, 4), value=st.integers(0, 255))
def test_even_images_stay_even(size: int, target: int, rule: int, value: int) -> None:
    """Weights of every rule add up to 1, whatever the sizes."""
    for dtype in ("uint8", "float32"):
        image = nd.full((size, 10 - size, 1), value, dtype=dtype)
        made = nd.image.resize(image, size=(target, 10 - target), interp=rule).asnumpy()
        np.testing.assert_allclose(made.astype(np.float64), value, atol=1 if dtype == "uint8" else 1e-4 * 255)


def test_colours_change_as_in_mxnet() -> None:
    changes = nd.image
    assert changes.random_contrast(image(RAMP), 1.5, 1.5).asnumpy()[0].tolist() == [  # MXNET
        [0, 0, 0],
        [0, 3, 18],
        [33, 48, 63],
        [78, 93, 108],
    ]
    assert changes.random_saturation(image(RAMP), 0.5, 0.5).asnumpy()[0, :2].tolist() == [[1, 6, 11], [17, 22, 27]]
    turned = changes.random_hue(image(RAMP), 0.8, 0.8).asnumpy()[0].tolist()
    assert turned == [[0, 20, 6], [30, 50, 36], [59, 80, 66], [90, 110, 96]]  # MXNET
    assert changes.random_brightness(image(RAMP), 1.5, 1.5).asnumpy()[1, 2:].tolist() == [[255] * 3] * 2  # MXNET
    lit = changes.adjust_lighting(image(RAMP), (0.1, 0.2, 0.3)).asnumpy()[0].tolist()
    assert lit == [[0, 6, 16], [27, 36, 46], [57, 66, 76], [87, 96, 106]]  # MXNET


def test_a_whole_turn_of_hues_changes_little() -> None:
    pixels = picture(6, 7)
    for turn in (0.0, 1.0):
        made = nd.image.random_hue(image(pixels), turn, turn).asnumpy()
        assert np.abs(made.astype(int) - pixels).max() <= 1


@pytest.mark.parametrize(("name", "axis"), [("random_flip_left_right", 1), ("random_flip_top_bottom", 0)])
def test_random_flips_turn_half_of_the_images(name: str, axis: int) -> None:
    mx.random.seed(5)
    x = image(picture(4, 5)).astype("float32")
    x.attach_grad()
    head = nd.array(np.random.default_rng(0).standard_normal(x.shape))
    turned = 0
    for _ in range(100):
        with mx.autograd.record():
            y = getattr(nd.image, name)(x)
        y.backward(head)
        flipped = not np.array_equal(y.asnumpy(), x.asnumpy())
        turned += flipped
        assert np.array_equal(y.asnumpy(), np.flip(x.asnumpy(), axis) if flipped else x.asnumpy())
        wanted = np.flip(head.asnumpy(), axis) if flipped else head.asnumpy()
        np.testing.assert_array_equal(x.grad.asnumpy(), wanted)
    assert 30 < turned < 70


def draws(call: Any) -> list[Any]:
    mx.random.seed(11)
    return [call().asnumpy() for _ in range(3)]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("random_brightness", {"min_factor": 0.5, "max_factor": 1.5}),
        ("random_contrast", {"min_factor": 0.5, "max_factor": 1.5}),
        ("random_saturation", {"min_factor": 0.5, "max_factor": 1.5}),
        ("random_hue", {"min_factor": 0.5, "max_factor": 1.5}),
        ("random_color_jitter", {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.4}),
        ("random_lighting", {"alpha_std": 0.3}),
    ],
)
def test_chance_is_seeded(name: str, params: dict[str, float]) -> None:
    x = image(picture(6, 7))
    first = draws(lambda: getattr(nd.image, name)(x, **params))
    again = draws(lambda: getattr(nd.image, name)(x, **params))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], first[1])
    symbol = getattr(mx.sym.image, name)(mx.sym.Variable("x"), **params)
    mx.random.seed(11)
    assert np.array_equal(symbol.eval(x=x)[0].asnumpy(), first[0])


def test_lighting_has_the_deviation_asked_for() -> None:
    mx.random.seed(2)
    x = nd.zeros((1, 1, 3))
    moved = np.array([nd.image.random_lighting(x, alpha_std=0.5).asnumpy().ravel() for _ in range(2000)])
    wanted = 0.5 * np.linalg.norm([55.46 * -0.5675, 4.794 * 0.7192, 1.148 * 0.4009])
    assert abs(moved[:, 0].std() / wanted - 1) < 0.06
    assert abs(moved[:, 0].mean()) < 1.5


def test_jitter_of_brightness_alone_is_a_factor() -> None:
    mx.random.seed(3)
    x = nd.full((2, 2, 3), 100.0)
    factors = [
        nd.image.random_color_jitter(x, brightness=0.2, contrast=0, saturation=0, hue=0).asnumpy()[0, 0, 0] / 100
        for _ in range(300)
    ]
    assert 0.8 <= min(factors) < 0.83
    assert 1.17 < max(factors) <= 1.2


def test_tensors_and_back() -> None:
    made = nd.image.to_tensor(image(RAMP))
    assert (made.shape, made.dtype) == ((3, 2, 4), np.float32)
    np.testing.assert_allclose(made.asnumpy(), RAMP.transpose(2, 0, 1) / 255, rtol=1e-6)
    x = image(RAMP.astype(np.float32))
    x.attach_grad()
    with mx.autograd.record():
        y = nd.image.normalize(nd.image.to_tensor(x), mean=(0.1, 0.2, 0.3), std=(1, 2, 4))
    y.backward()
    np.testing.assert_allclose(x.grad.asnumpy()[0, 0], [1 / 255, 1 / 510, 1 / 1020], rtol=1e-6)


def test_misuse_is_explained() -> None:
    with pytest.raises(ShapeError, match=r"_image_normalize.*1 or 3 channels .*got \(4, 5, 3\)\)\. Call to_tensor"):
        nd.image.normalize(nd.zeros((4, 5, 3)))
    with pytest.raises(ParamError, match="one number for each channel, or one for all"):
        nd.image.normalize(nd.zeros((1, 4, 5)), mean=(1, 2, 3))
    with pytest.raises(ParamError, match=r"the part leaves the image \(wanted x \+ width <= 5, got 2 \+ 4\)"):
        nd.image.crop(nd.zeros((4, 5, 3)), x=2, y=0, width=4, height=2)
    with pytest.raises(ShapeError, match=r"data must be an image \(wanted \(H, W, C\), got \(2, 4, 5, 3\)\)"):
        nd.image.flip_left_right(nd.zeros((2, 4, 5, 3)))
    with pytest.raises(ShapeError, match="1 or 3 channels"):
        nd.image.random_hue(nd.zeros((4, 5, 2)), 0, 1)
    with pytest.raises(ParamError, match="the range is empty"):
        nd.image.random_hue(nd.zeros((4, 5, 3)), 1, 0)
    with pytest.raises(DTypeError, match="cannot be resized"):
        nd.image.resize(nd.zeros((4, 5, 3), dtype="int32"), size=2)
    for size in ((), (1, 2, 3)):
        with pytest.raises(ParamError, match="one size, or two"):
            nd.image.resize(nd.zeros((4, 5, 3)), size=size)
    with pytest.raises(ParamError, match="one number for each component"):
        nd.image.adjust_lighting(nd.zeros((4, 5, 3)), alpha=(1, 2))
