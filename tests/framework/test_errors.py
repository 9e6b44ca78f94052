"""What a learner does wrong, and what is said: where it happened, what was wanted and got, and what to do.

One row for each misuse: the call, the kind of error that programs may catch, and its text. Errors of single layers and
operators stand beside their other tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import autograd, gluon, nd, sym
from netwright.errors import NetwrightError


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

GLUON: list[Row] = [
    (
        lambda: gluon.nn.Dense(2)(nd.ones((2, 3))),
        RuntimeError,
        "it is not initialised. Call initialize() on the network",
    ),
    (
        lambda: layer().weight.data(),
        RuntimeError,
        "it is not initialised yet, because its shape follows only from data. Run one batch through the network first",
    ),
    (
        lambda: layer()(np.ones((2, 3))),
        ValueError,
        "a block is called with an NDArray or a Symbol, not ndarray (wanted NDArray or Symbol, got ndarray). Wrap it",
    ),
    (
        lambda: layer()(nd.ones((2, 3)), nd.ones((2, 3))),
        ValueError,
        "wrong number of inputs (wanted x, got 2). Call it with x",
    ),
    (
        lambda: gluon.loss.L2Loss()(nd.ones((2, 3))),
        ValueError,
        "wrong number of inputs (wanted pred, label, sample_weight, got 1). Call it with pred and label",
    ),
    (
        lambda: layer(in_units=4)(nd.ones((2, 3))),
        ValueError,
        "FullyConnected: data (2, 3) has 3 features, the weight does not fit (wanted (2, 3), got (2, 4)). Give data wi",
    ),
    (
        lambda: layer(in_units=3)(nd.ones((2, 3), dtype="float64")),
        TypeError,
        "FullyConnected: all inputs must have one dtype (wanted float64, got float32). Use astype()",
    ),
    (
        lambda: gluon.nn.Dense(-1),
        ValueError,
        "FullyConnected: parameter 'num_hidden' cannot be taken (wanted at least 1",
    ),
    (lambda: gluon.nn.Dense(2, activation="rellu"), ValueError, "Activation: parameter 'act_type' cannot be taken"),
    (lambda: gluon.nn.Dropout(2), ValueError, "Dropout: parameter 'p' cannot be taken (wanted at most 1, got 2)"),
    (
        lambda: gluon.nn.Lambda("sofmax"),
        AssertionError,
        "Lambda: there is no operator 'sofmax' (wanted an operator's name",
    ),
    (
        lambda: gluon.nn.Sequential().add(3),  # type: ignore[arg-type]
        TypeError,
        "the children of a block are blocks (wanted Block, got int). Wrap a function with nn.Lambda(…)",
    ),
    (
        lambda: gluon.nn.HybridSequential().add(gluon.nn.Sequential()),
        ValueError,
        "children of a HybridBlock must be HybridBlocks, not Sequential. Use HybridSequential instead",
    ),
    (
        lambda: layer().initialize(init="xavir", force_reinit=True),
        ValueError,
        "no initializer 'xavir'. Did you mean xavier?",
    ),
    (lambda: gluon.nn.Dense(2).initialize(ctx="tpu"), RuntimeError, "Context: unknown device (wanted auto, cpu"),
    (
        lambda: hybridized(Numpy()),
        TypeError,
        "data: NumPy cannot compute on a symbol (wanted an operator of F (or of sym)",
    ),
    (lambda: hybridized(Shape()), AttributeError, "data: a symbol has no 'shape'. Its shape follows when it is bound"),
    (
        lambda: hybridized(Truth()),
        ValueError,
        "a symbol has no truth value: it is a computation that has not run. Use where",
    ),
    (
        lambda: loaded(gluon.nn.Dense(5, in_units=3)),
        ValueError,
        "the parameter's shape does not fit (wanted (5, 3), got (2, 3)). Load the weights of this very network",
    ),
    (lambda: loaded(gluon.nn.Sequential()), ValueError, "w.params"),
    (
        lambda: layer(in_units=3).load_parameters("nothing.params"),
        RuntimeError,
        "nothing.params: the file cannot be read",
    ),
    (lambda: layer().save_parameters("y.params"), RuntimeError, "its shape follows only from data"),
    (lambda: layer().export("x"), RuntimeError, "there is nothing to export yet. Call hybridize() and run one batch"),
    (
        lambda: gluon.Parameter("w", grad_req="wirte"),
        AssertionError,
        "w: unknown grad_req (wanted write, add or null, got 'wirte'). Did you mean write?",
    ),
    (lambda: layer(in_units=3).collect_params()["x"], KeyError, "there is no parameter 'x'"),
]

TRAINING: list[Row] = [
    (
        lambda: gluon.Trainer({}, "sgd"),
        ValueError,
        "Trainer: there are no parameters to train (wanted at least one Parameter, got none). Pass net.collect_params(",
    ),
    (
        lambda: gluon.Trainer(layer(), "sgd"),  # type: ignore[arg-type]
        ValueError,
        "Trainer: the first argument must hold Parameters (got Dense). Pass net.collect_params()",
    ),
    (
        lambda: gluon.Trainer(layer(in_units=3).collect_params(), "sdg"),
        ValueError,
        "there is no optimizer 'sdg'. Did you mean sgd",
    ),
    (lambda: trainer(optimizer_params={"lr": 0.1}), ValueError, "optimizer sgd: there is no parameter 'lr'"),
    (
        lambda: trainer(optimizer_params=0.1),
        TypeError,
        "Trainer: an optimizer is given by its name and a dict of parameters, or made already",
    ),
    (
        lambda: trainer().step("a"),  # type: ignore[arg-type]
        ValueError,
        "Trainer.step: gradients are divided by batch_size (wanted a positive number, got 'a'). Pass the number",
    ),
    (
        lambda: trainer().step(1),
        UserWarning,
        "its gradient was not computed since the last step. Call backward() on a loss that uses it inside",
    ),
    (
        lambda: trainer().set_learning_rate("a"),  # type: ignore[arg-type]
        ValueError,
        "SGD: the learning rate is a number (wanted such as 0.1",
    ),
    (
        lambda: gluon.Trainer(gluon.nn.Dense(2).collect_params(), "sgd").step(1),
        RuntimeError,
        "it is not initialised. Call",
    ),
    (
        lambda: gluon.loss.L2Loss()(nd.ones((2, 3)), nd.ones((2, 2))),
        ValueError,
        "L2Loss: label and prediction have as many elements (wanted (2, 3), got (2, 2)). Let the last layer",
    ),
    (
        lambda: gluon.loss.SoftmaxCrossEntropyLoss()(nd.ones((2, 3)), nd.ones((2, 3))),
        ValueError,
        "SoftmaxCrossEntropyLoss: the label names one class for each prediction (wanted (2,) class numbers, got (2, "
        "3)). Give class numbers; for one-hot labels or probabilities set sparse_label=False",
    ),
    (
        lambda: nd.SoftmaxOutput(nd.ones((2, 3)), nd.ones((3,))),
        ValueError,
        "SoftmaxOutput: the label does not fit data (2, 3) (wanted (2,) with class numbers",
    ),
    (lambda: mx.optimizer.create("sdg"), ValueError, "there is no optimizer 'sdg'. Did you mean sgd?"),
    (lambda: mx.optimizer.create(3), TypeError, "optimizer.create: this is neither the name of optimizer nor one"),
    (
        lambda: mx.optimizer.SGD(learning_rate=-1),
        ValueError,
        "SGD: learning_rate and wd cannot be negative (wanted at least 0",
    ),
    (lambda: mx.metric.create("acurracy"), ValueError, "there is no metric 'acurracy'. Did you mean accuracy"),
    (
        lambda: mx.metric.Accuracy().update([nd.array([0, 1])], [nd.ones((3, 2))]),
        ValueError,
        "metric: labels and predictions do not fit (wanted (2,), got (3,)). Give as many labels as predictions",
    ),
    (lambda: mx.init.create("xavir"), ValueError, "there is no initializer 'xavir'. Did you mean xavier?"),
    (lambda: mx.init.Xavier(rnd_type="gausian"), ValueError, "Xavier: unknown rnd_type (wanted uniform or gaussian"),
    (
        lambda: mx.lr_scheduler.FactorScheduler(step=0),
        ValueError,
        "FactorScheduler: the rate falls every so many updates",
    ),
    (lambda: mx.kv.create("locl"), ValueError, "kvstore.create: there is no such kind of store (wanted local, device"),
]

DATA: list[Row] = [
    (
        lambda: gluon.data.DataLoader([1, 2]),
        ValueError,
        "DataLoader: batch_size is needed unless batch_sampler is given",
    ),
    (
        lambda: gluon.data.DataLoader([1, 2], 0),
        ValueError,
        "BatchSampler: a batch holds samples (wanted batch_size of at",
    ),
    (
        lambda: gluon.data.DataLoader(3, 2),
        TypeError,
        "DataLoader: the dataset has no items by number (wanted something with",
    ),
    (
        lambda: gluon.data.DataLoader([1], 1, last_batch="keeep"),
        ValueError,
        "BatchSampler: unknown last_batch (wanted keep, discard or rollover, got 'keeep'). Did you mean keep?",
    ),
    (
        lambda: list(gluon.data.DataLoader(["a", "b"], 2)),
        ValueError,
        "default_batchify_fn: these items cannot be stacked to a batch (wanted arrays of one shape, or numbers, got 'a",
    ),
    (lambda: list(gluon.data.DataLoader([[1], [1, 2]], 2)), ValueError, "these items cannot be stacked to a batch"),
    (
        lambda: gluon.data.ArrayDataset(nd.ones((2, 3)), nd.ones((3,))),
        AssertionError,
        "ArrayDataset: all arrays must have one length (wanted 2, got 3 in array 1). Give a label for each sample",
    ),
    (
        lambda: mx.io.NDArrayIter(np.ones((4, 3)), np.ones(3)),
        ValueError,
        "softmax_label: all arrays must have one length",
    ),
    (
        lambda: mx.io.NDArrayIter(np.ones((4, 3)), batch_size=0),
        ValueError,
        "NDArrayIter: batch_size does not fit the data",
    ),
    (lambda: mx.io.NDArrayIter("a"), ValueError, "NDArrayIter: these are no data (wanted an array, a list of arrays"),
    (
        lambda: mx.io.NDArrayIter(np.ones((4, 3)), last_batch_handle="padd"),
        ValueError,
        "NDArrayIter: unknown last_batch_handle (wanted pad, discard or roll_over, got 'padd'). Did you mean pad?",
    ),
    (
        lambda: gluon.utils.split_and_load(nd.ones((3, 2)), [mx.cpu(0), mx.cpu(1)]),
        ValueError,
        "split_data: a batch of 3 cannot be split into 2 equal parts. Use a batch size that is a multiple",
    ),
]

ROWS = [*ARRAYS, *AUTOGRAD, *SYMBOLS, *GLUON, *TRAINING, *DATA]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("misuse", "kind", "words"), ROWS, ids=[row[2][:60] for row in ROWS])
def test_a_misuse_is_told_with_a_remedy(misuse: Callable[[], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(NetwrightError, match=re.escape(words)) as caught:
        misuse()
    error = caught.value
    assert isinstance(error, kind)
    assert error.remedy
    assert error.remedy in str(error)


def test_most_say_where() -> None:
    """A type's or table's name is found before it is known who asked."""
    silent = []
    for misuse, _, words in ROWS:
        with pytest.raises(NetwrightError) as caught:
            misuse()
        if caught.value.where is None:
            silent.append(words)
    assert len(silent) <= 8, silent
