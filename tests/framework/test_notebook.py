"""Curves for notebooks: what is drawn, what is left out, when."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from netwright import gluon
from netwright.gluon import nn
from netwright.notebook import LiveCurves, draw_curves
from netwright.train import BlockTask, TrainSettings, fit

SVG = "{http://www.w3.org/2000/svg}"


def points_of(svg: str) -> list[list[tuple[float, float]]]:
    lines = ET.fromstring(svg).findall(f"{SVG}polyline")
    return [[tuple(map(float, p.split(","))) for p in line.attrib["points"].split()] for line in lines]  # type: ignore[misc]


def test_curves_lie_inside_the_picture_and_grow_upwards() -> None:
    (line,) = points_of(draw_curves({"loss": ([0, 1, 2], [1.0, 3.0, 2.0])}, width=400, height=200))
    assert all(0 <= x <= 400 and 0 <= y <= 200 for x, y in line)
    assert line[1][1] < line[2][1] < line[0][1], "greater values lie higher"
    assert line[0][0] < line[1][0] < line[2][0]


def test_what_is_not_finite_is_left_out() -> None:
    (line,) = points_of(draw_curves({"loss": ([0, 1, 2, 3], [1.0, math.nan, math.inf, 2.0])}))
    assert len(line) == 2


@pytest.mark.parametrize("series", [{}, {"loss": ([], [])}, {"loss": ([1], [2.0])}, {"a": ([0, 1], [5.0, 5.0])}])
def test_little_or_nothing_can_be_drawn(series: dict[str, tuple[list[float], list[float]]]) -> None:
    assert len(points_of(draw_curves(series))) == len(series)


def test_peaks_of_long_series_are_kept() -> None:
    values = np.zeros(100_000)
    values[54_321] = 1.0
    (line,) = points_of(draw_curves({"loss": (range(len(values)), values.tolist())}))
    assert len(line) <= 1300
    assert min(y for _, y in line) < max(y for _, y in line), "the peak is drawn"


def test_names_are_escaped() -> None:
    assert "<b>" not in draw_curves({"<b>": ([0, 1], [0.0, 1.0])}, title="<b>")


def test_fit_tells_its_curves() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 3)).astype(np.float32)
    net = nn.Dense(1)
    curves = LiveCurves(seconds=0)
    data = (x, x.sum(axis=1, keepdims=True))
    fit(BlockTask(net, gluon.loss.L2Loss()), data, data, TrainSettings(epochs=2, batch_size=16), callbacks=[curves])
    assert len(curves.series["train_loss"][0]) == 8
    assert len(curves.series["val_loss"][0]) == 2
    assert len(points_of(curves._repr_svg_())) == len(curves.series)


def test_only_chosen_names_are_kept() -> None:
    curves = LiveCurves(["loss"])
    curves.add(1, loss=0.5, accuracy=0.9)
    assert list(curves.series) == ["loss"]
