"""Checkpoints under attack: killed while they are written, and damaged where they lie."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tests.trust.table import Form, Row, count_row

from netwright.errors import CheckpointError
from netwright.train import checkpoint

# The writer writes one checkpoint after the other and says before and after each which. Every second kill comes at one
# of its calls of the system (rename, fsync, unlink …), one after the other, the others at any moment.
WRITER = """
import os, shutil, signal, sys
from pathlib import Path
import numpy as np
from netwright.train import checkpoint

folder, begin, fatal = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
count, calls = -1, 0

def watched(call):
    def run(*arguments, **options):
        global count
        if count >= 0:
            count += 1
            if calls and count == 1 + 7 * fatal % calls:
                os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **options)
    return run

for name in ("rename", "replace", "fsync", "unlink", "rmdir", "mkdir", "open"):
    setattr(os, name, watched(getattr(os, name)))
for step in range(begin, begin + 1000):
    arrays = {"w": np.full(300_000, step, "float32"), "b": np.full(7, step, "float32")}
    print("writing", step, flush=True)
    count = 0 if fatal >= 0 and (step == begin + 3 or step >= begin + 4 + fatal % 2) else -1
    checkpoint.write(folder, step - step % 2, arrays, {"m": arrays["w"]}, {"n": step}, keep=3)
    if step == begin + 3:
        calls = count
    count = -1
    print("done", step, flush=True)
"""


def check(form: Form) -> Iterator[Row]:
    kills = form.times(50, 4)
    whole, tidy = 0, 0
    for number in range(kills):
        folder = form.folder / f"kill-{number}"
        fatal = number // 2 if number % 2 == 0 else -1
        done, torn = write_until_killed(folder, fatal, random.Random(number))
        found, damaged = checkpoint.read_latest(folder)
        whole += found is not None and not damaged and found.state["n"] in (done, torn) and is_of(found)
        checkpoint.clean(folder)
        tidy += not leftovers(folder)
        shutil.rmtree(folder)
    yield count_row("kill -9 inside a checkpoint's writing: the latest good one loads", whole, kills)
    yield count_row("nothing is left over after the next start", tidy, kills)
    yield from damage(form)


def write_until_killed(folder: Path, fatal: int, chance: random.Random) -> tuple[int, int]:
    """(the last step that was written, the one that was being written) by a process killed inside a write."""
    command = [sys.executable, "-c", WRITER, str(folder), "10", str(fatal)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        done, torn, chosen = 0, 0, 13 + chance.randrange(4)
        for line in writer.stdout:
            word, _, step = line.partition(" ")
            if word == "done":
                done = int(step)
            else:
                torn = int(step)
                if fatal < 0 and torn == chosen:
                    time.sleep(chance.random() * 0.012)
                    writer.kill()
                    for rest in writer.stdout:  # what it still said before it was gone
                        word, _, step = rest.partition(" ")
                        done, torn = (int(step), torn) if word == "done" else (done, int(step))
        writer.wait(30)
    assert done, "it was killed before it had written anything"
    return done, torn


def is_of(found: checkpoint.Checkpoint) -> bool:
    """All of its arrays are of one writing."""
    n = found.state["n"]
    return all(bool((array == n).all()) for array in (*found.weights.values(), *found.optimizer.values()))


def leftovers(folder: Path) -> list[str]:
    """What is no whole checkpoint."""
    names = {"weights.safetensors", "optimizer.safetensors", "state.json"}
    return [
        str(place)
        for place in folder.rglob("*")
        if place.name.startswith(".") or (place.is_dir() and {inner.name for inner in place.iterdir()} != names)
    ]


def damage(form: Form) -> Iterator[Row]:
    """Flip a bit, change a byte or cut one of the files of the newest checkpoint, anywhere."""
    tries, chance = form.times(100, 20), random.Random(3)
    folder = form.folder / "damaged"
    arrays = {"w": np.arange(2000, dtype="float32"), "b": np.zeros(3, "float32")}
    for step in (1, 2):
        checkpoint.write(folder, step, arrays, {"m": arrays["w"]}, {"n": step, "text": "a  b"})
    files = sorted(place for place in (folder / "step-2").iterdir())
    detected, told = 0, 0
    for number in range(tries):
        file = files[number % len(files)]
        whole = file.read_bytes()
        file.write_bytes(damaged(whole, number, chance))
        try:
            checkpoint.read(folder / "step-2", 2)
        except CheckpointError:
            detected += 1
        found, said = checkpoint.read_latest(folder)
        told += found is not None and found.step == 1 and any("step-2" in text for text in said)
        file.write_bytes(whole)
    assert checkpoint.read_latest(folder)[1] == [], "whole again, it is read again"
    yield count_row("a flipped or cut byte in a checkpoint is noticed", detected, tries)
    yield count_row("the one before is used, and that is said", told, tries)


def damaged(content: bytes, number: int, chance: random.Random) -> bytes:
    """The content with one thing wrong."""
    place = chance.randrange(len(content))
    if number % 4 == 0:
        return content[:place]
    if number % 4 == 1:
        return content[:place] + content[place + 1 :]
    changed = bytearray(content)
    changed[place] ^= 1 << chance.randrange(8) if number % 4 == 2 else chance.randrange(1, 256)
    return bytes(changed)
