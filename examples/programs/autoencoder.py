"""Squeeze digits through eight numbers and draw them again.

Beside it stands what the best linear method (principal components) does with as many numbers.
"""

from __future__ import annotations

import argparse

import numpy as np

import netwright as mx
from netwright import autograd, datasets, gluon
from netwright.gluon import nn


class Autoencoder(gluon.HybridBlock):
    """An encoder to ``code`` numbers and a decoder back to 64 pixels in [0, 1]."""

    def __init__(self, code: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.encoder = nn.HybridSequential()
            self.encoder.add(nn.Dense(96, activation="relu"), nn.Dense(code))
            self.decoder = nn.HybridSequential()
            self.decoder.add(nn.Dense(96, activation="relu"), nn.Dense(64, activation="sigmoid"))

    def hybrid_forward(self, F: object, x: object) -> object:
        return self.decoder(self.encoder(x))


def reconstruct_linearly(x: np.ndarray, x_test: np.ndarray, code: int) -> np.ndarray:
    """The test digits seen through the first principal components of the training digits."""
    mean = x.mean(axis=0)
    components = np.linalg.svd(x - mean, full_matrices=False)[2][:code]
    return np.asarray((x_test - mean) @ components.T @ components + mean)


def show(images: np.ndarray) -> str:
    """Digits of 8×8 pixels side by side, as characters."""
    shades = " .:-=+*#%@"
    rows = (np.clip(images.reshape(-1, 8, 8), 0, 1) * 9).astype(int)
    return "\n".join("  ".join("".join(shades[p] for p in image[r]) for image in rows) for r in range(8))


def main(epochs: int = 60, code: int = 8, seed: int = 0) -> dict[str, float]:
    """Train, print original and redrawn digits, return both methods' squared errors."""
    mx.random.seed(seed)
    np.random.seed(seed)  # the order of the batches
    digits = datasets.get("digits")
    x, x_test = (digits.arrays(part)[0].reshape(-1, 64) for part in ("train", "test"))

    net = Autoencoder(code)
    net.initialize(mx.init.Xavier())
    net.hybridize()
    loss_function = gluon.loss.L2Loss()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.002})
    loader = gluon.data.DataLoader(gluon.data.ArrayDataset(x), batch_size=32, shuffle=True)
    for epoch in range(epochs):
        for batch in loader:
            with autograd.record():
                loss = loss_function(net(batch), batch)
            loss.backward()
            trainer.step(len(batch))
        if (epoch + 1) % 10 == 0:
            print(f"epoch {epoch + 1:3d}: loss of the last batch {loss.mean().asscalar():.5f}")
    redrawn = net(mx.nd.array(x_test)).asnumpy()
    error = float(np.mean((redrawn - x_test) ** 2))
    linear = float(np.mean((reconstruct_linearly(x, x_test, code) - x_test) ** 2))
    print(show(x_test[:6]), show(redrawn[:6]), sep="\n\n")
    print(f"mean squared error {error:.4f}; {code} principal components: {linear:.4f}")
    return {"error": error, "linear_error": linear}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--code", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
