"""What all symbolic cells share: weights by name, states, unrolling, weights gate by gate."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import ndarray as nd
from .. import symbol as sym
from ..errors import GraphError, ParamError
from ..ndarray.array import NDArray
from ..symbol.symbol import Symbol

Weights = dict[str, NDArray]


class RNNParams:
    """Variables by name, each made once: cells that share one of these share weights."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._params: dict[str, Symbol] = {}

    def get(self, name: str, **kwargs: Any) -> Symbol:
        """The variable of that name behind the prefix; further arguments go to ``Variable``."""
        name = self._prefix + name
        if name not in self._params:
            self._params[name] = sym.Variable(name, **kwargs)
        return self._params[name]


def as_sequence(
    length: int | None, inputs: Any, layout: str, merge: bool | None, in_layout: str | None = None
) -> tuple[Any, int]:
    """(inputs, time axis): one symbol, or a list by step (``merge`` True and False; None leaves what is given)."""
    if inputs is None:
        raise ParamError("the inputs are missing", where="unroll", remedy="Give a symbol, or a list of them by step")
    axis = layout.find("T")
    in_axis = axis if in_layout is None else in_layout.find("T")
    if isinstance(inputs, Symbol):
        if merge is False:
            if len(inputs.list_outputs()) != 1:
                raise GraphError("a group is no sequence", where="unroll", remedy="Pass list(inputs)")
            return list(sym.split(inputs, axis=in_axis, num_outputs=int(length or 1), squeeze_axis=True)), axis
    else:
        if length is not None and len(inputs) != length:
            raise ParamError("as many inputs as steps", where="unroll", wanted=length, got=len(inputs))
        if merge:
            inputs = sym.Concat(*[sym.expand_dims(i, axis=axis) for i in inputs], dim=axis)
            in_axis = axis
    if isinstance(inputs, Symbol) and axis != in_axis:
        inputs = sym.swapaxes(inputs, dim1=axis, dim2=in_axis)
    return inputs, axis


class BaseRNNCell:
    """Base of cells. A subclass gives ``__call__(inputs, states) -> (output, states)`` on symbols, and ``state_info``.

    ``prefix`` stands before the names of weights and outputs; cells with the same ``params`` share weights.
    """

    _cells: Sequence[BaseRNNCell] = ()
    _num_hidden: int

    def __init__(self, prefix: str = "", params: RNNParams | None = None) -> None:
        self._own_params = params is None
        self._prefix = prefix
        self._params = RNNParams(prefix) if params is None else params
        self._modified = False
        self.reset()

    def reset(self) -> None:
        """Begin to count steps anew; call it before the cell is unrolled again."""
        self._init_counter = self._counter = -1
        for cell in self._cells:
            cell.reset()

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """One step."""
        raise NotImplementedError

    @property
    def params(self) -> RNNParams:
        """The weights' variables."""
        self._own_params = False
        return self._params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """Shape (0 for the batch) and layout of each state."""
        raise NotImplementedError

    @property
    def state_shape(self) -> list[tuple[int, ...]]:
        """Shape of each state."""
        return [info["shape"] for info in self.state_info]

    @property
    def _gate_names(self) -> Sequence[str]:
        return ()

    def _refuse_modified(self) -> None:
        if self._modified:
            raise GraphError(
                "a modifier wraps this cell", where=type(self).__name__, remedy="Call begin_state() of the modifier"
            )

    def begin_state(self, func: Callable[..., Symbol] = sym.zeros, **kwargs: Any) -> list[Symbol]:
        """First states, made by ``func(name=…, shape=…, …)``: zeros, or ``sym.Variable`` for states that are fed."""
        self._refuse_modified()
        states = []
        for info in self.state_info:
            self._init_counter += 1
            given = {**kwargs, **info}
            if func is sym.zeros:
                given.pop("__layout__", None)
            states.append(func(name=f"{self._prefix}begin_state_{self._init_counter}", **given))
        return states

    def unpack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        """The weights with those of this cell cut into gates: ``…i2h_i_weight`` and so on."""
        found = dict(args)
        for group in ("i2h", "h2h") if self._gate_names else ():
            for kind in ("weight", "bias"):
                whole = found.pop(f"{self._prefix}{group}_{kind}")
                for j, gate in enumerate(self._gate_names):
                    part = whole[j * self._num_hidden : (j + 1) * self._num_hidden]
                    found[f"{self._prefix}{group}{gate}_{kind}"] = part.copy()
        return found

    def pack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        """The reverse of ``unpack_weights``."""
        found = dict(args)
        for group in ("i2h", "h2h") if self._gate_names else ():
            for kind in ("weight", "bias"):
                parts = [found.pop(f"{self._prefix}{group}{gate}_{kind}") for gate in self._gate_names]
                found[f"{self._prefix}{group}_{kind}"] = nd.concatenate(parts)
        return found

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Symbol]]:
        """(outputs, last states) of ``length`` steps; outputs as one symbol where ``merge_outputs``, else by step."""
        self.reset()
        steps, _ = as_sequence(length, inputs, layout, False)
        states = self.begin_state() if begin_state is None else list(begin_state)
        outputs = []
        for i in range(length):
            output, states = self(steps[i], states)
            outputs.append(output)
        return as_sequence(length, outputs, layout, merge_outputs)[0], states

    @staticmethod
    def _get_activation(inputs: Symbol, activation: Any, **kwargs: Any) -> Symbol:
        if isinstance(activation, str):
            activation = functools.partial(sym.Activation, act_type=activation)  # type: ignore[arg-type]
        made: Symbol = activation(inputs, **kwargs)
        return made


def states_of(cells: Sequence[BaseRNNCell]) -> list[dict[str, Any]]:
    """What all cells say of their states."""
    return [info for cell in cells for info in cell.state_info]
