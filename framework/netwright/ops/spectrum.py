"""Fourier transforms along the last axis, with real and imaginary parts side by side, as MXNet stores them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ShapeError
from .operator import At, Operator, Sample, Shape, Shapes
from .params import OpParams, hint
from .registry import register


class FourierParams(OpParams):
    """What the transforms take."""

    compute_size: int = hint(128, "MXNet's number of transforms done at once; without effect.")


class Fourier(Operator):
    """Base: MXNet has these transforms on a GPU only; here they run on every device."""

    category = "math"
    Params = FourierParams

    def _result(self, data: Shape) -> Shape:
        raise NotImplementedError

    def infer_shape(self, p: FourierParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is not None and (not data or data[-1] == 0):
            raise ShapeError("there is nothing to transform", port="data", wanted="(…, d) with d above 0", got=data)
        return shapes, [None if data is None else self._result(data)]

    def flops(self, p: FourierParams, inputs: Any, outputs: Any) -> int:
        length = max(2, inputs[0].shape[-1])
        return int(5 * inputs[0].size * np.log2(length))


@register
class FFT(Fourier):
    """Discrete Fourier transform of real rows: y_j = Σ_k x_k · exp(−2πi · jk / d).

    data (…, d) → (…, 2d): the real part of y_j at 2j, the imaginary part at 2j + 1.
    """

    name = "_contrib_fft"

    def _result(self, data: Shape) -> Shape:
        return (*data[:-1], 2 * data[-1])

    def forward(self, xp: Any, p: FourierParams, data: Any) -> Any:
        found = xp.fft.fft(data.astype(np.float64), axis=-1)
        return xp.stack([found.real, found.imag], axis=-1).reshape(self._result(data.shape)).astype(data.dtype)

    def gradient(self, F: Any, p: FourierParams, at: At, dy: Any) -> Any:
        return F._contrib_ifft(dy)

    def samples(self) -> Iterable[Sample]:
        for shape in ((2, 4), (5,), (2, 3, 6), (0, 3)):
            yield Sample((shape,))


@register
class InverseFFT(Fourier):
    """Real part of the inverse transform, not divided by d: y_k = Re Σ_j x_j · exp(2πi · jk / d).

    data (…, 2d), as ``fft`` gives it → (…, d). ``ifft(fft(x))`` is d · x, as in MXNet.
    """

    name = "_contrib_ifft"

    def _result(self, data: Shape) -> Shape:
        if data[-1] % 2:
            raise ShapeError("real and imaginary parts come in pairs", port="data", wanted="(…, 2d)", got=data)
        return (*data[:-1], data[-1] // 2)

    def forward(self, xp: Any, p: FourierParams, data: Any) -> Any:
        shape = self._result(data.shape)
        parts = data.astype(np.float64).reshape(*shape, 2)
        found = xp.fft.ifft(parts[..., 0] + 1j * parts[..., 1], axis=-1).real * shape[-1]
        return found.astype(data.dtype)

    def gradient(self, F: Any, p: FourierParams, at: At, dy: Any) -> Any:
        return F._contrib_fft(dy)

    def samples(self) -> Iterable[Sample]:
        for shape in ((2, 8), (10,), (2, 3, 4), (0, 6)):
            yield Sample((shape,))
