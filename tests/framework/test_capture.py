"""CUDA graphs of a plan's parts, and batches on their way to a GPU: who does what when, on a made-up device."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from netwright import datasets, sym, templates
from netwright.device import cpu, gpu
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Strategy
from netwright.scheduler.capture import WARM_RUNS, CapturedProgram, why_not
from netwright.train.feeding import Feed, Samples
from netwright.train.transfer import Transfer


class Fed(np.ndarray[Any, Any]):
    """An array with the address that CuPy gives."""

    @property
    def data(self) -> Any:
        return SimpleNamespace(ptr=self.ctypes.data)


def fed(array: Any) -> Any:
    return np.ascontiguousarray(array).view(Fed)


class Cuda:
    """Streams that note what they are told; a captured graph runs the program's calls again."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.program: Any = None
        self.failing = self.capturing = False

    def MemoryPool(self) -> Any:
        return SimpleNamespace(malloc=None)

    @contextmanager
    def using_allocator(self, malloc: Any) -> Any:
        yield

    def Stream(self, non_blocking: bool) -> Any:
        cuda = self

        class Stream:
            def __enter__(self) -> None: ...
            def __exit__(self, *error: object) -> None: ...
            def begin_capture(self) -> None:
                cuda.told.append("begin")
                cuda.capturing = True

            def end_capture(self) -> Any:
                cuda.told.append("end")
                cuda.capturing = False
                if cuda.failing:
                    raise RuntimeError("operation not permitted when stream is capturing")
                start, end = cuda.program._span

                def launch() -> None:
                    cuda.told.append(f"launch {start}")
                    cuda.program._run(start, end)

                return SimpleNamespace(launch=launch)

        return Stream()


class Watched(CapturedProgram):
    """Remembers which calls are being captured; as on a device, nothing is computed meanwhile."""

    _span = (0, 0)

    def _run(self, start: int, end: int) -> None:
        if not self.xp.cuda.capturing:
            super()._run(start, end)

    def _capture(self, name: str, start: int, end: int) -> bool:
        self._span = (start, end)
        return super()._capture(name, start, end)


def program() -> tuple[Watched, Cuda, Compiled]:
    x = sym.FullyConnected(sym.Variable("data"), num_hidden=3, name="fc")
    net = sym.MakeLoss(sym.mean(sym.square(sym.tanh(x))), name="loss")
    known = {"data": TensorSpec((4, 5), np.dtype("f4"))}
    strategy = Strategy(native=False, capture=True)
    compiled = Compiled(net, known, train=True, wrt=["fc_weight", "fc_bias"], device=cpu(), strategy=strategy)
    cuda = Cuda()
    xp: Any = SimpleNamespace(cuda=cuda, empty=lambda shape, dtype: fed(np.empty(shape, dtype)), copyto=np.copyto)
    made = Watched(compiled.plan, xp)
    cuda.program = made
    return made, cuda, compiled


def step(made: CapturedProgram, compiled: Compiled, weights: dict[str, Any], data: Any) -> list[Any]:
    made.forward({**weights, "data": fed(data)})
    made.backward({})
    return made.take([v for v in compiled.gradients.values() if v is not None])


def expected(compiled: Compiled, weights: dict[str, Any], data: Any) -> list[Any]:
    plain = compiled.acquire()
    plain.forward({**weights, "data": data})
    plain.backward({})
    return [np.array(a) for a in plain.take([v for v in compiled.gradients.values() if v is not None])]  # type: ignore[arg-type]


def weights_and_batches() -> tuple[dict[str, Any], list[Any]]:
    rng = np.random.default_rng(0)
    weights = {"fc_weight": fed(rng.standard_normal((3, 5)).astype("f4")), "fc_bias": fed(np.zeros(3, "f4"))}
    return weights, [rng.standard_normal((4, 5)).astype("f4") for _ in range(8)]


def test_parts_are_captured_after_warm_runs_and_replayed() -> None:
    made, cuda, compiled = program()
    weights, batches = weights_and_batches()
    for i, batch in enumerate(batches):
        got = step(made, compiled, weights, batch)
        for want, found in zip(expected(compiled, weights, batch), got, strict=True):
            np.testing.assert_array_equal(found, want)
        weights["fc_weight"] += 0.1  # in place, as updates are
        if i < WARM_RUNS:
            assert cuda.told == []
    assert cuda.told.count("begin") == 2, "each part once, though every batch lies elsewhere"
    assert cuda.told.count(f"launch {compiled.plan.boundary}") == len(batches) - WARM_RUNS
    assert made.notice == ""


def test_a_weight_that_moves_is_captured_anew() -> None:
    made, cuda, compiled = program()
    weights, batches = weights_and_batches()
    for batch in batches[:4]:
        step(made, compiled, weights, batch)
    begun = cuda.told.count("begin")
    weights["fc_weight"] = fed(weights["fc_weight"] * 2)
    for batch in batches[4:6]:
        got = step(made, compiled, weights, batch)
        for want, found in zip(expected(compiled, weights, batch), got, strict=True):
            np.testing.assert_array_equal(found, want)
    assert cuda.told.count("begin") == begun + 2


