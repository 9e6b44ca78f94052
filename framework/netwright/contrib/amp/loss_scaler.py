"""The scale that keeps gradients within float16's range."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from ...ops.storage import elements_of


class LossScaler:
    """Halves the scale where a gradient is not finite, and doubles it after 2000 steps without one."""

    def __init__(self, loss_scale: float = 2.0**16) -> None:
        self._loss_scale = self._next_loss_scale = loss_scale
        self._max_loss_scale, self._scale_seq_len, self._unskipped = 2.0**24, 2000, 0

    @property
    def loss_scale(self) -> float:
        """What the loss is multiplied with."""
        return self._loss_scale

    def has_overflow(self, params: Iterable[Any]) -> bool:
        """Whether a gradient is not finite; the scale of the next step follows from it."""
        gradients = [gradient for p in params if p.grad_req != "null" for gradient in p.list_grad()]
        return self.update(not all(bool(g.ctx.xp.isfinite(elements_of(g._data)).all()) for g in gradients))

    def update(self, overflow: bool) -> bool:
        """Set the scale of the next step, and return ``overflow``: whether this step must be left out."""
        self._loss_scale = self._next_loss_scale
        self._unskipped = 0 if overflow else self._unskipped + 1
        if overflow:
            self._next_loss_scale = self._loss_scale / 2
            logging.info("AMP: decreasing loss scale to %f", self._next_loss_scale)
        elif self._unskipped == self._scale_seq_len:
            self._unskipped = 0
            self._next_loss_scale = min(self._max_loss_scale, self._loss_scale * 2)
            logging.info("AMP: increasing loss scale to %f", self._next_loss_scale)
        return overflow

    def state_dict(self) -> dict[str, float]:
        """What a checkpoint keeps."""
        return {"scale": self._loss_scale, "next": self._next_loss_scale, "unskipped": self._unskipped}

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Go on from a checkpoint."""
        self._loss_scale, self._next_loss_scale = float(state["scale"]), float(state["next"])
        self._unskipped = int(state["unskipped"])
