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
from tests.framework.misuses import (
    ARRAYS,
    AUTOGRAD,
    SYMBOLS,
    Numpy,
    Row,
    Shape,
    Truth,
    hybridized,
    layer,
    loaded,
    trainer,
)

import netwright as mx
from netwright import gluon, nd
from netwright.errors import NetwrightError

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
