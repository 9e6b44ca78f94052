"""Layers with weights, and normalisation: each by the standard's operator of that kind."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...ops.attention import head_scale, visible
from ...ops.convolution import convolved
from ...ops.deconvolution import deconvolved
from ...ops.upsampling import _spreading
from ...ops.windows import layout_rank
from ..rule_table import Call, refuse, rule
from ..tensor import Tensor


@rule("FullyConnected")
def fully_connected(c: Call, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Gemm on the flattened data, or MatMul where only the last axis is mapped."""
    bias = None if bias is None else bias.reshape((c.p.num_hidden,))
    if c.p.flatten or x.ndim == 2:
        flat = x if x.ndim == 2 else x.reshape((x.shape[0], math.prod(x.shape[1:])))
        return c.w.op("Gemm", flat, weight, bias, transB=1)
    found = c.w.op("MatMul", x, weight.T)
    return found if bias is None else found + bias


def first(x: Tensor, last: bool) -> Tensor:
    """Channels on the second axis."""
    return x.transpose((0, x.ndim - 1, *range(1, x.ndim - 1))) if last else x


def back(x: Tensor, last: bool) -> Tensor:
    """The inverse of ``first``."""
    return x.transpose((0, *range(2, x.ndim), 1)) if last else x


@rule("Convolution")
def convolution(c: Call, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Conv; with channels last between two transpositions."""
    p = c.p
    last = layout_rank(p.layout, len(p.kernel))
    x, weight = first(x, last), first(weight, last)
    windows = convolved(p, x.shape[2:])
    found = c.w.op(
        "Conv", x, weight, bias, kernel_shape=windows.kernel, strides=windows.stride, dilations=windows.dilate,
        pads=windows.pad * 2, group=p.num_group,
    )  # fmt: skip
    return back(found, last)


@rule("Deconvolution")
def deconvolution(c: Call, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """ConvTranspose; what the output has more or less than the kernel reaches is padding at its end."""
    last = layout_rank(c.p.layout, len(c.p.kernel))
    return back(transposed(c, c.p, first(x, last), first(weight, last), bias), last)


def transposed(c: Call, p: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """ConvTranspose with channels first."""
    windows = deconvolved(p, x.shape[2:])
    ends, more = [], []
    for size, out, kernel, stride, dilate, pad in zip(
        x.shape[2:], windows.data, windows.kernel, windows.stride, windows.dilate, windows.pad, strict=True
    ):
        end = stride * (size - 1) + dilate * (kernel - 1) + 1 - pad - out
        ends.append(max(end, 0))
        more.append(max(-end, 0))
    found: Tensor = c.w.op(
        "ConvTranspose", x, weight, bias, kernel_shape=windows.kernel, strides=windows.stride,
        dilations=windows.dilate, pads=[*windows.pad, *ends], output_padding=more, group=p.num_group,
    )  # fmt: skip
    return found


@rule("UpSampling")
def up_sampling(c: Call, *inputs: Tensor) -> Tensor:
    """Resize to the nearest, or the transposed convolution that bilinear up-sampling is."""
    p, w, xp = c.p, c.w, c.xp
    if p.sample_type == "bilinear":
        return transposed(c, _spreading(p, inputs[0].shape), inputs[0], inputs[1], None)
    height = c.outputs[0].shape[2]
    made = []
    for x in inputs:
        scale = height // x.shape[2]
        scales = w.const(np.array([1, 1, scale, scale], np.float32))
        made.append(
            w.op("Resize", x, None, scales, mode="nearest", coordinate_transformation_mode="asymmetric",
                 nearest_mode="floor")
        )  # fmt: skip
    if p.multi_input_mode == "concat":
        return made[0] if len(made) == 1 else xp.concatenate(made, axis=1)
    return w.op("Sum", *made)


@rule("BatchNorm", "_contrib_SyncBatchNorm", "_contrib_BatchNormWithReLU")
def batch_norm(c: Call, x: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, var: Tensor) -> Any:
    """BatchNormalization by the moving statistics; channels elsewhere than on axis 1 are moved there."""
    p, w = c.p, c.w
    axis = getattr(p, "axis", 1) % x.ndim
    if getattr(p, "fix_gamma", True):
        gamma = w.const(np.ones(gamma.shape, gamma.dtype))
    order = (0, axis, *(i for i in range(1, x.ndim) if i != axis)) if axis else ()
    if not axis or x.ndim < 2:
        wide = [v.reshape([-1 if i == axis else 1 for i in range(x.ndim)]) for v in (gamma, beta, mean, var)]
        found = (x - wide[2]) / c.xp.sqrt(wide[3] + p.eps) * wide[0] + wide[1]
    else:
        found = w.op("BatchNormalization", x.transpose(order), gamma, beta, mean, var, epsilon=p.eps)
        found = found.transpose([order.index(i) for i in range(x.ndim)])
    if c.op.name == "_contrib_BatchNormWithReLU":
        found = w.op("Relu", found)
    if not getattr(p, "output_mean_var", False):
        return found
    inverse = c.xp.reciprocal(c.xp.sqrt(var + p.eps))
    return found, mean.copy(), inverse


@rule("LayerNorm")
def layer_norm(c: Call, x: Tensor, gamma: Tensor, beta: Tensor) -> Any:
    """LayerNormalization along the last axis; another axis is brought there first."""
    p, w, xp = c.p, c.w, c.xp
    axis = p.axis % x.ndim
    moved = x.swapaxes(axis, x.ndim - 1)
    wide = x.dtype if x.dtype != np.float16 else np.dtype(np.float32)
    y = w.op("LayerNormalization", moved.astype(wide), gamma.astype(wide), beta.astype(wide), axis=-1, epsilon=p.eps)
    y = y.astype(x.dtype).swapaxes(axis, x.ndim - 1)
    if not p.output_mean_var:
        return y
    mean = xp.mean(x, axis=axis, keepdims=True)
    apart = x - mean
    return y, mean, xp.sqrt(xp.mean(apart * apart, axis=axis, keepdims=True) + p.eps)


@rule("InstanceNorm")
def instance_norm(c: Call, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """InstanceNormalization."""
    return c.w.op("InstanceNormalization", x, gamma, beta, epsilon=c.p.eps)


@rule("GroupNorm")
def group_norm(c: Call, x: Tensor, gamma: Tensor, beta: Tensor) -> Any:
    """InstanceNormalization of the groups seen as channels, then scale and shift."""
    p, w, xp = c.p, c.w, c.xp
    groups = p.num_groups
    view = (x.shape[0], groups, math.prod(x.shape[1:]) // groups)
    flat = x.reshape(view)
    ones, zeros = (w.const(np.full((groups,), v, x.dtype)) for v in (1, 0))
    y = w.op("InstanceNormalization", flat, ones, zeros, epsilon=p.eps)
    if gamma.shape == (groups,):
        y = (y * gamma.reshape((groups, 1)) + beta.reshape((groups, 1))).reshape_like(x)
    else:
        along = (x.shape[1], *(1,) * (x.ndim - 2))
        y = y.reshape_like(x) * gamma.reshape(along) + beta.reshape(along)
    if not p.output_mean_var:
        return y
    mean = xp.mean(flat, axis=2, keepdims=True)
    apart = flat - mean
    std = xp.sqrt(xp.mean(apart * apart, axis=2) + p.eps)
    return y, mean.reshape((x.shape[0], groups)), std


@rule("LRN")
def response_norm(c: Call, x: Tensor) -> Tensor:
    """LRN of the same window, over the channels."""
    p = c.p
    wide = x.reshape((*x.shape, *(1,) * (4 - x.ndim)))  # onnxruntime wants four axes
    found: Tensor = c.w.op("LRN", wide, size=p.nsize, alpha=p.alpha, beta=p.beta, bias=p.knorm)
    return found.reshape(x.shape)


@rule("_conv_data_grad")
def convolution_data_gradient(c: Call, dy: Tensor, weight: Tensor) -> Tensor:
    """ConvTranspose: the gradient of a convolution in its data."""
    p = c.p
    last = layout_rank(p.layout, len(p.kernel))
    dy, weight = first(dy, last), first(weight, last)
    size = (p.shape[0], p.shape[-1], *p.shape[1:-1]) if last else p.shape
    windows = convolved(p, size[2:])
    ends, more = [], []
    for out, data, kernel, stride, dilate, pad in zip(
        dy.shape[2:], size[2:], windows.kernel, windows.stride, windows.dilate, windows.pad, strict=True
    ):
        end = stride * (out - 1) + dilate * (kernel - 1) + 1 - pad - data
        ends.append(max(end, 0))
        more.append(max(-end, 0))
    found = c.w.op(
        "ConvTranspose", dy, weight, kernel_shape=windows.kernel, strides=windows.stride, dilations=windows.dilate,
        pads=[*windows.pad, *ends], output_padding=more, group=p.num_group,
    )  # fmt: skip
    return back(found, last)


@rule("MultiHeadAttention")
def attention(c: Call, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> tuple[Tensor, ...]:
    """MatMul, Softmax and MatMul for all heads at once; what may not be looked at gets the lowest score."""
    p, xp, heads = c.p, c.xp, c.p.heads

    def apart(x: Tensor) -> Tensor:
        return x.reshape((x.shape[0], x.shape[1], heads, x.shape[2] // heads)).transpose((0, 2, 1, 3))

    scores = xp.matmul(apart(query), apart(key).swapaxes(2, 3)) * query.dtype.type(head_scale(p, query.shape))
    seen = visible(xp, p, mask, query.shape[1], key.shape[1])
    if seen is None:
        weights = c.w.op("Softmax", scores, axis=-1)
    else:
        weights = c.w.op("Softmax", xp.where(seen, scores, np.finfo(scores.dtype).min), axis=-1)
        weights = xp.where(seen, weights, weights.dtype.type(0))
    joined = xp.matmul(weights, apart(value)).transpose((0, 2, 1, 3))
    y = joined.reshape((*query.shape[:2], value.shape[2]))
    return (y, weights) if p.output_weights else (y,)


@rule("_contrib_fft")
def fourier(c: Call, x: Tensor) -> Tensor:
    """DFT of each row; real and imaginary parts lie side by side."""
    rows = x.reshape((math.prod(x.shape[:-1]), x.shape[-1], 1))
    return c.w.op("DFT", rows, axis=1).reshape(c.outputs[0].shape)


@rule("_contrib_ifft")
def inverse_fourier(c: Call, x: Tensor) -> Tensor:
    """The real part of DFT's inverse, times the length that it divides by."""
    size = x.shape[-1] // 2
    rows = x.reshape((math.prod(x.shape[:-1]), size, 2))
    return (c.w.op("DFT", rows, axis=1, inverse=1)[:, :, 0] * float(size)).reshape(c.outputs[0].shape)


refuse("the standard has no orthogonal factorisation", "_linalg_gelqf")
refuse("the standard has no eigenvalues", "_linalg_syevd")
refuse(
    "which boxes are kept and matched is decided box by box, from values",
    "_contrib_box_nms", "_contrib_bipartite_matching", "_contrib_MultiBoxTarget", "_contrib_MultiBoxDetection",
    "_contrib_MultiProposal", "_contrib_Proposal",
)  # fmt: skip
refuse("what it does is known to Python alone", "Custom", "_custom_backward")
