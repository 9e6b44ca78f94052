"""An optimizer's update of many weights in one launch: the kernels, and how updates are gathered, without a device."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.framework.cuda_host import COMPILER, Host

import netwright as mx
from netwright.kernels.cuda import nvrtc
from netwright.kernels.cuda.launch import THREADS
from netwright.kernels.cuda.lists import CHUNK, ListKernel, chunks_of, list_kernel, split_params
from netwright.kernels.cuda.sources import common
from netwright.ndarray.array import NDArray
from netwright.ops import get
from netwright.optimizer import gathering

PARAMS: dict[str, dict[str, Any]] = {
    "sgd_update": {},
    "sgd_mom_update": {"momentum": 0.9},
    "nag_mom_update": {"momentum": 0.9},
    "signum_update": {"momentum": 0.9, "wd_lh": 0.01},
    "adam_update": {},
    "rmsprop_update": {},
    "rmspropalex_update": {},
    "ftrl_update": {},
    "ftml_update": {"t": 3},
}
SETTINGS: tuple[dict[str, Any], ...] = (
    {"lr": 0.1},
    {"lr": 0.1, "wd": 0.01, "rescale_grad": 0.25},
    {"lr": 0.1, "wd": 0.01, "rescale_grad": 0.25, "clip": 0.3},
)


def params(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """All of an operator's parameters; ``clip`` stands for the limit of the gradient under whatever name."""
    op = get(name)
    named = {k: v for k, v in given.items() if k != "clip"}
    if "clip" in given:
        named |= {n: given["clip"] for n in ("clip_gradient", "clip_grad") if n in op.Params.model_fields}
    p = op.make_params({**PARAMS[name], **named})
    return {field: getattr(p, field) for field in type(p).model_fields}


def kernel(name: str, given: dict[str, Any], dtype: str = "float32") -> ListKernel:
    return list_kernel(get(name), params(name, given), [dtype] * len(get(name).inputs))


ALL = {(name, i): kernel(name, given) for name in PARAMS for i, given in enumerate(SETTINGS)}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    return Host(tmp_path_factory.mktemp("updates"), common(), [k.source.removeprefix(common()) for k in ALL.values()])


