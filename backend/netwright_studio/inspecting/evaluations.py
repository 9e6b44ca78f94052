"""Evaluations of runs and models: worked out once, kept in a file, asked in pages."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from netwright.datasets.pictures import encode_png
from netwright.errors import CheckpointError
from netwright.inspection.evaluation import Evaluation, evaluate_samples
from netwright.inspection.histograms import histogram
from netwright.inspection.quality import judge_classes, judge_values, worst
from netwright.inspection.runner import Runner, outputs_of
from netwright.train.data import held_rows
from netwright_studio.errors import InvalidError
from netwright_studio.inspecting.subject import Subject
from netwright_studio.schemas.inspect import EvaluatedSample, EvaluatedSamples, EvaluationReply, TopClass

Part = Literal["validation", "test"]


def evaluation_file(stamp: str, part: Part) -> str:
    """The name of the file an evaluation is kept in."""
    return f"evaluation-{stamp}-{part}.safetensors"


def evaluate(subject: Subject, part: Part) -> Evaluation:
    """Return the evaluation of a part of the data, from its file where it was worked out before."""
    path = subject.folder / evaluation_file(subject.stamp, part)
    with subject.lock:
        if path.is_file():
            try:
                return Evaluation.load(path)
            except CheckpointError:
                path.unlink()  # written by another version: made anew
        data = subject.require_data()
        rows = validation_rows(subject.settings, len(data.train[0])) if part == "validation" else None
        if part == "validation" and rows is None:
            raise InvalidError(
                "No samples were held out for validation.",
                where="part",
                wanted="a run with a validation split",
                remedy="Look at the test samples.",
            )
        split: Literal["train", "test"] = "train" if part == "validation" else "test"
        found = evaluate_samples(subject.network, subject.weights, data, split, rows)
        found.save(path)
        return found


def validation_rows(settings: Any, samples: int) -> Any:
    """Return which training samples a training with these settings holds out, None for none."""
    return held_rows(samples, float(settings.get("validation_split", 0.1)), int(settings.get("seed", 0)))[0]


def describe(subject: Subject, part: Part) -> EvaluationReply:
    """Return what an evaluation says as a whole."""
    found = evaluate(subject, part)
    classes = subject.info.label.classes
    finite = found.loss[np.isfinite(found.loss)]
    return EvaluationReply(
        kind=found.kind,
        part=part,
        count=len(found.rows),
        total=found.total,
        same_data=subject.same_data,
        loss=float(finite.mean()) if len(finite) else None,
        losses=histogram(found.loss),
        classes=judge_classes(found, classes) if found.kind == "classes" and classes else None,
        values=judge_values(found) if found.kind == "values" else None,
        label=subject.info.label.name,
    )


def page(
    subject: Subject, part: Part, actual: int | None, predicted: int | None, wrong: bool, offset: int, limit: int
) -> EvaluatedSamples:
    """Return samples of an evaluation, the greatest loss first."""
    found = evaluate(subject, part)
    places = worst(found, actual, predicted, wrong and found.kind == "classes")
    chosen = places[offset : offset + limit]
    pictures = _outputs(subject, found, chosen) if found.kind == "reconstruction" else None
    drawn: list[str | None] = [None] * len(chosen) if pictures is None else [*pictures]
    items = [_sample(subject, found, int(place), output) for place, output in zip(chosen, drawn, strict=True)]
    return EvaluatedSamples(items=items, total=len(places), split=found.split)


def _sample(subject: Subject, found: Evaluation, place: int, output: str | None) -> EvaluatedSample:
    data, classes = subject.require_data(), subject.info.label.classes
    split: Any = found.split
    row = int(found.rows[place])
    image = data.info.input.kind == "image"
    top = [
        TopClass(label=classes[int(k)], p=float(p))
        for k, p in zip(found.top[place], found.top_p[place], strict=True)
        if classes
    ]
    return EvaluatedSample(
        row=row,
        loss=float(found.loss[place]),
        label=data.label_of(split, row),
        predicted=_said(found, place, classes),
        confidence=float(found.confidence[place]) if found.kind == "classes" else None,
        top=top,
        png=encode_png(data.split(split)[0][row], data.info.input) if image else None,
        cells=None if image else data.rows(split, row, row + 1)[0],
        output_png=output,
    )


def _said(found: Evaluation, place: int, classes: Any) -> str | float | None:
    value = float(found.predicted[place])
    if found.kind == "classes":
        return str(classes[int(value)])
    return value if found.kind == "values" else None


def _outputs(subject: Subject, found: Evaluation, places: Any) -> list[str] | None:
    """What a reconstructing network makes of the samples, as pictures."""
    data = subject.require_data()
    if data.info.input.kind != "image" or not len(places):
        return None
    split: Any = found.split
    raw = data.split(split)[0][found.rows[places]]
    head = next((head for head in subject.network.heads if head.is_loss), subject.network.heads[0])
    fed = {name: tuple(shape or subject.input_shape) for name, shape in subject.network.inputs.items()}
    x = data.preprocessing.apply(raw).reshape(len(raw), *next(iter(fed.values())))
    out = Runner(outputs_of(subject.network, [head.name]), fed)(subject.weights, x)[0]
    if out[0].size != raw[0].size:
        return None
    drawn = data.preprocessing.invert(out.reshape(len(out), *raw.shape[1:]))
    return [encode_png(image, data.info.input) for image in drawn]
