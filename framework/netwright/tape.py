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

import numpy as np

from . import watching
from .errors import AutogradError
from .ops.operator import MAX_REMEMBERED, At, CallFacts, Operator, Ready, TensorSpec
from .ops.params import OpParams
from .way_back import way_back

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


next_number: Callable[[], int] = itertools.count().__next__
"""A number above those of all nodes made so far, and below those to come."""


class Node:
    """One recorded call, or a variable (a leaf)."""

    __slots__ = ("number", "outputs", "sources")

    def __init__(self, sources: tuple[Entry | None, ...], outputs: tuple[TensorSpec, ...]) -> None:
        self.number = next_number()
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
    """A recorded operator call, with what its gradient wants kept: raw arrays, as they are shared by others.

    The short way of eager calls (``ndarray/quick_code.py``) sets the slots itself, which takes less time than a call.
    """

    __slots__ = ("facts", "kept", "place", "ready", "results", "train")

    def __init__(
        self,
        facts: CallFacts,
        ready: Ready,
        sources: tuple[Entry | None, ...],
        datas: Sequence[Any],
        place: Any,
        results: tuple[Any, ...],
        train: bool,
    ) -> None:
        self.number = next_number()
        self.released = False
        self.facts = facts
        self.ready = ready
        self.sources = sources
        self.place = place
        self.train = train
        # an output's NDArray points back at this node and would keep it alive in a cycle
        self.results = results[: facts.kept_results]
        kept = facts.kept
        self.kept: Sequence[Any] = [d if k else None for d, k in zip(datas, kept, strict=True)] if True in kept else ()

    @property
    def op(self) -> Operator:
        """The operator."""
        return self.facts.op

    @property
    def p(self) -> OpParams:
        """Its parameters."""
        return self.facts.p

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """Specifications of the inputs."""
        return self.ready.inputs

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:  # type: ignore[override]
        """Specifications of the outputs."""
        return self.ready.outputs

    def pull_bare(self, gradients: list[Any]) -> Sequence[Any] | None:
        """``pull`` on bare NumPy arrays; None where that cannot be."""
        backs = self.ready.backs
        if backs is None:
            return None
        if self.released:
            self.refuse_released(self.facts.op.name)
        sources = self.sources
        if len(gradients) == 1:
            dys = gradients[0]
            if dys.__class__ is not np.ndarray:
                return None
            key = self.train if None not in sources else (self.train, *[s is not None for s in sources])
        else:
            dys = gradients
            arrived = [g is not None for g in gradients]
            if any(g is not None and g.__class__ is not np.ndarray for g in gradients):
                return None
            key = (self.train, *[s is not None for s in sources], *arrived)
        back = backs.get(key)
        if back is None:
            if key in backs:
                return None
            wanted, there = [s is not None for s in sources], [g is not None for g in gradients]
            back = backs[key] = way_back(
                self.op, self.p, self.inputs, self.outputs, self.train, tuple(wanted), tuple(there)
            )
            if back is None:
                return None
        return back(dys, self.kept, self.results)

    def pull(self, gradients: list[NDArray | None], F: Any) -> Sequence[NDArray | None]:
        op = self.op
        if self.released:
            self.refuse_released(op.name)
        sources = self.sources
        if op.gradient_takes is None:
            return [None] * len(sources)
        arguments: list[Any] = []
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
                i = self.facts.places.get(keep)
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
        self.released = True


