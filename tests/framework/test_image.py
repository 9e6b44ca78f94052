"""Images from files and bytes, and what is done to one at a time. MXNET: values of MXNet 1.9.1."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import netwright as mx
from netwright import nd
from netwright.errors import DataError, DTypeError, ParamError, ShapeError

PIXELS = np.random.default_rng(3).integers(0, 256, (6, 8, 3)).astype(np.uint8)


def png(pixels: Any = PIXELS, **keywords: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", **keywords)
    return stream.getvalue()


# ---------------------------------------------------------------- files
def test_png_survives(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png())
    for made in (mx.image.imread(str(path)), mx.image.imdecode(png()), mx.img.imdecode(np.frombuffer(png(), "u1"))):
        assert made.dtype == np.uint8
        np.testing.assert_array_equal(made.asnumpy(), PIXELS)
    np.testing.assert_array_equal(mx.image.imdecode(png(), to_rgb=False).asnumpy(), PIXELS[..., ::-1])
    out = nd.zeros((6, 8, 3), dtype="uint8")
    assert mx.image.imread(path, out=out) is out
    np.testing.assert_array_equal(out.asnumpy(), PIXELS)


def test_grey_has_one_channel() -> None:
    made = mx.image.imdecode(png(), flag=0)
    assert made.shape == (6, 8, 1)
    wanted = PIXELS @ np.array([0.299, 0.587, 0.114])
    assert np.abs(made.asnumpy()[..., 0] - wanted).max() <= 1
    grey = mx.image.imdecode(png(PIXELS[..., 0]))
    np.testing.assert_array_equal(grey.asnumpy(), np.repeat(PIXELS[..., :1], 3, 2))


def test_kinds_of_files() -> None:
    four = np.concatenate([PIXELS, PIXELS[..., :1]], axis=2)
    assert mx.image.imdecode(png(four)).shape == (6, 8, 3)
    np.testing.assert_array_equal(mx.image.imdecode(png(four), flag=-1).asnumpy(), four)
    wide = PIXELS[..., 0].astype(np.uint16) * 256 + 7
    np.testing.assert_array_equal(mx.image.imdecode(png(wide), flag=0).asnumpy()[..., 0], PIXELS[..., 0])
    stream = io.BytesIO()
    picture = Image.fromarray(PIXELS)
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned by 90° to the right
    picture.save(stream, "PNG", exif=turned)
    np.testing.assert_array_equal(mx.image.imdecode(stream.getvalue()).asnumpy(), np.rot90(PIXELS, -1))


def test_unreadable_images_are_explained(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no image in no bytes"):
        mx.image.imdecode(b"")
    with pytest.raises(DataError, match="the image cannot be decoded"):
        mx.image.imdecode(b"123")
    with pytest.raises(DataError, match="the image cannot be decoded"):
        mx.image.imdecode(png()[:70])
    with pytest.raises(ValueError, match=r"decoded from bytes .*got str\). Read the file"):
        mx.image.imdecode("text")
    with pytest.raises(DTypeError, match="wanted uint8, got float32"):
        mx.image.imdecode(nd.zeros(3))
    with pytest.raises(DataError, match=r"none\.png: the image cannot be read .*got No such file"):
        mx.image.imread(tmp_path / "none.png")


def test_records_of_images() -> None:
    header = mx.recordio.IRHeader(0, 5.0, 7, 0)
    packed = mx.recordio.pack_img(header, PIXELS, quality=9, img_fmt=".png")
    again, pixels = mx.recordio.unpack_img(packed)
    assert again == header
    np.testing.assert_array_equal(pixels, PIXELS)
    np.testing.assert_array_equal(mx.image.imdecode(mx.recordio.unpack(packed)[1]).asnumpy(), PIXELS[..., ::-1])
    grey = mx.recordio.pack_img(header, PIXELS[..., 0], img_fmt=".png")
    np.testing.assert_array_equal(mx.recordio.unpack_img(grey)[1], PIXELS[..., 0])
    smooth = np.full((16, 16, 3), (10, 200, 90), np.uint8)
    close = mx.recordio.unpack_img(mx.recordio.pack_img(header, smooth, quality=95))[1]
    assert np.abs(close.astype(int) - smooth).max() <= 4
    with pytest.raises(DataError, match=r"pack_img: unknown image format \(wanted .jpg or .png, got .gif\)"):
        mx.recordio.pack_img(header, PIXELS, img_fmt=".gif")


# ---------------------------------------------------------------- sizes
def test_scale_down_keeps_the_ratio() -> None:
    assert mx.image.scale_down((640, 480), (720, 120)) == (640, 106)  # MXNET
    assert mx.image.scale_down((360, 1000), (480, 500)) == (360, 375)  # MXNET
    assert mx.image.scale_down((300, 400), (100, 100)) == (100, 100)


def test_resize_short() -> None:
    for shape, size, wanted in (((2321, 3482, 3), 640, (640, 960, 3)), ((30, 20, 3), 7, (10, 7, 3))):  # MXNET
        assert mx.image.resize_short(nd.zeros(shape, dtype="uint8"), size).shape == wanted


def test_interpolations() -> None:
    x = nd.array(PIXELS, dtype="uint8")
    for interp in (0, 1, 2, 3, 4, 9, 10):
        assert mx.image.imresize(x, 5, 4, interp).shape == (4, 5, 3)
    larger = mx.image.imresize(x, 9, 10, 9).asnumpy()
    np.testing.assert_array_equal(larger, mx.image.imresize(x, 9, 10, 2).asnumpy())
    np.testing.assert_array_equal(mx.image.imresize(x, 4, 3, 9).asnumpy(), mx.image.imresize(x, 4, 3, 3).asnumpy())
    np.testing.assert_array_equal(mx.image.imresize(x, 9, 3, 9).asnumpy(), mx.image.imresize(x, 9, 3, 1).asnumpy())
    out = nd.zeros((3, 4, 3), dtype="uint8")
    assert mx.image.imresize(x, 4, 3, out=out) is out
    assert out.asnumpy().any()
    with pytest.raises(ParamError, match="unknown interpolation"):
        mx.image.imresize(x, 4, 3, interp=7)


def test_crops() -> None:
    x = nd.array(PIXELS, dtype="uint8")
    np.testing.assert_array_equal(mx.image.fixed_crop(x, 2, 1, 4, 3).asnumpy(), PIXELS[1:4, 2:6])
    assert mx.image.fixed_crop(x, 2, 1, 4, 3, (5, 5)).shape == (5, 5, 3)
    part, place = mx.image.center_crop(x, (4, 2))
    assert place == (2, 2, 4, 2)
    np.testing.assert_array_equal(part.asnumpy(), PIXELS[2:4, 2:6])
    assert mx.image.center_crop(nd.zeros((20, 31, 3)), (8, 30))[1] == (13, 0, 5, 20)  # MXNET
    mx.random.seed(1)
    places = set()
    for _ in range(20):
        part, (x0, y0, w, h) = mx.image.random_crop(x, (4, 3))
        np.testing.assert_array_equal(part.asnumpy(), PIXELS[y0 : y0 + h, x0 : x0 + w])
        places.add((x0, y0))
    assert len(places) > 5
    for _ in range(20):
        part, (x0, y0, w, h) = mx.image.random_size_crop(x, (3, 3), (0.2, 0.6), (0.5, 2.0))
        assert part.shape == (3, 3, 3)
        assert 0 <= x0 <= 8 - w
        assert 0 <= y0 <= 6 - h
        assert w * h <= 0.6 * 48 + 8
    with pytest.raises(ParamError, match=r"fixed_crop: the part leaves the image \(wanted within 8 × 6"):
        mx.image.fixed_crop(x, 5, 1, 4, 3)


def test_borders() -> None:
    x = nd.array(np.arange(12).reshape(2, 2, 3), dtype="uint8")
    wanted = {  # MXNET, first channel
        0: [[7, 7, 7], [7, 0, 3], [7, 6, 9], [7, 7, 7], [7, 7, 7]],
        1: [[0, 0, 3], [0, 0, 3], [6, 6, 9], [6, 6, 9], [6, 6, 9]],
        2: [[0, 0, 3], [0, 0, 3], [6, 6, 9], [6, 6, 9], [0, 0, 3]],
        3: [[9, 6, 9], [3, 0, 3], [9, 6, 9], [3, 0, 3], [9, 6, 9]],
        4: [[9, 6, 9], [3, 0, 3], [9, 6, 9], [3, 0, 3], [9, 6, 9]],
    }
    for kind, rows in wanted.items():
        made = mx.image.copyMakeBorder(x, 1, 2, 1, 0, kind, values=(7, 8, 9))
        assert made.asnumpy()[..., 0].tolist() == rows
    assert mx.image.copyMakeBorder(x, 1, 0, 1, 0, value=5).asnumpy()[..., 1].tolist() == [
        [5, 5, 5],
        [5, 1, 4],
        [5, 7, 10],
    ]
    with pytest.raises(ParamError, match="unknown kind of border"):
        mx.image.copyMakeBorder(x, 1, 0, 1, 0, type=9)


def test_color_normalize() -> None:
    x = nd.array(PIXELS)
    made = mx.image.color_normalize(x, nd.array([1, 2, 3]), nd.array([2, 4, 8])).asnumpy()
    np.testing.assert_allclose(made, (PIXELS - np.array([1, 2, 3])) / [2, 4, 8], rtol=1e-6)
    np.testing.assert_array_equal(mx.image.color_normalize(x, None).asnumpy(), PIXELS)
    with pytest.raises(DTypeError, match="wanted floating-point numbers, got uint8"):
        mx.image.color_normalize(nd.array(PIXELS, dtype="uint8"), 1.0)


# ---------------------------------------------------------------- rotation
def test_rotations_are_mxnets() -> None:
    x = nd.array(np.arange(12).reshape(1, 3, 4))
    for zoom, middle in (  # MXNET: the second row
        ({}, [1.201, 4.067, 6.933, 9.799]),
        ({"zoom_in": True}, [2.6951, 4.565, 6.435, 8.3049]),
        ({"zoom_out": True}, [0.0, 3.3036, 7.6964, 4.7616]),
    ):
        np.testing.assert_allclose(mx.image.imrotate(x, 30, **zoom).asnumpy()[0, 1], middle, atol=1e-4)
    several = mx.image.imrotate(nd.array(np.arange(24).reshape(2, 1, 3, 4)), nd.array([90, -45]))
    np.testing.assert_allclose(several.asnumpy()[0, 0, 0], [1.25, 4.5, 8.5, 5.25], atol=1e-3)  # MXNET
    np.testing.assert_allclose(several.asnumpy()[1, 0, 1], [19.199, 18.561, 16.439, 13.677], atol=1e-3)  # MXNET


def test_random_rotations_are_seeded() -> None:
    x = nd.array(np.arange(24).reshape(2, 1, 3, 4))
    made = []
    for _ in range(2):
        mx.random.seed(4)
        made.append(mx.image.random_rotate(x, (-30, 30)).asnumpy())
    np.testing.assert_array_equal(made[0], made[1])
    assert not np.array_equal(mx.image.random_rotate(x, (-30, 30)).asnumpy(), made[0])
    np.testing.assert_allclose(mx.image.random_rotate(x[0], (0, 1e-9)).asnumpy(), x[0].asnumpy(), atol=1e-4)


def test_misused_rotations_are_explained() -> None:
    x = nd.zeros((1, 3, 4))
    with pytest.raises(ParamError, match="zoom_in and zoom_out exclude each other"):
        mx.image.imrotate(x, 3, True, True)
    with pytest.raises(DTypeError, match="only float32 images are rotated"):
        mx.image.imrotate(x.astype("uint8"), 3)
    with pytest.raises(DTypeError, match="one image is turned by one angle"):
        mx.image.imrotate(x, nd.array([1.0]))
    with pytest.raises(ShapeError, match=r"an image or several .*got \(3,\)"):
        mx.image.imrotate(nd.zeros(3), 3)
    with pytest.raises(ShapeError, match=r"an angle for each image \(wanted \(2,\), got \(3,\)\)"):
        mx.image.imrotate(nd.zeros((2, 1, 3, 4)), nd.array([1.0, 2, 3]))
