"""Guess the ratings people would give: matrix factorization (Koren, Bell and Volinsky 2009) with sparse gradients.

A rating is the product of a person's and a film's factors plus their biases. A batch touches few of the rows, so
that the embeddings' gradients are kept as those rows alone (``row_sparse``) and the optimizer updates no other row.
The ratings are made from known factors with known noise: the error can be compared with the best there can be.
"""

from __future__ import annotations

import argparse

import numpy as np

import netwright as mx
from netwright import autograd, gluon, nd
from netwright.gluon import nn

NOISE = 0.3


def make_ratings(rng: np.random.Generator, people: int, films: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (person, film), each at most once, and their ratings around 3."""
    person, film = rng.normal(0, 0.6, (people, 4)), rng.normal(0, 0.6, (films, 4))
    kindness, quality = rng.normal(0, 0.3, people), rng.normal(0, 0.4, films)
    chosen = rng.choice(people * films, count, replace=False)
    pairs = np.stack([chosen // films, chosen % films], axis=1)
    i, j = pairs.T
    ratings = 3 + kindness[i] + quality[j] + (person[i] * film[j]).sum(axis=1) + rng.normal(0, NOISE, count)
    return pairs, ratings.astype(np.float32)


class Factorization(gluon.HybridBlock):
    """mean + bias[person] + bias[film] + ⟨factors[person], factors[film]⟩."""

    def __init__(self, people: int, films: int, rank: int, mean: float, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.mean = mean
        with self.name_scope():
            self.person, self.film = (nn.Embedding(n, rank, sparse_grad=True) for n in (people, films))
            self.person_bias, self.film_bias = (nn.Embedding(n, 1, sparse_grad=True) for n in (people, films))

    def hybrid_forward(self, F: object, person: object, film: object) -> object:
        product = F.sum(self.person(person) * self.film(film), axis=1)
        biases = self.person_bias(person) + self.film_bias(film)
        return product + F.reshape(biases, shape=(-1,)) + self.mean


def measure_error(net: Factorization, pairs: np.ndarray, ratings: np.ndarray) -> float:
    """The root of the mean squared error."""
    guessed = net(nd.array(pairs[:, 0]), nd.array(pairs[:, 1])).asnumpy()
    return float(np.sqrt(np.mean((guessed - ratings) ** 2)))


def main(epochs: int = 15, people: int = 800, films: int = 500, seed: int = 0) -> dict[str, float]:
    """Train, return the test error beside the noise's and that of always saying the mean."""
    mx.random.seed(seed)
    np.random.seed(seed)  # the order of the batches
    rng = np.random.default_rng(seed)
    pairs, ratings = make_ratings(rng, people, films, people * films // 8)
    cut = len(pairs) * 9 // 10
    net = Factorization(people, films, rank=4, mean=float(ratings[:cut].mean()))
    net.initialize(mx.init.Normal(0.1))
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01, "lazy_update": True})
    loss_function = gluon.loss.L2Loss()
    train = gluon.data.ArrayDataset(pairs[:cut].astype(np.float32), ratings[:cut])
    for epoch in range(epochs):
        for batch, wanted in gluon.data.DataLoader(train, batch_size=256, shuffle=True):
            with autograd.record():
                loss = loss_function(net(batch[:, 0], batch[:, 1]), wanted)
            loss.backward()
            trainer.step(len(batch))
        trainer.set_learning_rate(trainer.learning_rate * 0.85)
        print(f"epoch {epoch + 1:2d}: test error {measure_error(net, pairs[cut:], ratings[cut:]):.4f}")
    gradient = net.person.weight.grad()
    touched = len(gradient.indices)
    error, mean = measure_error(net, pairs[cut:], ratings[cut:]), float(np.std(ratings[cut:]))
    print(f"the last batch's gradient holds {touched} of {people} people ({gradient.stype})")
    print(f"root mean squared error {error:.3f} (the noise: {NOISE}, always the mean: {mean:.3f})")
    return {"error": error, "mean_error": mean, "noise": NOISE, "rows_touched": touched}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--people", type=int, default=800)
    parser.add_argument("--films", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
