"""Recurrent cells whose products are convolutions (Shi et al., 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ....errors import MismatchError
from ...parameter import Parameter
from ...parameter_dict import ParameterDict
from ...rnn.basic_cells import activate
from ...rnn.cell import HybridRecurrentCell

Sizes = int | Sequence[int]


class _ConvCell(HybridRecurrentCell):
    """Weights and states of a convolutional cell with ``gates`` blocks of ``hidden_channels`` each.

    ``input_shape`` is (channels, size…), or (size…, channels) for a layout with channels last; channels given as 0
    follow from the data. Kernels on the state are odd, so that its size stays.
    """

    gates: ClassVar[int]
    dims: ClassVar[int]

    def __init__(
        self,
        input_shape: Sequence[int],
        hidden_channels: int,
        i2h_kernel: Sizes,
        h2h_kernel: Sizes,
        i2h_pad: Sizes = 0,
        i2h_dilate: Sizes = 1,
        h2h_dilate: Sizes = 1,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        conv_layout: str | None = None,
        activation: Any = "tanh",
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix, params)
        layout = self._conv_layout = conv_layout or "NC" + "DHW"[3 - self.dims :]
        self._activation, self._hidden_channels = activation, hidden_channels
        i2h_kernel, h2h_kernel = self._sizes(i2h_kernel), self._sizes(h2h_kernel)
        i2h_pad, i2h_dilate, h2h_dilate = self._sizes(i2h_pad), self._sizes(i2h_dilate), self._sizes(h2h_dilate)
        if any(k % 2 == 0 for k in h2h_kernel):
            raise MismatchError("kernels on the state are odd", where=self.name, parameter="h2h_kernel", got=h2h_kernel)
        self._first = layout.startswith("NC")
        channels, sizes = (input_shape[0], input_shape[1:]) if self._first else (input_shape[-1], input_shape[:-1])
        facts = {"num_filter": self.gates * hidden_channels, "stride": (1,) * self.dims, "layout": layout}
        h2h_pad = tuple(d * (k - 1) // 2 for d, k in zip(h2h_dilate, h2h_kernel, strict=True))
        self._i2h = {**facts, "kernel": i2h_kernel, "pad": i2h_pad, "dilate": i2h_dilate}
        self._h2h = {**facts, "kernel": h2h_kernel, "pad": h2h_pad, "dilate": h2h_dilate}
        ways = zip(sizes, i2h_kernel, i2h_pad, i2h_dilate, strict=True)
        self._state_shape = self._shape(
            hidden_channels, tuple(s + 2 * p - d * (k - 1) if s else 0 for s, k, p, d in ways)
        )
        rows = self.gates * hidden_channels
        self.i2h_weight = self._weight("i2h_weight", (rows, *self._shape(channels, i2h_kernel)), i2h_weight_initializer)
        self.h2h_weight = self._weight(
            "h2h_weight", (rows, *self._shape(hidden_channels, h2h_kernel)), h2h_weight_initializer
        )
        self.i2h_bias = self._weight("i2h_bias", (rows,), i2h_bias_initializer)
        self.h2h_bias = self._weight("h2h_bias", (rows,), h2h_bias_initializer)

    def _sizes(self, value: Sizes) -> tuple[int, ...]:
        found = (value,) * self.dims if isinstance(value, int) else tuple(value)
        if len(found) != self.dims:
            raise MismatchError("wrong number of sizes", where=self.name, wanted=f"one or {self.dims}", got=found)
        return found

    def _shape(self, channels: int, sizes: Sequence[int]) -> tuple[int, ...]:
        return (channels, *sizes) if self._first else (*sizes, channels)

    def _weight(self, name: str, shape: tuple[int, ...], init: Any) -> Parameter:
        return self.params.get(name, shape=shape, init=init, allow_deferred_init=True)

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        return [{"shape": (batch_size, *self._state_shape), "__layout__": self._conv_layout}]

    def _products(self, F: Any, x: Any, h: Any, w: dict[str, Any]) -> tuple[Any, Any]:
        """(W∗x + b, U∗h + d)."""
        name = self._step_name()
        i2h = F.Convolution(x, w["i2h_weight"], w["i2h_bias"], name=name + "i2h", **self._i2h)
        return i2h, F.Convolution(h, w["h2h_weight"], w["h2h_bias"], name=name + "h2h", **self._h2h)

    def _parts(self, F: Any, x: Any) -> Any:
        return F.SliceChannel(x, num_outputs=self.gates, axis=1 if self._first else self.dims + 1)

    def __repr__(self) -> str:
        shape = self.i2h_weight.shape or (0, 0, 0)
        incoming = shape[1] if self._first else shape[-1]
        return f"{type(self).__name__}({incoming or None} -> {shape[0]}, {self._activation}, {self._conv_layout})"


class _ConvRNN(_ConvCell):
    """h' = activation(W∗x + b + U∗h + d)."""

    gates = 1

    def _alias(self) -> str:
        return "conv_rnn"

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **weights: Any) -> Any:
        """One step."""
        i2h, h2h = self._products(F, inputs, states[0], weights)
        out = activate(F, i2h + h2h, self._activation, self._step_name() + "out")
        return out, [out]


