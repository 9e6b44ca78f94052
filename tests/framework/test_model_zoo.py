"""Known networks: sizes as MXNet's, and they learn. MXNET: parameter counts of MXNet 1.9.1."""

from __future__ import annotations

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


def test_misuse_is_explained() -> None:
    with pytest.raises(mx.MXNetError, match="Did you mean resnet18_v"):
        vision.get_model("resnet18")
    with pytest.raises(mx.MXNetError, match="no trained weights are shipped"):
        vision.get_model("alexnet", pretrained=True)
