"""The plain, the LSTM and the GRU cell."""

from __future__ import annotations

from typing import Any

from ..parameter import Parameter
from ..parameter_dict import ParameterDict
from .cell import HybridRecurrentCell


class _GatedCell(HybridRecurrentCell):
    """Weights of a cell with ``gates`` blocks of ``hidden_size`` rows each, for the input and for the state."""

    def __init__(
        self,
        gates: int,
        hidden_size: int,
        input_size: int,
        initializers: tuple[Any, Any, Any, Any],
        prefix: str | None,
        params: ParameterDict | None,
    ) -> None:
        super().__init__(prefix, params)
        self._hidden_size, self._input_size, self._rows = hidden_size, input_size, gates * hidden_size
        i2h_weight, h2h_weight, i2h_bias, h2h_bias = initializers
        self.i2h_weight = self._weight("i2h_weight", (self._rows, input_size), i2h_weight)
        self.h2h_weight = self._weight("h2h_weight", (self._rows, hidden_size), h2h_weight)
        self.i2h_bias = self._weight("i2h_bias", (self._rows,), i2h_bias)
        self.h2h_bias = self._weight("h2h_bias", (self._rows,), h2h_bias)

    def _weight(self, name: str, shape: tuple[int, ...], init: Any) -> Parameter:
        return self.params.get(name, shape=shape, init=init, allow_deferred_init=True)

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        return [{"shape": (batch_size, self._hidden_size), "__layout__": "NC"}]

    def _products(self, F: Any, x: Any, h: Any, weights: dict[str, Any]) -> tuple[Any, Any]:
        """(W·x + b, U·h + d)."""
        name, rows = self._step_name(), self._rows
        i2h = F.FullyConnected(x, weights["i2h_weight"], weights["i2h_bias"], num_hidden=rows, name=name + "i2h")
        h2h = F.FullyConnected(h, weights["h2h_weight"], weights["h2h_bias"], num_hidden=rows, name=name + "h2h")
        return i2h, h2h

    def __repr__(self) -> str:
        shape = self.i2h_weight.shape or (self._rows, 0)
        more = self._more()
        return f"{type(self).__name__}({shape[1] or None} -> {shape[0]}{', ' + more if more else ''})"

    def _more(self) -> str:
        return ""


class RNNCell(_GatedCell):
    """h' = activation(W·x + b + U·h + d) (Elman, 1990). States: [h (N, hidden_size)].

    >>> cell = mx.gluon.rnn.RNNCell(hidden_size=8)
    >>> cell.initialize()
    >>> outputs, states = cell.unroll(5, mx.nd.ones((3, 5, 4)), layout="NTC", merge_outputs=True)
    >>> outputs.shape, [state.shape for state in states]
    ((3, 5, 8), [(3, 8)])
    """

    def __init__(
        self,
        hidden_size: int,
        activation: Any = "tanh",
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        initializers = (i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer)
        super().__init__(1, hidden_size, input_size, initializers, prefix, params)
        self._activation = activation

    def _alias(self) -> str:
        return "rnn"

    def _more(self) -> str:
        return str(self._activation)

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **weights: Any) -> Any:
        """One step."""
        i2h, h2h = self._products(F, inputs, states[0], weights)
        name = self._step_name()
        out = activate(F, F.elemwise_add(i2h, h2h, name=name + "plus0"), self._activation, name + "out")
        return out, [out]


class LSTMCell(_GatedCell):
    """c' = σ(f)·c + σ(i)·tanh(g); h' = σ(o)·tanh(c') (Hochreiter and Schmidhuber, 1997).

    [i, f, g, o] = W·x + b + U·h + d. States: [h, c], each (N, hidden_size).

    >>> cell = mx.gluon.rnn.LSTMCell(hidden_size=8)
    >>> cell.initialize()
    >>> outputs, states = cell.unroll(5, mx.nd.ones((3, 5, 4)), layout="NTC", merge_outputs=True)
    >>> outputs.shape, [state.shape for state in states]
    ((3, 5, 8), [(3, 8), (3, 8)])
    """

    def __init__(
        self,
        hidden_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
    ) -> None:
        initializers = (i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer)
        super().__init__(4, hidden_size, input_size, initializers, prefix, params)
        self._activation, self._recurrent_activation = activation, recurrent_activation

    def _alias(self) -> str:
        return "lstm"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        return super().state_info(batch_size) * 2

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **weights: Any) -> Any:
        """One step."""
        name = self._step_name()
        i2h, h2h = self._products(F, inputs, states[0], weights)
        i, f, g, o = F.SliceChannel(F.elemwise_add(i2h, h2h, name=name + "plus0"), num_outputs=4, name=name + "slice")
        i, f, o = (
            activate(F, gate, self._recurrent_activation, name + letter)
            for gate, letter in ((i, "i"), (f, "f"), (o, "o"))
        )
        kept = F.elemwise_mul(f, states[1], name=name + "mul0")
        new = F.elemwise_mul(i, activate(F, g, self._activation, name + "c"), name=name + "mul1")
        c = F.elemwise_add(kept, new, name=name + "state")
        h = F.elemwise_mul(o, activate(F, c, self._activation, name + "activation0"), name=name + "out")
        return h, [h, c]


class GRUCell(_GatedCell):
    """h' = (1 − z)·n + z·h; n = tanh(W·x + b + r·(U·h + d)) (Cho et al., 2014).

    r and z are sigmoids of their parts of both products. States: [h (N, hidden_size)].

    >>> cell = mx.gluon.rnn.GRUCell(hidden_size=8)
    >>> cell.initialize()
    >>> outputs, states = cell.unroll(5, mx.nd.ones((3, 5, 4)), layout="NTC", merge_outputs=True)
    >>> outputs.shape, [state.shape for state in states]
    ((3, 5, 8), [(3, 8)])
    """

    def __init__(
        self,
        hidden_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        initializers = (i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer)
        super().__init__(3, hidden_size, input_size, initializers, prefix, params)

    def _alias(self) -> str:
        return "gru"

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **weights: Any) -> Any:
        """One step."""
        name, before = self._step_name(), states[0]
        i2h, h2h = self._products(F, inputs, before, weights)
        reset_x, update_x, new_x = F.SliceChannel(i2h, num_outputs=3, name=name + "i2h_slice")
        reset_h, update_h, new_h = F.SliceChannel(h2h, num_outputs=3, name=name + "h2h_slice")
        reset = F.elemwise_add(reset_x, reset_h, name=name + "plus0")
        reset = F.Activation(reset, act_type="sigmoid", name=name + "r_act")
        update = F.elemwise_add(update_x, update_h, name=name + "plus1")
        update = F.Activation(update, act_type="sigmoid", name=name + "z_act")
        new = F.elemwise_add(new_x, F.elemwise_mul(reset, new_h, name=name + "mul0"), name=name + "plus2")
        new = F.elemwise_mul(1.0 - update, F.Activation(new, act_type="tanh", name=name + "h_act"), name=name + "mul1")
        out = F.elemwise_add(new, F.elemwise_mul(update, before, name=name + "mul20"), name=name + "out")
        return out, [out]


def activate(F: Any, x: Any, activation: Any, name: str) -> Any:
    """An activation by name, or a block."""
    return F.Activation(x, act_type=activation, name=name) if isinstance(activation, str) else activation(x)
