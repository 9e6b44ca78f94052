from __future__ import annotations

import itertools

import pytest

from netwright_studio.errors import ConflictError
from netwright_studio.runs.state import LIVE, MOVES, OVER, RunState, require_move


def test_every_state_has_its_row_and_belongs_to_one_kind() -> None:
    assert set(MOVES) == set(RunState)
    assert {RunState.QUEUED} | LIVE | OVER == set(RunState)
    assert not LIVE & OVER


def test_a_live_run_can_always_fail_or_be_interrupted_and_a_completed_one_stays() -> None:
    for state in LIVE:
        assert {RunState.FAILED, RunState.INTERRUPTED} <= MOVES[state]
    assert MOVES[RunState.COMPLETED] == frozenset()
    assert all(RunState.QUEUED not in MOVES[state] for state in LIVE)


@pytest.mark.parametrize(("current", "target"), list(itertools.product(RunState, RunState)))
def test_require_move_follows_the_table(current: RunState, target: RunState) -> None:
    if target in MOVES[current]:
        require_move(current, target)
        return
    with pytest.raises(ConflictError) as caught:
        require_move(current, target)
    assert caught.value.got == current.value
    assert caught.value.remedy


def test_the_refusal_names_the_states_that_would_do() -> None:
    with pytest.raises(ConflictError, match="A run that is queued cannot be paused") as caught:
        require_move(RunState.QUEUED, RunState.PAUSED, action="paused")
    assert caught.value.wanted == "running"
