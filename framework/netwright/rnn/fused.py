"""FusedRNNCell: all layers and steps as one operator, with one vector of weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .. import ndarray as nd
from .. import symbol as sym
from ..errors import GraphError, ParamError
from ..initializer import FusedRNN
from ..ndarray.array import NDArray
from ..symbol.symbol import Symbol
from .base import BaseRNNCell, RNNParams, Weights, as_sequence
from .cells import GRUCell, LSTMCell, RNNCell
from .containers import BidirectionalCell, SequentialRNNCell

_GATES: dict[str, Sequence[str]] = {
    "rnn_relu": ("",),
    "rnn_tanh": ("",),
    "lstm": ("_i", "_f", "_c", "_o"),
    "gru": ("_r", "_z", "_o"),
}


class FusedRNNCell(BaseRNNCell):
    """Layers of one kind (``mode``) through the ``RNN`` operator.

    The last states are given only with ``get_next_state``. ``unfuse()`` makes the same network of single cells, and
    ``unpack_weights`` and ``pack_weights`` carry weights from one to the other.
    """

    def __init__(
        self,
        num_hidden: int,
        num_layers: int = 1,
        mode: Any = "lstm",
        bidirectional: bool = False,
        dropout: float = 0.0,
        get_next_state: bool = False,
        forget_bias: float = 1.0,
        prefix: str | None = None,
        params: RNNParams | None = None,
    ) -> None:
        if mode not in _GATES:
            raise ParamError("unknown kind of cell", parameter="mode", wanted=", ".join(_GATES), got=repr(mode))
        super().__init__(f"{mode}_" if prefix is None else prefix, params)
        self._num_hidden, self._num_layers, self._mode = num_hidden, num_layers, mode
        self._bidirectional, self._dropout, self._get_next_state = bidirectional, dropout, get_next_state
        self._directions = ["l", "r"] if bidirectional else ["l"]
        init = FusedRNN(None, num_hidden, num_layers, mode, bidirectional, forget_bias)
        self._parameter = self.params.get("parameters", init=init)
        self._vector = str(self._parameter.name)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        shape = (len(self._directions) * self._num_layers, 0, self._num_hidden)
        return [{"shape": shape, "__layout__": "LNC"} for _ in range(2 if self._mode == "lstm" else 1)]

    @property
    def _gate_names(self) -> Sequence[str]:
        return _GATES[self._mode]

    def _shapes(self, features: int) -> dict[str, tuple[int, ...]]:
        """Shape of each gate's weights by name, in the vector's order."""
        hidden, ways = self._num_hidden, len(self._directions)
        found: dict[str, tuple[int, ...]] = {}
        parts = [(layer, way) for layer in range(self._num_layers) for way in self._directions]
        for layer, way in parts:
            sizes = {"i2h": features if layer == 0 else ways * hidden, "h2h": hidden}
            for group, size in sizes.items():
                found |= {f"{self._prefix}{way}{layer}_{group}{g}_weight": (hidden, size) for g in self._gate_names}
        for layer, way in parts:
            for group in ("i2h", "h2h"):
                found |= {f"{self._prefix}{way}{layer}_{group}{g}_bias": (hidden,) for g in self._gate_names}
        return found

    def _features(self, size: int) -> int:
        none, one = (sum(map(math.prod, self._shapes(n).values())) for n in (0, 1))
        features, rest = divmod(size - none, one - none)
        if rest or features < 1:
            raise ParamError("the vector's size is not that of these layers", where=self._vector, got=size)
        return features

    def unpack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        found = dict(args)
        vector = found.pop(self._vector)
        begin = 0
        for name, shape in self._shapes(self._features(vector.size)).items():
            end = begin + math.prod(shape)
            found[name] = vector[begin:end].reshape(shape).copy()
            begin = end
        return found

    def pack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        found = dict(args)
        features = found[f"{self._prefix}l0_i2h{self._gate_names[0]}_weight"].shape[1]
        found[self._vector] = nd.concatenate([found.pop(n).reshape((-1,)) for n in self._shapes(features)])
        return found

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        raise GraphError("it runs whole sequences", where="FusedRNNCell", remedy="Use unroll(), or unfuse() it")

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Symbol]]:
        """(outputs, last states); layout ``TNC`` is the operator's own, ``NTC`` is turned."""
        self.reset()
        inputs, axis = as_sequence(length, inputs, layout, True)
        if axis not in (0, 1):
            raise ParamError("unknown layout", where="unroll", wanted="TNC or NTC", got=layout)
        if axis == 1:
            inputs = sym.swapaxes(inputs, dim1=0, dim2=1)
        states = self.begin_state() if begin_state is None else list(begin_state)
        named: dict[str, Any] = dict(zip(("state", "state_cell"), states, strict=False))
        outputs = sym.RNN(
            inputs,
            self._parameter,
            **named,
            state_size=self._num_hidden,
            num_layers=self._num_layers,
            bidirectional=self._bidirectional,
            p=self._dropout,
            state_outputs=self._get_next_state,
            mode=self._mode,
            name=f"{self._prefix}rnn",
        )
        after: list[Symbol] = []
        if self._get_next_state:
            after = [outputs[i + 1] for i in range(len(states))]
            for state in after:
                state._set_attr(__layout__="LNC")
            outputs = outputs[0]
        if axis == 1:
            outputs = sym.swapaxes(outputs, dim1=0, dim2=1)
        return as_sequence(length, outputs, layout, merge_outputs)[0], after

    def unfuse(self) -> SequentialRNNCell:
        """The same layers as single cells."""
        stack = SequentialRNNCell()
        for i in range(self._num_layers):
            if self._bidirectional:
                left, right = (self._single(f"{self._prefix}{way}{i}_") for way in self._directions)
                stack.add(BidirectionalCell(left, right, output_prefix=f"{self._prefix}bi_l{i}_"))
            else:
                stack.add(self._single(f"{self._prefix}l{i}_"))
            if self._dropout > 0 and i != self._num_layers - 1:
                from .modifiers import DropoutCell

                stack.add(DropoutCell(self._dropout, prefix=f"{self._prefix}_dropout{i}_"))
        return stack

    def _single(self, prefix: str) -> BaseRNNCell:
        if self._mode == "lstm":
            return LSTMCell(self._num_hidden, prefix)
        if self._mode == "gru":
            return GRUCell(self._num_hidden, prefix)
        return RNNCell(self._num_hidden, self._mode.removeprefix("rnn_"), prefix)
