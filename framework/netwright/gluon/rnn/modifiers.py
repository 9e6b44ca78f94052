"""Cells that change what another cell gives: dropout, zoneout, residual connections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ... import ndarray
from ...errors import MismatchError, ParamError
from ..parameter_dict import ParameterDict
from .cell import HybridRecurrentCell, RecurrentCell
from .containers import BidirectionalCell
from .sequence import as_merged, as_steps, mask_steps, module_of


class DropoutCell(HybridRecurrentCell):
    """Drops a share ``rate`` of its input in training; has no states.

    >>> cell = mx.gluon.rnn.DropoutCell(0.5)
    >>> cell.initialize()
    >>> outputs, states = cell.unroll(5, mx.nd.ones((3, 5, 4)), merge_outputs=True)
    >>> outputs.shape, len(states)
    ((3, 5, 4), 0)
    """

    def __init__(
        self,
        rate: float,
        axes: Sequence[int] = (),
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix, params)
        if not isinstance(rate, (int, float)) or not 0 <= rate < 1:
            raise ParamError("the rate is a share", where=self.name, parameter="rate", wanted="0 <= rate < 1", got=rate)
        self._rate, self._axes = rate, tuple(axes)

    def _alias(self) -> str:
        return "dropout"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        return []

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> Any:
        """One step."""
        if self._rate > 0:
            inputs = F.Dropout(inputs, p=self._rate, axes=self._axes, name=f"{self._step_name()}fwd")
        return inputs, states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """All steps at once where they are one array (see ``RecurrentCell.unroll``)."""
        self.reset()
        whole = merge_outputs if merge_outputs is not None else not isinstance(inputs, (list, tuple))
        if not whole:
            return super().unroll(length, inputs, begin_state, layout, False, valid_length)
        dropped = self(as_merged(inputs, layout), [])[0]
        return (dropped if valid_length is None else mask_steps(dropped, layout, valid_length)), []

    def __repr__(self) -> str:
        return f"DropoutCell(rate={self._rate}, axes={self._axes})"


class ModifierCell(HybridRecurrentCell):
    """Base of cells around another cell, whose parameters and states they share."""

    def __init__(self, base_cell: RecurrentCell) -> None:
        if base_cell._modified:
            raise MismatchError(
                "the cell is wrapped in a modifier cell already",
                where=base_cell.name,
                remedy="Make another cell, or wrap its modifier cell",
            )
        base_cell._modified = True
        super().__init__(prefix=base_cell.prefix + self._alias(), params=None)
        self.base_cell: Any = base_cell

    @property
    def params(self) -> ParameterDict:
        """The inner cell's."""
        inner: ParameterDict = self.base_cell.params
        return inner

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        return self.base_cell.state_info(batch_size)  # type: ignore[no-any-return]

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = ndarray.zeros, **kwargs: Any) -> list[Any]:
        """The inner cell's first states."""
        if self._modified:
            return super().begin_state(batch_size, func, **kwargs)
        with _Unwrapped(self.base_cell):
            return self.base_cell.begin_state(batch_size=batch_size, func=func, **kwargs)  # type: ignore[no-any-return]

    def _unroll_inner(self, *args: Any) -> tuple[Any, list[Any]]:
        """Unroll the inner cell, which may be asked for its first states here only."""
        with _Unwrapped(self.base_cell):
            return self.base_cell.unroll(*args)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_cell!r})"


class _Unwrapped:
    """The inner cell may be asked for states by its modifier only."""

    def __init__(self, cell: RecurrentCell) -> None:
        self._cell = cell

    def __enter__(self) -> None:
        self._cell._modified = False

    def __exit__(self, *error: object) -> None:
        self._cell._modified = True


class ZoneoutCell(ModifierCell):
    """In training, outputs and states keep their last value with the given chances (Krueger et al., 2016).

    >>> cell = mx.gluon.rnn.ZoneoutCell(mx.gluon.rnn.RNNCell(8), zoneout_outputs=0.1)
    >>> cell.initialize()
    >>> outputs, states = cell.unroll(5, mx.nd.ones((3, 5, 4)), merge_outputs=True)
    >>> outputs.shape, len(states)
    ((3, 5, 8), 1)
    """

    def __init__(self, base_cell: RecurrentCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0) -> None:
        if isinstance(base_cell, BidirectionalCell):
            raise MismatchError(
                "a bidirectional cell has no single step to keep",
                where="ZoneoutCell",
                remedy="Wrap each of its two cells in a ZoneoutCell",
            )
        super().__init__(base_cell)
        self.zoneout_outputs, self.zoneout_states = zoneout_outputs, zoneout_states

    def _alias(self) -> str:
        return "zoneout"

    def reset(self) -> None:
        """Forget the last output."""
        super().reset()
        self._last_output: Any = None

    def hybridize(self, active: bool = True, *args: Any, **kwargs: Any) -> None:
        """Compile the inner cell; this one remembers its last output, which a plan could not."""
        self._clear()
        self.base_cell.hybridize(active, *args, **kwargs)

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> Any:
        """One step."""
        output, after = self.base_cell(inputs, states)
        last = F.zeros_like(output) if self._last_output is None else self._last_output
        if self.zoneout_outputs:
            output = F.where(_fresh(F, output, self.zoneout_outputs), output, last)
        if self.zoneout_states:
            pairs = zip(after, states, strict=True)
            after = [F.where(_fresh(F, new, self.zoneout_states), new, old) for new, old in pairs]
        self._last_output = output
        return output, after

    def __repr__(self) -> str:
        return f"ZoneoutCell(p_out={self.zoneout_outputs}, p_state={self.zoneout_states}, {self.base_cell!r})"


def _fresh(F: Any, value: Any, chance: float) -> Any:
    """Not 0 where the new value is taken; outside training everywhere."""
    return F.Dropout(F.ones_like(value), p=chance)


class ResidualCell(ModifierCell):
    """Adds the input to the output (He et al., 2015; Wu et al., 2016).

    >>> cell = mx.gluon.rnn.ResidualCell(mx.gluon.rnn.GRUCell(4))
    >>> cell.initialize()
    >>> outputs, states = cell.unroll(5, mx.nd.ones((3, 5, 4)), merge_outputs=True)
    >>> outputs.shape, len(states)
    ((3, 5, 4), 1)
    """

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> Any:
        """One step."""
        output, after = self.base_cell(inputs, states)
        return F.elemwise_add(output, inputs, name=f"{self._step_name()}fwd"), after

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Unroll the inner cell and add the inputs (see ``RecurrentCell.unroll``)."""
        self.reset()
        outputs, states = self._unroll_inner(length, inputs, begin_state, layout, merge_outputs, valid_length)
        if not isinstance(outputs, (list, tuple)):
            added = as_merged(inputs, layout)
            return outputs + (added if valid_length is None else mask_steps(added, layout, valid_length)), states
        steps = as_steps(length, inputs, layout)[0]
        if valid_length is not None:
            steps = as_steps(length, mask_steps(steps, layout, valid_length), layout)[0]
        F = module_of(outputs)
        return [F.elemwise_add(output, step) for output, step in zip(outputs, steps, strict=True)], states
