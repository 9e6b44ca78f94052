"""The classes of a program: a block for the network, and one for each group of its drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from ..gluon.block import HybridBlock
from ..ops.namespaces import places
from .check import output_ids
from .document import INPUT, NODE_ID, GraphDocument, GraphNode, parse, split_reference
from .groups import GraphGroup, expand, read_groups
from .python_layers import layer_of
from .python_text import call, camel, comment, free, literal
from .resolve import Resolved, resolve

CLASSES = frozenset({"HybridBlock", "GraphTask", "TrainSettings", "Show"})
SCOPE = frozenset({"F", "self", "nn", "datasets", "model_store", "float"})
ATTRIBUTES = frozenset(vars(HybridBlock(prefix="block_"))) | frozenset(dir(HybridBlock)) | {"suffix"}

Reference = tuple[str, int]
"""A node and the number of one of its outputs."""


@dataclass(frozen=True)
class Block:
    """A class to be written: what it holds, what comes in and what goes out."""

    id: str
    name: str
    title: str
    members: tuple[str, ...]
    inputs: tuple[Reference, ...]
    outputs: tuple[Reference, ...]
    repeat: int = 1
    carry: Reference | None = None
    mark: str = "_r"
    """What stands between the name of a copied node and the number of the copy."""


@dataclass
class Layout:
    """A graph put in order for writing: its nodes, and the groups that can be blocks, inner ones first."""

    title: str
    name: str
    nodes: dict[str, GraphNode]
    order: dict[str, Resolved]
    groups: dict[str, Block] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    outputs: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, graph: Any) -> Self:
        """The layout of a graph without problems. Copies of repeated groups have the names that ``expand`` gives them,
        or, of repetitions in repetitions, others; where those cannot be nodes' ids, the copies are written out.
        """
        expanded = expand(graph).document
        found = cls._of(parse(graph), read_groups(graph))
        if found is not None:
            names = found.copies()
            if sorted(names) == sorted(node.id for node in expanded.nodes):
                return found
            if len(set(names)) == len(names) and all(map(NODE_ID.fullmatch, names)):
                found.notes += ("Copies in repetitions of repetitions have other names than in the studio.",)
                return found
        found = cls._of(expanded, {})
        assert found is not None  # without groups nothing can be in the way
        found.notes = ("Repeated groups are written out, for a loop cannot say them.",)
        return found

    @classmethod
    def _of(cls, document: GraphDocument, groups: Mapping[str, tuple[GraphGroup, str]]) -> Self | None:
        """None where a repeated group cannot be a block."""
        order, _ = resolve(document)
        layout = cls(document.name, "", {n.id: n for n in document.nodes}, order)
        layout.name = free(camel(document.name) or "Network", CLASSES)
        chosen = dict(map(split_reference, document.outputs))
        layout.outputs = tuple(layout._refer(name, chosen.get(name, "")) for name in output_ids(document, order))
        layout._admit(groups)
        repeated = {name for name, (group, _) in groups.items() if group.repeat > 1}
        return layout if repeated <= layout.groups.keys() else None

    def _refer(self, node: str, output: str) -> Reference:
        names = self.order[node].output_names
        return node, names.index(output) if output in names else int(output or 0)

    def place(self, name: str, within: str | None) -> str | None:
        """What stands for a node among the members of a block (None: of the network); None where it lies outside."""
        while (parent := self.parents.get(name)) != within:
            if parent is None:
                return None
            name = parent
        return name

    def nodes_in(self, member: str) -> list[str]:
        """The nodes of a member: itself, or all in a group."""
        if member not in self.groups:
            return [member]
        return [node for inner in self.groups[member].members for node in self.nodes_in(inner)]

    def _admit(self, groups: Mapping[str, tuple[GraphGroup, str]]) -> None:
        """Make blocks of the groups, inner ones first; a group between whose members others lie is dissolved."""
        waiting, taken = dict(groups), {self.name, *CLASSES}
        titles = [camel(title) for _, title in groups.values()]
        while waiting:
            ready = [n for n, (group, _) in waiting.items() if not any(m in waiting for m in group.members)]
            for name in ready:
                group, title = waiting.pop(name)
                short = camel(title)
                word = short if titles.count(short) == 1 and short else short + (camel(name) or "Group")
                found = free(word, taken)
                taken.add(found)
                self._make(group, found, title)
            if not ready:
                return

    def _make(self, group: GraphGroup, name: str, title: str) -> None:
        members = tuple(m for m in group.members if m in self.groups or (m in self.order and self._may_hold(m)))
        inside = {node for m in members for node in self.nodes_in(m)}
        if not inside:
            return
        readers = [(n, r) for n, found in self.order.items() for r in found.sources.values()]
        entering = tuple(dict.fromkeys(r for n, r in readers if n in inside and r[0] not in inside))
        leaving = tuple(dict.fromkeys(r for n, r in readers if n not in inside and r[0] in inside))
        leaving = tuple(dict.fromkeys((*leaving, *(r for r in self.outputs if r[0] in inside))))
        carry = entering[0] if entering else None
        if group.repeat > 1 and group.carry:
            source, output = split_reference(group.carry)
            carry = self._refer(source, output)
        nested = any(self.groups[m].repeat > 1 or self.groups[m].mark != "_r" for m in members if m in self.groups)
        mark = f"_{group.id}_r" if nested else "_r"
        self.groups[group.id] = Block(group.id, name, title, members, entering, leaving, group.repeat, carry, mark)
        self.parents.update(dict.fromkeys(members, group.id))
        if not entering or not leaving or len(self.in_turn(None)) < len(self._tops()):
            del self.groups[group.id]
            for member in members:
                del self.parents[member]
            self.notes += (f"The nodes of {comment(title) or group.id} stand one by one, as others lie between them.",)

    def _tops(self) -> set[str | None]:
        """What the network is made of."""
        return {self.place(name, None) for name, node in self.order.items() if node.op is not None}

    def _may_hold(self, node: str) -> bool:
        return self.order[node].op is not None  # what is fed comes in from outside

    def copies(self) -> list[str]:
        """The names of all nodes that the program makes."""
        found: list[str] = []
        for node in self.nodes:
            names, name = [node], self.parents.get(node)
            while name is not None:
                block = self.groups[name]
                ends = ["", *(f"{block.mark}{turn}" for turn in range(2, block.repeat + 1))]
                names = [made + end for end in ends for made in names]
                name = self.parents.get(name)
            found += names
        return found

    def in_turn(self, within: str | None) -> list[str]:
        """The members of a block (None: of the network), each behind what it reads; what lies on a circle is left
        out.
        """
        members: dict[str, set[str]] = {}
        for name, node in self.order.items():
            own = self.place(name, within)
            if own is None or node.op is None:
                continue
            needs = members.setdefault(own, set())
            needs |= {p for s, _ in node.sources.values() if (p := self.place(s, within)) and p != own}
        done: list[str] = []
        fed = {name for name, node in self.order.items() if node.op is None}
        while members:
            ready = [name for name, needs in members.items() if needs <= {*done, *fed}]
            done += ready
            for name in ready:
                del members[name]
            if not ready:
                break
        return done


def write_blocks(layout: Layout) -> str:
    """All classes, each behind those it is made of; the network last."""
    parts = [_Writer(layout, block).write() for block in layout.groups.values()]
    fed = tuple((node.id, 0) for node in layout.nodes.values() if node.op == INPUT)
    whole = Block("", layout.name, layout.title, (), fed, layout.outputs)
    return "\n\n\n".join((*parts, _Writer(layout, whole).write()))


class _Writer:
    """Writes one class."""

    def __init__(self, layout: Layout, block: Block) -> None:
        self.layout, self.block = layout, block
        self.within = block.id or None
        self.names: dict[Reference, str] = {}
        self.taken, self.attributes = set(SCOPE), set(ATTRIBUTES)
        self.made: list[str] = []
        self.run: list[str] = []
        self.weights: list[str] = []
        self.suffix = bool(block.id) and self._repeated()

    def _repeated(self) -> bool:
        name: str | None = self.block.id
        while name is not None:
            if self.layout.groups.get(name, self.block).repeat > 1:
                return True
            name = self.layout.parents.get(name)
        return False

    def write(self) -> str:
        for reference in self.block.inputs:
            self._name(reference)
        fed = list(self.names.values())
        for member in self.layout.in_turn(self.within):
            if member in self.layout.groups:
                self._call_block(self.layout.groups[member])
            else:
                self._call_node(self.layout.order[member])
        told = ', suffix=""' if self.suffix else ""
        lines = [f"class {self.block.name}(HybridBlock):"]
        if self.block.title:
            lines += [f'    """{comment(self.block.title)}."""', ""]
        lines += [f"    def __init__(self{told}):", '        super().__init__(prefix="")']
        if self.suffix and any("self.suffix" in line for line in self.run):
            lines.append("        self.suffix = suffix")
        lines += [f"        {line}" for line in self.made]
        arguments = ", ".join(["self", "F", *fed, *self.weights])
        results = ", ".join(map(self._value, self.block.outputs))
        lines += ["", f"    def hybrid_forward({arguments}):"]
        lines += [f"        {line}" for line in (*self.run, f"return {results}")]
        return "\n".join(lines)

    # ---------------------------------------------------------------- names
    def _name(self, reference: Reference) -> str:
        """The variable of what a node puts out; of several outputs, that of the list."""
        node, output = reference
        entering = self.layout.place(node, self.within) is None or self.layout.order[node].op is None
        key = reference if entering or self._is_block(node) else (node, -1)
        if key not in self.names:
            word = node if len(self.layout.order[node].output_names) == 1 else f"{node}_{output}"
            self.names[key] = free(node if key[1] == -1 else word, self.taken)
            self.taken.add(self.names[key])
        return self.names[key]

    def _is_block(self, node: str) -> bool:
        return self.layout.place(node, self.within) in self.layout.groups

    def _value(self, reference: Reference) -> str:
        node, output = reference
        name = self._name(reference)
        several = (node, -1) in self.names and len(self.layout.order[node].output_names) > 1
        return f"{name}[{output}]" if several else name

    def _attribute(self, name: str) -> str:
        found = free(name, self.attributes)
        self.attributes.add(found)
        return found

    def _own(self, name: str, end: str = "") -> str:
        """The name of a node as this class writes it: a copy's has a suffix."""
        return f'f"{name}{{suffix}}{end}"' if self.suffix else literal(f"{name}{end}")

    # ---------------------------------------------------------------- lines
    def _call_block(self, block: Block) -> None:
        attribute = self._attribute(block.id)
        inner = _Writer(self.layout, block).suffix
        own = "suffix" if self.suffix else ""
        if block.repeat == 1:
            self.made.append(f"self.{attribute} = {block.name}({own if inner else ''})")
        else:
            self._make_copies(block, attribute)
        given = list(map(self._value, block.inputs))
        if block.repeat == 1:
            results = ", ".join(self._name(r) for r in block.outputs)
            self.run += f"{results} = {call(f'self.{attribute}', given, len(results) + 11)}".splitlines()
            return
        result = self._name(block.outputs[0])
        self.run.append(f"{result} = {self._value(block.carry or block.inputs[0])}")
        passed = [result if r == block.carry else value for r, value in zip(block.inputs, given, strict=True)]
        text = f"{result} = {call('block', passed, len(result) + 15)}"
        self.run += [f"for block in self.{attribute}:", *(f"    {line}" for line in text.splitlines())]

    def _make_copies(self, block: Block, attribute: str) -> None:
        """The copies of a repeated group in a row; the first has the names as drawn."""
        end = "{suffix}" if self.suffix else ""
        first = "suffix" if self.suffix else '""'
        self.made.append(f'self.{attribute} = nn.HybridSequential(prefix="")')
        self.made.append(f"self.{attribute}.add({block.name}({first}))")
        self.made.append(f"for turn in range(2, {block.repeat + 1}):")
        self.made.append(f'    self.{attribute}.add({block.name}(f"{block.mark}{{turn}}{end}"))')

    def _call_node(self, node: Resolved) -> None:
        layer = layer_of(node)
        sources = {port: self._value(r) for port, r in node.sources.items()}
        result = self._name((node.id, 0))
        if layer is not None:
            attribute = self._attribute(node.id)
            function, values = layer
            made = call(function, [*values, f"prefix={self._own(node.id, '_')}"], len(attribute) + 16)
            self.made += f"self.{attribute} = {made}".splitlines()
            self.run.append(f"{result} = self.{attribute}({', '.join(sources.values())})")
            return
        assert node.op is not None
        given = self._ports(node, sources)
        params = node.p.given() if node.p else {}
        said = [f"{name}={literal(value)}" for name, value in params.items() if name != node.op.variadic]
        name = f"{literal(node.id)} + self.suffix" if self.suffix else literal(node.id)
        text = call(f"F.{_PLACES[node.op.name]}", [*given, *said, f"name={name}"], len(result) + 11)
        self.run += f"{result} = {text}".splitlines()

    def _ports(self, node: Resolved, sources: Mapping[str, str]) -> list[str]:
        """What the operator is given: connections, and weights that this block holds."""
        assert node.op is not None
        if node.op.variadic:
            return [sources[port.name] for port in node.ports if port.name in sources]
        given: dict[str, str] = {}
        for port in node.ports:
            if port.name in sources:
                given[port.name] = sources[port.name]
            elif port.kind in ("weight", "state"):
                given[port.name] = self._hold(node.id, port.name, port.kind == "state")
        if len(given) == 1 and node.ports[0].name in given:
            return list(given.values())
        return [f"{port}={value}" for port, value in given.items()]

    def _hold(self, node: str, port: str, state: bool) -> str:
        """A parameter of the block's own, which Gluon hands to ``hybrid_forward`` by its name."""
        attribute = free(f"{node}_{port}", {*self.attributes, *self.taken})
        self.attributes.add(attribute)
        self.taken.add(attribute)
        kept = ['grad_req="null"', "differentiable=False"] if state else []
        values = [self._own(node, f"_{port}"), *kept, "allow_deferred_init=True"]
        self.made += f"self.{attribute} = {call('self.params.get', values, len(attribute) + 16)}".splitlines()
        self.weights.append(attribute)
        return attribute


def _function_places() -> dict[str, str]:
    """Where each operator's function is found below ``F``: at the top, by its own name, where it can be."""

    def rank(row: tuple[str, str, Any]) -> tuple[bool, bool, bool]:
        space, name, op = row
        return space != "", space == "_internal", name != op.name

    found: dict[str, str] = {}
    for space, name, op in sorted(places(), key=rank):
        found.setdefault(op.name, f"{space}.{name}" if space else name)
    return found


_PLACES = _function_places()
