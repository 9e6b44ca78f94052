"""Steering a training from another thread: pause, one batch, go on, stop, change."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from ..errors import NetwrightError, ParamError
from .changes import Change, check_changes
from .loop import Callback, TrainState

NAMES = {"learning_rate", "weight_decay", "batch_size"}
Order = tuple[dict[str, Any], "Future[list[Change]]"]


class Steering(Callback):
    """A callback that other threads tell what to do; the training does it between two steps.

    ``held`` tells whether the training holds still. A subclass may hear ``on_held`` and ``on_released``.

    >>> from netwright import train
    >>> steering = train.Steering(paused=True)
    >>> net, loss = mx.gluon.nn.Dense(1), mx.gluon.loss.L2Loss()
    >>> data = np.ones((8, 2), "float32"), np.ones(8, "float32")
    >>> settings = train.TrainSettings(epochs=1, batch_size=4, validation_split=0)
    >>> import threading
    >>> task = train.BlockTask(net, loss)
    >>> training = threading.Thread(target=lambda: train.fit(task, data, settings=settings, callbacks=[steering]))
    >>> training.start()
    >>> steering.step().result()
    1
    >>> [change.after for change in steering.change(learning_rate=0.5).result()]
    [0.5]
    >>> steering.resume()
    >>> training.join()
    """

    def __init__(self, paused: bool = False) -> None:
        self._wanted = threading.Condition()
        self._paused = paused
        self._stop = False
        self._orders: deque[Order] = deque()
        self._steps: deque[Future[int]] = deque()
        self._taking: Future[int] | None = None
        self._over = False
        self.held = False

    # ---------------------------------------------------------------- what other threads say
    @property
    def paused(self) -> bool:
        """Whether the training is to hold still."""
        return self._paused

    def pause(self) -> None:
        """Hold the training still after the present step."""
        with self._wanted:
            self._paused = True
            self._wanted.notify_all()

    def resume(self) -> None:
        """Let the training go on."""
        with self._wanted:
            self._paused = False
            self._wanted.notify_all()

    def stop(self) -> None:
        """End the training after the present step."""
        with self._wanted:
            self._stop = True
            self._wanted.notify_all()

    def step(self) -> Future[int]:
        """Train one batch and hold still again; the future gives the number of the step once it is done."""
        future: Future[int] = Future()
        with self._wanted:
            self._paused = True
            self._steps.append(future)
            self._refuse_if_over()
            self._wanted.notify_all()
        return future

    def change(self, **values: Any) -> Future[list[Change]]:
        """Change settings before the next step (``TrainState.change``); ParamError at once for what cannot be."""
        check_changes(**values)
        future: Future[list[Change]] = Future()
        with self._wanted:
            self._orders.append((values, future))
            self._refuse_if_over()
            self._wanted.notify_all()
        return future

    # ---------------------------------------------------------------- what the training hears
    def on_held(self, state: TrainState) -> None:
        """The training holds still now."""

    def on_released(self, state: TrainState) -> None:
        """The training goes on (not told for single steps)."""

    def on_changed(self, state: TrainState, changes: list[Change]) -> None:
        """Something was changed."""

    def on_start(self, state: TrainState) -> None:
        """Hold still before the first step where that is wanted."""
        self._obey(state)

    def on_step(self, state: TrainState) -> None:
        """Do what was asked for."""
        if self._taking is not None:
            self._taking.set_result(state.step)
            self._taking = None
        self._obey(state)

    def on_end(self, state: TrainState) -> None:
        """What was not done any more is refused."""
        with self._wanted:
            self._over = True
            self._refuse_if_over()

    def _obey(self, state: TrainState) -> None:
        self._apply(state)
        if not self._paused or self._stop:
            self._end_if_told(state)
            return
        if not self.held:
            self.held = True
            self.on_held(state)
        while self._paused and not self._stop:
            with self._wanted:
                self._wanted.wait_for(lambda: self._orders or self._steps or self._stop or not self._paused)
            self._apply(state)
            if self._steps and not self._stop:
                self._taking = self._steps.popleft()
                state.skip_time()
                return
        state.skip_time()
        self.held = False
        if not self._stop:
            self.on_released(state)
        self._end_if_told(state)

    def _end_if_told(self, state: TrainState) -> None:
        if self._stop:
            state.request_stop()

    def _apply(self, state: TrainState) -> None:
        while self._orders:
            values, future = self._orders.popleft()
            answer(future, lambda values=values: self._changed(state, values))  # type: ignore[misc]

    def _changed(self, state: TrainState, values: dict[str, Any]) -> list[Change]:
        made = state.change(**values)
        if made:
            self.on_changed(state, made)
        return made

    def _refuse_if_over(self) -> None:
        if not self._over:
            return
        error = NetwrightError("the training is over", remedy="Start another one")
        waiting: list[Future[Any]] = [
            *self._steps,
            *(future for _, future in self._orders),
            *filter(None, [self._taking]),
        ]
        self._steps.clear()
        self._orders.clear()
        self._taking = None
        for future in waiting:
            future.set_exception(error)


class PlannedChanges(Callback):
    """A callback that changes settings after given steps: ``{500: {"learning_rate": 0.001}}``.

    What cannot be is refused when it is made, with ParamError. A training that is resumed after such a step has made
    its change before.
    """

    def __init__(self, plan: Mapping[int, Mapping[str, float]]) -> None:
        for step, values in plan.items():
            if not set(values) <= NAMES or step < 0:
                got = f"step {step}: {', '.join(values)}"
                raise ParamError("unknown change", wanted=", ".join(sorted(NAMES)), got=got)
            check_changes(**values)  # type: ignore[arg-type]
        self._plan = {step: dict(values) for step, values in plan.items()}

    def on_start(self, state: TrainState) -> None:
        """Change what is to be so from the beginning."""
        if state.resumed_from is None:
            self.on_step(state)

    def on_step(self, state: TrainState) -> None:
        """Change what is due."""
        values = self._plan.get(state.step)
        if values is not None:
            state.change(**values)  # type: ignore[arg-type]


def answer(future: Future[Any], work: Callable[[], Any]) -> None:
    """Give a future what the work gives, or the error a user can do something about."""
    try:
        result = work()
    except NetwrightError as error:
        future.set_exception(error)
    else:
        future.set_result(result)
