"""Sets of images and their transforms."""

from __future__ import annotations

import gzip
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import netwright as mx
from netwright import nd
from netwright.errors import DataError, DTypeError, ParamError
from netwright.gluon.data import DataLoader, RecordFileDataset, vision
from netwright.gluon.data.vision import transforms

RNG = np.random.default_rng(0)
DIGITS = RNG.integers(0, 256, (7, 28, 28)).astype(np.uint8)
LABELS = np.arange(7, dtype=np.uint8)
PHOTOS = RNG.integers(0, 256, (3, 3, 32, 32)).astype(np.uint8)


def idx(array: Any) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


# ---------------------------------------------------------------- public sets
@pytest.mark.parametrize("kind", [vision.MNIST, vision.FashionMNIST])
def test_mnist_files_are_read_packed_or_not(kind: Any, tmp_path: Path) -> None:
    with gzip.open(tmp_path / "train-images-idx3-ubyte.gz", "wb") as stream:
        stream.write(idx(DIGITS))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(LABELS))
    data = kind(root=str(tmp_path), train=True)
    assert len(data) == 7
    image, label = data[3]
    assert (image.shape, image.dtype, label, type(label)) == ((28, 28, 1), np.uint8, 3, np.int32)
    np.testing.assert_array_equal(image.asnumpy()[..., 0], DIGITS[3])
    changed = kind(tmp_path, True, lambda x, y: (x.astype("float32") / 255, y + 1))
    assert changed[3][0].dtype == np.float32
    assert changed[3][1] == 4
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(LABELS[:3]))
    with pytest.raises(DataError, match="a label for each of 7 images"):
        kind(root=tmp_path)


def test_missing_files_are_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("no network")

    monkeypatch.setattr("pooch.retrieve", offline)
    monkeypatch.setattr("netwright.datasets.fashion_mnist.find_folder", lambda: None)
    for kind, file in (
        (vision.MNIST, "train-images-idx3-ubyte.gz"),
        (vision.FashionMNIST, "train-images-idx3-ubyte.gz"),
        (vision.CIFAR10, "cifar-10-binary.tar.gz"),
        (vision.CIFAR100, "cifar-100-binary.tar.gz"),
    ):
        wanted = f"{kind.__name__}: {file} could not be fetched .* or put {file} into the folder that root names"
        with pytest.raises(DataError, match=wanted):
            kind(root=tmp_path)


def cifar(labels: int) -> bytes:
    return b"".join(bytes(range(i, i + labels)) + photo.tobytes() for i, photo in enumerate(PHOTOS))


def test_cifar_files_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    for i in range(1, 6):
        (folder / f"data_batch_{i}.bin").write_bytes(cifar(1))
    data = vision.CIFAR10(tmp_path)
    assert len(data) == 15
    image, label = data[4]
    assert (image.shape, image.dtype, label) == ((32, 32, 3), np.uint8, 1)
    np.testing.assert_array_equal(image.asnumpy(), PHOTOS[1].transpose(1, 2, 0))
    (folder / "data_batch_3.bin").write_bytes(b"1234")
    with pytest.raises(
        DataError, match=r"data_batch_3\.bin: not a CIFAR file \(wanted 3073 bytes an image, got 4 bytes"
    ):
        vision.CIFAR10(tmp_path)


def test_cifar_archives_are_unpacked(tmp_path: Path) -> None:
    inner = tmp_path / "test.bin"
    inner.write_bytes(cifar(2))
    with tarfile.open(tmp_path / "cifar-100-binary.tar.gz", "w:gz") as packed:
        packed.add(inner, "cifar-100-binary/test.bin")
    inner.unlink()
    assert [int(y) for _, y in vision.CIFAR100(tmp_path, train=False)] == [0, 1, 2]
    assert [int(y) for _, y in vision.CIFAR100(tmp_path, fine_label=True, train=False)] == [1, 2, 3]
    with pytest.raises(DataError, match="the archive lacks a file"):
        vision.CIFAR100(tmp_path, train=True)
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(b"no archive")
    with pytest.raises(DataError, match="the archive cannot be unpacked"):
        vision.CIFAR10(tmp_path)


# ---------------------------------------------------------------- folders and records
def test_folders_are_classes(tmp_path: Path) -> None:
    for name, shade in (("dog", 10), ("cat", 200)):
        (tmp_path / name).mkdir()
        for i in range(2):
            Image.fromarray(np.full((4, 5, 3), shade + i, np.uint8)).save(tmp_path / name / f"{i}.PNG")
    data = vision.ImageFolderDataset(tmp_path)
    assert data.synsets == ["cat", "dog"]
    assert [label for _, label in data.items] == [0, 0, 1, 1]
    image, label = data[3]
    assert (image.shape, label, image.asnumpy().max()) == ((4, 5, 3), 1, 11)
    assert vision.ImageFolderDataset(tmp_path, flag=0)[0][0].shape == (4, 5, 1)
    assert vision.ImageFolderDataset(str(tmp_path), transform=lambda x, y: y + 5)[2] == 6
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "cat" / "notes.txt").write_text("x")
    with (
        pytest.warns(UserWarning, match=r"notes\.txt is no folder"),
        pytest.warns(UserWarning, match=r"cat/notes\.txt is left out"),
    ):
        assert len(vision.ImageFolderDataset(tmp_path)) == 4
    with pytest.raises(DataError, match="there is no such folder"):
        vision.ImageFolderDataset(tmp_path / "none")


