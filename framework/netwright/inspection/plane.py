"""A map of a data set in two dimensions, and what a network decides everywhere on it.

Data with two inputs are drawn as they are. Others are projected on their two principal components: the directions in
which they differ most. What is drawn between the points is then the plane through their mean.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from ..datasets import Dataset
from ..datasets.preprocessing import Preprocessing

MAX_POINTS = 1000
MARGIN = 0.12

Array = np.ndarray[Any, Any]


class PlaneInfo(BaseModel):
    """``points`` are [x, y, label]: a class number, or a value. ``explained`` is the part of the variance on each axis.

    ``kind``: ``inputs`` (two columns as they are) or ``components`` (principal components).
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["inputs", "components"]
    names: tuple[str, str]
    x: tuple[float, float]
    y: tuple[float, float]
    explained: tuple[float, float]
    points: tuple[tuple[float, float, float], ...]
    rows: tuple[int, ...]
    classes: tuple[str, ...] | None
    label: str | None


class Boundary(BaseModel):
    """What a network says at ``size`` × ``size`` places of the plane, in rows from the lowest y.

    For classes ``winner`` (base64, a byte each) is the likeliest class and ``strength`` its probability in 255ths. For
    values ``strength`` runs from ``low`` to ``high`` and ``winner`` is empty.
    """

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")

    size: int
    kind: Literal["classes", "values"]
    low: float
    high: float
    winner: str
    strength: str


class Projection:
    """A linear map from samples to the plane and back: u = (x − mean) · axesᵀ."""

    def __init__(self, mean: Array, axes: Array, explained: tuple[float, float]) -> None:
        self.mean, self.axes, self.explained = mean, axes, explained

    @classmethod
    def fit(cls, x: Array) -> Projection:
        """The two principal components of samples (count, …), by iteration on a subspace from a fixed start."""
        flat = np.asarray(x, np.float64).reshape(len(x), -1)
        mean = flat.mean(0)
        centred = flat - mean
        total = float((centred * centred).sum()) or 1.0
        width = flat.shape[1]
        wide = min(4, width)
        basis = np.random.Generator(np.random.Philox(5)).normal(size=(width, wide))
        for _ in range(16):
            basis, _ = np.linalg.qr(centred.T @ (centred @ basis))
        _, sizes, turn = np.linalg.svd(centred @ basis, full_matrices=False)
        axes = (basis @ turn.T).T[:2]
        if len(axes) < 2:
            axes = np.vstack([axes, np.zeros((2 - len(axes), width))])
        # a fixed sign: the largest entry of an axis points up, so that a map does not flip between two looks
        signs = np.sign(axes[np.arange(2), np.abs(axes).argmax(1)])
        shares = [*(sizes**2 / total), 0.0, 0.0]
        return cls(mean, axes * np.where(signs == 0, 1, signs)[:, None], (float(shares[0]), float(shares[1])))

    def __call__(self, x: Array) -> Array:
        """Samples → (count, 2)."""
        flat = np.asarray(x, np.float64).reshape(len(x), -1)
        return (flat - self.mean) @ self.axes.T

    def back(self, places: Array) -> Array:
        """(count, 2) → flat samples on the plane."""
        flat: Array = self.mean + places @ self.axes
        return flat


class Plane:
    """The map of a data set: where its samples lie, and which network inputs belong to a place."""

    def __init__(self, data: Dataset, rows: Array | None = None, most: int = MAX_POINTS) -> None:
        raw, y = data.split("train")
        rows = np.arange(len(raw)) if rows is None else rows
        if len(rows) > most:
            rows = rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
        self.preprocessing: Preprocessing | None = None
        self.shape = tuple(raw.shape[1:])
        x: Array = raw[rows].astype(np.float64)
        columns = data.info.input.columns or ()
        if int(np.prod(self.shape)) == 2:
            self.preprocessing = data.preprocessing
            spread = x.reshape(len(x), 2).var(0)
            shares = spread / (spread.sum() or 1.0)
            self.projection = Projection(np.zeros(2), np.eye(2), (float(shares[0]), float(shares[1])))
            names = (columns[0], columns[1]) if len(columns) == 2 else ("x", "y")
        else:
            x = data.preprocessing.apply(raw[rows])
            self.projection = Projection.fit(x)
            names = ("PC 1", "PC 2")
        places = self.projection(x)
        label = data.info.label
        values = (
            np.zeros(len(rows)) if label.kind == "none" else y[rows].astype(np.float64).reshape(len(rows), -1)[:, 0]
        )
        self.info = PlaneInfo(
            kind="inputs" if self.preprocessing is not None else "components",
            names=names,
            x=_span(places[:, 0]),
            y=_span(places[:, 1]),
            explained=self.projection.explained,
            points=tuple((float(u), float(v), float(t)) for (u, v), t in zip(places.round(5), values, strict=True)),
            rows=tuple(rows.tolist()),
            classes=label.classes,
            label=label.name,
        )

    def inputs(self, size: int) -> Array:
        """Network inputs for ``size`` × ``size`` places, in rows from the lowest y."""
        u, v = (_centres(span, size) for span in (self.info.x, self.info.y))
        places = np.stack([np.tile(u, size), np.repeat(v, size)], 1)
        flat = self.projection.back(places).astype(np.float32)
        x = flat.reshape(-1, *self.shape)
        return x if self.preprocessing is None else self.preprocessing.apply(x)


def can_be_drawn(data: Dataset) -> bool:
    """Whether places between samples mean something: numbers do, letters do not."""
    return data.info.input.kind in ("table", "image") and data.info.label.kind != "none" and len(data.train[0]) > 0


def boundary(predict: Callable[[Array], Array], plane: Plane, size: int = 40, classes: int | None = None) -> Boundary:
    """What a network says everywhere on a plane. ``predict`` takes network inputs and returns the head's output."""
    return picture_of(predict(plane.inputs(size)), size, classes)


def picture_of(out: Array, size: int, classes: int | None) -> Boundary:
    """The boundary from the head's output at all places; of several values the first is shown."""
    flat = np.nan_to_num(np.asarray(out, np.float64).reshape(size * size, -1))
    if classes is not None and flat.shape[1] in (1, classes) and not (flat.shape[1] == 1 and classes > 2):
        likely = np.concatenate([1 - flat, flat], 1) if flat.shape[1] == 1 else flat
        winner = likely.argmax(1)
        strength = np.clip(np.rint(likely.max(1) * 255), 0, 255)
        return Boundary(
            size=size, kind="classes", low=0, high=1, winner=_encode(winner), strength=_encode(strength)
        )  # fmt: skip
    values = flat[:, 0]
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) / ((high - low) or 1.0) * 255
    return Boundary(size=size, kind="values", low=low, high=high, winner="", strength=_encode(np.rint(scaled)))


def _encode(values: Array) -> str:
    return base64.b64encode(values.astype(np.uint8).tobytes()).decode()


def _centres(span: tuple[float, float], size: int) -> Array:
    low, high = span
    return low + (np.arange(size) + 0.5) * ((high - low) / size)


def _span(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * ((high - low) or 1.0)
    return low - margin, high + margin
