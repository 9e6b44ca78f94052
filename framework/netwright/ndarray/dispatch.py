"""Where a call with sparse arrays goes: to the operator's sparse form, or by way of dense arrays, which is said.

Dense calls do not come here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..device import Device
from ..errors import NetwrightError
from ..ops.operator import CallFacts, Operator
from ..ops.params import OpParams
from ..ops.storage import DEFAULT, Stored, as_stored, dense_of, stype_of

if TYPE_CHECKING:
    from .array import NDArray

Results = tuple[Any, ...]
Run = Callable[[Operator, OpParams, Any, list[Any], CallFacts, Device], Results]

log = logging.getLogger("netwright.storage")
_said: set[tuple[str, tuple[str, ...]]] = set()


def run_stored(
    run: Run,
    run_sparse: Callable[..., Any],
    op: Operator,
    p: OpParams,
    xp: Any,
    inputs: tuple[NDArray, ...],
    facts: CallFacts,
    device: Device,
    out: Any,
) -> Results:
    """The operator's results on inputs of which some may be sparse.

    ``run`` runs it on dense ones, ``run_sparse`` its sparse form.
    """
    datas = [a._data for a in inputs]
    stypes = tuple([stype_of(d) for d in datas])
    outcome = op.infer_storage(p, stypes)
    if outcome is not None and any(s != DEFAULT for s in (*stypes, *outcome)):
        target = out[0] if isinstance(out, (list, tuple)) else out
        found = run_sparse(op, p, xp, datas, facts, device, None if target is None else target._data)
        if found is not NotImplemented:
            return tuple(as_stored(xp, r, s) for r, s in zip(found, outcome, strict=True))
    if any(s != DEFAULT for s in stypes):
        _say(op, stypes)
    dense = [dense_of(d) for d in datas]
    results = run(op, p, xp, dense, facts, device)
    for position in facts.states:
        if isinstance(datas[position], Stored):
            inputs[position]._write(dense[position])
    if outcome is not None:
        results = tuple(as_stored(xp, r, s) for r, s in zip(results, outcome, strict=True))
    return results


def run_sparse(op: Operator, p: OpParams, xp: Any, datas: list[Any], facts: CallFacts, device: Device, out: Any) -> Any:
    """The results of the operator's sparse form, or NotImplemented where it has none for these."""
    try:
        found = op.sparse(xp, p, *datas, out=out)
    except NetwrightError as error:
        raise error.at(op.name) from None
    return found if found is NotImplemented or isinstance(found, tuple) else (found,)


def _say(op: Operator, stypes: tuple[str, ...]) -> None:
    """Once for each operator and storages, unless MXNET_STORAGE_FALLBACK_LOG_VERBOSE=0 (MXNet's own switch)."""
    if (op.name, stypes) in _said or os.environ.get("MXNET_STORAGE_FALLBACK_LOG_VERBOSE") == "0":
        return
    _said.add((op.name, stypes))
    log.warning(
        "Storage type fallback detected: operator = %s, input storage types = [%s]. It has no sparse form for these: "
        "dense copies of its inputs are made. This does not affect the result, but takes memory and time. "
        "Set MXNET_STORAGE_FALLBACK_LOG_VERBOSE=0 to silence this",
        op.name,
        ", ".join(stypes),
    )
