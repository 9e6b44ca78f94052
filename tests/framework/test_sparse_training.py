"""Training with sparse arrays: parameters, stores, lazy optimizers, iterators, and two models that learn."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import netwright as mx
from netwright import autograd, cpu, gluon, nd
from netwright.errors import CheckpointError, MismatchError, NetwrightError, NotReadyError, StorageError

A = np.array([[0, 1, 0], [2, 0, 0], [0, 0, 0], [0, 0, 3]], dtype=np.float32)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, logger="netwright.storage")


# ------------------------------------------------------------------------------------------------------- optimizers
WEIGHT = np.arange(8).reshape(4, 2).astype(np.float32) / 4 + 0.5
GRADIENT = np.array([[0, 0], [0.5, -2], [0, 0], [1, 0.25]], np.float32)
# two updates with lr 0.1, clip_gradient 1.5, rescale_grad 0.5; name, arguments, wd: what MXNet 1.9.1 gives
LAZY: dict[tuple[str, str, float], Any] = {
    ("sgd", "", 0.0): [[0.5, 0.75], [0.95, 1.45], [1.5, 1.75], [1.9, 2.225]],
    ("sgd", "", 0.1): [[0.5, 0.75], [0.93035, 1.424125], [1.5, 1.75], [1.8607, 2.18035]],
    ("sgd", "momentum", 0.1): [[0.5, 0.75], [0.89885, 1.502875], [1.5, 1.75], [1.7977, 2.14885]],
    ("sgd", "momentum eager", 0.1): [[0.48555, 0.728325], [0.89885, 1.502875], [1.45665, 1.699425], [1.7977, 2.14885]],
    ("adam", "", 0.1): [[0.5, 0.75], [0.800085, 1.44997], [1.5, 1.75], [1.800039, 2.050085]],
    ("adam", "eager", 0.1): [[0.301187, 0.550625], [0.800085, 1.44997], [1.300238, 1.550196], [1.800039, 2.050085]],
    ("adagrad", "", 0.0): [[0.5, 0.75], [0.829289, 1.420711], [1.5, 1.75], [1.829289, 2.07929]],
    ("ftrl", "", 0.1): [[0.5, 0.75], [0.159443, 0.712395], [1.5, 1.75], [0.599358, 0.22537]],
    ("groupadagrad", "", 0.0): [[0.5, 0.75], [0.941447, 1.484212], [1.5, 1.75], [1.765794, 2.191448]],
    ("rmsprop", "", 0.1): [[0.069537, 0.269166], [0.464911, 1.791602], [0.981539, 1.227083], [1.459445, 1.714911]],
}


@pytest.mark.parametrize("weight_stype", ["default", "row_sparse"])
@pytest.mark.parametrize("case", LAZY, ids=lambda c: f"{c[0]} {c[1]} {c[2]}")
def test_optimizers_update_the_rows_of_the_gradient(case: tuple[str, str, float], weight_stype: str) -> None:
    name, given, wd = case
    more: dict[str, Any] = {"momentum": 0.9} if "momentum" in given else {}
    if "eager" in given:
        more["lazy_update"] = False
    optimizer = mx.optimizer.create(name, learning_rate=0.1, wd=wd, clip_gradient=1.5, rescale_grad=0.5, **more)
    weight, gradient = nd.array(WEIGHT).tostype(weight_stype), nd.array(GRADIENT).tostype("row_sparse")
    state = optimizer.create_state_multi_precision(0, weight)
    memory = weight._data
    for _ in range(2):
        optimizer.update_multi_precision(0, weight, gradient, state)
    wanted = LAZY[case]
    if name == "ftrl" and weight_stype == "default":  # dense weights follow the usual rule, in MXNet too
        wanted = [[0, 0], wanted[1], [0, 0], wanted[3]]
    np.testing.assert_allclose(weight.asnumpy(), wanted, rtol=2e-5, atol=1e-6)
    assert weight.stype == weight_stype
    assert weight._data is memory or name == "rmsprop", "rows are updated in place"


def test_states_have_the_weights_storage() -> None:
    weight = nd.array(WEIGHT).tostype("row_sparse")
    assert mx.optimizer.SGD(momentum=0.9).create_state(0, weight).stype == "row_sparse"
    assert mx.optimizer.SGD(momentum=0.9, lazy_update=False).create_state(0, weight).stype == "default"
    assert [s.stype for s in mx.optimizer.Adam().create_state(0, weight)] == ["row_sparse"] * 2
    assert mx.optimizer.Adam().lazy_update


def test_an_update_elsewhere_leaves_the_weight() -> None:
    weight, out = nd.array(WEIGHT), nd.zeros((4, 2))
    nd.sgd_update(weight, nd.array(GRADIENT).tostype("row_sparse"), lr=0.1, out=out)
    np.testing.assert_array_equal(weight.asnumpy(), WEIGHT)
    np.testing.assert_allclose(out.asnumpy(), WEIGHT - 0.1 * GRADIENT)


@pytest.mark.parametrize(
    "name", sorted({"sgd", "nag", "adam", "adamw", "adamax", "nadam", "ftml", "adadelta", "signum"})
)
def test_every_optimizer_takes_sparse_gradients(name: str) -> None:
    found = []
    for stype in ("default", "row_sparse"):
        optimizer = mx.optimizer.create(name, learning_rate=0.1, wd=0.0)
        weight = nd.array(WEIGHT)
        state = optimizer.create_state_multi_precision(0, weight)
        optimizer.update_multi_precision(0, weight, nd.array(GRADIENT + 0.1).tostype(stype), state)
        found.append(weight.asnumpy())
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


# ------------------------------------------------------------------------------------------------------- the store
def test_rows_are_pulled_from_a_store() -> None:
    store = mx.kv.create("local")
    values = np.arange(6).reshape(3, 2) + 1.0
    store.init("r", nd.array(values).tostype("row_sparse"))
    out = nd.zeros((3, 2), stype="row_sparse")
    store.pull("r", out=out)
    assert out.asnumpy().sum() == 0, "pull leaves sparse arrays out"
    store.pull("r", out=out, ignore_sparse=False)
    np.testing.assert_array_equal(out.asnumpy(), values)
    for ids, rows in (([2, 0, 2], [0, 2]), ([1], [1]), ([[1, 0]], [0, 1])):
        store.row_sparse_pull("r", out=out, row_ids=nd.array(ids))
        assert out.indices.asnumpy().tolist() == rows  # type: ignore[attr-defined]
        np.testing.assert_array_equal(out.asnumpy()[rows], values[rows])
    other = nd.zeros((3, 2), stype="row_sparse")
    store.row_sparse_pull("r", out=[out, other], row_ids=[nd.array([1]), nd.array([0])])
    assert other.asnumpy().tolist() == [[1, 2], [0, 0], [0, 0]]
    store.row_sparse_pull(["r"], out=[[out, other]], row_ids=nd.array([2]))
    assert out.asnumpy().tolist() == other.asnumpy().tolist() == [[0, 0], [0, 0], [5, 6]]
    store.push("r", [nd.array([[1, 1], [0, 0], [0, 0]]).tostype("row_sparse")] * 2)
    store.pull("r", out=out, ignore_sparse=False)
    assert out.asnumpy().tolist() == [[2, 2], [0, 0], [0, 0]]
    store.init("d", nd.ones((3, 2)))
    store.push("d", out)
    dense = nd.zeros((3, 2))
    store.pull("d", out=dense)
    assert dense.asnumpy().tolist() == [[2, 2], [0, 0], [0, 0]]
    with pytest.raises(StorageError, match="got default"):
        store.row_sparse_pull("d", out=out, row_ids=nd.array([1]))
    with pytest.raises(NetwrightError, match="row_ids is missing"):
        store.row_sparse_pull("r", out=out)


def test_a_store_updates_rows() -> None:
    store = mx.kv.create("local")
    store.init(0, nd.ones((3, 2)).tostype("row_sparse"))
    store.set_optimizer(mx.optimizer.SGD(learning_rate=0.5))
    store.push(0, nd.array([[1, 1], [0, 0], [0, 0]]).tostype("row_sparse"))
    out = nd.zeros((3, 2), stype="row_sparse")
    store.pull(0, out=out, ignore_sparse=False)
    assert out.asnumpy().tolist() == [[0.5, 0.5], [1, 1], [1, 1]]


# ------------------------------------------------------------------------------------------------------- parameters
def lookup(weight: Any, rows: Any) -> Any:
    return nd.Embedding(rows, weight, input_dim=4, output_dim=2, sparse_grad=True).sum()


def test_a_row_sparse_parameter() -> None:
    weight = gluon.Parameter("weight", stype="row_sparse", grad_stype="row_sparse", shape=(4, 2))
    weight.initialize(init="ones")
    for use in (weight.data, weight.list_data, lambda: weight.row_sparse_data(nd.array([0]))):
        with pytest.raises(NotReadyError):
            use()
    assert weight.grad().stype == "row_sparse"
    trainer = gluon.Trainer([weight], "sgd", {"learning_rate": 0.5})
    assert weight.row_sparse_data(nd.array([3, 1])).indices.asnumpy().tolist() == [1, 3]  # type: ignore[attr-defined]
    with autograd.record():
        loss = lookup(weight.row_sparse_data(nd.array([1])), nd.array([1, 1]))
    loss.backward()
    assert weight.grad().indices.asnumpy().tolist() == [1]  # type: ignore[attr-defined]
    trainer.step(1)
    (rows,) = weight.list_row_sparse_data(nd.array([0, 1]))
    assert rows.asnumpy().tolist() == [[1, 1], [0, 0], [0, 0], [0, 0]]
    weight.set_data(nd.ones((4, 2)) * 3)
    assert weight.row_sparse_data(nd.array([2])).asnumpy().tolist() == [[0, 0], [0, 0], [3, 3], [0, 0]]
    weight.zero_grad()
    assert weight.grad().indices.shape == (0,)  # type: ignore[attr-defined]
    assert weight.var().list_attr()["__storage_type__"] == "1"
    with pytest.raises(MismatchError, match="the store of another Trainer"):
        gluon.Trainer([weight], "sgd")
    for options in ({"kvstore": None}, {"update_on_kvstore": False}):
        other = gluon.Parameter("other", stype="row_sparse", shape=(4, 2))
        other.initialize()
        with pytest.raises(NetwrightError, match="sparse parameters"):
            gluon.Trainer([other], "sgd", **options).step(1)  # type: ignore[arg-type]
    with pytest.raises(MismatchError, match="unknown storage type"):
        gluon.Parameter("w", stype="dense")
    with pytest.raises(NotReadyError, match=r"Use data\(\) instead"):
        gluon.Parameter("w", shape=(1,)).row_sparse_data(nd.array([0]))


def test_setting_one_parameter_keeps_the_rows_of_another() -> None:
    parameters = [gluon.Parameter(n, stype="row_sparse", grad_stype="row_sparse", shape=(4, 2)) for n in "ab"]
    for parameter in parameters:
        parameter.initialize(init="ones")
    trainer = gluon.Trainer(parameters, "sgd")
    for parameter in parameters:
        parameter.row_sparse_data(nd.array([1]))
    parameters[0].set_data(nd.zeros((4, 2)))
    assert parameters[1].row_sparse_data(nd.array([3])).asnumpy()[3].tolist() == [1, 1]
    assert trainer._update_on_kvstore


@pytest.mark.parametrize("stype", ["default", "row_sparse"])
def test_two_devices(stype: str) -> None:
    weight = gluon.Parameter("weight", stype=stype, grad_stype="row_sparse", shape=(4, 2))
    contexts = [cpu(0), cpu(1)]
    weight.initialize(init="ones", ctx=contexts)
    trainer = gluon.Trainer([weight], "sgd", {"learning_rate": 1.0})
    losses = []
    with autograd.record():
        for i, ctx in enumerate(contexts):
            rows = nd.array([i], ctx=ctx)
            losses.append(lookup(weight.data(ctx) if stype == "default" else weight.row_sparse_data(rows), rows))
    autograd.backward(losses)
    trainer.step(1)
    arrays = weight.list_data() if stype == "default" else weight.list_row_sparse_data(nd.array([0, 1, 2, 3]))
    for array in arrays:
        assert array.asnumpy().tolist() == [[0, 0], [0, 0], [1, 1], [1, 1]]


def test_sparse_embedding(tmp_path: Path) -> None:
    net = gluon.contrib.nn.SparseEmbedding(5, 3)
    assert repr(net) == "SparseEmbedding(5 -> 3, float32)"
    net.initialize(mx.init.One())
    with pytest.raises(NotReadyError, match="Trainer"):
        net(nd.array([1]))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0})
    with autograd.record():
        loss = net(nd.array([1, 2, 1])).sum()
    loss.backward()
    trainer.step(1)
    wanted = [[1] * 3, [-1] * 3, [0] * 3, [1] * 3, [1] * 3]
    assert net(nd.array([[0, 1, 2]])).asnumpy().tolist() == [wanted[:3]]
    path = str(tmp_path / "net.params")
    net.save_parameters(path)
    saved = nd.load(path)["weight"]  # type: ignore[call-overload]
    assert (saved.stype, saved.asnumpy().tolist()) == ("row_sparse", wanted)
    other = gluon.contrib.nn.SparseEmbedding(5, 3)
    other.load_parameters(path)
    gluon.Trainer(other.collect_params(), "sgd")
    assert other(nd.array([1])).asnumpy().tolist() == [wanted[1]]


# ------------------------------------------------------------------------------------------------------- files
@pytest.mark.parametrize("name", ["a.params", "a.bin"])
def test_files_keep_storages(name: str, tmp_path: Path) -> None:
    path = str(tmp_path / name)
    arrays = {
        "csr": nd.array(A).tostype("csr"),
        "rows": nd.array(np.stack([A, 0 * A])).tostype("row_sparse"),
        "dense": nd.array(A),
        "empty": nd.zeros((3, 4), stype="csr", dtype="float64"),
    }
    nd.save(path, arrays)
    read = nd.load(path)
    assert isinstance(read, dict)
    for key, array in arrays.items():
        assert (read[key].stype, read[key].dtype) == (array.stype, array.dtype)
        np.testing.assert_array_equal(read[key].asnumpy(), array.asnumpy())
    nd.save(path, list(arrays.values()))
    assert [a.stype for a in nd.load(path)] == ["csr", "row_sparse", "default", "csr"]


def test_a_file_as_mxnet_writes_it(tmp_path: Path) -> None:
    """The bytes MXNet 1.9.1 writes for {"c": csr [[0, 2]]}, read and written."""
    content = bytes.fromhex(
        "12010000000000000000000000000000" "0100000000000000" "c9fa93f9" "02000000" "01000000" "0100000000000000"
        "02000000" "0100000000000000" "0200000000000000" "0100000000000000" "00000000"
        "06000000" "01000000" "0200000000000000" "06000000" "01000000" "0100000000000000"
        "00000040" "0000000000000000" "0100000000000000" "0100000000000000" "0100000000000000" "0100000000000000" "63"
    )  # fmt: skip
    path = tmp_path / "c.params"
    path.write_bytes(content)
    read = nd.load(str(path))["c"]  # type: ignore[call-overload]
    assert (read.stype, read.asnumpy().tolist()) == ("csr", [[0, 2]])
    nd.save(str(path), {"c": read})
    assert path.read_bytes() == content
    path.write_bytes(content.replace(bytes.fromhex("0000004000000000"), bytes.fromhex("0000004000000009")))
    with pytest.raises(CheckpointError, match="a sparse array that is none"):
        nd.load(str(path))


# ------------------------------------------------------------------------------------------------------- iterators
def test_batches_of_csr_rows() -> None:
    for source in (nd.array(A).tostype("csr"), sp.csr_matrix(A), {"data": nd.array(A).tostype("csr")}):
        batches = list(mx.io.NDArrayIter(source, np.arange(4), 2, last_batch_handle="discard"))
        assert [b.data[0].stype for b in batches] == ["csr", "csr"]
        np.testing.assert_array_equal(np.concatenate([b.data[0].asnumpy() for b in batches]), A)
        with pytest.raises(NotImplementedError, match="last_batch_handle 'discard'"):
            mx.io.NDArrayIter(source, np.arange(4), 2)
    mixed = mx.io.NDArrayIter(nd.array(A).tostype("csr"), np.arange(4), 2, shuffle=True, last_batch_handle="discard")
    for batch in mixed:
        np.testing.assert_array_equal(batch.data[0].asnumpy(), A[batch.label[0].asnumpy().astype(int)])


def test_libsvm_batches_are_csr(tmp_path: Path) -> None:
    data, label = tmp_path / "data.t", tmp_path / "label.t"
    data.write_text("1.0 0:0.5 2:1.2\n-2.0\n-3.0 2:1.2 0:0.6\n4 2:-1.2\n")
    label.write_text("9 0:0.125\n9 2:1.2\n9 1:1.0\n9 0:1\n")
    rows = np.array([[0.5, 0, 1.2], [0, 0, 0], [0.6, 0, 1.2], [0, 0, -1.2]], np.float32)
    batches = mx.io.LibSVMIter(data_libsvm=str(data), data_shape=(3,), batch_size=3)
    seen = [(b.data[0].stype, b.data[0].asnumpy().tolist(), b.label[0].asnumpy().tolist(), b.pad) for b in batches]
    batches.reset()
    seen += [(b.data[0].stype, b.data[0].asnumpy().tolist(), b.label[0].asnumpy().tolist(), b.pad) for b in batches]
    # rows that filled the last batch up are not read again, as in MXNet 1.9.1
    wanted = [([0, 1, 2], [1, -2, -3], 0), ([3, 0, 1], [4, 1, -2], 2), ([2, 3, 0], [-3, 4, 1], 1)]
    assert seen == [("csr", rows[list(i)].tolist(), labels, pad) for i, labels, pad in wanted]
    two = mx.io.LibSVMIter(str(data), (3,), str(label), (3,), batch_size=2)
    assert two.next().label[0].stype == "csr"


# ------------------------------------------------------------------------------------------------------- learning
def problem(path: Path | None = None, n: int = 64, features: int = 30) -> tuple[Any, Any]:
    """Rows with few features, and whether a weighted sum of them is positive."""
    rng = np.random.RandomState(1)
    x = ((rng.rand(n, features) < 0.15) * rng.randn(n, features)).astype(np.float32)
    y = (x @ rng.randn(features) > 0).astype(np.float32)
    if path is not None:
        lines = [
            f"{label} " + " ".join(f"{j}:{v}" for j, v in enumerate(row) if v) for row, label in zip(x, y, strict=True)
        ]
        path.write_text("\n".join(lines))
    return x, y


@pytest.mark.parametrize("contexts", [1, 2])
@pytest.mark.parametrize(("stype", "optimizer"), [("row_sparse", "sgd"), ("row_sparse", "adam"), ("default", "ftrl")])
def test_a_linear_model_learns_through_module(stype: str, optimizer: str, contexts: int, tmp_path: Path) -> None:
    x, _ = problem(tmp_path / "data.t")
    data = mx.io.LibSVMIter(str(tmp_path / "data.t"), (x.shape[1],), batch_size=16)
    weight = mx.sym.var("weight", shape=(x.shape[1], 2), init=mx.init.Normal(0.01), stype=stype)
    scores = mx.sym.sparse.dot(mx.sym.var("data", stype="csr"), weight)
    scores = mx.sym.broadcast_add(scores, mx.sym.var("bias", shape=(2,), init=mx.init.Zero()))
    net = mx.sym.SoftmaxOutput(scores, mx.sym.var("softmax_label"), name="out")
    module = mx.mod.Module(net, context=[cpu(i) for i in range(contexts)])
    module.bind(data.provide_data, data.provide_label)
    module.init_params()
    rate = 0.05 if optimizer == "adam" else 0.5
    module.init_optimizer(optimizer=optimizer, optimizer_params={"learning_rate": rate, "rescale_grad": 1 / 16})
    executor = module._bound.executors[0]
    assert (executor.arg_dict["data"].stype, executor.grad_dict["weight"].stype) == ("csr", "row_sparse")
    for _ in range(15):
        data.reset()
        for batch in data:
            if contexts > 1 and stype == "row_sparse":
                module.prepare(batch, lambda b: {"weight": b.data[0].indices})
            module.forward_backward(batch)
            module.update()
    assert module.score(data, ["acc"])[0][1] > 0.85
    assert executor.arg_dict["weight"].stype == stype
    module.save_checkpoint(str(tmp_path / "linear"), 1)
    loaded = mx.mod.Module.load(str(tmp_path / "linear"), 1)
    loaded.bind(data.provide_data, data.provide_label, for_training=False)
    assert loaded._bound.arrays("weight")[0].stype == stype
    data.reset()
    assert loaded.score(data, ["acc"])[0][1] > 0.85


def test_rows_that_need_not_be_pulled_are_told(tmp_path: Path) -> None:
    x, _ = problem(tmp_path / "data.t")
    data = mx.io.LibSVMIter(str(tmp_path / "data.t"), (x.shape[1],), batch_size=16)
    net = mx.sym.sparse.dot(mx.sym.var("data", stype="csr"), mx.sym.var("weight", shape=(x.shape[1], 2)))
    module = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
    module.bind(data.provide_data, data.provide_label)
    module.init_params()
    module.init_optimizer()
    with pytest.warns(UserWarning, match="not updated in a store"):
        module.prepare(data.next(), lambda b: {"weight": b.data[0].indices})


class Linear(gluon.Block):
    """y = x · w + b for csr data."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = self.params.get("weight", shape=(features, 2), init=mx.init.Normal(0.01), grad_stype="row_sparse")
        self.bias = self.params.get("bias", shape=(2,), init="zeros")

    def forward(self, x: Any) -> Any:
        return nd.broadcast_add(nd.sparse.dot(x, self.weight.data()), self.bias.data())


