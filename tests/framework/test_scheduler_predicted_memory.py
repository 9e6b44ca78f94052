"""What plans and operators say they will take, beside what they really allocate."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import gluon, sym
from netwright.gluon.model_zoo import vision
from netwright.ops import all_operators
from netwright.ops.activation import LeakyReLU
from netwright.ops.broadcast import Broadcast, SameShape
from netwright.ops.elementwise import Elementwise
from netwright.ops.operator import Operator, Sample, TensorSpec
from netwright.ops.scalar import WithScalar
from netwright.scheduler import Compiled, Program, Strategy
from netwright.scheduler.fitting import fed_names

Shape = tuple[int, ...]
FLOAT = np.dtype("float32")


def allocated(call: Callable[[], Any]) -> int:
    """The most bytes that were held at one time while the call ran, beyond what was held before."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = call()
        peak = tracemalloc.get_traced_memory()[1]
        del kept
        return peak - before
    finally:
        tracemalloc.stop()


def mlp() -> tuple[sym.Symbol, Shape]:
    x = sym.Variable("data")
    for units in (256, 256, 128):
        x = sym.Activation(sym.FullyConnected(x, num_hidden=units), act_type="relu")
    return sym.SoftmaxOutput(sym.FullyConnected(x, num_hidden=10), name="softmax"), (512, 256)


def lenet() -> tuple[sym.Symbol, Shape]:
    x = sym.Variable("data")
    for filters in (20, 50):
        x = sym.Activation(sym.Convolution(x, kernel=(5, 5), num_filter=filters), act_type="tanh")
        x = sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max")
    x = sym.Activation(sym.FullyConnected(x, num_hidden=500), act_type="tanh")
    return sym.SoftmaxOutput(sym.FullyConnected(x, num_hidden=10), name="softmax"), (64, 1, 28, 28)


def resnet() -> tuple[sym.Symbol, Shape]:
    net = vision.resnet18_v1(classes=10, thumbnail=True)
    return sym.SoftmaxOutput(net(sym.Variable("data")), name="softmax"), (4, 3, 32, 32)


def averaged() -> tuple[sym.Symbol, Shape]:
    x = sym.Variable("data")
    for i in range(2):
        x = sym.Convolution(x, kernel=(3, 3), pad=(1, 1), num_filter=32, num_group=1 + i, name=f"conv{i}")
        x = sym.Pooling(sym.Activation(x, act_type="softrelu"), kernel=(3, 3), stride=(2, 2), pool_type="avg")
    return sym.SoftmaxOutput(sym.FullyConnected(x, num_hidden=10), name="softmax"), (16, 8, 32, 32)


def recurrent(kind: Any, **how: Any) -> tuple[sym.Symbol, Shape]:
    y = kind(64, layout="NTC", input_size=32, **how)(sym.Variable("data"))
    return sym.SoftmaxOutput(sym.FullyConnected(y, num_hidden=10), name="softmax"), (32, 32, 32)


def transformer() -> tuple[sym.Symbol, Shape]:
    heads, width, time = 4, 64, 32
    x = sym.Embedding(sym.Variable("data"), input_dim=50, output_dim=width, name="embedding")
    y = sym.LayerNorm(x, name="norm1")
    q, k, v = (sym.FullyConnected(y, num_hidden=width, flatten=False, name=n) for n in "qkv")
    q, k, v = (
        sym.reshape(sym.transpose(sym.reshape(a, shape=(0, 0, heads, -1)), axes=(0, 2, 1, 3)), shape=(-3, 0, 0))
        for a in (q, k, v)
    )
    y = sym.batch_dot(sym.softmax(sym.batch_dot(q, k, transpose_b=True) * 0.25), v)
    y = sym.transpose(sym.reshape(y, shape=(-4, -1, heads, 0, 0)), axes=(0, 2, 1, 3))
    y = sym.FullyConnected(sym.reshape(y, shape=(0, 0, -3)), num_hidden=width, flatten=False, name="o")
    x = x + sym.Dropout(y, p=0.1)
    y = sym.FullyConnected(sym.LayerNorm(x, name="norm2"), num_hidden=4 * width, flatten=False, name="up")
    x = x + sym.FullyConnected(sym.LeakyReLU(y, act_type="gelu"), num_hidden=width, flatten=False, name="down")
    return sym.SoftmaxOutput(sym.FullyConnected(x, num_hidden=10, name="head"), name="softmax"), (64, time)


