"""Checking a graph: shapes, parameter counts and costs of every node, and everything that is wrong with it.

Nothing is allocated: sizes are Python integers, compared with the memory there is.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ..datasets.info import DatasetInfo
from ..errors import NetwrightError, ParamError
from ..memory import human_bytes, physical_memory
from ..ops.operator import Operator, Shape, TensorSpec
from . import fixes
from .deriving import derive
from .document import INPUT, GraphDocument, output_index, split_reference
from .groups import Expansion, expand
from .inputs import InputParams
from .receptive import ReceptiveFields
from .report import (
    CheckReport,
    GroupReport,
    NodeReport,
    OutputInfo,
    Problem,
    ReceptiveField,
    TensorInfo,
    Totals,
    WeightInfo,
)
from .resolve import Resolved, param_problem, resolve


@functools.lru_cache(maxsize=4096)
def tensor_info(spec: TensorSpec) -> TensorInfo:
    """What a report says of a tensor; many nodes say the same, and share it."""
    return TensorInfo(shape=list(spec.shape), dtype=str(spec.dtype.name))


@functools.lru_cache(maxsize=4096)
def output_info(name: str, spec: TensorSpec) -> OutputInfo:
    """The same for an output."""
    return OutputInfo(name=name, **tensor_info(spec).model_dump())


TRAINING_COPIES = 4
"""Weight, gradient and two optimizer states: what a weight takes while it is trained."""


@dataclass(frozen=True, slots=True)
class DataSpec:
    """What a data set feeds: shape of one sample, and the number of classes or the shape of one label."""

    input_shape: Shape | None = None
    classes: int | None = None
    label_shape: Shape | None = None

    @classmethod
    def of(cls, info: DatasetInfo | None) -> DataSpec:
        """From a data set's description."""
        if info is None:
            return cls()
        classes = len(info.label.classes) if info.label.kind == "class" and info.label.classes else None
        return cls(tuple(info.input.shape), classes, info.label.shape if info.label.kind != "none" else None)


@dataclass(slots=True)
class _Found:
    """A node's report while it is put together: an attribute of a Pydantic model takes ten times as long to set."""

    op: str
    inputs: dict[str, TensorInfo] = field(default_factory=dict)
    outputs: list[OutputInfo] = field(default_factory=list)
    weights: list[WeightInfo] = field(default_factory=list)
    states: list[WeightInfo] = field(default_factory=list)
    parameters: int = 0
    flops: int = 0
    bytes: int = 0
    receptive: list[ReceptiveField] = field(default_factory=list)

    def report(self) -> NodeReport:
        return NodeReport(**{name: getattr(self, name) for name in _Found.__slots__})


@dataclass(slots=True)
class _Sums:
    parameters: int = 0
    flops: int = 0
    activation_bytes: int = 0
    weight_bytes: int = 0


