"""Learn to write digits: a variational autoencoder (Kingma and Welling, ICLR 2014).

The encoder gives mean and variance of a code z; z is drawn by the reparametrisation z = mean + deviation · noise;
the loss is the evidence lower bound: cross-entropy of the pixels plus KL(q(z|x) ‖ N(0, 1)). New digits come from
z ~ N(0, 1). They are judged by a classifier of real digits and by the bound on digits never seen.
"""

from __future__ import annotations

import argparse

import numpy as np
from sklearn.linear_model import LogisticRegression

import netwright as mx
from netwright import autograd, datasets, gluon, nd
from netwright.gluon import nn


class VAE(gluon.HybridBlock):
    """Returns the pixels' logits and the divergence of each sample."""

    def __init__(self, code: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.code = code
        with self.name_scope():
            self.encoder = nn.HybridSequential()
            self.encoder.add(nn.Dense(128, activation="relu"), nn.Dense(2 * code))
            self.decoder = nn.HybridSequential()
            self.decoder.add(nn.Dense(128, activation="relu"), nn.Dense(64))

    def hybrid_forward(self, F: object, x: object) -> object:
        mean, log_variance = F.split(self.encoder(x), num_outputs=2, axis=1)
        noise = F.random.normal_like(mean)
        z = mean + F.exp(0.5 * log_variance) * noise
        divergence = -0.5 * F.sum(1 + log_variance - F.square(mean) - F.exp(log_variance), axis=1)
        return self.decoder(z), divergence

    def draw(self, count: int) -> nd.NDArray:
        """New digits, (count, 64) in [0, 1]."""
        return nd.sigmoid(self.decoder(nd.random.normal(shape=(count, self.code))))


def measure_loss(net: VAE, x: nd.NDArray) -> nd.NDArray:
    """The negative evidence lower bound of each sample, in nats."""
    logits, divergence = net(x)
    cross_entropy = nd.sum(nd.relu(logits) - logits * x + nd.log1p(nd.exp(-nd.abs(logits))), axis=1)
    return cross_entropy + divergence


def judge(x: np.ndarray, labels: np.ndarray, drawn: np.ndarray) -> tuple[float, int]:
    """How surely a classifier of real digits names the drawn ones, and how many of the ten classes occur."""
    chances = LogisticRegression(max_iter=2000).fit(x, labels).predict_proba(drawn)
    return float(chances.max(axis=1).mean()), len(set(chances.argmax(axis=1)))


def main(epochs: int = 80, code: int = 8, seed: int = 0) -> dict[str, float]:
    """Train, print drawn digits, return the bound before and after and the classifier's judgement."""
    mx.random.seed(seed)
    np.random.seed(seed)  # the order of the batches
    digits = datasets.get("digits")
    (x, labels), (x_test, _) = digits.arrays("train"), digits.arrays("test")
    x, x_test = x.reshape(-1, 64), nd.array(x_test.reshape(-1, 64))

    net = VAE(code)
    net.initialize(mx.init.Xavier())
    net.hybridize()
    before = float(measure_loss(net, x_test).mean().asscalar())
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 1e-3})
    loader = gluon.data.DataLoader(gluon.data.ArrayDataset(x), batch_size=32, shuffle=True)
    for epoch in range(epochs):
        for batch in loader:
            with autograd.record():
                loss = measure_loss(net, batch)
            loss.backward()
            trainer.step(len(batch))
        if (epoch + 1) % 10 == 0:
            print(f"epoch {epoch + 1:3d}: bound on the test digits {measure_loss(net, x_test).mean().asscalar():.2f}")
    after = float(measure_loss(net, x_test).mean().asscalar())
    drawn = net.draw(500).asnumpy()
    sureness, classes = judge(x, labels, drawn)
    shades = " .:-=+*#%@"
    for row in (drawn[:8].reshape(8, 8, 8).transpose(1, 0, 2) * 9).astype(int):
        print("  ".join("".join(shades[p] for p in image) for image in row))
    print(
        f"test bound {before:.1f} → {after:.1f} nats; a classifier is {sureness:.0%} sure of the drawn digits, "
        f"{classes} of 10 classes occur"
    )
    return {"bound_before": before, "bound": after, "sureness": sureness, "classes": classes}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--code", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
