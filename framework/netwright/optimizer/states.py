"""The states of an optimizer in a file: the counts as JSON, and the arrays of each updater."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import lr_scheduler
from ..errors import CheckpointError
from ..ndarray.array import NDArray
from ..ndarray.creation import array
from ..serialization import load_arrays, pack_arrays, parse_arrays, save_arrays
from .optimizer import Optimizer, Updater, create

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


# ---------------------------------------------------------------- states as bytes
def pack(updater: Updater, dump_optimizer: bool) -> bytes:
    """All states of an updater, and its optimizer's settings where asked for."""
    arrays: dict[str, np.ndarray[Any, Any]] = {}

    def tree(state: Any) -> Any:
        if isinstance(state, NDArray):
            arrays[str(len(arrays))] = state.asnumpy()
            return {"array": len(arrays) - 1}
        if isinstance(state, (list, tuple)):
            return {"list" if isinstance(state, list) else "tuple": [tree(part) for part in state]}
        return {"value": state}

    facts: dict[str, Any] = {"states": [[index, tree(state)] for index, state in updater.states.items()]}
    if dump_optimizer:
        facts["optimizer"] = _settings(updater.optimizer)
    arrays[_FACTS] = np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8)
    return pack_arrays(arrays)


def unpack(updater: Updater, packed: bytes) -> None:
    """Give an updater the states that ``pack`` wrote."""
    arrays = parse_arrays(packed, "Updater.set_states")
    try:
        facts = json.loads(arrays.pop(_FACTS).tobytes())
    except (KeyError, ValueError) as error:
        raise CheckpointError("these are no optimizer's states", where="Updater.set_states") from error

    def state(tree: dict[str, Any]) -> Any:
        kind, content = next(iter(tree.items()))
        if kind == "array":
            found = arrays[str(content)]
            return array(found, dtype=found.dtype)
        if kind == "value":
            return content
        parts = [state(part) for part in content]
        return parts if kind == "list" else tuple(parts)

    updater.states = {index: state(tree) for index, tree in facts["states"]}
    if "optimizer" in facts:
        updater.optimizer = _made(facts["optimizer"], create)


def _settings(made: Optimizer | lr_scheduler.LRScheduler) -> dict[str, Any]:
    """Name and attributes, as far as JSON can hold them; weights' counts and a scheduler among them."""
    values = {}
    for name, value in vars(made).items():
        if name == "_index_update_count":
            value = list(value.items())
        elif isinstance(value, lr_scheduler.LRScheduler):
            value = {"scheduler": _settings(value)}
        elif name in ("param_dict", "idx2name"):
            continue
        values[name] = value
    return {"name": type(made).__name__, "values": values}


def _made(settings: dict[str, Any], make: Callable[[str], Any]) -> Any:
    made = make(settings["name"])
    for name, value in settings["values"].items():
        if name == "_index_update_count":
            value = dict(map(tuple, value))
        elif isinstance(value, dict) and "scheduler" in value:
            value = _made(value["scheduler"], lr_scheduler.create)
        setattr(made, name, value)
    return made
