"""Known networks: names, sizes and results as MXNet's, and they learn. MXNET: what MXNet 1.9.1 gives."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright.gluon.model_zoo import vision

SMALL = ["resnet18_v1", "resnet18_v2", "resnet50_v1", "resnet50_v2"]


@pytest.mark.parametrize("name", SMALL)
def test_resnets_give_scores_and_gradients(name: str) -> None:
    net = vision.get_model(name, classes=3, thumbnail=True)
    net.initialize(mx.init.Xavier())
    x = mx.nd.random.normal(shape=(2, 3, 8, 8))
    with mx.autograd.record():
        out = net(x)
        out.sum().backward()
    assert out.shape == (2, 3)
    gradients = [p.grad().asnumpy() for p in net.collect_params().values() if p.grad_req != "null"]
    assert all(np.isfinite(g).all() for g in gradients)
    assert any(np.abs(g).max() > 0 for g in gradients)


SIZES = {
    "alexnet": 61100840,
    "vgg11": 132863336,
    "vgg16_bn": 138374440,
    "resnet18_v1": 11699112,
    "resnet50_v1": 25629032,
    "resnet18_v2": 11695796,
    "resnet50_v2": 25595060,
}


@pytest.mark.parametrize("name", SIZES)
def test_networks_have_mxnets_sizes(name: str) -> None:
    symbol = vision.get_model(name)(mx.sym.Variable("data"))
    arguments, outputs, states = symbol.infer_shape(data=(1, 3, 224, 224))
    sizes = [np.prod(s) for n, s in zip(symbol.list_arguments(), arguments, strict=True) if n != "data"]
    assert outputs == [(1, 1000)]
    assert sum(sizes) + sum(np.prod(s) for s in states) == SIZES[name]  # MXNET


def test_names_are_mxnets() -> None:
    net = vision.get_model("resnet18_v1", prefix="resnetv10_")
    names = list(net.collect_params())
    assert len(names) == 102  # MXNET
    assert names[0] == "resnetv10_conv0_weight"  # MXNET
    assert names[-3:] == ["resnetv10_stage4_batchnorm4_running_var", "resnetv10_dense0_weight", "resnetv10_dense0_bias"]


# MXNET: digests of the names and shapes of all parameters, and of their paths in files
NAMES = {
    "densenet121": "38456c0b7e40",
    "densenet161": "d8d5cdf19aaf",
    "densenet169": "911ac72dc73d",
    "densenet201": "ff5b0547415d",
    "inceptionv3": "b9e667e0126f",
    "mobilenet0.25": "46036242fedb",
    "mobilenet0.5": "ced800e7b4b2",
    "mobilenet0.75": "49820169cd95",
    "mobilenet1.0": "00aeac8fc384",
    "mobilenetv2_0.25": "0203f6cdaed4",
    "mobilenetv2_0.5": "51cf8249815c",
    "mobilenetv2_0.75": "9a7d464a9f43",
    "mobilenetv2_1.0": "e8521f51dc92",
    "squeezenet1.0": "e876cb4cbc13",
    "squeezenet1.1": "8b9682ccd2fa",
}


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_mxnets(name: str) -> None:
    net = vision.get_model(name, prefix="net_")
    symbol = net(mx.sym.Variable("data"))
    size = 299 if name == "inceptionv3" else 224
    arguments, _, states = symbol.infer_shape(data=(1, 3, size, size))
    shapes = dict(zip(symbol.list_arguments(), arguments, strict=True))
    shapes.update(zip(symbol.list_auxiliary_states(), states, strict=True))
    known = [[[k, list(shapes[k])] for k in net.collect_params()], list(net._structured())]
    assert hashlib.sha1(json.dumps(known).encode()).hexdigest()[:12] == NAMES[name]  # MXNET


def fill(net: Any) -> None:
    """Weights that both frameworks can make alike."""
    for k, (name, parameter) in enumerate(net.collect_params().items()):
        size = int(np.prod(parameter.shape))
        if name.endswith("weight"):
            values = np.random.RandomState(k).uniform(-1, 1, size) * np.sqrt(6.0 * parameter.shape[0] / size)
        elif name.endswith(("gamma", "var")):
            values = np.ones(size)
        else:
            values = 0.1 * np.cos(np.arange(size) + k)
        parameter.set_data(mx.nd.array(values.reshape(parameter.shape)))


def picture(channels: int, side: int) -> Any:
    return mx.nd.array(np.sin(np.arange(channels * side * side) * 0.1).reshape(1, channels, side, side))


RESULTS: dict[str, tuple[Callable[[], Any], int, list[float]]] = {
    "MobileNet": (lambda: vision.MobileNet(0.25, classes=3), 32, [0.102353, 0.0733062, -0.132527]),
    "MobileNetV2": (lambda: vision.MobileNetV2(0.25, classes=3), 32, [1.59929, -0.68416, 1.15729]),
    "SqueezeNet 1.1": (lambda: vision.SqueezeNet("1.1", classes=3), 224, [2.56249, 0.0, 3.28111]),
    "SqueezeNet 1.0": (lambda: vision.SqueezeNet("1.0", classes=3), 224, [2.29121, 0.00357515, 2.49313]),
    "DenseNet": (
        lambda: vision.DenseNet(8, 4, [1, 2, 1, 1], bn_size=2, classes=3),
        224,
        [0.0775349, -0.206815, 0.0143824],
    ),
    "Inception3": (lambda: vision.Inception3(classes=3), 299, [-0.558215, -2.44161, -1.21756]),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_are_mxnets(name: str) -> None:
    make, side, wanted = RESULTS[name]
    net = make()
    net.initialize()
    x = picture(3, side)
    net(x)
    fill(net)
    np.testing.assert_allclose(net(x).asnumpy()[0], wanted, rtol=1e-4, atol=1e-5)  # MXNET


LEARN = {
    "MobileNet": (lambda: vision.MobileNet(0.25, classes=3), (2, 3, 32, 32)),
    "MobileNetV2": (lambda: vision.MobileNetV2(0.25, classes=3), (2, 3, 32, 32)),
    "SqueezeNet": (lambda: vision.SqueezeNet("1.1", classes=3), (1, 3, 224, 224)),
    "DenseNet": (lambda: vision.DenseNet(8, 4, [1, 2, 1, 1], dropout=0.1, classes=3), (1, 3, 224, 224)),
    "LeNet": (lambda: vision.LeNet(classes=3), (2, 1, 28, 28)),
}


@pytest.mark.parametrize("name", LEARN)
def test_networks_learn_hybridized(name: str) -> None:
    make, shape = LEARN[name]
    net = make()
    net.initialize(mx.init.Xavier())
    net.hybridize()
    trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
    with mx.autograd.record():
        out = net(mx.nd.random.normal(shape=shape))
        (out * out).sum().backward()
    assert out.shape == (shape[0], 3)
    gradients = [p.grad().asnumpy() for p in net.collect_params().values() if p.grad_req != "null"]
    assert all(np.isfinite(g).all() for g in gradients)
    assert any(np.abs(g).max() > 0 for g in gradients)
    first = next(iter(net.collect_params().values()))
    before = first.data().asnumpy()
    trainer.step(shape[0])
    assert (first.data().asnumpy() != before).any()


def test_names_are_functions_too() -> None:
    for name in ("squeezenet1_1", "mobilenet0_25", "mobilenet_v2_0_5", "densenet121", "resnet18_v1", "vgg11_bn"):
        maker = getattr(vision, name)
        assert maker.__name__ == name
    assert type(vision.mobilenet_v2_0_5(classes=2)) is vision.MobileNetV2
    assert type(vision.get_model("LeNet")) is vision.LeNet


# ---------------------------------------------------------------- trained weights
def test_weights_in_root_are_loaded(tmp_path: Path) -> None:
    net = vision.lenet(classes=3)
    net.initialize()
    net(picture(1, 28))
    net.save_parameters(str(tmp_path / "lenet.params"))
    again = vision.get_model("lenet", classes=3, pretrained=True, root=tmp_path)
    np.testing.assert_array_equal(again(picture(1, 28)).asnumpy(), net(picture(1, 28)).asnumpy())


def test_missing_weights_are_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("no network")

    monkeypatch.setattr("pooch.retrieve", offline)
    wanted = r"alexnet: alexnet-44335d1f\.zip could not be fetched .* or put MXNet's alexnet-44335d1f\.params, or "
    with pytest.raises(mx.MXNetError, match=wanted):
        vision.get_model("alexnet", pretrained=True, root=tmp_path, classes=2)
    with pytest.raises(mx.MXNetError, match=r"no trained weights for 'lenet'\. Put yours into root as lenet\.params"):
        vision.lenet(pretrained=True, root=tmp_path)


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    store = mx.gluon.model_zoo.model_store
    path = tmp_path / f"vgg11-{store.short_hash('vgg11')}.params"
    path.write_bytes(b"not weights")
    with pytest.raises(mx.MXNetError, match=r"the weights are damaged \(wanted SHA-1 dd221b16"):
        store.get_model_file("vgg11", tmp_path)
    store.purge(tmp_path)
    assert not path.exists()


def test_misuse_is_explained() -> None:
    with pytest.raises(mx.MXNetError, match="Did you mean resnet18_v"):
        vision.get_model("resnet18")
    with pytest.raises(mx.MXNetError, match=r"SqueezeNet: unknown version \(wanted '1.0' or '1.1', got '2.0'\)"):
        vision.SqueezeNet("2.0")
    with pytest.raises(mx.MXNetError, match="wanted 121, 161, 169, 201, got 7"):
        vision.get_densenet(7)
