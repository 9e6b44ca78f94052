"""Why a network says what it says: saliencies of an input, and what it says around it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from netwright.inspection import Boundary, Picture
from netwright_studio.schemas.common import Model, Number, Request
from netwright_studio.schemas.inspect import SampleOf
from netwright_studio.schemas.models import Prediction

Method = Literal["gradient", "smoothgrad", "gradient_x_input", "integrated", "occlusion"]


class SaliencyRequest(SampleOf):
    """A sample of the data set, or a raw input; ``target`` is the class that is asked about, else the likeliest one."""

    methods: list[Method] = Field(["gradient"], min_length=1, max_length=5)
    target: int | None = Field(None, ge=0, le=100_000)


class Portion(Model):
    """What one column or character has to do with the score."""

    name: str
    value: Number


class SaliencyMap(Model):
    """One method's answer: a ``picture`` of the input's size, or ``shares`` of its columns or characters.

    ``signed``: values above 0 speak for the answer, those below against it; else they only say how much it hangs on
    each. ``total`` is the sum of all.
    """

    method: Method
    signed: bool
    picture: Picture | None = None
    shares: list[Portion] | None = None
    total: Number


class SaliencyReply(Model):
    """Saliencies for one input; ``score`` is the number they are about, ``nothing`` the same for the baseline."""

    target: int | None = Field(description="The class (or cluster) that is asked about; null for a value.")
    name: str | None = Field(description="What that is called.")
    score: Number
    nothing: Number
    maps: list[SaliencyMap]
    png: str | None = Field(None, description="The input, where it is an image.")
    prediction: Prediction


class DecisionRequest(Request):
    """A row of the model's table; the columns ``x`` and ``y`` vary over their range, the others stay."""

    row: Any
    x: int = Field(0, ge=0, le=10_000)
    y: int = Field(1, ge=0, le=10_000)
    size: int = Field(48, ge=8, le=96)


class DecisionPoint(Model):
    """A training sample: its place on the plane, and its class number or value."""

    x: Number
    y: Number
    value: Number


class DecisionReply(Model):
    """What the network says at ``size`` × ``size`` places, in rows from the lowest y."""

    names: tuple[str, str]
    x: tuple[float, float]
    y: tuple[float, float]
    boundary: Boundary
    points: list[DecisionPoint]
    classes: list[str] | None
    label: str | None
