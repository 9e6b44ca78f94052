"""Reference of CTC: every path through the channels is written down, collapsed, and compared with the label."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np


def collapsed(path: tuple[int, ...], blank: int) -> list[int]:
    """Repeats joined, then blanks left out."""
    return [k for k, _ in itertools.groupby(path) if k != blank]


def ctc(p: Any, data: Any, label: Any, *lengths: Any) -> Any:
    steps, batch, channels = data.shape
    rest = list(lengths)
    data_lengths = rest.pop(0) if p.use_data_lengths else np.full(batch, steps)
    blank, padding = (0, 0) if p.blank_label == "first" else (channels - 1, -1)
    found = np.zeros(batch)
    for n in range(batch):
        if p.use_label_lengths:
            wanted = [int(k) for k in label[n, : int(rest[0][n])]]
        else:
            wanted = [int(k) for k in itertools.takewhile(lambda k: k != padding, label[n])]
        chances = [np.exp(row) / np.exp(row).sum() for row in data[: int(data_lengths[n]), n]]
        total = math.fsum(
            math.prod(chances[t][k] for t, k in enumerate(path))
            for path in itertools.product(range(channels), repeat=len(chances))
            if collapsed(path, blank) == wanted
        )
        found[n] = -math.log(total) if total else 0.0
    return found


REFERENCES = {"CTCLoss": ctc}
