"""The tape: what was computed while recording, and the walk back over it.

Each recorded call is a node that knows its operator, where its inputs came from, and the tensors that its
gradient asked to keep. The walk back visits nodes in the reverse order of their recording.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from .errors import AutogradError
from .ops.operator import At, Operator, TensorSpec
from .ops.params import OpParams

if TYPE_CHECKING:
    from .ndarray.array import NDArray


class Mode(threading.local):
    """Per thread: is the tape running, and do layers behave as in training?"""

    recording = False
    training = False
    repeating = False
    """A forward pass is run again: states (moving averages) were brought up to date the first time, and stay."""
    autocast: Any = None
    """Says in which precision operators are computed, where mixed precision is on (for all threads: set on the class).
    Gradients are computed in the types that they have."""
    going_back = False
    tracer: Any = None
    """Sees every operator call where a block's plain ``forward`` is being turned into a symbol."""


mode = Mode()
_numbers = itertools.count()


def next_number() -> int:
    """A number above those of all nodes made so far, and below those to come."""
    return next(_numbers)


class Node:
    """One recorded call, or a variable (a leaf)."""

    __slots__ = ("number", "outputs", "sources")

    def __init__(self, sources: tuple[Entry | None, ...], outputs: tuple[TensorSpec, ...]) -> None:
        self.number = next(_numbers)
        self.sources = sources
        self.outputs = outputs

    def pull(self, gradients: list[NDArray | None], F: Any) -> Sequence[NDArray | None]:
        """Gradients of the inputs from those of the outputs (None: nothing arrived)."""
        raise NotImplementedError

    def release(self) -> None:
        """Let go of what was kept for the gradient."""


Entry = tuple[Node, int]
"""Where an array came from: a node and the number of its output."""


class Variable(Node):
    """A leaf: an array with ``attach_grad``."""

    __slots__ = ("fresh", "gradient", "request")

    def __init__(self, spec: TensorSpec, gradient: NDArray | None, request: str) -> None:
        super().__init__((), (spec,))
        self.gradient = gradient
        self.request = request
        self.fresh = False
        """Whether a backward pass has written the gradient since the last update."""


class Spendable(Node):
    """A node whose gradient can be taken once, unless the walk back retains the graph."""

    __slots__ = ("released",)

    def __init__(self, sources: tuple[Entry | None, ...], outputs: tuple[TensorSpec, ...]) -> None:
        super().__init__(sources, outputs)
        self.released = False

    def refuse_released(self, where: str) -> None:
        """Raise AutogradError where a backward pass has already used what was kept."""
        if self.released:
            raise AutogradError(
                "the recorded graph was already used by a backward pass",
                where=where,
                remedy="Call backward(retain_graph=True) the first time, or record again",
            )

    def release(self) -> None:
        self.released = True


