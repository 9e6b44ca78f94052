"""What a network that is being trained can show: samples it makes, pictures it gives back, texts it writes."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from . import random
from .continuing import continue_text
from .datasets import Dataset, InputInfo
from .datasets.pictures import encode_png
from .generation import Generator
from .graph.check import DataSpec
from .graph.part import part
from .graph.predictor import Predictor, load_predictor
from .train.task import GraphTask

GRID = 64
LARGE = 24
"""Images in a sheet: 8 × 8 small ones, fewer of those that are larger than 40 pixels."""
LINE = 0.25
"""Brightness of the lines between them."""
PAIRS = 8
TEXT_LENGTH = 200
TEMPERATURE = 0.8


class Showing(BaseModel):
    """A sheet of images side by side (``png``, ``rows`` by ``columns``) or a text.

    ``kind``: ``generated`` from the same latent numbers each time, ``reconstructed`` (inputs above what came of them),
    ``centres`` of clusters, decoded, or ``text``.
    """

    kind: Literal["generated", "reconstructed", "centres", "text"]
    png: str | None = None
    rows: int | None = None
    columns: int | None = None
    text: str | None = None


class Show:
    """Shows the same things again and again as a task is trained; draws nothing from the training's own generator."""

    def __init__(self, task: GraphTask, data: Dataset) -> None:
        self._task, self._data, self._choice = task, data, task.choice
        self._spec = DataSpec.of(data.info)
        self._generator: Generator | None = None
        self._runner: Predictor | None = None

    @property
    def possible(self) -> bool:
        """Whether there is anything to show."""
        image = self._data.info.input.kind == "image"
        if self._choice.kind == "language":
            return self._data.info.input.characters is not None
        return image and self._choice.output is not None

    def __call__(self) -> Showing | None:
        """What the network shows now; None where it has nothing (a cluster before the first epoch is over)."""
        if not self.possible:
            return None
        views = {"language": self._text, "generation": self._generated, "clustering": self._centres}
        view = views.get(self._choice.kind, self._reconstructed)
        generator = random.state_of(self._task.device)
        before = generator.state_dict()
        try:
            return view()
        finally:
            generator.load_state_dict(before)  # a part may draw numbers too: the training must not miss them

    def generator(self) -> Generator:
        """What makes samples, with the weights as they are now."""
        weights = self._task.arrays()
        if self._generator is None:
            self._generator = Generator(self._task.graph, self._choice, weights, self._spec, self._task.device)
        else:
            self._generator.use(weights)
        return self._generator

    def _decode(self, latents: NDArray[Any] | None) -> NDArray[np.float32] | None:
        generator = self.generator()
        count = GRID if self._data.info.input.shape[-1] <= 40 else LARGE
        made = generator.decode(generator.draw(count, 0) if latents is None else latents)
        return made if np.isfinite(made).all() else None

    def _generated(self) -> Showing | None:
        made = self._decode(None)
        return None if made is None else self._sheet("generated", made, 8)

    def _centres(self) -> Showing | None:
        centres = self._task.clusters
        if centres is None:
            return None
        made = self._decode(np.asarray(centres, np.float32))
        return None if made is None else self._sheet("centres", made, min(len(made), 10))

    def _reconstructed(self) -> Showing | None:
        x = self._data.preprocessing.apply(self._data.split("test")[0][:PAIRS])
        if self._runner is None:
            graph = part(self._task.graph, [str(self._choice.output)])
            self._runner = load_predictor(graph, self._task.arrays(), self._task.device, self._data.info.input.shape)
        else:
            self._runner.use(self._task.arrays())
        back = self._runner(x)[0]
        return self._sheet("reconstructed", np.concatenate([x.reshape(back.shape), back]), len(x))

    def _text(self) -> Showing:
        if self._runner is None:
            graph, shape = self._task.graph, self._data.info.input.shape
            self._runner = load_predictor(graph, self._task.arrays(), self._task.device, shape)
        else:
            self._runner.use(self._task.arrays())
        runner, info = self._runner, self._data.info.input
        text = continue_text(lambda x: runner(x)[0], info.characters or "", info.shape[0], "", TEXT_LENGTH, TEMPERATURE)
        return Showing(kind="text", text=text)

    def _sheet(self, kind: Any, images: NDArray[Any], columns: int) -> Showing:
        info = self._data.info.input
        raw = self._data.preprocessing.invert(images.reshape(-1, *info.shape))
        rows = -(-len(raw) // columns)
        return Showing(kind=kind, png=encode_png(sheet(raw, columns, info), info), rows=rows, columns=columns)


def sheet(images: NDArray[Any], columns: int, info: InputInfo) -> NDArray[np.float32]:
    """Raw images (count, channels, height, width) side by side as one, in rows of ``columns``, dark lines between."""
    count, channels, tall, wide = images.shape
    rows, gap = math.ceil(count / columns), max(1, wide // 16)
    height, width = tall + gap, wide + gap
    line = info.low + LINE * (info.high - info.low)
    whole = np.full((rows * columns, channels, height, width), line, np.float32)
    whole[:count, :, :tall, :wide] = images
    return (
        whole.reshape(rows, columns, channels, height, width)
        .transpose(2, 0, 3, 1, 4)
        .reshape(channels, rows * height, columns * width)
    )
