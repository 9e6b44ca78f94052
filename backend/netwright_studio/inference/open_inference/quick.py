"""The short way for requests that come again and again: heads are read once, answers need no coroutine.

A request that went the long way (access, headers, limits and all) leaves a ``Ticket`` behind. Whoever holds the
connection may hand in further bodies with it, as long as nothing else about the requests changes. The ticket itself
makes sure that the model is still the one that was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netwright_studio.inference.open_inference import datatypes, request, response
from netwright_studio.inference.open_inference.answers import Answer, answer_to
from netwright_studio.inference.open_inference.memory import SharedRegions
from netwright_studio.inference.open_inference.problems import ProtocolError
from netwright_studio.inference.open_inference.request import WantedOutput
from netwright_studio.inference.predictor import Array, Predictor, datatype_of
from netwright_studio.inference.server import LoadedModel, ModelServer

Respond = Callable[[Answer], None]

MOST_HEADS = 512
LONGEST_HEAD = 4096
LARGEST_JSON = 256 << 10
"""A larger body is better read in a thread."""
_ID = re.compile(rb'"id": ?"([A-Za-z0-9._:-]{1,128})"')


@dataclass(frozen=True, slots=True)
class _Slice:
    """Where an input lies in the binary part."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    count: int
    start: int


@dataclass(frozen=True, slots=True)
class _Head:
    """The JSON part of a request all of whose inputs follow it as raw bytes of the very types the model wants."""

    slices: tuple[_Slice, ...]
    size: int
    outputs: Sequence[WantedOutput] | None
    binary: bool

    def arrays(self, body: bytes, start: int) -> list[Array]:
        """Views of the request's inputs."""
        return [
            np.frombuffer(body, part.dtype, part.count, start + part.start).reshape(part.shape) for part in self.slices
        ]


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to ask one model more of the same. ``version`` is None where the newest was asked for."""

    server: ModelServer
    model: LoadedModel
    changes: int
    max_bytes: int
    regions: SharedRegions

    def submit(self, body: bytes, header_length: int | None, respond: Respond) -> bool:
        """Begin to answer; False when this request has to go the long way."""
        model = self.model
        if self.server.changes != self.changes or len(body) > self.max_bytes:
            return False
        if header_length is None:
            return len(body) <= LARGEST_JSON and self._submit_json(body, respond)
        if header_length > len(body) or header_length > LONGEST_HEAD:
            return False
        text, ident = body[:header_length], None
        found = _ID.search(text)
        if found is not None:
            ident = found.group(1).decode("ascii")
            text = text[: found.start()] + text[found.end() :]
        heads = model.caches.setdefault("heads", {})
        head = heads.get(text)
        if head is None:
            head = _read(body, header_length, model.predictor, ident)
            if len(heads) >= MOST_HEADS:
                heads.clear()
            heads[text] = head
        if not isinstance(head, _Head) or head.size != len(body) - header_length:
            return False

        def done(outputs: list[Array] | None, error: Exception | None) -> None:
            respond(_finish(model, ident, head.outputs, head.binary, outputs, error))

        model.batcher.submit(head.arrays(body, header_length), done)
        return True

    def _submit_json(self, body: bytes, respond: Respond) -> bool:
        model = self.model
        try:
            asked = request.parse(body, None, self.regions)
            if request.raw_elements(asked, model.predictor) is not None:
                return False
            request.wants_only(asked.outputs, model.predictor)
            fitted = request.fit(asked, model.predictor)
        except Exception as error:
            respond(answer_to(error))
            return True

        def done(outputs: list[Array] | None, error: Exception | None) -> None:
            respond(_finish(model, asked.ident, asked.outputs, asked.binary, outputs, error))

        model.batcher.submit([fitted[spec.name] for spec in model.predictor.inputs], done)
        return True


def _finish(
    model: LoadedModel,
    ident: str | None,
    wanted: Sequence[WantedOutput] | None,
    binary: bool,
    outputs: list[Array] | None,
    error: Exception | None,
) -> Answer:
    if outputs is None:
        return answer_to(error or RuntimeError())
    try:
        content, length = response.encode(model, ident, wanted, binary, outputs)
    except Exception as failure:
        return answer_to(failure)
    return Answer(content, head_length=length)


def _read(body: bytes, header_length: int, predictor: Predictor, ident: str | None) -> _Head | bool:
    """Read a head that has not been seen before; False for one that has to go the long way each time."""
    try:
        document = request.load(body[:header_length])
        asked = request.parse(body, header_length)
        request.wants_only(asked.outputs, predictor)
        fitted = request.fit(asked, predictor)
    except ProtocolError:
        return False  # the long way says what is wrong
    tensors = {tensor["name"]: tensor for tensor in document["inputs"]}
    if asked.ident != ident or any("binary_data_size" not in (t.get("parameters") or {}) for t in tensors.values()):
        return False
    starts, position = {}, 0
    for name, tensor in tensors.items():
        starts[name] = position
        position += tensor["parameters"]["binary_data_size"]
    slices = []
    for spec in predictor.inputs:
        array = asked.inputs[spec.name]
        if array.dtype != datatype_of(spec) or array.dtype.kind == "O":
            return False
        dtype = datatypes.DTYPES[tensors[spec.name]["datatype"]]
        slices.append(_Slice(dtype, fitted[spec.name].shape, array.size, starts[spec.name]))
    return _Head(tuple(slices), position, asked.outputs, asked.binary)
