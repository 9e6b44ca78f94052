"""The networks in Gluon, on the module that is given: Netwright, or MXNet 1.9.1 itself, run the same lines.

``build(mx, workload)`` gives a block whose call returns scores (the VAE: logits, mean and log-variance of the code);
``build_loss(mx, workload)`` a block that makes each sample's loss of them and the label (the VAE: of them and the
data).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .workloads import Batch, Workload


def build(mx: Any, workload: Workload) -> Any:
    """The network of a workload, without weights."""
    return _BUILDERS[workload.net](mx, **workload.sizes, classes=workload.classes)


def _mlp(mx: Any, units: tuple[int, ...], classes: int) -> Any:
    nn = mx.gluon.nn
    net = nn.HybridSequential()
    for count in units:
        net.add(nn.Dense(count, activation="relu"))
    net.add(nn.Dense(classes))
    return net


def _convolutional(mx: Any, layers: tuple[tuple[int, int, bool], ...], units: int, classes: int) -> Any:
    """Convolutions (filters, kernel, whether a pooling follows), a hidden dense layer, scores."""
    nn = mx.gluon.nn
    net = nn.HybridSequential()
    for filters, kernel, pool in layers:
        net.add(nn.Conv2D(filters, kernel, activation="relu"))
        if pool:
            net.add(nn.MaxPool2D(2))
    net.add(nn.Flatten(), nn.Dense(units, activation="relu"), nn.Dense(classes))
    return net


def _vgg(mx: Any, widths: tuple[int, ...], classes: int) -> Any:
    nn = mx.gluon.nn
    net = nn.HybridSequential()
    for width in widths:
        net.add(nn.Conv2D(width, 3, padding=1, activation="relu"))
    net.add(nn.GlobalAvgPool2D(), nn.Dense(classes))
    return net


def _resnet(mx: Any, blocks: int, widths: tuple[int, ...], classes: int) -> Any:
    """He et al. 2015, section 4.2; where the shape changes, the shortcut is a 1×1 convolution."""
    nn = mx.gluon.nn

    class Residual(mx.gluon.HybridBlock):  # type: ignore[misc]
        def __init__(self, width: int, stride: int, project: bool) -> None:
            super().__init__()
            with self.name_scope():
                self.body = nn.HybridSequential()
                self.body.add(
                    nn.Conv2D(width, 3, stride, 1, use_bias=False),
                    nn.BatchNorm(),
                    nn.Activation("relu"),
                    nn.Conv2D(width, 3, 1, 1, use_bias=False),
                    nn.BatchNorm(),
                )
                self.shortcut = None
                if project:
                    self.shortcut = nn.HybridSequential()
                    self.shortcut.add(nn.Conv2D(width, 1, stride, use_bias=False), nn.BatchNorm())

        def hybrid_forward(self, F: Any, x: Any) -> Any:
            beside = x if self.shortcut is None else self.shortcut(x)
            return F.Activation(self.body(x) + beside, act_type="relu")

    net = nn.HybridSequential()
    net.add(nn.Conv2D(widths[0], 3, 1, 1, use_bias=False), nn.BatchNorm(), nn.Activation("relu"))
    for stage, width in enumerate(widths):
        for i in range(blocks):
            first = stage > 0 and i == 0
            net.add(Residual(width, 2 if first else 1, first))
    net.add(nn.GlobalAvgPool2D(), nn.Dense(classes))
    return net


def _lstm(mx: Any, hidden: int, classes: int) -> Any:
    class Last(mx.gluon.HybridBlock):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            with self.name_scope():
                self.lstm = mx.gluon.rnn.LSTM(hidden, layout="NTC")
                self.scores = mx.gluon.nn.Dense(classes)

        def hybrid_forward(self, F: Any, x: Any) -> Any:
            last = F.slice_axis(self.lstm(x), axis=1, begin=-1, end=None)
            return self.scores(last)

    return Last()


def _transformer(
    mx: Any, vocabulary: int, window: int, width: int, heads: int, blocks: int, hidden: int, classes: int
) -> Any:
    """Decoder only, pre-norm (Xiong et al. 2020), learnt positions, ReLU between the dense layers."""
    nn = mx.gluon.nn
    later = np.triu(np.full((1, window, window), -1e30, np.float32), 1)

    class Layer(mx.gluon.HybridBlock):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            with self.name_scope():
                self.before_attention = nn.LayerNorm()
                self.projection = nn.Dense(3 * width, flatten=False)
                self.output = nn.Dense(width, flatten=False)
                self.before_network = nn.LayerNorm()
                self.wide = nn.Dense(hidden, activation="relu", flatten=False)
                self.narrow = nn.Dense(width, flatten=False)
                if not hasattr(mx.nd, "MultiHeadAttention"):
                    self.later = self.params.get_constant("later", later)

        def hybrid_forward(self, F: Any, x: Any, later: Any = None) -> Any:
            query, key, value = F.split(self.projection(self.before_attention(x)), num_outputs=3, axis=2)
            if later is None:
                seen = F.MultiHeadAttention(query, key, value, heads=heads, causal=True)
            else:
                seen = composed_attention(F, query, key, value, later, heads, width)
            x = x + self.output(seen)
            return x + self.narrow(self.wide(self.before_network(x)))

    class Decoder(mx.gluon.HybridBlock):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            with self.name_scope():
                self.positions = self.params.get("positions", shape=(1, window, width))
                self.embedding = nn.Embedding(vocabulary, width)
                self.layers = nn.HybridSequential()
                for _ in range(blocks):
                    self.layers.add(Layer())
                self.norm = nn.LayerNorm()
                self.scores = nn.Dense(classes, flatten=False)

        def hybrid_forward(self, F: Any, x: Any, positions: Any) -> Any:
            return self.scores(self.norm(self.layers(F.broadcast_add(self.embedding(x), positions))))

    return Decoder()


def composed_attention(F: Any, query: Any, key: Any, value: Any, later: Any, heads: int, width: int) -> Any:
    """Causal attention of MXNet's operators: it has none for the whole."""

    def apart(x: Any) -> Any:  # (N, L, H·D) → (N·H, L, D)
        return F.reshape(F.transpose(F.reshape(x, (0, 0, -4, heads, -1)), (0, 2, 1, 3)), (-3, 0, 0))

    scores = F.batch_dot(apart(query), apart(key), transpose_b=True) * (heads / width) ** 0.5
    y = F.batch_dot(F.softmax(F.broadcast_add(scores, later), axis=-1), apart(value))
    return F.reshape(F.transpose(F.reshape(y, (-4, -1, heads, 0, 0)), (0, 2, 1, 3)), (0, 0, -3))


