"""The states of an optimizer in a file: the counts as JSON, and the arrays of each updater."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CheckpointError
from ..ndarray.array import NDArray
from ..serialization import load_arrays, save_arrays
from .optimizer import Updater

_FACTS = "__facts__"


def save_updaters(fname: str, updaters: Sequence[Updater]) -> None:
    """Write the states of updaters (one for each device) of one optimizer."""
    facts = json.dumps(updaters[0].optimizer.state_dict())
    arrays = {f"{k}/{n}": a for k, updater in enumerate(updaters) for n, a in updater.arrays().items()}
    arrays[_FACTS] = np.frombuffer(facts.encode(), dtype=np.uint8)
    save_arrays(Path(fname), arrays)


def load_updaters(fname: str, updaters: Sequence[Updater], weight: Callable[[Any, int], NDArray]) -> None:
    """Read what ``save_updaters`` wrote; ``weight(index, k)`` is the weight that updater k keeps a state for."""
    arrays = load_arrays(fname)
    try:
        updaters[0].optimizer.load_state_dict(json.loads(arrays.pop(_FACTS).tobytes()))
    except (KeyError, ValueError) as error:
        raise CheckpointError("this file does not hold an optimizer's states", where=Path(fname).name) from error
    for k, updater in enumerate(updaters):
        mine = {n.partition("/")[2]: a for n, a in arrays.items() if n.startswith(f"{k}/")}
        indices = {n.rpartition("/")[0] for n in mine}
        weights = {i: weight(i, k) for i in (int(i) if i.isdigit() else i for i in indices)}
        updater.load_arrays(mine, weights)
