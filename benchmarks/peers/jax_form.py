"""JAX on the CPU: the whole step as one jitted function whose weights are donated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..workloads import Array, Batch, Workload


class JaxTrainer:
    """One way to train a workload with JAX."""

    def __init__(self, jax: Any, workload: Workload, weights: Sequence[Array]) -> None:
        jnp = jax.numpy
        # a copy: the arrays that are donated at the first step must not be the other contenders'
        self.weights = [jnp.array(w, copy=True) for w in weights]
        self.moments = tuple([jnp.zeros_like(w) for w in self.weights] for _ in range(_moments(workload)))
        self.count = 0
        apply = _NETS[workload.net]

        def loss(weights: list[Any], inputs: list[Any], label: Any) -> Any:
            found = apply(jax, workload, iter(weights), *inputs)
            if workload.net == "vae":
                return _bound(jnp, found, inputs[0])
            logs = jax.nn.log_softmax(found)
            return -jnp.mean(jnp.take_along_axis(logs, label[..., None].astype(int), axis=-1))

        def step(weights: Any, moments: Any, t: Any, inputs: Any, label: Any) -> Any:
            value, gradients = jax.value_and_grad(loss)(weights, inputs, label)
            weights, moments = _update(jnp, workload, weights, gradients, moments, t)
            return value, weights, moments

        self._step = jax.jit(step, donate_argnums=(0, 1))

    def step(self, batch: Batch) -> float:
        self.count += 1
        inputs = list(batch.inputs.values())
        value, self.weights, self.moments = self._step(
            self.weights, self.moments, float(self.count), inputs, batch.label
        )
        return float(value)


def _moments(workload: Workload) -> int:
    return 2 if workload.optimizer == "adam" else 1 if workload.momentum else 0


def _update(jnp: Any, workload: Workload, weights: Any, gradients: Any, moments: Any, t: Any) -> Any:
    rate = workload.rate
    if workload.optimizer == "adam":
        mean = [0.9 * m + 0.1 * g for m, g in zip(moments[0], gradients, strict=True)]
        square = [0.999 * v + 0.001 * g * g for v, g in zip(moments[1], gradients, strict=True)]
        rate = rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        steps = [m / (jnp.sqrt(v) + 1e-8) for m, v in zip(mean, square, strict=True)]
        return [w - rate * s for w, s in zip(weights, steps, strict=True)], (mean, square)
    if workload.momentum:
        speed = [workload.momentum * v + g for v, g in zip(moments[0], gradients, strict=True)]
        return [w - rate * v for w, v in zip(weights, speed, strict=True)], (speed,)
    return [w - rate * g for w, g in zip(weights, gradients, strict=True)], ()


def _dense(take: Iterator[Any], x: Any) -> Any:
    weight, bias = next(take), next(take)
    return x @ weight.T + bias


def _convolve(jax: Any, take: Iterator[Any], x: Any, pad: int, stride: int = 1, bias: bool = True) -> Any:
    kind = ("NCHW", "OIHW", "NCHW")
    y = jax.lax.conv_general_dilated(x, next(take), (stride, stride), [(pad, pad)] * 2, dimension_numbers=kind)
    return y + next(take)[None, :, None, None] if bias else y


def _mlp(jax: Any, workload: Workload, take: Iterator[Any], x: Any) -> Any:
    for _ in workload.sizes["units"]:
        x = jax.nn.relu(_dense(take, x))
    return _dense(take, x)


def _convolutional(jax: Any, workload: Workload, take: Iterator[Any], x: Any) -> Any:
    for _, _, pool in workload.sizes["layers"]:
        x = jax.nn.relu(_convolve(jax, take, x, 0))
        if pool:
            x = jax.lax.reduce_window(x, -jax.numpy.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    x = jax.nn.relu(_dense(take, x.reshape(len(x), -1)))
    return _dense(take, x)


def _vgg(jax: Any, workload: Workload, take: Iterator[Any], x: Any) -> Any:
    for _ in workload.sizes["widths"]:
        x = jax.nn.relu(_convolve(jax, take, x, 1))
    return _dense(take, x.mean((2, 3)))


def _batch_norm(jnp: Any, take: Iterator[Any], x: Any) -> Any:
    gamma, beta = (next(take)[None, :, None, None] for _ in range(2))
    mean = x.mean((0, 2, 3), keepdims=True)
    variance = jnp.square(x - mean).mean((0, 2, 3), keepdims=True)
    return (x - mean) * (gamma / jnp.sqrt(variance + 1e-5)) + beta


def _resnet(jax: Any, workload: Workload, take: Iterator[Any], x: Any) -> Any:
    jnp, relu = jax.numpy, jax.nn.relu
    x = relu(_batch_norm(jnp, take, _convolve(jax, take, x, 1, bias=False)))
    for stage in range(len(workload.sizes["widths"])):
        for i in range(workload.sizes["blocks"]):
            first = stage > 0 and i == 0
            y = _convolve(jax, take, x, 1, 2 if first else 1, bias=False)
            y = relu(_batch_norm(jnp, take, y))
            y = _batch_norm(jnp, take, _convolve(jax, take, y, 1, bias=False))
            if first:
                x = _batch_norm(jnp, take, _convolve(jax, take, x, 0, 2, bias=False))
            x = relu(x + y)
    return _dense(take, x.mean((2, 3)))


def _lstm(jax: Any, workload: Workload, take: Iterator[Any], x: Any) -> Any:
    jnp, hidden = jax.numpy, workload.sizes["hidden"]
    w_x, w_h, b_x, b_h = (next(take) for _ in range(4))
    projected = x.swapaxes(0, 1) @ w_x.T + (b_x + b_h)

    def step(state: Any, row: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(row + h @ w_h.T, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    zeros = jnp.zeros((len(x), hidden), x.dtype)
    (h, _), _ = jax.lax.scan(step, (zeros, zeros), projected)
    return _dense(take, h)


def _layer_norm(jnp: Any, take: Iterator[Any], x: Any) -> Any:
    gamma, beta = next(take), next(take)
    mean = x.mean(-1, keepdims=True)
    variance = jnp.square(x - mean).mean(-1, keepdims=True)
    return (x - mean) / jnp.sqrt(variance + 1e-5) * gamma + beta


def _transformer(jax: Any, workload: Workload, take: Iterator[Any], x: Any) -> Any:
    jnp, heads = jax.numpy, workload.sizes["heads"]
    positions, embedding = next(take), next(take)
    x = embedding[x.astype(int)] + positions
    n, length, width = x.shape
    for _ in range(workload.sizes["blocks"]):
        parts = _dense(take, _layer_norm(jnp, take, x)).reshape(n, length, 3, heads, width // heads)
        query, key, value = (parts[:, :, i] for i in range(3))
        seen = jax.nn.dot_product_attention(query, key, value, is_causal=True)
        x = x + _dense(take, seen.reshape(n, length, width))
        normed = _layer_norm(jnp, take, x)
        x = x + _dense(take, jax.nn.relu(_dense(take, normed)))
    return _dense(take, _layer_norm(jnp, take, x))


def _vae(jax: Any, workload: Workload, take: Iterator[Any], x: Any, noise: Any) -> Any:
    jnp, relu = jax.numpy, jax.nn.relu
    mean, log_variance = jnp.split(_dense(take, relu(_dense(take, x))), 2, axis=1)
    code = mean + jnp.exp(0.5 * log_variance) * noise
    return _dense(take, relu(_dense(take, code))), mean, log_variance


def _bound(jnp: Any, found: Any, x: Any) -> Any:
    logits, mean, log_variance = found
    entropy = jnp.sum(jnp.logaddexp(logits, 0) - logits * x)
    divergence = -0.5 * jnp.sum(1 + log_variance - jnp.square(mean) - jnp.exp(log_variance))
    return (entropy + divergence) / len(logits)


_NETS: dict[str, Any] = {
    "mlp": _mlp,
    "convolutional": _convolutional,
    "vgg": _vgg,
    "resnet": _resnet,
    "lstm": _lstm,
    "transformer": _transformer,
    "vae": _vae,
}
