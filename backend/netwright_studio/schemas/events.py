"""Events of a run and the WebSocket frames they travel in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from netwright_studio.runs.state import RunState
from netwright_studio.schemas.common import Model, Number


class EventBase(Model):
    """Numbered from 1 without holes per run."""

    seq: int
    time: str


class StateData(Model):
    """The run is in another state."""

    state: RunState
    reason: str | None = None
    resumed_from_step: int | None = Field(
        None,
        description="Set when training goes on from a checkpoint: points after this step were superseded.",
    )


class MetricsData(Model):
    """Values at a step. ``epoch`` is a fraction of the whole: 1.28 is 28 % into the second."""

    step: int
    epoch: float
    values: dict[str, Number]


class ProgressData(Model):
    """How far and how fast."""

    step: int
    steps_total: int | None = None
    epoch: float
    epochs: int
    samples_per_second: Number | None = None
    seconds_left: Number | None = None
    memory_bytes: int | None = None


class LogData(Model):
    """A line for people."""

    level: Literal["debug", "info", "warning", "error"]
    message: str


class CheckpointData(Model):
    """Training can go on from here."""

    step: int
    epoch: float
    bytes: int


class PlanData(Model):
    """What runs, where, and why there."""

    text: str
    device: str
    reason: str | None = None


class InspectData(Model):
    """A snapshot was taken: what is inside can be seen as it was at this step."""

    step: int
    epoch: float


class ChangeData(Model):
    """A setting was changed after ``step``: the next step is the first to feel it."""

    name: Literal["learning_rate", "weight_decay", "batch_size"]
    before: Number
    after: Number
    step: int
    epoch: float


class BarData(Model):
    """One layer's value."""

    name: str
    value: Number


class EvidenceData(Model):
    """What was seen: values by layer with the limit they should keep, or points (step, value) of curves."""

    measure: str
    bars: list[BarData]
    limit: Number | None = None
    logarithmic: bool = False
    curves: dict[str, list[tuple[int, Number]]]


class AdviceData(Model):
    """A mishap, why it is thought to be one, and what to do. Texts are templates: ``{{name}}`` stands in ``values``."""

    kind: Literal[
        "nan", "divergence", "plateau", "overfitting", "dead_relu", "exploding_gradients", "vanishing_gradients"
    ]
    severity: Literal["problem", "warning"]
    layer: str | None = None
    step: int
    epoch: float
    title: str
    text: str
    remedies: list[str]
    values: dict[str, str | Number]
    evidence: EvidenceData
    change: dict[str, float] = Field(description="Settings that would help.")


class ModelData(Model):
    """The run made this model."""

    name: str
    version: int


class SamplesData(Model):
    """What the network makes now: images side by side (inputs above what came of them, centres of clusters), or a
    text.
    """

    step: int
    epoch: float
    kind: Literal["generated", "reconstructed", "centres", "text"]
    png: str | None = None
    rows: int | None = None
    columns: int | None = None
    text: str | None = None


class StateEvent(EventBase):
    """A change of state."""

    type: Literal["state"]
    data: StateData


class MetricsEvent(EventBase):
    """Points of the curves."""

    type: Literal["metrics"]
    data: MetricsData


class ProgressEvent(EventBase):
    """Progress."""

    type: Literal["progress"]
    data: ProgressData


class LogEvent(EventBase):
    """A line of the log."""

    type: Literal["log"]
    data: LogData


class CheckpointEvent(EventBase):
    """A checkpoint was written."""

    type: Literal["checkpoint"]
    data: CheckpointData


class PlanEvent(EventBase):
    """The plan that runs."""

    type: Literal["plan"]
    data: PlanData


class InspectEvent(EventBase):
    """A snapshot of what is inside."""

    type: Literal["inspect"]
    data: InspectData


class ChangeEvent(EventBase):
    """A setting was changed while training."""

    type: Literal["change"]
    data: ChangeData


class AdviceEvent(EventBase):
    """Something goes wrong."""

    type: Literal["advice"]
    data: AdviceData


class ModelEvent(EventBase):
    """A model version was made."""

    type: Literal["model"]
    data: ModelData


class SamplesEvent(EventBase):
    """Something to look at."""

    type: Literal["samples"]
    data: SamplesData


RunEvent = Annotated[
    StateEvent
    | MetricsEvent
    | ProgressEvent
    | LogEvent
    | CheckpointEvent
    | PlanEvent
    | InspectEvent
    | SamplesEvent
    | ChangeEvent
    | AdviceEvent
    | ModelEvent,
    Field(discriminator="type"),
]


class EventPage(Model):
    """Events after a number; ``gap`` is [from, to] of those that were pruned and can no longer be had."""

    events: list[RunEvent]
    next: int
    gap: tuple[int, int] | None


class EventsFrame(Model):
    """Events, as many as came in 50 ms."""

    type: Literal["events"]
    events: list[RunEvent]


class GapFrame(Model):
    """These events were pruned."""

    type: Literal["gap"]
    from_: int = Field(alias="from")
    to: int


class HeartbeatFrame(Model):
    """Nothing new, and still there."""

    type: Literal["heartbeat"]
    last: int


class EndFrame(Model):
    """The run is over and everything was sent."""

    type: Literal["end"]


EventStreamFrame = Annotated[EventsFrame | GapFrame | HeartbeatFrame | EndFrame, Field(discriminator="type")]


class EventStream(Model):
    """What ``WS /api/runs/{id}/events?after=N`` sends. The client sends nothing."""

    frame: EventStreamFrame
