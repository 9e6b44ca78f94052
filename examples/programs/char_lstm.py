"""Learn to write, character by character, with a recurrent network (LSTM, Hochreiter and Schmidhuber 1997).

The state is carried from one window of the text to the next, so that the network remembers more than it is
differentiated through (truncated backpropagation through time).
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from language_reference import Text

import netwright as mx
from netwright import autograd, gluon, nd
from netwright.gluon import nn, rnn


class CharacterModel(gluon.HybridBlock):
    """Scores of the next character at each position, and the state to go on from."""

    def __init__(self, characters: int, hidden: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.embedding = nn.Embedding(characters, 32)
            self.lstm = rnn.LSTM(hidden, layout="NTC", input_size=32)
            self.scores = nn.Dense(characters, flatten=False)

    def hybrid_forward(self, F: object, x: object, *state: object) -> object:
        outputs, state = self.lstm(self.embedding(x), list(state))
        return self.scores(outputs), *state


def measure_bits(net: CharacterModel, numbers: np.ndarray, text: Text, window: int) -> float:
    """Bits a character of the given text costs the model."""
    loss_function = gluon.loss.SoftmaxCrossEntropyLoss()
    inputs, targets = text.windows(numbers, window, batch=8)
    state, total = net.lstm.begin_state(8), 0.0
    for x, y in zip(inputs, targets, strict=True):
        scores, *state = net(nd.array(x), *state)
        total += float(loss_function(scores, nd.array(y)).mean().asscalar())
    return total / len(inputs) / math.log(2)


def write(net: CharacterModel, text: Text, start: str, length: int, temperature: float = 0.6) -> str:
    """Go on from ``start``; a low temperature keeps to the likelier characters."""
    numbers = [text.characters.index(character) for character in start]
    state = net.lstm.begin_state(1)
    scores, *state = net(nd.array([numbers]), *state)
    for _ in range(length):
        chances = nd.softmax(scores[0, -1] / temperature)
        numbers.append(int(nd.random.multinomial(chances).asscalar()))
        scores, *state = net(nd.array([numbers[-1:]]), *state)
    return text.read(np.array(numbers))


def main(epochs: int = 4, hidden: int = 128, length: int = 200_000, seed: int = 0) -> dict[str, float]:
    """Train, print what it writes, return bits per held-out character beside a bigram model's."""
    mx.random.seed(seed)
    text = Text(length)
    window, batch = 50, 32
    net = CharacterModel(len(text.characters), hidden)
    net.initialize(mx.init.Xavier())
    net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.004, "clip_gradient": 1.0})
    loss_function = gluon.loss.SoftmaxCrossEntropyLoss()
    inputs, targets = text.windows(text.train, window, batch)
    for epoch in range(epochs):
        state, total = net.lstm.begin_state(batch), nd.zeros((1,))
        for x, y in zip(inputs, targets, strict=True):
            state = [part.detach() for part in state]
            with autograd.record():
                scores, *state = net(nd.array(x), *state)
                loss = loss_function(scores, nd.array(y)).mean()
            loss.backward()
            trainer.step(1)
            total += loss
        bits = total.asscalar() / len(inputs) / math.log(2)
        print(
            f"epoch {epoch + 1}: {bits:.3f} bits per character, "
            f"held out {measure_bits(net, text.held_out, text, window):.3f}"
        )
    print(write(net, text, "The ", 300))
    bits, bigram = measure_bits(net, text.held_out, text, window), text.measure_bigram()
    print(f"{bits:.3f} bits per held-out character (a bigram model: {bigram:.3f})")
    return {"bits": bits, "bigram_bits": bigram}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--length", type=int, default=200_000, help="characters of text")
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
