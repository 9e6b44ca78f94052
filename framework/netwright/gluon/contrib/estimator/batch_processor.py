"""What is done with one batch: forward, loss and backward; subclass it for other kinds of batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .... import autograd
from ....device import Device
from ...utils import split_and_load

if TYPE_CHECKING:
    from .estimator import Estimator

Parts = list[Any]


class BatchProcessor:
    """Batches are (data, label); each is split over the devices."""

    def _get_data_and_label(self, batch: Any, ctx: Sequence[Device], batch_axis: int = 0) -> tuple[Parts, Parts]:
        data = split_and_load(batch[0], ctx, batch_axis)
        return data, split_and_load(batch[1], ctx, batch_axis)

    def evaluate_batch(
        self, estimator: Estimator, val_batch: Any, batch_axis: int = 0
    ) -> tuple[Parts, Parts, Parts, Parts]:
        """(data, labels, predictions, losses), one of each for each device, without training."""
        data, label = self._get_data_and_label(val_batch, estimator.context, batch_axis)
        pred = [estimator.val_net(x) for x in data]
        return data, label, pred, [estimator.val_loss(p, y) for p, y in zip(pred, label, strict=True)]

    def fit_batch(
        self, estimator: Estimator, train_batch: Any, batch_axis: int = 0
    ) -> tuple[Parts, Parts, Parts, Parts]:
        """(data, labels, predictions, losses), with gradients computed and nothing updated yet."""
        data, label = self._get_data_and_label(train_batch, estimator.context, batch_axis)
        with autograd.record():
            pred = [estimator.net(x) for x in data]
            loss = [estimator.loss(p, y) for p, y in zip(pred, label, strict=True)]
        for one in loss:
            one.backward()
        return data, label, pred, loss
