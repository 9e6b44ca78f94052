"""Recurrent layers over whole sequences: RNN, LSTM and GRU by the fused operator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ... import ndarray
from ...errors import NetwrightError, ParamError, ShapeError
from ...ndarray.array import NDArray
from ...ops.recurrent_parameters import RNNParametersParams, weight_names, weight_shapes
from ..block import HybridBlock
from .basic_cells import GRUCell, LSTMCell, RNNCell
from .cell import HybridRecurrentCell
from .containers import BidirectionalCell, HybridSequentialRNNCell, stacked
from .modifiers import DropoutCell
from .sequence import axes_of


class _RNNLayer(HybridBlock):
    """A stack of recurrent layers. Called with data it gives outputs; with data and states, (outputs, states)."""

    def __init__(
        self,
        mode: str,
        hidden_size: int,
        num_layers: int,
        layout: str,
        dropout: float,
        bidirectional: bool,
        input_size: int,
        initializers: dict[str, Any],
        dtype: Any,
        projection_size: int | None = None,
        clip: tuple[float | None, float | None, bool] = (None, None, False),
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix, params)
        self._mode, self._hidden_size, self._num_layers = mode, hidden_size, num_layers
        self._layout, self._dropout, self._bidirectional = layout, dropout, bidirectional
        self._input_size, self._projection_size, self._clip, self._dtype = input_size, projection_size, clip, dtype
        self._initializers = initializers
        sizes = {"state_size": hidden_size, "num_layers": num_layers, "projection_size": projection_size}
        try:
            axes_of(layout)
            self._shape_params = RNNParametersParams.make(
                {"num_args": 1, "bidirectional": bidirectional, "mode": mode, **sizes}
            )
        except NetwrightError as error:
            raise error.at(self.name) from None
        shapes = weight_shapes(self._shape_params, input_size)
        for name in _declared_order(shapes):
            init = initializers[name.partition("_")[2]]
            parameter = self.params.get(name, shape=shapes[name], init=init, dtype=dtype, allow_deferred_init=True)
            setattr(self, name, parameter)

    @property
    def _ways(self) -> int:
        return 2 if self._bidirectional else 1

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Shape, layout and dtype of each state."""
        shape = (self._num_layers * self._ways, batch_size, self._projection_size or self._hidden_size)
        return [{"shape": shape, "__layout__": "LNC", "dtype": self._dtype}]

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = ndarray.zeros, **kwargs: Any) -> list[Any]:
        """The states before the first step, each made by ``func(name=…, shape=…, **kwargs)``."""
        return [
            func(name=f"{self.prefix}h0_{i}", **{**info, **kwargs})
            for i, info in enumerate(self.state_info(batch_size))
        ]

    def cast(self, dtype: Any) -> None:
        """Change the element type of weights and states."""
        super().cast(dtype)
        self._dtype = dtype

    def __call__(self, inputs: Any, states: Any = None, sequence_length: Any = None) -> Any:
        if states is not None and not isinstance(states, (list, tuple)):
            states = [states]
        if isinstance(inputs, NDArray):
            self._check_data(inputs)
            if states is not None:
                self._check_states(inputs, states)
        asked = (states is None, sequence_length is None)
        if getattr(self, "_asked", asked) != asked:
            self._clear()  # what was compiled is for other arguments
        self._asked = asked
        return super().__call__(inputs, None if states is None else list(states), sequence_length)

    def hybrid_forward(
        self, F: Any, inputs: Any, states: Sequence[Any] | None = None, sequence_length: Any = None, **weights: Any
    ) -> Any:
        """One call of the fused operator."""
        shape = self._shape_params
        ordered = [weights[name] for name in weight_names(shape)]
        facts = {k: getattr(shape, k) for k in ("state_size", "num_layers", "bidirectional", "mode", "projection_size")}
        vector = F._internal._rnn_parameters(inputs, *ordered, **facts)
        if self._layout == "NTC":
            inputs = F.SwapAxis(inputs, dim1=0, dim2=1)
        named: dict[str, Any] = dict(zip(("state", "state_cell"), states or (), strict=False))
        if sequence_length is not None:
            named |= {"sequence_length": sequence_length, "use_sequence_length": True}
        clip_min, clip_max, clip_nan = self._clip
        found = F.RNN(
            inputs,
            vector,
            **named,
            **facts,
            p=self._dropout,
            state_outputs=states is not None,
            zero_state=states is None,
            lstm_state_clip_min=clip_min,
            lstm_state_clip_max=clip_max,
            lstm_state_clip_nan=clip_nan,
        )
        output = found if states is None else found[0]
        if self._layout == "NTC":
            output = F.SwapAxis(output, dim1=0, dim2=1)
        return output if states is None else (output, list(found)[1:])

    def _check_data(self, x: NDArray) -> None:
        features = self._input_size or (x.shape[-1] if x.ndim else 0)
        if x.ndim != 3 or x.shape[2] != features:
            raise ShapeError(
                "the data do not fit the layer",
                where=self.name,
                wanted=f"three axes ({self._layout}), the last of size {self._input_size}"
                if self._input_size
                else f"three axes ({self._layout})",
                got=x.shape,
                remedy="Give sequences of the features the layer was made for, or make it with another input_size",
            )

    def _check_states(self, x: NDArray, states: Sequence[NDArray]) -> None:
        batch = x.shape[self._layout.find("N")]
        wanted = [info["shape"] for info in self.state_info(batch)]
        got = [state.shape for state in states]
        if wanted != got:
            raise ShapeError(
                "the states do not fit the layer",
                where=self.name,
                wanted=wanted,
                got=got,
                remedy=f"Make them with begin_state(batch_size={batch})",
            )

    def _unfuse(self) -> HybridSequentialRNNCell:
        """The same network as a stack of cells that shares these weights."""
        if self._projection_size:
            raise ParamError("cells have no projection", where=self.name, parameter="projection_size")
        cells: list[HybridRecurrentCell] = []
        incoming = self._input_size
        for i in range(self._num_layers):
            ways = [self._cell(f"{way}{i}_", incoming) for way in "lr"[: self._ways]]
            cells.append(BidirectionalCell(ways[0], ways[1]) if self._bidirectional else ways[0])
            if self._dropout and i < self._num_layers - 1:
                cells.append(DropoutCell(self._dropout))
            incoming = self._hidden_size * self._ways
        return stacked(cells, self.prefix, self.params)

    def _cell(self, prefix: str, input_size: int) -> HybridRecurrentCell:
        own = {f"{kind}_initializer": init for kind, init in self._initializers.items() if kind != "h2r_weight"}
        kinds: dict[str, Callable[..., HybridRecurrentCell]] = {"lstm": LSTMCell, "gru": GRUCell}
        make = kinds.get(self._mode, RNNCell)
        if make is RNNCell:
            own["activation"] = self._mode.removeprefix("rnn_")
        cell = make(self._hidden_size, input_size=input_size, prefix=self.prefix + prefix, params=None, **own)
        for kind in ("i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias"):
            mine = getattr(self, prefix + kind)
            cell.params._params[mine.name] = cell._reg_params[kind] = cell.__dict__[kind] = mine
        return cell

    def __repr__(self) -> str:
        incoming = (self._reg_params["l0_i2h_weight"].shape or (0, 0))[1] or None
        text = f"{type(self).__name__}({incoming} -> {self._hidden_size}, {self._layout}"
        if self._num_layers != 1:
            text += f", num_layers={self._num_layers}"
        if self._dropout:
            text += f", dropout={self._dropout}"
        return text + (", bidirectional)" if self._bidirectional else ")")


