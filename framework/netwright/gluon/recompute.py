"""Saving memory: a part of a network keeps its inputs only, and runs again when its gradient is wanted.

Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import random
from ..autograd import _Scope, _sum
from ..device import Device, cpu
from ..errors import KindError
from ..ndarray.array import NDArray
from ..ops.operator import TensorSpec
from ..scheduler.run import Rewound
from ..tape import Entry, Node, Spendable, Variable, mode, next_number, walk_back
from .nested import leaves


def recompute(block: Callable[..., Any]) -> Callable[..., Any]:
    """The block (or function of arrays) so that its activations are dropped after the forward pass.

    The backward pass runs it again, with the same random numbers (dropout drops the same) and without touching moving
    averages, and gives the same gradients, for its inputs and for all weights and arrays it uses. Costs one forward
    pass more. What is computed must be arrays, in lists; weights must not be changed between the two passes. For a
    hybridized block there is ``hybridize(recompute=True)``, which lets its plan's memory go too.

    >>> import netwright as mx
    >>> layer = mx.gluon.nn.Dense(2, in_units=3)
    >>> layer.initialize()
    >>> with mx.autograd.record():
    ...     y = mx.gluon.utils.recompute(layer)(mx.nd.ones((1, 3)))
    >>> y.backward()
    """

    def call(*args: Any) -> Any:
        if not mode.recording or mode.tracer is not None:
            return block(*args)
        start = next_number()
        generators = _generators(args)
        out = block(*args)
        given = list(leaves([out]))
        if not given or not all(isinstance(array, NDArray) for array in given):
            raise KindError(
                "what is recomputed gives arrays", where="recompute", got=type(given[0] if given else out).__name__
            )
        heads = [array._entry for array in given if array._entry is not None]
        sources = _outside(heads, start)
        if not sources:
            return out
        node = _Recomputed(lambda: block(*args), given, sources, generators)
        numbers = iter(range(len(given)))
        return _replaced(out, lambda array: type(array)(array._data, (node, next(numbers)), array._place))

    return call


def _generators(args: Sequence[Any]) -> list[tuple[random.RandomState, dict[str, Any]]]:
    """The states of the random generators that the call may draw from."""
    devices: set[Device] = {cpu(), *(array.ctx for array in leaves(args) if array.ctx.is_gpu)}
    states = [random.state_of(device) for device in devices]
    return [(state, state.state_dict()) for state in states]


def _outside(heads: Sequence[Entry], start: int) -> list[Entry]:
    """Where what was recorded since ``start`` came from: variables, and results of earlier calls."""
    found: dict[Entry, None] = {}
    waiting, seen = list(heads), set[Node]()
    while waiting:
        entry = waiting.pop()
        node = entry[0]
        if isinstance(node, Variable) or node.number < start:
            found[entry] = None
        elif node not in seen:
            seen.add(node)
            waiting += [source for source in node.sources if source is not None]
    return list(found)


def _replaced(value: Any, change: Callable[[NDArray], NDArray]) -> Any:
    """The same nesting with other arrays."""
    if isinstance(value, NDArray):
        return change(value)
    return type(value)(_replaced(part, change) for part in value) if isinstance(value, (list, tuple)) else value


class _Recomputed(Spendable):
    """A recorded call whose inner nodes were dropped."""

    __slots__ = ("again", "generators", "training")

    def __init__(
        self,
        again: Callable[[], Any],
        outputs: Sequence[NDArray],
        sources: Sequence[Entry],
        generators: list[tuple[random.RandomState, dict[str, Any]]],
    ) -> None:
        super().__init__(tuple(sources), tuple([TensorSpec(o.shape, o._data.dtype) for o in outputs]))
        self.again, self.generators, self.training = again, generators, mode.training

    def pull(self, gradients: list[NDArray | None], F: Any) -> Sequence[NDArray | None]:
        self.refuse_released("recompute")
        start, recording = next_number(), mode.recording
        rewound = [Rewound(*generator) for generator in self.generators]
        with _Scope(True, self.training), _Repeating():
            for one in rewound:
                one.__enter__()
            try:
                outputs = list(leaves([self.again()]))
            finally:
                for one in rewound:
                    one.__exit__(None, None, None)
        heads = [
            (output._entry, gradient)
            for output, gradient in zip(outputs, gradients, strict=True)
            if output._entry is not None and gradient is not None
        ]
        with _Scope(recording, self.training):
            found = walk_back(heads, F, retain=recording, add=_sum, since=start)
        return [None if source is None else found.get(source) for source in self.sources]

    def release(self) -> None:
        self.again = _gone
        super().release()


def _gone() -> None:
    """What a released call holds: nothing."""


class _Repeating:
    """States stay as they are while a forward pass is repeated."""

    def __enter__(self) -> None:
        self._outer = (mode.repeating, mode.going_back)
        mode.repeating, mode.going_back = True, False

    def __exit__(self, *error: object) -> None:
        mode.repeating, mode.going_back = self._outer
