"""Cells that change what others give: dropout, zoneout, residual connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import symbol as sym
from ..errors import ParamError
from ..ndarray.array import NDArray
from ..symbol.symbol import Symbol
from .base import BaseRNNCell, RNNParams, Weights, as_sequence
from .containers import BidirectionalCell
from .fused import FusedRNNCell


class DropoutCell(BaseRNNCell):
    """Sets a share ``dropout`` of its input to 0; keeps no state."""

    def __init__(self, dropout: float, prefix: str = "dropout_", params: RNNParams | None = None) -> None:
        super().__init__(prefix, params)
        if not isinstance(dropout, (int, float)):
            raise ParamError("the share is a number", where="DropoutCell", parameter="dropout", got=repr(dropout))
        self.dropout = dropout

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return []

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        return (sym.Dropout(inputs, p=self.dropout) if self.dropout > 0 else inputs), list(states)

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Symbol]]:
        """Drop from the whole sequence at once where it is one symbol."""
        self.reset()
        inputs, _ = as_sequence(length, inputs, layout, merge_outputs)
        if isinstance(inputs, Symbol):
            return self(inputs, [])
        return super().unroll(length, inputs, begin_state, layout, merge_outputs)


class ModifierCell(BaseRNNCell):
    """Base of cells round another, whose weights and states they have."""

    def __init__(self, base_cell: BaseRNNCell) -> None:
        self.base_cell = base_cell
        super().__init__()
        base_cell._modified = True

    @property
    def params(self) -> RNNParams:
        """The variables of the cell inside."""
        self._own_params = False
        return self.base_cell.params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return self.base_cell.state_info

    def begin_state(self, init_sym: Callable[..., Symbol] = sym.zeros, **kwargs: Any) -> list[Symbol]:  # type: ignore[override]
        """First states of the cell inside."""
        self._refuse_modified()
        kwargs.setdefault("func", init_sym)
        self.base_cell._modified = False
        begin = self.base_cell.begin_state(**kwargs)
        self.base_cell._modified = True
        return begin

    def unpack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        return self.base_cell.unpack_weights(args)

    def pack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        return self.base_cell.pack_weights(args)


class ZoneoutCell(ModifierCell):
    """Keeps a share of outputs and states as they were a step before (Krueger et al., 2017)."""

    def __init__(self, base_cell: BaseRNNCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0) -> None:
        if isinstance(base_cell, (FusedRNNCell, BidirectionalCell)):
            raise ParamError(
                "zoneout needs single steps",
                where="ZoneoutCell",
                got=type(base_cell).__name__,
                remedy="Call unfuse(), or wrap the cells inside",
            )
        super().__init__(base_cell)
        self.zoneout_outputs, self.zoneout_states = zoneout_outputs, zoneout_states

    def reset(self) -> None:
        super().reset()
        self.base_cell.reset()
        self.prev_output: Symbol | None = None

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        output, after = self.base_cell(inputs, states)
        before = self.prev_output if self.prev_output is not None else sym.zeros_like(output)
        if self.zoneout_outputs:
            output = _kept(self.zoneout_outputs, output, before)
        if self.zoneout_states:
            after = [_kept(self.zoneout_states, new, old) for new, old in zip(after, states, strict=True)]
        self.prev_output = output
        return output, after


def _kept(share: float, new: Symbol, old: Symbol) -> Symbol:
    """``new``, with that share of elements as in ``old`` while training."""
    mask = sym.Dropout(sym.ones_like(new), p=share)
    return sym.where(mask, new, old)  # type: ignore[no-any-return]


class ResidualCell(ModifierCell):
    """Adds its input to the output of the cell inside (He et al., 2016)."""

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        output, after = self.base_cell(inputs, states)
        return _sum(output, inputs), after

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Symbol]]:
        """Unroll the cell inside, and add the inputs."""
        self.reset()
        self.base_cell._modified = False
        outputs, states = self.base_cell.unroll(length, inputs, begin_state, layout, merge_outputs)
        self.base_cell._modified = True
        merged = isinstance(outputs, Symbol) if merge_outputs is None else merge_outputs
        inputs, _ = as_sequence(length, inputs, layout, merged)
        if merged:
            return _sum(outputs, inputs), states
        return [_sum(output, own) for output, own in zip(outputs, inputs, strict=True)], states


def _sum(output: Symbol, inputs: Symbol) -> Symbol:
    return sym.elemwise_add(output, inputs, name=f"{output.name}_plus_residual")  # type: ignore[no-any-return]
