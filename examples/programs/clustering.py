"""Find the ten digits without being told them: deep embedded clustering (Xie, Girshick and Farhadi, ICML 2016).

An autoencoder learns a code; k-means on the pixels groups the digits, and each group's mean code becomes a centre
(the paper runs k-means on the code: on so few digits that depends more on the seed). Then encoder and centres are
trained together: Student's t gives each digit a soft assignment q, its sharpened form p is what q should become,
and the divergence KL(p‖q) is descended. The labels serve only to judge the result.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score
from threadpoolctl import threadpool_limits

import netwright as mx
from netwright import autograd, datasets, gluon, nd
from netwright.gluon import nn


class ClusterLayer(gluon.HybridBlock):
    """Soft assignment q[i, k] ∝ 1 / (1 + |z[i] - centre[k]|²), Student's t with one degree of freedom."""

    def __init__(self, clusters: int, code: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.centres = self.params.get("centres", shape=(clusters, code))

    def hybrid_forward(self, F: object, z: object, centres: object) -> object:
        squared = F.sum(F.square(F.broadcast_sub(F.expand_dims(z, 1), F.expand_dims(centres, 0))), axis=2)
        closeness = 1 / (1 + squared)
        return F.broadcast_div(closeness, F.sum(closeness, axis=1, keepdims=True))


def sharpen(q: np.ndarray) -> np.ndarray:
    """The target p: q squared, each cluster weighted down by its size (equation 3 of the paper)."""
    weight = q**2 / q.sum(axis=0)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def match(labels: np.ndarray, clusters: np.ndarray) -> float:
    """The accuracy under the best one-to-one naming of the clusters (the Hungarian method)."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (clusters, labels), 1)
    rows, columns = linear_sum_assignment(-counts)
    return float(counts[rows, columns].sum() / len(labels))


def find_means(points: np.ndarray, seed: int) -> KMeans:
    """The best of twenty k-means."""
    with threadpool_limits(1):  # its threads wait for each other by spinning
        return KMeans(10, n_init=20, random_state=seed).fit(points)


def build_part(*widths: int) -> nn.HybridSequential:
    """Dense layers with ReLU between them."""
    part = nn.HybridSequential()
    for width in widths[:-1]:
        part.add(nn.Dense(width, activation="relu"))
    part.add(nn.Dense(widths[-1]))
    return part


def train_autoencoder(encoder: nn.HybridSequential, x: nd.NDArray, epochs: int) -> None:
    """Learn to draw the digits again from their code, with two fifths of the pixels dropped."""
    decoder = build_part(128, 256, 64)
    net = nn.HybridSequential()
    net.add(nn.Dropout(0.4), encoder, decoder)
    net.initialize(mx.init.Xavier())
    net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 1e-3})
    loss_function = gluon.loss.L2Loss()
    loader = gluon.data.DataLoader(gluon.data.ArrayDataset(x), 64, shuffle=True)
    for _ in range(epochs):
        for batch in loader:
            with autograd.record():
                loss = loss_function(net(batch), batch)
            loss.backward()
            trainer.step(len(batch))


def main(epochs: int = 60, rounds: int = 60, code: int = 10, seed: int = 0) -> dict[str, float]:
    """Cluster all digits; print and return accuracy and mutual information, beside k-means on the pixels."""
    mx.random.seed(seed)
    np.random.seed(seed)  # the order of the batches
    digits = datasets.get("digits")
    pixels = np.concatenate([digits.arrays(part)[0] for part in ("train", "test")]).reshape(-1, 64)
    labels = np.concatenate([digits.arrays(part)[1] for part in ("train", "test")])
    # scaled as in the paper, so that the distances suit Student's t
    x = nd.array(pixels / np.sqrt(np.mean(pixels**2)))

    encoder = build_part(256, 128, code)
    train_autoencoder(encoder, x, epochs)
    groups = find_means(pixels, seed).labels_
    codes = encoder(x).asnumpy()
    centres = np.stack([codes[groups == group].mean(axis=0) for group in range(10)])
    clusterer = ClusterLayer(10, code)
    clusterer.initialize()
    clusterer.centres.set_data(nd.array(centres))
    net = nn.HybridSequential()
    net.add(encoder, clusterer)
    net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 2e-4})
    loss_function = gluon.loss.KLDivLoss(from_logits=True)
    for number in range(rounds):
        target = nd.array(sharpen(net(x).asnumpy()))
        for batch, wanted in gluon.data.DataLoader(gluon.data.ArrayDataset(x, target), 256, shuffle=True):
            with autograd.record():
                loss = loss_function(nd.log(net(batch)), wanted)
            loss.backward()
            trainer.step(len(batch))
        if (number + 1) % 20 == 0:
            print(f"round {number + 1:3d}: accuracy {match(labels, net(x).asnumpy().argmax(axis=1)):.4f}")
    found = net(x).asnumpy().argmax(axis=1)
    result = {
        "accuracy": match(labels, found),
        "information": float(normalized_mutual_info_score(labels, found)),
        "pixel_accuracy": match(labels, groups),
        "code_accuracy": match(labels, find_means(codes, seed).labels_),
    }
    print(
        f"accuracy {result['accuracy']:.2%} (k-means on the pixels {result['pixel_accuracy']:.2%}, on the "
        f"code {result['code_accuracy']:.2%}), normalized mutual information {result['information']:.3f}"
    )
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=60, help="of the autoencoder")
    parser.add_argument("--rounds", type=int, default=60, help="of the clustering")
    parser.add_argument("--code", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
