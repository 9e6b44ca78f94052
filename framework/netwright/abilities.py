"""What a trained network can do, and the graph that is served for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from .task_choice import TaskChoice

Ability = Literal["predict", "reconstruct", "generate", "cluster", "continue"]
"""Tell a label or value, give an input back, make samples, name the nearest cluster, continue a text."""


def abilities(choice: TaskChoice | None) -> tuple[Ability, ...]:
    """What a network trained for ``choice`` can do, the first thing first.

    >>> from netwright.abilities import abilities
    >>> from netwright.train import TaskChoice
    >>> abilities(TaskChoice(kind="clustering", latent="code", output="image", clusters=10))
    ('cluster', 'reconstruct')
    """
    if choice is None or choice.kind == "supervised":
        return ("predict",)
    if choice.kind == "language":
        return ("continue", "predict")
    found: dict[str, tuple[Ability, ...]] = {
        "reconstruction": ("reconstruct",),
        "generation": ("generate", "reconstruct") if choice.mean is not None else ("generate",),
        "clustering": ("cluster", "reconstruct") if choice.output is not None else ("cluster",),
    }
    return found[choice.kind]


def served_graph(graph: Any, choice: TaskChoice | None, input_shape: Sequence[int] | None) -> dict[str, Any]:
    """The part of a trained graph that answers, without what only its training needs.

    Of a generator that is the way from ``latent``, which becomes the Input, to ``output``; a variational network gives
    its input back by way of ``mean``, without chance; clusters need ``latent`` as one more output, the last.
    """
    from .graph.check import DataSpec
    from .graph.part import part, shape_of, substitute

    document: dict[str, Any] = dict(graph)
    if choice is None or choice.kind in ("supervised", "language"):
        return document
    if choice.kind == "generation":
        assert choice.latent is not None
        assert choice.output is not None
        if choice.mean is not None:
            return part(substitute(graph, choice.latent, choice.mean), [choice.output])
        shape = shape_of(graph, choice.latent, DataSpec(tuple(input_shape or ())))
        return part(graph, [choice.output], {choice.latent: shape})
    outputs = [name for name in (choice.output, choice.latent if choice.kind == "clustering" else None) if name]
    return part(graph, outputs)
