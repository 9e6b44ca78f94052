"""An inference response: tensors as JSON, as raw bytes behind it, or as their best classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from netwright_studio import jsonio
from netwright_studio.inference.open_inference import datatypes
from netwright_studio.inference.open_inference.problems import ProtocolError
from netwright_studio.inference.open_inference.request import InferRequest, WantedOutput
from netwright_studio.inference.predictor import Array
from netwright_studio.inference.server import LoadedModel


def encode(model: LoadedModel, request: InferRequest, arrays: Sequence[Array]) -> tuple[bytes, int | None]:
    """(body, length of its JSON part when tensors follow it as raw bytes)."""
    found = {spec.name: array for spec, array in zip(model.predictor.outputs, arrays, strict=True)}
    wanted = request.outputs or [WantedOutput(name, request.binary) for name in found]
    outputs, blobs = [], []
    for output in wanted:
        if output.name not in found:
            raise ProtocolError(f"the model has no output '{output.name[:80]}'; it has {', '.join(found)}")
        array = found[output.name]
        if output.classes:
            array = classify(array, output.classes, model.saved.info.label.classes)
        described: dict[str, Any] = {
            "name": output.name,
            "datatype": datatypes.name_of(array.dtype),
            "shape": list(array.shape),
        }
        if output.binary:
            blobs.append(datatypes.to_bytes(array))
            described["parameters"] = {"binary_data_size": len(blobs[-1])}
        else:
            described["data"] = datatypes.to_json(array)
        outputs.append(described)
    document: dict[str, Any] = {"model_name": model.name, "model_version": str(model.version)}
    if request.ident is not None:
        document["id"] = request.ident
    head = jsonio.dumps({**document, "outputs": outputs})
    return (b"".join([head, *blobs]), len(head)) if blobs else (head, None)


def classify(array: Array, count: int, labels: Sequence[str] | None) -> Array:
    """The best ``count`` of the last axis as texts ``value:index[:label]``, the best first."""
    if array.ndim < 2 or array.dtype.kind == "O":
        raise ProtocolError("classification wants an output of at least two axes")
    count = min(count, array.shape[-1])
    order = np.argsort(-array, axis=-1, kind="stable")[..., :count]
    best = np.take_along_axis(array, order, axis=-1)
    texts = np.empty(order.shape, object)
    for place, index in np.ndenumerate(order):
        label = f":{labels[int(index)]}" if labels is not None and index < len(labels) else ""
        texts[place] = f"{best[place]:f}:{index}{label}".encode()
    return texts
