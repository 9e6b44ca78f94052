"""The machine that walks an instruction table: phases of kernel calls, each phase shared among threads.

A job is a table of int64 words whose addresses lead to the others (``JOB`` names them):

- phases, ``(kind, first, end)``: instructions that every shard runs (SHARDS: rows of the batch; LANES: slices of a
  tensor), or that run once (ONCE). After each phase every thread waits for all others.
- instructions, ``(kernel, first argument, count of arguments)``.
- arguments, ``(kind, a, b, c, d)``: what a word of the call becomes for a shard, see ``ARGUMENT``.
- addresses, one row of them a shard; rows, the number of samples of each shard.

Shards are dealt out to lanes (shard s to lane s mod lanes), lanes to threads: what is summed where, and in which
order, depends on lanes alone. So a run gives the same bits whatever threads there are.
"""

from __future__ import annotations

import platform
from enum import IntEnum
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, register_jitable

from .intrinsics import atomic_add, atomic_load, atomic_store, call_kernel, call_plain, i64


class Phase(IntEnum):
    """Who runs a phase's instructions."""

    SHARDS = 0
    ONCE = 1
    LANES = 2


class Argument(IntEnum):
    """What a word becomes, from its four numbers."""

    CONSTANT = 0
    """a."""
    ADDRESS = 1
    """The shard's address number a, b bytes further."""
    ROWS = 2
    """a times the shard's samples."""
    ACCUMULATE = 3
    """1 where an earlier shard of the same lane has begun the sums, else 0."""
    SLICE_ADDRESS = 4
    """The address number a, moved by d bytes for each of the elements before the lane's slice of b, in steps of c."""
    SLICE_COUNT = 5
    """How many of a elements the lane's slice has, in steps of b."""
    ROW_START = 6
    """a times the number of the shard's first sample."""


class Job(IntEnum):
    """Words of a job."""

    PHASES = 0
    INSTRUCTIONS = 1
    ARGUMENTS = 2
    ADDRESSES = 3
    OPERANDS = 4
    SHARDS = 5
    LANES = 6
    ROWS = 7
    STARTS = 8
    FIRST_PHASE = 9
    END_PHASE = 10
    ARRIVED = 11
    SCRATCH = 12
    YIELD = 13


JOB_WORDS = 14
CELL_WORDS = 8
"""Words of a helper thread's cell: one cache line."""
PHASE_WORDS, INSTRUCTION_WORDS, ARGUMENT_WORDS = 3, 3, 5
MAX_ARGUMENTS = 64
"""Words of one call."""
PATIENCE = 4000
"""Rounds of waiting before the core is offered to others: some tens of microseconds."""

(PHASES, INSTRUCTIONS, ARGUMENTS, ADDRESSES, OPERANDS, SHARDS, LANES, ROWS, STARTS, FIRST, END, ARRIVED, SCRATCH,
 YIELD) = (int(word) for word in Job)  # fmt: skip
ONCE, BY_LANES = int(Phase.ONCE), int(Phase.LANES)
A_CONSTANT, A_ADDRESS, A_ROWS, A_ACCUMULATE, A_SLICE_ADDRESS, A_SLICE_COUNT, A_ROW_START = (
    int(kind) for kind in Argument
)


@intrinsic
def pause(typing: Any) -> Any:
    """Tell the processor that this thread waits in a loop (where it has such a word)."""
    machine = platform.machine().lower()

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if machine in ("x86_64", "amd64"):
            function = builder.module.declare_intrinsic("llvm.x86.sse2.pause", (), ir.FunctionType(ir.VoidType(), []))
            builder.call(function, [])
        elif machine in ("aarch64", "arm64"):
            kind = ir.FunctionType(ir.VoidType(), [ir.IntType(32)])
            builder.call(builder.module.declare_intrinsic("llvm.aarch64.hint", (), kind), [ir.IntType(32)(1)])
        return context.get_dummy_value()

    return types.void(), generate


@register_jitable
def wait_until(address: int, wanted: int, give_way: int) -> None:
    """Wait until the counter at ``address`` has reached ``wanted``."""
    rounds = 0
    while atomic_load(address) < wanted:
        rounds += 1
        if rounds < PATIENCE or give_way == 0:
            pause()
        else:
            call_plain(give_way)


