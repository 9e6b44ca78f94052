"""Cells of one step: RNNCell, LSTMCell, GRUCell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import symbol as sym
from ..initializer import LSTMBias
from ..symbol.symbol import Symbol
from .base import BaseRNNCell, RNNParams


class _Dense(BaseRNNCell):
    """Cells whose gates are dense layers of the input and of the state."""

    _states = 1

    def __init__(self, num_hidden: int, prefix: str, params: RNNParams | None, bias_init: Any = None) -> None:
        super().__init__(prefix, params)
        self._num_hidden = num_hidden
        weights = self.params
        self._iW = weights.get("i2h_weight")
        self._iB = weights.get("i2h_bias", **({} if bias_init is None else {"init": bias_init}))
        self._hW, self._hB = weights.get("h2h_weight"), weights.get("h2h_bias")

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return [{"shape": (0, self._num_hidden), "__layout__": "NC"} for _ in range(self._states)]

    def _gates(self, inputs: Symbol, state: Symbol, name: str) -> tuple[Symbol, Symbol]:
        size = self._num_hidden * len(self._gate_names)
        return (
            sym.FullyConnected(inputs, self._iW, self._iB, num_hidden=size, name=f"{name}i2h"),
            sym.FullyConnected(state, self._hW, self._hB, num_hidden=size, name=f"{name}h2h"),
        )

    def _step_name(self) -> str:
        self._counter += 1
        return f"{self._prefix}t{self._counter}_"


class RNNCell(_Dense):
    """h' = act(W x + b + U h + c)."""

    def __init__(
        self, num_hidden: int, activation: Any = "tanh", prefix: str = "rnn_", params: RNNParams | None = None
    ) -> None:
        super().__init__(num_hidden, prefix, params)
        self._activation = activation

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("",)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        name = self._step_name()
        i2h, h2h = self._gates(inputs, states[0], name)
        output = self._get_activation(sym.elemwise_add(i2h, h2h), self._activation, name=f"{name}out")
        return output, [output]


class LSTMCell(_Dense):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997); the forget gate's bias begins with ``forget_bias``."""

    _states = 2

    def __init__(
        self, num_hidden: int, prefix: str = "lstm_", params: RNNParams | None = None, forget_bias: float = 1.0
    ) -> None:
        super().__init__(num_hidden, prefix, params, LSTMBias(forget_bias))

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("_i", "_f", "_c", "_o")

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        name = self._step_name()
        i2h, h2h = self._gates(inputs, states[0], name)
        parts = sym.SliceChannel(sym.elemwise_add(i2h, h2h), num_outputs=4, name=f"{name}slice")
        named = ((0, "i"), (1, "f"), (3, "o"))
        enter, forget, leave = (sym.Activation(parts[i], act_type="sigmoid", name=name + gate) for i, gate in named)
        change = sym.Activation(parts[2], act_type="tanh", name=f"{name}c")
        memory = sym.elemwise_add(
            sym.elemwise_mul(forget, states[1]), sym.elemwise_mul(enter, change), name=f"{name}state"
        )
        output = sym.elemwise_mul(leave, sym.Activation(memory, act_type="tanh"), name=f"{name}out")
        return output, [output, memory]


class GRUCell(_Dense):
    """Gated recurrent unit (Cho et al., 2014), with the reset gate after the state's layer, as cuDNN has it."""

    def __init__(self, num_hidden: int, prefix: str = "gru_", params: RNNParams | None = None) -> None:
        super().__init__(num_hidden, prefix, params)

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("_r", "_z", "_o")

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        name = self._step_name()
        return gru_step(*self._gates(inputs, states[0], f"{name}_"), states[0], name, "tanh")


def gru_step(i2h: Symbol, h2h: Symbol, before: Symbol, name: str, activation: Any) -> tuple[Symbol, list[Symbol]]:
    """Output and state of a gated recurrent unit from its gates."""
    own = list(sym.SliceChannel(i2h, num_outputs=3, name=f"{name}_i2h_slice"))
    rest = list(sym.SliceChannel(h2h, num_outputs=3, name=f"{name}_h2h_slice"))
    reset = sym.Activation(sym.elemwise_add(own[0], rest[0]), act_type="sigmoid", name=f"{name}_r_act")
    update = sym.Activation(sym.elemwise_add(own[1], rest[1]), act_type="sigmoid", name=f"{name}_z_act")
    change = BaseRNNCell._get_activation(
        sym.elemwise_add(own[2], sym.elemwise_mul(reset, rest[2])), activation, name=f"{name}_h_act"
    )
    output = sym.elemwise_add(
        sym.elemwise_mul(1.0 - update, change), sym.elemwise_mul(update, before), name=f"{name}out"
    )
    return output, [output]
