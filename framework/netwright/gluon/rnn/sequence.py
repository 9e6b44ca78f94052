"""Sequences as one array, or as a list of steps: for arrays and symbols alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import ndarray, symbol
from ...errors import MismatchError, ParamError, ShapeError
from ...symbol.symbol import Symbol


def module_of(value: Any) -> Any:
    """``nd`` or ``sym``: the functions for this value (the first of a list)."""
    first = value[0] if isinstance(value, (list, tuple)) else value
    return symbol if isinstance(first, Symbol) else ndarray


def axes_of(layout: str) -> tuple[int, int]:
    """(time axis, batch axis) of ``TNC`` or ``NTC``."""
    if layout not in ("TNC", "NTC"):
        raise ParamError("unknown layout", parameter="layout", wanted="TNC or NTC", got=repr(layout))
    return layout.index("T"), layout.index("N")


def as_steps(length: int | None, inputs: Any, layout: str) -> tuple[list[Any], int]:
    """(steps (N, …), batch size; 0 for symbols). Raises ShapeError where the number of steps is another."""
    time, batch = axes_of(layout)
    if isinstance(inputs, (list, tuple)):
        if length is not None and len(inputs) != length:
            raise MismatchError("wrong number of steps", where="unroll", wanted=length, got=len(inputs))
        steps = list(inputs)
        return steps, 0 if isinstance(steps[0], Symbol) else steps[0].shape[0]
    if isinstance(inputs, Symbol):
        if length is None:
            raise ParamError("the length of a symbolic sequence must be given", where="unroll", parameter="length")
        if len(inputs) != 1:
            return as_steps(length, list(inputs), layout)
        cut = symbol.SliceChannel(inputs, num_outputs=length, axis=time, squeeze_axis=True)
        return list(cut), 0
    if length is not None and inputs.shape[time] != length:
        raise ShapeError(
            "the sequences have another length", where="unroll", wanted=f"{length} on axis {time}", got=inputs.shape
        )
    count = inputs.shape[time]
    cut = ndarray.SliceChannel(inputs, num_outputs=count, axis=time, squeeze_axis=True)
    return (list(cut) if count > 1 else [cut]), inputs.shape[batch]


def as_merged(sequence: Any, layout: str) -> Any:
    """One array in ``layout``."""
    if not isinstance(sequence, (list, tuple)):
        return sequence
    return module_of(sequence).stack(*sequence, axis=axes_of(layout)[0])


def mask_steps(sequence: Any, layout: str, valid_length: Any) -> Any:
    """The merged sequence with zeros behind each one's end."""
    merged = as_merged(sequence, layout)
    time = axes_of(layout)[0]
    return module_of(merged).SequenceMask(merged, valid_length, use_sequence_length=True, axis=time)


def last_valid(steps: Sequence[Any], valid_length: Any) -> Any:
    """Of each sequence in the batch the value at its last step."""
    F = module_of(steps)
    return F.SequenceLast(F.stack(*steps, axis=0), valid_length, use_sequence_length=True, axis=0)


def reversed_steps(steps: Sequence[Any], valid_length: Any) -> list[Any]:
    """The steps in reverse order, each sequence from its own end."""
    if valid_length is None:
        return list(reversed(steps))
    F = module_of(steps)
    turned = F.SequenceReverse(F.stack(*steps, axis=0), valid_length, use_sequence_length=True)
    return as_steps(len(steps), turned, "TNC")[0]


def zeros_like_batch(step: Symbol, shape: Sequence[int]) -> Symbol:
    """Zeros (N, …) for a symbol (N, …) whose batch size is not known: ``shape`` tells the sizes behind the first."""
    column = symbol.slice_axis(symbol.Flatten(step), axis=1, begin=0, end=1)
    column = symbol.reshape(symbol.zeros_like(column), shape=(-1, *(1 for _ in shape[1:])))
    axes = tuple(range(1, len(shape)))
    return symbol.broadcast_axis(column, axis=axes, size=tuple(shape[1:]))  # type: ignore[no-any-return]
