"""Automatic differentiation of eager code (MXNet's ``autograd``)."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import AutogradError, KindError, ParamError, ShapeError
from .ndarray.array import NDArray, check_request
from .ndarray.invoke import F
from .ops.operator import TensorSpec
from .tape import RECORDING, TRAINING, Node, Spendable, Variable, mode, walk_back

if TYPE_CHECKING:
    from .symbol import Symbol


class _Scope:
    """Sets recording and/or training for a ``with`` block."""

    __slots__ = ("_keep", "_outer", "_set")

    def __init__(self, recording: bool | None, training: bool | None) -> None:
        self._set = (RECORDING if recording else 0) | (TRAINING if training else 0)
        self._keep = (RECORDING if recording is None else 0) | (TRAINING if training is None else 0)
        self._outer: list[int] = []

    def __enter__(self) -> None:
        before = mode.state
        self._outer.append(before)
        mode.state = before & self._keep | self._set

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        mode.state = self._outer.pop()


def record(train_mode: bool = True) -> _Scope:
    """``with autograd.record():`` records what is computed on variables, and (by default) sets training mode.

    >>> x = mx.nd.array([1.0, 2.0])
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     y = (x**3).sum()
    >>> y.backward()
    >>> x.grad.asnumpy()
    array([ 3., 12.], dtype=float32)
    """
    return _Scope(True, train_mode)


def pause(train_mode: bool = False) -> _Scope:
    """Stops recording inside a ``record()`` block.

    >>> with mx.autograd.record():
    ...     with mx.autograd.pause():
    ...         mx.autograd.is_recording()
    False
    """
    return _Scope(False, train_mode)


def train_mode() -> _Scope:
    """Training behaviour (dropout drops, batch norm uses the batch) without touching recording."""
    return _Scope(None, True)


def predict_mode() -> _Scope:
    """Inference behaviour without touching recording.

    >>> with mx.autograd.record(), mx.autograd.predict_mode():
    ...     print(mx.autograd.is_recording(), mx.autograd.is_training())
    True False
    """
    return _Scope(None, False)


def is_recording() -> bool:
    """Whether the tape runs."""
    return mode.recording


def is_training() -> bool:
    """Whether layers behave as in training."""
    return mode.training


def set_recording(is_recording: bool) -> bool:
    """Set recording; returns what it was."""
    before, mode.recording = mode.recording, bool(is_recording)
    return before


def set_training(train_mode: bool) -> bool:
    """Set training mode; returns what it was."""
    before, mode.training = mode.training, bool(train_mode)
    return before


def mark_variables(
    variables: NDArray | Sequence[NDArray],
    gradients: NDArray | Sequence[NDArray],
    grad_reqs: str | Sequence[str] = "write",
) -> None:
    """Make arrays variables with the given gradient arrays.

    >>> x, g = mx.nd.ones((2,)), mx.nd.zeros((2,))
    >>> mx.autograd.mark_variables([x], [g])
    >>> with mx.autograd.record():
    ...     y = 5 * x
    >>> y.backward()
    >>> g.asnumpy()
    array([5., 5.], dtype=float32)
    """
    if isinstance(variables, NDArray):
        variables, gradients = [variables], [gradients]  # type: ignore[list-item]
    for array in (*_listed(variables), *_listed(gradients)):
        if not isinstance(array, NDArray):
            raise KindError(
                "variables and gradients are NDArrays",
                where="mark_variables",
                wanted="NDArray",
                got=type(array).__name__,
                remedy="Wrap it with nd.array(…)",
            )
    assert not isinstance(gradients, NDArray)
    requests = [grad_reqs] * len(variables) if isinstance(grad_reqs, str) else list(grad_reqs)
    if not len(variables) == len(gradients) == len(requests):
        raise ParamError(
            "as many gradients and requests as variables are needed",
            where="mark_variables",
            wanted=len(variables),
            got=f"{len(gradients)} and {len(requests)}",
            remedy="Give one gradient array for each variable",
        )
    for variable, gradient, request in zip(variables, gradients, requests, strict=True):
        check_request(request)
        if gradient.shape != variable.shape:
            raise ShapeError(
                "a gradient has the variable's shape",
                where="mark_variables",
                wanted=variable.shape,
                got=gradient.shape,
                remedy="Make it with nd.zeros_like(variable)",
            )
        variable._mark(gradient, request)


def _listed(given: Any) -> Sequence[Any]:
    return given if isinstance(given, (list, tuple)) else [given]


def _heads(heads: NDArray | Sequence[NDArray], head_grads: Any) -> list[tuple[tuple[Node, int], NDArray]]:
    if isinstance(heads, NDArray):
        heads, head_grads = [heads], [head_grads]
    if head_grads is None:
        head_grads = [None] * len(heads)
    if len(head_grads) != len(heads):
        raise ParamError(
            "as many head gradients as heads are needed",
            where="backward",
            wanted=len(heads),
            got=len(head_grads),
            remedy="Give None for heads without one",
        )
    found = []
    for head, gradient in zip(heads, head_grads, strict=True):
        if not isinstance(head, NDArray) or not (gradient is None or isinstance(gradient, NDArray)):
            wrong = head if not isinstance(head, NDArray) else gradient
            raise KindError(
                "heads and their gradients are NDArrays",
                where="backward",
                wanted="NDArray",
                got=type(wrong).__name__,
                remedy="Wrap it with nd.array(…)",
            )
        if head._entry is None:
            raise AutogradError(
                "this array was not computed from a variable while recording",
                where="backward",
                remedy="Call attach_grad() on the variables and compute inside `with autograd.record():`",
            )
        if gradient is None:
            raw = head._data
            ones = (np if raw.__class__ is np.ndarray else head.ctx.xp).empty(raw.shape, raw.dtype)
            ones.fill(1)
            gradient = NDArray(ones, None, head._place)
        elif gradient.shape != head.shape:
            raise ShapeError(
                "a head gradient has the head's shape",
                where="backward",
                wanted=head.shape,
                got=gradient.shape,
                remedy="Give one weight for each element of the head, or none",
            )
        found.append((head._entry, gradient))
    return found


def _first(heads: NDArray | Sequence[NDArray]) -> NDArray:
    return heads if isinstance(heads, NDArray) else heads[0]


def _sum(a: NDArray, b: NDArray) -> NDArray:
    return F.elemwise_add(a, b)  # type: ignore[no-any-return]


def backward(
    heads: NDArray | Sequence[NDArray],
    head_grads: Any = None,
    retain_graph: bool = False,
    train_mode: bool = True,
) -> None:
    """Put the gradient of the heads' sum (weighted by ``head_grads``) into ``grad`` of every variable behind them.

    >>> x = mx.nd.array([2.0])
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     a, b = x * 3, x * x
    >>> mx.autograd.backward([a, b], [mx.nd.array([1.0]), mx.nd.array([10.0])])
    >>> x.grad.asscalar().item()
    43.0
    """
    with _Scope(False, train_mode), _first(heads).ctx:
        found = walk_back(_heads(heads, head_grads), F, retain=retain_graph, add=_sum)
        for (node, _), gradient in found.items():
            _store(node, gradient)


def _store(node: Node, gradient: NDArray | None) -> None:
    assert isinstance(node, Variable)
    target = node.gradient
    node.fresh = True
    if target is None or node.request == "null":
        return
    target._store_gradient(gradient, node.request == "add")


def grad(
    heads: NDArray | Sequence[NDArray],
    variables: NDArray | Sequence[NDArray],
    head_grads: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    train_mode: bool = True,
) -> list[NDArray]:
    """The gradients with respect to ``variables`` as new arrays; with ``create_graph`` they are recorded in turn.

    A list, for one variable too, as MXNet returns it.

    >>> x = mx.nd.array([2.0])
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     y = x**3
    ...     (first,) = mx.autograd.grad(y, [x], create_graph=True)
    >>> first.backward()
    >>> first.asscalar().item(), x.grad.asscalar().item()
    (12.0, 12.0)
    """
    wanted: Sequence[NDArray] = [variables] if isinstance(variables, NDArray) else variables
    if not wanted:
        raise ParamError(
            "no variables were given",
            where="autograd.grad",
            wanted="at least one",
            got="none",
            remedy="Give the arrays to differentiate by",
        )
    for variable in wanted:
        if variable._entry is None:
            raise AutogradError(
                "a variable was not marked before it was used",
                where="autograd.grad",
                remedy="Call attach_grad() first",
            )
    keep = create_graph if retain_graph is None else retain_graph
    entries = [v._entry for v in wanted if v._entry is not None]
    with _Scope(create_graph, train_mode), _first(heads).ctx:
        found = walk_back(_heads(heads, head_grads), F, retain=keep, targets=entries, add=_sum)
        results = []
        for entry, variable in zip(entries, wanted, strict=True):
            reached = found.get(entry)
            result = F.zeros_like(variable) if reached is None else reached
            if create_graph and result._entry is None:  # a constant: its own gradient is zero
                result = result._snapshot()
                result._entry = (_Steady(entries, TensorSpec(result.shape, result._data.dtype)), 0)
            results.append(result)
    return results


class _Steady(Node):
    """A recorded gradient that does not depend on the variables, as that of x + x."""

    __slots__ = ()

    def __init__(self, variables: Sequence[tuple[Node, int]], spec: TensorSpec) -> None:
        super().__init__(tuple(variables), (spec,))

    def pull(self, gradients: list[NDArray | None], F: Any) -> Sequence[NDArray | None]:
        return [None] * len(self.sources)


def get_symbol(x: NDArray) -> Symbol:
    """The recorded computation of an array as a symbol.

    Variables with ``attach_grad`` are called ``var0``, ``var1``, …, other arrays ``null0``, ``null1``, …, in the order
    of ``list_arguments()``.
    """
    from .symbol.recorded import recorded_symbol

    if not isinstance(x, NDArray) or x._entry is None:
        raise AutogradError(
            "this array was not computed from a variable while recording",
            where="get_symbol",
            remedy="Call attach_grad() on the variables and compute inside `with autograd.record():`",
        )
    return recorded_symbol(x._entry)


class _FunctionCall(Spendable):
    """A recorded call of a user's ``Function``."""

    __slots__ = ("function",)

    def __init__(self, function: Function, inputs: Sequence[NDArray], outputs: Sequence[NDArray]) -> None:
        specs = tuple(TensorSpec(o.shape, o._data.dtype) for o in outputs)
        super().__init__(tuple(i._entry for i in inputs), specs)
        self.function = function

    def pull(self, gradients: list[NDArray | None], F: Any) -> Sequence[NDArray | None]:
        self.refuse_released(type(self.function).__name__)
        given = [
            F._zeros(shape=s.shape, dtype=s.dtype.name) if g is None else g
            for g, s in zip(gradients, self.outputs, strict=True)
        ]
        result = self.function.backward(*given)
        results = [result] if isinstance(result, NDArray) or result is None else list(result)
        if len(results) != len(self.sources):
            raise AutogradError(
                "backward() must return one gradient for each input of forward()",
                where=type(self.function).__name__,
                wanted=len(self.sources),
                got=len(results),
            )
        return results


