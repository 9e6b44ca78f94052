"""A projected LSTM, variational dropout, and unrolling by the control flow operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....errors import MismatchError
from ...parameter_dict import ParameterDict
from ...rnn.cell import HybridRecurrentCell, RecurrentCell
from ...rnn.containers import BidirectionalCell
from ...rnn.modifiers import ModifierCell
from ...rnn.sequence import as_merged, as_steps, axes_of, mask_steps, module_of


class LSTMPCell(HybridRecurrentCell):
    """An LSTM whose state is a projection of its output: h' = R·(σ(o)·tanh(c')) (Sak et al., 2014).

    c' and the gates are as in ``LSTMCell``. States: [h (N, projection_size), c (N, hidden_size)].

    >>> cell = mx.gluon.contrib.rnn.LSTMPCell(hidden_size=8, projection_size=4)
    >>> cell.initialize()
    >>> outputs, states = cell.unroll(5, mx.nd.ones((3, 5, 2)), merge_outputs=True)
    >>> outputs.shape, [state.shape for state in states]
    ((3, 5, 4), [(3, 4), (3, 8)])
    """

    def __init__(
        self,
        hidden_size: int,
        projection_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        h2r_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix, params)
        self._hidden_size, self._projection_size = hidden_size, projection_size
        rows = 4 * hidden_size
        for name, shape, init in (
            ("i2h_weight", (rows, input_size), i2h_weight_initializer),
            ("h2h_weight", (rows, projection_size), h2h_weight_initializer),
            ("h2r_weight", (projection_size, hidden_size), h2r_weight_initializer),
            ("i2h_bias", (rows,), i2h_bias_initializer),
            ("h2h_bias", (rows,), h2h_bias_initializer),
        ):
            setattr(self, name, self.params.get(name, shape=shape, init=init, allow_deferred_init=True))

    def _alias(self) -> str:
        return "lstmp"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        sizes = (self._projection_size, self._hidden_size)
        return [{"shape": (batch_size, size), "__layout__": "NC"} for size in sizes]

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **weights: Any) -> Any:
        """One step."""
        name, w, rows = self._step_name(), weights, 4 * self._hidden_size
        i2h = F.FullyConnected(inputs, w["i2h_weight"], w["i2h_bias"], num_hidden=rows, name=name + "i2h")
        h2h = F.FullyConnected(states[0], w["h2h_weight"], w["h2h_bias"], num_hidden=rows, name=name + "h2h")
        i, f, g, o = F.SliceChannel(i2h + h2h, num_outputs=4, name=name + "slice")
        i, f, o = (F.Activation(gate, act_type="sigmoid") for gate in (i, f, o))
        c = f * states[1] + i * F.Activation(g, act_type="tanh")
        hidden = F.elemwise_mul(o, F.Activation(c, act_type="tanh"), name=name + "hidden")
        out = F.FullyConnected(
            hidden, w["h2r_weight"], num_hidden=self._projection_size, no_bias=True, name=name + "out"
        )
        return out, [out, c]

    def __repr__(self) -> str:
        incoming, rows = (self._reg_params["i2h_weight"].shape or (0, 0))[::-1]
        return f"LSTMPCell({incoming or None} -> {rows} -> {self._projection_size})"


class VariationalDropoutCell(ModifierCell):
    """Drops the same elements at every step, until ``reset()`` (Gal and Ghahramani, 2016).

    Of the inputs, of the first state and of the outputs, each by its own chance.

    >>> cell = mx.gluon.contrib.rnn.VariationalDropoutCell(mx.gluon.rnn.RNNCell(8), drop_outputs=0.5)
    >>> cell.initialize()
    >>> outputs, _ = cell.unroll(5, mx.nd.ones((3, 5, 2)), merge_outputs=True)
    >>> outputs.shape
    (3, 5, 8)
    """

    def __init__(
        self, base_cell: RecurrentCell, drop_inputs: float = 0.0, drop_states: float = 0.0, drop_outputs: float = 0.0
    ) -> None:
        if drop_states and isinstance(base_cell, BidirectionalCell):
            raise MismatchError(
                "a bidirectional cell has no single state to drop",
                where="VariationalDropoutCell",
                remedy="Wrap each of its two cells",
            )
        super().__init__(base_cell)
        self.drop_inputs, self.drop_states, self.drop_outputs = drop_inputs, drop_states, drop_outputs

    def _alias(self) -> str:
        return "vardrop"

    def reset(self) -> None:
        """Forget what is dropped."""
        super().reset()
        self._masks: dict[str, Any] = {}

    def hybridize(self, active: bool = True, *args: Any, **kwargs: Any) -> None:
        """Compile the inner cell; this one remembers what it drops, which a plan could not."""
        self._clear()
        self.base_cell.hybridize(active, *args, **kwargs)

    def _dropped(self, F: Any, kind: str, value: Any, chance: float) -> Any:
        if not chance:
            return value
        if kind not in self._masks:
            self._masks[kind] = F.Dropout(F.ones_like(value), p=chance)
        return value * self._masks[kind]

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> Any:
        """One step."""
        states = [self._dropped(F, "states", states[0], self.drop_states), *states[1:]]
        output, after = self.base_cell(self._dropped(F, "inputs", inputs, self.drop_inputs), states)
        return self._dropped(F, "outputs", output, self.drop_outputs), after

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Unroll the inner cell on dropped inputs where no state is dropped (see ``RecurrentCell.unroll``)."""
        if self.drop_states:
            return super().unroll(length, inputs, begin_state, layout, merge_outputs, valid_length)
        self.reset()
        axis = axes_of(layout)[0]
        whole = as_merged(inputs, layout)
        F = module_of(whole)
        if self.drop_inputs:
            whole = F.Dropout(whole, p=self.drop_inputs, axes=(axis,))
        outputs, states = self._unroll_inner(length, whole, begin_state, layout, True, valid_length)
        if self.drop_outputs:
            outputs = F.Dropout(outputs, p=self.drop_outputs, axes=(axis,))
        return (as_steps(length, outputs, layout)[0] if merge_outputs is False else outputs), states

    def __repr__(self) -> str:
        return f"VariationalDropoutCell(p_out = {self.drop_outputs}, p_state = {self.drop_states})"


