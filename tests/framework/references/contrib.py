"""References of small contributed operators, by their definitions, number by number."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np


def fft(p: Any, data: Any) -> Any:
    d = data.shape[-1]
    out = np.zeros((*data.shape[:-1], 2 * d))
    for at in np.ndindex(data.shape[:-1]):
        for j in range(d):
            y = sum(float(data[at][k]) * cmath.exp(-2j * math.pi * j * k / d) for k in range(d))
            out[at][2 * j], out[at][2 * j + 1] = y.real, y.imag
    return out


def ifft(p: Any, data: Any) -> Any:
    d = data.shape[-1] // 2
    out = np.zeros((*data.shape[:-1], d))
    for at in np.ndindex(out.shape[:-1]):
        row = data[at]
        for k in range(d):
            terms = (complex(row[2 * j], row[2 * j + 1]) * cmath.exp(2j * math.pi * j * k / d) for j in range(d))
            out[at][k] = sum(terms).real
    return out


def count_sketch(p: Any, data: Any, h: Any, s: Any) -> Any:
    out = np.zeros((*data.shape[:-1], p.out_dim))
    for i, (place, sign) in enumerate(zip(h.ravel(), s.ravel(), strict=True)):
        out[..., int(place)] += sign * data[..., i]
    return out


def hawkes(
    p: Any, lda: Any, alpha: Any, beta: Any, state: Any, lags: Any, marks: Any, valid_length: Any, max_time: Any
) -> Any:
    """By the definition: the intensity as a sum over all earlier events, its integral in closed form."""
    likelihood, memory = np.zeros(len(lda)), np.zeros(lda.shape)
    for n in range(len(lda)):
        times = np.cumsum(lags[n])[: int(valid_length[n])]
        for k in range(lda.shape[1]):
            own = [float(t) for t, m in zip(times, marks[n], strict=False) if int(m) == k]

            def remembered(t: float, own: list[float] = own, n: int = n, k: int = k) -> float:
                earlier = sum(math.exp(-beta[k] * (t - e)) for e in own if e < t)
                return float(state[n, k]) * math.exp(-beta[k] * t) + earlier

            end = float(max_time[n])
            likelihood[n] += sum(math.log(lda[n, k] + alpha[k] * beta[k] * remembered(t)) for t in own)
            likelihood[n] -= lda[n, k] * end + alpha[k] * (state[n, k] + len(own) - remembered(end))
            memory[n, k] = remembered(end)
    return likelihood, memory


def _rounded(x: float, reach: float) -> float:
    return math.copysign(min(math.floor(abs(x) * 127 / reach + 0.5), 127), x)


def _quantized(data: Any, low: float, high: float, kind: str) -> Any:
    if kind == "uint8":
        levels = [math.floor((x - low) * 255 / (high - low) + 0.5) for x in data.ravel()]
        return np.reshape(levels, data.shape), np.array([low]), np.array([high])
    reach = max(abs(low), abs(high))
    found = np.array([_rounded(float(x), reach) for x in data.ravel()]).reshape(data.shape)
    return found, np.array([-reach]), np.array([reach])


def quantize(p: Any, data: Any, low: Any, high: Any) -> Any:
    return _quantized(data, float(low[0]), float(high[0]), p.out_type)


def _calibrated(p: Any, data: Any) -> Any:
    known = p.min_calib_range is not None
    low, high = (p.min_calib_range, p.max_calib_range) if known else (data.min(), data.max())
    unsigned = p.out_type == "uint8" or (p.out_type == "auto" and known and low >= 0)
    return _quantized(data, float(low), float(high), "uint8" if unsigned else "int8")


def dequantize(p: Any, data: Any, low: Any, high: Any) -> Any:
    if data.dtype == np.uint8:
        return data / 255 * (high - low) + low
    return data / np.iinfo(data.dtype).max * max(abs(low[0]), abs(high[0]))


REFERENCES = {
    "_contrib_fft": fft,
    "_contrib_ifft": ifft,
    "_contrib_count_sketch": count_sketch,
    "_contrib_hawkesll": hawkes,
    "_contrib_quantize": quantize,
    "_contrib_quantize_v2": _calibrated,
    "_contrib_dequantize": dequantize,
    "_contrib_requantize": lambda p, data, low, high: _calibrated(p, dequantize(p, data, low, high)),
}

UNREFERENCED = {
    "_hawkesll_grad": "the slope of _contrib_hawkesll along random directions is compared with it in test_gradient",
}
