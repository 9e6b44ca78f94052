"""An inference request: its JSON part, its binary part, and what it asks back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from netwright_studio.inference.open_inference import datatypes
from netwright_studio.inference.open_inference.memory import SharedRegions
from netwright_studio.inference.open_inference.problems import ProtocolError
from netwright_studio.inference.predictor import Array, Predictor, TensorSpec, datatype_of

MOST_TENSORS = 1000


@dataclass(frozen=True, slots=True)
class WantedOutput:
    """One output to send back, binary or JSON; ``classes`` asks for the best so many instead of the tensor.

    ``region`` is shared memory that takes it instead, with its name and how many bytes were offered.
    """

    name: str
    binary: bool
    classes: int = 0
    region: tuple[str, memoryview] | None = None


@dataclass(frozen=True, slots=True)
class InferRequest:
    """A request that has been read but not yet compared with the model."""

    ident: str | None
    inputs: dict[str, Array]
    outputs: list[WantedOutput] | None
    binary: bool


_NO_REGIONS = SharedRegions(allowed=False)


def parse(body: bytes, header_length: int | None, regions: SharedRegions = _NO_REGIONS) -> InferRequest:
    """Read a body; ``header_length`` (Inference-Header-Content-Length) says where its binary part begins."""
    document = body if header_length is None else body[:header_length]
    rest = memoryview(b"") if header_length is None else memoryview(body)[header_length:]
    request = load(document)
    inputs = request.get("inputs")
    if not isinstance(inputs, list) or not 0 < len(inputs) <= MOST_TENSORS:
        raise ProtocolError("'inputs' must be a list of at least one tensor")
    ident = request.get("id")
    if ident is not None and not isinstance(ident, str):
        raise ProtocolError("'id' must be a text")
    binary = _parameters(request, "the request").get("binary_data_output", False) is True
    arrays = _read_inputs(inputs, rest, regions)
    return InferRequest(ident, arrays, _read_outputs(request.get("outputs"), binary, regions), binary)


def load(document: bytes) -> dict[str, Any]:
    """Decode a JSON object or raise ProtocolError.

    Nothing here goes down into what is nested, so the decoder's own limit of depth is enough, and quicker.
    """
    try:
        request = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise ProtocolError(f"the request is not JSON: {error.msg}") from None
    if not isinstance(request, dict):
        raise ProtocolError("the request must be a JSON object")
    return request


def read_header_length(told: bytes | None, size: int) -> int | None:
    """Return where the binary part begins, by the header; ProtocolError when that is beyond the body."""
    if told is None:
        return None
    if not told.isdigit() or len(told) > 12 or int(told) > size:
        raise ProtocolError(f"Inference-Header-Content-Length must be a number up to {size}")
    return int(told)


def _parameters(holder: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    parameters = holder.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        raise ProtocolError(f"'parameters' of {where} must be an object")
    return parameters


def _read_inputs(tensors: list[Any], rest: memoryview, regions: SharedRegions) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    position = 0
    for tensor in tensors:
        name = tensor.get("name") if isinstance(tensor, dict) else None
        if not isinstance(name, str) or len(name) > 200:
            raise ProtocolError("every input must be an object with a 'name'")
        if name in arrays:
            raise ProtocolError(f"input '{name}' comes twice")
        shape = datatypes.shape_of(tensor.get("shape"), name)
        datatype = tensor.get("datatype")
        datatypes.dtype_of(datatype, name)
        parameters = _parameters(tensor, f"input '{name}'")
        if "shared_memory_region" in parameters:
            view = regions.view(parameters, name)
            arrays[name] = datatypes.from_bytes(view, datatype, shape, name).copy()
            continue
        size = parameters.get("binary_data_size")
        if size is None:
            arrays[name] = datatypes.from_json(tensor.get("data"), datatype, shape, name)
            continue
        if type(size) is not int or not 0 <= size <= len(rest) - position:
            raise ProtocolError(f"input '{name}': binary_data_size must be a number up to {len(rest) - position}")
        if "data" in tensor:
            raise ProtocolError(f"input '{name}' has both data and binary_data_size")
        arrays[name] = datatypes.from_bytes(rest[position : position + size], datatype, shape, name)
        position += size
    if position != len(rest):
        raise ProtocolError(f"{len(rest) - position} bytes of the binary part belong to no input")
    return arrays


def _read_outputs(tensors: Any, binary: bool, regions: SharedRegions) -> list[WantedOutput] | None:
    if tensors is None:
        return None
    if not isinstance(tensors, list) or len(tensors) > MOST_TENSORS:
        raise ProtocolError("'outputs' must be a list")
    wanted: list[WantedOutput] = []
    for tensor in tensors:
        name = tensor.get("name") if isinstance(tensor, dict) else None
        if not isinstance(name, str):
            raise ProtocolError("every output must be an object with a 'name'")
        parameters = _parameters(tensor, f"output '{name[:80]}'")
        classes = parameters.get("classification", 0)
        if type(classes) is not int or not 0 <= classes <= 10_000:
            raise ProtocolError(f"output '{name[:80]}': classification must be a number of classes")
        region = None
        if "shared_memory_region" in parameters:
            region = str(parameters["shared_memory_region"]), regions.view(parameters, name[:80])
        wanted.append(WantedOutput(name, parameters.get("binary_data", binary) is True, classes, region))
    return wanted or None


def fit(request: InferRequest, predictor: Predictor) -> dict[str, Array]:
    """The inputs as the model takes them; ProtocolError names the one that does not fit.

    Numbers of another datatype are converted when the model wants floats; everything else must match.
    """
    specs = {spec.name: spec for spec in predictor.inputs}
    for name in request.inputs:
        if name not in specs:
            raise ProtocolError(f"the model has no input '{name[:80]}'; it wants {', '.join(specs)[:300]}")
    fitted = {}
    for name, spec in specs.items():
        if name not in request.inputs:
            raise ProtocolError(f"input '{name}' is missing")
        fitted[name] = _fit_one(request.inputs[name], spec)
    rows = {len(array) for array in fitted.values()}
    if len(rows) > 1:
        raise ProtocolError(f"the inputs differ in their number of rows: {sorted(rows)[:20]}")
    return fitted


def raw_elements(request: InferRequest, predictor: Predictor) -> list[bytes] | None:
    """The elements of a BYTES tensor for a network of one input, which are read as `predict` reads raw things."""
    if len(predictor.inputs) != 1 or len(request.inputs) != 1:
        return None
    array = request.inputs.get(predictor.inputs[0].name)
    if array is None or array.dtype.kind != "O":
        return None
    if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] != 1) or not len(array):
        raise ProtocolError(
            f"input '{predictor.inputs[0].name}': BYTES want shape [-1] or [-1, 1], one raw input an element, "
            f"got {list(array.shape)}"
        )
    return [bytes(element) for element in array.ravel()]


def wants_only(outputs: Sequence[WantedOutput] | None, predictor: Predictor) -> None:
    """Raise ProtocolError for an output that the model does not have, before anything is computed."""
    names = [spec.name for spec in predictor.outputs]
    for output in outputs or ():
        if output.name not in names:
            raise ProtocolError(f"the model has no output '{output.name[:80]}'; it has {', '.join(names)[:300]}")


def _fit_one(array: Array, spec: TensorSpec) -> Array:
    wanted = [-1, *spec.shape]
    agrees = array.ndim == len(wanted) and all(w in (-1, n) for w, n in zip(wanted, array.shape, strict=True))
    if not agrees or len(array) == 0:
        raise ProtocolError(f"input '{spec.name}': the model wants shape {wanted}, got {list(array.shape)}")
    dtype = datatype_of(spec)
    if array.dtype == dtype:
        return array
    if array.dtype.kind == "O" or dtype.kind != "f":
        raise ProtocolError(
            f"input '{spec.name}': the model wants {datatypes.name_of(dtype)}, got {datatypes.name_of(array.dtype)}"
        )
    return array.astype(dtype)
