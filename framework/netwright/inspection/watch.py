"""A callback of ``fit`` that looks inside now and then, and never takes more than its share of the time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..datasets import Dataset
from ..errors import NetwrightError
from ..symbol.symbol import Symbol
from ..train import Callback, GraphTask, TrainState
from .histograms import Histogram, histogram, spread, to_host
from .latent import Decoder, draw_codes, image_sheet, latent, narrowest, normal_codes
from .pictures import Picture
from .plane import Boundary, Plane, can_be_drawn, picture_of
from .probe import NodeView, Probe, raw, weight_picture
from .runner import Runner
from .snapshots import Snapshot, WeightView

Array = np.ndarray[Any, Any]

SHARE = 0.02
"""The part of the training's time that looking inside may take on average."""
ALLOWANCE = 0.05
"""Seconds that may be taken beside it, so that a training of one second has its film too."""
LEAST_GAP = 0.03
STEPS_APART = 120
SAMPLES = 16
MAX_WEIGHTS = 300
CHANGE_SAMPLE = 4096
GENERATED = 36
WIDE, NARROW = 40, 24
"""Places across a boundary of data with two inputs, and of others, whose networks cost more."""


class Watch(Callback):
    """Takes snapshots while a ``GraphTask`` trains and gives them to ``keep``; of a ``BlockTask`` weights and gradients
    alone.

    The first is taken before the first step, the last (with its gradients) after the last. In between a snapshot is
    taken as soon as those before it have taken no more than ``share`` of the time that has passed (and ``ALLOWANCE``).
    A step that is not looked at costs one comparison. ``share`` 0 switches it off; by default the settings'
    ``look_inside`` counts.

    >>> from netwright import datasets, templates
    >>> from netwright.inspection import Watch
    >>> from netwright.train import GraphTask, TrainSettings, fit
    >>> data = datasets.get("iris")
    >>> seen = []
    >>> task = GraphTask(templates.get("logistic-iris").graph, data.info)
    >>> settings = TrainSettings(epochs=1, batch_size=40)
    >>> _ = fit(task, data.arrays("train"), settings=settings, callbacks=[Watch(seen.append, data)])
    >>> seen[0].step, [weight.name for weight in seen[-1].weights]
    (0, ['fc1_weight', 'fc1_bias'])
    """

    def __init__(
        self, keep: Callable[[Snapshot], None], data: Dataset | None = None, share: float | None = None
    ) -> None:
        self.keep, self.data, self._asked = keep, data, share
        self.share = SHARE if share is None else share
        self.spent = 0.0
        """Seconds taken so far, those before the first step left out."""
        self.plane: Plane | None = None
        self.trouble: str | None = None
        """Why activations are not seen, where they could have been."""
        self.started_at = -1
        """The step of the first snapshot: 0, or where a resumed training goes on."""
        self._inside: _Inside | None = None
        self._due = float("inf")
        self._pending: _Pending | None = None
        self._last = -1

    # ---------------------------------------------------------------- what fit calls
    def on_start(self, state: TrainState) -> None:
        """Look at the network as it begins."""
        if self._asked is None:
            self.share = state.settings.look_inside
        if self.share <= 0:
            return
        if isinstance(state.task, GraphTask) and self.data is not None:
            try:
                self._inside = _Inside(state.task, self.data)
                self.plane = self._inside.plane
            except NetwrightError as error:  # weights and gradients can still be seen
                self.trouble = str(error)
        self.started_at = state.step
        self._take(state, None)
        self._began = time.perf_counter()
        self._due = self._began + LEAST_GAP

    def on_step(self, state: TrainState) -> None:
        """Finish what was begun at the step, or have the next one looked at."""
        if self._pending is not None:
            self._finish(state)
        elif time.perf_counter() >= self._due or (self.share > 0 and state.step == state.steps_total - 1):
            self._due = float("inf")
            state.task.observer = lambda gradients, scale: self._observe(state, gradients, scale)

    def on_end(self, state: TrainState) -> None:
        """Look at the network as it is now."""
        state.task.observer = None
        if self.share > 0 and self._last != state.step:
            self._take(state, None)

    # ---------------------------------------------------------------- inside
    def _observe(self, state: TrainState, gradients: Mapping[str, Any], scale: float) -> None:
        before = time.perf_counter()
        pending = self._pending = self._pending or _Pending()
        for name, gradient in list(gradients.items())[:MAX_WEIGHTS]:
            pending.gradients[name] = _scaled(gradient, scale)
            if name not in pending.weights:  # of a step with several turns, what it began with
                pending.weights[name] = to_host(spread(state.task.weights[name]._data, CHANGE_SAMPLE)).copy()
        pending.cost += time.perf_counter() - before

    def _finish(self, state: TrainState) -> None:
        state.task.observer = None
        pending, self._pending = self._pending, None
        assert pending is not None
        before = time.perf_counter()
        self._take(state, pending)
        now = time.perf_counter()
        self.spent += pending.cost + now - before
        gap = max(LEAST_GAP, (now - self._began) / STEPS_APART)
        self._due = max(now + gap, self._began + (self.spent - ALLOWANCE) / self.share)

    def _take(self, state: TrainState, pending: _Pending | None) -> None:
        before = time.perf_counter()
        input_shape = self._inside.input_shape if self._inside is not None else ()
        weights = tuple(
            _weight_view(name, array._data, pending, input_shape)
            for name, array in list(state.task.weights.items())[:MAX_WEIGHTS]
        )
        nodes, boundary, generated = self._look()
        self._last = state.step
        cost = time.perf_counter() - before + (pending.cost if pending is not None else 0.0)
        self.keep(
            Snapshot(
                step=state.step,
                epoch=state.epoch,
                cost=round(cost, 6),
                weights=weights,
                nodes=nodes,
                boundary=boundary,
                generated=generated,
            )
        )

    def _look(self) -> tuple[tuple[NodeView, ...], Boundary | None, Picture | None]:
        """What is to be seen beside weights; what there is no memory for is not worth a training."""
        if self._inside is not None:
            try:
                return self._inside.look()
            except NetwrightError as error:
                self._inside, self.trouble = None, str(error)
        return (), None, None


