"""Classify handwritten digits with a small convolutional network.

Data: the 1,797 digits of 8×8 pixels that scikit-learn ships (UCI, real handwriting).
"""

from __future__ import annotations

import argparse

import numpy as np

import netwright as mx
from netwright import autograd, datasets, gluon, nd
from netwright.gluon import nn


def build_network() -> nn.HybridSequential:
    """Two convolutions, one hidden layer, ten scores."""
    net = nn.HybridSequential()
    net.add(
        nn.Conv2D(16, kernel_size=3, padding=1, activation="relu"),
        nn.Conv2D(32, kernel_size=3, padding=1, activation="relu"),
        nn.MaxPool2D(pool_size=2, strides=2),
        nn.Flatten(),
        nn.Dense(64, activation="relu"),
        nn.Dropout(0.3),
        nn.Dense(10),
    )
    return net


def measure_accuracy(net: gluon.Block, loader: gluon.data.DataLoader) -> float:
    """The share of digits whose highest score is the right one."""
    metric = mx.metric.Accuracy()
    for images, labels in loader:
        metric.update(labels, net(images))
    return float(metric.get()[1])


def main(epochs: int = 12, batch_size: int = 32, seed: int = 0) -> dict[str, float]:
    """Train, print an epoch's loss and accuracy, return the test accuracy."""
    mx.random.seed(seed)
    np.random.seed(seed)  # the order of the batches
    digits = datasets.get("digits")
    train = gluon.data.DataLoader(gluon.data.ArrayDataset(*digits.arrays("train")), batch_size, shuffle=True)
    test = gluon.data.DataLoader(gluon.data.ArrayDataset(*digits.arrays("test")), batch_size=256)

    net = build_network()
    net.initialize(mx.init.Xavier())
    net.hybridize()
    loss_function = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.002})
    for epoch in range(epochs):
        total = nd.zeros((1,))
        for images, labels in train:
            with autograd.record():
                loss = loss_function(net(images), labels)
            loss.backward()
            trainer.step(len(images))
            total += loss.sum()
        print(
            f"epoch {epoch + 1:3d}: loss {total.asscalar() / len(digits.train[0]):.4f}, "
            f"test accuracy {measure_accuracy(net, test):.4f}"
        )
    accuracy = measure_accuracy(net, test)
    print(f"test accuracy {accuracy:.2%} on {len(digits.test[0])} digits never seen in training")
    return {"accuracy": accuracy}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
