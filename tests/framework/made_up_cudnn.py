"""cuDNN's front end made up in NumPy: it checks what it is told, and computes by plain formulas."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from netwright.kernels.cuda.cudnn_convolution import PORTS
from netwright.ops import get


class Tensor:
    """Remembers what it was made of."""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts

    def set_output(self, wanted: bool) -> Tensor:
        return self

    def set_dim(self, dim: list[int]) -> Tensor:
        self.facts["dim"] = dim
        return self

    def set_stride(self, stride: list[int]) -> Tensor:
        self.facts["stride"] = stride
        return self

    def set_data_type(self, kind: str) -> Tensor:
        self.facts["kind"] = kind
        return self


class Graph:
    """One operation; ``call`` remembers it and ``execute`` computes it."""

    def __init__(self, **facts: Any) -> None:
        self.made: dict[str, Any] = {}
        self.results: dict[str, Tensor] = {}

    def tensor(self, name: str, dim: list[int], stride: list[int], data_type: str) -> Tensor:
        return Tensor(name=name, dim=dim, stride=stride, kind=data_type)

    def __getattr__(self, kind: str) -> Any:
        if kind not in RESULTS:
            raise AttributeError(kind)

        def call(**given: Any) -> Any:
            self.made = {"kind": kind, **given}
            self.results = {name: Tensor(name=name) for name in RESULTS[kind]}
            found = tuple(self.results.values())
            return found if len(found) > 1 else found[0]

        return call

    def build(self, heuristics: list[str]) -> None:
        assert self.made["kind"] in RESULTS

    def get_workspace_size(self) -> int:
        return 16

    def execute(self, bound: dict[Tensor, Any], workspace: Any, handle: str) -> None:
        assert handle == "handle"
        for tensor, array in bound.items():
            assert tensor.facts["dim"] == list(array.shape)
            assert tensor.facts["stride"] == [s // array.itemsize for s in array.strides] or 1 in array.shape
            assert tensor.facts["kind"] == {"float16": "half", "float32": "float"}[array.dtype.name]
        arrays = {t.facts["name"]: a for t, a in bound.items()}
        assert set(arrays) == {t.facts["name"] for t in self._tensors()}
        (_convolve if "conv" in self.made["kind"] else _attend)(self.made, arrays)

    def _tensors(self) -> list[Tensor]:
        return [*(given for given in self.made.values() if isinstance(given, Tensor)), *self.results.values()]


RESULTS = {**dict.fromkeys(PORTS, ("result",)), "sdpa": ("o", "stats"), "sdpa_backward": ("dq", "dk", "dv")}


def _convolve(made: dict[str, Any], arrays: dict[str, Any]) -> None:
    """By the reference of the operators' own."""
    assert made["pre_padding"] == made["post_padding"]
    result = arrays["result"]
    how = {"stride": made["stride"], "pad": made["pre_padding"], "dilate": made["dilation"]}
    if made["kind"] == "conv_fprop":
        op, values = get("Convolution"), (arrays["image"], arrays["weight"])
        more: dict[str, Any] = {"num_filter": result.shape[1], "no_bias": True}
        how["kernel"] = arrays["weight"].shape[2:]
    elif made["kind"] == "conv_dgrad":
        op, values, more = get("_conv_data_grad"), (arrays["loss"], arrays["filter"]), {"shape": result.shape}
        how["kernel"] = arrays["filter"].shape[2:]
    else:
        op, values, more = get("_conv_weight_grad"), (arrays["loss"], arrays["image"]), {"shape": result.shape}
        how["kernel"] = result.shape[2:]
    p = op.make_params({k: tuple(v) for k, v in how.items()} | more)
    result[...] = op.forward(np, p, *values)  # type: ignore[attr-defined]


def _attend(made: dict[str, Any], arrays: dict[str, Any]) -> None:
    """softmax(scale · q kᵀ + bias) v and its gradients in float64, from nothing of ours."""
    q, k, v = (arrays[name].astype(np.float64) for name in "qkv")
    scores = np.einsum("nhld,nhsd->nhls", q, k) * made["attn_scale"] + arrays.get("bias", 0)
    if "diagonal_band_right_bound" in made:
        assert (made["diagonal_alignment"], made["diagonal_band_right_bound"]) == ("bottom right", 0)
        length, size = scores.shape[2:]
        later = np.arange(size)[None] > np.arange(length)[:, None] + size - length
        scores = np.where(later, -np.inf, scores)
    if made["kind"] == "sdpa":
        assert made["generate_stats"] is True
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        arrays["stats"][...] = scores.max(-1, keepdims=True) + np.log(weights.sum(-1, keepdims=True))
        arrays["o"][...] = np.einsum("nhls,nhsd->nhld", weights / weights.sum(-1, keepdims=True), v)
        return
    dout, out = (arrays[name].astype(np.float64) for name in ("do", "o"))
    weights = np.exp(scores - arrays["stats"])
    slopes = weights * (np.einsum("nhld,nhsd->nhls", dout, v) - (dout * out).sum(-1, keepdims=True))
    arrays["dq"][...] = np.einsum("nhls,nhsd->nhld", slopes, k) * made["attn_scale"]
    arrays["dk"][...] = np.einsum("nhls,nhld->nhsd", slopes, q) * made["attn_scale"]
    arrays["dv"][...] = np.einsum("nhls,nhld->nhsd", weights, dout)


class Module:
    """NumPy with a stream."""

    cuda = SimpleNamespace(get_current_stream=lambda: SimpleNamespace(ptr=7))

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


def made_up(**more: Any) -> Any:
    """The front end's module; ``more`` replaces parts of it."""
    facts: dict[str, Any] = {
        "data_type": SimpleNamespace(HALF="half", FLOAT="float"),
        "heur_mode": SimpleNamespace(A="a", FALLBACK="fallback"),
        "diagonal_alignment": SimpleNamespace(BOTTOM_RIGHT="bottom right"),
        "create_handle": lambda: "handle",
        "set_stream": lambda handle, stream: None,
        "pygraph": Graph,
    }
    return SimpleNamespace(**{**facts, **more})
