"""Curves below the cell that trains, drawn anew as the numbers come."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .curves import draw_curves

if TYPE_CHECKING:
    from ..train import TrainState


class LiveCurves:
    """A callback for ``train.fit``, or a thing to tell numbers to from a loop of one's own.

    ``names`` chooses the metrics to draw (all losses and scores when empty). The picture is drawn at most every
    ``seconds``, and once more at the end. Outside a notebook nothing is drawn; the numbers are kept all the same.

    >>> from netwright.notebook import LiveCurves
    >>> curves = LiveCurves(title="by hand")
    >>> for step in range(3):
    ...     curves.add(step, loss=1 / (step + 1))
    >>> curves.series["loss"]
    ([0.0, 1.0, 2.0], [1.0, 0.5, 0.3333333333333333])
    """

    def __init__(self, names: Iterable[str] = (), *, title: str = "", seconds: float = 0.25) -> None:
        self.names = tuple(names)
        self.title = title
        self.seconds = seconds
        self.series: dict[str, tuple[list[float], list[float]]] = {}
        self._shown: Any = None
        self._drawn_at = 0.0

    def add(self, step: float, **values: float) -> None:
        """Take the values of a step and draw where it is time."""
        for name, value in values.items():
            if not self.names or name in self.names:
                steps, numbers = self.series.setdefault(name, ([], []))
                steps.append(float(step))
                numbers.append(float(value))
        if time.monotonic() - self._drawn_at >= self.seconds:
            self.draw()

    def draw(self) -> None:
        """Draw now, in place of the picture before."""
        self._drawn_at = time.monotonic()
        display = _notebook_display()
        if display is None:
            return
        if self._shown is None:
            self._shown = display(self, display_id=True)
        else:
            self._shown.update(self)

    def _repr_svg_(self) -> str:
        return draw_curves(self.series, title=self.title)

    # ------------------------------------------------------------------ as a callback of train.fit
    def on_step(self, state: TrainState) -> None:
        self.add(state.step, **_curves_of(state.metrics, "train_"))

    def on_epoch(self, state: TrainState) -> None:
        self.add(state.step, **_curves_of(state.metrics, "val_"))

    def on_end(self, state: TrainState) -> None:
        self.draw()


def _curves_of(metrics: dict[str, float], prefix: str) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if name.startswith(prefix)}


def _notebook_display() -> Any:
    """IPython's ``display`` where a notebook's kernel runs this, else None."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return None
    shell = get_ipython()
    return display if shell is not None and getattr(shell, "kernel", None) is not None else None
