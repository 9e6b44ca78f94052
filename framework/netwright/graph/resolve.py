"""From a document to nodes with operators, parameters and edges; what cannot be resolved becomes problems."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping

from ..errors import ParamError
from ..ops import find, names
from ..ops.operator import Operator, Port
from ..ops.params import OpParams
from . import fixes
from .document import INPUT, NODE_ID, GraphDocument, GraphNode, output_index, split_reference
from .inputs import InputParams
from .report import Problem

MAX_VALUE_TEXT = 60


class Resolved:
    """A node whose operator and parameters are right; ``sources`` maps ports to (node id, output number)."""

    __slots__ = ("node", "op", "output_names", "p", "ports", "sources")

    def __init__(self, node: GraphNode, op: Operator | None, p: OpParams, ports: tuple[Port, ...]) -> None:
        self.node, self.op, self.p, self.ports = node, op, p, ports
        self.sources: dict[str, tuple[str, int]] = {}

        self.output_names = ("output",) if op is None else op.output_names(p)[: op.visible_outputs(p)]
        """Names of the visible outputs."""

    @property
    def id(self) -> str:
        return self.node.id


def resolve(document: GraphDocument) -> tuple[dict[str, Resolved], list[Problem]]:
    """Nodes by id in an order in which they can run, and all problems of ids, operators, parameters and edges."""
    problems: list[Problem] = []
    found: dict[str, Resolved] = {}
    seen: Counter[str] = Counter()
    for node in document.nodes:
        seen[node.id] += 1
        if seen[node.id] == 2:
            problems.append(
                Problem(
                    code="duplicate_id",
                    node=node.id,
                    message=f"two nodes are called {node.id!r}",
                    remedy="Rename one of them",
                )
            )
        if seen[node.id] > 1:
            continue
        resolved = _resolve_node(node, problems)
        if resolved is not None:
            found[node.id] = resolved
    known = set(seen)
    for resolved in found.values():
        _resolve_edges(resolved, found, known, problems)
    return _in_order(found, problems), problems


def _resolve_node(node: GraphNode, problems: list[Problem]) -> Resolved | None:
    if not NODE_ID.fullmatch(node.id):
        problems.append(
            Problem(
                code="bad_id",
                node=node.id[:64],
                message="this cannot be a node's id",
                wanted="a letter, then up to 63 letters, digits or _",
                got=repr(node.id[:64]),
                remedy="Rename the node",
            )
        )
        return None
    op = None if node.op == INPUT else find(node.op)
    if op is None and node.op != INPUT:
        near = difflib.get_close_matches(node.op, [INPUT, *names()], n=2)
        problems.append(
            Problem(
                code="unknown_operator",
                node=node.id,
                message=f"there is no operator {node.op[:64]!r}",
                remedy=f"Did you mean {' or '.join(near)}?" if near else "Choose one from the palette",
            )
        )
        return None
    model: type[OpParams] = InputParams if op is None else op.Params
    values = dict(node.params)
    if op is not None and op.variadic:
        values[op.variadic] = max(1, len(node.inputs))
    try:
        p = model.make(values, strict=True)
        ports = () if op is None else op.ports(p)
    except ParamError as error:
        problems.append(param_problem(node.id, error))
        return None
    except (ValueError, OverflowError, RecursionError):
        problems.append(Problem(code="bad_param", node=node.id, message="the parameters are not plain JSON values"))
        return None
    return Resolved(node, op, p, ports)


def param_problem(node: str, error: ParamError) -> Problem:
    """A parameter error as a problem on the node."""
    got = error.got if error.got is None or len(error.got) <= MAX_VALUE_TEXT else error.got[:MAX_VALUE_TEXT] + "…"
    return Problem(
        code="bad_param",
        node=node,
        parameter=error.parameter,
        message=error.message,
        wanted=error.wanted,
        got=got,
        remedy=error.remedy or (f"Change {error.parameter}" if error.parameter else None),
    )


def _resolve_edges(resolved: Resolved, found: Mapping[str, Resolved], known: set[str], problems: list[Problem]) -> None:
    node = resolved.node
    ports = {port.name for port in resolved.ports}
    for port, reference in node.inputs.items():
        if port not in ports:
            problems.append(
                Problem(
                    code="unknown_port",
                    node=node.id,
                    port=port[:64],
                    message=f"{node.op} has no input {port[:64]!r} here",
                    wanted=", ".join(sorted(ports)) or "no inputs",
                    remedy="Remove this connection",
                    fix=fixes.disconnect(node.id, port),
                )
            )
            continue
        source_id, output = split_reference(reference)
        source = found.get(source_id)
        if source_id == node.id:
            problems.append(
                Problem(
                    code="cycle",
                    node=node.id,
                    port=port,
                    message="the node is connected to itself",
                    remedy="Remove this connection",
                    fix=fixes.disconnect(node.id, port),
                )
            )
        elif source_id not in known:
            problems.append(
                Problem(
                    code="dangling_input",
                    node=node.id,
                    port=port,
                    message=f"this input comes from {source_id[:64]!r}, which is not there",
                    remedy="Connect it to a node, or remove the connection",
                    fix=fixes.disconnect(node.id, port),
                )
            )
        elif source is not None:
            index = output_index(output, source.output_names)
            if index is None:
                problems.append(
                    Problem(
                        code="dangling_input",
                        node=node.id,
                        port=port,
                        message=f"{source_id!r} has no output {output[:64]!r}",
                        wanted=", ".join(source.output_names),
                        remedy="Connect one of its outputs",
                        fix=fixes.disconnect(node.id, port),
                    )
                )
            else:
                resolved.sources[port] = (source_id, index)


def _in_order(found: dict[str, Resolved], problems: list[Problem]) -> dict[str, Resolved]:
    """Inputs before users (Kahn's algorithm); nodes on a cycle are reported and left out."""
    users: dict[str, list[str]] = {name: [] for name in found}
    waiting = dict.fromkeys(found, 0)
    for name, resolved in found.items():
        for source in {source for source, _ in resolved.sources.values()}:
            users[source].append(name)
            waiting[name] += 1
    ready = [name for name, count in waiting.items() if count == 0]
    order: dict[str, Resolved] = {}
    for name in ready:  # grows while it is walked
        order[name] = found[name]
        for user in users[name]:
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
    left = [name for name in found if name not in order]
    if left:
        cycle = _a_cycle(left, found)
        shown = " → ".join(cycle[:8]) + (" → …" if len(cycle) > 8 else "")
        first, last = cycle[0], cycle[-2]
        port = next(p for p, (source, _) in found[first].sources.items() if source == last)
        problems.append(
            Problem(
                code="cycle",
                node=first,
                port=port,
                fix=fixes.disconnect(first, port),
                message=f"the nodes form a cycle: {shown}",
                remedy="Remove one of these connections: a network runs from input to output",
            )
        )
    return order


def _a_cycle(left: list[str], found: Mapping[str, Resolved]) -> list[str]:
    """One cycle among the nodes that could not be ordered, as it runs (the first node again at the end)."""
    stuck = set(left)
    path: list[str] = []
    place: dict[str, int] = {}
    name = left[0]
    while name not in place:
        place[name] = len(path)
        path.append(name)
        name = next(s for s, _ in found[name].sources.values() if s in stuck)
    cycle = path[place[name] :][::-1]
    return [*cycle, cycle[0]]
