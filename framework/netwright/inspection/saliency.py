"""Why a network says what it says of one input: which pixels, columns or characters its score hangs on.

Five methods, each with its formula; S is the score of what is asked about (``score.py``), x the network's input.
Characters are numbers of things, which have no slope: for them x is what their embedding puts out.

>>> from netwright import datasets, templates
>>> from netwright.graph import DataSpec, to_network
>>> from netwright.inspection import Explainer, Probe
>>> from netwright.inspection.score import head_score
>>> data = datasets.get("digits")
>>> probe = Probe.untrained(templates.get("mlp-digits").graph, data.info, seed=1)
>>> score = head_score(probe.network, data.info.label.classes, 3)
>>> explainer = Explainer(probe.network, probe.weights, score, data.info.input.shape)
>>> x = data.arrays("test")[0][:1]
>>> explainer(x, "gradient").shape
(1, 8, 8)
>>> explained = explainer(x, "integrated").sum()
>>> bool(abs(explained - (explainer.score(x) - explainer.score(0 * x))) < 0.02)
True
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from ..device import Device
from ..errors import GraphError, ParamError
from ..graph.network import Network
from .occlusion import windows
from .runner import Runner, Weights, outputs_of
from .score import Score, cut
from .sensitivity import Sensitivity

Array = np.ndarray[Any, Any]
Method = Literal["gradient", "smoothgrad", "gradient_x_input", "integrated", "occlusion"]
METHODS: tuple[Method, ...] = ("gradient", "smoothgrad", "gradient_x_input", "integrated", "occlusion")
SIGNED: frozenset[Method] = frozenset({"gradient_x_input", "integrated", "occlusion"})
"""Methods whose sign says for or against; the two others say how sensitive the score is, and their sign is of use only
where an input has a direction of its own, as a column has."""

SAMPLES, NOISE, STEPS = 24, 0.15, 32
LARGE = 3000
"""Inputs of more numbers get half the noisy samples and steps."""

_OF_NUMBERS = frozenset({"Embedding", "one_hot", "_contrib_SparseEmbedding"})


class Explainer:
    """Explains one score of a network, input by input.

    ``input_shape`` is that of a sample, where the graph leaves it open. ``groups`` are slices of a flat input that
    belong together (the one-hot inputs of a column): they are occluded together.
    """

    def __init__(
        self,
        network: Network,
        weights: Weights,
        score: Score,
        input_shape: Sequence[int] | None = None,
        *,
        groups: Sequence[slice] | None = None,
        device: Device | None = None,
    ) -> None:
        shapes = {name: tuple(shape or input_shape or ()) for name, shape in network.inputs.items()}
        if len(shapes) != 1:
            raise GraphError("a data set feeds one Input", wanted="1 Input node", got=f"{len(shapes)} Input nodes")
        self._weights, self._groups, self._device = weights, groups, device
        (self._input, self._shape), *_ = shapes.items()
        readers = [
            node
            for node in network.symbol.nodes()
            if node.op is not None and node.inputs and node.inputs[0][0].name == self._input
        ]
        self._lifted = [node for node in readers if node.op is not None and node.op.name in _OF_NUMBERS]
        names = [node.name for node in self._lifted]
        self._lift = Runner(outputs_of(network, names), shapes, device) if names else None
        lowered = type(score)(**{**_fields(score), "entry": cut(score.entry, names)}) if names else score
        self._score, self._fed = lowered, shapes
        self._asked: Sensitivity | None = None

    @property
    def reads_characters(self) -> bool:
        """Whether the input is numbers of things: then a saliency has one number for each of them."""
        return bool(self._lifted)

    def score(self, x: Array) -> float:
        """The score of one input, (1, …)."""
        feeds = self._feeds(x)
        return float(self._sensitivity(feeds).values(self._weights, feeds)[0])

    def nothing(self, x: Array, baseline: Array | float = 0.0) -> float:
        """The score of what stands for nothing beside an input: of ``baseline``, or of the mean of all characters."""
        feeds = self._feeds(x)
        return float(self._sensitivity(feeds).values(self._weights, self._baselines(feeds, baseline))[0])

    def __call__(self, x: Array, method: Method, *, baseline: Array | float = 0.0, seed: int = 0) -> Array:
        """The saliency of one input (1, …): of the input's shape, of characters one number for each.

        - ``gradient``: ∂S/∂x. Simonyan, Vedaldi, Zisserman: Deep Inside Convolutional Networks (2013).
        - ``smoothgrad``: 1/n Σᵢ ∂S/∂x at x + N(0, σ²), σ = 15 % of x's range. Smilkov, Thorat, Kim, Viégas,
          Wattenberg: SmoothGrad, removing noise by adding noise (2017).
        - ``gradient_x_input``: (x − b) · ∂S/∂x, what the score would lose were it a plane. Shrikumar, Greenside,
          Shcherbina, Kundaje: Not Just a Black Box (2016), who take b = 0.
        - ``integrated``: (x − b) · ∫₀¹ ∂S/∂x at b + α(x − b) dα, by the midpoint rule; its sum is S(x) − S(b).
          Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks (2017).
        - ``occlusion``: S(x) − S(x with a part of it replaced by b), for each pixel the mean over the windows that
          cover it. Zeiler, Fergus: Visualizing and Understanding Convolutional Networks (2013).

        ``baseline`` b stands for nothing: a number, or an array of the input's shape; of characters it is the mean of
        all embeddings. Of characters the first two give the length of the gradient (Li, Chen, Hovy, Jurafsky:
        Visualizing and Understanding Neural Models in NLP, 2016), the others the sum over the embedding.
        """
        if method not in METHODS:
            raise ParamError("there is no such method", parameter="method", wanted=", ".join(METHODS), got=method)
        feeds = self._feeds(x)
        start = self._baselines(feeds, baseline)
        walks: dict[Method, Callable[[], dict[str, Array]]] = {
            "gradient": lambda: self._sensitivity(feeds).gradients(self._weights, feeds),
            "smoothgrad": lambda: self._smooth(feeds, seed),
            "gradient_x_input": lambda: self._product(feeds, start),
            "integrated": lambda: self._integrate(feeds, start),
            "occlusion": lambda: self._occlude(feeds, start),
        }
        return self._reduce(walks[method](), method)

    # ---------------------------------------------------------------- the methods, by name of what is differentiated
    def _smooth(self, feeds: dict[str, Array], seed: int) -> dict[str, Array]:
        count = self._enough(SAMPLES)
        rng = np.random.Generator(np.random.Philox(seed))
        asked = self._sensitivity(feeds)
        noisy = {name: np.repeat(array, count, 0) for name, array in feeds.items()}
        for name in asked.by:
            # a row of standardised columns has no range of its own: its unit is 1
            spread = 1.0 if feeds[name].ndim == 2 else float(np.ptp(feeds[name])) or 1.0
            noisy[name] = noisy[name] + rng.normal(0, NOISE * spread, noisy[name].shape).astype(np.float32)
        return {name: g.mean(0, keepdims=True) for name, g in asked.gradients(self._weights, noisy).items()}

    def _product(self, feeds: dict[str, Array], start: dict[str, Array]) -> dict[str, Array]:
        slopes = self._sensitivity(feeds).gradients(self._weights, feeds)
        return {name: (feeds[name] - start[name]) * slope for name, slope in slopes.items()}

    def _integrate(self, feeds: dict[str, Array], start: dict[str, Array]) -> dict[str, Array]:
        count = self._enough(STEPS)
        asked = self._sensitivity(feeds)
        shares = ((np.arange(count) + 0.5) / count).astype(np.float32)
        along = {name: np.repeat(array, count, 0) for name, array in feeds.items()}
        for name in asked.by:
            share = shares.reshape(-1, *[1] * (feeds[name].ndim - 1))
            along[name] = start[name] + share * (feeds[name] - start[name])
        slopes = asked.gradients(self._weights, along)
        return {name: (feeds[name] - start[name]) * slope.mean(0, keepdims=True) for name, slope in slopes.items()}

    def _occlude(self, feeds: dict[str, Array], start: dict[str, Array]) -> dict[str, Array]:
        asked = self._sensitivity(feeds)
        shape = (self._shape[0],) if self._lifted else self._shape
        places = windows(shape, self._groups)
        hidden = {name: np.repeat(array, len(places), 0) for name, array in feeds.items()}
        for row, place in enumerate(places):
            for name in asked.by:
                hidden[name][row][place] = start[name][0][place]
        whole = asked.values(self._weights, feeds)[0]
        lost = whole - asked.values(self._weights, hidden)
        total, times = np.zeros(shape), np.zeros(shape)
        for place, loss in zip(places, lost, strict=True):
            total[place] += loss
            times[place] += 1
        return {self._input: (total / np.maximum(times, 1)).astype(np.float32)[None]}

    # ---------------------------------------------------------------- around them
    def _feeds(self, x: Array) -> dict[str, Array]:
        given = np.asarray(x, np.float32).reshape(1, *self._shape)
        if self._lift is None:
            return {self._input: given}
        lifted = self._lift(self._weights, given)
        return {self._input: given, **{node.name: a for node, a in zip(self._lifted, lifted, strict=True)}}

    def _sensitivity(self, feeds: dict[str, Array]) -> Sensitivity:
        if self._asked is None:
            by = [node.name for node in self._lifted] or [self._input]
            shapes = {name: array.shape[1:] for name, array in feeds.items()}
            self._asked = Sensitivity(self._score, shapes, by, self._device)
        return self._asked

    def _baselines(self, feeds: dict[str, Array], baseline: Array | float) -> dict[str, Array]:
        found = {}
        for name, array in feeds.items():
            node = next((node for node in self._lifted if node.name == name), None)
            if node is None:
                found[name] = np.broadcast_to(np.asarray(baseline, np.float32), array.shape)
            else:
                found[name] = np.broadcast_to(self._nobody(node, array.shape[-1]), array.shape)
        return found

    def _nobody(self, node: Any, width: int) -> Array:
        """What stands for no character in particular: the mean over all of them."""
        if node.op.name == "one_hot":
            return np.full(width, 1 / width, np.float32)
        table = next(source for source, _ in node.inputs if source.name != self._input)
        weight = self._weights[table.name]
        mean: Array = np.asarray(weight if isinstance(weight, np.ndarray) else weight.get()).mean(0)
        return mean

    def _enough(self, most: int) -> int:
        return most if math.prod(self._shape) <= LARGE else most // 2

    def _reduce(self, found: dict[str, Array], method: Method) -> Array:
        if not self._lifted or method == "occlusion":
            whole: Array = found[self._input][0]
            return whole
        parts = [array[0].reshape(array.shape[1], -1) for array in found.values()]
        together = np.concatenate(parts, 1)
        result: Array = together.sum(1) if method in SIGNED else np.sqrt(np.square(together).sum(1))
        return result


def over_channels(saliency: Array, method: Method) -> Array:
    """A picture's saliency (channels, height, width) as one plane: the sum where signs count, else the greatest size,
    as Simonyan, Vedaldi and Zisserman have it.
    """
    plane: Array = saliency.sum(0) if method in SIGNED else np.abs(saliency).max(0)
    return plane


def background(image: Array) -> Array:
    """What stands for nothing in a picture (channels, height, width): each channel's median along the border."""
    edges = np.concatenate([image[:, 0], image[:, -1], image[:, 1:-1, 0], image[:, 1:-1, -1]], 1)
    found: Array = np.median(edges, axis=1).astype(np.float32)[:, None, None]
    return found


def _fields(score: Score) -> dict[str, Any]:
    return {name: getattr(score, name) for name in score.__dataclass_fields__}