def _declared_order(shapes: dict[str, Any]) -> list[str]:
    """MXNet declares layer by layer, weights before biases, the projection last."""
    kinds = ("i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias", "h2r_weight")
    places = dict.fromkeys(name.partition("_")[0] for name in shapes)
    return [f"{place}_{kind}" for place in places for kind in kinds if f"{place}_{kind}" in shapes]


class RNN(_RNNLayer):
    """h' = activation(W·x + b + U·h + d) over sequences (``relu`` or ``tanh``), several layers, one or two directions.

    Data (T, N, I) under ``TNC`` or (N, T, I) under ``NTC``; states [h (layers·directions, N, hidden_size)].

    >>> layer = mx.gluon.rnn.RNN(hidden_size=8, num_layers=2)
    >>> layer.initialize()
    >>> output, state = layer(mx.nd.ones((5, 3, 4)), layer.begin_state(batch_size=3))
    >>> output.shape, [s.shape for s in state]
    ((5, 3, 8), [(2, 3, 8)])
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        activation: str = "relu",
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        if activation not in ("relu", "tanh"):
            raise ParamError("unknown activation", where="RNN", wanted="relu or tanh", got=repr(activation))
        initializers = {
            "i2h_weight": i2h_weight_initializer,
            "h2h_weight": h2h_weight_initializer,
            "i2h_bias": i2h_bias_initializer,
            "h2h_bias": h2h_bias_initializer,
        }
        sizes = (hidden_size, num_layers, layout, dropout, bidirectional, input_size)
        super().__init__(f"rnn_{activation}", *sizes, initializers, dtype, **kwargs)


class LSTM(_RNNLayer):
    """Long short-term memory over sequences; see ``LSTMCell`` for the formula.

    States [h, c], each (layers·directions, N, hidden_size); ``projection_size`` projects h, ``state_clip_min`` and
    ``state_clip_max`` bound c.

    >>> layer = mx.gluon.rnn.LSTM(hidden_size=8, num_layers=2)
    >>> layer.initialize()
    >>> output, state = layer(mx.nd.ones((5, 3, 4)), layer.begin_state(batch_size=3))
    >>> output.shape, [s.shape for s in state]
    ((5, 3, 8), [(2, 3, 8), (2, 3, 8)])
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        input_size: int = 0,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        projection_size: int | None = None,
        h2r_weight_initializer: Any = None,
        state_clip_min: float | None = None,
        state_clip_max: float | None = None,
        state_clip_nan: bool = False,
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        initializers = {
            "i2h_weight": i2h_weight_initializer,
            "h2h_weight": h2h_weight_initializer,
            "i2h_bias": i2h_bias_initializer,
            "h2h_bias": h2h_bias_initializer,
            "h2r_weight": h2r_weight_initializer,
        }
        sizes = (hidden_size, num_layers, layout, dropout, bidirectional, input_size)
        clip = (state_clip_min, state_clip_max, state_clip_nan)
        super().__init__("lstm", *sizes, initializers, dtype, projection_size, clip, **kwargs)

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        cell = (self._num_layers * self._ways, batch_size, self._hidden_size)
        return [*super().state_info(batch_size), {"shape": cell, "__layout__": "LNC", "dtype": self._dtype}]


class GRU(_RNNLayer):
    """Gated recurrent units over sequences; see ``GRUCell`` for the formula.

    >>> layer = mx.gluon.rnn.GRU(hidden_size=8, num_layers=2)
    >>> layer.initialize()
    >>> output, state = layer(mx.nd.ones((5, 3, 4)), layer.begin_state(batch_size=3))
    >>> output.shape, [s.shape for s in state]
    ((5, 3, 8), [(2, 3, 8)])
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        input_size: int = 0,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        initializers = {
            "i2h_weight": i2h_weight_initializer,
            "h2h_weight": h2h_weight_initializer,
            "i2h_bias": i2h_bias_initializer,
            "h2h_bias": h2h_bias_initializer,
        }
        sizes = (hidden_size, num_layers, layout, dropout, bidirectional, input_size)
        super().__init__("gru", *sizes, initializers, dtype, **kwargs)
