"""The file of questions and answers, and how Netwright is asked the same."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from tests.framework.oracle.asking import Question
from tests.framework.oracle.drawing import draw, heads

from netwright import autograd
from netwright.ndarray.array import NDArray
from netwright.ndarray.invoke import invoke
from netwright.ops import get

FILE = Path(__file__).parent / "answers.npz"
Answer = dict[str, Any]
LOWEST = 3e38
"""Beyond it lies what stands for infinity, which says nothing of the size of the other numbers."""
SPARE_BITS = 8
"""Bits of float32 that are not kept: 15 of 23 stay, so that the file stays small."""


@dataclass(frozen=True)
class Case:
    """A question and what MXNet answered: ``output0``, …, ``gradient0``, …, ``changed0``, … (inputs it wrote to)."""

    number: int
    question: Question
    answer: Answer

    @property
    def id(self) -> str:
        return f"{self.number}-{describe(self.question)}"


def describe(question: Question) -> str:
    """A question in one line."""
    shapes = ",".join(str(i["shape"]) if "shape" in i else "given" for i in question["inputs"])
    params = ",".join(f"{k}={v}" for k, v in question["params"].items())
    return f"{question['op']}({shapes};{params};{question['dtype']})".replace(" ", "")


def ask_netwright(question: Question) -> Answer:
    """Netwright's answer, by the way of every user's call."""
    op = get(question["op"])
    arrays = [draw(i, question["dtype"], question["seed"] + n) for n, i in enumerate(question["inputs"])]
    before = [a.copy() for a in arrays]
    params = dict(question["params"])
    if op.variadic:
        params[op.variadic] = len(arrays)
    inputs = [NDArray(a) for a in arrays]
    with_gradients = question["grad"]
    if with_gradients:
        for n, (x, a) in enumerate(zip(inputs, arrays, strict=True)):
            if a.dtype.kind == "f" and n in (question.get("of") or range(len(arrays))):
                x.attach_grad()
    scope = autograd.record if with_gradients else autograd.pause
    with scope(train_mode=question["train"]):
        result = invoke(op, op.make_params(params), tuple(inputs))
    outputs = result if isinstance(result, list) else [result]
    found = {f"output{n}": o.asnumpy() for n, o in enumerate(outputs)}
    if with_gradients:
        weights = heads([o.shape for o in outputs], [o.dtype for o in outputs], question["seed"])
        pairs = [
            (o, NDArray(w)) for o, w in zip(outputs, weights, strict=True) if w is not None and o._entry is not None
        ]
        if pairs:
            autograd.backward([o for o, _ in pairs], [w for _, w in pairs], train_mode=question["train"])
        found |= {f"gradient{n}": x.grad.asnumpy() for n, x in enumerate(inputs) if x.grad is not None}
    for n, (x, a) in enumerate(zip(inputs, before, strict=True)):
        if not np.array_equal(x.asnumpy(), a, equal_nan=a.dtype.kind == "f"):
            found[f"changed{n}"] = x.asnumpy()
    return found


def is_close(question: Question, want: Any, got: Any) -> bool:
    """Whether two answers agree: shape, dtype, and values within the dtype's rounding."""
    if want.shape != got.shape or want.dtype != got.dtype:
        return False
    tolerance = 6e-3 if want.dtype == np.float16 or question["dtype"] == "float16" else 1e-4
    if want.dtype.kind != "f":
        return bool(np.array_equal(want, got))
    a, b = want.astype(np.float64), got.astype(np.float64)
    size = max(1.0, float(np.max(np.abs(a), initial=0.0, where=np.abs(a) < LOWEST)))
    return bool(np.allclose(b, a, rtol=tolerance, atol=tolerance * size, equal_nan=True))


def differing(question: Question, answer: Answer) -> list[str]:
    """The parts of an answer that Netwright gives otherwise."""
    with np.errstate(all="ignore"):  # NaN and infinity are asked on purpose
        got = ask_netwright(question)
    return sorted(
        part
        for part in answer.keys() | got.keys()
        if part not in answer or part not in got or not is_close(question, answer[part], got[part])
    )


def write(cases: Iterable[tuple[Question, Answer]]) -> None:
    """Write the file: the questions as JSON, the answers as one array for each dtype, the shapes beside them."""
    listed, parts, streams = [], [], {}
    for number, (question, answer) in enumerate(cases):
        listed.append(question)
        for name in sorted(answer):
            value = np.ascontiguousarray(answer[name])
            if value.dtype == np.float64:
                kept = _rounded(value.astype(np.float32))
            elif value.dtype == np.float32:
                kept = _rounded(value)
            else:
                kept = value
            parts.append([number, name, list(answer[name].shape), value.dtype.name])
            streams.setdefault(kept.dtype.name, []).append(kept.ravel())
    arrays = {name: np.concatenate(values) for name, values in streams.items()}
    text = np.frombuffer(json.dumps([listed, parts]).encode(), np.uint8)
    np.savez_compressed(os.fspath(FILE), text=text, **{k: _planes(v) for k, v in arrays.items()})


def _rounded(value: Any) -> Any:
    """float32 with the last bits 0 (rounded to nearest); infinities, NaN and what would become infinite as they are."""
    bits = value.view(np.uint32) if value.ndim else value.reshape(1).view(np.uint32)
    short = ((bits + (1 << (SPARE_BITS - 1))) >> SPARE_BITS << SPARE_BITS).astype(np.uint32).view(np.float32)
    short = short.reshape(value.shape)
    return np.where(np.isfinite(value) & np.isfinite(short), short, value).astype(np.float32)


def _planes(value: Any) -> Any:
    """Bytes sorted by their place in the number, which packs better."""
    return value.view(np.uint8).reshape(value.size, value.dtype.itemsize).T.copy()


def _unplanes(stored: Any, name: str) -> Any:
    return stored.T.copy().reshape(-1).view(name)


@cache
def read() -> list[Case]:
    """All cases."""
    with np.load(FILE) as stored:
        questions, parts = json.loads(stored["text"].tobytes())
        streams = {name: _unplanes(stored[name], name) for name in stored.files if name != "text"}
    at = dict.fromkeys(streams, 0)
    answers: list[Answer] = [{} for _ in questions]
    for number, name, shape, dtype in parts:
        stream = "float32" if dtype == "float64" else dtype
        size = int(np.prod(shape, dtype=np.int64))
        value = streams[stream][at[stream] : at[stream] + size].reshape(shape)
        at[stream] += size
        answers[number][name] = value.astype(dtype)
    return [Case(n, q, a) for n, (q, a) in enumerate(zip(questions, answers, strict=True))]