NETS: dict[str, Callable[[], tuple[sym.Symbol, Shape]]] = {
    "mlp": mlp,
    "lenet": lenet,
    "resnet": resnet,
    "averaged": averaged,
    "lstm": lambda: recurrent(gluon.rnn.LSTM),
    "gru, two layers": lambda: recurrent(gluon.rnn.GRU, num_layers=2),
    "transformer": transformer,
}


@pytest.mark.parametrize("strategy", ["balanced", "low_memory"])
@pytest.mark.parametrize("train", [True, False], ids=["training", "inference"])
@pytest.mark.parametrize("name", NETS)
def test_the_predicted_peak_is_within_ten_percent_of_the_measured(name: str, train: bool, strategy: str) -> None:
    net, shape = NETS[name]()
    fed = fed_names(net)
    compiled = Compiled(
        net,
        {"data": TensorSpec(shape, FLOAT)},
        train=train,
        wrt=[n for n in net.list_arguments() if n not in fed] if train else [],
        device=mx.cpu(),
        strategy=Strategy.preset(strategy),
    )
    plan = compiled.plan
    ways: list[tuple[Callable[[], Any], int]] = [(lambda: Program(plan), plan.peak_bytes)]
    native = compiled.native
    if native is not None and native.ready(plan):
        ways.append((lambda: native.program(plan), native.peak_bytes(plan)))
    rng = np.random.default_rng(0)
    feeds = {n: (0.1 * rng.random(v.shape)).astype(v.dtype) for n, v in plan.graph.inputs.items()}
    for make, predicted in ways:

        def run(make: Callable[[], Any] = make) -> Any:
            program = make()
            program.forward(feeds)
            program.backward({})
            return program

        run()  # what is imported or remembered at the first run is no part of it
        found = allocated(run)
        assert predicted == pytest.approx(found, rel=0.1), f"measured {found}, predicted {predicted}"


def plain(op: Operator) -> bool:
    """Whether it works element by element on inputs of one shape."""
    return isinstance(op, (Elementwise, Broadcast, SameShape, WithScalar, LeakyReLU)) and "out" in op.forward_takes


def measured(op: Operator, sample: Sample) -> tuple[int, int]:
    """Bytes taken beside the results, and what the operator says, on arrays of 64 Ki elements."""
    rng = np.random.default_rng(0)
    p = op.make_params(dict(sample.params))
    arrays = []
    for draw in sample.draws():
        if draw.kind == "integer":
            drawn = rng.integers(int(draw.low), int(draw.high), (256, 256))
        else:
            drawn = rng.uniform(draw.low, draw.high, (256, 256))
        arrays.append(drawn.astype(draw.dtype or "float32"))
    specs = tuple(TensorSpec(a.shape, a.dtype) for a in arrays)
    outputs = op.infer(p, specs)
    out = tuple(np.empty(s.shape, s.dtype) for s in outputs)
    keywords: dict[str, Any] = {"out": out if len(out) > 1 else out[0]}
    if "train" in op.forward_takes:
        keywords |= {"train": sample.train, "rng": rng}

    def call() -> None:
        with np.errstate(all="ignore"):
            op.forward(np, p, *arrays, **keywords)

    call()
    return allocated(call), op.workspace(p, specs, outputs)


@pytest.mark.parametrize("op", [op for op in all_operators() if plain(op)], ids=lambda op: op.name)
def test_elementwise_operators_say_what_they_take(op: Operator) -> None:
    kinds = {str(s.params.get("act_type", "")): s for s in op.samples() if len(s.draws()) < 2 or op.name != "LeakyReLU"}
    for kind, sample in kinds.items():
        if kind == "rrelu" or "float32" not in sample.dtypes:
            continue
        took, said = measured(op, sample)
        assert took == pytest.approx(said, rel=0.1, abs=80_000), f"{kind}: took {took}, says {said}"
