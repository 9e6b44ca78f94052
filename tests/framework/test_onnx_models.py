"""Whole networks as ONNX: the same numbers here, in onnxruntime and read back; open sizes; MXNet's functions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from tests.framework.onnx_runtime import run
from tests.framework.operator_cases import Array

import netwright as mx
from netwright import datasets, gluon, model_store, nd, sym, templates
from netwright.gluon import nn, rnn
from netwright.graph.network import to_network
from netwright.graph.predictor import load_predictor
from netwright.onnx import (
    ExportError,
    OnnxModel,
    export,
    export_model,
    get_model_metadata,
    import_model,
    import_to_gluon,
)
from netwright.onnx.exporting import labels_of

RNG = np.random.default_rng(5)


def lenet() -> gluon.HybridBlock:
    net = nn.HybridSequential()
    net.add(nn.Conv2D(4, 5, activation="tanh"), nn.AvgPool2D(2), nn.Conv2D(6, 5, activation="tanh"))
    net.add(nn.MaxPool2D(2), nn.Flatten(), nn.Dense(12, activation="relu"), nn.Dropout(0.5), nn.Dense(10))
    return net


def mlp() -> gluon.HybridBlock:
    net = nn.HybridSequential()
    net.add(nn.Dense(8, activation="relu"), nn.BatchNorm(), nn.LeakyReLU(0.1), nn.Dense(3))
    return net


def autoencoder() -> gluon.HybridBlock:
    net = nn.HybridSequential()
    net.add(nn.Conv2D(3, 3, strides=2, padding=1), nn.InstanceNorm(), nn.ELU(), nn.GroupNorm(num_groups=3))
    net.add(nn.Conv2DTranspose(1, 3, strides=2, padding=1, output_padding=1), nn.Activation("sigmoid"))
    return net


class Encoder(gluon.HybridBlock):
    """A transformer's block on embedded tokens."""

    def __init__(self) -> None:
        super().__init__()
        with self.name_scope():
            self.embedding = nn.Embedding(20, 8)
            self.query, self.key, self.value, self.out = (nn.Dense(8, flatten=False) for _ in range(4))
            self.first, self.second = nn.LayerNorm(), nn.LayerNorm()
            self.wide, self.narrow = nn.Dense(16, flatten=False), nn.Dense(8, flatten=False)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # type: ignore[override]
        x = self.embedding(x)
        seen = F.MultiHeadAttention(self.query(x), self.key(x), self.value(x), heads=2, causal=True)
        x = self.first(x + self.out(seen))
        return self.second(x + self.narrow(F.gelu(self.wide(x))))


