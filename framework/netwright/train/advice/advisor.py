"""The advisor: a callback that watches a training and says what goes wrong, once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..loop import Callback, TrainState
from .curves import Divergence, LossCurve, Overfitting, Plateau, rate_of
from .finite import Trouble, advice_of, examine
from .gradients import Exploding, LayerGradient, Vanishing, norms
from .inside import Inside
from .units import DeadUnits
from .words import Advice

SAMPLES = 128
"""How many samples the rectifiers are looked at with."""
LOOKS, UNIT_LOOKS = 48, 10
"""How often gradients and rectifiers are looked at, beside the first steps: fixed numbers, so that it costs little."""

UNITS_FROM = 12
"""Rectifiers are looked at from this step on: enough samples have come by."""

REASONS = ("dead_relu", "divergence", "exploding_gradients")
"""Gradients that vanish after one of these need no word of their own."""


class Advisor(Callback):
    """A callback that finds mishaps and hands them to ``tell``, each once until a setting is changed.

    Looked for are a loss that is no number, divergence, plateaus, overfitting, dead rectifiers, exploding and vanishing
    gradients. Nothing is changed by it, and the trained numbers stay the same bits. What it found is in ``given``.
    With ``stop`` a training whose loss is no number ends there: nothing can be learned any more.

    >>> from netwright import train
    >>> advisor = train.Advisor(tell=lambda advice: print(advice.kind, advice.severity))
    >>> net = mx.gluon.nn.Dense(1, in_units=1, weight_initializer="ones")
    >>> x = np.arange(40, dtype="float32").reshape(40, 1)
    >>> sgd = {"optimizer": "sgd", "optimizer_params": {"learning_rate": 0.01}}
    >>> settings = train.TrainSettings(epochs=3, batch_size=10, validation_split=0, **sgd)
    >>> task = train.BlockTask(net, mx.gluon.loss.L2Loss())
    >>> result = train.fit(task, (x, 2 * x[:, 0]), settings=settings, callbacks=[advisor])
    exploding_gradients problem
    divergence problem
    """

    def __init__(self, tell: Callable[[Advice], None] | None = None, stop: bool = False) -> None:
        self.tell, self._stop = tell, stop
        self.given: list[Advice] = []
        self._curve = LossCurve()
        self._said: set[tuple[str, str | None]] = set()
        self._samples: list[Any] = []
        self._trouble: Trouble | None = None
        self._norms: dict[str, LayerGradient] | None = None
        self._changes = 0
        self.lost = False
        """Whether the loss is no number any more."""
        self._arm()

    def _arm(self) -> None:
        self._divergence, self._plateau, self._overfitting = Divergence(), Plateau(), Overfitting()
        self._exploding, self._vanishing, self._units = Exploding(), Vanishing(), DeadUnits()

    # ---------------------------------------------------------------- what fit calls
    def on_start(self, state: TrainState) -> None:
        """Begin to watch."""
        self._state = state
        self._inside = Inside(state.task)
        self._layers: dict[str, str] = {}
        self._curve.begin(max(1, round(state.steps_total / state.epochs)))
        self._began = state.step
        self._changes = len(state.changes)  # a training that goes on has its changes behind it
        choice = state.settings.task
        # A critic and a generator work against each other: that their losses stay or rise means nothing.
        self._rivals = choice is not None and len(choice.turns) > 1
        state.task.examiner = self._examine

    def on_step(self, state: TrainState) -> None:
        """Say what the step has shown."""
        if self.lost:
            return
        if len(state.changes) != self._changes:
            self._changes = len(state.changes)
            self._begin_anew()
        if self._trouble is not None:
            self._say(advice_of(self._trouble, self._curve, state.step, state.epoch, rate_of(state)))
            self.lost, self._trouble = True, None
            state.task.examiner = None
            if self._stop:
                state.request_stop()
            return
        loss = state.metrics.get("train_loss", math.nan)
        if math.isfinite(loss):
            self._curve.add(state.step, loss)
        if not self._rivals:
            self._say(self._divergence.look(self._curve, state))
        if self._norms is not None:
            self._say(self._exploding.look(self._norms, state))
            if not self._rivals and not any(advice.kind in REASONS for advice in self.given):
                self._say(self._vanishing.look(self._norms, self._curve, state))
            self._norms = None
        self._look_inside(state)

    def on_epoch(self, state: TrainState) -> None:
        """Say what the epoch has shown."""
        if self.lost or self._rivals:
            return
        self._say(self._overfitting.look(self._curve, state))
        self._say(self._plateau.look(self._curve, state))

    def on_end(self, state: TrainState) -> None:
        """Watch no longer."""
        state.task.examiner = None

    # ---------------------------------------------------------------- inside
    def _examine(self, x: Any, y: Any, sums: dict[str, float], gradients: Mapping[str, Any], scale: float) -> None:
        """Before an update: weights and gradients are those that the loss came from."""
        state = self._state
        if not self._layers:
            self._layers = self._inside.layers()
        if not math.isfinite(sums["loss"]):
            self._trouble = examine(self._inside, self._layers, _raw(state), x)
            return
        if self._is_due(state.step + 1 - self._began):
            self._norms = norms(self._layers, gradients, _raw(state), scale)
        collecting = state.step - self._began < UNITS_FROM and not isinstance(x, (tuple, list))
        if collecting and sum(map(len, self._samples)) < SAMPLES:
            self._samples.append(x[:SAMPLES].copy())

    def _is_due(self, step: int) -> bool:
        """Often at first, then every so many steps; the same steps whatever else the machine does."""
        every = max(1, self._state.steps_total // LOOKS)
        return step % every == 0 or step in (1, 2, 3, 4, 6, 8, 12) or (step >= 16 and step & (step - 1) == 0)

    def _look_inside(self, state: TrainState) -> None:
        step = state.step - self._began
        every = max(1, state.steps_total // UNIT_LOOKS)
        if not self._samples or step < UNITS_FROM or not (step % every == 0 or step & (step - 1) == 0):
            return
        xp = np if isinstance(self._samples[0], np.ndarray) else state.task.device.xp
        if len(self._samples) > 1:
            self._samples = [xp.concatenate(self._samples)[:SAMPLES]]
        for found in self._units.look(self._inside, self._samples[0], state):
            self._say(found)

    def _begin_anew(self) -> None:
        """After a change what was said may be over, or may have to be said again."""
        self._said.clear()
        self._arm()
        self._curve.rearm()

    def _say(self, advice: Advice | None) -> None:
        if advice is None or (advice.kind, advice.layer) in self._said:
            return
        self._said.add((advice.kind, advice.layer))
        self.given.append(advice)
        if self.tell is not None:
            self.tell(advice)


def _raw(state: TrainState) -> dict[str, Any]:
    return {name: array._data for name, array in state.task.weights.items()}
