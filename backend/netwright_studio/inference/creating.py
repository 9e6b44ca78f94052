"""Models that make things: new samples out of latent numbers, and the continuation of a text."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.continuing import continue_text
from netwright.datasets.pictures import encode_png
from netwright.model_store import ModelInfo
from netwright_studio.errors import ConflictError, InvalidError
from netwright_studio.inference.server import LoadedModel, ModelServer
from netwright_studio.schemas.common import Number
from netwright_studio.schemas.models import (
    ContinueReply,
    ContinueRequest,
    GeneratedSample,
    GenerateReply,
    GenerateRequest,
)


async def generate(server: ModelServer, model: LoadedModel, asked: GenerateRequest) -> GenerateReply:
    """Return new samples; ConflictError where the model makes none."""
    require(model, "generate")
    started = time.perf_counter()
    async with server.creating:
        samples = await asyncio.to_thread(_make, model, asked)
    return GenerateReply(samples=samples, model=model.name, version=model.version, ms=_since(started))


async def go_on(server: ModelServer, model: LoadedModel, asked: ContinueRequest) -> ContinueReply:
    """Return what follows a text; ConflictError where the model reads none."""
    require(model, "continue")
    started = time.perf_counter()
    async with server.creating:
        text = await asyncio.to_thread(_write, model, asked)
    return ContinueReply(text=text, model=model.name, version=model.version, ms=_since(started))


def _make(model: LoadedModel, asked: GenerateRequest) -> list[GeneratedSample]:
    generator = model.generator
    if asked.latents is None:
        latents = generator.draw(asked.count, asked.seed)
    else:
        latents = _read_latents(asked.latents, generator.latent_shape)
    made = generator.decode(latents)
    return [_sample(one, latent, model.saved.info) for one, latent in zip(made, latents, strict=True)]


def _write(model: LoadedModel, asked: ContinueRequest) -> str:
    info = model.saved.info
    return continue_text(
        lambda x: model.predictor(x)[0],
        info.input.characters or "",
        info.input.shape[0],
        asked.prompt,
        asked.length,
        asked.temperature,
        asked.seed,
    )


def require(model: LoadedModel, ability: str) -> None:
    """Raise ConflictError unless the model can do that."""
    does = model.saved.info.does
    if ability not in does:
        raise ConflictError(
            f"The model {model.name} was not trained to {ability}.",
            where="model",
            wanted=ability,
            got=", ".join(does),
            remedy="Ask it for what it does, or train one from a template that does this.",
        )


def _read_latents(rows: list[list[float]], shape: tuple[int, ...]) -> NDArray[np.float32]:
    size = int(np.prod(shape))
    for number, row in enumerate(rows):
        if len(row) != size:
            raise InvalidError(
                "These are not the model's latent numbers.",
                where=f"latents[{number}]",
                wanted=f"{size} numbers",
                got=len(row),
            )
    return np.array(rows, np.float32).reshape(len(rows), *shape)


def _sample(one: NDArray[Any], latent: NDArray[Any], info: ModelInfo) -> GeneratedSample:
    flat: list[Number] = [float(number) for number in latent.ravel()]
    if one.size != np.prod(info.input.shape):
        return GeneratedSample(output=one.tolist(), latent=flat)
    raw = info.preprocessing.invert(one.reshape(info.input.shape))
    png = encode_png(raw, info.input) if info.input.kind == "image" else None
    return GeneratedSample(output=raw.tolist(), latent=flat, png=png)


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)
