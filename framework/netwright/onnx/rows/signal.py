"""Fourier transforms of known lengths, as products with matrices of cosines and sines."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..table import Node, axis_of, row
from ..values import Builder, Value
from .resize import along
from .shape import pad_axis


@row("DFT")
def dft(b: Builder, n: Node) -> Value:
    """The discrete Fourier transform along an axis; the last axis holds real and imaginary part (or the real one)."""
    x = n[0]
    axis = int(n[2].scalar()) if n.get(2) is not None else n.attr("axis", 1 if n.opset < 20 else -2)
    length = None if n.get(1) is None else int(n[1].scalar())
    return transform(b, x, axis_of(axis, x.rank), length, bool(n.attr("inverse", 0)), bool(n.attr("onesided", 0)))


def transform(b: Builder, x: Value, axis: int, length: int | None, inverse: bool, onesided: bool) -> Value:
    """See ``dft``. ``onesided`` leaves out the half that follows from the other: in the output, or of an inverse in
    the input, whose output then is real.
    """
    kind = x.dtype
    halves = inverse and onesided
    count = length if length is not None else 2 * (x.shape[axis] - 1) if halves else x.shape[axis]
    taken = count // 2 + 1 if halves else count
    x = b.cast(pad_axis(b, x, axis, 0, taken - x.shape[axis], "constant", b.like(0, x)), "float64")
    given = count // 2 + 1 if onesided and not inverse else count
    angles = 2 * np.pi / count * np.outer(np.arange(given), np.arange(taken))
    cosine, sine = np.cos(angles), np.sin(angles) * (-1 if inverse else 1)
    scale = 1.0 / count if inverse else 1.0
    if halves:  # each bin but the first (and of even lengths the last) stands for its mirror image too
        twice = np.where((np.arange(taken) == 0) | (2 * np.arange(taken) == count), 1.0, 2.0)
        cosine, sine = cosine * twice, sine * twice
    parts = [b.slice(x, x.rank - 1, i, i + 1) for i in range(x.shape[-1])]

    def times(matrix: Any, part: Value) -> Value:
        return along(b, part, axis, matrix * scale)

    real = times(cosine, parts[0])
    imaginary = times(-sine, parts[0])
    if len(parts) > 1:
        real = b.add(real, times(sine, parts[1]))
        imaginary = b.add(imaginary, times(cosine, parts[1]))
    return b.cast(real if halves else b.concat([real, imaginary], x.rank - 1), kind)


@row("STFT")
def stft(b: Builder, n: Node) -> Value:
    """Frames of the signal, a step apart, each under the window and transformed."""
    x, step, window = n[0], int(n[1].scalar()), n.get(2)
    size = int(n[3].scalar()) if n.get(3) is not None else window.shape[0] if window is not None else x.shape[1]
    frames = (x.shape[1] - size) // step + 1
    places = np.arange(frames)[:, None] * step + np.arange(size)[None]
    cut = b.op("take", x, b.const(places.astype(np.int64)), axis=1)
    if window is not None:
        cut = b.mul(cut, b.reshape(window, (1, 1, size, 1)))
    return transform(b, cut, 2, None, False, bool(n.attr("onesided", 1)))
