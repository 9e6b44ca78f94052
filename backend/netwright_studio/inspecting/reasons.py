"""Why a trained network says what it says of an input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.datasets.pictures import encode_png
from netwright.inspection import Explainer
from netwright.inspection.pictures import DETAIL, picture
from netwright.inspection.saliency import SIGNED, background, over_channels
from netwright.inspection.score import Score, head_score, node_score
from netwright.prediction import fit_shape
from netwright_studio.errors import ConflictError, InvalidError
from netwright_studio.inspecting.probing import chosen_sample, predicted
from netwright_studio.inspecting.subject import Subject
from netwright_studio.schemas.models import Prediction
from netwright_studio.schemas.reasons import (
    Method,
    Portion,
    SaliencyMap,
    SaliencyReply,
    SaliencyRequest,
)

Array = NDArray[Any]


def explain(subject: Subject, asked: SaliencyRequest) -> SaliencyReply:
    """Return the saliencies of an input; GraphError where the network decides nothing."""
    data = subject.data if asked.input is not None else subject.require_data()
    x, _ = chosen_sample(asked, data, subject.info)
    probe = subject.probe
    given = fit_shape(x, probe.inputs[probe.input_name])
    prediction = predicted(probe, given, subject.info)
    target, name, score = _asked_about(subject, asked.target, prediction)
    image = subject.info.input.kind == "image"
    baseline: Any = background(x[0]) if image else np.float32(0)
    fitted = np.broadcast_to(baseline, x.shape).reshape(given.shape)
    explainer = Explainer(subject.network, subject.weights, score, subject.input_shape, groups=columns_of(subject))
    with subject.lock:  # one at a time: each may run the network some hundred times
        maps = [_map(subject, explainer, given, fitted, method, x) for method in asked.methods]
        value, nothing = explainer.score(given), explainer.nothing(given, fitted)
    png = encode_png(subject.info.preprocessing.invert(x[0]), subject.info.input) if image else None
    return SaliencyReply(
        target=target, name=name, score=value, nothing=nothing, maps=maps, png=png, prediction=prediction
    )


def _asked_about(subject: Subject, target: int | None, said: Prediction) -> tuple[int | None, str | None, Score]:
    """The class, cluster or value that is asked about, and its score."""
    info = subject.info
    if info.clusters is not None and info.task is not None and info.task.latent is not None:
        chosen = target if target is not None else said.cluster.index if said.cluster is not None else 0
        if chosen >= len(info.clusters.centres):
            raise InvalidError(
                "There is no such cluster.", where="target", wanted=f"0 … {len(info.clusters.centres) - 1}", got=chosen
            )
        return chosen, None, node_score(subject.network, info.task.latent, info.clusters.centres[chosen])
    kind = (subject.settings.get("task") or {}).get("kind", "supervised")
    if kind not in ("supervised", "language"):
        raise ConflictError(
            "This network decides nothing that could be explained.",
            where="model",
            wanted="a network that tells classes, values or clusters",
            got=kind,
            remedy="Look at its activations instead.",
        )
    classes = info.label.classes
    if classes is None:
        return None, info.label.name, head_score(subject.network, None, None, info.preprocessing.target_scale or 1.0)
    chosen = said.index or 0 if target is None else target
    return chosen, classes[chosen] if chosen < len(classes) else None, head_score(subject.network, classes, chosen)


def columns_of(subject: Subject) -> list[slice] | None:
    """Return the inputs of each column of a table; None where inputs are no columns."""
    columns = subject.info.preprocessing.columns
    if subject.info.input.kind != "table" or not columns:
        return None
    ends = np.cumsum([column.width for column in columns]).tolist()
    return [slice(end - column.width, end) for column, end in zip(columns, ends, strict=True)]


def _map(
    subject: Subject, explainer: Explainer, given: Array, baseline: Array, method: Method, x: Array
) -> SaliencyMap:
    found = np.nan_to_num(explainer(given, method, baseline=baseline))
    info, signed = subject.info.input, method in SIGNED
    total = float(found.sum())
    if info.kind == "image":
        plane = over_channels(found.reshape(info.shape), method)
        return SaliencyMap(method=method, signed=signed, picture=picture(plane, DETAIL), total=total)
    if info.kind == "text":
        names: Sequence[str] = [(info.characters or "")[int(number)] for number in x[0].reshape(-1)]
        values = found.reshape(-1)
    else:
        names, values = _by_column(subject, found.reshape(-1), given.reshape(-1), method)
        signed = True  # a column has a direction of its own: more or less of it
    shares = [Portion(name=name, value=float(value)) for name, value in zip(names, values, strict=True)]
    return SaliencyMap(method=method, signed=signed, shares=shares, total=total)


def _by_column(subject: Subject, found: Array, given: Array, method: Method) -> tuple[Sequence[str], Array]:
    """One number for each raw column; of a category that of the input which is on (a slope), or what it adds up to."""
    groups = columns_of(subject)
    names = subject.info.input.columns or tuple(f"column {i + 1}" for i in range(len(found)))
    if groups is None:
        return names, found
    values = []
    for group in groups:
        part = found[group]
        if method == "occlusion":
            values.append(part[0])
        elif method in SIGNED or len(part) == 1:
            values.append(part.sum())
        else:
            values.append(part[int(given[group].argmax())])
    return names, np.asarray(values)