def dynamic_unroll(
    cell: RecurrentCell,
    inputs: Any,
    begin_state: Sequence[Any],
    drop_inputs: float = 0,
    drop_outputs: float = 0,
    layout: str = "TNC",
    valid_length: Any = None,
) -> tuple[Any, list[Any]]:
    """Run a cell over a whole sequence by ``contrib.foreach``: (outputs in ``layout``, last states).

    With ``valid_length`` (N,) outputs behind a sequence's end are 0 and its states those of its last step.
    """
    F, axis = module_of(inputs), axes_of(layout)[0]
    whole = F.Dropout(inputs, p=drop_inputs, axes=(axis,)) if drop_inputs else inputs
    steps = F.swapaxes(whole, dim1=0, dim2=axis) if axis else whole

    def step(x: Any, states: Any) -> Any:
        if valid_length is None:
            return cell(x, list(states))
        *before, number = states
        output, after = cell(x, before)
        goes_on = F.broadcast_greater(valid_length, number)
        return output, [*(F.where(goes_on, new, old) for new, old in zip(after, before, strict=True)), number + 1]

    first = list(begin_state)
    if valid_length is not None:
        first.append(F.zeros_like(F.slice_axis(valid_length, axis=0, begin=0, end=1)))
    outputs, states = F.contrib.foreach(step, steps, first)
    outputs = F.swapaxes(outputs, dim1=0, dim2=axis) if axis else outputs
    if drop_outputs:
        outputs = F.Dropout(outputs, p=drop_outputs, axes=(axis,))
    if valid_length is None:
        return outputs, list(states)
    return mask_steps(outputs, layout, valid_length), list(states)[:-1]
