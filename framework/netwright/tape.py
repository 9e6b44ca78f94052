"""The tape: what was computed while recording, and the walk back over it.

Each recorded call is a node that knows its operator, where its inputs came from, and the tensors that its
gradient asked to keep. The walk back visits nodes in the reverse order of their recording.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Collection, Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from . import watching
from .errors import AutogradError
from .ops.operator import At, CallFacts, Operator, TensorSpec
from .ops.params import OpParams

if TYPE_CHECKING:
    from .ndarray.array import NDArray


RECORDING, TRAINING = 1, 2
"""Bits of ``Mode.state``."""


class Mode(threading.local):
    """Per thread: is the tape running, and do layers behave as in training?"""

    state = 0
    """Both answers in one number, of the bits RECORDING and TRAINING: a call looks at it once."""
    repeating = False
    """A forward pass is run again: states (moving averages) were brought up to date the first time, and stay."""
    autocast: Any = None
    """Says in which precision operators are computed, where mixed precision is on (``set_autocast``: for all threads).
    Gradients are computed in the types that they have."""
    going_back = False
    _tracer: Any = None

    @property
    def recording(self) -> bool:
        """Whether the tape runs."""
        return self.state & RECORDING != 0

    @recording.setter
    def recording(self, on: bool) -> None:
        self.state = self.state | RECORDING if on else self.state & ~RECORDING

    @property
    def training(self) -> bool:
        """Whether layers behave as in training."""
        return self.state & TRAINING != 0

    @training.setter
    def training(self, on: bool) -> None:
        self.state = self.state | TRAINING if on else self.state & ~TRAINING

    @property
    def tracer(self) -> Any:
        """Sees every operator call where a block's plain ``forward`` is being turned into a symbol."""
        return self._tracer

    @tracer.setter
    def tracer(self, tracer: Any) -> None:
        watching.count((tracer is not None) - (self._tracer is not None))
        self._tracer = tracer


mode = Mode()


def set_autocast(policy: Any) -> None:
    """Compute operators in the precision that a policy says, in all threads; None: in that of their inputs."""
    watching.count((policy is not None) - (Mode.autocast is not None))
    Mode.autocast = policy


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
    """A recorded operator call, with what its gradient wants kept: raw arrays, as they are shared by others."""

    __slots__ = ("inputs", "kept", "op", "p", "place", "results", "train")

    def __init__(
        self,
        op: Operator,
        facts: CallFacts,
        sources: tuple[Entry | None, ...],
        datas: Sequence[Any],
        place: Any,
        inputs: tuple[TensorSpec, ...],
        outputs: tuple[TensorSpec, ...],
        results: tuple[Any, ...],
        train: bool,
    ) -> None:
        self.number = next(_numbers)
        self.released = False
        self.op = op
        self.p = facts.p
        self.sources = sources
        self.place = place
        self.inputs = inputs
        self.outputs = outputs
        self.train = train
        # an output's NDArray points back at this node and would keep it alive in a cycle
        self.results = results[: facts.kept_results]
        kept = facts.kept
        self.kept: Sequence[Any] = [d if k else None for d, k in zip(datas, kept, strict=True)] if True in kept else ()

    def pull(self, gradients: list[NDArray | None], F: Any) -> Sequence[NDArray | None]:
        op = self.op
        if self.released:
            self.refuse_released(op.name)
        sources = self.sources
        if op.gradient_takes is None:
            return [None] * len(sources)
        arguments: list[Any] = []
        places: dict[str, int] | None = None
        for keep in op.gradient_takes:
            if keep == "dy":
                arguments.append(gradients[0] if gradients[0] is not None else self._or_zeros(gradients, 0, F))
            elif keep == "dys":
                arguments.append(tuple(self._or_zeros(gradients, i, F) for i in range(len(self.outputs))))
            elif keep == "y":
                arguments.append(F.wrapped(self.results[0], (self, 0), self.place))
            elif keep == "ys":
                arguments.append(tuple(F.wrapped(r, (self, i), self.place) for i, r in enumerate(self.results)))
            elif keep == "xs":
                arguments.append(tuple(F.wrapped(x, sources[i], self.place) for i, x in enumerate(self.kept)))
            else:  # a port that is not there under these parameters (no bias) is None
                places = places or op.facts(self.p).places
                i = places.get(keep)
                arguments.append(None if i is None else F.wrapped(self.kept[i], sources[i], self.place))
        wanted, arrived = [s is not None for s in sources], [g is not None for g in gradients]
        at = At(self.inputs, self.outputs, self.train, tuple(wanted), tuple(arrived))
        result = op.gradient(F, self.p, at, *arguments)  # type: ignore[attr-defined]
        return result if isinstance(result, (tuple, list)) else (result,)

    def _or_zeros(self, gradients: list[NDArray | None], i: int, F: Any) -> NDArray:
        found = gradients[i]
        if found is None:
            shape, dtype = self.outputs[i]
            found = F._zeros(shape=shape, dtype=dtype.name)
        return found

    def release(self) -> None:
        self.kept = ()
        self.results = ()
        super().release()


class Alike(Call):
    """A recorded call whose inputs and one output have one shape and dtype. It is made in the least time.

    ``gradient`` calls the operator's gradient on what was kept.
    """

    __slots__ = ("dtype", "gradient", "shape")

    def __init__(
        self,
        op: Operator,
        p: OpParams,
        gradient: Callable[..., Any],
        state: int,
        sources: tuple[Entry | None, ...],
        kept: tuple[Any, ...],
        results: tuple[Any, ...],
        shape: tuple[int, ...],
        dtype: Any,
        place: Any,
    ) -> None:
        self.number = next(_numbers)
        self.released = False
        self.op = op
        self.p = p
        self.gradient = gradient
        self.train = state >= TRAINING
        self.sources = sources
        self.kept = kept
        self.results = results
        self.shape = shape
        self.dtype = dtype
        self.place = place

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:  # type: ignore[override]
        """Specifications of the inputs."""
        return (TensorSpec(self.shape, self.dtype),) * len(self.sources)

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:  # type: ignore[override]
        """Specification of the output."""
        return (TensorSpec(self.shape, self.dtype),)

    def pull(self, gradients: list[NDArray | None], F: Any) -> Sequence[NDArray | None]:
        if self.released:
            self.refuse_released(self.op.name)
        result: Sequence[NDArray | None] = self.gradient(self, F, gradients[0])
        return result


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
            slots = arrived[node] = [None] if isinstance(node, Alike) else [None] * len(node.outputs)
            heappush(waiting, (-node.number, node))
        if gradient is not None:
            before = slots[i]
            slots[i] = gradient if before is None else add(before, gradient)

    for entry, gradient in heads:
        arrive(entry, gradient)
    found: dict[Entry, NDArray | None] = {}
    outer, mode.going_back = mode.going_back, True
    try:
        while waiting:
            node = heappop(waiting)[1]
            gradients = arrived.pop(node)
            ends = node.__class__ is Variable or node.number < since
            for i in range(len(gradients)) if ends else wanted.get(node, ()):
                found[node, i] = gradients[i]
            sources = node.sources
            if ends or not sources:
                continue
            if gradients[0] is None and all(g is None for g in gradients):
                results: Sequence[NDArray | None] = [None] * len(sources)
            else:
                results = node.pull(gradients, F)
            for source, result in zip(sources, results, strict=True):
                if source is not None:
                    arrive(source, result)
            if not retain:
                node.release()
    finally:
        mode.going_back = outer
    return found
