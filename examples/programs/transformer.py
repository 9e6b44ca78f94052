"""Learn to write with a transformer (Vaswani et al. 2017), decoder only, characters as tokens.

Each block is attention to what came before and a network of two layers, both behind layer normalization and
beside a residual path (the pre-norm form of Xiong et al. 2020).
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from language_reference import Text

import netwright as mx
from netwright import autograd, gluon, nd
from netwright.gluon import nn


class Block(gluon.HybridBlock):
    """x + attention(norm(x)), then x + network(norm(x))."""

    def __init__(self, width: int, heads: int, dropout: float, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.heads = heads
        with self.name_scope():
            self.before_attention, self.before_network = nn.LayerNorm(), nn.LayerNorm()
            self.projection = nn.Dense(3 * width, flatten=False, use_bias=False)
            self.output = nn.Dense(width, flatten=False)
            self.network = nn.HybridSequential()
            self.network.add(nn.Dense(4 * width, flatten=False), nn.GELU(), nn.Dense(width, flatten=False))
            self.dropout = nn.Dropout(dropout)

    def hybrid_forward(self, F: object, x: object) -> object:
        query, key, value = F.split(self.projection(self.before_attention(x)), num_outputs=3, axis=2)
        seen = F.MultiHeadAttention(query, key, value, heads=self.heads, causal=True)
        x = x + self.dropout(self.output(seen))
        return x + self.dropout(self.network(self.before_network(x)))


class Transformer(gluon.HybridBlock):
    """Scores of the next character at each position of a window."""

    def __init__(self, characters: int, window: int, width: int, heads: int, blocks: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.embedding = nn.Embedding(characters, width)
            self.positions = self.params.get("positions", shape=(1, window, width), init=mx.init.Normal(0.02))
            self.blocks = nn.HybridSequential()
            for _ in range(blocks):
                self.blocks.add(Block(width, heads, dropout=0.1))
            self.norm = nn.LayerNorm()
            self.scores = nn.Dense(characters, flatten=False)

    def hybrid_forward(self, F: object, x: object, positions: object) -> object:
        tokens = self.embedding(x)
        tokens = F.broadcast_add(tokens, F.slice_like(positions, tokens, axes=(1,)))
        return self.scores(self.norm(self.blocks(tokens)))


def measure_bits(net: Transformer, numbers: np.ndarray, text: Text, window: int) -> float:
    """Bits a character of the given text costs the model, each window read for itself."""
    loss_function = gluon.loss.SoftmaxCrossEntropyLoss()
    inputs, targets = text.windows(numbers, window, batch=8)
    losses = [
        loss_function(net(nd.array(x)), nd.array(y)).mean().asscalar() for x, y in zip(inputs, targets, strict=True)
    ]
    return float(np.mean(losses)) / math.log(2)


def write(net: Transformer, text: Text, start: str, length: int, window: int, temperature: float = 0.6) -> str:
    """Go on from ``start``, seeing at most ``window`` characters back."""
    numbers = [text.characters.index(character) for character in start]
    for _ in range(length):
        scores = net(nd.array([numbers[-window:]]))[0, -1]
        numbers.append(int(nd.random.multinomial(nd.softmax(scores / temperature)).asscalar()))
    return text.read(np.array(numbers))


def main(steps: int = 1200, width: int = 64, blocks: int = 2, length: int = 200_000, seed: int = 0) -> dict[str, float]:
    """Train on windows drawn at random, print what it writes, return bits per held-out character."""
    mx.random.seed(seed)
    generator = np.random.default_rng(seed)
    text = Text(length)
    window, batch = 64, 32
    net = Transformer(len(text.characters), window, width, heads=4, blocks=blocks)
    net.initialize(mx.init.Xavier())
    net.hybridize()
    schedule = mx.lr_scheduler.CosineScheduler(
        max_update=steps, base_lr=0.003, final_lr=0.0003, warmup_steps=steps // 10
    )
    trainer = gluon.Trainer(net.collect_params(), "adam", {"lr_scheduler": schedule, "clip_gradient": 1.0})
    loss_function = gluon.loss.SoftmaxCrossEntropyLoss()
    for step in range(steps):
        starts = generator.integers(0, len(text.train) - window - 1, size=(batch, 1))
        windows = text.train[starts + np.arange(window + 1)]
        with autograd.record():
            loss = loss_function(net(nd.array(windows[:, :-1])), nd.array(windows[:, 1:])).mean()
        loss.backward()
        trainer.step(1)
        if (step + 1) % 200 == 0:
            print(f"step {step + 1}: {loss.asscalar() / math.log(2):.3f} bits per character")
    print(write(net, text, "The ", 200, window))
    bits, bigram = measure_bits(net, text.held_out, text, window), text.measure_bigram()
    print(f"{bits:.3f} bits per held-out character (a bigram model: {bigram:.3f})")
    return {"bits": bits, "bigram_bits": bigram}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--blocks", type=int, default=2)
    parser.add_argument("--length", type=int, default=200_000, help="characters of text")
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
