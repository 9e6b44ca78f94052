"""How good a trained network is, sample by sample: predictions and losses that can be kept and asked again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..datasets import Dataset, SplitName
from ..errors import CheckpointError, DataError
from ..graph.network import Head, Network
from ..serialization import save_arrays
from ..symbol.symbol import Symbol
from .runner import Runner, Weights, label_entry

Array = np.ndarray[Any, Any]
Kind = Literal["classes", "values", "reconstruction", "loss"]

MAX_SAMPLES = 10_000
TOP = 3
"""Of a classifier's probabilities the greatest are kept."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One row a sample: ``rows`` says which of the split's it is.

    ``kind``: ``classes`` (``label`` and ``predicted`` are class numbers, ``confidence`` the probability of the
    predicted one, ``top`` and ``top_p`` the likeliest), ``values`` (numbers in the data's own unit), ``reconstruction``
    (the network's own input is what it learns) or ``loss`` alone.
    """

    kind: Kind
    split: SplitName
    total: int
    rows: Array
    loss: Array
    label: Array
    predicted: Array
    confidence: Array
    top: Array
    top_p: Array

    def save(self, path: Path) -> None:
        """Write a safetensors file."""
        arrays = {name: np.asarray(getattr(self, name)) for name in _ARRAYS}
        about = json.dumps({"kind": self.kind, "split": self.split, "total": self.total}).encode()
        save_arrays(path, {**arrays, "about": np.frombuffer(about, np.uint8)})

    @classmethod
    def load(cls, path: Path) -> Evaluation:
        """Read what ``save`` wrote; raises CheckpointError where it is something else."""
        from ..serialization import load_arrays

        arrays = load_arrays(path)
        try:
            about: dict[str, Any] = json.loads(arrays["about"].tobytes())
            facts: dict[str, Any] = {**about, **{name: arrays[name] for name in _ARRAYS}}
            return cls(**facts)
        except (KeyError, ValueError, TypeError):
            raise CheckpointError(
                "this is no evaluation", where=path.name, wanted="what save wrote", got="something else"
            ) from None


_ARRAYS = ("rows", "loss", "label", "predicted", "confidence", "top", "top_p")


def evaluate_samples(
    network: Network,
    weights: Weights,
    data: Dataset,
    split: SplitName = "test",
    rows: Array | None = None,
    most: int = MAX_SAMPLES,
    device: Any = None,
    native: bool = False,
) -> Evaluation:
    """Predictions and losses of samples of a split: those of ``rows`` or, where there are more than ``most``, evenly
    spread ones.
    """
    raw, target = data.split(split)
    rows = np.arange(len(raw)) if rows is None else np.asarray(rows)
    total = len(rows)
    if not total:
        raise DataError("there are no samples to evaluate", where=split)
    if total > most:
        rows = rows[np.linspace(0, total - 1, most).astype(np.int64)]
    head = next((head for head in network.heads if head.is_loss), network.heads[0])
    kind = kind_of(head, data)
    x = data.preprocessing.apply(raw[rows])
    inside = label_entry(network, head.name)
    output, wanted = _run(network, weights, head, inside, x, tuple(data.info.input.shape), device, native)
    y = target[rows]
    taught = y if y.dtype.kind != "f" else data.preprocessing.apply_target(y)
    if kind == "reconstruction" and output[0].size != x[0].size:
        kind = "loss"
    loss = _losses(head, output, taught if wanted is None else wanted)
    none = np.zeros((len(rows), 0), np.float32)
    facts: dict[str, Array] = {
        "label": y.reshape(len(rows), -1)[:, 0].astype(np.float64) if y.size else np.full(len(rows), np.nan),
        "predicted": np.full(len(rows), np.nan),
        "confidence": np.full(len(rows), np.nan, np.float32),
        "top": none.astype(np.int32),
        "top_p": none,
    }
    if kind == "classes":
        facts |= _classes(output)
    elif kind == "values":
        facts["predicted"] = data.preprocessing.invert_target(output).reshape(len(rows), -1)[:, 0]
    return Evaluation(kind=kind, split=split, total=total, rows=rows.astype(np.int64), loss=loss, **facts)


def kind_of(head: Head, data: Dataset) -> Kind:
    """What a head's output means for this data."""
    label = data.info.label
    if head.label is None and head.is_loss:
        return "reconstruction"
    if head.task == "classification" and label.kind == "class" and data.test[1].ndim == 1:
        return "classes"
    return "values" if head.task == "regression" and label.kind == "value" else "loss"


def _run(
    network: Network,
    weights: Weights,
    head: Head,
    inside: Any,
    x: Array,
    shape: tuple[int, ...],
    device: Any,
    native: bool,
) -> tuple[Array, Array | None]:
    entry = next(entry for entry in network.symbol._entries if entry[0].name == head.name)
    fed = {name: tuple(s or shape) for name, s in network.inputs.items()}
    runner = Runner(Symbol([entry] if inside is None else [entry, inside]), fed, device, native)
    given = x.reshape(len(x), *next(iter(fed.values())))
    found = runner(weights, given)
    return found[0], found[1] if inside is not None else None


def _losses(head: Head, output: Array, label: Array) -> Array:
    """The head's loss of each sample by itself; without a loss head there is none."""
    if head.op is None or not head.is_loss:
        return np.full(len(output), np.nan, np.float32)
    loss = head.op.loss  # type: ignore[attr-defined]
    with np.errstate(all="ignore"):
        found = [loss(np, head.p, output[i : i + 1], label[i : i + 1]) for i in range(len(output))]
    return np.asarray(found, np.float32).reshape(-1)


def _classes(output: Array) -> Mapping[str, Array]:
    flat = output.reshape(len(output), -1)
    likely = np.concatenate([1 - flat, flat], 1) if flat.shape[1] == 1 else flat
    top = np.argsort(-likely, axis=1, kind="stable")[:, :TOP]
    top_p = np.take_along_axis(likely, top, 1)
    return {
        "predicted": top[:, 0].astype(np.float64),
        "confidence": top_p[:, 0].astype(np.float32),
        "top": top.astype(np.int32),
        "top_p": top_p.astype(np.float32),
    }
