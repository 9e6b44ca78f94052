"""Networks in files as MXNet names them, ``prefix-symbol.json`` and ``prefix-0001.params``; what callbacks are told."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from . import symbol as sym
from .errors import CheckpointError
from .ndarray.array import NDArray
from .ndarray.storage import load, save
from .symbol.symbol import Symbol

Params = dict[str, NDArray]


class BatchEndParam(NamedTuple):
    """What a callback is told at the end of a batch."""

    epoch: int
    nbatch: int
    eval_metric: Any
    locals: Any


def save_checkpoint(
    prefix: str, epoch: int, symbol: Symbol | None, arg_params: Params, aux_params: Params, remove_amp_cast: bool = True
) -> None:
    """Write ``prefix-symbol.json`` (where there is a symbol) and ``prefix-{epoch:04d}.params``."""
    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json")
    arrays = {f"arg:{name}": array.detach() for name, array in arg_params.items()}
    arrays |= {f"aux:{name}": array.detach() for name, array in aux_params.items()}
    fname = f"{prefix}-{epoch:04d}.params"
    save(fname, arrays)
    logging.info('Saved checkpoint to "%s"', fname)


def load_params(prefix: str, epoch: int) -> tuple[Params, Params]:
    """(weights, auxiliary states) of ``prefix-{epoch:04d}.params``."""
    return read_params(f"{prefix}-{epoch:04d}.params")


def read_params(fname: str) -> tuple[Params, Params]:
    """(weights, auxiliary states) of a file whose names begin with ``arg:`` and ``aux:``."""
    found = load(fname)
    if isinstance(found, list):
        raise CheckpointError("the file holds arrays without names", where=fname)
    kinds: dict[str, Params] = {"arg": {}, "aux": {}}
    for key, array in found.items():
        kind, _, name = key.partition(":")
        if kind not in kinds:
            raise CheckpointError("a name does not say its kind", where=fname, wanted="arg:… or aux:…", got=key)
        kinds[kind][name] = array
    return kinds["arg"], kinds["aux"]


def load_checkpoint(prefix: str, epoch: int) -> tuple[Symbol, Params, Params]:
    """(symbol, weights, auxiliary states) of what ``save_checkpoint`` wrote."""
    return sym.load(f"{prefix}-symbol.json"), *load_params(prefix, epoch)
