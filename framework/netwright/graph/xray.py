"""A plan explained: what each step stands for and is predicted to take, and what the strategies make of a network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import BaseModel, Field

from ..scheduler import Plan, Strategy
from ..scheduler.calibration import facts
from ..scheduler.cost import Work, cpu_seconds, gpu_seconds, step_work
from ..scheduler.fused import Fused, short_name
from ..scheduler.ir import Node
from ..scheduler.plan import PYTHON
from ..symbol.symbol import Symbol, SymbolNode

BACKWARD = "_backward"
"""What the Scheduler puts behind a node's name for the calls of its gradient."""


class StepView(BaseModel):
    """What one step of a plan stands for."""

    operator: str = Field(description="the operator's name in the registry; ``fused`` for a group of them")
    calls: list[str] = Field(description="operators that one step computes in a row: a fused group, or a joined chain")
    nodes: list[str] = Field(description="nodes of the network that it computes, or whose gradient it is part of")
    again: bool = Field(description="computed in the forward pass already, and again here instead of being kept")
    seconds: float = Field(description="predicted on this machine")


class StrategyView(BaseModel):
    """What a strategy makes of a network, in numbers to be compared."""

    name: str
    steps: int
    calls: int = Field(description="steps that do work: views do none")
    python_calls: int = Field(description="of these, calls of an operator's own Python code")
    fused: int = Field(description="calls that became part of another step")
    again: int = Field(description="steps that are computed a second time instead of being kept")
    arena_bytes: int
    unshared_bytes: int
    peak_bytes: int
    flops: int
    seconds: float


def explain_steps(plan: Plan, symbol: Symbol) -> list[StepView]:
    """What each step of the plan of that symbol stands for, in their order.

    >>> from netwright import graph, templates
    >>> from netwright.graph.xray import explain_steps
    >>> document = templates.get("mlp-digits").graph
    >>> views = explain_steps(graph.plan_graph(document), graph.to_symbol(document))
    >>> views[1].operator, views[1].nodes
    ('_dense_block', ['fc1', 'relu1'])
    """
    covered = _covered(symbol, [node for node in plan.steps if node.phase == "forward"])
    owners = {name: list(nodes) for name, nodes in covered.items()}
    operators = {node.name: node.op.name for node in symbol.nodes() if node.op is not None}
    on_gpu = plan.device.is_gpu
    return [_view(node, owners, operators, on_gpu) for node in plan.steps]


def compare_strategies(plans: Iterable[tuple[str, Plan]], symbol: Symbol) -> list[StrategyView]:
    """A row for each named plan of the same symbol."""
    rows = []
    for name, plan in plans:
        views = explain_steps(plan, symbol)
        runs = [PYTHON if plan.native is None else plan.native.runs(node) for node in plan.steps]
        working = [how for how, node in zip(runs, plan.steps, strict=True) if not node.op.view]
        rows.append(
            StrategyView(
                name=name,
                steps=len(plan.steps),
                calls=len(working),
                python_calls=sum(how == PYTHON for how in working),
                fused=sum(max(0, len(view.calls) - 1) for view in views),
                again=sum(view.again for view in views),
                arena_bytes=plan.arena_bytes,
                unshared_bytes=plan.unshared_bytes,
                peak_bytes=plan.peak_bytes,
                flops=plan.flops,
                seconds=plan_seconds(plan),
            )
        )
    return rows


def plan_seconds(plan: Plan) -> float:
    """The predicted seconds of one run of all steps."""
    work = Work.of(plan, plan.graph.inputs)  # what is fed costs the same under every strategy
    return gpu_seconds(work, facts().gpus[plan.device.device_id]) if plan.device.is_gpu else cpu_seconds(work, facts())


def every_strategy() -> dict[str, Strategy]:
    """The presets by name, the quickest first."""
    order = ("fast", "balanced", "low_memory", "debug")
    names = [*(n for n in order if n in Strategy.presets), *(n for n in Strategy.presets if n not in order)]
    return {name: Strategy.preset(name) for name in names}


def _view(node: Node, owners: dict[str, list[str]], operators: dict[str, str], on_gpu: bool) -> StepView:
    names = node.name.split("+")
    bare = [name.removesuffix(BACKWARD) if node.phase == "backward" else name for name in names]
    nodes = list(dict.fromkeys(one for name in bare for one in owners.get(name, [name])))
    if isinstance(node.op, Fused):
        calls = [short_name(call.op.name) for call in node.op.calls]
    else:
        calls = [operators[name] for name in nodes if name in operators] if node.phase == "forward" else []
    again = node.phase == "backward" and not any(name.endswith(BACKWARD) for name in names) and set(bare) <= set(owners)
    return StepView(
        operator=node.op.name,
        calls=calls if len(calls) > 1 else [],
        nodes=nodes,
        again=again,
        seconds=_seconds(node, on_gpu),
    )


def _seconds(node: Node, on_gpu: bool) -> float:
    """One step by itself, without what a whole run takes once: threads that are woken, results that are waited for."""
    if node.op.view:
        return 0.0
    work, machine = Work((step_work(node),)), facts()
    if on_gpu:
        return gpu_seconds(work, machine.gpus[0]) - machine.gpus[0].wait_seconds
    return cpu_seconds(work, machine) - (machine.handoff_seconds if machine.cores > 1 else 0.0)


def _covered(symbol: Symbol, steps: Sequence[Node]) -> dict[str, list[str]]:
    """By each step's name the nodes of the symbol that it computes, in their order.

    A pass that joins calls keeps the last one's name; so what lies before a step, up to the results of other steps, is
    what it took in.
    """
    computed = {name for step in steps for name in step.name.split("+")}
    taken: set[SymbolNode] = set()
    found: dict[str, list[str]] = {}
    order = {node: i for i, node in enumerate(symbol.nodes())}
    for node in order:
        if node.op is None or node.name not in computed:
            continue
        mine, waiting = [node], [source for source, _ in node.inputs]
        while waiting:
            source = waiting.pop()
            if source.op is None or source.name in computed or source in taken:
                continue
            taken.add(source)
            mine.append(source)
            waiting += [before for before, _ in source.inputs]
        found[node.name] = [one.name for one in sorted(mine, key=order.__getitem__)]
    return found
