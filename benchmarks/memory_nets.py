"""The networks whose memory plans are compared, and what MXNet 1.9.1's planner printed for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from netwright import sym
from netwright.gluon.model_zoo import vision

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Net:
    """A classifier with its loss at one batch size; MXNet's figures are MiB, rounded down, None where unknown."""

    title: str
    build: Callable[[], sym.Symbol]
    shape: Shape
    mxnet_inference: int | None = None
    mxnet_training: int | None = None


def lenet() -> sym.Symbol:
    """LeNet as MXNet's examples have it."""
    x = sym.Variable("data")
    for filters in (20, 50):
        x = sym.Activation(sym.Convolution(x, kernel=(5, 5), num_filter=filters), act_type="tanh")
        x = sym.Pooling(x, pool_type="max", kernel=(2, 2), stride=(2, 2))
    x = sym.Activation(sym.FullyConnected(sym.Flatten(x), num_hidden=500), act_type="tanh")
    return loss_of(sym.FullyConnected(x, num_hidden=10))


def deep(layers: int, width: int, act_type: str) -> sym.Symbol:
    """Equal dense layers, one upon the other."""
    x = sym.Variable("data")
    for _ in range(layers):
        x = sym.Activation(sym.FullyConnected(x, num_hidden=width), act_type=act_type)
    return loss_of(sym.FullyConnected(x, num_hidden=10))


def from_zoo(name: str) -> sym.Symbol:
    """A network of Gluon's model zoo, for a thousand classes."""
    return loss_of(vision.get_model(name)(sym.Variable("data")))


def loss_of(scores: sym.Symbol) -> sym.Symbol:
    return sym.SoftmaxOutput(scores, name="softmax")


IMAGE = (32, 3, 224, 224)
NETS = {
    "lenet": Net("LeNet, batch 64", lenet, (64, 1, 28, 28), 4, 12),
    "mlp": Net("MLP 50×512, batch 256", lambda: deep(50, 512, "relu"), (256, 784), 1, 25),
    "alexnet": Net("AlexNet, batch 32", lambda: from_zoo("alexnet"), IMAGE, 36, 108),
    "vgg16": Net("VGG-16, batch 32", lambda: from_zoo("vgg16"), IMAGE, 910, 2427),
    "resnet18": Net("ResNet-18, batch 32", lambda: from_zoo("resnet18_v1"), IMAGE, 226, 753),
    "resnet50": Net("ResNet-50, batch 32", lambda: from_zoo("resnet50_v1"), IMAGE, 300, 2772),
}
DEPTH = 1000
DEEP = Net(f"{DEPTH} dense layers of 64, batch 256", lambda: deep(DEPTH, 64, "tanh"), (256, 64))
