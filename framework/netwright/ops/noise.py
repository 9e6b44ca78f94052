"""Noise for each sample of a batch: what generators start from and variational networks sample with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from .operator import At, DTypes, Operator, Port, Sample, Shapes
from .params import OpParams, Size
from .registry import register


class NoiseParams(OpParams):
    """What sample_noise takes."""

    shape: Annotated[tuple[Size, ...], Field(max_length=7)] = Field(
        (1,), description="Shape of one sample's noise, batch axis left out"
    )
    distribution: Literal["normal", "uniform"] = Field(
        "normal", description="Standard normal, or uniform between -1 and 1"
    )
    scale: float = Field(1.0, ge=0, le=1e6, description="What the numbers are multiplied by")


@register
class SampleNoise(Operator):
    """Draws random numbers for each sample of data: y = scale · ε, ε standard normal, or uniform on [−1, 1).

    Shapes: data (N, …), of which only the number of samples matters; output (N, *shape). No gradient flows into data.
    """

    name = "sample_noise"
    title = "Noise"
    category = "random"
    in_palette = True
    Params = NoiseParams
    inputs = (Port("data", doc="says how many samples there are; its values do not matter"),)

    def infer_shape(self, p: NoiseParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        return shapes, [None if data is None else (*data[:1], *p.shape)]

    def infer_dtype(self, p: NoiseParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        given = dtypes[0]
        return dtypes, [given if given is None or given.kind == "f" else np.dtype(np.float32)]

    def forward(self, xp: Any, p: NoiseParams, data: Any, *, rng: Any) -> Any:
        dtype = data.dtype if data.dtype.kind == "f" else np.dtype(np.float32)
        size = (*data.shape[:1], *p.shape)
        drawn_in = np.float64 if dtype == np.float64 else np.float32
        if p.distribution == "normal":
            noise = rng.standard_normal(size, dtype=drawn_in)
        else:
            noise = rng.random(size, dtype=drawn_in) * drawn_in(2) - drawn_in(1)
        return (noise * drawn_in(p.scale)).astype(dtype, copy=False)

    def gradient(self, F: Any, p: NoiseParams, at: At, dy: Any) -> Any:
        return None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4),), {"shape": (5,)}, differentiable=False)
        yield Sample(((2, 1, 3),), {"shape": (2, 2), "distribution": "uniform", "scale": 0.5}, differentiable=False)
        yield Sample(((0, 4),), {"shape": (3,)}, differentiable=False)
