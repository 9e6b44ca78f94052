"""Batches of images: augmenters, ImageIter, ImageDetIter, the record iterators and im2rec. MXNET: MXNet 1.9.1."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import netwright as mx
from netwright import im2rec, nd
from netwright.errors import DataError, DTypeError, ParamError, ShapeError

RNG = np.random.RandomState(0)
PICTURES = [RNG.randint(0, 256, (10 + i, 12, 3)).astype(np.uint8) for i in range(7)]
X = nd.array(PICTURES[3], dtype="uint8")


def png(pixels: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def record(tmp_path: Path) -> Path:
    path = tmp_path / "r.rec"
    with mx.recordio.MXIndexedRecordIO(str(tmp_path / "r.idx"), str(path), "w") as file:
        for i, pixels in enumerate(PICTURES):
            file.write_idx(i, mx.recordio.pack((0, float(i), i, 0), png(pixels)))
    return path


@pytest.fixture
def files(tmp_path: Path) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for i, pixels in enumerate(PICTURES):
        (tmp_path / f"{i}.png").write_bytes(png(pixels))
        rows.append([i, f"{i}.png"])
    return rows


def labels(iterator: Any) -> list[Any]:
    return [batch.label[0].asnumpy().tolist() for batch in iterator]


# ---------------------------------------------------------------- augmenters
AUGMENTERS: list[tuple[Any, tuple[int, ...], str]] = [
    (mx.image.ResizeAug(6), (6, 5, 3), "uint8"),
    (mx.image.ForceResizeAug((5, 7)), (7, 5, 3), "uint8"),
    (mx.image.RandomCropAug((5, 7)), (7, 5, 3), "uint8"),
    (mx.image.RandomSizedCropAug((5, 7), 0.3, (0.8, 1.2)), (7, 5, 3), "uint8"),
    (mx.image.CenterCropAug((5, 7)), (7, 5, 3), "uint8"),
    (mx.image.HorizontalFlipAug(1.0), (13, 12, 3), "uint8"),
    (mx.image.CastAug(), (13, 12, 3), "float32"),
    (mx.image.BrightnessJitterAug(0.2), (13, 12, 3), "float32"),
    (mx.image.ContrastJitterAug(0.2), (13, 12, 3), "float32"),
    (mx.image.SaturationJitterAug(0.2), (13, 12, 3), "float32"),
    (mx.image.HueJitterAug(0.2), (13, 12, 3), "float32"),
    (mx.image.ColorJitterAug(0.2, 0.2, 0.2), (13, 12, 3), "float32"),
    (mx.image.LightingAug(0.1, np.ones(3), np.eye(3)), (13, 12, 3), "float32"),
    (mx.image.RandomGrayAug(1.0), (13, 12, 3), "float32"),
    (mx.image.SequentialAug([mx.image.CastAug(), mx.image.ColorNormalizeAug(1.0, None)]), (13, 12, 3), "float32"),
]
AUGMENTERS[0] = (mx.image.ResizeAug(6), (6, 6, 3), "uint8")


@pytest.mark.parametrize(("augmenter", "shape", "dtype"), AUGMENTERS, ids=lambda v: type(v).__name__)
def test_augmenters_give_shapes_and_repeat_under_a_seed(augmenter: Any, shape: Any, dtype: str) -> None:
    made = []
    for _ in range(2):
        mx.random.seed(3)
        out = augmenter(X)
        assert (out.shape, out.dtype) == (shape, np.dtype(dtype))
        made.append(out.asnumpy())
    np.testing.assert_array_equal(made[0], made[1])
    np.testing.assert_array_equal(X.asnumpy(), PICTURES[3])


def test_colour_augmenters_compute_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netwright.image.chance.uniform", lambda low, high: high)
    pixels = PICTURES[3].astype(np.float64)
    grey = pixels @ np.array([0.299, 0.587, 0.114])
    close = {"rtol": 1e-4, "atol": 1e-3}
    np.testing.assert_allclose(mx.image.BrightnessJitterAug(0.5)(X).asnumpy(), 1.5 * pixels, **close)
    wanted = 1.5 * pixels - 0.5 * grey.mean()
    np.testing.assert_allclose(mx.image.ContrastJitterAug(0.5)(X).asnumpy(), wanted, **close)
    wanted = 1.5 * pixels - 0.5 * grey[..., None]
    np.testing.assert_allclose(mx.image.SaturationJitterAug(0.5)(X).asnumpy(), wanted, **close)
    wanted = np.repeat((pixels @ np.array([0.21, 0.72, 0.07]))[..., None], 3, 2)
    np.testing.assert_allclose(mx.image.RandomGrayAug(1.0)(X).asnumpy(), wanted, **close)
    monkeypatch.setattr("netwright.image.chance.uniform", lambda low, high: 0.0)
    assert np.abs(mx.image.HueJitterAug(0.5)(X).asnumpy() - pixels).max() < 1  # the matrices are rounded


def test_created_augmenters_are_told_as_json() -> None:
    made = mx.image.CreateAugmenter(
        (3, 8, 9),
        resize=10,
        rand_crop=True,
        rand_resize=True,
        rand_mirror=True,
        mean=True,
        std=np.array([1.0, 2.0, 3.0]),
        brightness=0.1,
        hue=0.2,
        pca_noise=0.1,
        rand_gray=0.3,
    )
    told = [a.dumps() for a in made]
    assert json.loads(told[0]) == ["resizeaug", {"size": 10, "interp": 2}]  # MXNET
    assert json.loads(told[1])[1] == {"size": [9, 8], "area": 0.08, "ratio": [0.75, 4 / 3], "interp": 2}  # MXNET
    assert told[2:4] == ['["horizontalflipaug", {"p": 0.5}]', '["castaug", {"type": "float32"}]']  # MXNET
    assert told[4] == ["colorjitteraug", ['["brightnessjitteraug", {"brightness": 0.1}]']]  # MXNET
    assert json.loads(told[-1]) == ["colornormalizeaug", {"mean": [123.68, 116.28, 103.53], "std": [1, 2, 3]}]
    plain = [type(a).__name__ for a in mx.image.CreateAugmenter((3, 8, 9))]
    assert plain == ["CenterCropAug", "CastAug"]
    with pytest.raises(ParamError, match="wanted rand_crop=True"):
        mx.image.CreateAugmenter((3, 8, 9), rand_resize=True)
    with pytest.raises(ParamError, match="wanted True, 1 or 3 numbers"):
        mx.image.CreateAugmenter((3, 8, 9), mean=np.zeros(2))


def test_random_order_changes() -> None:
    seen: list[str] = []

    class Note(mx.image.Augmenter):
        def __init__(self, name: str) -> None:
            super().__init__(name=name)
            self.name = name

        def __call__(self, src: Any) -> Any:
            seen.append(self.name)
            return src

    mx.random.seed(1)
    both = mx.image.RandomOrderAug([Note("a"), Note("b"), Note("c")])
    for _ in range(12):
        both(X)
    orders = {"".join(seen[i : i + 3]) for i in range(0, 36, 3)}
    assert len(orders) > 2
    assert {"".join(sorted(o)) for o in orders} == {"abc"}


# ---------------------------------------------------------------- ImageIter
def test_lists_in_memory_and_in_files(files: list[list[Any]], tmp_path: Path) -> None:
    iterator = mx.image.ImageIter(3, (3, 8, 8), imglist=files, path_root=tmp_path)
    assert iterator.provide_data == [("data", (3, 3, 8, 8))]
    assert iterator.provide_label == [("softmax_label", (3,))]
    batches = list(iterator)
    assert [b.pad for b in batches] == [0, 0, 2]
    assert labels(batches) == [[0, 1, 2], [3, 4, 5], [6, 0, 1]]
    wanted = PICTURES[0][1:9, 2:10].transpose(2, 0, 1)
    np.testing.assert_array_equal(batches[0].data[0][0].asnumpy(), wanted)
    (tmp_path / "some.lst").write_text("".join(f"{10 + i}\t{i}\t{2 * i}\t{i}.png\n" for i in range(4)))
    listed = mx.image.ImageIter(
        2, (3, 8, 8), 2, path_imglist=tmp_path / "some.lst", path_root=tmp_path, dtype="int32", label_name="y"
    )
    assert listed.provide_label == [("y", (2, 2))]
    batch = listed.next()
    assert batch.label[0].dtype == np.int32
    assert labels([batch]) == [[[0, 0], [1, 2]]]


def test_last_batches(files: list[list[Any]], tmp_path: Path) -> None:
    def epochs(how: Any) -> list[Any]:
        iterator = mx.image.ImageIter(3, (3, 8, 8), imglist=files, path_root=tmp_path, last_batch_handle=how)
        found = []
        for _ in range(2):
            found.append(labels(iterator))
            iterator.reset()
        iterator.hard_reset()
        assert labels(iterator)[0] == [0, 1, 2]
        return found

    assert epochs("pad") == [[[0, 1, 2], [3, 4, 5], [6, 0, 1]]] * 2
    assert epochs("discard") == [[[0, 1, 2], [3, 4, 5]]] * 2
    assert epochs("roll_over") == [[[0, 1, 2], [3, 4, 5]], [[6, 0, 1], [2, 3, 4]]]
    rolling = mx.image.ImageIter(3, (3, 8, 8), imglist=files, path_root=tmp_path, last_batch_handle="roll_over")
    assert [b.pad for b in rolling] == [0, 0]
    rolling.reset()
    assert [b.pad for b in rolling] == [2, 0]  # MXNET
    with pytest.raises(ParamError, match="unknown last_batch_handle"):
        epochs("keep")


def test_records_with_and_without_index(record: Path) -> None:
    for index in (None, record.with_suffix(".idx")):
        iterator = mx.image.ImageIter(
            2, (3, 8, 8), path_imgrec=record, path_imgidx=index, num_parts=2, part_index=1, threads=2
        )
        assert labels(iterator) == [[3, 4], [5, 3]]
    mx.random.seed(2)
    mixed = mx.image.ImageIter(7, (3, 8, 8), path_imgrec=record, shuffle=True, rand_crop=True, rand_mirror=True)
    first = mixed.next()
    mixed.reset()
    second = mixed.next()
    assert sorted(labels([first])[0]) == list(range(7))
    assert labels([first]) != labels([second])
    mx.random.seed(2)
    again = mx.image.ImageIter(7, (3, 8, 8), path_imgrec=record, shuffle=True, rand_crop=True, rand_mirror=True)
    np.testing.assert_array_equal(again.next().data[0].asnumpy(), first.data[0].asnumpy())
    label, content = again._source.read(4)
    assert (label, content) == (4.0, png(PICTURES[4]))


def test_a_subclass_may_pass_over_images(files: list[list[Any]], tmp_path: Path) -> None:
    class Tall(mx.image.ImageIter):
        def check_valid_image(self, data: Any) -> None:
            if data.shape[0] % 2:
                raise RuntimeError("odd")

    assert labels(Tall(2, (3, 8, 8), imglist=files, path_root=tmp_path)) == [[0, 2], [4, 6]]


def test_misused_iterators_are_explained(files: list[list[Any]], tmp_path: Path, record: Path) -> None:
    make = mx.image.ImageIter
    with pytest.raises(ParamError, match="there are no images to read"):
        make(2, (3, 8, 8))
    with pytest.raises(ShapeError, match=r"three channels .*wanted \(3, height, width\)"):
        make(2, (1, 8, 8), imglist=files)
    with pytest.raises(DTypeError, match="labels of this dtype"):
        make(2, (3, 8, 8), imglist=files, dtype="uint8")
    with pytest.raises(ParamError, match="there is no such part"):
        make(2, (3, 8, 8), imglist=files, num_parts=2, part_index=2)
    with pytest.raises(DataError, match=r"0\.png: an image of the list cannot be read"):
        make(2, (3, 8, 8), imglist=files, path_root=tmp_path / "none").next()
    (tmp_path / "3.png").write_bytes(b"broken")
    with pytest.raises(DataError, match=r"filename: 3\.png: broken image"):
        list(make(2, (3, 8, 8), imglist=files, path_root=tmp_path))
    with pytest.raises(DataError, match=r"another number of labels \(wanted label_width = 1, got 2"):
        make(1, (3, 8, 8), imglist=[[1, 2, "0.png"]], path_root=tmp_path).next()
    with pytest.raises(ShapeError, match=r"an augmented image has another shape .*End the augmenters with a crop"):
        make(2, (3, 8, 8), imglist=files, path_root=tmp_path, aug_list=[]).next()
    (tmp_path / "bad.lst").write_text("a\t1\tb.png\n")
    with pytest.raises(DataError, match=r"bad\.lst, line 1: a row is not in the format"):
        make(2, (3, 8, 8), path_imglist=tmp_path / "bad.lst")
    (tmp_path / "short.lst").write_text("0\t1\tb.png\n")
    with pytest.raises(DataError, match="no row for a record"):
        make(2, (3, 8, 8), path_imgrec=record, path_imglist=tmp_path / "short.lst").next()
    (tmp_path / "no.rec").write_bytes(b"12345678")
    with pytest.raises(DataError, match="not a record file"):
        make(2, (3, 8, 8), path_imgrec=tmp_path / "no.rec")


# ---------------------------------------------------------------- boxes
BOXES = [[2, 5, c, 0.1, 0.2, 0.5, 0.6] + [c, 0.5, 0.5, 0.9, 1.0] * (c % 2) for c in range(7)]


def test_batches_of_boxes(files: list[list[Any]], tmp_path: Path) -> None:
    rows = [[*box, row[1]] for box, row in zip(BOXES, files, strict=True)]
    iterator = mx.image.ImageDetIter(2, (3, 16, 18), imglist=rows, path_root=tmp_path)
    assert iterator.label_shape == (2, 5)
    assert iterator.provide_label == [("label", (2, 2, 5))]
    batch = iterator.next()
    assert batch.data[0].shape == (2, 3, 16, 18)
    got = batch.label[0].asnumpy()
    np.testing.assert_allclose(got[0], [[0, 0.1, 0.2, 0.5, 0.6], [-1] * 5], rtol=1e-6)
    np.testing.assert_allclose(got[1, 1], [1, 0.5, 0.5, 0.9, 1.0], rtol=1e-6)
    few = mx.image.ImageDetIter(2, (3, 16, 18), imglist=rows[:1], path_root=tmp_path)
    assert few.label_shape == (1, 5)
    assert iterator.sync_label_shape(few) is few
    assert few.label_shape == (2, 5)
    with pytest.raises(ParamError, match="at least 2 objects of 5 numbers"):
        few.reshape(label_shape=(1, 5))
    few.reshape(label_shape=(4, 5))
    assert few.next().label[0].shape == (2, 4, 5)
    iterator.reset()
    drawn = list(iterator.draw_next(color=(255, 0, 0), thickness=1, id2labels={0: "a"}))
    assert [d.shape for d in drawn] == [(16, 18, 3)] * 7
    assert (drawn[0][round(0.2 * 16), round(0.3 * 18)] == (255, 0, 0)).all()


def test_misused_boxes_are_explained(files: list[list[Any]], tmp_path: Path) -> None:
    def labelled(*numbers: float) -> Any:
        return mx.image.ImageDetIter(1, (3, 8, 8), imglist=[[*numbers, "0.png"]], path_root=tmp_path)

    with pytest.raises(DataError, match="a label has too few numbers"):
        labelled(2, 5, 1)
    with pytest.raises(DataError, match="wanted 2 numbers, then 5 for each object, got 8 numbers"):
        labelled(2, 5, 1, 0.1, 0.1, 0.2, 0.2, 7)
    with pytest.raises(DataError, match="no valid object"):
        labelled(2, 5, 1, 0.3, 0.1, 0.2, 0.2)
    fine = labelled(2, 5, 1, 0.1, 0.1, 0.2, 0.2)
    with pytest.raises(ParamError, match=r"no window is opened .wanted None.*Show what it yields"):
        next(fine.draw_next(waitKey=0))
    with pytest.raises(ParamError, match="wanted an Augmenter, got str"):
        mx.image.DetBorrowAug("x")  # type: ignore[arg-type]
    with pytest.raises(ParamError, match="wanted DetAugmenters, got CastAug"):
        mx.image.DetRandomSelectAug(mx.image.CastAug())  # type: ignore[arg-type]
    with pytest.warns(UserWarning, match="DetRandomCropAug does nothing: area_range"):
        assert not mx.image.DetRandomCropAug(area_range=(0.5, 0.2)).enabled
    with pytest.warns(UserWarning, match="DetRandomPadAug does nothing: aspect_ratio_range"):
        assert not mx.image.DetRandomPadAug(aspect_ratio_range=(2, 1)).enabled
    with pytest.raises(ParamError, match="lists have different lengths"):
        mx.image.CreateMultiRandCropAugmenter([0.1, 0.2], max_attempts=[1, 2, 3])


def coloured(label: Any, height: int = 40, width: int = 60) -> Any:
    """An image whose box is filled, so that its place can be read off."""
    pixels = np.zeros((height, width, 3), np.uint8)
    left, top, right, bottom = (label[0, 1:5] * (width, height, width, height)).astype(int)
    pixels[top:bottom, left:right] = 200
    return nd.array(pixels, dtype="uint8")


BOX = np.array([[3, 0.2, 0.25, 0.75, 0.5]])


def place(image: Any) -> Any:
    """The box read off the image, in shares."""
    rows, columns = (np.flatnonzero((image.asnumpy()[..., 0] == 200).any(axis)) for axis in (1, 0))
    h, w = image.shape[:2]
    return np.array([columns[0] / w, rows[0] / h, (columns[-1] + 1) / w, (rows[-1] + 1) / h])


@pytest.mark.parametrize(
    "augmenter",
    [
        mx.image.DetHorizontalFlipAug(1.0),
        mx.image.DetRandomCropAug(0.3, (0.5, 2.0), (0.2, 0.9)),
        mx.image.DetRandomPadAug((0.5, 2.0), (1.2, 3.0), pad_val=7),
        mx.image.CreateMultiRandCropAugmenter([0.1, 0.5], area_range=[(0.1, 1.0), (0.5, 1.0)]),
    ],
    ids=lambda a: type(a).__name__,
)
def test_boxes_move_with_their_images(augmenter: Any) -> None:
    mx.random.seed(5)
    changed = 0
    for _ in range(30):
        image, label = augmenter(coloured(BOX), BOX.copy())
        assert label.shape == (1, 5)
        assert label[0, 0] == 3
        np.testing.assert_allclose(label[0, 1:5], place(image), atol=0.06)
        changed += not np.array_equal(label, BOX)
    assert changed > 20


def test_detection_augmenters_end_in_the_shape() -> None:
    made = mx.image.CreateDetAugmenter(
        (3, 16, 18),
        resize=20,
        rand_crop=0.9,
        rand_pad=0.9,
        rand_gray=0.2,
        rand_mirror=True,
        mean=True,
        std=np.array([1.1, 1.03, 1.05]),
        brightness=0.1,
        contrast=0.1,
        saturation=0.1,
        hue=0.1,
        pca_noise=0.1,
        inter_method=10,
        min_object_covered=[0.3, 0.5],
        area_range=(0.3, 3.0),
    )
    mx.random.seed(8)
    for _ in range(5):
        image, label = coloured(BOX), BOX.copy()
        for augmenter in made:
            image, label = augmenter(image, label)
        assert (image.shape, image.dtype) == ((16, 18, 3), np.float32)
        assert ((label[:, 1:5] >= 0) & (label[:, 1:5] <= 1)).all()
    assert made[0].dumps()[0] == "detborrowaug"
    assert made[1].dumps()[0] == "detrandomselectaug"


# ---------------------------------------------------------------- record iterators
def test_record_batches_are_mxnets(record: Path) -> None:
    def corner(**more: Any) -> list[Any]:
        iterator = mx.io.ImageRecordIter(path_imgrec=str(record), data_shape=(3, 8, 8), batch_size=3, **more)
        return [[round(v, 4) for v in b.data[0].asnumpy()[0, :, 0, 0].tolist()] for b in iterator]

    assert corner() == [[216, 177, 243], [43, 110, 197], [38, 207, 129]]  # MXNET
    assert corner(resize=9) == [[193, 79, 176], [120, 148, 71], [112, 180, 114]]  # MXNET
    assert corner(mirror=True) == [[114, 183, 28], [87, 149, 254], [47, 4, 138]]  # MXNET
    normal = {"mean_r": 10, "mean_g": 20, "mean_b": 30, "std_r": 2, "std_g": 4, "std_b": 8, "scale": 0.5}
    assert corner(**normal) == [[51.5, 19.625, 13.3125], [8.25, 11.25, 10.4375], [7, 23.375, 6.1875]]  # MXNET
    turned = np.array(corner(rotate=90))
    assert np.abs(turned - [[34, 128, 128], [83, 79, 80], [241, 254, 134]]).max() <= 1  # MXNET


def test_record_batches_and_their_ends(record: Path) -> None:
    make = mx.io.ImageRecordIter
    iterator = make(path_imgrec=record, data_shape=(3, 8, 8), batch_size=3)
    assert iterator.provide_data == [("data", (3, 3, 8, 8))]
    assert [b.pad for b in iterator] == [0, 0, 2]
    iterator.reset()
    assert labels(iterator) == [[0, 1, 2], [3, 4, 5], [6, 0, 1]]  # MXNET
    iterator.reset()
    assert iterator.iter_next()
    assert iterator.getdata().shape == (3, 3, 8, 8)
    assert iterator.getlabel().asnumpy().tolist() == [0, 1, 2]
    assert iterator.getpad() == 0
    zeros = list(make(path_imgrec=record, data_shape=(3, 8, 8), batch_size=3, round_batch=False))[-1]
    assert (zeros.pad, zeros.label[0].asnumpy().tolist()) == (2, [6, 0, 0])
    assert not zeros.data[0].asnumpy()[1:].any()
    grey = make(path_imgrec=record, data_shape=(1, 8, 8), batch_size=2).next()
    assert grey.data[0].shape == (2, 1, 8, 8)
    for name, dtype, first in (("ImageRecordUInt8Iter", "uint8", 216), ("ImageRecordInt8Iter", "int8", 127)):
        batch = getattr(mx.io, name)(path_imgrec=record, data_shape=(3, 8, 8), batch_size=2).next()
        assert batch.data[0].dtype == np.dtype(dtype)
        assert batch.data[0].asnumpy()[0, 0, 0, 0] == first  # MXNET


RANDOM: dict[str, dict[str, Any]] = {
    "crop": {"rand_crop": True, "rand_mirror": True, "pad": 3},
    "sized crop": {"random_resized_crop": True, "min_random_area": 0.2, "max_aspect_ratio": 0.25},
    "square crop": {"min_crop_size": 4, "max_crop_size": 9, "rand_crop": True},
    "warp": {"max_rotate_angle": 20, "max_shear_ratio": 0.1, "min_random_scale": 0.8, "max_aspect_ratio": 0.1},
    "colours": {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2, "pca_noise": 0.1},
    "hues": {"random_h": 20, "random_s": 20, "random_l": 20},
    "values": {"max_random_contrast": 0.2, "max_random_illumination": 5},
}


@pytest.mark.parametrize("name", RANDOM)
def test_record_augmentation_is_seeded(record: Path, name: str) -> None:
    def first(seed: int) -> Any:
        more = {"path_imgrec": record, "data_shape": (3, 8, 8), "batch_size": 4, "seed": seed, "shuffle": True}
        return mx.io.ImageRecordIter(**more, **RANDOM[name]).next()

    state = mx.random.state_of(mx.cpu()).state_dict()
    one, again, other = first(1), first(1), first(2)
    assert mx.random.state_of(mx.cpu()).state_dict() == state, "it draws from a generator of its own"
    assert one.data[0].shape == (4, 3, 8, 8)
    np.testing.assert_array_equal(one.data[0].asnumpy(), again.data[0].asnumpy())
    assert not np.array_equal(one.data[0].asnumpy(), other.data[0].asnumpy())


def test_mean_image_is_made_and_used(record: Path, tmp_path: Path) -> None:
    more = {"path_imgrec": record, "data_shape": (3, 8, 8), "batch_size": 7, "mean_img": str(tmp_path / "mean.bin")}
    for _ in range(2):
        batch = mx.io.ImageRecordIter(**more).next()
        assert abs(float(batch.data[0].asnumpy().mean())) < 1e-3
    assert nd.load(more["mean_img"])["mean_img"].shape == (3, 8, 8)
    with pytest.raises(ShapeError, match="the mean image has another shape"):
        mx.io.ImageRecordIter(**{**more, "data_shape": (3, 9, 8)})


def test_record_batches_of_boxes_are_mxnets(tmp_path: Path) -> None:
    path = tmp_path / "d.rec"
    with mx.recordio.MXIndexedRecordIO(str(tmp_path / "d.idx"), str(path), "w") as file:
        for i, box in enumerate(BOXES):
            file.write_idx(i, mx.recordio.pack((0, np.array(box, np.float32), i, 0), png(PICTURES[i])))
    more = {"path_imgrec": path, "data_shape": (3, 8, 8), "batch_size": 2}
    iterator = mx.io.ImageDetRecordIter(**more, label_pad_width=20)
    assert iterator.provide_label == [("softmax_label", (2, 24))]  # MXNET
    got = iterator.next().label[0].asnumpy()
    np.testing.assert_allclose(got[0, :11], [3, 8, 8, 7, 2, 5, 0, 0.1, 0.2, 0.5, 0.6], rtol=1e-6)  # MXNET
    assert (got[0, 11:] == -1).all()
    assert mx.io.ImageDetRecordIter(**more).next().label[0].shape == (2, 16)  # MXNET
    changed = mx.io.ImageDetRecordIter(
        **more,
        resize=12,
        rand_mirror_prob=1.0,
        rand_pad_prob=0.5,
        max_pad_scale=2.0,
        rand_crop_prob=0.5,
        min_crop_scales=(0.5,),
        min_crop_aspect_ratios=(0.5,),
        max_crop_aspect_ratios=(2.0,),
    )
    for batch in changed:
        rows = batch.label[0].asnumpy()
        assert ((rows[:, 7:11] >= 0) & (rows[:, 7:11] <= 1)).all()
    with pytest.raises(DataError, match="wanted label_pad_width >= 12, got 8"):
        mx.io.ImageDetRecordIter(**more, label_pad_width=8)


def test_misused_record_iterators_are_explained(record: Path) -> None:
    with pytest.raises(ParamError, match="ImageRecordIter: parameter 'batch_size' is missing"):
        mx.io.ImageRecordIter(path_imgrec=record, data_shape=(3, 8, 8))
    with pytest.raises(ParamError, match="ImageDetRecordIter: there is no parameter 'rand_crop'"):
        mx.io.ImageDetRecordIter(path_imgrec=record, data_shape=(3, 8, 8), batch_size=2, rand_crop=True)
    with pytest.raises(ShapeError, match="one or three channels"):
        mx.io.ImageRecordIter(path_imgrec=record, data_shape=(2, 8, 8), batch_size=2)


# ---------------------------------------------------------------- im2rec
def test_folders_become_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("b", "a"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for i in range(3):
            (tmp_path / "images" / name / f"{i}.png").write_bytes(png(PICTURES[i]))
    prefix, root = str(tmp_path / "set"), str(tmp_path / "images")
    assert im2rec.main([prefix, root]) == 1
    assert "there is no list" in capsys.readouterr().out
    assert im2rec.main([prefix, root, "--list", "--recursive", "--train-ratio", "0.5", "--test-ratio", "0.5"]) == 0
    assert capsys.readouterr().out.split() == ["set_test.lst", "set_train.lst"]
    assert im2rec.main([prefix, root, "--resize", "9", "--encoding", ".png", "--quality", "5", "--center-crop"]) == 0
    images = mx.gluon.data.vision.ImageRecordDataset(tmp_path / "set_train.rec")
    assert len(images) == 3
    assert all(x.shape == (9, 9, 3) for x, _ in images)
    whole = str(tmp_path / "whole")
    assert im2rec.main([whole, root, "--list", "--recursive", "--no-shuffle"]) == 0
    assert im2rec.main([whole, root, "--pass-through"]) == 0
    images = mx.gluon.data.vision.ImageRecordDataset(whole + ".rec")
    assert [y for _, y in images] == [0, 0, 0, 1, 1, 1]
    np.testing.assert_array_equal(images[1][0].asnumpy(), PICTURES[1])
    assert im2rec.main([whole, str(tmp_path / "none"), "--list"]) == 1
