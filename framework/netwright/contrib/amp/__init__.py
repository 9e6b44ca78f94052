"""Automatic mixed precision (MXNet's ``contrib.amp``): float16 where it is fast, float32 where it is needed.

``init()`` before the network runs; ``init_trainer(trainer)``; then each step::

    with autograd.record():
        loss = loss_function(net(x), y)
        with amp.scale_loss(loss, trainer) as scaled:
            autograd.backward(scaled)
    trainer.step(batch_size)

A step with gradients that are not finite is left out. This saves time and memory on GPUs; on the CPU, where float16 is
computed by way of float32, it saves memory at best and is slower. bfloat16 is not there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...errors import KindError, MismatchError
from ...gluon.trainer import Trainer
from ...symbol.precision import Conditional, Policy
from ...tape import mode, set_autocast
from . import lists
from .convert import convert_hybrid_block, convert_model, convert_symbol
from .loss_scaler import LossScaler

__all__ = [
    "convert_hybrid_block",
    "convert_model",
    "convert_symbol",
    "init",
    "init_trainer",
    "list_conditional_fp32_ops",
    "list_fp32_ops",
    "list_lp16_ops",
    "list_widest_type_cast",
    "lists",
    "scale_loss",
    "unscale",
]


def init(
    target_dtype: Any = "float16",
    target_precision_ops: Iterable[str] | None = None,
    conditional_fp32_ops: Conditional | None = None,
    fp32_ops: Iterable[str] | None = None,
) -> None:
    """From now on operators are computed in the precision of their list; blocks compiled before stay as they are."""
    if mode.autocast is None:
        set_autocast(Policy(target_dtype, target_precision_ops, fp32_ops, conditional_fp32_ops))
        logging.info("Using AMP")


def init_trainer(optimizer_or_trainer: Trainer) -> None:
    """Let a trainer look for gradients that are not finite, and scale its loss."""
    if mode.autocast is None:
        raise MismatchError("AMP is not initialised", where="init_trainer", remedy="Call amp.init() first")
    trainer = _checked(optimizer_or_trainer)
    trainer._amp_loss_scaler, trainer._amp_original_scale = LossScaler(), trainer._scale


@contextmanager
def scale_loss(loss: Any, optimizer_or_trainer: Trainer) -> Iterator[Any]:
    """The loss (or a list of losses) times the scale; the trainer divides the gradients by it."""
    trainer = _checked(optimizer_or_trainer)
    scaler = trainer._amp_loss_scaler
    if scaler is None:
        raise MismatchError("the trainer has no scale", where="scale_loss", remedy="Call amp.init_trainer() first")
    trainer._scale = trainer._amp_original_scale / scaler.loss_scale
    scaled = [one * scaler.loss_scale for one in loss] if isinstance(loss, (list, tuple)) else loss * scaler.loss_scale
    with np.errstate(over="ignore", invalid="ignore"):  # the trainer looks for what overflows
        yield scaled


def unscale(optimizer_or_trainer: Trainer) -> None:
    """Divide the gradients by the scale now, to clip them for instance; the next step does not any more."""
    trainer = _checked(optimizer_or_trainer)
    for parameter in trainer._params:
        for gradient in parameter._grad or []:
            gradient *= trainer._scale
    trainer._scale = 1.0


def _checked(trainer: Any) -> Trainer:
    if not isinstance(trainer, Trainer):
        raise KindError("AMP works with gluon.Trainer", got=type(trainer).__name__)
    return trainer


def list_lp16_ops(target_dtype: Any = "float16") -> list[str]:
    """Operators computed in float16."""
    return sorted(Policy(target_dtype).half)


def list_fp32_ops(target_dtype: Any = "float16") -> list[str]:
    """Operators computed in float32."""
    return sorted(Policy(target_dtype).single)


def list_widest_type_cast(target_dtype: Any = "float16") -> list[str]:
    """Operators computed in the widest type of their inputs."""
    Policy(target_dtype)
    return sorted(lists.WIDEST)


def list_conditional_fp32_ops(target_dtype: Any = "float16") -> list[tuple[str, str, list[str]]]:
    """(operator, parameter, values for which it is computed in float32)."""
    Policy(target_dtype)
    return [(name, parameter, list(values)) for name, parameter, values in lists.CONDITIONAL]
