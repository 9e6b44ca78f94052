"""The friendly way to predict: raw things in, labels, values and pictures out, through the model's batcher."""

from __future__ import annotations

import asyncio
import base64
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from netwright.errors import DataError
from netwright.model_store import ModelInfo
from netwright.prediction import explain, fit_shape, read_inputs
from netwright_studio.inference.creating import require
from netwright_studio.inference.predictor import Array
from netwright_studio.inference.server import LoadedModel
from netwright_studio.schemas.models import Prediction, PredictReply

QUICK_NUMBERS = 2048
"""So many numbers are read on the event loop."""


async def predict(model: LoadedModel, raws: Sequence[Any]) -> PredictReply:
    """Predict for raw inputs; DataError names the input that cannot be read."""
    started = time.perf_counter()
    info = model.saved.info
    if info.does == ("generate",):
        require(model, "predict")
    x = read_inputs(raws, info) if _is_quick(raws, info) else await asyncio.to_thread(read_inputs, raws, info)
    outputs = await model.infer({spec.name: fit_shape(x, spec.shape) for spec in model.predictor.inputs})
    predictions = [Prediction(**explain([head[i] for head in outputs], info)) for i in range(len(raws))]
    took = (time.perf_counter() - started) * 1000
    return PredictReply(predictions=predictions, model=model.name, version=model.version, ms=round(took, 3))


def _is_quick(raws: Sequence[Any], info: ModelInfo) -> bool:
    """Whether to read these takes less time than to hand them to a thread; to unpack a picture takes milliseconds."""
    few = len(raws) * math.prod(info.input.shape) <= QUICK_NUMBERS
    return few and not (info.input.kind == "image" and any(isinstance(raw, Mapping) for raw in raws))


async def read_raw(model: LoadedModel, elements: Sequence[bytes]) -> dict[str, Array]:
    """Return the network's inputs for raw things that came as bytes: a picture's file, a text, a row as CSV or JSON."""

    def read() -> Array:
        info = model.saved.info
        return read_inputs([_raw_of(element, info, place) for place, element in enumerate(elements)], info)

    x = await asyncio.to_thread(read)
    return {spec.name: fit_shape(x, spec.shape).astype(spec.dtype, copy=False) for spec in model.predictor.inputs}


def _raw_of(element: bytes, info: ModelInfo, place: int) -> Any:
    if info.input.kind == "image" and element.lstrip()[:1] != b"[":
        return {"png": base64.b64encode(element).decode("ascii")}
    try:
        text = element.decode()
        is_json = info.input.kind != "text" and text.lstrip()[:1] in ("{", "[")
        return orjson.loads(text) if is_json else text
    except ValueError:
        raise DataError(
            "these bytes cannot be read", where=f"inputs[{place}]", wanted="UTF-8 text, or JSON", got="something else"
        ) from None
