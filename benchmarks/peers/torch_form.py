"""PyTorch on the CPU: eager, channels-last, and compiled (``torch.compile`` with the fused optimizers)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..workloads import Array, Batch, Workload
from .torch_nets import build


class TorchTrainer:
    """One way to train a workload with PyTorch."""

    def __init__(
        self, torch: Any, workload: Workload, weights: Sequence[Array], channels_last: bool, compiled: bool
    ) -> None:
        self.torch = torch
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        net, loss = load(torch, workload, weights, channels_last)
        kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[workload.optimizer]
        arguments: dict[str, Any] = {"momentum": workload.momentum} if workload.momentum else {}
        self.optimizer = kind(net.parameters(), lr=workload.rate, fused=compiled or None, **arguments)

        def measure(inputs: list[Any], label: Any) -> Any:
            return loss(net(*inputs), inputs, label)

        self.measure = torch.compile(measure) if compiled else measure

    def step(self, batch: Batch) -> float:
        torch = self.torch
        inputs = [torch.from_numpy(x) for x in batch.inputs.values()]
        if inputs[0].dim() == 4:
            inputs[0] = inputs[0].contiguous(memory_format=self.format)
        label = None if batch.label is None else torch.from_numpy(batch.label).long()
        self.optimizer.zero_grad()
        loss = self.measure(inputs, label)
        loss.backward()
        self.optimizer.step()
        return float(loss.item())


class TorchPredictor:
    """The network in evaluation; the answer as a NumPy array."""

    def __init__(self, torch: Any, workload: Workload, weights: Sequence[Array]) -> None:
        self.torch, self.vae = torch, workload.net == "vae"
        self.net = load(torch, workload, weights, False)[0].eval()

    def __call__(self, inputs: Mapping[str, Array]) -> Array:
        torch = self.torch
        with torch.inference_mode():
            found = self.net(*(torch.from_numpy(x) for x in inputs.values()))
            answer = torch.sigmoid(found[0]) if self.vae else torch.softmax(found, -1)
            return answer.numpy()  # type: ignore[no-any-return]


def load(torch: Any, workload: Workload, weights: Sequence[Array], channels_last: bool) -> tuple[Any, Any]:
    """(network with those weights, its loss)."""
    net, loss = build(torch, workload)
    with torch.no_grad():
        for parameter, weight in zip(net.parameters(), weights, strict=True):
            parameter.copy_(torch.from_numpy(weight))
    return (net.to(memory_format=torch.channels_last) if channels_last else net), loss


def forms(torch: Any, workload: Workload) -> dict[str, Callable[..., Any]]:
    """Makers by name; channels-last only where there are images."""

    def form(channels_last: bool, compiled: bool) -> Callable[..., Any]:
        return lambda w, weights: TorchTrainer(torch, w, weights, channels_last, compiled)

    found = {"PyTorch eager": form(False, False)}
    if workload.images:
        found["PyTorch channels-last"] = form(True, False)
    found["PyTorch compile"] = form(workload.images, True)
    return found
