"""The machine that walks an instruction table: phases of kernel calls, each phase shared among threads.

A job is a table of int64 words whose addresses lead to the others (``JOB`` names them):

- phases, ``(kind, first, end)``: instructions that every shard runs (SHARDS: rows of the batch; LANES: slices of a
  tensor), or that run once (ONCE). The next phase begins when all shards have been run.
- instructions, ``(kernel, first argument, count of arguments)``.
- arguments, ``(kind, a, b, c, d)``: what a word of the call becomes for a shard, see ``ARGUMENT``.
- addresses, one row of them a shard; rows, the number of samples of each shard.

Shards are dealt out to lanes (shard s to lane s mod lanes): what is summed where, and in which order, depends on lanes
alone. So a run gives the same bits whatever threads there are. Lanes are not dealt out: a thread claims the lane of its
number, then whatever nobody has begun, so that nobody waits for a thread that has no core. A claim is a word a phase
and lane that holds the number of the last run it was claimed in; finished lanes are counted through all runs. Nothing
is reset between runs, and a thread that comes when its run is over finds nothing to claim.
"""

from __future__ import annotations

import platform
from enum import IntEnum
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, register_jitable

from .intrinsics import atomic_add, atomic_load, atomic_store, atomic_swap, call_kernel, call_plain, i64
from .kernel import MachineCode


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
    """The address number a, c bytes further, moved by d bytes for each of the elements before the lane's slice of the
    elements that b counts, in steps of its last GRAIN_BITS bits."""
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
    FINISHED = 11
    SCRATCH = 12
    YIELD = 13
    CLAIMS = 14
    RUN = 15
    EACH_RUN = 16
    """Lanes of all phases together."""


JOB_WORDS = 17
CELL_WORDS = 8
"""Words of a helper thread's cell: one cache line."""
PHASE_WORDS, INSTRUCTION_WORDS, ARGUMENT_WORDS = 3, 3, 5
GRAIN_BITS, MOST_GRAIN = 16, (1 << 16) - 1
"""Of the word that holds how many elements a slice is of, and its grain."""
MAX_ARGUMENTS = 64
"""Words of one call."""
PATIENCE = 4000
"""Rounds of waiting before the core is offered to others: some tens of microseconds."""

(PHASES, INSTRUCTIONS, ARGUMENTS, ADDRESSES, OPERANDS, SHARDS, LANES, ROWS, STARTS, FIRST, END, FINISHED, SCRATCH,
 YIELD, CLAIMS, RUN, EACH_RUN) = (int(word) for word in Job)  # fmt: skip
ONCE, SHARED = int(Phase.ONCE), int(Phase.SHARDS)
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
        words_here = instructions[3 * i + 2]
        arguments = i64(job[ARGUMENTS] + instructions[3 * i + 1] * 40, words_here * 5)
        for j in range(words_here):
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
                count, grain = arguments[5 * j + 2] >> GRAIN_BITS, arguments[5 * j + 2] & MOST_GRAIN
                start, _ = slice_of(count, grain, shard % lanes, lanes)
                word = addresses[a] + arguments[5 * j + 3] + start * arguments[5 * j + 4]
            elif kind == A_SLICE_COUNT:
                _, word = slice_of(a, arguments[5 * j + 2], shard % lanes, lanes)
            else:
                word = start_row * a
            words[j] = word
        call_kernel(instructions[3 * i], words_at)


@register_jitable
def _begin(job_at: int, cells_at: int, threads: int, number: int) -> None:
    """Begin a new run of a job, and call the helper threads before ``threads`` to it: call ``number``."""
    atomic_add(job_at + RUN * 8, 1)
    for thread in range(1, threads):
        cell_at = cells_at + thread * CELL_WORDS * 8
        atomic_store(cell_at + 8, job_at)
        atomic_store(cell_at, number)


@register_jitable
def _run_job(job_at: int, thread: int) -> None:
    """Run what nobody else has claimed of a job; thread 0 returns when all of it is done."""
    job = i64(job_at, JOB_WORDS)
    run = atomic_load(job_at + RUN * 8)
    lanes, shards = job[LANES], job[SHARDS]
    words_at = job[SCRATCH] + thread * MAX_ARGUMENTS * 8
    finished = (run - 1) * job[EACH_RUN]
    for phase in range(job[FIRST], job[END]):
        facts = i64(job[PHASES] + phase * 24, 3)
        claims_at = job[CLAIMS] + phase * lanes * 8
        parts = 1 if facts[0] == ONCE else lanes
        for i in range(parts):
            lane = (thread + i) % parts
            if atomic_swap(claims_at + lane * 8, run - 1, run) != run - 1:
                continue
            if facts[0] == SHARED:
                for shard in range(lane, shards, lanes):
                    run_instructions(job, facts[1], facts[2], shard, words_at)
            else:
                run_instructions(job, facts[1], facts[2], lane, words_at)
            atomic_add(job[FINISHED], 1)
        finished += parts
        if thread == 0 or phase + 1 < job[END]:
            wait_until(job[FINISHED], finished, job[YIELD])


@register_jitable
def _serve(cell_at: int, thread: int, done: int, patience: int) -> int:
    """A helper thread: run jobs as it is called for them; give the number of the last when none came for a while.

    Its cell: (number of the call, address of the job, number of the last call that is answered).
    """
    rounds = 0
    while rounds < patience:
        called = atomic_load(cell_at)
        if called > done:
            done = called
            _run_job(atomic_load(cell_at + 8), thread)
            atomic_store(cell_at + 16, done)
            rounds = 0
        else:
            rounds += 1
            pause()
    return done


begin = MachineCode(_begin, types.void(types.int64, types.int64, types.int64, types.int64))
run_job = MachineCode(_run_job, types.void(types.int64, types.int64))
serve = MachineCode(_serve, types.int64(types.int64, types.int64, types.int64, types.int64))

FUNCTIONS = (begin, run_job, serve)
"""What a pool calls."""