class Alike(Call):
    """A recorded call whose inputs and one output have one shape and dtype, of an array that it keeps to tell them."""

    __slots__ = ("dtype", "shape")
    shape: tuple[int, ...]
    dtype: Any

    def pull_bare(self, gradients: list[Any]) -> Sequence[Any] | None:
        sources = self.sources
        key = (self.shape, self.dtype.num, self.train, sources[0] is None, sources[-1] is None)  # one or two there are
        back = self.facts.backs.get(key)
        if back is None or self.released or gradients[0].__class__ is not np.ndarray:
            found = super().pull_bare(gradients)
            if found is not None:
                self._remember(key)
            return found
        answer: Sequence[Any] = back(gradients[0], self.kept, self.results)
        return answer

    def _remember(self, key: Any) -> None:
        backs, wanted = self.facts.backs, tuple([s is not None for s in self.sources])
        if len(backs) >= MAX_REMEMBERED:
            backs.clear()
        assert self.ready.backs is not None
        found = self.ready.backs[self.train if all(wanted) else (self.train, *wanted)]
        assert found is not None
        backs[key] = found

    @property
    def ready(self) -> Ready:  # type: ignore[override]
        """What the operator has ready for inputs of this shape and dtype."""
        alike = self.facts.alike
        found = alike.get((self.shape, self.dtype.num))
        if found is None:
            if len(alike) >= MAX_REMEMBERED:
                alike.clear()
            spec = TensorSpec(self.shape, self.dtype)
            found = alike[self.shape, self.dtype.num] = Ready(None, (spec,) * len(self.sources), (spec,), {})
        return found


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
    arrived: dict[Node, list[Any]] = {}
    waiting: list[tuple[int, Node]] = []
    found: dict[Entry, NDArray | None] = {}
    outer, mode.going_back = mode.going_back, True
    try:
        bare = _Bare(heads, F, add)
        sources: Sequence[Entry | None] = [entry for entry, _ in heads]
        results: Sequence[Any] = bare.begun()
        while True:
            for source, result in zip(sources, results, strict=True):
                if source is None:
                    continue
                node, i = source
                slots = arrived.get(node)
                if slots is None:
                    kind = node.__class__
                    slots = arrived[node] = [None] if kind is Alike or kind is Variable else [None] * len(node.outputs)
                    heappush(waiting, (-node.number, node))
                if result is not None:
                    slots[i] = result if slots[i] is None else bare.sum(slots[i], result)
            if not waiting:
                return found
            node = heappop(waiting)[1]
            gradients = arrived.pop(node)
            kind = node.__class__
            ends = kind is Variable or node.number < since
            if ends or node in wanted:
                for i in range(len(gradients)) if ends else wanted[node]:
                    found[node, i] = bare.dressed(gradients[i])
            sources = () if ends else node.sources
            if gradients[0] is None and all(g is None for g in gradients):
                results = [None] * len(sources)
            elif sources:
                results = bare.pull(node, gradients)
            else:
                results = ()
            if sources and not retain:
                node.release()
    finally:
        mode.going_back = outer


class _Bare:
    """Where nobody records or watches the walk itself, gradients are bare NumPy arrays: this takes the shell off and
    puts it on again.
    """

    __slots__ = ("F", "_heads", "_taken", "add", "place", "possible")

    def __init__(
        self, heads: Sequence[tuple[Entry, NDArray]], F: Any, add: Callable[[NDArray, NDArray], NDArray]
    ) -> None:
        self._heads, self.F, self.add = heads, F, add
        self._taken = None if mode.state & RECORDING else watching.names["Taken"]
        self.possible = self._taken is not None
        self.place = heads[0][1]._place if heads else None

    def begun(self) -> list[Any]:
        """The heads' gradients, bare where they have their head's dtype."""
        found: list[Any] = []
        for (node, i), gradient in self._heads:
            dtype = node.dtype if isinstance(node, Alike) else node.outputs[i].dtype
            found.append(self.bared(gradient) if gradient._data.dtype is dtype else gradient)
        return found

    def bared(self, gradient: NDArray | None) -> Any:
        """The NumPy array in it, if that and the place that all have here are all there is to it."""
        if gradient.__class__ is self._taken and gradient is not None:
            data = gradient._data
            if data.__class__ is np.ndarray and gradient._place is self.place:
                return data
        return gradient

    def pull(self, node: Node, gradients: list[Any]) -> Sequence[Any]:
        """Gradients of a node's inputs from those of its outputs."""
        if self.possible and isinstance(node, Call):
            found = node.pull_bare(gradients)
            if found is not None:
                return found
        return [self.bared(g) for g in node.pull([self.dressed(g) for g in gradients], self.F)]

    def dressed(self, gradient: Any) -> NDArray | None:
        """As one of ours."""
        if gradient.__class__ is np.ndarray:
            return self.F.wrapped(gradient, None, self.place)  # type: ignore[no-any-return]
        return gradient  # type: ignore[no-any-return]

    def sum(self, one: Any, other: Any) -> Any:
        """Of two gradients that arrived at one place."""
        if one.__class__ is other.__class__ is np.ndarray:
            return one + other
        return self.bared(self.add(self.dressed(one), self.dressed(other)))  # type: ignore[arg-type]
