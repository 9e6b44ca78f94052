"""Images from files and bytes, and back: decoded and encoded by Pillow."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, DTypeError
from ..ndarray.array import NDArray
from ..ndarray.creation import array


def decode(content: bytes, flag: int = 1, to_rgb: bool = True, where: str = "imdecode") -> np.ndarray[Any, Any]:
    """The pixels (H, W, C) of an image file's bytes as uint8, turned as its EXIF data say; see ``imdecode``."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    if not content:
        raise DataError("there is no image in no bytes", where=where, wanted="the bytes of an image file", got="none")
    try:
        picture: Any = Image.open(io.BytesIO(content))
        if flag == 0:
            picture.draft("L", picture.size)  # a JPEG's own brightness, as it lies in the file
        picture = ImageOps.exif_transpose(picture)
        if picture.mode.startswith("I"):  # 16 bits: the upper 8
            picture = Image.fromarray((np.asarray(picture).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))
        if flag == -1:
            kept = picture if picture.mode in ("L", "RGB", "RGBA") else picture.convert("RGB")
        else:
            kept = picture.convert("L" if flag == 0 else "RGB")
        pixels = np.array(kept, dtype=np.uint8)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(
            "the image cannot be decoded",
            where=where,
            wanted="a whole JPEG, PNG or other image file that Pillow reads",
            got=str(error)[:80] or type(error).__name__,
        ) from None
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    elif not to_rgb:
        pixels = np.ascontiguousarray(pixels[..., [2, 1, 0, *range(3, pixels.shape[2])]])
    return pixels


def deliver(made: NDArray, out: NDArray | None) -> NDArray:
    """An array, written to ``out`` where that is given."""
    if out is None:
        return made
    out[:] = made
    return out


def imread(filename: str | Path, flag: int = 1, to_rgb: bool = True, out: NDArray | None = None) -> NDArray:
    """An image file as uint8 (H, W, C).

    ``flag``: 1 for three channels, 0 for grey, −1 for as many as there are; ``to_rgb``: red first, else blue first.
    """
    try:
        content = Path(filename).read_bytes()
    except OSError as error:
        raise DataError(
            "the image cannot be read",
            where=Path(filename).name,
            wanted="an image file",
            got=error.strerror or type(error).__name__,
        ) from None
    return deliver(array(decode(content, flag, to_rgb, Path(filename).name), dtype=np.uint8), out)


def imdecode(buf: Any, flag: int = 1, to_rgb: bool = True, out: NDArray | None = None) -> NDArray:
    """The bytes of an image file (bytes, or uint8 numbers) as uint8 (H, W, C).

    ``flag``: 1 for three channels, 0 for grey, −1 for as many as there are; ``to_rgb``: red first, else blue first.
    """
    if isinstance(buf, NDArray):
        buf = buf.asnumpy()
    if isinstance(buf, np.ndarray):
        if buf.dtype != np.uint8:
            raise DTypeError("the bytes of a file are uint8", where="imdecode", wanted="uint8", got=buf.dtype.name)
        buf = buf.tobytes()
    if not isinstance(buf, (bytes, bytearray, memoryview)):
        raise DataError(
            "an image is decoded from bytes",
            where="imdecode",
            wanted="bytes, bytearray or an array of uint8",
            got=type(buf).__name__,
            remedy='Read the file with open(name, "rb"), or use imread(name)',
        )
    return deliver(array(decode(bytes(buf), flag, to_rgb), dtype=np.uint8), out)


def encode(pixels: Any, quality: int = 95, img_fmt: str = ".jpg", where: str = "imencode") -> bytes:
    """Pixels (H, W, 3) in red, green, blue, or grey (H, W) or (H, W, 1), as the bytes of a JPEG or PNG file.

    ``quality``: of a JPEG from 1 to 100, of a PNG the compression from 0 to 9.
    """
    from PIL import Image

    pixels = np.asarray(pixels, dtype=np.uint8)
    picture = Image.fromarray(pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)
    stream = io.BytesIO()
    if img_fmt.lower() in (".jpg", ".jpeg"):
        picture.save(stream, "JPEG", quality=quality)
    elif img_fmt.lower() == ".png":
        picture.save(stream, "PNG", compress_level=min(quality, 9))
    else:
        raise DataError("unknown image format", where=where, wanted=".jpg or .png", got=img_fmt)
    return stream.getvalue()


def is_image_file(name: str | os.PathLike[str]) -> bool:
    """Whether a file is an image, by the end of its name."""
    return os.path.splitext(name)[1].lower() in (".jpg", ".jpeg", ".png")
