"""A network as it is drawn, with its first weights, for other programs."""

from __future__ import annotations

from typing import Any

from netwright.datasets import DatasetInfo
from netwright.inspection import Probe
from netwright_studio.errors import InvalidError
from netwright_studio.inspecting.probing import seeding

MAX_BYTES = 1 << 30
"""Of weights: an ONNX file cannot hold more than twice that."""


def write_untrained(
    document: dict[str, Any], info: DatasetInfo | None, initializer: str, seed: int, weight_bytes: int
) -> bytes:
    """Return an ONNX file of the network as its training would begin with this seed; the size of a batch is open.

    Raises GraphError while the graph has problems, ExportError for an operator that ONNX has no way to say.
    """
    if weight_bytes > MAX_BYTES:
        raise InvalidError(
            "The network is too large for one ONNX file.",
            where="graph",
            wanted=f"at most {MAX_BYTES} bytes of weights",
            got=weight_bytes,
            remedy="Export the graph alone, or a smaller network.",
        )
    from netwright.onnx import export

    with seeding:
        probe = Probe.untrained(document, info, initializer=initializer, seed=seed)
    shapes = {name: (1, *(shape or ())) for name, shape in probe.inputs.items()}
    model = export(probe.network.symbol, params=probe.weights, shapes=shapes, dynamic=True)
    return bytes(model.SerializeToString())
