"""Cells made of cells: stacks, and both directions at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ... import ndarray
from ...errors import ParamError
from ..parameter_dict import ParameterDict
from .cell import HybridRecurrentCell, RecurrentCell, begin_states, states_info
from .sequence import as_merged, as_steps, mask_steps, module_of, reversed_steps


class _Stack(RecurrentCell):
    """Cells one on the other: each takes the outputs of the one before."""

    def add(self, cell: RecurrentCell) -> None:
        """Append a cell."""
        self.register_child(cell)

    def _cells(self) -> list[RecurrentCell]:
        return [cell for cell in self._children.values() if isinstance(cell, RecurrentCell)]

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        return states_info(self._cells(), batch_size)

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = ndarray.zeros, **kwargs: Any) -> list[Any]:
        """The first states of all cells, one behind the other."""
        return begin_states(self, self._cells(), batch_size, func, kwargs)

    def _step(self, x: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
        after: list[Any] = []
        for cell, own in zip(self._cells(), _shares(self._cells(), states), strict=True):
            x, found = cell(x, own)
            after.extend(found)
        return x, after

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Unroll the cells one after the other (see ``RecurrentCell.unroll``)."""
        self.reset()
        cells = self._cells()
        steps, batch_size = as_steps(length, inputs, layout)
        states = self._states_before(begin_state, steps[0], batch_size)
        after: list[Any] = []
        x: Any = steps
        for i, (cell, own) in enumerate(zip(cells, _shares(cells, states), strict=True)):
            merge = merge_outputs if i == len(cells) - 1 else False
            x, found = cell.unroll(length, x, own, layout, merge, valid_length)
            after.extend(found)
        return x, after

    def __getitem__(self, i: int) -> RecurrentCell:
        return self._cells()[i]

    def __len__(self) -> int:
        return len(self._children)

    def __iter__(self) -> Iterator[RecurrentCell]:
        return iter(self._cells())

    def __repr__(self) -> str:
        rows = "\n".join(f"({i}): {cell!r}".replace("\n", "\n  ") for i, cell in self._children.items())
        return f"{type(self).__name__}(\n{rows}\n)"


def _shares(cells: Sequence[RecurrentCell], states: Sequence[Any]) -> Iterator[list[Any]]:
    """Each cell's states."""
    place = 0
    for cell in cells:
        count = len(cell.state_info())
        yield list(states[place : place + count])
        place += count


class SequentialRNNCell(_Stack):
    """Cells of any kind one on the other.

    >>> cell = mx.gluon.rnn.SequentialRNNCell()
    >>> cell.add(mx.gluon.rnn.LSTMCell(8))
    >>> cell.add(mx.gluon.rnn.DropoutCell(0.2))
    >>> cell.initialize()
    >>> outputs, _ = cell.unroll(5, mx.nd.ones((3, 5, 4)), merge_outputs=True)
    >>> outputs.shape
    (3, 5, 8)
    """

    def forward(self, inputs: Any, states: Any) -> Any:
        """One step of all cells."""
        return self._step(inputs, states)


class HybridSequentialRNNCell(_Stack, HybridRecurrentCell):
    """Hybrid cells one on the other.

    >>> cell = mx.gluon.rnn.HybridSequentialRNNCell()
    >>> cell.add(mx.gluon.rnn.GRUCell(8))
    >>> cell.initialize()
    >>> outputs, _ = cell.unroll(5, mx.nd.ones((3, 5, 4)), merge_outputs=True)
    >>> outputs.shape
    (3, 5, 8)
    """

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> Any:
        """One step of all cells."""
        return self._step(inputs, states)


class BidirectionalCell(HybridRecurrentCell):
    """One cell from the beginning, another from the end; their outputs lie side by side. Only for ``unroll``.

    >>> cell = mx.gluon.rnn.BidirectionalCell(mx.gluon.rnn.LSTMCell(8), mx.gluon.rnn.LSTMCell(8))
    >>> cell.initialize()
    >>> outputs, states = cell.unroll(5, mx.nd.ones((3, 5, 4)), merge_outputs=True)
    >>> outputs.shape, len(states)
    ((3, 5, 16), 4)
    """

    def __init__(self, l_cell: RecurrentCell, r_cell: RecurrentCell, output_prefix: str = "bi_") -> None:
        super().__init__(prefix="", params=None)
        self.register_child(l_cell, "l_cell")
        self.register_child(r_cell, "r_cell")
        self._output_prefix = output_prefix

    def _cells(self) -> list[RecurrentCell]:
        return [cell for cell in self._children.values() if isinstance(cell, RecurrentCell)]

    def __call__(self, inputs: Any, states: Any) -> Any:
        raise ParamError(
            "a bidirectional cell has no single step: its other half reads from the end",
            where=self.name or "BidirectionalCell",
            remedy="Use unroll()",
        )

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        return states_info(self._cells(), batch_size)

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = ndarray.zeros, **kwargs: Any) -> list[Any]:
        """The first states of both cells."""
        return begin_states(self, self._cells(), batch_size, func, kwargs)

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Unroll both cells (see ``RecurrentCell.unroll``)."""
        self.reset()
        steps, batch_size = as_steps(length, inputs, layout)
        states = self._states_before(begin_state, steps[0], batch_size)
        left, right = self._cells()
        left_states, right_states = _shares((left, right), states)
        there, left_after = left.unroll(length, steps, left_states, layout, False, valid_length)
        back, right_after = right.unroll(
            length, reversed_steps(steps, valid_length), right_states, layout, False, valid_length
        )
        F = module_of(steps)
        outputs: Any = [
            F.Concat(one, other, dim=1, name=f"{self._output_prefix}t{i}")
            for i, (one, other) in enumerate(zip(there, reversed_steps(back, valid_length), strict=True))
        ]
        if valid_length is not None:
            outputs = mask_steps(outputs, layout, valid_length)
            if merge_outputs is False:
                outputs = as_steps(length, outputs, layout)[0]
        elif merge_outputs:
            outputs = as_merged(outputs, layout)
        return outputs, [*left_after, *right_after]

    def __repr__(self) -> str:
        left, right = self._cells()
        return f"BidirectionalCell(forward={left!r}, backward={right!r})"


def stacked(cells: Sequence[RecurrentCell], prefix: str, params: ParameterDict) -> HybridSequentialRNNCell:
    """The cells as one stack whose names begin with ``prefix``."""
    stack = HybridSequentialRNNCell(prefix=prefix, params=params)
    for cell in cells:
        stack.add(cell)
    return stack
