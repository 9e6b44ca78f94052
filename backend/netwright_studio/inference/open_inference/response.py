"""An inference response: tensors as JSON, as raw bytes behind it, in shared memory, or as their best classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from netwright_studio import jsonio
from netwright_studio.inference.open_inference import datatypes
from netwright_studio.inference.open_inference.problems import ProtocolError
from netwright_studio.inference.open_inference.request import WantedOutput
from netwright_studio.inference.predictor import Array
from netwright_studio.inference.server import LoadedModel

MOST_KEPT = 512


class Shell:
    """What stays the same of all answers with the same outputs and as many rows: the JSON around data and ``id``."""

    __slots__ = ("_before_id", "_parts")

    def __init__(self, model: LoadedModel, wanted: Sequence[WantedOutput], arrays: Sequence[Array]) -> None:
        self._before_id = _cut(jsonio.dumps({"model_name": model.name, "model_version": str(model.version)}))
        parts, text = [], b',"outputs":['
        for output, array in zip(wanted, arrays, strict=True):
            described: dict[str, Any] = {"name": output.name, "datatype": datatypes.name_of(array.dtype)}
            described["shape"] = list(array.shape)
            if output.binary:
                described["parameters"] = {"binary_data_size": array.nbytes}
                text += jsonio.dumps(described) + b","
            else:
                parts.append(text + _cut(jsonio.dumps(described)) + b',"data":')
                text = b"},"
        self._parts = [*parts, text.removesuffix(b",") + b"]}"]

    def fill(self, ident: str | None, arrays: Sequence[Array], binary: Sequence[bool]) -> tuple[bytes, int | None]:
        """(body, length of its JSON part when tensors follow it as raw bytes)."""
        head = [self._before_id]
        if ident is not None:
            head.append(b',"id":' + orjson.dumps(ident))
        blobs, parts = [], iter(self._parts)
        for array, is_binary in zip(arrays, binary, strict=True):
            if is_binary:
                blobs.append(array.tobytes())
            else:
                head.append(next(parts))
                head.append(_encode(array))
        head.append(next(parts))
        if not blobs:
            return b"".join(head), None
        document = b"".join(head)
        return b"".join([document, *blobs]), len(document)


def _cut(text: bytes) -> bytes:
    """An object's text without its closing brace."""
    return text[:-1]


def _encode(array: Array) -> bytes:
    flat = np.ascontiguousarray(array).reshape(-1)
    if array.dtype.kind != "f" or np.isfinite(flat).all():
        return orjson.dumps(flat, option=orjson.OPT_SERIALIZE_NUMPY)
    return jsonio.dumps(flat.tolist())


def encode(
    model: LoadedModel, ident: str | None, outputs: Sequence[WantedOutput] | None, binary: bool, arrays: Sequence[Array]
) -> tuple[bytes, int | None]:
    """(body, length of its JSON part when tensors follow it as raw bytes)."""
    names = [spec.name for spec in model.predictor.outputs]
    wanted = outputs or [WantedOutput(name, binary) for name in names]
    found = [arrays[names.index(output.name)] for output in wanted]
    if any(output.classes or output.region for output in wanted):
        return _encode_slowly(model, ident, wanted, found)
    shells = model.caches.setdefault("shells", {})
    key = (len(found[0]), *[(output.name, output.binary) for output in wanted])
    shell = shells.get(key)
    if not isinstance(shell, Shell) or any(-1 in spec.shape for spec in model.predictor.outputs):
        shell = Shell(model, wanted, found)
        if len(shells) >= MOST_KEPT:
            shells.clear()
        shells[key] = shell
    return shell.fill(ident, found, [output.binary for output in wanted])


def _encode_slowly(
    model: LoadedModel, ident: str | None, wanted: Sequence[WantedOutput], arrays: Sequence[Array]
) -> tuple[bytes, int | None]:
    outputs, blobs = [], []
    for output, array in zip(wanted, arrays, strict=True):
        if output.classes:
            array = classify(array, output.classes, model.saved.info.label.classes)
        described: dict[str, Any] = {
            "name": output.name,
            "datatype": datatypes.name_of(array.dtype),
            "shape": list(array.shape),
        }
        if output.region is not None:
            described["parameters"] = _put(output, datatypes.to_bytes(array))
        elif output.binary:
            blobs.append(datatypes.to_bytes(array))
            described["parameters"] = {"binary_data_size": len(blobs[-1])}
        else:
            described["data"] = datatypes.to_json(array)
        outputs.append(described)
    document: dict[str, Any] = {"model_name": model.name, "model_version": str(model.version)}
    if ident is not None:
        document["id"] = ident
    head = jsonio.dumps({**document, "outputs": outputs})
    return (b"".join([head, *blobs]), len(head)) if blobs else (head, None)


def _put(output: WantedOutput, content: bytes) -> dict[str, Any]:
    assert output.region is not None
    name, view = output.region
    if len(content) > len(view):
        raise ProtocolError(f"output '{output.name[:80]}' has {len(content)} bytes, its shared memory {len(view)}")
    view[: len(content)] = content
    return {"shared_memory_region": name, "shared_memory_byte_size": len(content)}


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
