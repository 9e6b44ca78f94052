"""Recurrent networks in files, their weights gate by gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..model_files import Params, load_checkpoint, save_checkpoint
from ..symbol.symbol import Symbol
from .base import BaseRNNCell

Cells = BaseRNNCell | Sequence[BaseRNNCell]


def _listed(cells: Cells) -> Sequence[BaseRNNCell]:
    return [cells] if isinstance(cells, BaseRNNCell) else cells


def save_rnn_checkpoint(
    cells: Cells, prefix: str, epoch: int, symbol: Symbol | None, arg_params: Params, aux_params: Params
) -> None:
    """``save_checkpoint`` with the cells' weights unpacked, so that fused and single cells read each other's files."""
    for cell in _listed(cells):
        arg_params = cell.unpack_weights(arg_params)
    save_checkpoint(prefix, epoch, symbol, arg_params, aux_params)


def load_rnn_checkpoint(cells: Cells, prefix: str, epoch: int) -> tuple[Symbol, Params, Params]:
    """(symbol, weights, states) of what ``save_rnn_checkpoint`` wrote, packed for these cells."""
    symbol, weights, states = load_checkpoint(prefix, epoch)
    for cell in _listed(cells):
        weights = cell.pack_weights(weights)
    return symbol, weights, states


def do_rnn_checkpoint(cells: Cells, prefix: str, period: int = 1) -> Callable[..., None]:
    """An epoch-end callback that calls ``save_rnn_checkpoint`` every ``period`` epochs."""
    period = max(1, int(period))

    def write(iter_no: int, sym: Any = None, arg: Any = None, aux: Any = None) -> None:
        if (iter_no + 1) % period == 0:
            save_rnn_checkpoint(cells, prefix, iter_no + 1, sym, arg, aux)

    return write


def rnn_unroll(
    cell: BaseRNNCell,
    length: int,
    inputs: Any = None,
    begin_state: Any = None,
    input_prefix: str = "",
    layout: str = "NTC",
) -> Any:
    """``cell.unroll`` under its old name."""
    return cell.unroll(length, inputs, begin_state, layout)
