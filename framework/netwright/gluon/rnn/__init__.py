"""Recurrent cells and layers (MXNet's ``gluon.rnn``)."""

from __future__ import annotations

from .basic_cells import GRUCell, LSTMCell, RNNCell
from .cell import HybridRecurrentCell, RecurrentCell
from .containers import BidirectionalCell, HybridSequentialRNNCell, SequentialRNNCell
from .layer import GRU, LSTM, RNN
from .modifiers import DropoutCell, ModifierCell, ResidualCell, ZoneoutCell

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "BidirectionalCell",
    "DropoutCell",
    "GRUCell",
    "HybridRecurrentCell",
    "HybridSequentialRNNCell",
    "LSTMCell",
    "ModifierCell",
    "RNNCell",
    "RecurrentCell",
    "ResidualCell",
    "SequentialRNNCell",
    "ZoneoutCell",
]
