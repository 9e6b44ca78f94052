"""Where a sliding kernel lies on its data: the geometry that convolution and pooling share."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ..errors import ParamError, ShapeError

Shape = tuple[int, ...]
Slices = tuple[slice, ...]


class Windows(NamedTuple):
    """Per spatial axis: sizes of the data and of the output, and how the kernel steps over the data.

    Output position ``o`` and kernel position ``k`` meet the data at ``o·stride − pad + k·dilate``.
    """

    data: Shape
    out: Shape
    kernel: Shape
    stride: Shape
    dilate: Shape
    pad: Shape


class Tap(NamedTuple):
    """One kernel position, and the output and data positions that meet there, padding left out."""

    kernel: Shape
    out: Slices
    data: Slices


@functools.lru_cache(maxsize=256)
def taps(windows: Windows) -> tuple[Tap, ...]:
    """All kernel positions that meet any data, in row-major order."""
    axes = [_axis_taps(*axis) for axis in zip(*windows, strict=True)]
    found = []
    for combination in itertools.product(*axes):
        index, out, data = zip(*combination, strict=True)
        found.append(Tap(index, out, data))
    return tuple(found)


def _axis_taps(size: int, out: int, kernel: int, stride: int, dilate: int, pad: int) -> list[tuple[int, slice, slice]]:
    found = []
    for k in _meeting(size, out, kernel, stride, dilate, pad):
        shift = k * dilate - pad
        first = max(0, -(shift // stride))  # the smallest o with o·stride + shift >= 0
        last = min(out - 1, (size - 1 - shift) // stride)
        if first <= last:
            start = first * stride + shift
            stop = last * stride + shift + 1
            found.append((k, slice(first, last + 1), slice(start, stop, stride)))
    return found


def _meeting(size: int, out: int, kernel: int, stride: int, dilate: int, pad: int) -> Iterable[int]:
    """Kernel positions that may meet data. Of a kernel that is mostly padding not each position is looked at."""
    if kernel <= 4 * (size + out):
        return range(kernel)
    lows = (-(-(pad - o * stride) // dilate) for o in range(out))
    return sorted({k for low in lows for k in range(max(low, 0), min(low + size, kernel))})


def per_axis(value: Sequence[int] | None, rank: int, default: int, parameter: str) -> Shape:
    """A tuple parameter with one entry per spatial axis; empty or None stands for the default everywhere."""
    if not value:
        return (default,) * rank
    if len(value) != rank:
        raise ParamError(
            f"{parameter} needs one number per spatial axis",
            parameter=parameter,
            wanted=f"{rank} numbers, as kernel has",
            got=tuple(value),
        )
    return tuple(value)


def layout_rank(layout: str | None, rank: int) -> bool:
    """Whether the layout puts channels last; ParamError where it has another number of spatial axes."""
    if layout is None:
        return False
    if len(layout) != rank + 2:
        raise ParamError(
            f"layout {layout} does not fit a kernel with {rank} axes",
            parameter="layout",
            wanted=" or ".join(LAYOUTS[rank]),
            got=layout,
        )
    return layout.endswith("C")


LAYOUTS: dict[int, tuple[str, str]] = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


def check_rank(shape: Shape, rank: int, layout: str | None) -> None:
    """Data must have batch, channels and as many spatial axes as the kernel."""
    if len(shape) != rank + 2:
        names = layout or LAYOUTS[rank][0]
        raise ShapeError(
            f"a kernel with {rank} axes slides over data with {rank + 2} axes",
            port="data",
            wanted=f"({', '.join(names)})",
            got=shape,
            remedy="Reshape the data, or give kernel one number per spatial axis",
        )


def to_channels_first(shape: Shape, channels_last: bool) -> Shape:
    """The shape as batch, channels, spatial sizes."""
    return (shape[0], shape[-1], *shape[1:-1]) if channels_last else shape


def from_channels_first(shape: Shape, channels_last: bool) -> Shape:
    """The inverse of ``to_channels_first``."""
    return (shape[0], *shape[2:], shape[1]) if channels_last else shape


def channels_first(array: Any, channels_last: bool) -> Any:
    """The array seen as batch, channels, space, without a copy."""
    return array.transpose((0, array.ndim - 1, *range(1, array.ndim - 1))) if channels_last else array


def windowed(xp: Any, data: Any, windows: Windows) -> Any:
    """View (channels, *kernel, batch, *out) of data (batch, channels, *space); copies only to pad.

    None where padding would make much more of the data than it is.
    """
    padding = math.prod(n + 2 * p for n, p in zip(windows.data, windows.pad, strict=True))
    if padding > 16 * math.prod(windows.data) + 1024:
        return None
    padded = pad_space(xp, data, windows)
    batch, channels, *space = padded.strides
    rank = len(windows.kernel)
    shape = (data.shape[1], *windows.kernel, data.shape[0], *windows.out)
    strides = (
        channels,
        *(space[i] * windows.dilate[i] for i in range(rank)),
        batch,
        *(space[i] * windows.stride[i] for i in range(rank)),
    )
    return xp.lib.stride_tricks.as_strided(padded, shape, strides)


def pad_space(xp: Any, data: Any, windows: Windows) -> Any:
    """The data with zeros around it on the spatial axes; the data itself where nothing is padded."""
    if not any(windows.pad):
        return data
    sizes = tuple(n + 2 * p for n, p in zip(windows.data, windows.pad, strict=True))
    padded = xp.zeros((*data.shape[:2], *sizes), data.dtype)
    inner = tuple(slice(p, p + n) for n, p in zip(windows.data, windows.pad, strict=True))
    padded[(..., *inner)] = data
    return padded


def batches(count: int, bytes_each: int, limit: int) -> Iterator[slice]:
    """Runs of samples whose working memory stays near ``limit`` bytes; the cut depends on sizes alone."""
    step = max(1, min(count, limit // max(1, bytes_each)))
    for start in range(0, count, step):
        yield slice(start, min(count, start + step))


def positions(shape: Sequence[int]) -> int:
    """Number of spatial positions."""
    return math.prod(shape)
