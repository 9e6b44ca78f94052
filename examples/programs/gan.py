"""Learn to write digits by a contest: a generative adversarial network (Goodfellow et al., NeurIPS 2014).

The generator turns noise into digits, the discriminator tells them from real ones; each learns from the other's
mistakes (the non-saturating loss). The drawn digits are judged by a classifier of real digits.
"""

from __future__ import annotations

import argparse

import numpy as np
from sklearn.linear_model import LogisticRegression

import netwright as mx
from netwright import autograd, datasets, gluon, nd
from netwright.gluon import nn

NOISE = 16


def build_generator() -> nn.HybridSequential:
    """From noise to 64 pixels in [0, 1]."""
    net = nn.HybridSequential(prefix="generator_")
    with net.name_scope():
        net.add(
            nn.Dense(128), nn.BatchNorm(), nn.Activation("relu"),
            nn.Dense(128), nn.BatchNorm(), nn.Activation("relu"),
            nn.Dense(64, activation="sigmoid"),
        )  # fmt: skip
    return net


def build_discriminator() -> nn.HybridSequential:
    """From 64 pixels to one logit: is it real?"""
    net = nn.HybridSequential(prefix="discriminator_")
    with net.name_scope():
        net.add(
            nn.Dense(128), nn.LeakyReLU(0.2), nn.Dropout(0.3),
            nn.Dense(128), nn.LeakyReLU(0.2), nn.Dropout(0.3),
            nn.Dense(1),
        )  # fmt: skip
    return net


def judge(x: np.ndarray, labels: np.ndarray, drawn: np.ndarray) -> tuple[float, int]:
    """How surely a classifier of real digits names the drawn ones, and how many classes make up 1 % or more."""
    chances = LogisticRegression(max_iter=2000).fit(x, labels).predict_proba(drawn)
    shares = np.bincount(chances.argmax(axis=1), minlength=10) / len(drawn)
    return float(chances.max(axis=1).mean()), int((shares >= 0.01).sum())


def main(epochs: int = 150, seed: int = 0) -> dict[str, float]:
    """Train, print drawn digits, return how sure the classifier is of them and how varied they are."""
    mx.random.seed(seed)
    np.random.seed(seed)  # the order of the batches
    x, labels = datasets.get("digits").arrays("train")
    x = x.reshape(-1, 64)
    generator, discriminator = build_generator(), build_discriminator()
    trainers = []
    for net in (generator, discriminator):
        net.initialize(mx.init.Normal(0.02))
        net.hybridize()
        trainers.append(gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 1e-3, "beta1": 0.5}))
    learn_to_draw, learn_to_tell = trainers
    loss_function = gluon.loss.SigmoidBCELoss()
    loader = gluon.data.DataLoader(gluon.data.ArrayDataset(x), 64, shuffle=True, last_batch="discard")
    real, drawn = nd.ones((64, 1)), nd.zeros((64, 1))
    for epoch in range(epochs):
        for batch in loader:
            with autograd.record():
                fakes = generator(nd.random.normal(shape=(64, NOISE)))
                told = loss_function(discriminator(batch), 0.9 * real) + loss_function(
                    discriminator(fakes.detach()), drawn
                )
            told.backward()
            learn_to_tell.step(64)
            with autograd.record():
                fooled = loss_function(discriminator(generator(nd.random.normal(shape=(64, NOISE)))), real)
            fooled.backward()
            learn_to_draw.step(64)
        if (epoch + 1) % 25 == 0:
            print(
                f"epoch {epoch + 1:3d}: discriminator {told.mean().asscalar():.3f}, "
                f"generator {fooled.mean().asscalar():.3f}"
            )
    images = generator(nd.random.normal(shape=(1000, NOISE))).asnumpy()
    sureness, classes = judge(x, labels, images)
    shades = " .:-=+*#%@"
    for row in (images[:8].reshape(8, 8, 8).transpose(1, 0, 2) * 9).astype(int):
        print("  ".join("".join(shades[p] for p in image) for image in row))
    print(f"a classifier is {sureness:.0%} sure of the drawn digits, {classes} of 10 classes occur")
    return {"sureness": sureness, "classes": classes}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
