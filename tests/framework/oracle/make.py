"""Ask MXNet anew: ``python -m tests.framework.oracle.make PYTHON``, PYTHON being an interpreter that has MXNet 1.9.1.

Such an environment: Python 3.11, ``mxnet==1.9.1``, ``numpy<1.24``. A crash or hang inside MXNet costs one question.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tests.framework.oracle import frozen
from tests.framework.oracle.asking import Input, Question
from tests.framework.oracle.differences import having
from tests.framework.oracle.tables import all_tables

from netwright.ops import all_operators, find
from netwright.ops.operator import Draw, Operator, Sample

NOT_ASKED = {
    "_foreach": "takes a subgraph",
    "_while_loop": "takes a subgraph",
    "_cond": "takes a subgraph",
    "Dropout": "random",
    "_image_random_flip_left_right": "random",
    "_image_random_flip_top_bottom": "random",
    "_image_random_color_jitter": "random",
    "_image_random_lighting": "random",
    "reset_arrays": "crashes MXNet where no array is given to write to",
    "_adamw_update": "without out= MXNet gives memory that it never wrote",
    "_mp_adamw_update": "without out= MXNet gives memory that it never wrote",
}
WITHOUT_SLOPES: dict[str, tuple[Callable[[Question], bool], str]] = {
    "SequenceLast": (
        lambda question: len(question["inputs"]) == 1,
        "MXNet's gradient takes the lengths from where there are none, and writes behind its memory",
    ),
    "CTCLoss": (
        having(use_data_lengths=True, blank_label="last"),
        "MXNet leaves the slopes unwritten where a label is too long for its data; here they are 0, as the loss is",
    ),
}
"""Questions whose gradient is whatever lay in MXNet's memory: for results alone."""
KEPT_DTYPES = ("float32",)
"""Samples are asked in these dtypes only: others draw the same numbers."""


def described(d: Draw) -> Input:
    """A sample's input as a question's."""
    found: Input = {"shape": list(d.shape)}
    defaults = Draw(())
    for name in ("kind", "low", "high", "dtype"):
        if getattr(d, name) != getattr(defaults, name):
            found[name] = getattr(d, name)
    return found


def slopes(op: Operator, sample: Sample, dtype: str) -> list[int]:
    """The inputs of a sample whose gradients are asked for: floating-point data and weights, no indices or labels."""
    params = {k: v for k, v in sample.params.items() if k != op.variadic}
    draws = sample.draws()
    p = op.make_params({**params, op.variadic: len(draws)} if op.variadic else params)
    return [
        i
        for i, (port, d) in enumerate(zip(op.ports(p), draws, strict=True))
        if (d.dtype or dtype).startswith("f") and port.kind in ("data", "weight") and d.kind != "integer"
    ]


def from_samples() -> Iterator[Question]:
    """The operators' own samples, but for empty arrays, whose sizes MXNet takes for unknown ones."""
    for op in all_operators():
        if op.category == "random" and "pdf" not in op.name:
            continue
        for sample in op.samples():
            draws = sample.draws()
            for dtype in sample.dtypes:
                if any(0 in d.shape for d in draws) or (dtype.startswith("f") and dtype not in KEPT_DTYPES):
                    continue
                yield {
                    "op": op.name,
                    "inputs": [described(d) for d in draws],
                    "params": {k: v for k, v in sample.params.items() if k != op.variadic},
                    "dtype": dtype,
                    "train": sample.train,
                    "grad": bool(of := slopes(op, sample, dtype)),
                    "of": of,
                }


def questions() -> list[Question]:
    """All questions, each once, with a seed of its own."""
    found: dict[str, Question] = {}
    for question in (*from_samples(), *all_tables()):
        if question["op"] in NOT_ASKED:
            continue
        plain = json.loads(json.dumps(question))
        undefined, _ = WITHOUT_SLOPES.get(plain["op"], (None, ""))
        if undefined is not None and undefined(plain):
            plain |= {"grad": False, "of": None}
        text = json.dumps(plain, sort_keys=True)
        op = find(plain["op"])
        plain["seed"] = zlib.crc32(text.encode()) % 1_000_000
        if op is not None and op.variadic:
            plain["counter"] = op.variadic
        found.setdefault(text, plain)
    return list(found.values())


def answered(python: str, asked: list[Question], folder: Path) -> Iterator[tuple[Question, dict[str, Any] | None]]:
    """Each question with MXNet's answer; None where it crashed."""
    listing, first = folder / "questions.json", 0
    listing.write_text(json.dumps(asked))
    script = Path(__file__).with_name("mxnet_side.py")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}
    while first < len(asked):
        command = [python, os.fspath(script), os.fspath(listing), os.fspath(folder), str(first)]
        run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        lines = run.stdout.split()
        if not lines:
            sys.exit(f"MXNet did not start:\n{run.stderr[-2000:]}")
        first = len(asked) if run.returncode == 0 else int(lines[-1]) + 1
    for number, question in enumerate(asked):
        path = folder / f"{number}.npz"
        yield question, dict(np.load(path)) if path.is_file() else None


def main() -> None:
    """Ask, keep what was answered, say how much it is."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    kept, told = [], Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for question, answer in answered(sys.argv[1], questions(), Path(folder)):
            if answer is None or "refused" in answer:
                told["crashed" if answer is None else "refused"] += 1
                continue
            if "no_gradient" in answer:  # not differentiable there: the results count
                question = {**question, "grad": False}
                answer = {k: v for k, v in answer.items() if not k.startswith(("no_", "gradient"))}
            told["kept"] += 1
            kept.append((question, answer))
    frozen.write(kept)
    print(", ".join(f"{count} {what}" for what, count in told.items()), f"- {frozen.FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
