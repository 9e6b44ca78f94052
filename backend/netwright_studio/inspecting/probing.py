"""One sample through a network, drawn or trained, node by node."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from netwright.datasets import Dataset
from netwright.datasets.pictures import encode_png
from netwright.inspection import Probe
from netwright.inspection.runner import Runner, outputs_of
from netwright.model_store import ModelInfo, describe_model
from netwright.prediction import explain, fit_shape, read_inputs
from netwright_studio.errors import InvalidError
from netwright_studio.inspecting.subject import Subject
from netwright_studio.schemas.inspect import GraphProbe, ProbeReply, SampleChoice, SampleOf
from netwright_studio.schemas.models import Prediction

MAX_FLOPS = 50_000_000_000
"""One sample may cost so much: some seconds of a core."""

# An untrained network is made by the one random generator there is: one at a time, so that a seed keeps its meaning.
seeding = threading.Lock()


def probe_graph(body: GraphProbe, data: Dataset | None, flops: int) -> ProbeReply:
    """Run a sample through a graph that was never trained; without data, noise."""
    if flops > MAX_FLOPS:
        raise InvalidError(
            "One sample through this network takes too long to show it while it is drawn.",
            where="graph",
            wanted=f"at most {MAX_FLOPS:,} operations",
            got=f"{flops:,}",
            remedy="Train it: the snapshots of the run show its activations.",
        )
    with seeding:
        probe = Probe.untrained(
            body.graph.model_dump(), data.info if data else None, initializer=body.initializer, seed=body.seed
        )
    if data is None:
        shape = probe.inputs[probe.input_name]
        x = np.random.Generator(np.random.Philox(body.seed)).uniform(0, 1, (1, *shape)).astype(np.float32)
        return _reply(probe, x, body, None, None, None)
    info = describe_model(data, name=body.graph.name or "model")
    x, facts = chosen_sample(body, data, info)
    return _reply(probe, x, body, info, data, facts)


def probe_subject(subject: Subject, body: SampleChoice) -> ProbeReply:
    """Run a sample through a trained network."""
    data = subject.data if body.input is not None else subject.require_data()
    x, facts = chosen_sample(body, data, subject.info)
    return _reply(subject.probe, x, body, subject.info, data, facts)


Facts = Mapping[str, Any]


def chosen_sample(body: SampleOf, data: Dataset | None, info: ModelInfo) -> tuple[Any, Facts]:
    """Return the network input for what was asked for, and what people see of it."""
    if body.input is not None:
        return read_inputs([body.input], info), {"index": None, "label": None, "png": None, "cells": None}
    assert data is not None
    split: Literal["train", "test"] = body.split
    raw = data.split(split)[0]
    if body.index >= len(raw):
        raise InvalidError(
            "There is no such sample.", where="index", wanted=f"0 … {len(raw) - 1} in {split}", got=body.index
        )
    row = raw[body.index]
    image = data.info.input.kind == "image"
    facts = {
        "index": body.index,
        "label": data.label_of(split, body.index),
        "png": encode_png(row, data.info.input) if image else None,
        "cells": None if image else data.rows(split, body.index, body.index + 1)[0],
    }
    return data.preprocessing.apply(raw[body.index : body.index + 1]), facts


def _reply(
    probe: Probe, x: Any, body: SampleChoice, info: ModelInfo | None, data: Dataset | None, facts: Facts | None
) -> ProbeReply:
    given = fit_shape(x, probe.inputs[probe.input_name])
    return ProbeReply(
        nodes=probe.look(given),
        weights=probe.kernels(),
        detail=None if body.node is None else probe.detail(given, body.node),
        prediction=None if info is None else predicted(probe, given, info),
        **(facts or {"index": None, "label": None, "png": None, "cells": None}),
    )


def predicted(probe: Probe, given: Any, info: ModelInfo) -> Prediction:
    """Return what the network says of a network input."""
    found = Runner(outputs_of(probe.network, _answering(probe, info)), probe.inputs)(probe.weights, given)
    said = explain([out[0] for out in found], info)
    said.pop("output", None)  # its picture and the node's are enough
    return Prediction(**said)


def _answering(probe: Probe, info: ModelInfo) -> list[str]:
    """The nodes whose outputs ``explain`` reads; what is trained by has heads that only its training needs."""
    heads = [head.name for head in probe.network.heads]
    choice = info.task
    if choice is None or choice.kind in ("supervised", "language"):
        return heads
    output = [choice.output] if choice.output is not None else []
    if info.clusters is not None and choice.latent is not None:
        return [*output, choice.latent]
    return output or heads
