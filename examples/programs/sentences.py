"""Tell praise from blame in sentences with a convolutional network over words (Kim, EMNLP 2014).

The sentences come from a small grammar, made so that no single word decides: "not" turns the adjective after it,
"but" gives the last word to what follows, "hardly" and "far from" turn too. A model that only counts words (logistic
regression) is trained on the same sentences and shown beside the network.
"""

from __future__ import annotations

import argparse

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

import netwright as mx
from netwright import autograd, gluon, nd
from netwright.gluon import nn

THINGS = ["film", "story", "acting", "music", "ending", "dialogue", "cast", "camera work", "first half", "plot"]
GOOD = ["good", "moving", "brilliant", "funny", "fresh", "convincing", "beautiful", "clever", "gripping", "honest"]
BAD = ["bad", "dull", "tedious", "clumsy", "stale", "hollow", "ugly", "silly", "forced", "dreadful"]
TURNS = ["not", "never", "hardly", "far from", "anything but"]
LEVELS = ["", "really", "quite", "very", "truly"]


def make_judgement(rng: np.random.Generator, praise: bool) -> str:
    """One judgement, such as "the story was never really dull"."""
    turned = rng.random() < 0.5
    adjective = rng.choice(GOOD if praise != turned else BAD)
    words = ["the", rng.choice(THINGS), "was", rng.choice(TURNS) if turned else "", rng.choice(LEVELS), adjective]
    return " ".join(word for word in words if word)


def make_sentences(rng: np.random.Generator, count: int) -> tuple[list[str], np.ndarray]:
    """Sentences and whether each is praise (1) or blame (0); half of them have a "but"."""
    sentences, labels = [], rng.integers(0, 2, count)
    for praise in labels == 1:
        last = make_judgement(rng, praise)
        if rng.random() < 0.5:
            last = f"{make_judgement(rng, rng.random() < 0.5)} but {last}"
        sentences.append(last)
    return sentences, labels


class SentenceNetwork(gluon.HybridBlock):
    """Embedding, convolutions over 2, 3 and 5 words, the greatest response of each filter, two scores."""

    def __init__(self, words: int, width: int = 24, filters: int = 24, **kwargs: object) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.embedding = nn.Embedding(words, width)
            self.convolutions = nn.HybridSequential()
            for size in (2, 3, 5):
                self.convolutions.add(nn.Conv1D(filters, size, padding=size - 1, activation="relu"))
            self.dropout = nn.Dropout(0.2)
            self.scores = nn.Dense(2)

    def hybrid_forward(self, F: object, x: object) -> object:
        embedded = F.transpose(self.embedding(x), axes=(0, 2, 1))
        features = [F.max(convolution(embedded), axis=2) for convolution in self.convolutions]
        return self.scores(self.dropout(F.concat(*features, dim=1)))


def encode(sentences: list[str], vocabulary: dict[str, int], length: int) -> np.ndarray:
    """Numbers of the words, 0 behind the last one."""
    rows = np.zeros((len(sentences), length), np.float32)
    for row, sentence in zip(rows, sentences, strict=True):
        numbers = [vocabulary[word] for word in sentence.split()]
        row[: len(numbers)] = numbers
    return rows


def main(epochs: int = 12, count: int = 3000, seed: int = 0) -> dict[str, float]:
    """Train, print some judgements, return the test accuracy beside that of counting words."""
    mx.random.seed(seed)
    np.random.seed(seed)  # the order of the batches
    rng = np.random.default_rng(seed)
    sentences, labels = make_sentences(rng, count)
    test_sentences, test_labels = make_sentences(rng, 1000)
    words = sorted({word for sentence in sentences for word in sentence.split()})
    vocabulary = {word: i + 1 for i, word in enumerate(words)}
    length = max(len(s.split()) for s in [*sentences, *test_sentences])
    x, x_test = encode(sentences, vocabulary, length), nd.array(encode(test_sentences, vocabulary, length))

    net = SentenceNetwork(len(words) + 1)
    net.initialize(mx.init.Xavier())
    net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.002})
    loss_function = gluon.loss.SoftmaxCrossEntropyLoss()
    loader = gluon.data.DataLoader(gluon.data.ArrayDataset(x, labels), batch_size=32, shuffle=True)
    metric = mx.metric.Accuracy()
    for epoch in range(epochs):
        for batch, wanted in loader:
            with autograd.record():
                loss = loss_function(net(batch), wanted)
            loss.backward()
            trainer.step(len(batch))
        metric.reset()
        metric.update(nd.array(test_labels), net(x_test))
        print(f"epoch {epoch + 1:2d}: test accuracy {metric.get()[1]:.4f}")
    for sentence, chance in zip(test_sentences[:5], nd.softmax(net(x_test))[:5, 1].asnumpy(), strict=True):
        print(f"  {chance:4.0%} praise: {sentence}")
    counter = CountVectorizer()
    counts = LogisticRegression(max_iter=1000).fit(counter.fit_transform(sentences), labels)
    counted = float(counts.score(counter.transform(test_sentences), test_labels))
    accuracy = float(metric.get()[1])
    print(f"test accuracy {accuracy:.2%} (counting words: {counted:.2%})")
    return {"accuracy": accuracy, "counted_accuracy": counted}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--count", type=int, default=3000, help="sentences to learn from")
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
