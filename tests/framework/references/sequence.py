"""Sequences, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np


def _by_sequence(p: Any, data: Any) -> Any:
    """A view (N, T, …) of the sequences."""
    return data if p.axis == 1 else np.swapaxes(data, 0, 1)


def _ends(p: Any, count: int, steps: int, lengths: Any) -> list[int]:
    return [steps] * count if lengths is None else [min(int(n), steps) for n in lengths]


def _mask(p: Any, data: Any, lengths: Any = None) -> Any:
    out = data.copy()
    sequences = _by_sequence(p, out)
    for sequence, end in zip(sequences, _ends(p, len(sequences), data.shape[p.axis], lengths), strict=True):
        for t in range(end, len(sequence)):
            sequence[t] = p.value
    return out


def _last(p: Any, data: Any, lengths: Any = None) -> Any:
    sequences = _by_sequence(p, data)
    ends = _ends(p, len(sequences), data.shape[p.axis], lengths)
    out = np.empty((len(sequences), *data.shape[2:]))
    for n, (sequence, end) in enumerate(zip(sequences, ends, strict=True)):
        out[n] = sequence[max(end - 1, 0)]
    return out


def _last_grad(p: Any, data: Any, lengths: Any = None) -> Any:
    out = np.zeros(p.shape)
    sequences = _by_sequence(p, out)
    for sequence, end, value in zip(sequences, _ends(p, len(data), p.shape[p.axis], lengths), data, strict=True):
        sequence[max(end - 1, 0)] = value
    return out


def _reverse(p: Any, data: Any, lengths: Any = None) -> Any:
    out = data.copy()
    sequences = _by_sequence(p, out)
    for sequence, end in zip(sequences, _ends(p, len(sequences), data.shape[p.axis], lengths), strict=True):
        sequence[:end] = [np.array(step) for step in sequence[:end]][::-1]
    return out


REFERENCES = {
    "SequenceMask": _mask,
    "SequenceLast": _last,
    "_sequence_last_grad": _last_grad,
    "SequenceReverse": _reverse,
}
