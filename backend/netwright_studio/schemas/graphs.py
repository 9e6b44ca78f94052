"""Graphs: the document that is drawn, what the check says of it, and the plan made from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from netwright_studio.schemas.common import Model, Request

# More than this is refused before it is looked at; the framework has the same limit.
MAX_NODES = 10_000
MAX_OUTPUTS = 1000


class Node(Request):
    """One operator of a graph. What is not right about it is told by the check, not by the parser."""

    id: str = Field(max_length=200, description="[A-Za-z][A-Za-z0-9_]{0,63}")
    op: str = Field(max_length=200)
    params: dict[str, Any] = Field(default_factory=dict)
    inputs: dict[str, str] = Field(default_factory=dict, description='port → "node" or "node:output"')


class Exposed(Request):
    """A parameter of a member that is shown on the block."""

    node: str = Field(max_length=200)
    parameter: str = Field(max_length=200)
    title: str = Field("", max_length=200)


class NodeGroup(Request):
    """Nodes drawn as one block, and repeated in a row; see docs/contracts.md."""

    id: str = Field(max_length=200, description="[A-Za-z][A-Za-z0-9_]{0,63}, not the name of a node")
    title: str = Field("", max_length=200)
    members: list[str] = Field(default_factory=list, max_length=MAX_NODES, description="ids of nodes and of groups")
    repeat: int = Field(1, ge=1, le=1000)
    carry: str | None = Field(
        None, max_length=200, description='the outside "node" or "node:output" a repetition replaces by the one before'
    )
    exposed: list[Exposed] = Field(default_factory=list, max_length=100)
    collapsed: bool = True


class Graph(Request):
    """A network as it is drawn and stored: only the specification, nothing derived."""

    format: Literal["netwright-graph"] = "netwright-graph"
    version: Literal[1] = 1
    name: str = Field("", max_length=200)
    nodes: list[Node] = Field(default_factory=list, max_length=MAX_NODES)
    outputs: list[str] = Field(default_factory=list, max_length=MAX_OUTPUTS)
    layout: dict[str, tuple[float, float]] = Field(default_factory=dict, description="node id → [x, y]")
    groups: list[NodeGroup] = Field(default_factory=list, max_length=1000)


class CheckRequest(Request):
    """A graph to look at, with the data set that will feed it."""

    graph: Graph
    dataset: str | None = Field(None, max_length=120)
    batch_size: int = Field(32, ge=1, le=1_000_000)


class FollowersRequest(CheckRequest):
    """A graph and one of its outputs that a new node shall read."""

    source: str = Field(max_length=200, description='"node" or "node:output"')


class Followers(Model):
    """Names of the operators that take an output as it is, in the palette's order."""

    operators: list[str]


class TensorInfo(Model):
    """Shape and element type, batch axis included; null where it could not be derived."""

    shape: list[int] | None = None
    dtype: str | None = None


class OutputInfo(TensorInfo):
    """One output of a node."""

    name: str


class WeightInfo(Model):
    """One weight or auxiliary state of a node."""

    name: str
    shape: list[int] | None = None


class ReceptiveField(Model):
    """How much of an input one position of a node's first output is computed from, axis by axis of a sample."""

    input: str
    size: list[int] = Field(description="positions that are seen")
    of: list[int] = Field(description="the sample's shape")
    step: list[float | None] = Field(
        description="how far they move from one output position to the next; null where they do not move evenly"
    )


class NodeReport(Model):
    """What was derived for one node."""

    op: str
    inputs: dict[str, TensorInfo] = Field(default_factory=dict)
    outputs: list[OutputInfo] = Field(default_factory=list)
    weights: list[WeightInfo] = Field(default_factory=list)
    states: list[WeightInfo] = Field(default_factory=list)
    parameters: int = 0
    flops: int = 0
    bytes: int = 0
    receptive: list[ReceptiveField] = Field(
        default_factory=list, description="empty where an operator on the way does not say what it reads"
    )


class GroupReport(Model):
    """What a group holds, its repetitions included; ``outputs`` by reference as drawn, of the last repetition."""

    nodes: int = 0
    outputs: dict[str, TensorInfo] = Field(default_factory=dict)
    parameters: int = 0
    flops: int = 0
    bytes: int = 0


