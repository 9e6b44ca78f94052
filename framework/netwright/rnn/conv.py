"""Cells whose gates are convolutions (Shi et al., 2015): states keep the image's axes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from .. import symbol as sym
from ..errors import ParamError
from ..symbol.symbol import Symbol
from .base import BaseRNNCell, RNNParams
from .cells import gru_step

Pair = tuple[int, int]
_leaky = functools.partial(sym.LeakyReLU, act_type="leaky", slope=0.2)


class BaseConvRNNCell(BaseRNNCell):
    """Base of cells with convolutions. ``input_shape`` is that of one step, as (batch, channels, height, width)."""

    _states = 1
    _kind_prefix = ""

    def __init__(
        self,
        input_shape: Sequence[int],
        num_hidden: int,
        h2h_kernel: Pair = (3, 3),
        h2h_dilate: Pair = (1, 1),
        i2h_kernel: Pair = (3, 3),
        i2h_stride: Pair = (1, 1),
        i2h_pad: Pair = (1, 1),
        i2h_dilate: Pair = (1, 1),
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        activation: Any = _leaky,
        prefix: str | None = None,
        params: RNNParams | None = None,
        conv_layout: Any = "NCHW",
    ) -> None:
        super().__init__(self._kind_prefix if prefix is None else prefix, params)
        if any(k % 2 == 0 for k in h2h_kernel):
            raise ParamError(
                "the state keeps its size with odd kernels only", parameter="h2h_kernel", wanted="odd", got=h2h_kernel
            )
        self._num_hidden, self._activation, self._conv_layout = num_hidden, activation, conv_layout
        pads = tuple(d * (k - 1) // 2 for k, d in zip(h2h_kernel, h2h_dilate, strict=True))
        self._i2h: dict[str, Any] = {"kernel": i2h_kernel, "stride": i2h_stride, "pad": i2h_pad, "dilate": i2h_dilate}
        self._h2h: dict[str, Any] = {"kernel": h2h_kernel, "stride": (1, 1), "pad": pads, "dilate": h2h_dilate}
        first = sym.Convolution(sym.Variable("data"), num_filter=num_hidden, layout=conv_layout, **self._i2h)
        self._state_shape = (0, *first.infer_shape(data=tuple(input_shape))[1][0][1:])
        get = self.params.get
        self._iW = get("i2h_weight", init=i2h_weight_initializer)
        self._hW = get("h2h_weight", init=h2h_weight_initializer)
        self._iB, self._hB = (
            get("i2h_bias", init=_named(i2h_bias_initializer)),
            get("h2h_bias", init=_named(h2h_bias_initializer)),
        )

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return [{"shape": self._state_shape, "__layout__": self._conv_layout} for _ in range(self._states)]

    def _gates(self, inputs: Symbol, state: Symbol, name: str) -> tuple[Symbol, Symbol]:
        common: dict[str, Any] = {"num_filter": self._num_hidden * len(self._gate_names), "layout": self._conv_layout}
        return (
            sym.Convolution(inputs, self._iW, self._iB, name=f"{name}i2h", **common, **self._i2h),
            sym.Convolution(state, self._hW, self._hB, name=f"{name}h2h", **common, **self._h2h),
        )

    def _step_name(self) -> str:
        self._counter += 1
        return f"{self._prefix}t{self._counter}_"


def _named(initializer: Any) -> Any:
    """MXNet's JSON for an initializer that is given by name."""
    return f'["{initializer}", {{}}]' if isinstance(initializer, str) and initializer[:1] != "[" else initializer


class ConvRNNCell(BaseConvRNNCell):
    """h' = act(W ∗ x + U ∗ h + b)."""

    _kind_prefix = "ConvRNN_"

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("",)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        name = self._step_name()
        i2h, h2h = self._gates(inputs, states[0], name)
        output = self._get_activation(sym.elemwise_add(i2h, h2h), self._activation, name=f"{name}out")
        return output, [output]


class ConvLSTMCell(BaseConvRNNCell):
    """Long short-term memory with convolutions."""

    _states = 2
    _kind_prefix = "ConvLSTM_"

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("_i", "_f", "_c", "_o")

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        name = self._step_name()
        i2h, h2h = self._gates(inputs, states[0], name)
        axis = self._conv_layout.find("C")
        parts = sym.SliceChannel(sym.elemwise_add(i2h, h2h), num_outputs=4, axis=axis, name=f"{name}slice")
        named = ((0, "i"), (1, "f"), (3, "o"))
        enter, forget, leave = (sym.Activation(parts[i], act_type="sigmoid", name=name + gate) for i, gate in named)
        change = self._get_activation(parts[2], self._activation, name=f"{name}c")
        memory = sym.elemwise_add(
            sym.elemwise_mul(forget, states[1]), sym.elemwise_mul(enter, change), name=f"{name}state"
        )
        output = sym.elemwise_mul(leave, self._get_activation(memory, self._activation), name=f"{name}out")
        return output, [output, memory]


class ConvGRUCell(BaseConvRNNCell):
    """Gated recurrent unit with convolutions."""

    _kind_prefix = "ConvGRU_"

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("_r", "_z", "_o")

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        name = self._step_name()
        return gru_step(*self._gates(inputs, states[0], name), states[0], name, self._activation)