class Call(Spendable):
    """A recorded operator call."""

    __slots__ = ("inputs", "op", "p", "saved_inputs", "saved_outputs", "train")

    def __init__(
        self,
        op: Operator,
        p: OpParams,
        inputs: tuple[NDArray, ...],
        specs: tuple[TensorSpec, ...],
        results: Sequence[Any],
        train: bool,
    ) -> None:
        super().__init__(tuple(a._entry for a in inputs), tuple([TensorSpec(r.shape, r.dtype) for r in results]))
        self.op, self.p, self.train = op, p, train
        self.inputs = specs
        self.saved_inputs: dict[str, Any] = {}
        self.saved_outputs: tuple[Any, ...] = ()
        keeps = op.gradient_takes or ()
        for keep in keeps:
            if keep in ("dy", "dys"):
                continue
            if keep in ("y", "ys"):
                # raw arrays: an output's NDArray points back at this node and would keep it alive in a cycle
                self.saved_outputs = tuple(results) if keep == "ys" else (results[0],)
            elif keep == "xs":
                self.saved_inputs["xs"] = tuple([a._snapshot() for a in inputs])
        named = [k for k in keeps if k not in ("dy", "dys", "y", "ys", "xs")]
        if named:
            for port, array in zip(op.ports(p), inputs, strict=True):
                if port.name in named:
                    self.saved_inputs[port.name] = array._snapshot()

    def pull(self, gradients: list[NDArray | None], F: Any) -> Sequence[NDArray | None]:
        from .ndarray.stored import of_raw

        self.refuse_released(self.op.name)
        if self.op.gradient_takes is None:
            return [None] * len(self.sources)
        at = At(self.inputs, self.outputs, self.train, tuple([s is not None for s in self.sources]))
        arguments: list[Any] = []
        for keep in self.op.gradient_takes:
            if keep == "dy":
                arguments.append(self._or_zeros(gradients, 0, F))
            elif keep == "dys":
                arguments.append(tuple(self._or_zeros(gradients, i, F) for i in range(len(self.outputs))))
            elif keep in ("y", "ys"):
                values = tuple(of_raw(r, (self, i)) for i, r in enumerate(self.saved_outputs))
                arguments.append(values if keep == "ys" else values[0])
            else:
                # a port that is not there under these parameters (no bias) is None
                arguments.append(self.saved_inputs.get(keep))
        result = self.op.gradient(F, self.p, at, *arguments)  # type: ignore[attr-defined]
        return result if isinstance(result, (tuple, list)) else (result,)

    def _or_zeros(self, gradients: list[NDArray | None], i: int, F: Any) -> NDArray:
        found = gradients[i]
        if found is None:
            shape, dtype = self.outputs[i]
            found = F._zeros(shape=shape, dtype=dtype.name)
        return found

    def release(self) -> None:
        self.saved_inputs = {}
        self.saved_outputs = ()
        super().release()


def _pulled(node: Node, gradients: list[NDArray | None], F: Any) -> Sequence[NDArray | None]:
    outer, mode.going_back = mode.going_back, True
    try:
        return node.pull(gradients, F)
    finally:
        mode.going_back = outer


def walk_back(
    heads: Sequence[tuple[Entry, NDArray]],
    F: Any,
    *,
    retain: bool,
    targets: Collection[Entry] = (),
    add: Callable[[NDArray, NDArray], NDArray],
    since: int = 0,
) -> dict[Entry, NDArray | None]:
    """Gradients of the heads' weighted sum with respect to the variables (and ``targets``) they were computed from.

    None where the way there leads only through operators without a gradient (comparisons, ``argmax``): it is zero.
    The walk ends at nodes with a number below ``since``, whose gradients are given too.
    """
    wanted: dict[Node, list[int]] = {}
    for target, i in targets:
        wanted.setdefault(target, []).append(i)
    arrived: dict[Node, list[NDArray | None]] = {}
    waiting: list[tuple[int, Node]] = []

    def arrive(entry: Entry, gradient: NDArray | None) -> None:
        node, i = entry
        slots = arrived.get(node)
        if slots is None:
            slots = arrived[node] = [None] * len(node.outputs)
            heapq.heappush(waiting, (-node.number, node))
        if gradient is not None:
            before = slots[i]
            slots[i] = gradient if before is None else add(before, gradient)

    for entry, gradient in heads:
        arrive(entry, gradient)
    found: dict[Entry, NDArray | None] = {}
    while waiting:
        _, node = heapq.heappop(waiting)
        gradients = arrived.pop(node)
        ends = isinstance(node, Variable) or node.number < since
        for i in range(len(gradients)) if ends else wanted.get(node, ()):
            found[node, i] = gradients[i]
        if ends or not node.sources:
            continue
        nothing = all(g is None for g in gradients)
        results = [None] * len(node.sources) if nothing else _pulled(node, gradients, F)
        for source, result in zip(node.sources, results, strict=True):
            if source is not None:
                arrive(source, result)
        if not retain:
            node.release()
    return found
