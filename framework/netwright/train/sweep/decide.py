"""What comes next in a sweep, from what is known of its trials and nothing else.

So a sweep can be cut at any moment and goes on from its records, and the same records give the same next step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .measure import Goal
from .methods import Halving, Method, rung_sizes
from .trial import OVER, Trial, TrialState, ranked

S = TrialState
AT_WORK = frozenset({S.WAITING, S.RUNNING})


@dataclass(frozen=True)
class Job:
    """A trial to be trained until a rung."""

    trial: Trial
    rung: int


@dataclass(frozen=True)
class Ended:
    """A trial that does not go on, and why."""

    trial: Trial
    reason: str


@dataclass
class Decision:
    """What to train now, and whose training is over. ``done``: nothing is left to be trained."""

    jobs: list[Job] = field(default_factory=list)
    early: list[Ended] = field(default_factory=list)
    done: bool = False


def decide(
    trials: Sequence[Trial], method: Method, rungs: Sequence[int], goal: Goal, metric: str = "", room: int = 1
) -> Decision:
    """The next jobs, as many as there is ``room`` for beside those that run, and the trials that do not go on."""
    if not isinstance(method, Halving):
        jobs = [Job(trial, 0) for trial in trials if trial.state is S.WAITING]
        decision = Decision(jobs)
    elif method.asynchronous:
        decision = _as_they_come(trials, method, rungs, goal, metric)
    else:
        decision = _rung_by_rung(trials, method, rungs, goal, metric)
    ended = {one.trial.number for one in decision.early}
    decision.done = not decision.jobs and all(trial.state in OVER or trial.number in ended for trial in trials)
    decision.jobs = decision.jobs[: max(0, room)]
    return decision


def _rung_by_rung(trials: Sequence[Trial], method: Halving, rungs: Sequence[int], goal: Goal, metric: str) -> Decision:
    """A rung is compared when all that come to it have come: then the best go on, the others end."""
    decision = Decision()
    cohort = [trial for trial in trials if trial.state is not S.REFUSED]
    sizes = rung_sizes(len(cohort), len(rungs), method.keep)
    for rung in range(len(rungs)):
        here = [trial for trial in cohort if trial.rung == rung]
        if rung == 0:
            decision.jobs += [Job(trial, 0) for trial in here if trial.state is S.WAITING]
        if any(trial.state in AT_WORK for trial in here):
            return decision
        if rung + 1 == len(rungs):
            return decision
        order = ranked(cohort, rung, goal)
        chosen = order[: sizes[rung + 1]]
        numbers = {trial.number for trial in chosen}
        decision.jobs += [Job(trial, rung + 1) for trial in chosen if trial.state is S.HELD and trial.rung == rung]
        for place, trial in enumerate(order, 1):
            if trial.number not in numbers and trial.state is S.HELD and trial.rung == rung:
                decision.early.append(_end(trial, rungs, metric, place, len(order), len(chosen)))
        cohort = chosen
        if any(trial.state is S.HELD and trial.rung == rung for trial in chosen):
            return decision
    return decision


def _as_they_come(trials: Sequence[Trial], method: Halving, rungs: Sequence[int], goal: Goal, metric: str) -> Decision:
    """From the highest rung down, whoever is among the best so far goes on; else another trial begins."""
    decision = Decision()
    cohort = [trial for trial in trials if trial.state is not S.REFUSED]
    for rung in reversed(range(len(rungs) - 1)):
        for trial in _leaders(cohort, rung, method, goal):
            if trial.state is S.HELD and trial.rung == rung:
                decision.jobs.append(Job(trial, rung + 1))
    decision.jobs += [Job(trial, 0) for trial in cohort if trial.state is S.WAITING]
    going = {job.trial.number for job in decision.jobs}
    for rung in range(len(rungs) - 1):
        if _more_may_come(cohort, rung, going):
            return decision
        order = ranked(cohort, rung, goal)
        leaders = _leaders(cohort, rung, method, goal)
        for place, trial in enumerate(order, 1):
            if trial.state is S.HELD and trial.rung == rung and trial.number not in going:
                decision.early.append(_end(trial, rungs, metric, place, len(order), len(leaders)))
    return decision


def _leaders(cohort: Sequence[Trial], rung: int, method: Halving, goal: Goal) -> list[Trial]:
    """The best of those that have come to a rung; once no more will come, at least one."""
    order = ranked(cohort, rung, goal)
    count = len(order) // method.keep
    if count == 0 and not _more_may_come(cohort, rung, set()):
        count = 1
    return order[:count]


def _more_may_come(cohort: Sequence[Trial], rung: int, going: set[int]) -> bool:
    """Whether a trial is still on its way to a rung, or may be sent there."""
    return any(
        (trial.rung <= rung and trial.state in AT_WORK)
        or (trial.rung < rung and (trial.state is S.HELD or trial.number in going))
        for trial in cohort
    )


def _end(trial: Trial, rungs: Sequence[int], metric: str, place: int, of: int, kept: int) -> Ended:
    rung, score = trial.rung, trial.scores[trial.rung]
    figure = f"{metric} {score:.4g}".strip()
    return Ended(
        trial,
        reason=f"Stopped early at rung {rung + 1} of {len(rungs)} (epoch {rungs[rung]}): "
        f"{figure} is number {place} of {of}, and {kept} went on.",
    )
