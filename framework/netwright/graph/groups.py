"""Groups: nodes drawn as one block, nested, and repeated in a row.

A group names its members (nodes and other groups) and draws them as one; the network is the same with and without it.
``repeat`` is the exception: the members stand for that many copies in a row, each with weights of its own. What enters
through the ``carry`` connection enters the first copy, its copies read the one output of the copy before them, every
other connection from outside is the same for all, and whoever reads the group reads the last copy. The first copy keeps
the members' ids; the node ``conv`` of the third is ``conv_r3``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import GraphError
from .document import INPUT, MAX_NODES, NODE_ID, GraphDocument, GraphNode, parse, split_reference
from .report import Problem

MAX_REPEAT = 1000
MAX_DEPTH = 32
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class GraphGroup:
    """One group as it stands in the document; ``exposed`` holds (node, parameter) that are shown on the block."""

    id: str
    members: tuple[str, ...]
    repeat: int = 1
    carry: str | None = None
    exposed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Expansion:
    """A document without repeats: what runs.

    ``copies`` maps every added node to (the node it is a copy of, its group, which repetition); ``exits`` maps a group
    to {reference as drawn: reference in its last copy}; ``inside`` maps it to all its nodes, copies included.
    """

    document: GraphDocument
    copies: Mapping[str, tuple[str, str, int]] = field(default_factory=dict)
    exits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    inside: Mapping[str, Sequence[str]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def expand(graph: Any) -> Expansion:
    """A graph JSON's document with its repeated groups written out; GraphError where it has no outline of one."""
    document = parse(graph)
    rows = _rows(graph)
    if not rows or len({node.id for node in document.nodes}) < len(document.nodes):
        return Expansion(document)  # two nodes of one id are the check's to report
    return _Expander(document, [_group(row, number) for number, row in enumerate(rows)]).run()


def read_groups(graph: Any) -> dict[str, tuple[GraphGroup, str]]:
    """The groups of a graph JSON by id, each with its title."""
    rows = [(_group(row, number), row) for number, row in enumerate(_rows(graph))]
    return {group.id: (group, str(row.get("title") or "")) for group, row in rows}


def _rows(graph: Any) -> Sequence[Any]:
    if "nodes" not in graph and isinstance(graph.get("graph"), Mapping):
        graph = graph["graph"]
    rows = graph.get("groups") or ()
    if not isinstance(rows, (list, tuple)) or len(rows) > MAX_NODES:
        raise GraphError("groups are a list", where="groups", wanted=f"at most {MAX_NODES}")
    return rows


def _group(row: Any, number: int) -> GraphGroup:
    where = f"groups[{number}]"
    if not isinstance(row, Mapping) or not isinstance(row.get("id"), str):
        raise GraphError("a group is a JSON object with an id", where=where)
    where = row["id"][:LONGEST_ID] or where
    members, repeat, carry = row.get("members", []), row.get("repeat", 1), row.get("carry")
    if not isinstance(members, (list, tuple)) or not all(isinstance(m, str) for m in members):
        raise GraphError("members are a list of node and group ids", where=where)
    if not isinstance(repeat, int) or isinstance(repeat, bool) or not 1 <= repeat <= MAX_REPEAT:
        raise GraphError(
            "this cannot be a number of repetitions", where=where, wanted=f"1 to {MAX_REPEAT}", got=str(repeat)[:20]
        )
    if carry is not None and not isinstance(carry, str):
        raise GraphError('carry is written "node" or "node:output"', where=where)
    shown = row.get("exposed") or []
    if not isinstance(shown, (list, tuple)) or not all(
        isinstance(e, Mapping) and isinstance(e.get("node"), str) and isinstance(e.get("parameter"), str) for e in shown
    ):
        raise GraphError('exposed is a list of {"node", "parameter"}', where=where)
    exposed = tuple((e["node"], e["parameter"]) for e in shown)
    return GraphGroup(row["id"], tuple(dict.fromkeys(members)), repeat, carry, exposed)


