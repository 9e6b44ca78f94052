"""Functions called while ``Module.fit`` trains: logs, progress bars, checkpoints (MXNet's ``mx.callback``)."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import Any

from .model_files import save_checkpoint


def do_checkpoint(prefix: str, period: int = 1) -> Callable[..., None]:
    """An epoch-end callback that writes a checkpoint every ``period`` epochs."""
    period = max(1, int(period))

    def write(iter_no: int, sym: Any, arg: Any, aux: Any) -> None:
        if (iter_no + 1) % period == 0:
            save_checkpoint(prefix, iter_no + 1, sym, arg, aux)

    return write


def module_checkpoint(
    mod: Any, prefix: str, period: int = 1, save_optimizer_states: bool = False
) -> Callable[..., None]:
    """An epoch-end callback that lets a module write its checkpoint every ``period`` epochs."""
    period = max(1, int(period))

    def write(iter_no: int, sym: Any = None, arg: Any = None, aux: Any = None) -> None:
        if (iter_no + 1) % period == 0:
            mod.save_checkpoint(prefix, iter_no + 1, save_optimizer_states)

    return write


def log_train_metric(period: int, auto_reset: bool = False) -> Callable[[Any], None]:
    """A batch-end callback that logs the metrics every ``period`` batches."""

    def log(param: Any) -> None:
        if param.nbatch % period or param.eval_metric is None:
            return
        for name, value in param.eval_metric.get_name_value():
            logging.info("Iter[%d] Batch[%d] Train-%s=%f", param.epoch, param.nbatch, name, value)
        if auto_reset:
            param.eval_metric.reset_local()

    return log


class Speedometer:
    """A batch-end callback that logs samples per second and the metrics every ``frequent`` batches."""

    def __init__(self, batch_size: int, frequent: int = 50, auto_reset: bool = True) -> None:
        self.batch_size, self.frequent, self.auto_reset = batch_size, frequent, auto_reset
        self._started: float | None = None
        self._last = 0

    def __call__(self, param: Any) -> None:
        count = param.nbatch
        if self._last > count:
            self._started = None
        self._last = count
        if self._started is None:
            self._started = time.perf_counter()
            return
        if count % self.frequent:
            return
        seconds = time.perf_counter() - self._started
        speed = self.frequent * self.batch_size / seconds if seconds > 0 else math.inf
        rate = f"\tSpeed: {speed:.2f} samples/sec"
        if param.eval_metric is None:
            text = f"Iter[{param.epoch}] Batch [{count}]{rate}"
        else:
            values = "".join(f"\t{name}={value:f}" for name, value in param.eval_metric.get_name_value())
            begin = max(count - self.frequent, 0) if self.auto_reset else 0
            text = f"Epoch[{param.epoch}] Batch [{begin}-{count}]{rate}{values}"
            if self.auto_reset:
                param.eval_metric.reset_local()
        logging.info("%s", text)
        self._started = time.perf_counter()


class ProgressBar:
    """A batch-end callback that logs a bar of how many of ``total`` batches are done."""

    def __init__(self, total: int, length: int = 80) -> None:
        self.total, self.length = total, length

    def __call__(self, param: Any) -> None:
        share = param.nbatch / self.total
        filled = round(self.length * share)
        bar = "=" * filled + "-" * (self.length - filled)
        logging.info("[%s] %s%%\r", bar, math.ceil(100 * share))


class LogValidationMetricsCallback:
    """An evaluation-end callback that logs the metrics."""

    def __call__(self, param: Any) -> None:
        for name, value in param.eval_metric.get_name_value() if param.eval_metric else ():
            logging.info("Epoch[%d] Validation-%s=%f", param.epoch, name, value)
