"""The networks in PyTorch, with their parameters in the same order as in Gluon."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ..workloads import Workload


def build(torch: Any, workload: Workload) -> tuple[Any, Any]:
    """(module, loss of (its result, the inputs, the labels) as the mean over the batch)."""
    net = _BUILDERS[workload.net](torch, workload)
    return net, _bound(torch) if workload.net == "vae" else _cross_entropy(torch)


def _cross_entropy(torch: Any) -> Any:
    def loss(scores: Any, inputs: list[Any], label: Any) -> Any:
        return torch.nn.functional.cross_entropy(scores.flatten(0, -2), label.flatten())

    return loss


def _bound(torch: Any) -> Any:
    def loss(found: Any, inputs: list[Any], label: Any) -> Any:
        logits, mean, log_variance = found
        entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, inputs[0], reduction="sum")
        divergence = -0.5 * torch.sum(1 + log_variance - mean.square() - log_variance.exp())
        return (entropy + divergence) / len(logits)

    return loss


def _mlp(torch: Any, workload: Workload) -> Any:
    nn = torch.nn
    sizes = [*workload.inputs["data"], *workload.sizes["units"]]
    layers: list[Any] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], workload.classes))


def _convolutional(torch: Any, workload: Workload) -> Any:
    nn = torch.nn
    layers: list[Any] = []
    channels = workload.inputs["data"][0]
    for filters, kernel, pool in workload.sizes["layers"]:
        layers += [nn.Conv2d(channels, filters, kernel), nn.ReLU()]
        if pool:
            layers.append(nn.MaxPool2d(2))
        channels = filters
    features = nn.Sequential(*layers, nn.Flatten())
    width = features(torch.zeros(1, *workload.inputs["data"])).shape[1]
    units = workload.sizes["units"]
    return nn.Sequential(features, nn.Linear(width, units), nn.ReLU(), nn.Linear(units, workload.classes))


def _vgg(torch: Any, workload: Workload) -> Any:
    nn = torch.nn
    layers: list[Any] = []
    channels = workload.inputs["data"][0]
    for width in workload.sizes["widths"]:
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, workload.classes))


def _resnet(torch: Any, workload: Workload) -> Any:
    nn = torch.nn

    class Residual(nn.Module):  # type: ignore[misc]
        def __init__(self, before: int, width: int, stride: int, project: bool) -> None:
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(before, width, 3, stride, 1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
                nn.Conv2d(width, width, 3, 1, 1, bias=False),
                nn.BatchNorm2d(width),
            )
            self.shortcut = nn.Identity()
            if project:
                self.shortcut = nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width))

        def forward(self, x: Any) -> Any:
            return torch.relu_(self.body(x) + self.shortcut(x))

    widths = workload.sizes["widths"]
    stem = nn.Conv2d(workload.inputs["data"][0], widths[0], 3, 1, 1, bias=False)
    layers: list[Any] = [stem, nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True)]
    before = widths[0]
    for stage, width in enumerate(widths):
        for i in range(workload.sizes["blocks"]):
            first = stage > 0 and i == 0
            layers.append(Residual(before, width, 2 if first else 1, first))
            before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, workload.classes))


def _lstm(torch: Any, workload: Workload) -> Any:
    nn = torch.nn

    class Last(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(workload.inputs["data"][1], workload.sizes["hidden"], batch_first=True)
            self.scores = nn.Linear(workload.sizes["hidden"], workload.classes)

        def forward(self, x: Any) -> Any:
            return self.scores(self.lstm(x)[0][:, -1])

    return Last()


def _transformer(torch: Any, workload: Workload) -> Any:
    nn, sizes = torch.nn, workload.sizes
    width, heads, hidden = sizes["width"], sizes["heads"], sizes["hidden"]

    class Layer(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.before_attention = nn.LayerNorm(width)
            self.projection = nn.Linear(width, 3 * width)
            self.output = nn.Linear(width, width)
            self.before_network = nn.LayerNorm(width)
            self.network = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, width))

        def forward(self, x: Any) -> Any:
            n, length, _ = x.shape
            parts = self.projection(self.before_attention(x)).view(n, length, 3, heads, width // heads)
            query, key, value = parts.permute(2, 0, 3, 1, 4)
            seen = nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
            x = x + self.output(seen.transpose(1, 2).reshape(n, length, width))
            return x + self.network(self.before_network(x))

    class Decoder(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.positions = nn.Parameter(torch.zeros(1, sizes["window"], width))
            self.embedding = nn.Embedding(sizes["vocabulary"], width)
            self.layers = nn.Sequential(*(Layer() for _ in range(sizes["blocks"])))
            self.norm = nn.LayerNorm(width)
            self.scores = nn.Linear(width, workload.classes)

        def forward(self, x: Any) -> Any:
            return self.scores(self.norm(self.layers(self.embedding(x.long()) + self.positions)))

    return Decoder()


def _vae(torch: Any, workload: Workload) -> Any:
    nn, sizes = torch.nn, workload.sizes
    pixels, hidden, code = sizes["pixels"], sizes["hidden"], sizes["code"]

    class Autoencoder(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, 2 * code))
            self.decoder = nn.Sequential(nn.Linear(code, hidden), nn.ReLU(), nn.Linear(hidden, pixels))

        def forward(self, x: Any, noise: Any) -> Any:
            mean, log_variance = self.encoder(x).chunk(2, dim=1)
            return self.decoder(mean + torch.exp(0.5 * log_variance) * noise), mean, log_variance

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
