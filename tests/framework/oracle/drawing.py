"""How a question's inputs and head gradients are drawn: by RandomState, so the same numbers under any NumPy."""

import math

import numpy as np


def draw(described, dtype, seed):
    """One input from its description: ``{"shape", "kind", "low", "high", "dtype"}``, or ``{"values", "dtype"}``."""
    dtype = described.get("dtype") or dtype
    if "values" in described:
        return np.array(described["values"], dtype="float64" if dtype.startswith("f") else None).astype(dtype)
    rng = np.random.RandomState(seed)
    shape = tuple(described["shape"])
    kind, low, high = described.get("kind", "normal"), described.get("low", -1.0), described.get("high", 1.0)
    count = math.prod(shape)
    if kind == "normal":
        values = rng.standard_normal(count)
    elif kind == "uniform":
        values = rng.uniform(low, high, count)
    elif kind == "integer":
        values = rng.randint(int(low), int(high), count)
    elif kind == "distinct":
        values = rng.permutation(np.linspace(low, high, count))
    else:
        square = rng.standard_normal(shape)
        values = square @ np.swapaxes(square, -1, -2) + shape[-1] * np.eye(shape[-1])
    return np.asarray(values).reshape(shape).astype(dtype)


def heads(shapes, dtypes, seed):
    """The gradients of the outputs: normal for floating-point ones, None for others."""
    rng = np.random.RandomState(seed + 1000)
    drawn = [rng.standard_normal(shape) for shape in shapes]
    return [d.astype(t) if np.dtype(t).kind == "f" else None for d, t in zip(drawn, dtypes, strict=False)]