class Plain(gluon.HybridBlock):
    """A forward that is known by running it only, with an array of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Dense(4)

    def forward(self, x: Any) -> Any:  # type: ignore[override]
        return nd.tanh(self.dense(x)).sum(axis=1) + nd.array([1.0])


def batches(shape: tuple[int, ...], *, tokens: bool = False) -> Array:
    return (RNG.integers(0, 20, shape) if tokens else RNG.standard_normal(shape)).astype("float32")


MODELS: dict[str, tuple[Any, tuple[int, ...], Any, tuple[int, ...]]] = {
    "mlp": (mlp, (2, 5), True, (5, 5)),
    "lenet": (lenet, (1, 1, 28, 28), True, (3, 1, 28, 28)),
    "autoencoder": (autoencoder, (2, 1, 8, 8), [("batch", 1, "height", "width")], (3, 1, 10, 12)),
    "resnet18_v1": (lambda: gluon.model_zoo.vision.resnet18_v1(classes=5), (1, 3, 32, 32), True, (2, 3, 32, 32)),
    "lstm": (lambda: rnn.LSTM(4, num_layers=2, bidirectional=True), (3, 2, 5), [("time", "batch", 5)], (4, 1, 5)),
    "gru": (lambda: rnn.GRU(4, num_layers=2, layout="NTC"), (2, 3, 5), [(None, None, 5)], (1, 6, 5)),
    "rnn": (lambda: rnn.RNN(4, activation="relu", bidirectional=True), (3, 2, 5), [(3, "batch", 5)], (3, 4, 5)),
    "transformer": (Encoder, (2, 5), [("batch", "length")], (3, 7)),
    "plain": (Plain, (3, 5), True, (2, 5)),
}
"""Network, shape, open sizes, another shape they allow."""


@pytest.mark.parametrize("name", MODELS)
def test_network_gives_the_same_everywhere(name: str) -> None:
    make, shape, dynamic, other = MODELS[name]
    net = make()
    net.initialize(mx.init.Xavier())
    fixed, opened = export(net, shapes=shape), export(net, shapes=shape, dynamic=dynamic)
    block = import_to_gluon(opened)
    for model, size in ((fixed, shape), (opened, shape), (opened, other)):
        data = batches(size, tokens=name == "transformer")
        wanted = net(nd.array(data)).asnumpy()
        found = run(model, {"data": data})[0]
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=2e-5)
        np.testing.assert_allclose(OnnxModel(model).run([data])[0], wanted, rtol=1e-4, atol=2e-5)
        np.testing.assert_allclose(block(nd.array(data)).asnumpy(), wanted, rtol=1e-4, atol=2e-5)


def test_loops_in_loops_with_open_sizes() -> None:
    data, state = sym.Variable("data"), sym.Variable("state")

    def outer(x: Any, s: Any) -> tuple[Any, Any]:
        rows, last = sym.contrib.foreach(lambda y, t: (y + t, y * 0.5 + t), x, s)
        return rows.sum(axis=0), last

    both = sym.Group([*sym.contrib.foreach(outer, data, state)])
    model = export(both, shapes={"data": (3, 4, 2), "state": (2,)}, dynamic=[("outer", "inner", 2), (2,)])
    for shape in ((3, 4, 2), (5, 6, 2)):
        arrays = {"data": batches(shape), "state": batches((2,))}
        wanted = [y.asnumpy() for y in both.eval(**{n: nd.array(a) for n, a in arrays.items()})]
        for got, want in zip(run(model, arrays), wanted, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)


def test_outputs_keep_their_names_and_may_come_twice() -> None:
    x = sym.Variable("x")
    both, value = sym.topk(x, k=2, ret_typ="both", name="best"), sym.relu(x, name="value")
    model = export(sym.Group([both, value, value, x]), shapes=(2, 3))
    assert [o.name for o in model.graph.output] == ["best0", "best1", "value", "value_again", "x_1"]
    data = batches((2, 3))
    found = run(model, {"x": data})
    np.testing.assert_array_equal(found[2], found[3])
    np.testing.assert_array_equal(found[4], data)


def test_a_tokens_type_is_kept() -> None:
    net = nn.HybridSequential()
    net.add(nn.Embedding(10, 4), nn.Dense(3))
    net.initialize()
    model = export(net, shapes=(2, 5), dtypes="int32", dynamic=True)
    data = RNG.integers(0, 10, (3, 5)).astype("int32")
    wanted = net(nd.array(data, dtype="int32")).asnumpy()
    np.testing.assert_allclose(run(model, {"data": data})[0], wanted, rtol=1e-5)
    np.testing.assert_allclose(import_to_gluon(model)(nd.array(data, dtype="int32")).asnumpy(), wanted, rtol=1e-5)


def test_open_sizes_have_names() -> None:
    net = Encoder()
    net.initialize()
    graph = export(net, shapes=(2, 5), dynamic=[("batch", "length")]).graph
    named = [[d.dim_param or d.dim_value for d in i.type.tensor_type.shape.dim] for i in (*graph.input, *graph.output)]
    assert named == [["batch", "length"], ["batch", "length", 8]]


def test_a_size_that_decides_the_structure_cannot_be_open() -> None:
    data = sym.Variable("data")
    how = {"kernel": (3,), "stride": (2,), "pooling_convention": "full", "name": "pool"}
    with pytest.raises(ExportError, match="pool/MaxPool: how it is computed depends on a size that is left open"):
        export(sym.Pooling(data, **how), shapes=(2, 3, 8), dynamic=[(2, 3, "length")])
    flat = sym.FullyConnected(data, sym.Variable("weight"), num_hidden=2, no_bias=True, name="fc")
    with pytest.raises(mx.NetwrightError, match="fc"):
        export(flat, shapes=(2, 4), params={"weight": np.zeros((2, 4), "f4")}, dynamic=[(2, "features")])
    with pytest.raises(ExportError, match="too many sizes are open"):
        export(sym.relu(data), shapes=(1, 1, 1, 1, 1), dynamic=[tuple("abcde")])
    with pytest.raises(mx.NetwrightError, match="has the inputs' axes"):
        export(sym.relu(data), shapes=(3, 2), dynamic=[("a",)])


def loops() -> dict[str, tuple[Any, dict[str, Array]]]:
    data, state, weight = (sym.Variable(n) for n in ("data", "state", "weight"))

    def step(x: Any, s: Any) -> tuple[Any, Any]:
        new = sym.tanh(x * weight + s)
        return new, new

    outs, last = sym.contrib.foreach(step, data, state)
    arrays = {"data": batches((4, 3)), "state": batches((3,)), "weight": batches((3,))}
    i, total = sym.Variable("i"), sym.Variable("total")
    rows, (_, sums) = sym.contrib.while_loop(
        lambda i, t: i < 3, lambda i, t: (t * 2, [i + 1, t + i]), [i, total], max_iterations=5
    )
    yes = sym.contrib.cond(sym.Variable("which"), lambda: data * 2, lambda: data - 1)
    return {
        "foreach": (sym.Group([outs, last]), arrays),
        "while": (sym.Group([rows, sums]), {"i": np.array([1], "f4"), "total": batches((1,))}),
        "while-never": (sym.Group([rows, sums]), {"i": np.array([7], "f4"), "total": batches((1,))}),
        "cond-yes": (yes, {"which": np.array([1], "f4"), "data": batches((2, 3))}),
        "cond-no": (yes, {"which": np.array([0], "f4"), "data": batches((2, 3))}),
    }


@pytest.mark.parametrize("name", ["foreach", "while", "while-never", "cond-yes", "cond-no"])
def test_loops_and_branches(name: str) -> None:
    symbol, arrays = loops()[name]
    model = export(symbol, shapes={n: a.shape for n, a in arrays.items()})
    kinds = {node.op_type for node in model.graph.node}
    assert {"foreach": "Scan", "while": "Loop", "cond": "If"}[name.split("-")[0]] in kinds
    wanted = [y.asnumpy() for y in symbol.eval(**{n: nd.array(a) for n, a in arrays.items()})]
    for found in (run(model, arrays), OnnxModel(model).run(arrays)):
        for got, want in zip(found, wanted, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


# ------------------------------------------------------------------------------------------------------- sources
def classifier() -> tuple[Any, dict[str, Any], dict[str, Any]]:
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=4, name="fc1")
    net = sym.BatchNorm(net, name="bn", fix_gamma=False)
    net = sym.SoftmaxOutput(sym.FullyConnected(net, num_hidden=3, name="fc2"), name="softmax")
    shapes, _, states = net.infer_shape(data=(2, 5))
    arguments = {n: nd.array(RNG.standard_normal(s)) for n, s in zip(net.list_arguments(), shapes, strict=True)}
    for name in ("data", "softmax_label"):
        del arguments[name]
    auxiliary = {n: nd.array(RNG.random(s)) for n, s in zip(net.list_auxiliary_states(), states, strict=True)}
    return net, arguments, auxiliary


def predicted(net: Any, arguments: Any, auxiliary: Any, data: Array) -> Array:
    feeds = {**arguments, **auxiliary, "data": nd.array(data), "softmax_label": nd.zeros((len(data),))}
    answer: Array = net.eval(**feeds)[0].asnumpy()
    return answer


def test_export_model_takes_objects_and_files(tmp_path: Path) -> None:
    net, arguments, auxiliary = classifier()
    prefix = str(tmp_path / "net")
    mx.model.save_checkpoint(prefix, 3, net, arguments, auxiliary)
    path, data = str(tmp_path / "net.onnx"), batches((2, 5))
    wanted = predicted(net, arguments, auxiliary, data)
    named = {f"arg:{n}": a for n, a in arguments.items()} | {f"aux:{n}": a for n, a in auxiliary.items()}
    sources: list[tuple[Any, Any]] = [
        (net, {**arguments, **auxiliary}),
        (net, [arguments, auxiliary]),
        (net, named),
        (f"{prefix}-symbol.json", f"{prefix}-0003.params"),
    ]
    for symbol, params in sources:
        assert export_model(symbol, params, [(2, 5)], np.float32, path) == path
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        assert [i.name for i in model.graph.input] == ["data"]
        assert [o.name for o in model.graph.output] == ["softmax"]
        np.testing.assert_allclose(run(model, {"data": data})[0], wanted, rtol=1e-5, atol=1e-6)
    wanted_data = {"input_tensor_data": [("data", (2, 5))], "output_tensor_data": [("softmax", (2, 3))]}
    assert get_model_metadata(path) == wanted_data


def test_export_model_with_open_sizes(tmp_path: Path) -> None:
    net, arguments, auxiliary = classifier()
    path, data = str(tmp_path / "net.onnx"), batches((6, 5))
    wanted = predicted(net, arguments, auxiliary, data)
    for more in ({"dynamic_input_shapes": [(None, 5)]}, {"run_shape_inference": True}):
        export_model(net, [arguments, auxiliary], [(2, 5)], onnx_file_path=path, dynamic=True, **more)
        np.testing.assert_allclose(run(onnx.load(path), {"data": data})[0], wanted, rtol=1e-5, atol=1e-6)
    with pytest.raises(mx.NetwrightError, match="without dynamic"):
        export_model(net, [arguments, auxiliary], [(2, 5)], dynamic_input_shapes=[(None, 5)], onnx_file_path=path)


def test_import_model_gives_symbol_and_weights(tmp_path: Path) -> None:
    net, arguments, auxiliary = classifier()
    path, data = str(tmp_path / "net.onnx"), batches((2, 5))
    export_model(net, [arguments, auxiliary], [(2, 5)], onnx_file_path=path)
    symbol, arg_params, aux_params = mx.contrib.onnx.import_model(path)
    found = symbol.eval(data=nd.array(data), **arg_params, **aux_params)[0].asnumpy()
    np.testing.assert_allclose(found, predicted(net, arguments, auxiliary, data), rtol=1e-5, atol=1e-6)
    assert set(aux_params) == {"bn_moving_mean", "bn_moving_var"}
    module = mx.mod.Module(symbol, data_names=["data"], label_names=None)
    module.bind(data_shapes=[("data", (2, 5))], for_training=False)
    module.set_params(arg_params, aux_params)
    np.testing.assert_allclose(module.predict(nd.array(data)).asnumpy(), found, rtol=1e-6)


@pytest.mark.parametrize("name", ["lenet", "gru", "mlp"])
def test_a_symbol_is_read_for_any_batch(name: str) -> None:
    make, shape, dynamic, other = MODELS[name]
    net = make()
    net.initialize(mx.init.Xavier())
    symbol, arg_params, aux_params = import_model(export(net, shapes=shape, dynamic=dynamic))
    for size in (shape, other):
        data = batches(size)
        module = mx.mod.Module(symbol, data_names=["data"], label_names=None)
        module.bind(data_shapes=[("data", size)], for_training=False)
        module.set_params(arg_params, aux_params)
        wanted = net(nd.array(data)).asnumpy()
        module.forward(mx.io.DataBatch([nd.array(data)]), is_train=False)
        np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), wanted, rtol=1e-4, atol=2e-5)


def test_recurrent_layers_come_back_as_they_went() -> None:
    net = rnn.LSTM(4, num_layers=2, bidirectional=True)
    net.initialize()
    symbol, arrays, _ = import_model(export(net, shapes=(3, 2, 5)))
    names = [node.op.name for node in symbol.nodes() if node.op is not None]
    assert names.count("RNN") == 2
    assert set(arrays) == {"weight0", "weight1"}, "the weights of each layer are one vector that can be trained"


def test_float16_and_float64_networks(tmp_path: Path) -> None:
    for dtype, tolerance in (("float16", 2e-2), ("float64", 1e-6)):
        data = sym.Variable("data", dtype=dtype)
        out = sym.LeakyReLU(sym.FullyConnected(data, num_hidden=3, name="fc"), act_type="elu")
        arrays = {"fc_weight": RNG.standard_normal((3, 4)).astype(dtype), "fc_bias": np.ones(3, dtype)}
        model = export(out, shapes=(2, 4), params=arrays)
        x = RNG.standard_normal((2, 4)).astype(dtype)
        feeds = {n: nd.array(a, dtype=dtype) for n, a in {**arrays, "data": x}.items()}
        wanted = out.eval(**feeds)[0].asnumpy()
        found = OnnxModel(model).run([x])[0]
        assert found.dtype == wanted.dtype == np.dtype(dtype)
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


def test_an_imported_block_goes_on_learning() -> None:
    net = mlp()
    net.initialize(mx.init.Xavier())
    block = import_to_gluon(export(net, shapes=(2, 5), dynamic=True))
    assert isinstance(block, gluon.SymbolBlock)
    trainer = gluon.Trainer(block.collect_params(), "sgd", {"learning_rate": 0.1})
    data, label = nd.array(batches((8, 5))), nd.array(RNG.integers(0, 3, 8))
    loss = gluon.loss.SoftmaxCELoss()
    values = []
    for _ in range(5):
        with mx.autograd.record():
            value = loss(block(data), label).mean()
        value.backward()
        trainer.step(1)
        values.append(value.asscalar())
    assert values[-1] < values[0]
    assert block(nd.array(batches((1, 5)))).shape == (1, 3), "another batch size has the trained weights"
    first = block(data[:1]).asnumpy()
    np.testing.assert_allclose(first, block(data).asnumpy()[:1], rtol=1e-4, atol=1e-5)


def test_a_saved_model_is_exported_with_an_open_batch(tmp_path: Path) -> None:
    template = templates.get("mlp-digits")
    data = datasets.get("digits")
    info = model_store.describe_model(data, name="digits")
    network = to_network(template.graph)
    sample = data.split("test")[0][:3]
    shapes, _, _ = network.symbol.infer_shape(**{next(iter(network.inputs)): sample.shape})
    labels = labels_of(network.symbol)
    weights = {
        n: RNG.standard_normal(s).astype("f4")
        for n, s in zip(network.symbol.list_arguments(), shapes, strict=True)
        if n not in (*network.inputs, *labels)
    }
    saved = model_store.save_model(tmp_path / "model", template.graph, weights, info)
    wanted = load_predictor(template.graph, weights, input_shape=sample.shape[1:])(sample.astype("f4"))[0]
    for source in (saved, tmp_path / "model"):
        model = export(source, tmp_path / "digits.onnx")
        assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
        found = run(onnx.load(str(tmp_path / "digits.onnx")), {model.graph.input[0].name: sample.astype("f4")})[0]
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


@mx.operator.register("onnx_test_copy")
class CopyProp(mx.operator.CustomOpProp):
    """An operator written in Python; its shapes are all that is asked for here."""


def test_what_cannot_be_exported_is_told() -> None:
    with pytest.raises(mx.NetwrightError, match="only a HybridBlock can be exported"):
        export(gluon.nn.Sequential(), shapes=(1, 2))
    with pytest.raises(mx.NetwrightError, match="the shapes of its inputs are not known"):
        export(mlp())
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=2, name="fc")
    with pytest.raises(mx.NetwrightError, match="one shape for each input") as caught:
        export(net, shapes=(1, 2))
    assert "What is no input is a weight: give it in params" in str(caught.value)
    with pytest.raises(mx.NetwrightError, match="fc_weight: the shape of an input is not known"):
        export(net, shapes={"data": (1, 2)})
    with pytest.raises(
        ExportError, match=r"own \(Custom\): it cannot be written as ONNX: what it does is known to Python"
    ):
        export(sym.Custom(sym.Variable("x"), op_type="onnx_test_copy", name="own"), shapes=(2, 3))
    with pytest.raises(mx.NetwrightError, match="this cannot be exported"):
        export(3)
    with pytest.raises(mx.NetwrightError, match="there is no such file"):
        export("nowhere.json")
    with pytest.raises(mx.NetwrightError, match="this is no ONNX model"):
        import_model(b"nothing of the kind")


def test_mxnet_finds_the_functions_where_it_expects_them() -> None:
    assert mx.onnx.export_model is export_model
    assert mx.contrib.onnx.export_model is export_model
    assert mx.contrib.onnx.import_to_gluon is import_to_gluon
    with pytest.raises(AttributeError):
        mx.nothing_of_that_name  # noqa: B018


def test_without_the_package_there_is_a_hint() -> None:
    code = "import sys; sys.modules['onnx'] = None; import netwright as mx; mx.onnx"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "netwright.onnx needs the package onnx: pip install 'netwright[onnx]'" in done.stderr