class Function:
    """A differentiable function of one's own: subclass, and define ``forward`` and ``backward`` on NDArrays.

    An instance is used once per call; what ``backward`` needs is kept with ``save_for_backward`` or as attributes.

    >>> class Clip(mx.autograd.Function):
    ...     def forward(self, x):
    ...         self.save_for_backward(x)
    ...         return x.clip(-1, 1)
    ...     def backward(self, dy):
    ...         (x,) = self.saved_tensors
    ...         return dy * (x.abs() < 1)
    >>> x = mx.nd.array([0.5, 2.0])
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     y = Clip()(x)
    >>> y.backward()
    >>> x.grad.asnumpy()
    array([1., 0.], dtype=float32)
    """

    def __init__(self) -> None:
        self._saved: tuple[NDArray, ...] = ()

    def save_for_backward(self, *arrays: NDArray) -> None:
        """Keep arrays for ``backward``."""
        self._saved = arrays

    @property
    def saved_tensors(self) -> tuple[NDArray, ...]:
        """What ``save_for_backward`` kept."""
        return getattr(self, "_saved", ())

    def forward(self, *inputs: NDArray) -> Any:
        """The outputs for the inputs; not recorded."""
        raise AutogradError("a Function needs a forward()", where=type(self).__name__)

    def backward(self, *output_grads: NDArray) -> Any:
        """The gradients of the inputs for those of the outputs."""
        raise AutogradError("a Function needs a backward()", where=type(self).__name__)

    def __call__(self, *inputs: NDArray) -> Any:
        if mode.tracer is not None:
            mode.tracer.stop(f"its forward() calls the Function {type(self).__name__}")
        with pause(mode.training):
            result = self.forward(*inputs)
        outputs = [result] if isinstance(result, NDArray) else list(result)
        if mode.recording and any(i._entry is not None for i in inputs):
            outputs = [o if all(o is not i for i in inputs) else o.copy() for o in outputs]
            node = _FunctionCall(self, inputs, outputs)
            for i, output in enumerate(outputs):
                output._entry = (node, i)
        return outputs[0] if isinstance(result, NDArray) else tuple(outputs)
