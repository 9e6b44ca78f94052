"""What a learner does wrong with arrays, the tape and symbols; and the things that all misuses need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import netwright as mx
from netwright import autograd, gluon, nd, sym


# ---------------------------------------------------------------- things to misuse
def layer(**more: Any) -> gluon.nn.Dense:
    net = gluon.nn.Dense(2, **more)
    net.initialize()
    return net


def trainer(**more: Any) -> gluon.Trainer:
    return gluon.Trainer(layer(in_units=3).collect_params(), "sgd", **more)


def recorded(use: Callable[[nd.NDArray], Any]) -> Any:
    x = nd.array([1, 2])
    x.attach_grad()
    with autograd.record():
        return use(x)


def twice() -> None:
    x = nd.ones((2,))
    x.attach_grad()
    with autograd.record():
        y = x * x
    y.backward()
    y.backward()


def assign(value: Any) -> None:
    nd.ones((2,))[:] = value


def in_place() -> None:
    x = nd.ones((2,))
    x += nd.ones((3, 2))


def bound(**more: Any) -> Any:
    return sym.Variable("a").bind(mx.cpu(), [nd.ones((2,))], **more)


class Numpy(gluon.HybridBlock):
    """Computes by NumPy, which symbols cannot."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # type: ignore[override]
        return np.exp(x)


class Shape(gluon.HybridBlock):
    """Asks a symbol for its shape."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # type: ignore[override]
        return x.reshape((x.shape[0], -1))


class Truth(gluon.HybridBlock):
    """Asks a symbol for its truth."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # type: ignore[override]
        return x if x.sum() > 0 else -x


def hybridized(block: gluon.HybridBlock) -> Any:
    block.hybridize()
    return block(nd.ones((2, 3)))


def loaded(other: gluon.Block, path: str = "w.params") -> None:
    layer(in_units=3).save_parameters(path)
    other.load_parameters(path)


Row = tuple[Callable[[], Any], type[Exception], str]