def test_a_backward_graph_never_reads_what_another_forward_left() -> None:
    """An input that moves between the two parts: both graphs go, and the backward part waits for the next forward."""
    made, cuda, compiled = program()
    weights, batches = weights_and_batches()
    for batch in batches[:4]:
        step(made, compiled, weights, batch)
    made.forward({**weights, "data": fed(batches[4])})
    moved = fed(weights["fc_bias"].copy())
    begun = cuda.told.count("begin")
    made.backward({"fc_bias": moved})
    assert cuda.told.count("begin") == begun + 1
    weights["fc_bias"] = moved
    got = step(made, compiled, weights, batches[5])
    assert cuda.told.count("begin") == begun + 3, "forward anew, and therefore backward once more"
    for want, found in zip(expected(compiled, weights, batches[5]), got, strict=True):
        np.testing.assert_array_equal(found, want)
    Watched.observer = SimpleNamespace(begin=lambda: 0, step=lambda *a: None, run=lambda *a: None)
    try:
        launched = len([t for t in cuda.told if t.startswith("launch")])
        step(made, compiled, weights, batches[6])
        assert len([t for t in cuda.told if t.startswith("launch")]) == launched, "a profiler sees each step"
    finally:
        del Watched.observer


def test_what_cannot_be_captured_runs_call_by_call_and_is_told() -> None:
    made, cuda, compiled = program()
    cuda.failing = True
    weights, batches = weights_and_batches()
    for batch in batches[:5]:
        got = step(made, compiled, weights, batch)
        for want, found in zip(expected(compiled, weights, batch), got, strict=True):
            np.testing.assert_array_equal(found, want)
    assert cuda.told.count("begin") == 1
    assert "not permitted when stream is capturing" in made.notice
    assert made.notice in compiled.plan.notes


def test_results_are_copies() -> None:
    made, _, compiled = program()
    weights, batches = weights_and_batches()
    first = step(made, compiled, weights, batches[0])
    kept = [a.copy() for a in first]
    step(made, compiled, weights, batches[1])
    for a, b in zip(first, kept, strict=True):
        np.testing.assert_array_equal(a, b)


def test_which_plans_may_be_captured() -> None:
    plan = program()[2].plan
    assert why_not(plan) == "the device is no GPU"
    plan.device = gpu(0)
    assert why_not(plan) == ""
    known = {"data": TensorSpec((4, 5), np.dtype("f4"))}
    drop = Compiled(sym.Dropout(sym.Variable("data")), known, train=True, device=cpu()).plan
    drop.device = gpu(0)
    assert why_not(drop) == "it draws random numbers"
    assert Strategy.preset("fast").capture


# ---------------------------------------------------------------- batches ahead
class Placed(np.ndarray[Any, Any]):
    def set(self, array: Any, stream: Any) -> None:
        stream.told.append("copy")
        np.copyto(self, array)


class Device:
    def __init__(self, number: int) -> None:
        self.number = number

    def use(self) -> None: ...


def made_up() -> tuple[Any, list[str]]:
    told: list[str] = []

    class Stream:
        def __init__(self, non_blocking: bool = False) -> None:
            self.told = told

        def __enter__(self) -> None: ...
        def __exit__(self, *error: object) -> None: ...
        def wait_event(self, event: Any) -> None:
            told.append(f"after {event}")

        def synchronize(self) -> None:
            told.append("done")

        def record(self) -> str:
            told.append("mark")
            return f"mark {told.count('mark')}"

    cuda = SimpleNamespace(
        Stream=Stream,
        Device=Device,
        get_current_stream=Stream,
        alloc_pinned_memory=lambda size: bytearray(size),
    )
    return SimpleNamespace(cuda=cuda, empty=lambda shape, dtype: np.empty(shape, dtype).view(Placed)), told


@pytest.mark.parametrize("batch_size", [7, 64])
def test_batches_arrive_on_the_device_in_their_order(batch_size: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2000, 300)).astype("f4"), np.arange(2000)
    feed = Feed(Samples(x, y))
    xp, told = made_up()
    feed.transfer = Transfer(gpu(0), xp)
    order = rng.permutation(2000)
    got_y, batches = [], 0
    for bx, by in feed.batches(order, batch_size):
        assert isinstance(bx, Placed)
        np.testing.assert_array_equal(bx, x[by])
        got_y.append(np.array(by))
        batches += 1
    np.testing.assert_array_equal(np.concatenate(got_y), order)
    blocks = told.count("done")
    assert 1 < blocks < batches
    assert told.count("copy") == 2 * blocks
    assert told.count("mark") == blocks, "each copy waits for the steps that read what it writes over"
    assert told.index("after mark 1") < told.index("copy")


@pytest.mark.gpu
@pytest.mark.parametrize("strategy", ["balanced", "fast"])
def test_a_training_on_a_device_gives_the_cpus_losses(strategy: str) -> None:
    from netwright.train import GraphTask, TrainSettings, fit

    data = datasets.get("digits")
    losses = []
    for device, kind in (("cpu", "balanced"), ("gpu", strategy)):
        task = GraphTask(templates.get("mlp-digits").graph, data.info, Strategy.preset(kind))
        settings = TrainSettings(epochs=2, batch_size=32, seed=1, device=device)
        losses.append(fit(task, data.arrays("train"), settings=settings).metrics["train_loss"])
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
