"""What a trained network says of rows near a row: two columns vary, the others stay."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.inspection.plane import picture_of
from netwright.inspection.runner import Runner, outputs_of
from netwright.prediction import fit_shape, read_inputs
from netwright_studio.errors import InvalidError
from netwright_studio.inspecting.reasons import columns_of
from netwright_studio.inspecting.subject import Subject
from netwright_studio.schemas.reasons import DecisionPoint, DecisionReply, DecisionRequest

Array = NDArray[Any]
SHOWN = 400
"""Training samples drawn on the plane."""
MARGIN = 0.08


def decisions(subject: Subject, asked: DecisionRequest) -> DecisionReply:
    """Return what a network says while two number columns of a row vary over the range of the training data."""
    info, data = subject.info, subject.require_data()
    fields = info.input.fields or ()
    names = (
        info.input.columns
        or tuple(field.name for field in fields)
        or tuple(f"column {i + 1}" for i in range(info.input.shape[0]))
    )
    kinds = [field.kind for field in fields] or ["number"] * len(names)
    if info.input.kind != "table":
        raise InvalidError("Only rows of a table have columns to vary.", where="model", wanted="a table")
    for field, place in (("x", asked.x), ("y", asked.y)):
        if place >= len(names) or kinds[place] != "number":
            raise InvalidError("This is no column of numbers.", where=field, wanted="its place among the columns")
    if asked.x == asked.y:
        raise InvalidError("Two different columns make a plane.", where="y", wanted="another column than x")
    groups = columns_of(subject) or [slice(i, i + 1) for i in range(len(names))]
    at = [groups[asked.x].start, groups[asked.y].start]
    raw = np.asarray(data.train[0], np.float64).reshape(len(data.train[0]), -1)
    spans = [_span(raw[:, place]) for place in at]
    row = read_inputs([asked.row], info)
    inputs = _plane(subject, row[0], at, spans, asked.size)
    network = subject.network
    head = next((head for head in network.heads if head.label is not None), network.heads[0])
    probe = subject.probe
    out = Runner(outputs_of(network, [head.name]), probe.inputs)(
        subject.weights, fit_shape(inputs, probe.inputs[probe.input_name])
    )[0]
    classes = info.label.classes
    if classes is None:
        out = np.asarray(info.preprocessing.invert_target(out), np.float32)
    return DecisionReply(
        names=(names[asked.x], names[asked.y]),
        x=spans[0],
        y=spans[1],
        boundary=picture_of(out, asked.size, len(classes) if classes else None),
        points=_points(data.train[1], raw[:, at]),
        classes=list(classes) if classes else None,
        label=info.label.name,
    )


def _plane(subject: Subject, row: Array, at: list[int], spans: list[tuple[float, float]], size: int) -> Array:
    """The row, as the network takes it, at size × size places."""
    preprocessing = subject.info.preprocessing
    inputs = np.repeat(row.reshape(1, -1), size * size, 0)
    axes = [low + (np.arange(size) + 0.5) * ((high - low) / size) for low, high in spans]
    places = (np.tile(axes[0], size), np.repeat(axes[1], size))
    for column, values in zip(at, places, strict=True):
        mean, scale = preprocessing.mean or (0.0,), preprocessing.scale or (1.0,)
        inputs[:, column] = (values - mean[column % len(mean)]) / scale[column % len(scale)]
    return inputs.astype(np.float32)


def _points(labels: Array, places: Array) -> list[DecisionPoint]:
    rows = np.linspace(0, len(places) - 1, min(len(places), SHOWN)).astype(np.int64)
    values = labels.reshape(len(labels), -1)[:, 0] if labels.size else np.zeros(len(places))
    return [DecisionPoint(x=float(places[i, 0]), y=float(places[i, 1]), value=float(values[i])) for i in rows]


def _span(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * ((high - low) or 1.0)
    return low - margin, high + margin