def records(folder: Path, count: int = 6) -> Path:
    path = folder / "images.rec"
    with mx.recordio.MXIndexedRecordIO(str(path.with_suffix(".idx")), str(path), "w") as file:
        for i in range(count):
            pixels = np.full((8, 9, 3), 10 * i, np.uint8)
            file.write_idx(i, mx.recordio.pack_img((0, float(i), i, 0), pixels, img_fmt=".png"))
    return path


def test_records_are_a_dataset(tmp_path: Path) -> None:
    path = records(tmp_path)
    raw = RecordFileDataset(path)
    assert len(raw) == 6
    assert mx.recordio.unpack(raw[2])[0].label == 2.0
    with pytest.raises(IndexError, match="there is no such record"):
        raw[6]
    images = vision.ImageRecordDataset(str(path))
    assert len(images) == 6
    assert images[5][0].asnumpy().max() == 50
    assert [y for _, y in images] == [0, 1, 2, 3, 4, 5]
    assert vision.ImageRecordDataset(path, 0, lambda x, y: (x.shape, y))[1] == ((8, 9, 1), 1.0)
    path.with_suffix(".idx").unlink()
    with pytest.raises(DataError, match=r"has no index beside it \(wanted images\.idx\)"):
        RecordFileDataset(path)


def test_workers_read_and_transform(tmp_path: Path) -> None:
    """Worker processes apply compiled and random transforms, and repeat them under a seed."""
    change = transforms.Compose(
        [transforms.RandomCrop((6, 6)), transforms.RandomHue(0.5), transforms.ToTensor(), transforms.Normalize(0.5)]
    )
    data = vision.ImageRecordDataset(records(tmp_path)).transform_first(change)
    change(nd.ones((8, 9, 3), dtype="uint8"))  # compiled before it travels
    passes = []
    with_worker = DataLoader(data, 3, num_workers=1)
    for loader in (DataLoader(data, 3), with_worker, with_worker):
        mx.random.seed(9)
        passes.append([(x.asnumpy(), y.asnumpy()) for x, y in loader])
    for batches in passes:
        assert [x.shape for x, _ in batches] == [(3, 3, 6, 6)] * 2
        assert [y.tolist() for _, y in batches] == [[0, 1, 2], [3, 4, 5]]
    for (a, _), (b, _) in zip(passes[1], passes[2], strict=True):
        np.testing.assert_array_equal(a, b)


# ---------------------------------------------------------------- transforms
X = nd.array(RNG.integers(0, 256, (20, 30, 3)), dtype="uint8")
T = nd.random.uniform(shape=(3, 20, 30))

ROWS: list[tuple[Any, Any, tuple[int, ...], str]] = [
    (transforms.Cast(), X, (20, 30, 3), "float32"),
    (transforms.Cast(np.float16), X, (20, 30, 3), "float16"),
    (transforms.ToTensor(), X, (3, 20, 30), "float32"),
    (transforms.Normalize([0, 0, 0], [1, 1, 1]), T, (3, 20, 30), "float32"),
    (transforms.Normalize(0.5, nd.array([1, 2, 3])), T, (3, 20, 30), "float32"),
    (transforms.Rotate(30), T, (3, 20, 30), "float32"),
    (transforms.RandomRotation((-9, 9), zoom_out=True), T, (3, 20, 30), "float32"),
    (transforms.RandomResizedCrop(7), X, (7, 7, 3), "uint8"),
    (transforms.RandomResizedCrop((7, 5), (0.5, 0.9), (1, 2), 2), X, (5, 7, 3), "uint8"),
    (transforms.RandomCrop((7, 5)), X, (5, 7, 3), "uint8"),
    (transforms.RandomCrop(24, pad=2), X, (24, 24, 3), "uint8"),
    (transforms.RandomCrop(32, pad=((6, 6), (1, 1)), pad_value=3), X, (32, 32, 3), "uint8"),
    (transforms.CropResize(2, 3, 10, 8), X, (8, 10, 3), "uint8"),
    (transforms.CropResize(2, 3, 10, 8, (4, 5)), X, (5, 4, 3), "uint8"),
    (transforms.CenterCrop((7, 5)), X, (5, 7, 3), "uint8"),
    (transforms.CenterCrop(40), X, (40, 40, 3), "uint8"),
    (transforms.Resize(8), X, (8, 8, 3), "uint8"),
    (transforms.Resize((8, 9)), X, (9, 8, 3), "uint8"),
    (transforms.Resize(8, keep_ratio=True, interpolation=2), X, (8, 12, 3), "uint8"),
    (transforms.RandomFlipLeftRight(), X, (20, 30, 3), "uint8"),
    (transforms.RandomFlipTopBottom(), X, (20, 30, 3), "uint8"),
    (transforms.RandomBrightness(0.1), X, (20, 30, 3), "uint8"),
    (transforms.RandomContrast(1.5), X, (20, 30, 3), "uint8"),
    (transforms.RandomSaturation(0.1), X, (20, 30, 3), "uint8"),
    (transforms.RandomHue(0.1), X, (20, 30, 3), "uint8"),
    (transforms.RandomColorJitter(0.1, 0.1, 0.1, 0.1), X, (20, 30, 3), "uint8"),
    (transforms.RandomLighting(0.1), X, (20, 30, 3), "uint8"),
    (transforms.RandomGray(1.0), X, (20, 30, 3), "uint8"),
    (transforms.RandomApply([transforms.ToTensor()], p=1.0), X, (3, 20, 30), "float32"),
    (transforms.RandomApply(transforms.ToTensor(), p=0.0), X, (20, 30, 3), "uint8"),
    (transforms.HybridRandomApply(transforms.RandomHue(0.2), p=0.5), X, (20, 30, 3), "uint8"),
    (transforms.HybridCompose([transforms.Resize(6), transforms.ToTensor()]), X, (3, 6, 6), "float32"),
]