ARRAYS: list[Row] = [
    (
        lambda: nd.ones((2, 3)) + nd.ones((4,)),
        ValueError,
        "broadcast_add: shapes (2, 3) and (4,) do not fit together: axis -1 has 3 and 4 (wanted equal sizes, or 1, on "
        "every axis of (2, 3), got (4,)). Use reshape() or expand_dims() to line the axes up",
    ),
    (
        lambda: nd.dot(nd.ones((2, 3)), nd.ones((2, 3))),
        ValueError,
        "dot: the contracted sizes differ: 3 in lhs (2, 3), 2 in rhs (2, 3) (wanted 3 on axis 0, got (2, 3)). "
        "transpose_a and transpose_b choose",
    ),
    (
        lambda: nd.ones((2, 3)).reshape((4,)),
        ValueError,
        "Reshape: (2, 3) holds 6 elements and cannot become (4,) (wanted sizes whose product is 6, got (4,)). Give -1",
    ),
    (
        lambda: nd.concat(nd.ones((2, 3)), nd.ones((3, 3)), dim=1),
        ValueError,
        "Concat: arrays joined along axis 1 must agree on every other axis (wanted (2, any), got (3, 3)). Choose",
    ),
    (
        lambda: nd.stack(nd.ones((2,)), nd.ones((3,))),
        ValueError,
        "stack: all inputs must have one shape (wanted (2,), got (3,)). Use reshape()",
    ),
    (
        lambda: nd.split(nd.ones((3,)), 2, axis=0),
        ValueError,
        "SliceChannel: an axis of 3 cannot be cut into 2 equal pieces (wanted a divisor of 3, got 2). Choose another",
    ),
    (
        lambda: nd.sum(nd.ones((2, 3)), axis=4),
        ValueError,
        "sum: axis 4 does not exist (wanted -2 to 1 for 2 axes, got 4). Give axis a number of an axis",
    ),
    (
        lambda: nd.broadcast_to(nd.ones((2, 3)), shape=(2, 4)),
        ValueError,
        "broadcast_to: the input cannot be repeated to (2, 4) (wanted 1 or equal sizes, got (2, 3)). Only axes of",
    ),
    (
        lambda: nd.ones((2,)) + nd.ones((2,), dtype="int32"),
        TypeError,
        "broadcast_add: all inputs must have one dtype (wanted float32, got int32). Use astype()",
    ),
    (
        lambda: nd.ones((2,)) + [1, 2],  # noqa: RUF005
        TypeError,
        "broadcast_add: an operator between NDArray and list (wanted NDArray or a number on the other side, got "
        "[1, 2]). Make it an array with nd.array(…) first",
    ),
    (lambda: [1, 2] - nd.ones((2,)), TypeError, "broadcast_sub: an operator between NDArray and list"),
    (lambda: nd.ones((2,)) * None, TypeError, "broadcast_mul: an operator between NDArray and NoneType"),
    (lambda: nd.ones((2,)) < "a", TypeError, "broadcast_lesser: an operator between NDArray and str"),
    (lambda: nd.ones((2,)) + np.ones(3), ValueError, "broadcast_add: shapes (2,) and (3,) do not fit together"),
    (
        lambda: nd.exp(np.ones(2)),
        TypeError,
        "exp: input 'data' is not an NDArray (got ndarray). Wrap it with nd.array(…)",
    ),
    (lambda: nd.exp(3), TypeError, "exp: input 'data' is not an NDArray (got int). Wrap it with nd.array(…)"),
    (lambda: nd.exp(), ValueError, "exp: input 'data' is missing (wanted data). Give an NDArray for 'data'"),
    (
        lambda: nd.dot(nd.ones((2, 2))),
        ValueError,
        "dot: input 'rhs' is missing (wanted lhs, rhs). Give an NDArray for 'rhs'",
    ),
    (
        lambda: nd.sum(nd.ones((2,)), nd.ones((2,))),
        ValueError,
        "sum: too many inputs (wanted data, got 2 arguments). Give each input once",
    ),
    (
        lambda: nd.clip(nd.ones((2,)), 0, 1, 2),
        ValueError,
        "clip: too many arguments (wanted data, a_min, a_max, got 4 by position, the last 2). Give parameters by name",
    ),
    (lambda: nd.sum(nd.ones((2,)), axes=0), ValueError, "sum: there is no parameter 'axes'. Did you mean axis?"),
    (
        lambda: nd.Convolution(nd.ones((1, 1, 3, 3)), nd.ones((1, 1, 2, 2)), kernal=(2, 2), num_filter=1),
        ValueError,
        "Convolution: there is no parameter 'kernal'. Did you mean kernel?",
    ),
    (
        lambda: nd.sum(nd.ones((2,)), colour=0),
        ValueError,
        "sum: there is no parameter 'colour'. The parameters are: axis, keepdims, exclude",
    ),
    (
        lambda: nd.FullyConnected(nd.ones((2, 3)), nd.ones((4, 3))),
        ValueError,
        "FullyConnected: parameter 'num_hidden' is missing. Give num_hidden a value",
    ),
    (
        lambda: nd.Pooling(nd.ones((1, 1, 4, 4)), kernel=(2, 2), pool_type="mean"),
        ValueError,
        "Pooling: parameter 'pool_type' cannot be taken (wanted 'max', 'avg', 'sum' or 'lp', got 'mean'). Set pool_typ",
    ),
    (lambda: nd.sofmax(nd.ones((2,))), AttributeError, "netwright.ndarray: there is no 'sofmax'. Did you mean softmax"),
    (lambda: sym.linalg.gem(nd), AttributeError, "netwright.symbol.linalg: there is no 'gem'. Did you mean gemm"),
    (
        lambda: nd.zeros((2,), dtype="flaot32"),
        TypeError,
        "this element type is not known here (wanted float16, float32, float64, uint8, int8, int32, int64, bool, got "
        "'flaot32'). Did you mean float32?",
    ),
    (
        lambda: nd.zeros((2,), ctx="tpu"),
        RuntimeError,
        "Context: unknown device (wanted auto, cpu, gpu or gpu:N, got 'tpu')",
    ),
    (
        lambda: mx.Context("npu"),
        RuntimeError,
        "Context: unknown kind of device (wanted cpu or gpu, got 'npu'). Use cpu()",
    ),
    (lambda: nd.zeros((2,), ctx=mx.gpu(98)), RuntimeError, "Context: gpu(98) is not there (wanted "),
    (lambda: nd.array("abc"), ValueError, "nd.array: this cannot be made an array: could not convert"),
    (lambda: nd.array([[1, 2], [3]]), ValueError, "nd.array: this cannot be made an array: "),
    (
        lambda: nd.array({"a": 1}),
        ValueError,
        "(wanted numbers, nested lists of one length, NumPy arrays or NDArrays, got {'a': 1}). Encode texts as numbers",
    ),
    (lambda: nd.full((2,), "a"), ValueError, "_full: parameter 'value' cannot be taken (wanted a number, got 'a')"),
    (
        lambda: nd.ones((2, 3))[5],
        IndexError,
        "x[…]: index 5 is out of bounds for axis 0 with size 2 (got an index into shape (2, 3)). Positions begin at 0",
    ),
    (
        lambda: nd.ones((2, 3))[1.5],
        TypeError,
        "x[…]: cannot index with this (wanted integers, slices, None, ... or arrays, got float). Use int(…)",
    ),
    (
        lambda: assign(nd.ones((3,))),
        ValueError,
        "x[…] = value: the value does not fit into the part it is assigned to (wanted something that broadcasts to "
        "(2,), got (3,)). Use reshape()",
    ),
    (
        lambda: assign("a"),
        TypeError,
        "x[…] = value: this cannot be assigned to the elements of an array (wanted an NDArray",
    ),
    (in_place, ValueError, "in-place broadcast_add: the result does not fit into the array (wanted (2,), got (3, 2))"),
    (
        lambda: bool(nd.ones((2,)) > 0),
        ValueError,
        "bool(): the truth of an array with several elements is ambiguous (wanted one element, got (2,)). Compare a su",
    ),
    (
        lambda: nd.ones((2, 2)).asscalar(),
        ValueError,
        "asscalar(): only an array of one element is a number (wanted size 1, got (2, 2)). Reduce it first",
    ),
    (
        lambda: nd.ones((2,)).copyto(nd.ones((3,))),
        ValueError,
        "copyto(): both arrays have one shape (wanted (2,), got (3,)). Use reshape()",
    ),
    (lambda: nd.ones((2,)).copyto(3), TypeError, "copyto(): it copies into an array or onto a device"),
    (
        lambda: nd.save("a.params", 3),  # type: ignore[arg-type]
        ValueError,
        "nd.save: this cannot be saved (wanted an NDArray, a list or a dict of them, got int). Put arrays into a dict",
    ),
    (
        lambda: nd.load("nothing.params"),
        RuntimeError,
        "nothing.params: the file cannot be read (got No such file or directory). Check the path",
    ),
    (
        lambda: nd.random.randint(5, 2),
        ValueError,
        "_random_randint: the range is empty (wanted more than low = 5, got 2)",
    ),
    (
        lambda: mx.random.seed("a"),
        ValueError,
        "random.seed: the seed must be an integer (wanted a whole number, got 'a')",
    ),
]