@register_jitable(inline="always")
def slice_of(count: int, grain: int, lane: int, lanes: int) -> tuple[int, int]:
    """(first element, number of elements) of the lane's part of ``count``, in steps of ``grain``."""
    each = (count + lanes - 1) // lanes
    each = (each + grain - 1) // grain * grain
    start = min(lane * each, count)
    return start, min(each, count - start)


@register_jitable
def run_instructions(job: Any, first: int, end: int, shard: int, words_at: int) -> None:
    """The instructions of a phase for one shard (or lane)."""
    instructions = i64(job[INSTRUCTIONS], end * 3)
    addresses = i64(job[ADDRESSES] + shard * job[OPERANDS] * 8, job[OPERANDS])
    lanes = job[LANES]
    words = i64(words_at, MAX_ARGUMENTS)
    rows, start_row = i64(job[ROWS], job[SHARDS])[shard], i64(job[STARTS], job[SHARDS])[shard]
    for i in range(first, end):
        count = instructions[3 * i + 2]
        arguments = i64(job[ARGUMENTS] + instructions[3 * i + 1] * 40, count * 5)
        for j in range(count):
            kind, a = arguments[5 * j], arguments[5 * j + 1]
            if kind == A_CONSTANT:
                word = a
            elif kind == A_ADDRESS:
                word = addresses[a] + arguments[5 * j + 2]
            elif kind == A_ROWS:
                word = rows * a
            elif kind == A_ACCUMULATE:
                word = 1 if shard >= lanes else 0
            elif kind == A_SLICE_ADDRESS:
                start, _ = slice_of(arguments[5 * j + 2], arguments[5 * j + 3], shard % lanes, lanes)
                word = addresses[a] + start * arguments[5 * j + 4]
            elif kind == A_SLICE_COUNT:
                _, word = slice_of(a, arguments[5 * j + 2], shard % lanes, lanes)
            else:
                word = start_row * a
            words[j] = word
        call_kernel(instructions[3 * i], words_at)


@njit(types.void(types.int64, types.int64, types.int64), nogil=True, cache=True)
def run_job(job_at: int, thread: int, threads: int) -> None:
    """This thread's part of a job; ``threads`` of them must run it."""
    job = i64(job_at, JOB_WORDS)
    lanes, shards = job[LANES], job[SHARDS]
    words_at = job[SCRATCH] + thread * MAX_ARGUMENTS * 8
    barriers = 0
    for phase in range(job[FIRST], job[END]):
        facts = i64(job[PHASES] + phase * 24, 3)
        if facts[0] == ONCE:
            if thread == 0:
                run_instructions(job, facts[1], facts[2], 0, words_at)
        else:
            for lane in range(thread, lanes, threads):
                if facts[0] == BY_LANES:
                    run_instructions(job, facts[1], facts[2], lane, words_at)
                else:
                    for shard in range(lane, shards, lanes):
                        run_instructions(job, facts[1], facts[2], shard, words_at)
        if threads > 1 and phase + 1 < job[END]:
            barriers += 1
            atomic_add(job[ARRIVED], 1)
            wait_until(job[ARRIVED], barriers * threads, job[YIELD])


@njit(types.int64(types.int64, types.int64, types.int64, types.int64), nogil=True, cache=True)
def serve(cell_at: int, thread: int, done: int, patience: int) -> int:
    """A helper thread: run jobs as it is called for them; give the number of the last when none came for a while.

    Its cell: (number of the job, its address, its threads, address of the counter of finished parts).
    """
    cell = i64(cell_at, CELL_WORDS)
    rounds = 0
    while rounds < patience:
        called = atomic_load(cell_at)
        if called > done:
            done = called
            run_job(cell[1], thread, cell[2])
            atomic_add(cell[3], 1)
            rounds = 0
        else:
            rounds += 1
            pause()
    return done


@njit(types.void(types.int64, types.int64, types.int64, types.int64), cache=True)
def call_for(cell_at: int, number: int, job_at: int, threads: int) -> None:
    """Call the helper thread of that cell to a job."""
    cell = i64(cell_at, CELL_WORDS)
    cell[1] = job_at
    cell[2] = threads
    atomic_store(cell_at, number)


@njit(types.void(types.int64, types.int64, types.int64, types.int64), nogil=True, cache=True)
def lead(job_at: int, threads: int, finished_at: int, give_way: int) -> None:
    """The calling thread: run its own part, then wait for the others'."""
    run_job(job_at, 0, threads)
    wait_until(finished_at, threads - 1, give_way)