def test_a_linear_model_learns_through_gluon() -> None:
    x, y = problem()
    net, loss = Linear(x.shape[1]), gluon.loss.SoftmaxCrossEntropyLoss()
    net.initialize()
    trainer = gluon.Trainer(net.collect_params(), "adagrad", {"learning_rate": 0.5})
    data = mx.io.NDArrayIter(sp.csr_matrix(x), y, 16, last_batch_handle="discard")
    for _ in range(10):
        data.reset()
        for batch in data:
            with autograd.record():
                error = loss(net(batch.data[0]), batch.label[0])
            error.backward()
            assert net.weight.grad().stype == "row_sparse"
            trainer.step(16)
    found = net(nd.sparse.csr_matrix(x)).argmax(axis=1).asnumpy()
    assert (found == y).mean() > 0.9


@pytest.mark.parametrize("kind", ["Embedding", "hybridized", "SparseEmbedding"])
def test_an_embedding_learns_through_gluon(kind: str) -> None:
    rng = np.random.RandomState(0)
    pairs = rng.randint(0, 50, (64, 2))
    y = (pairs.sum(axis=1) % 2).astype(np.float32)  # learnt by heart, from the words
    net = gluon.nn.HybridSequential() if kind != "SparseEmbedding" else gluon.nn.Sequential()
    table = (
        gluon.contrib.nn.SparseEmbedding(50, 8)
        if kind == "SparseEmbedding"
        else gluon.nn.Embedding(50, 8, sparse_grad=True)
    )
    net.add(table, gluon.nn.Dense(16, activation="relu", in_units=16), gluon.nn.Dense(2, in_units=16))
    net.initialize(mx.init.Normal(0.5))
    if kind == "hybridized":
        net.hybridize()
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.02})
    errors = []
    for _ in range(40):
        with autograd.record():
            error = loss(net(nd.array(pairs)), nd.array(y))
        error.backward()
        assert table.weight.grad().stype == "row_sparse"
        trainer.step(64)
        errors.append(float(error.mean().asscalar()))
    assert errors[-1] < 0.3 * errors[0]


