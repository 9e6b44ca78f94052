"""Calls of kernels as tables that the machine reads, bound to addresses, and run on the pool's threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .emit import Word, encode
from .kernel import Kernel
from .machine import ARGUMENT_WORDS, JOB_WORDS, MAX_ARGUMENTS, Job, Phase
from .threads import pool

Calls = Sequence[tuple[Kernel, tuple[Word, ...]]]


class Tables:
    """Instructions and arguments of some calls; kernels are loaded (KernelError where one cannot be)."""

    def __init__(self, calls: Calls) -> None:
        self.instructions = np.zeros((max(1, len(calls)), 3), np.int64)
        rows: list[tuple[int, ...]] = []
        for i, (kernel, words) in enumerate(calls):
            self.instructions[i] = kernel.address, len(rows), len(words)
            rows += [encode(word) for word in words]
        self.arguments = np.array(rows or [(0,) * ARGUMENT_WORDS], np.int64)


class Binding:
    """Where the operands of calls lie, for each shard: ``addresses[shard, operand]``, and the shards' rows."""

    def __init__(self, tables: Tables, operands: int, rows: Sequence[int], lanes: int | None = None) -> None:
        self.tables, self.lanes = tables, lanes or len(rows)
        self.rows = np.array(rows, np.int64)
        self.starts = np.concatenate(([0], np.cumsum(self.rows)[:-1])).astype(np.int64)
        self.addresses = np.zeros((len(rows), max(1, operands)), np.int64)
        self._words = np.zeros((self.lanes, MAX_ARGUMENTS), np.int64)

    def job(self, phases: Sequence[tuple[int, int, int]]) -> Callable[[], None]:
        """What runs these phases: (kind, first call, end)."""
        table, job = np.array(phases, np.int64), np.zeros(JOB_WORDS, np.int64)
        claims, finished = np.zeros(max(1, len(phases) * self.lanes), np.int64), np.zeros(8, np.int64)
        places = {
            Job.PHASES: table,
            Job.INSTRUCTIONS: self.tables.instructions,
            Job.ARGUMENTS: self.tables.arguments,
            Job.ADDRESSES: self.addresses,
            Job.ROWS: self.rows,
            Job.STARTS: self.starts,
            Job.FINISHED: finished,
            Job.CLAIMS: claims,
            Job.SCRATCH: self._words,
        }
        for word, array in places.items():
            job[word] = array.ctypes.data
        job[Job.OPERANDS] = self.addresses.shape[1]
        job[Job.SHARDS], job[Job.LANES] = len(self.rows), self.lanes
        job[Job.END_PHASE] = len(phases)
        job[Job.EACH_RUN] = sum(1 if kind == Phase.ONCE else self.lanes for kind, _, _ in phases)
        job[Job.YIELD] = pool().give_way
        lanes = self.lanes if any(kind != Phase.ONCE for kind, _, _ in phases) else 1
        run, at, kept = pool().run, int(job.ctypes.data), (table, job, claims, finished, self)
        return lambda: run(at, lanes, kept)