AUTOGRAD: list[Row] = [
    (
        lambda: nd.ones((2,)).backward(),
        RuntimeError,
        "backward: this array was not computed from a variable while recording. Call attach_grad() on the variables "
        "and compute inside `with autograd.record():`",
    ),
    (
        lambda: autograd.grad(nd.ones((2,)), nd.ones((2,))),
        RuntimeError,
        "autograd.grad: a variable was not marked before it was used. Call attach_grad() first",
    ),
    (
        twice,
        RuntimeError,
        "broadcast_mul: the recorded graph was already used by a backward pass. Call backward(retain_graph=True)",
    ),
    (
        lambda: recorded(lambda x: x.__iadd__(1)),
        RuntimeError,
        "an array that is being recorded cannot be changed in place. Write y = x + … instead of x += …",
    ),
    (lambda: recorded(lambda x: x.__setitem__(0, 1)), RuntimeError, "x[…] = value: an array that is being recorded"),
    (
        lambda: recorded(lambda x: nd.zeros((2,)).__setitem__(0, x[0])),
        RuntimeError,
        "x[…] = value: a recorded value cannot be written into a part of an array: its gradient would be lost. Build",
    ),
    (
        lambda: recorded(lambda x: (x * 2).backward(nd.ones((3,)))),
        ValueError,
        "backward: a head gradient has the head's shape (wanted (2,), got (3,)). Give one weight for each element",
    ),
    (
        lambda: recorded(lambda x: (x * 2).backward(3)),
        TypeError,
        "backward: heads and their gradients are NDArrays (wanted NDArray, got int). Wrap it with nd.array(…)",
    ),
    (
        lambda: nd.ones((2,)).attach_grad("wirte"),
        RuntimeError,
        "grad_req: unknown grad_req (wanted write, add or null, got 'wirte'). Did you mean write?",
    ),
    (
        lambda: autograd.mark_variables([nd.ones((2,))], [nd.ones((3,))]),
        ValueError,
        "mark_variables: a gradient has the variable's shape (wanted (2,), got (3,)). Make it with nd.zeros_like",
    ),
    (
        lambda: autograd.mark_variables(nd.ones((2,)), 3),  # type: ignore[arg-type]
        TypeError,
        "mark_variables: variables and gradients are NDArrays (wanted NDArray, got int)",
    ),
]

