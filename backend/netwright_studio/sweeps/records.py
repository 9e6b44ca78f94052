"""Between the store's rows and the framework's trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netwright.train.sweep.trial import Trial, TrialState
from netwright_studio.store.tables import Sweep, SweepTrial

if TYPE_CHECKING:
    from netwright.train.sweep import SweepSpec


class Record(Trial):
    """A trial read from its row."""

    @classmethod
    def read(cls, row: SweepTrial) -> Record:
        """Return the trial of a row."""
        record = cls(row.number, row.values)
        record.update(row)
        return record

    def update(self, row: SweepTrial) -> None:
        """Take over what the row says now."""
        self.state, self.rung, self.reason, self.seconds = TrialState(row.state), row.rung, row.reason, row.seconds
        self.scores = {int(rung): float(score) for rung, score in row.scores.items()}


def to_trials(rows: Sequence[SweepTrial]) -> list[Record]:
    """Return the trials of rows, in their order."""
    return [Record.read(row) for row in rows]


def read_spec_of(sweep: Sweep) -> SweepSpec:
    """Return what a stored sweep varies."""
    from netwright.train.sweep import read_spec

    return read_spec(sweep.spec, sweep.name)
