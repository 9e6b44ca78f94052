"""Whether a connection can work, why not, and what would make it work.

A connection is refused where it brings an error to the node it leads to, or to a node that was right before. Each mend
that is offered was tried: the graph with it has none of these errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, Field

from ..datasets.info import DatasetInfo
from .check import DataSpec, check
from .document import parse
from .edits import Edit, apply_edits
from .mending import Site, mends
from .report import CheckReport, Fix, Problem
from .resolve import resolve

MOST_MENDS = 3
MOST_TRIES = 12
"""A try costs a check of the whole graph."""


class Connection(NamedTuple):
    """An output ("node" or "node:output") that a port shall read."""

    source: str
    to: str
    port: str

    @property
    def edit(self) -> Edit:
        return {"type": "connect", "from": self.source, "to": self.to, "port": self.port}


class Judgement(BaseModel):
    """What is wrong with a connection; each of ``mends`` holds all edits that are needed, the connection too."""

    ok: bool
    problem: Problem | None = None
    mends: list[Fix] = Field(default_factory=list)


def judge(
    graph: Mapping[str, Any],
    connections: Sequence[Connection],
    *,
    data: DatasetInfo | DataSpec | None = None,
    batch_size: int = 32,
) -> Judgement:
    """Judge connections that are made together, or that are there already.

    Raises GraphError where a node they lead to is not there.
    """
    spec = data if isinstance(data, DataSpec) else DataSpec.of(data)

    def look(edits: Iterable[Edit]) -> tuple[dict[str, Any], CheckReport]:
        changed = apply_edits(graph, edits)
        return changed, check(changed, data=spec, batch_size=batch_size)

    targets = {connection.to for connection in connections}
    present = check(graph, data=spec, batch_size=batch_size)
    bare = look({"type": "disconnect", "to": one.to, "port": one.port} for one in connections)[1]
    joining = [connection.edit for connection in connections]
    joined, after = look(joining)
    known = {_key(problem) for report in (bare, present) for problem in report.errors() if problem.node not in targets}
    known |= {_key(problem) for problem in bare.errors()}
    worked = {name for name, report in present.nodes.items() if report.outputs}

    def faults(report: CheckReport) -> list[Problem]:
        fresh = [problem for problem in report.errors() if _key(problem) not in known]
        at_target = [problem for problem in fresh if problem.node in targets]
        return at_target or [p for p in fresh if p.node is None or p.node in worked or p.code == "cycle"]

    found = faults(after)
    if not found:
        return Judgement(ok=True)
    problem = found[0]
    kept: list[Fix] = []
    for tried in _candidates(joined, after, problem, connections, spec)[:MOST_TRIES]:
        edits = [*joining, *tried.edits]
        mended = look(edits)[1]
        if not faults(mended) and not _new_nodes_fail(mended, tried, known):
            kept.append(Fix(label=tried.label, edits=[dict(edit) for edit in edits]))
        if len(kept) == MOST_MENDS:
            break
    return Judgement(ok=False, problem=problem, mends=kept)


def _key(problem: Problem) -> tuple[str | None, ...]:
    return problem.code, problem.node, problem.port, problem.parameter, problem.message, problem.got


def _new_nodes_fail(report: CheckReport, fix: Fix, known: set[tuple[str | None, ...]]) -> bool:
    """Whether what the mend changes or adds has an error of its own."""
    touched = {str(edit["node"]["id"] if edit["type"] == "add-node" else edit.get("id")) for edit in fix.edits}
    return any(problem.node in touched and _key(problem) not in known for problem in report.errors())


def _candidates(
    joined: Mapping[str, Any],
    report: CheckReport,
    problem: Problem,
    connections: Sequence[Connection],
    data: DataSpec,
) -> list[Fix]:
    """Mends to try, the likeliest first: the check's own, then those that follow from the shapes."""
    own = [problem.fix] if problem.fix is not None and problem.code != "unused_node" else []
    order, _ = resolve(parse(joined))
    target = order.get(problem.node or "")
    if target is None or target.op is None or problem.code not in ("shape_mismatch", "label_mismatch", "bad_param"):
        return [] if problem.code in ("cycle", "unknown_port", "dangling_input") else own
    made = {one.port for one in connections if one.to == problem.node}
    ports = [problem.port, *(port for port in target.sources if port in made), *target.sources]
    taken = {str(node["id"]) for node in joined["nodes"]} | {str(one["id"]) for one in joined.get("groups") or ()}
    fixes = list(own)
    for port in dict.fromkeys(port for port in ports if port in target.sources):
        site = Site(target, str(port), order, report, problem, taken, data)
        if site.shape is not None:
            fixes += mends(site)
    unique = {str(fix.edits): fix for fix in reversed(fixes)}
    return list(unique.values())[::-1]
