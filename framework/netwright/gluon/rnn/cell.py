"""What all recurrent cells share: states, counting of steps, and unrolling over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ... import ndarray
from ...errors import MismatchError, ParamError, ShapeError
from ..block import Block, HybridBlock
from ..parameter_dict import ParameterDict
from .sequence import as_merged, as_steps, last_valid, mask_steps, module_of, zeros_like_batch


class RecurrentCell(Block):
    """Base of cells: ``output, states = cell(input, states)`` is one step in time.

    A subclass gives ``state_info`` and ``hybrid_forward(F, inputs, states, …)``.
    """

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        super().__init__(prefix, params)
        self._modified = False
        self.reset()

    def reset(self) -> None:
        """Begin a new sequence: counts start anew, and whatever a cell remembers of steps is forgotten."""
        self._init_counter = -1
        self._counter = -1
        for child in self._children.values():
            if isinstance(child, RecurrentCell):
                child.reset()

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Shape and layout of each state."""
        raise ParamError("the cell does not say its states", where=type(self).__name__, remedy="Define state_info()")

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = ndarray.zeros, **kwargs: Any) -> list[Any]:
        """The states before the first step, each made by ``func(name=…, shape=…, **kwargs)``."""
        if self._modified:
            raise MismatchError(
                "the cell was wrapped in a modifier cell",
                where=self.name,
                remedy="Call begin_state() of the modifier cell",
            )
        states = []
        for info in self.state_info(batch_size):
            self._init_counter += 1
            states.append(func(name=f"{self._prefix}begin_state_{self._init_counter}", **{**info, **kwargs}))
        return states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Run ``length`` steps; returns (outputs, last states).

        ``inputs``: one array or symbol in ``layout``, or a list of ``length`` steps (N, …). Outputs are one array
        under ``merge_outputs``, else a list of steps. With ``valid_length`` (N,) outputs behind a sequence's end are 0
        and its states are those of its last step.
        """
        self.reset()
        steps, batch_size = as_steps(length, inputs, layout)
        states = self._states_before(begin_state, steps[0], batch_size)
        outputs, history = [], []
        for step in steps:
            output, states = self(step, states)
            outputs.append(output)
            history.append(states)
        if valid_length is None:
            return (as_merged(outputs, layout) if merge_outputs else outputs), list(states)
        states = [last_valid([s[i] for s in history], valid_length) for i in range(len(states))]
        masked = mask_steps(outputs, layout, valid_length)
        return (masked if merge_outputs is not False else as_steps(length, masked, layout)[0]), states

    def _states_before(self, given: Sequence[Any] | None, step: Any, batch_size: int) -> list[Any]:
        """The given states, or zeros where and of the kind that the first step's input is."""
        if given is not None:
            return list(given)
        if module_of(step) is ndarray:
            return self.begin_state(batch_size=batch_size, func=ndarray.zeros, ctx=step.ctx, dtype=step.dtype)
        return self.begin_state(func=lambda shape, **kwargs: zeros_like_batch(step, shape))

    def __call__(self, inputs: Any, states: Sequence[Any]) -> Any:
        self._counter += 1
        if not isinstance(states, (list, tuple)):
            raise ShapeError(
                "a cell is called with a list of states",
                where=self.name,
                wanted=f"{len(self.state_info())} states",
                got=type(states).__name__,
                remedy="Make them with cell.begin_state(batch_size=…)",
            )
        if len(states) != len(self.state_info()):
            raise ShapeError("wrong number of states", where=self.name, wanted=len(self.state_info()), got=len(states))
        return super().__call__(inputs, list(states))


class HybridRecurrentCell(RecurrentCell, HybridBlock):
    """Base of cells that can be compiled."""

    def hybrid_forward(self, F: Any, x: Any, /, *args: Any, **kwargs: Any) -> Any:
        """One step; a subclass says it."""
        raise ParamError("the cell does not say its step", where=type(self).__name__, remedy="Define hybrid_forward()")

    def _step_name(self) -> str:
        """What names of this step's operators begin with."""
        return f"t{max(self._counter, 0)}_"


def states_info(cells: Sequence[RecurrentCell], batch_size: int) -> list[dict[str, Any]]:
    """The states of several cells, one behind the other."""
    return [info for cell in cells for info in cell.state_info(batch_size)]


def begin_states(
    owner: RecurrentCell, cells: Sequence[RecurrentCell], batch_size: int, func: Callable[..., Any], kwargs: Any
) -> list[Any]:
    """The first states of several cells, one behind the other."""
    if owner._modified:
        raise MismatchError(
            "the cell was wrapped in a modifier cell",
            where=owner.name,
            remedy="Call begin_state() of the modifier cell",
        )
    return [state for cell in cells for state in cell.begin_state(batch_size, func, **kwargs)]