SYMBOLS: list[Row] = [
    (
        lambda: sym.exp(nd.ones((2,))),
        TypeError,
        "exp: input 'data' is not a Symbol (got NDArray). Make a variable with sym.Variable(name) and feed the array",
    ),
    (lambda: nd.exp(sym.Variable("a")), TypeError, "exp: input 'data' is not an NDArray (got Symbol)"),
    (
        lambda: sym.Variable("a") + nd.ones((2,)),
        TypeError,
        "broadcast_add: an operator between Symbol and NDArray (wanted Symbol or a number on the other side",
    ),
    (lambda: nd.ones((2,)) + sym.Variable("a"), TypeError, "Arrays and symbols do not mix: make a variable"),
    (lambda: sym.Variable("a").shape, AttributeError, "a: a symbol has no 'shape'. Its shape follows when it is bound"),
    (
        lambda: sym.Variable("a").asnumpy(),
        AttributeError,
        "a: a symbol has no 'asnumpy'. A symbol is a computation that has not run: use eval(…)[0]",
    ),
    (
        lambda: bool(sym.Variable("a")),
        ValueError,
        "a: a symbol has no truth value: it is a computation that has not run. Use where() or contrib.cond()",
    ),
    (lambda: np.exp(sym.Variable("a")), TypeError, "a: NumPy cannot compute on a symbol (wanted an operator of F"),
    (lambda: sym.Variable("a").bind(mx.cpu(), {}), ValueError, "bind: arguments missing: a. Give an NDArray for 'a'"),
    (
        lambda: bound(grad_req="wirte"),
        RuntimeError,
        "grad_req: unknown grad_req (wanted write, add or null, got 'wirte')",
    ),
    (lambda: bound().forward(b=nd.ones((2,))), ValueError, "forward: there is no argument 'b'. Known: a"),
    (
        lambda: sym.Variable("a").simple_bind(mx.cpu()),
        ValueError,
        "a: its shape does not follow from what was given. Give",
    ),
    (
        lambda: sym.FullyConnected(sym.Variable("a"), num_hidden=3, num_hiden=3),
        ValueError,
        "FullyConnected: there is no parameter 'num_hiden'. Did you mean num_hidden?",
    ),
    (lambda: sym.load("nothing.json"), ValueError, "nothing.json: the file cannot be read (got No such file"),
    (
        lambda: sym.load_json("{"),
        ValueError,
        "load_json: this is not a symbol's JSON (wanted a text with nodes and heads",
    ),
    (
        lambda: mx.mod.Module(3),  # type: ignore[arg-type]
        TypeError,
        "Module: a Module runs a symbol (wanted Symbol, got int). Pass the network's last output",
    ),
    (
        lambda: mx.mod.Module(sym.Variable("a")),
        ValueError,
        "Module: the symbol has no argument 'data'. Its arguments are: a",
    ),
]
