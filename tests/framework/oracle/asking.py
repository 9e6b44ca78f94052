"""How questions are written down: inputs to draw, an operator, its parameters; all plain JSON."""

from __future__ import annotations

from typing import Any

Input = dict[str, Any]
Question = dict[str, Any]


def normal(*shape: int) -> Input:
    """Normal numbers."""
    return {"shape": list(shape)}


def ints(shape: tuple[int, ...], low: int, high: int, dtype: str | None = None) -> Input:
    """Whole numbers in [low, high)."""
    return {"shape": list(shape), "kind": "integer", "low": low, "high": high, **({"dtype": dtype} if dtype else {})}


def between(shape: tuple[int, ...], low: float, high: float) -> Input:
    """Uniform numbers."""
    return {"shape": list(shape), "kind": "uniform", "low": low, "high": high}


def apart(*shape: int) -> Input:
    """Numbers without ties."""
    return {"shape": list(shape), "kind": "distinct"}


def definite(*shape: int) -> Input:
    """Symmetric positive definite matrices."""
    return {"shape": list(shape), "kind": "positive_definite"}


def given(values: Any, dtype: str | None = None) -> Input:
    """These very values."""
    return {"values": values, **({"dtype": dtype} if dtype else {})}


def ask(
    op: str,
    *inputs: Input,
    dtype: str = "float32",
    train: bool = True,
    grad: bool = True,
    of: list[int] | None = None,
    **params: Any,
) -> Question:
    """One question: an operator, its inputs, its parameters; ``of`` names the inputs whose gradients are asked for."""
    return {"of": of} | {
        "op": op,
        "inputs": list(inputs),
        "params": params,
        "dtype": dtype,
        "train": train,
        "grad": grad,
    }
