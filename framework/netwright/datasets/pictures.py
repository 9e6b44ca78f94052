"""Images between arrays and PNG: raw values low…high ↔ 8-bit grey or colour."""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ..errors import DataError
from .info import InputInfo

MAX_PIXELS = 4096 * 4096
MAX_BYTES = 16 << 20
_DATA_URL = "data:image/png;base64,"


def encode_png(image: NDArray[Any], info: InputInfo) -> str:
    """A raw image (channels, height, width) as a PNG data URL; one channel is grey, three are colours."""
    spread = (info.high - info.low) or 1.0
    scaled = (np.asarray(image, np.float32) - info.low) * (255.0 / spread)
    pixels = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    picture = Image.fromarray(pixels.transpose(1, 2, 0) if len(pixels) == 3 else pixels[0])
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return _DATA_URL + base64.b64encode(stream.getvalue()).decode()


def decode_picture(text: str, info: InputInfo, *, dark_background: bool = True) -> NDArray[np.float32]:
    """A PNG or JPEG as base64 text or data URL → a raw image; see ``read_picture``."""
    return read_picture(_decode_base64(text), info, dark_background=dark_background)


def read_picture(content: bytes, info: InputInfo, *, dark_background: bool = True) -> NDArray[np.float32]:
    """The bytes of a PNG or JPEG → a raw image of the shape and range of ``info``.

    A picture of another size is taken for a drawing or a photo: where its border is empty it is cropped to what is
    drawn and centred, and turned to the brightness of the data's background, before it is scaled.
    """
    channels, height, width = info.shape
    if len(content) > MAX_BYTES:
        raise DataError("the picture is too large", where="png", wanted=f"at most {MAX_BYTES} bytes", got=len(content))
    picture = _open(content)
    grey = picture.convert("L" if channels == 1 else "RGB")
    if grey.size != (width, height):
        grey = _centre(grey, dark_background).resize((width, height), Image.Resampling.BOX)
    pixels = np.asarray(grey, np.float32).reshape(height, width, -1).transpose(2, 0, 1)
    if len(pixels) != channels:
        raise DataError("the model takes no pictures", wanted=f"{channels} channels", got=len(pixels))
    return (info.low + pixels * np.float32((info.high - info.low) / 255.0)).astype(np.float32)


def _decode_base64(text: str) -> bytes:
    start = text.find(",") + 1 if text.startswith("data:") else 0
    if len(text) > MAX_BYTES * 4 // 3:
        raise DataError("the picture is too large", where="png", wanted=f"at most {MAX_BYTES} bytes", got="more")
    try:
        return base64.b64decode(text[start:], validate=True)
    except (binascii.Error, ValueError):
        raise DataError("the picture is not base64", where="png", wanted="base64 text", got="other text") from None


def _open(content: bytes) -> Image.Image:
    """Decode only PNG and JPEG, and only when the header promises a bearable size; see-through shows black."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
            if picture.width * picture.height > MAX_PIXELS:
                raise DataError(
                    "the picture is too large",
                    where="png",
                    wanted=f"at most {MAX_PIXELS} pixels",
                    got=f"{picture.width} × {picture.height}",
                )
            if "A" in picture.getbands() or "transparency" in picture.info:
                layer = picture.convert("RGBA")
                return Image.alpha_composite(Image.new("RGBA", layer.size, (0, 0, 0, 255)), layer).convert("RGB")
            picture.load()
            return picture
    except (
        UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:  # fmt: skip
        if isinstance(error, DataError):
            raise
        raise DataError("the picture cannot be read", where="png", wanted="PNG or JPEG", got="other bytes") from None


def _centre(picture: Image.Image, dark_background: bool) -> Image.Image:
    """Crop to the drawing, put it on a square with a small margin; a photo without an empty border stays."""
    grey = np.asarray(picture.convert("L"), np.float32)
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    background = float(np.median(border))
    if np.mean(np.abs(border - background) < 32) < 0.95:
        return picture
    pixels = np.asarray(picture)
    if (background < 128) != dark_background:
        pixels, background = 255 - pixels, 255 - background
        grey = 255 - grey
    rows, columns = (np.flatnonzero((np.abs(grey - background) >= 32).any(axis)) for axis in (1, 0))
    if not len(rows):
        return Image.fromarray(pixels)
    drawn = Image.fromarray(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    side = round(max(drawn.size) * 1.04)
    fill = round(background)
    square = Image.new(drawn.mode, (side, side), fill if drawn.mode == "L" else (fill, fill, fill))
    square.paste(drawn, ((side - drawn.width) // 2, (side - drawn.height) // 2))
    return square