@pytest.mark.parametrize(("transform", "x", "shape", "dtype"), ROWS, ids=lambda v: type(v).__name__)
def test_transforms_eager_and_hybridized(transform: Any, x: Any, shape: Any, dtype: str) -> None:
    found = []
    for hybrid in (False, True):
        transform.hybridize(hybrid)
        mx.random.seed(7)
        out = transform(x)
        assert (out.shape, out.dtype) == (shape, np.dtype(dtype))
        found.append(out.asnumpy())
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)


def test_compose_compiles_neighbours() -> None:
    joined = transforms.Compose(
        [
            transforms.Resize(12),
            transforms.Resize(10, keep_ratio=True),
            transforms.CenterCrop(8),
            transforms.RandomFlipLeftRight(),
            transforms.ToTensor(),
            transforms.Normalize([0, 0, 0], [1, 1, 1]),
        ]
    )
    assert [type(block).__name__ for block in joined] == ["HybridSequential", "CenterCrop", "HybridSequential"]
    out = joined(X)
    assert out.shape == (3, 8, 8)
    small = mx.image.imresize(mx.image.imresize(X, 12, 12), 10, 10)
    wanted = mx.image.center_crop(small, (8, 8))[0].asnumpy().transpose(2, 0, 1) / 255
    flipped = np.allclose(out.asnumpy(), wanted[..., ::-1], atol=1e-6)
    assert flipped or np.allclose(out.asnumpy(), wanted, atol=1e-6)


def test_probabilities() -> None:
    mx.random.seed(1)
    apply = transforms.RandomApply(transforms.ToTensor(), p=0.3)
    assert 20 < sum(apply(X).ndim == 3 and apply(X).shape[0] == 3 for _ in range(200)) < 110
    turn = transforms.RandomRotation((10, 11), rotate_with_proba=0.5)
    assert 20 < sum(turn(T) is T for _ in range(80)) < 60
    grey = transforms.RandomGray(0.5)
    made = [grey(X) for _ in range(60)]
    assert 15 < sum(m is X for m in made) < 45
    example = next(m for m in made if m is not X).asnumpy().astype(int)
    assert np.abs(example[..., 0] - X.asnumpy() @ np.array([0.21, 0.72, 0.07])).max() <= 1


def test_misuse_is_explained() -> None:
    with pytest.raises(DTypeError, match=r"Rotate: only float32 images .*Put ToTensor\(\) or Cast\(\) before it"):
        transforms.Rotate(3)(X)
    with pytest.raises(ParamError, match="the range of angles is empty"):
        transforms.RandomRotation((3, 3))
    with pytest.raises(ParamError, match="not a probability"):
        transforms.RandomRotation((3, 4), rotate_with_proba=1.5)
    with pytest.raises(ParamError, match="HybridCompose: only hybrid transforms"):
        transforms.HybridCompose([transforms.CenterCrop(3)])  # type: ignore[list-item]
    with pytest.raises(ParamError, match="HybridRandomApply: only a hybrid transform"):
        transforms.HybridRandomApply(transforms.CenterCrop(3))  # type: ignore[arg-type]
    with pytest.raises(mx.MXNetError):
        transforms.Resize(-150, keep_ratio=True)(X)
