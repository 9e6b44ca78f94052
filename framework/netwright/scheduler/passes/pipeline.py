"""The passes in their order, and which of them a strategy asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..ir import Graph
from ..strategy import Strategy
from .algebra import simplify
from .attention import join_attention
from .batch_norms import split_batch_norms
from .common import share_common
from .convolutions import join_convolutions, pool_before_relu
from .cross_entropy import join_cross_entropy
from .dense import join_dense
from .dropout import draw_first
from .fuse_elements import fuse_elements
from .ordering import order_for_memory
from .recomputing import recompute, recompute_cheap
from .report import PassReport, Snapshot
from .unused import prune


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass as a row of the pipeline: ``run`` changes the graph where ``wanted`` by the strategy."""

    name: str
    run: Callable[[Graph, Strategy], Graph]
    wanted: Callable[[Strategy], bool]


PIPELINE: tuple[Pass, ...] = (
    Pass("simplify", lambda graph, _: simplify(graph), lambda s: s.simplify),
    Pass("share_common", lambda graph, _: share_common(graph), lambda s: s.share_common),
    Pass("prune", lambda graph, _: prune(graph), lambda _: True),
    Pass("recompute", lambda graph, s: recompute(graph, s.memory_budget), lambda s: s.recompute == "auto"),
    Pass("recompute_cheap", lambda graph, _: recompute_cheap(graph), lambda s: s.recompute == "cheap"),
    Pass("order", lambda graph, _: order_for_memory(graph), lambda s: s.order),
)
"""A pass sees what those above it left."""

GPU = (Pass("fuse_elements", lambda graph, _: fuse_elements(graph, gpu=True), lambda s: s.fuse),)
"""Further passes where the plan's device is a GPU."""


def _fuses(strategy: Strategy) -> bool:
    """Without native code a group would only be in the way; where memory is short its inputs must not live longer."""
    short = strategy.recompute == "auto" or strategy.memory_budget is not None
    return strategy.fuse and strategy.native and not short


CPU = (Pass("fuse_elements", lambda graph, _: fuse_elements(graph, gpu=False), _fuses),)
"""Further passes where it is a CPU."""


def _runs_natively(strategy: Strategy) -> bool:
    return strategy.native and not strategy.check_finite


def _has_fused_attention(strategy: Strategy) -> bool:
    """cuDNN's is the one there is on a GPU, and that takes half precision only."""
    from ...kernels.cuda import cudnn

    return strategy.fuse and not strategy.check_finite and cudnn.module()[0] is not None


def _forward_passes(differentiated: bool, gpu: bool) -> tuple[Pass, ...]:
    """Passes on the forward graph before it is differentiated."""
    if gpu:
        return (Pass("join_attention", lambda graph, _: join_attention(graph, np.float16), _has_fused_attention),)
    return (
        Pass("split_batch_norms", lambda graph, _: split_batch_norms(graph), _runs_natively),
        Pass("pool_before_relu", lambda graph, _: pool_before_relu(graph), _runs_natively),
        Pass("join_convolutions", lambda graph, _: join_convolutions(graph, differentiated), _runs_natively),
        Pass("join_attention", lambda graph, _: join_attention(graph), _runs_natively),
        Pass("draw_first", lambda graph, _: draw_first(graph), _runs_natively),
        Pass("join_dense", lambda graph, _: join_dense(graph, differentiated), _runs_natively),
        Pass("join_cross_entropy", lambda graph, _: join_cross_entropy(graph), _runs_natively),
    )


def optimize_forward(graph: Graph, strategy: Strategy, differentiated: bool, gpu: bool = False) -> list[PassReport]:
    """Run the passes for a graph that has no backward part yet; the reports of those that changed it."""
    return [report for report in _run(_forward_passes(differentiated, gpu), graph, strategy) if not report.idle]


def optimize(graph: Graph, strategy: Strategy, gpu: bool = False) -> list[PassReport]:
    """Run the passes that the strategy wants on the graph, in place; what each of them changed."""
    return _run(PIPELINE + (GPU if gpu else CPU), graph, strategy)


def _run(passes: Sequence[Pass], graph: Graph, strategy: Strategy) -> list[PassReport]:
    reports = []
    before = Snapshot(graph)
    for one in passes:
        if not one.wanted(strategy):
            continue
        graph = one.run(graph, strategy)
        after = Snapshot(graph, before)
        reports.append(after.report(one.name, before, graph.take_remarks()))
        before = after
    return reports