def arrays_of(name: str, shape: Any, seed: int) -> list[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    states = [rng.random(shape) + more for more in (9, 1, 2)[: len(get(name).inputs) - 2]]  # n above g² in RMSProp
    return [a.astype("f4") for a in (rng.standard_normal(shape), rng.standard_normal(shape), *states)]


@pytest.mark.skipif(not COMPILER, reason="there is no C++ compiler")
@pytest.mark.parametrize("which", ALL, ids=str)
def test_a_list_is_updated_as_each_weight_would_be(host: Host, which: tuple[str, int]) -> None:
    """Weights of several sizes, one of more than a chunk, with rates of their own."""
    name, setting = which
    op = get(name)
    shapes = ((3, 4), (CHUNK + 5,), (7,))
    found = []
    for i, shape in enumerate(shapes):
        given = {**SETTINGS[setting], "lr": 0.1 * (i + 1)}
        found.append(gathering.Update(op, params(name, given), tuple(arrays_of(name, shape, i))))
    expected = []
    for update in found:
        copies = [a.copy() for a in update.arrays]
        result = op.forward(np, SimpleNamespace(**update.params), *copies)  # type: ignore[attr-defined]
        expected.append(result if isinstance(result, tuple) else (result,))
    chunks, addresses, numbers = gathering.tables(ALL[which], found)
    assert len(chunks) == 4
    host.run(ALL[which].name, [chunks, addresses, numbers], blocks=len(chunks), threads=3)
    for update, want in zip(found, expected, strict=True):
        for i, value in zip(ALL[which].results, want, strict=True):
            np.testing.assert_allclose(update.arrays[i], value, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(bool(nvrtc.why_not()), reason="NVRTC is not installed")
def test_they_compile() -> None:
    texts = dict.fromkeys(k.source.removeprefix(common()) for k in ALL.values())
    halves = [kernel("sgd_mom_update", SETTINGS[1], dtype).source.removeprefix(common()) for dtype in ("float16",)]
    found = nvrtc.compile_for(common() + "".join([*texts, *halves]), ("compute_80",))
    assert found["compute_80"] > 0


def test_another_rate_needs_no_other_kernel() -> None:
    one, other = (kernel("adam_update", {"lr": lr, "wd": 0.1, "beta1": b}) for lr, b in ((0.1, 0.9), (0.2, 0.8)))
    assert one is other
    assert {"lr", "wd", "beta1", "beta2", "epsilon"} <= set(one.numbers)
    assert kernel("adam_update", {"lr": 0.1}) is not one, "without decay there is nothing to add"
    assert split_params({"lr": 0.1, "wd": 0.0, "clip_gradient": -1.0, "lazy_update": True, "rescale_grad": 1.0}) == (
        {"wd": 0.0, "clip_gradient": -1.0, "lazy_update": True, "rescale_grad": 1.0},
        ("lr",),
    )


def test_chunks_cover_every_element_once() -> None:
    rows = chunks_of((5, 0, 2 * CHUNK + 1))
    assert rows.tolist() == [[0, 0, 5], [2, 0, CHUNK], [2, CHUNK, 2 * CHUNK], [2, 2 * CHUNK, 2 * CHUNK + 1]]


class FakeModule:
    """NumPy as if it were CuPy; launches are noted, and run as C++."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.launched = folder, 0

    def RawModule(self, code: str, options: Any, backend: str) -> Any:
        host = Host(self.folder, common(), [code.removeprefix(common())])

        def get_function(name: str) -> Any:
            def launch(grid: Any, block: Any, arguments: Any) -> None:
                assert block == (THREADS,)
                self.launched += 1
                host.run(name, arguments, blocks=grid[0])

            return launch

        return SimpleNamespace(get_function=get_function)

    asarray = staticmethod(np.asarray)


class Raw(np.ndarray[Any, Any]):
    """An array that says it lies on a device."""

    device = SimpleNamespace(id=0)


@pytest.mark.skipif(not COMPILER, reason="there is no C++ compiler")
@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_an_updater_launches_once_for_all_weights(name: str, tmp_path: Path) -> None:
    results = []
    for together in (False, True):
        rng = np.random.default_rng(0)
        optimizer = mx.optimizer.create(name, learning_rate=0.1, wd=0.01)
        updater = mx.optimizer.get_updater(optimizer)
        weights, grads = ([mx.nd.array(rng.standard_normal(s)) for s in ((3, 4), (5,))] for _ in range(2))
        for a in (*weights, *grads):
            a._data = a._data.view(Raw)
        xp = FakeModule(tmp_path)
        for step in range(2):
            if together:
                with gathering.gather(xp):
                    updater._each([0, 1], grads, weights)
                assert xp.launched == step + 1
            else:
                updater._each([0, 1], grads, weights)
        results.append([w.asnumpy() for w in weights])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    assert gathering.waiting() is None


def test_what_is_no_list_of_plain_updates_runs_by_itself() -> None:
    gathered = gathering.Gathered(np)
    dense = np.ones((4, 4), "f4")
    assert not gathered.take(get("sgd_update"), params("sgd_update", {"lr": 0.1}), [dense, dense[:2]])
    assert not gathered.take(get("sgd_update"), params("sgd_update", {"lr": 0.1}), [dense.T, dense.T])
    lamb = get("lamb_update_phase2")
    p = lamb.make_params({"lr": 0.1})
    named = {field: getattr(p, field) for field in type(p).model_fields}
    assert not gathered.take(lamb, named, [dense, dense, np.ones(1, "f4"), np.ones(1, "f4")])
    cpu = [mx.nd.ones((2,)), mx.nd.ones((2,))]
    assert not gathering.can_gather(mx.optimizer.SGD(), cpu, cpu)


@pytest.mark.gpu
def test_a_device_updates_as_the_host_does() -> None:
    results = []
    for device in (mx.cpu(), mx.gpu(0)):
        rng = np.random.default_rng(0)
        updater = mx.optimizer.get_updater(mx.optimizer.Adam(learning_rate=0.1, wd=0.01))
        weights, grads = (
            [mx.nd.array(rng.standard_normal(s), ctx=device) for s in ((300, 400), (5,))] for _ in range(2)
        )
        for _ in range(3):
            updater([0, 1], grads, weights)
        results.append([w.asnumpy() for w in weights])
        assert isinstance(weights[0], NDArray)
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-6)
