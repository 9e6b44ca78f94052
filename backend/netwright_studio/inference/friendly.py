"""The friendly way to predict: raw things in, labels, values and pictures out, through the model's batcher."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from netwright.prediction import explain, fit_shape, read_inputs
from netwright_studio.inference.creating import require
from netwright_studio.inference.server import LoadedModel
from netwright_studio.schemas.models import Prediction, PredictReply


async def predict(model: LoadedModel, raws: Sequence[Any]) -> PredictReply:
    """Predict for raw inputs; DataError names the input that cannot be read."""
    started = time.perf_counter()
    info = model.saved.info
    if info.does == ("generate",):
        require(model, "predict")
    # Pictures take milliseconds to unpack: not on the event loop.
    x = await asyncio.to_thread(read_inputs, raws, info)
    outputs = await model.infer({spec.name: fit_shape(x, spec.shape) for spec in model.predictor.inputs})
    predictions = [Prediction(**explain([head[i] for head in outputs], info)) for i in range(len(raws))]
    took = (time.perf_counter() - started) * 1000
    return PredictReply(predictions=predictions, model=model.name, version=model.version, ms=round(took, 3))