class _Check:
    def __init__(self, expansion: Expansion, data: DataSpec, batch_size: int, memory: int) -> None:
        self.expansion, self.document = expansion, expansion.document
        self.data, self.batch, self.memory = data, batch_size, memory
        self.order, self.problems = resolve(self.document)
        self.values: dict[tuple[str, int], TensorSpec] = {}
        self.reports: dict[str, _Found] = {}
        self.totals = _Sums()
        self.receptive = ReceptiveFields()

    def run(self) -> CheckReport:
        for resolved in self.order.values():
            self.reports[resolved.id] = _Found(resolved.node.op)
            if resolved.op is None:
                self._input(resolved)
            else:
                self._call(resolved, resolved.op)
        self._outputs()
        self._total_size()
        problems = [*self.expansion.problems, *self._as_drawn()]
        return CheckReport(
            ok=not any(p.severity == "error" for p in problems),
            nodes={name: found.report() for name, found in self.reports.items() if name not in self.expansion.copies},
            groups={name: self._group(name) for name in self.expansion.inside},
            totals=Totals(**asdict(self.totals)),
            problems=problems,
        )

    # ---------------------------------------------------------------- groups
    def _as_drawn(self) -> list[Problem]:
        """Problems at the nodes that are drawn: one of a repetition is told at its first copy, once."""
        told = {(p.code, p.node, p.port, p.parameter) for p in self.problems if p.node not in self.expansion.copies}
        problems = []
        for problem in self.problems:
            copy = self.expansion.copies.get(problem.node or "")
            if copy is None:
                problems.append(problem)
                continue
            first, group, turn = copy
            key = (problem.code, first, problem.port, problem.parameter)
            if key not in told:
                told.add(key)
                message = f"in repetition {turn} of {group}: {problem.message}"
                problems.append(problem.model_copy(update={"node": first, "message": message, "fix": None}))
        return problems

    def _group(self, name: str) -> GroupReport:
        reports = [self.reports[node] for node in self.expansion.inside[name] if node in self.reports]
        outputs = {}
        for drawn, reference in self.expansion.exits.get(name, {}).items():
            node, output = split_reference(reference)
            found = self.reports[node].outputs if node in self.reports else []
            index = output_index(output, tuple(o.name for o in found)) if found else None
            outputs[drawn] = TensorInfo() if index is None else TensorInfo(**found[index].model_dump(exclude={"name"}))
        return GroupReport(
            nodes=len(self.expansion.inside[name]),
            outputs=outputs,
            parameters=sum(r.parameters for r in reports),
            flops=sum(r.flops for r in reports),
            bytes=sum(r.bytes for r in reports),
        )

    # ---------------------------------------------------------------- nodes
    def _input(self, resolved: Resolved) -> None:
        p = resolved.p
        assert isinstance(p, InputParams)
        shape, wanted = p.shape or None, self.data.input_shape
        if shape is None and wanted is None:
            self.problems.append(
                Problem(
                    code="shape_mismatch",
                    node=resolved.id,
                    parameter="shape",
                    message="the shape of a sample is not known",
                    remedy="Choose a data set, or give the shape (without the batch axis)",
                )
            )
            return
        if shape is not None and wanted is not None and shape != wanted:
            self.problems.append(
                Problem(
                    code="shape_mismatch",
                    node=resolved.id,
                    parameter="shape",
                    message="the data set's samples have another shape",
                    wanted=str(wanted),
                    got=str(shape),
                    remedy="Leave the shape empty to take the data set's",
                    fix=fixes.set_params(resolved.id, "Use the data set's shape", {"shape": list(wanted)}),
                )
            )
            return
        spec = TensorSpec((self.batch, *(shape or wanted or ())), np.dtype(p.dtype))
        if self._too_large(resolved.id, "shape", spec):
            return
        self.values[resolved.id, 0] = spec
        self.receptive.start(resolved.id, spec.shape)
        self._report(resolved, (spec,), ("output",))

    def _call(self, resolved: Resolved, op: Operator) -> None:
        specs: list[TensorSpec | None] = []
        blocked = False
        for port in resolved.ports:
            source = resolved.sources.get(port.name)
            spec = self.values.get(source) if source is not None else None
            if spec is None and source is None and port.kind == "data" and not port.optional:
                if port.name not in resolved.node.inputs:
                    self.problems.append(
                        Problem(
                            code="missing_input",
                            node=resolved.id,
                            port=port.name,
                            message=f"the input {port.name!r} is not connected",
                            remedy="Drag a connection from another node's output to it",
                        )
                    )
                blocked = True
            elif spec is None and (source is not None or port.name in resolved.node.inputs):
                blocked = True  # the source has a problem of its own, which is reported there
            specs.append(spec)
        self._show_inputs(resolved, specs)
        if not blocked:
            self._infer(resolved, op, specs)

    def _infer(self, resolved: Resolved, op: Operator, specs: list[TensorSpec | None]) -> None:
        if op.dynamic:
            self.problems.append(
                Problem(
                    code="shape_mismatch",
                    node=resolved.id,
                    message="the shape of its output follows from the values of its inputs and cannot be planned",
                    remedy="Use an operator that keeps the shape, such as where",
                )
            )
            return
        try:
            derived = derive(op, resolved.p, specs)
        except ParamError as error:
            self.problems.append(param_problem(resolved.id, error))
            return
        except NetwrightError as error:
            self.problems.append(self._mismatch(resolved, error))
            return
        if derived is None:
            return
        full_in, full_out, wanted, flops = derived
        self._wrong_shapes(resolved, specs, wanted)
        if self._any_too_large(resolved, full_in, full_out):
            return
        names = resolved.output_names
        visible = full_out[: len(names)]
        for i, spec in enumerate(visible):
            self.values[resolved.id, i] = spec
        sources = [resolved.sources.get(port.name) for port in resolved.ports]
        self.receptive.follow(resolved.id, op, resolved.p, sources, full_in, visible)
        self._report(resolved, visible, names)
        self._weights(resolved, specs, full_in)
        self.reports[resolved.id].flops = flops
        self.totals.flops += flops
        if op.is_loss:
            self._label(resolved, full_in, full_out[0])

    def _wrong_shapes(self, resolved: Resolved, specs: list[TensorSpec | None], wanted: Sequence[Shape | None]) -> None:
        for port, spec, shape in zip(resolved.ports, specs, wanted, strict=True):
            if spec is not None and shape is not None and spec.shape != shape:
                self.problems.append(
                    Problem(
                        code="shape_mismatch",
                        node=resolved.id,
                        port=port.name,
                        message=f"the input {port.name!r} has the wrong shape",
                        wanted=str(shape),
                        got=str(spec.shape),
                        remedy="Change the layer before, or put a Reshape between",
                    )
                )

    def _mismatch(self, resolved: Resolved, error: NetwrightError) -> Problem:
        port = error.port if error.port in {p.name for p in resolved.ports} else None
        return Problem(
            code="shape_mismatch",
            node=resolved.id,
            port=port,
            parameter=error.parameter,
            message=error.message,
            wanted=error.wanted,
            got=error.got,
            remedy=error.remedy,
            fix=fixes.for_mismatch(resolved, error, self.values),
        )

    def _weights(self, resolved: Resolved, specs: list[TensorSpec | None], full: Sequence[TensorSpec]) -> None:
        report = self.reports[resolved.id]
        for port, given, spec in zip(resolved.ports, specs, full, strict=True):
            if given is not None or port.kind not in ("weight", "state"):
                continue
            info = WeightInfo(name=f"{resolved.id}_{port.name}", shape=list(spec.shape))
            if port.kind == "weight":
                report.weights.append(info)
                report.parameters += spec.size
                self.totals.weight_bytes += spec.nbytes
            else:
                report.states.append(info)
        self.totals.parameters += report.parameters

    def _label(self, resolved: Resolved, full_in: Sequence[TensorSpec], output: TensorSpec) -> None:
        position = next((i for i, port in enumerate(resolved.ports) if port.kind == "label"), None)
        if position is None or "label" in resolved.sources:
            return
        if self.data.classes is None and self.data.label_shape is None:
            return
        label, classes = full_in[position].shape, self.data.classes
        task = resolved.op.task(resolved.p)  # type: ignore[union-attr]
        wanted = self.data.label_shape or ()
        if classes is not None and task == "classification" and math.prod(label) != self.batch * math.prod(wanted):
            self.problems.append(
                Problem(
                    code="label_mismatch",
                    node=resolved.id,
                    port="label",
                    message="the data set has a label for each position of a sample",
                    wanted=str((self.batch, *wanted)),
                    got=str(label),
                    remedy="Let the network keep the positions (flatten=False), and set preserve_shape",
                )
            )
        elif classes is not None and task == "classification":
            axis = resolved.op.class_axis(resolved.p) if wanted else -1  # type: ignore[union-attr]
            if output.shape[axis] != classes:
                self._label_problem(resolved, f"{classes} outputs, one for each class", output.shape[axis], classes)
        elif classes is None and math.prod(label[1:]) != math.prod(self.data.label_shape or ()):
            size = math.prod(self.data.label_shape or ())
            self._label_problem(resolved, f"{size} value for each sample", math.prod(label[1:]), size)
        elif classes is None and task == "classification":
            self.problems.append(
                Problem(
                    code="label_mismatch",
                    node=resolved.id,
                    message="the data set's labels are values, not classes",
                    remedy="Use LinearRegressionOutput, or choose a data set with classes",
                )
            )

    def _label_problem(self, resolved: Resolved, wanted: str, got: int, size: int) -> None:
        self.problems.append(
            Problem(
                code="label_mismatch",
                node=resolved.id,
                port="data",
                message="the network's output does not fit the data set's labels",
                wanted=wanted,
                got=str(got),
                remedy="Change the number of units of the last layer",
                fix=fixes.resize_last_layer(resolved, self.order, size),
            )
        )

    # ---------------------------------------------------------------- sizes
    def _any_too_large(self, resolved: Resolved, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> bool:
        if max((spec.nbytes for spec in (*inputs, *outputs)), default=0) <= self.memory:
            return False
        named = [(port.name, spec) for port, spec in zip(resolved.ports, inputs, strict=True)]
        named += [("output", spec) for spec in outputs]
        return any(self._too_large(resolved.id, name, spec) for name, spec in named)

    def _too_large(self, node: str, what: str, spec: TensorSpec) -> bool:
        if spec.nbytes <= self.memory:
            return False
        self.problems.append(
            Problem(
                code="too_large",
                node=node,
                port=what,
                message=f"tensor {what!r} would take {human_bytes(spec.nbytes)}",
                wanted=f"at most {human_bytes(self.memory)}, the memory of this machine",
                got=f"shape {'×'.join(map(str, spec.shape))} {spec.dtype.name}",
                remedy="Choose smaller sizes",
            )
        )
        return True

    def _total_size(self) -> None:
        needed = self.totals.weight_bytes * TRAINING_COPIES + 2 * self.totals.activation_bytes
        if needed > self.memory:
            self.problems.append(
                Problem(
                    severity="warning",
                    code="too_large",
                    message=f"training this network may take {human_bytes(needed)}",
                    wanted=f"at most {human_bytes(self.memory)}, the memory of this machine",
                    remedy="Choose smaller layers or a smaller batch size",
                )
            )

    # ---------------------------------------------------------------- the whole
    def _outputs(self) -> None:
        known = {node.id for node in self.document.nodes}
        for output in self.document.outputs:
            name, which = split_reference(output)
            resolved = self.order.get(name)
            if name not in known or (resolved and output_index(which, resolved.output_names) is None):
                self.problems.append(
                    Problem(
                        code="dangling_input",
                        node=name if resolved else None,
                        message=f"the output {output[:64]!r} is not there",
                        wanted=", ".join(resolved.output_names) if resolved else None,
                        remedy="Choose an output that is there",
                    )
                )
        if not any(r.op is not None for r in self.order.values()):
            if not self.problems:
                empty = not self.document.nodes
                self.problems.append(
                    Problem(
                        severity="warning" if empty else "error",
                        code="no_output",
                        message="the network is empty" if empty else "the network has inputs, but no layers",
                        remedy="Add Input, then the layers" if empty else "Add a layer and connect it to the input",
                    )
                )
            return
        if len(self.order) < len(self.document.nodes):
            return  # what leads where is only known once every node is right
        used = reachable(self.order, output_ids(self.document, self.order))
        for name in self.order:
            if name not in used:
                self.problems.append(
                    Problem(
                        severity="warning",
                        code="unused_node",
                        node=name,
                        message="this node leads to no output and is not used",
                        remedy="Connect it, or delete it",
                        fix=None if self.order[name].op is None else fixes.remove(name),
                    )
                )
        if not any(self.order[n].op is not None and self.order[n].op.is_loss for n in used):  # type: ignore[union-attr]
            last = output_ids(self.document, self.order)
            self.problems.append(
                Problem(
                    severity="warning",
                    code="no_loss",
                    node=last[0] if last else None,
                    message="the network has no loss, so it cannot be trained",
                    remedy="Add SoftmaxOutput for classes or LinearRegressionOutput for values",
                    fix=fixes.add_loss(last[0], known, self.data.classes) if last else None,
                )
            )

    # ---------------------------------------------------------------- reports
    def _report(self, resolved: Resolved, specs: tuple[TensorSpec, ...], names: tuple[str, ...]) -> None:
        report = self.reports[resolved.id]
        report.outputs = [output_info(name, spec) for name, spec in zip(names, specs, strict=True)]
        report.bytes = sum([spec.nbytes for spec in specs])
        report.receptive = self.receptive.of(resolved.id)
        self.totals.activation_bytes += report.bytes

    def _show_inputs(self, resolved: Resolved, specs: list[TensorSpec | None]) -> None:
        report = self.reports[resolved.id]
        for port, spec in zip(resolved.ports, specs, strict=True):
            if port.kind in ("data", "label") and spec is not None:
                report.inputs[port.name] = tensor_info(spec)


def output_ids(document: GraphDocument, order: Mapping[str, Resolved]) -> list[str]:
    """The nodes named as outputs; where none is, those that nothing else uses (an unused Input is not one)."""
    named = list(dict.fromkeys(o.partition(":")[0] for o in document.outputs))
    named = [n for n in named if n in order]
    if named:
        return named
    used = {source for r in order.values() for source, _ in r.sources.values()}
    return [n for n, r in order.items() if n not in used and r.op is not None]


def reachable(order: Mapping[str, Resolved], heads: list[str]) -> set[str]:
    """The heads and everything they are computed from."""
    found = set(heads)
    for name in reversed(list(order)):
        if name in found:
            found.update(source for source, _ in order[name].sources.values())
    return found


def check(
    graph: Any,
    *,
    data: DatasetInfo | DataSpec | None = None,
    batch_size: int = 32,
    memory_bytes: int | None = None,
) -> CheckReport:
    """Check a graph JSON as fed by a data set; raises GraphError only where it has not even a graph's outline.

    ``memory_bytes`` bounds what one tensor may take (by default the machine's memory).

    >>> from netwright import graph
    >>> nodes = [{"id": "data", "op": "Input", "params": {"shape": [4]}, "inputs": {}}]
    >>> nodes.append({"id": "fc", "op": "FullyConnected", "params": {"num_hidden": 3}, "inputs": {"data": "data"}})
    >>> drawn = {"format": "netwright-graph", "version": 1, "nodes": nodes, "outputs": ["fc"]}
    >>> report = graph.check(drawn, batch_size=2)
    >>> report.nodes["fc"].outputs[0].shape, report.totals.parameters
    ([2, 3], 15)
    """
    spec = data if isinstance(data, DataSpec) else DataSpec.of(data)
    return _Check(expand(graph), spec, batch_size, memory_bytes or physical_memory()).run()


__all__ = ["INPUT", "DataSpec", "check", "output_ids", "reachable"]
