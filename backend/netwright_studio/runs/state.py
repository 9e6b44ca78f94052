"""The states of a run and the moves between them."""

from __future__ import annotations

from enum import StrEnum

from netwright_studio.errors import ConflictError


class RunState(StrEnum):
    """Where a run is in its life."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_over(self) -> bool:
        """No process works on it and none will, unless it is resumed."""
        return self in OVER

    @property
    def is_live(self) -> bool:
        """A worker process belongs to it."""
        return self in LIVE


S = RunState

OVER = frozenset({S.COMPLETED, S.STOPPED, S.FAILED, S.INTERRUPTED})
LIVE = frozenset({S.STARTING, S.RUNNING, S.PAUSED, S.STOPPING})

MOVES: dict[RunState, frozenset[RunState]] = {
    S.QUEUED: frozenset({S.STARTING, S.STOPPED, S.FAILED}),
    S.STARTING: frozenset({S.RUNNING, S.STOPPING, S.FAILED, S.INTERRUPTED}),
    S.RUNNING: frozenset({S.PAUSED, S.STOPPING, S.COMPLETED, S.FAILED, S.INTERRUPTED}),
    S.PAUSED: frozenset({S.RUNNING, S.STOPPING, S.FAILED, S.INTERRUPTED}),
    S.STOPPING: frozenset({S.STOPPED, S.COMPLETED, S.FAILED, S.INTERRUPTED}),
    S.COMPLETED: frozenset(),
    S.STOPPED: frozenset({S.QUEUED}),
    S.FAILED: frozenset({S.QUEUED}),
    S.INTERRUPTED: frozenset({S.QUEUED}),
}


def sources(target: RunState) -> frozenset[RunState]:
    """Return the states from which ``target`` may be reached."""
    return frozenset(state for state, targets in MOVES.items() if target in targets)


def require_move(current: RunState, target: RunState, *, action: str | None = None) -> None:
    """Raise ConflictError unless ``current`` may become ``target``."""
    if target not in MOVES[current]:
        wanted = " or ".join(sorted(sources(target)))
        raise ConflictError(
            f"A run that is {current} cannot be {action or f'made {target}'}.",
            where="state",
            wanted=wanted,
            got=current.value,
            remedy="Wait until the run is in a state that allows it, or look at the run again.",
        )