class _Expander:
    def __init__(self, document: GraphDocument, groups: list[GraphGroup]) -> None:
        self.document = document
        self.nodes = {node.id: node for node in document.nodes}
        self.outputs = list(document.outputs)
        self.groups: dict[str, GraphGroup] = {}
        self.problems: list[Problem] = []
        self.copies: dict[str, tuple[str, str, int]] = {}
        self.exits: dict[str, dict[str, str]] = {}
        self.inside: dict[str, list[str]] = {}
        self.drawn: dict[str, str] = {}
        """What the output of a last repetition is called in the drawing."""
        self.readers: dict[str, set[str]] = {name: set() for name in self.nodes}
        for node in self.nodes.values():
            self._note_reads(node)
        for group in groups:
            self._admit(group)

    def run(self) -> Expansion:
        order = self._innermost_first()
        for name in order:
            group = self.groups[name]
            self.inside[name] = [n for m in group.members for n in self.inside.get(m, (m,)) if n in self.nodes]
            self._check_exposed(group)
            self._leave(group)
        document = replace(self.document, nodes=tuple(self.nodes.values()), outputs=tuple(self.outputs))
        return Expansion(document, self.copies, self.exits, self.inside, tuple(self.problems))

    # ---------------------------------------------------------------- what is wrong with groups
    def _say(self, group: str, message: str, remedy: str, **facts: Any) -> None:
        self.problems.append(
            Problem(code="bad_group", node=group[:LONGEST_ID], message=message, remedy=remedy, **facts)
        )

    def _admit(self, group: GraphGroup) -> None:
        if not NODE_ID.fullmatch(group.id):
            self._say(
                group.id,
                "this cannot be a group's id",
                "Rename the group",
                wanted="a letter, then up to 63 letters, digits or _",
                got=repr(group.id[:LONGEST_ID]),
            )
        elif group.id in self.groups or group.id in self.nodes:
            self._say(group.id, f"{group.id!r} is the name of two things", "Rename the group")
        else:
            self.groups[group.id] = group

    def _innermost_first(self) -> list[str]:
        """Groups in an order in which inner ones come first; those with faulty members are reported and left out."""
        parents: dict[str, str] = {}
        for group in list(self.groups.values()):
            for member in group.members:
                if member not in self.nodes and member not in self.groups:
                    self._say(group.id, f"its member {member[:LONGEST_ID]!r} is not there", "Take it out of the group")
                elif member in parents:
                    self._say(group.id, f"{member!r} is in {parents[member]!r} already", "Leave it in one of the two")
                    self.groups.pop(group.id, None)
                else:
                    parents[member] = group.id
        depth: dict[str, int] = {}
        for name in list(self.groups):
            chain = [name]
            while (above := parents.get(chain[-1])) in self.groups and len(chain) <= MAX_DEPTH:
                chain.append(str(above))
            if len(chain) > MAX_DEPTH:
                self._say(name, f"groups are nested deeper than {MAX_DEPTH}, or in a circle", "Dissolve a group")
                self.groups.pop(name)
            depth[name] = len(chain)
        return sorted(self.groups, key=lambda name: -depth[name])

    def _check_exposed(self, group: GraphGroup) -> None:
        inside = set(self.inside[group.id])
        for node, parameter in group.exposed:
            if node not in inside:
                self._say(
                    group.id,
                    f"it shows {parameter[:LONGEST_ID]} of {node[:LONGEST_ID]!r}, which is not in it",
                    "Take the parameter off the group",
                    severity="warning",
                )

    # ---------------------------------------------------------------- copies
    def _leave(self, group: GraphGroup) -> None:
        """Note what leaves the group, after writing out its repetitions."""
        inside = set(self.inside[group.id])
        leaving = self._leaving(inside)
        if group.repeat == 1:
            self.exits[group.id] = {self.drawn.get(reference, reference): reference for reference in leaving}
            return
        carry = self._carry(group, inside)
        if len(leaving) != 1:
            self._say(
                group.id,
                "a repeated group has one output, which the next repetition reads",
                "Join its results in one node, or repeat fewer nodes",
                wanted="1 output",
                got=f"{len(leaving)} outputs",
            )
        elif carry is not None and self._fits(group, inside):
            self._repeat(group, carry, leaving[0])

    def _leaving(self, inside: set[str]) -> list[str]:
        """References into the group from outside; where there is none, its nodes that nothing reads."""
        readers = {reader for name in inside for reader in self.readers[name]} - inside
        outside = (reference for name in readers for reference in self.nodes[name].inputs.values())
        found = {r for r in (*outside, *self.outputs) if split_reference(r)[0] in inside}
        return sorted(found or {name for name in inside if not self.readers[name]})

    def _carry(self, group: GraphGroup, inside: set[str]) -> str | None:
        """The reference that the first copy reads from outside and the others from the copy before them."""
        sources = (reference for name in inside for reference in self.nodes[name].inputs.values())
        entering = {self.drawn.get(r, r): r for r in sources if split_reference(r)[0] not in inside}
        if len(entering) == 1 and group.carry is None:
            return next(iter(entering.values()))
        if group.carry in entering:
            return entering[group.carry]
        self._say(
            group.id,
            "which connection the repetitions pass on is not known"
            if entering
            else "nothing enters this group, so there is nothing to pass from repetition to repetition",
            "Choose the connection that is passed on" if entering else "Connect it to the node before it",
            wanted=", ".join(sorted(entering))[:200] or None,
            got=group.carry,
        )
        return None

    def _fits(self, group: GraphGroup, inside: set[str]) -> bool:
        fed = [n for n in inside if self.nodes[n].op == INPUT]
        if fed:
            self._say(group.id, f"the input {fed[0]!r} cannot be repeated", "Take it out of the group")
        elif len(self.nodes) + len(inside) * (group.repeat - 1) > MAX_NODES:
            self._say(
                group.id,
                "too many nodes when it is repeated",
                "Repeat it less often",
                wanted=f"at most {MAX_NODES} in the whole graph",
                got=f"{group.repeat} × {len(inside)}",
            )
        else:
            return True
        return False

    def _repeat(self, group: GraphGroup, carry: str, leaving: str) -> None:
        members = list(self.inside[group.id])
        exit_node, _, exit_output = leaving.partition(":")
        before = leaving
        for turn in range(2, group.repeat + 1):
            names = {name: self._free_name(name, turn) for name in members}

            def moved(reference: str, names: Mapping[str, str] = names, before: str = before) -> str:
                source, colon, output = reference.partition(":")
                return before if reference == carry else f"{names.get(source, source)}{colon}{output}"

            for name in members:
                node = self.nodes[name]
                inputs = {port: moved(reference) for port, reference in node.inputs.items()}
                self._add(GraphNode(names[name], node.op, node.params, inputs))
                first = self.copies.get(name, (name,))[0]
                self.copies[names[name]] = (first, group.id, turn)
            self.inside[group.id] += names.values()
            before = f"{names[exit_node]}:{exit_output}" if exit_output else names[exit_node]
        self._read_last(set(self.inside[group.id]), leaving, before)
        drawn = self.drawn[before] = self.drawn.get(leaving, leaving)
        self.exits[group.id] = {drawn: before}

    def _read_last(self, inside: set[str], leaving: str, last: str) -> None:
        """Whoever outside reads the group reads its last repetition."""
        for name in self.readers[split_reference(leaving)[0]] - inside:
            node = self.nodes[name]
            inputs = {port: last if r == leaving else r for port, r in node.inputs.items()}
            self._add(replace(node, inputs=inputs))
        self.outputs = [last if reference == leaving else reference for reference in self.outputs]

    def _add(self, node: GraphNode) -> None:
        for reference in self.nodes[node.id].inputs.values() if node.id in self.nodes else ():
            self.readers.get(split_reference(reference)[0], set()).discard(node.id)
        self.nodes[node.id] = node
        self.readers.setdefault(node.id, set())
        self._note_reads(node)

    def _note_reads(self, node: GraphNode) -> None:
        for reference in node.inputs.values():
            source = split_reference(reference)[0]
            if source in self.readers:
                self.readers[source].add(node.id)

    def _free_name(self, name: str, turn: int) -> str:
        suffix = f"_r{turn}"
        found = name[: LONGEST_ID - len(suffix)] + suffix
        while found in self.nodes or found in self.groups:
            suffix = f"_{suffix}"
            found = name[: LONGEST_ID - len(suffix)] + suffix
        return found