class _ConvLSTM(_ConvCell):
    """c' = σ(f)·c + σ(i)·activation(g); h' = σ(o)·activation(c'); [i, f, g, o] = W∗x + b + U∗h + d."""

    gates = 4

    def _alias(self) -> str:
        return "conv_lstm"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        return super().state_info(batch_size) * 2

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **weights: Any) -> Any:
        """One step."""
        name = self._step_name()
        i2h, h2h = self._products(F, inputs, states[0], weights)
        i, f, g, o = self._parts(F, i2h + h2h)
        i, f, o = (F.Activation(gate, act_type="sigmoid") for gate in (i, f, o))
        c = f * states[1] + i * activate(F, g, self._activation, name + "c")
        h = F.elemwise_mul(o, activate(F, c, self._activation, name + "act"), name=name + "out")
        return h, [h, c]


class _ConvGRU(_ConvCell):
    """h' = (1 − z)·n + z·h; n = activation(W∗x + b + r·(U∗h + d)); r and z are sigmoids of their parts."""

    gates = 3

    def _alias(self) -> str:
        return "conv_gru"

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **weights: Any) -> Any:
        """One step."""
        name, before = self._step_name(), states[0]
        i2h, h2h = self._products(F, inputs, before, weights)
        reset_x, update_x, new_x = self._parts(F, i2h)
        reset_h, update_h, new_h = self._parts(F, h2h)
        reset = F.Activation(reset_x + reset_h, act_type="sigmoid", name=name + "r_act")
        update = F.Activation(update_x + update_h, act_type="sigmoid", name=name + "z_act")
        new = activate(F, new_x + reset * new_h, self._activation, name + "h_act")
        out = F.elemwise_add((1.0 - update) * new, update * before, name=name + "out")
        return out, [out]


class Conv1DRNNCell(_ConvRNN):
    """A plain cell over (N, C, W)."""

    dims = 1


class Conv2DRNNCell(_ConvRNN):
    """A plain cell over (N, C, H, W)."""

    dims = 2


class Conv3DRNNCell(_ConvRNN):
    """A plain cell over (N, C, D, H, W)."""

    dims = 3


class Conv1DLSTMCell(_ConvLSTM):
    """An LSTM cell over (N, C, W)."""

    dims = 1


class Conv2DLSTMCell(_ConvLSTM):
    """An LSTM cell over (N, C, H, W).

    >>> cell = mx.gluon.contrib.rnn.Conv2DLSTMCell((3, 8, 8), hidden_channels=4, i2h_kernel=3, h2h_kernel=3, i2h_pad=1)
    >>> cell.initialize()
    >>> output, states = cell(mx.nd.ones((2, 3, 8, 8)), cell.begin_state(batch_size=2))
    >>> output.shape
    (2, 4, 8, 8)
    """

    dims = 2


class Conv3DLSTMCell(_ConvLSTM):
    """An LSTM cell over (N, C, D, H, W)."""

    dims = 3


class Conv1DGRUCell(_ConvGRU):
    """A GRU cell over (N, C, W)."""

    dims = 1


class Conv2DGRUCell(_ConvGRU):
    """A GRU cell over (N, C, H, W)."""

    dims = 2


class Conv3DGRUCell(_ConvGRU):
    """A GRU cell over (N, C, D, H, W)."""

    dims = 3
