"""Cells made of cells: one after the other, and both ways through time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import symbol as sym
from ..errors import GraphError, ParamError
from ..ndarray.array import NDArray
from ..symbol.symbol import Symbol
from .base import BaseRNNCell, RNNParams, Weights, as_sequence, states_of


class _Container(BaseRNNCell):
    def __init__(self, params: RNNParams | None) -> None:
        super().__init__("", params)
        self._override_cell_params = params is not None

    def _adopt(self, cell: BaseRNNCell) -> None:
        """Share variables with a cell."""
        if self._override_cell_params:
            if not cell._own_params:
                raise ParamError("both the container and the cell were given params", where=type(self).__name__)
            cell.params._params.update(self.params._params)
        self.params._params.update(cell.params._params)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return states_of(self._cells)

    def begin_state(self, **kwargs: Any) -> list[Symbol]:  # type: ignore[override]
        """First states of all cells."""
        self._refuse_modified()
        return [state for cell in self._cells for state in cell.begin_state(**kwargs)]

    def unpack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        found = dict(args)
        for cell in self._cells:
            found = cell.unpack_weights(found)
        return found

    def pack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        found = dict(args)
        for cell in self._cells:
            found = cell.pack_weights(found)
        return found


class SequentialRNNCell(_Container):
    """Cells one after the other: ``add(cell)``."""

    def __init__(self, params: RNNParams | None = None) -> None:
        super().__init__(params)
        self._cells: list[BaseRNNCell] = []

    def add(self, cell: BaseRNNCell) -> None:
        """Add a cell at the end."""
        self._cells.append(cell)
        self._adopt(cell)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        self._counter += 1
        after: list[Symbol] = []
        begin = 0
        for cell in self._cells:
            end = begin + len(cell.state_info)
            inputs, own = cell(inputs, states[begin:end])
            after += own
            begin = end
        return inputs, after

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Symbol]]:
        """Unroll the cells one after the other."""
        self.reset()
        states = self.begin_state() if begin_state is None else list(begin_state)
        after: list[Symbol] = []
        begin = 0
        for i, cell in enumerate(self._cells):
            end = begin + len(cell.state_info)
            merge = merge_outputs if i + 1 == len(self._cells) else None
            inputs, own = cell.unroll(length, inputs, states[begin:end], layout, merge)
            after.extend(own)
            begin = end
        return inputs, after


class BidirectionalCell(_Container):
    """Two cells, the second from the end to the beginning; their outputs are joined."""

    def __init__(
        self, l_cell: BaseRNNCell, r_cell: BaseRNNCell, params: RNNParams | None = None, output_prefix: str = "bi_"
    ) -> None:
        super().__init__(params)
        self._output_prefix = output_prefix
        for cell in (l_cell, r_cell):
            self._adopt(cell)
        self._cells: list[BaseRNNCell] = [l_cell, r_cell]

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        raise GraphError("it needs the whole sequence", where="BidirectionalCell", remedy="Use unroll()")

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """Unroll both ways; the last states are a list for each way."""
        self.reset()
        steps, axis = as_sequence(length, inputs, layout, False)
        states = self.begin_state() if begin_state is None else list(begin_state)
        there, back = self._cells
        cut = len(there.state_info)
        left, left_states = there.unroll(length, steps, states[:cut], layout, merge_outputs)
        right, right_states = back.unroll(length, steps[::-1], states[cut:], layout, merge_outputs)
        if merge_outputs is None:
            merge_outputs = isinstance(left, Symbol) and isinstance(right, Symbol)
            if not merge_outputs:
                left, right = (as_sequence(length, part, layout, False)[0] for part in (left, right))
        name = self._output_prefix
        if merge_outputs:
            joined = sym.Concat(left, sym.reverse(right, axis=axis), dim=2, name=f"{name}out")
            return joined, [left_states, right_states]
        pairs = enumerate(zip(left, right[::-1], strict=True))
        return [sym.Concat(a, b, dim=1, name=f"{name}t{i}") for i, (a, b) in pairs], [left_states, right_states]