def test_an_embedding_learns_through_module() -> None:
    rng = np.random.RandomState(0)
    words = rng.randint(0, 20, (64,))
    data = mx.io.NDArrayIter(words.astype("f"), (words % 2).astype("f"), 16)
    net = mx.sym.Embedding(mx.sym.var("data"), input_dim=20, output_dim=2, sparse_grad=True, name="embed")
    module = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
    module.fit(data, num_epoch=10, optimizer="sgd", optimizer_params={"learning_rate": 2.0, "momentum": 0.5})
    assert module._bound.executors[0].grad_dict["embed_weight"].stype == "row_sparse"
    assert module.score(data, "acc")[0][1] > 0.9


def test_mixed_precision_looks_at_what_is_stored() -> None:
    weight = gluon.Parameter("weight", grad_stype="row_sparse", shape=(4, 2))
    weight.initialize()
    scaler = mx.contrib.amp.loss_scaler.LossScaler()
    with autograd.record():
        loss = lookup(weight.data(), nd.array([1]))
    loss.backward()
    assert not scaler.has_overflow([weight])
    with autograd.record():
        loss = lookup(weight.data(), nd.array([1])) * float("inf")
    loss.backward()
    assert scaler.has_overflow([weight])


def test_a_recomputed_part_with_sparse_results() -> None:
    weight, x = nd.ones((3, 2)), nd.array(A).tostype("csr")
    weight.attach_grad(stype="row_sparse")
    part = gluon.utils.recompute(lambda x, w: nd.sparse.dot(x, w, transpose_a=False).tostype("csr"))
    with autograd.record():
        y = part(x, weight)
    assert y.stype == "csr"
    y.backward()
    assert weight.grad is not None
    np.testing.assert_allclose(weight.grad.asnumpy(), A.T @ np.ones((4, 2)))
