"""Loops and branches on arrays: ordinary Python that runs step by step and is recorded by the tape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ParamError, ShapeError
from .array import NDArray
from .creation import zeros
from .invoke import F
from .nested import flatten, rebuild


def foreach(body: Callable[[Any, Any], tuple[Any, Any]], data: Any, init_states: Any) -> tuple[Any, Any]:
    """``out, states = body(data[t], states)`` for each t of the first axis; returns (outs stacked, last states).

    ``data``, ``init_states`` and outs are an array, or lists of them.

    >>> import netwright as mx
    >>> step = lambda x, total: (x + total, x + total)
    >>> mx.nd.contrib.foreach(step, mx.nd.array([1, 2, 3]).reshape((3, 1)), mx.nd.zeros(1))[0].asnumpy().ravel()
    array([1., 3., 6.], dtype=float32)
    """
    arrays, shape = flatten(data, "data", NDArray)
    if not arrays or len({len(a) for a in arrays}) != 1 or not len(arrays[0]):
        raise ShapeError(
            "data of a loop have one length, of at least 1", where="foreach", got=[a.shape for a in arrays]
        )
    flatten(init_states, "init_states", NDArray)
    states, steps, form = init_states, [], None
    for t in range(len(arrays[0])):
        out, states = body(rebuild([a[t] for a in arrays], shape), states)
        flat, form = flatten(out, "what the body gives", NDArray)
        steps.append(flat)
    return rebuild([F.stack(*column, axis=0) for column in zip(*steps, strict=True)], form), states


def while_loop(
    cond: Callable[..., Any], func: Callable[..., tuple[Any, Any]], loop_vars: Any, max_iterations: int | None = None
) -> tuple[Any, Any]:
    """``out, loop_vars = func(*loop_vars)`` while ``cond(*loop_vars)`` holds; returns (outs stacked, last variables).

    The stacks have ``max_iterations`` rows, zeros behind the last step; without any step there are no outs ([]).
    """
    check_iterations(max_iterations)
    single = not isinstance(loop_vars, (list, tuple))
    variables = [loop_vars] if single else list(loop_vars)
    steps: list[list[NDArray]] = []
    form: Any = None
    while len(steps) < int(max_iterations or 0) and bool(cond(*variables)):
        out, after = func(*variables)
        after = list(after) if isinstance(after, (list, tuple)) else [after]
        check_variables(len(variables), len(after))
        flat, form = flatten([] if out is None else out, "what func gives", NDArray)
        steps.append(flat)
        variables = after
    rows = [_padded(column, int(max_iterations or 0)) for column in zip(*steps, strict=True)]
    outs = rebuild(rows, form) if steps else []
    return outs, variables[0] if single else variables


def _padded(column: tuple[NDArray, ...], length: int) -> NDArray:
    stacked = F.stack(*column, axis=0)
    missing = length - len(column)
    if missing:
        first = column[0]
        stacked = F.Concat(stacked, zeros((missing, *first.shape), first.ctx, first.dtype), dim=0)
    return stacked  # type: ignore[no-any-return]


def cond(pred: Any, then_func: Callable[[], Any], else_func: Callable[[], Any]) -> Any:
    """``then_func()`` where the number ``pred`` is not 0, else ``else_func()``."""
    return then_func() if bool(pred) else else_func()


def check_iterations(max_iterations: int | None) -> None:
    """Raise ParamError unless it is a number of steps."""
    if not isinstance(max_iterations, int) or max_iterations < 1:
        raise ParamError(
            "the largest number of steps must be given",
            where="while_loop",
            parameter="max_iterations",
            wanted="a whole number from 1",
            got=repr(max_iterations),
        )


def check_variables(wanted: int, got: int) -> None:
    """Raise ShapeError unless a step gives as many variables as it took."""
    if wanted != got:
        raise ShapeError("a step gives another number of variables", where="while_loop", wanted=wanted, got=got)


CONTROL_FLOW = {"foreach": foreach, "while_loop": while_loop, "cond": cond}
"""What ``contrib`` has beside operators."""