class Totals(Model):
    """Sums over the graph, for one mini-batch."""

    parameters: int = 0
    flops: int = 0
    activation_bytes: int = 0
    weight_bytes: int = 0


class SetParams(Model):
    """Change parameters of a node."""

    type: Literal["set-params"] = "set-params"
    id: str
    params: dict[str, Any]


class AddNode(Model):
    """Add a node, at a place or wherever there is room."""

    type: Literal["add-node"] = "add-node"
    node: Node
    position: tuple[float, float] | None = None


class RemoveNode(Model):
    """Remove a node and its edges."""

    type: Literal["remove-node"] = "remove-node"
    id: str


class Connect(Model):
    """Draw an edge from an output to a port."""

    type: Literal["connect"] = "connect"
    source: str = Field(alias="from", description='"node" or "node:output"')
    to: str
    port: str


class Disconnect(Model):
    """Remove the edge that ends at a port."""

    type: Literal["disconnect"] = "disconnect"
    to: str
    port: str


class SetOutputs(Model):
    """Name the outputs of the graph."""

    type: Literal["set-outputs"] = "set-outputs"
    outputs: list[str]


Edit = Annotated[SetParams | AddNode | RemoveNode | Connect | Disconnect | SetOutputs, Field(discriminator="type")]


class Fix(Model):
    """A remedy the page offers as one click."""

    label: str
    edits: list[Edit]


class Problem(Model):
    """One thing that is wrong, or that may surprise, and where."""

    severity: Literal["error", "warning"]
    code: str
    node: str | None = None
    port: str | None = None
    parameter: str | None = None
    message: str
    wanted: str | None = None
    got: str | None = None
    remedy: str | None = None
    fix: Fix | None = None


class CheckReport(Model):
    """Shapes, counts, costs and problems of a graph."""

    ok: bool
    nodes: dict[str, NodeReport]
    groups: dict[str, GroupReport]
    totals: Totals
    problems: list[Problem]


class Connection(Request):
    """An output that a port shall read."""

    source: str = Field(alias="from", max_length=200, description='"node" or "node:output"')
    to: str = Field(max_length=200)
    port: str = Field(max_length=200)


class ConnectRequest(CheckRequest):
    """Connections that are to be made in a graph together, or that are in it already."""

    connections: list[Connection] = Field(min_length=1, max_length=64)


class Judgement(Model):
    """Whether connections can work. Each mend holds all edits it takes, the connections too, and was tried."""

    ok: bool
    problem: Problem | None = None
    mends: list[Fix] = Field(default_factory=list)


class PlanRequest(Request):
    """A graph to plan."""

    graph: Graph
    dataset: str | None = Field(None, max_length=120)
    batch_size: int = Field(32, ge=1, le=1_000_000)
    training: bool = True


class PlanStep(Model):
    """One step of a plan; inputs and outputs are ids of tensors, ``bytes`` what it reads and writes.

    ``runs``: native code cut by ``rows`` of the batch or ``lanes`` of its result, or running ``once``; a ``view``, or a
    Python ``call``.
    """

    step: int
    op: str
    name: str
    phase: str
    inputs: list[int]
    outputs: list[int]
    flops: int
    bytes: int
    memory: str | None = None
    runs: str = "call"


class PlanTensor(Model):
    """One tensor: where it lies in the arena and from which step to which it lives."""

    id: int
    name: str
    shape: list[int]
    dtype: str
    bytes: int
    storage: str
    first: int
    last: int
    offset: int | None
    shares: int | None


class PlanTotals(Model):
    """Sums over a plan."""

    flops: int
    arena_bytes: int
    unshared_bytes: int
    peak_bytes: int
    input_bytes: int


class PlanPass(Model):
    """What one pass of the Scheduler changed: steps, the predicted peak in bytes, and in words."""

    name: str
    steps_before: int
    steps_after: int
    bytes_before: int
    bytes_after: int
    changed: str
    idle: bool


class Plan(Model):
    """The Scheduler's plan: what runs in which order, where each tensor lies and when it lives."""

    device: str
    reason: str | None
    strategy: dict[str, Any]
    steps: list[PlanStep]
    boundary: int | None = Field(description="The first step of the backward pass")
    passes: list[PlanPass]
    tensors: list[PlanTensor]
    totals: PlanTotals
    text: str
