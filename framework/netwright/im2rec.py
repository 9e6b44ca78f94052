"""Write folders of images into record files: ``python -m netwright.im2rec``, with MXNet's arguments.

First a list (``--list``): a line for each image, ``key<tab>label<tab>path``. Then, without it, the records of every
list whose name begins with the prefix: ``prefix.rec`` and its index ``prefix.idx``, which ``ImageRecordDataset``,
``ImageRecordIter`` and ``ImageIter`` read.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from .errors import DataError
from .image.files import decode, encode, is_image_file
from .image.sizes import center_crop, resize_short
from .image.sources import ImageSource
from .ndarray.creation import array
from .recordio import IRHeader, MXIndexedRecordIO, pack

Row = tuple[int, str, float]
"""Key, path below the root, label."""


def list_images(root: Path, *, recursive: bool) -> list[Row]:
    """The images below a folder, in order; with ``recursive`` each folder is a class, numbered in order."""
    if not root.is_dir():
        raise DataError("there is no such folder", where=root.name, wanted="a folder of images")
    classes: dict[str, int] = {}
    rows: list[Row] = []
    if not recursive:
        names = sorted(p.name for p in root.iterdir() if is_image_file(p.name))
        return [(i, name, 0.0) for i, name in enumerate(names)]
    for folder, inner, files in os.walk(root, followlinks=True):
        inner.sort()
        for name in sorted(filter(is_image_file, files)):
            below = os.path.relpath(folder, root)
            label = classes.setdefault(below, len(classes))
            rows.append((len(rows), os.path.join(below, name), float(label)))
    return rows


def write_list(path: Path, rows: Iterable[Row]) -> None:
    """A list file."""
    path.write_text("".join(f"{key}\t{label:f}\t{name}\n" for key, name, label in rows))


def make_lists(prefix: Path, rows: list[Row], *, shuffle: bool, train: float, test: float, chunks: int) -> list[Path]:
    """Lists of all rows, or of shares for training, test and the rest; in ``chunks`` files each."""
    if shuffle:
        rows = [rows[i] for i in np.random.Generator(np.random.PCG64DXSM(100)).permutation(len(rows))]
    written: list[Path] = []
    size = -(-len(rows) // chunks)
    for i in range(chunks):
        part = rows[i * size : (i + 1) * size]
        ends = (int(len(part) * test), int(len(part) * test) + int(len(part) * train))
        parts = {"test": part[: ends[0]], "train": part[ends[0] : ends[1]], "val": part[ends[1] :]}
        if train == 1 and test == 0:
            parts = {"": part}
        for name, share in parts.items():
            tail = (f"_{i}" if chunks > 1 else "") + (f"_{name}" if name else "")
            if share:
                written.append(prefix.with_name(prefix.name + tail + ".lst"))
                write_list(written[-1], share)
    return written


def write_records(
    listed: Path,
    root: Path,
    *,
    resize: int = 0,
    center: bool = False,
    quality: int = 95,
    encoding: str = ".jpg",
    colour: int = 1,
    pass_through: bool = False,
) -> Path:
    """The records of a list, beside it; returns the record file."""
    source = ImageSource(imglist=listed, root=root)
    target = listed.with_suffix(".rec")
    with MXIndexedRecordIO(str(listed.with_suffix(".idx")), str(target), "w") as records:
        for key in source.keys:
            labels, content = source.read(key)
            values = np.asarray(labels, np.float32).reshape(-1)
            header = IRHeader(0, float(values[0]) if len(values) == 1 else values, int(key), 0)
            if not pass_through:
                content = _encoded(content, source.name(key), resize, center, quality, encoding, colour)
            records.write_idx(int(key), pack(header, content))
    return target


def _encoded(content: bytes, name: str, resize: int, center: bool, quality: int, encoding: str, colour: int) -> bytes:
    image = array(decode(content, colour, where=name), dtype=np.uint8)
    if center:
        side = min(image.shape[:2])
        image = center_crop(image, (side, side))[0]
    if resize:
        image = resize_short(image, resize)
    return encode(image.asnumpy(), quality, encoding, name)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="im2rec", description="Make lists of images, or records of lists.")
    parser.add_argument("prefix", type=Path, help="prefix of the list and record files")
    parser.add_argument("root", type=Path, help="folder of the images")
    parser.add_argument("--list", action="store_true", help="make a list, no records")
    parser.add_argument("--recursive", action="store_true", help="folders below are classes")
    parser.add_argument("--no-shuffle", dest="shuffle", action="store_false", help="keep the list in order")
    parser.add_argument("--chunks", type=int, default=1, help="how many lists")
    parser.add_argument("--train-ratio", type=float, default=1.0, help="share for training")
    parser.add_argument("--test-ratio", type=float, default=0.0, help="share for the test")
    parser.add_argument("--resize", type=int, default=0, help="length of the shorter side; 0: as it is")
    parser.add_argument("--center-crop", action="store_true", help="cut the middle square out")
    parser.add_argument("--quality", type=int, default=95, help="of JPEG 1 to 100, compression of PNG 0 to 9")
    parser.add_argument("--encoding", choices=[".jpg", ".png"], default=".jpg", help="format of the images")
    parser.add_argument("--color", type=int, choices=[-1, 0, 1], default=1, help="1 colour, 0 grey, -1 as it is")
    parser.add_argument("--pass-through", action="store_true", help="keep the files' bytes as they are")
    parser.add_argument("--pack-label", action="store_true", help="taken for MXNet's sake: all labels are packed")
    parser.add_argument("--num-thread", type=int, default=1, help="taken for MXNet's sake")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    given = _arguments(argv)
    try:
        if given.list:
            rows = list_images(given.root, recursive=given.recursive)
            made = make_lists(
                given.prefix,
                rows,
                shuffle=given.shuffle,
                train=given.train_ratio,
                test=given.test_ratio,
                chunks=given.chunks,
            )
        else:
            lists = sorted(given.prefix.parent.glob(given.prefix.name + "*.lst"))
            if not lists:
                raise DataError(
                    "there is no list", where=f"{given.prefix.name}*.lst", wanted="a list", remedy="Use --list first"
                )
            made = [
                write_records(
                    listed,
                    given.root,
                    resize=given.resize,
                    center=given.center_crop,
                    quality=given.quality,
                    encoding=given.encoding,
                    colour=given.color,
                    pass_through=given.pass_through,
                )
                for listed in lists
            ]
    except DataError as error:
        print(f"im2rec: {error}")
        return 1
    print("\n".join(path.name for path in made))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
