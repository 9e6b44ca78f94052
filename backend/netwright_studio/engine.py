"""The one door to the framework: what the service asks of it, imported on first use for a quick start."""

from __future__ import annotations

import functools
import logging
import threading
from typing import TYPE_CHECKING, Any

from netwright_studio.errors import InvalidError

if TYPE_CHECKING:
    from netwright.datasets import DatasetInfo

logger = logging.getLogger(__name__)

Shape = tuple[int, ...]


class Engine:
    """Palette, checks, plans and devices; what cannot change while the service runs is worked out once."""

    @functools.cached_property
    def palette(self) -> dict[str, Any]:
        """The operators as the page shows them."""
        from netwright import graph

        return graph.palette()

    @functools.cached_property
    def optimizers(self) -> dict[str, Any]:
        """Optimizers, schedulers and initializers with the schemas of their forms."""
        from netwright import graph

        return graph.optimizers()

    def check(self, document: dict[str, Any], info: DatasetInfo | None, batch_size: int) -> dict[str, Any]:
        """Return shapes, counts, costs and problems of a graph fed by a data set."""
        from netwright import graph

        inputs = input_shapes(document, info)
        report = graph.check(document, input_shapes=inputs, label_shapes=None, batch_size=batch_size)
        return report.model_dump(by_alias=True)

    def require_sound(self, document: dict[str, Any], info: DatasetInfo | None, batch_size: int) -> None:
        """Raise InvalidError with all problems unless the graph can be trained."""
        report = self.check(document, info, batch_size)
        errors = [problem for problem in report["problems"] if problem["severity"] == "error"]
        if not errors:
            return
        first = errors[0]
        others = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
        raise InvalidError(
            f"The graph cannot be trained: {first['message']}{others}",
            where=first["node"],
            wanted=first["wanted"],
            got=first["got"],
            remedy=first["remedy"],
            details=report["problems"],
        )

    def warm(self) -> None:
        """Load the framework in the background, so that the first request does not wait for it."""
        threading.Thread(target=self._load, daemon=True, name="warm").start()

    def _load(self) -> None:
        try:
            _ = self.palette, self.optimizers
        except Exception:
            logger.exception("the framework could not be loaded; requests that need it will fail")


def input_shapes(document: dict[str, Any], info: DatasetInfo | None) -> dict[str, Shape] | None:
    """Return the shape, batch axis left out, that the data set gives each Input of the graph."""
    if info is None:
        return None
    return {node["id"]: tuple(info.input.shape) for node in document["nodes"] if node["op"] == "Input"}
