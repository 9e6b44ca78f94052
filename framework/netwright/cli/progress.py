"""The display of a training: a bar that moves, and a line of figures for each epoch."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..train import Advice, Callback, TrainState
from .console import errors, number, out

# What is shown for each epoch, where it is measured.
COLUMNS = ("train_loss", "train_accuracy", "train_r2", "val_loss", "val_accuracy", "val_r2")
LINES = 40


class TrainingDisplay(Callback):
    """A callback that shows how far the training is. Control-C ends it after the step, with a checkpoint."""

    def __init__(self, checkpoints: Path) -> None:
        self._checkpoints = checkpoints
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=out,
            transient=True,
            disable=not out.is_terminal,
        )
        self._bar = self._progress.add_task("starting", total=None, figures="")
        self._shown: tuple[str, ...] = ()
        self._interrupted = False
        self._before: Any = None

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._on_interrupt)
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        signal.signal(signal.SIGINT, self._before)

    def on_start(self, state: TrainState) -> None:
        """Say where it runs, and from where it goes on."""
        for note in state.notes:
            errors.print(note, style="yellow", markup=False, soft_wrap=True)
        resumed = "" if state.resumed_from is None else f", resumed at step {state.resumed_from}"
        reason = f" ({state.device_reason})" if state.device_reason else ""
        out.print(f"{state.device}{reason}{resumed}", markup=False, soft_wrap=True)
        self._progress.update(self._bar, total=state.steps_total, completed=state.step)

    def on_step(self, state: TrainState) -> None:
        """Move the bar."""
        if self._interrupted:
            state.request_stop()
        figures = f"loss {number(state.metrics.get('train_loss'))} · {state.samples_per_second:,.0f} samples/s"
        epoch = min(int(state.epoch) + 1, state.epochs)
        self._progress.update(
            self._bar, completed=state.step, description=f"epoch {epoch}/{state.epochs}", figures=figures
        )

    def on_epoch(self, state: TrainState) -> None:
        """Print a line of figures; of long trainings every so many epochs only."""
        epoch = round(state.epoch)
        every = -(-state.epochs // LINES)
        if not self._shown:
            self._shown = tuple(column for column in COLUMNS if column in state.metrics)
            out.print("epoch  " + "  ".join(f"{column:>14}" for column in self._shown), style="bold")
        if epoch % every == 0 or epoch == state.epochs:
            out.print(f"{epoch:>5}  " + "  ".join(f"{number(state.metrics.get(c)):>14}" for c in self._shown))

    def show_advice(self, advice: Advice) -> None:
        """Say what goes wrong, why it is thought so, and what helps."""
        colour = "red" if advice.severity == "problem" else "yellow"
        say = advice.sentence
        out.print(f"{say(advice.title)} (step {advice.step})", style=f"bold {colour}", markup=False)
        out.print(say(advice.text), style=colour, markup=False, soft_wrap=True)
        for remedy in advice.remedies:
            out.print(f"  · {say(remedy)}", markup=False, soft_wrap=True)

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        """Wait for the step to end; a second Control-C does not."""
        if self._interrupted:
            raise KeyboardInterrupt
        self._interrupted = True
        errors.print("Stopping after this step …")