class _Pending:
    """What was seen of a step before its updates."""

    def __init__(self) -> None:
        self.gradients: dict[str, Histogram] = {}
        self.weights: dict[str, Array] = {}
        self.cost = 0.0


class _Inside:
    """What is looked at beside weights: activations of a few samples, the boundary, what is drawn from the code."""

    def __init__(self, task: GraphTask, data: Dataset) -> None:
        self.task, self.data = task, data
        self.input_shape = tuple(data.info.input.shape)
        x, _ = data.split("test")
        chosen: Any = np.linspace(0, len(x) - 1, min(len(x), SAMPLES)).astype(np.int64) if len(x) else []
        self.samples = data.preprocessing.apply(x[chosen]) if len(x) else None
        self.probe = Probe(task.network, self._weights(), self.input_shape, task.device, native=True)
        self.plane = Plane(data) if can_be_drawn(data) else None
        classes = data.info.label.classes
        self.classes = len(classes) if classes is not None and task.task == "classification" else None
        self.size = WIDE if self.plane is not None and self.plane.info.kind == "inputs" else NARROW
        if self.plane is not None:
            head = next(e for e in task.network.symbol._entries if e[0].name == task.head.name)
            self._places = self.plane.inputs(self.size).reshape(-1, *self.probe.inputs[self.probe.input_name])
            self._runner = Runner(Symbol([head]), self.probe.inputs, task.device, native=True)
        self.generator = _Generator.of(task, self._weights(), data) if task.head.label is None else None

    def _weights(self) -> dict[str, Any]:
        return {**raw(self.task.weights), **raw(self.task.states)}

    def look(self) -> tuple[tuple[NodeView, ...], Boundary | None, Picture | None]:
        weights = self._weights()
        self.probe.weights = weights
        nodes = tuple(self.probe.look(self.samples)) if self.samples is not None else ()
        drawn = None
        if self.plane is not None and self.task.head.label is not None:
            drawn = picture_of(self._runner(weights, self._places)[0], self.size, self.classes)
        return nodes, drawn, None if self.generator is None else self.generator(weights)


class _Generator:
    """New images: from an autoencoder by codes of the distribution that the samples' codes have now, from a network
    that was taught to generate by standard normal ones.
    """

    def __init__(self, task: GraphTask, node: str, data: Dataset) -> None:
        self.network, self.node, self.shape = task.network, node, tuple(data.info.input.shape)
        self.taught = task.choice.kind == "generation"
        self.output = task.choice.output if self.taught else None
        x, _ = data.split("train")
        self.x = data.preprocessing.apply(x[:: max(1, len(x) // 128)])

    @classmethod
    def of(cls, task: GraphTask, weights: Mapping[str, Any], data: Dataset) -> _Generator | None:
        if data.info.input.kind != "image" or not len(data.train[0]):
            return None
        node = task.choice.latent or narrowest(task.network, weights, tuple(data.info.input.shape))
        return None if node is None else cls(task, node, data)

    def __call__(self, weights: Mapping[str, Any]) -> Picture | None:
        codes = latent(self.network, weights, self.x, self.node, self.shape)
        decoder = Decoder(self.network, weights, self.node, codes.shape[1:], self.output)
        drawn = normal_codes(codes.shape[1], GENERATED, 7) if self.taught else draw_codes(codes, GENERATED, 7)
        return image_sheet(decoder(drawn), self.shape, round(GENERATED**0.5))


def _weight_view(name: str, array: Any, pending: _Pending | None, input_shape: tuple[int, ...]) -> WeightView:
    change = None
    if pending is not None and name in pending.weights:
        old = pending.weights[name].astype(np.float64)
        new = to_host(spread(array, CHANGE_SAMPLE)).astype(np.float64)
        size = float(np.linalg.norm(old))
        change = float(np.linalg.norm(new - old)) / size if size > 0 else None
    return WeightView(
        name=name,
        shape=tuple(array.shape),
        values=histogram(array),
        gradient=None if pending is None else pending.gradients.get(name),
        change=change,
        picture=weight_picture(array, input_shape, 1536),
    )


def _scaled(gradient: Any, scale: float) -> Histogram:
    """The histogram of the mean gradient over the batch: what is lent is the sum."""
    found = histogram(gradient)
    parts = {name: getattr(found, name) * scale for name in ("low", "high", "mean", "std", "norm")}
    return found.model_copy(update=parts)
