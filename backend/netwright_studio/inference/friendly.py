"""The friendly way in and out: raw things become network inputs, outputs become labels, values and pictures."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netwright.errors import DataError
from netwright.model_store import ModelInfo
from netwright_studio.datasets.pictures import decode_picture, encode_png
from netwright_studio.inference.predictor import Array
from netwright_studio.inference.server import LoadedModel
from netwright_studio.schemas.models import Prediction, PredictReply, Probability


async def predict(model: LoadedModel, raws: Sequence[Any]) -> PredictReply:
    """Predict for raw inputs; DataError names the input that cannot be read."""
    started = time.perf_counter()
    info = model.saved.info
    x = info.preprocessing.apply(read_inputs(raws, info))
    fed = {spec.name: _fit(x, tuple(spec.shape)) for spec in model.predictor.inputs}
    outputs = await model.infer(fed)
    predictions = [explain([output[i] for output in outputs], info) for i in range(len(raws))]
    took = (time.perf_counter() - started) * 1000
    return PredictReply(predictions=predictions, model=model.name, version=model.version, ms=round(took, 3))


def read_inputs(raws: Sequence[Any], info: ModelInfo) -> Array:
    """Raw inputs → one array of raw values (rows, *shape)."""
    if info.input.kind == "image":
        return np.stack([_read_image(raw, info, number) for number, raw in enumerate(raws)])
    return info.preprocessing.encode([_read_row(raw, info, number) for number, raw in enumerate(raws)])


def _read_image(raw: Any, info: ModelInfo, number: int) -> Array:
    shape = info.input.shape
    if isinstance(raw, Mapping) and isinstance(raw.get("png"), str):
        return decode_picture(raw["png"], info.input, dark_background=_has_dark_background(info))
    where = f"inputs[{number}]"
    try:
        values = np.array(raw, dtype=np.float32)
    except (TypeError, ValueError, OverflowError):
        raise DataError(
            "not an image", where=where, wanted=f'numbers of shape {shape} or {{"png": …}}', got=type(raw).__name__
        ) from None
    if values.size != math.prod(shape):
        raise DataError("an image of another size", where=where, wanted=f"shape {shape}", got=f"shape {values.shape}")
    if not np.isfinite(values).all():
        raise DataError("a pixel is not a finite number", where=where, wanted="numbers", got="NaN or infinity")
    return values.reshape(shape)


def _read_row(raw: Any, info: ModelInfo, number: int) -> list[Any]:
    columns = info.input.columns or ()
    if isinstance(raw, Mapping):
        missing = [column for column in columns if column not in raw]
        unknown = [str(key) for key in raw if key not in columns]
        if missing or unknown:
            raise DataError(
                "a record with other columns",
                where=f"inputs[{number}]",
                wanted=", ".join(columns)[:300],
                got=f"{', '.join(unknown)[:100] or 'nothing'} besides; {', '.join(missing)[:100] or 'nothing'} missing",
            )
        return [raw[column] for column in columns]
    if isinstance(raw, str):
        return raw.split(",")
    if not isinstance(raw, list):
        raise DataError(
            "not a table row", where=f"inputs[{number}]", wanted=f"{len(columns)} values", got=type(raw).__name__
        )
    return raw


def _has_dark_background(info: ModelInfo) -> bool:
    """Whether the border of the model's sample is nearer the low end of its range."""
    try:
        image = np.array(info.sample, dtype=np.float32).reshape(info.input.shape)
    except (TypeError, ValueError):
        return True
    border = np.concatenate([image[:, 0].ravel(), image[:, -1].ravel(), image[..., 0].ravel(), image[..., -1].ravel()])
    return bool(np.median(border) <= (info.input.low + info.input.high) / 2)


def _fit(x: Array, shape: tuple[int, ...]) -> Array:
    """Give the data the shape the graph's Input has, where the two hold as many values."""
    if x.shape[1:] == shape or -1 in shape:
        return x
    if math.prod(x.shape[1:]) != math.prod(shape):
        raise DataError("the model's graph takes another shape than its data", wanted=shape, got=x.shape[1:])
    return x.reshape(len(x), *shape)


def explain(heads: Sequence[Array], info: ModelInfo) -> Prediction:
    """What the outputs for one input mean, by the first head that fits the labels."""
    classes = info.label.classes
    for head in heads:
        if classes is not None and (head.size == len(classes) or (head.size == 1 and len(classes) == 2)):
            return _explain_classes(head.ravel(), classes)
        if info.label.kind == "value" and head.size == 1:
            return Prediction(value=float(info.preprocessing.invert_target(head).ravel()[0]))
    return _explain_output(heads[0], info)


def _explain_classes(head: Array, classes: Sequence[str]) -> Prediction:
    likely = head.astype(np.float64)
    if likely.size == 1:
        likely = np.array([1.0 - likely[0], likely[0]])
    index = int(np.argmax(likely))
    probabilities = [Probability(label=label, p=float(p)) for label, p in zip(classes, likely, strict=True)]
    return Prediction(label=classes[index], index=index, probabilities=probabilities)


def _explain_output(head: Array, info: ModelInfo) -> Prediction:
    if head.size != math.prod(info.input.shape):
        return Prediction(output=head.tolist())
    raw = info.preprocessing.invert(head.reshape(info.input.shape))
    png = encode_png(raw, info.input) if info.input.kind == "image" else None
    return Prediction(output=raw.tolist(), png=png)