def _vae(mx: Any, pixels: int, hidden: int, code: int, classes: int) -> Any:
    """Kingma and Welling 2014; the noise is an input, so that everybody draws the same codes."""
    nn = mx.gluon.nn

    class Autoencoder(mx.gluon.HybridBlock):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            with self.name_scope():
                self.encoder = nn.HybridSequential()
                self.encoder.add(nn.Dense(hidden, activation="relu"), nn.Dense(2 * code))
                self.decoder = nn.HybridSequential()
                self.decoder.add(nn.Dense(hidden, activation="relu"), nn.Dense(pixels))

        def hybrid_forward(self, F: Any, x: Any, noise: Any) -> Any:
            mean, log_variance = F.split(self.encoder(x), num_outputs=2, axis=1)
            return self.decoder(mean + F.exp(0.5 * log_variance) * noise), mean, log_variance

    return Autoencoder()


_BUILDERS: dict[str, Any] = {
    "mlp": _mlp,
    "convolutional": _convolutional,
    "vgg": _vgg,
    "resnet": _resnet,
    "lstm": _lstm,
    "transformer": _transformer,
    "vae": _vae,
}


def bound(F: Any, logits: Any, mean: Any, log_variance: Any, data: Any) -> Any:
    """The negative evidence lower bound of each sample: cross-entropy of the pixels plus KL(q(z|x) ‖ N(0, 1))."""
    softplus = F.Activation(logits, act_type="softrelu")
    cross_entropy = F.sum(softplus - logits * data, axis=1)
    divergence = -0.5 * F.sum(1 + log_variance - F.square(mean) - F.exp(log_variance), axis=1)
    return cross_entropy + divergence


def build_loss(mx: Any, workload: Workload) -> Any:
    """The loss of each sample, as a block on what the network returns and the label (or the data)."""
    if workload.net != "vae":
        return mx.gluon.loss.SoftmaxCrossEntropyLoss()

    class Bound(mx.gluon.HybridBlock):  # type: ignore[misc]
        def hybrid_forward(self, F: Any, logits: Any, mean: Any, log_variance: Any, data: Any) -> Any:
            return bound(F, logits, mean, log_variance, data)

    return Bound()


class GluonTrainer:
    """One way to train a workload: the tape and a trainer, with ``hybrid`` the compiled blocks."""

    def __init__(self, mx: Any, workload: Workload, weights: list[Any], hybrid: bool) -> None:
        self.mx = mx
        self.net, self.loss = build(mx, workload), build_loss(mx, workload)
        self.net.initialize(ctx=mx.cpu())
        self.net(*(mx.nd.zeros((2, *shape)) for shape in workload.inputs.values()))
        for parameter, weight in zip(trained(self.net), weights, strict=True):
            parameter.set_data(mx.nd.array(weight))
        if hybrid:
            self.net.hybridize()
            self.loss.hybridize()
        self.trainer = mx.gluon.Trainer(
            self.net.collect_params(), workload.optimizer, dict(workload.optimizer_arguments)
        )

    def step(self, batch: Batch) -> float:
        mx = self.mx
        inputs = [mx.nd.array(x) for x in batch.inputs.values()]
        label = inputs[0] if batch.label is None else mx.nd.array(batch.label)
        with mx.autograd.record():
            found = self.net(*inputs)
            loss = self.loss(*(found if isinstance(found, (list, tuple)) else (found,)), label)
        loss.backward()
        self.trainer.step(batch.size)
        return float(loss.mean().asscalar())


def trained(net: Any) -> list[Any]:
    """Its trained parameters, in the order of their layers."""
    return [parameter for parameter in net.collect_params().values() if parameter.grad_req != "null"]


def initial_weights(net: Any, seed: int = 1) -> list[Any]:
    """A value for each trained parameter of a network whose shapes are known, scaled by the numbers that meet in it."""
    rng = np.random.default_rng(seed)
    found = []
    for parameter in trained(net):
        shape = tuple(parameter.shape)
        if parameter.name.endswith("gamma"):
            found.append(np.ones(shape, np.float32))
        elif len(shape) == 1:
            found.append(np.zeros(shape, np.float32))
        else:
            scale = (1 / int(np.prod(shape[1:]))) ** 0.5
            found.append((rng.standard_normal(shape) * scale).astype(np.float32))
    return found
