"""KVStore: sums over devices, updates in the store. MXNET: what MXNet 1.9.1 gave for the same calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright.errors import ParamError


def ones(value: float = 1.0) -> mx.nd.NDArray:
    return mx.nd.full((2, 2), value)


def pulled(store: mx.kvstore.KVStore, key: int | str) -> float:
    out = mx.nd.zeros((2, 2))
    store.pull(key, out=out)
    assert np.ptp(out.asnumpy()) == 0
    return float(out[0, 0].asscalar())


@pytest.mark.parametrize("kind", ["local", "device"])
def test_push_replaces_by_the_sum_and_pull_copies(kind: str) -> None:
    store = mx.kv.create(kind)
    store.init(3, ones())
    store.push(3, [ones(), ones(2)])
    assert pulled(store, 3) == 3  # MXNET
    store.push(3, ones(5))
    assert pulled(store, 3) == 5  # MXNET
    assert (store.type, store.rank, store.num_workers) == (kind, 0, 1)


def test_the_store_updates_with_an_optimizer(tmp_path: Path) -> None:
    store = mx.kv.create("local")
    store.init("w", ones(5))
    store.set_optimizer(mx.optimizer.SGD(learning_rate=0.1, momentum=0.9))
    store.push("w", ones())
    assert pulled(store, "w") == pytest.approx(4.9)  # MXNET
    store.save_optimizer_states(str(tmp_path / "states"))
    store.push("w", ones())
    then = pulled(store, "w")
    other = mx.kv.create("local")
    other.init("w", ones(4.9))
    other.set_optimizer(mx.optimizer.SGD(learning_rate=0.1, momentum=0.9))
    other.load_optimizer_states(str(tmp_path / "states"))
    other.push("w", ones())
    assert pulled(other, "w") == pytest.approx(then)
    assert then == pytest.approx(4.9 - 0.19)


def test_lists_of_keys_pushpull_and_broadcast() -> None:
    store = mx.kv.create()
    a, b = ones(0), ones(0)
    store.broadcast(["a", "b"], [ones(1), ones(2)], out=[a, [b]])
    assert (a[0, 0].asscalar(), b[0, 0].asscalar()) == (1, 2)
    store.pushpull("a", [ones(3), ones(4)], out=a)
    assert a[1, 1].asscalar() == 7
    mine = ones(9)
    store.pushpull("b", mine)
    assert mine[0, 0].asscalar() == 9


def test_an_updater_of_ones_own() -> None:
    store = mx.kv.create()
    store._set_updater(lambda key, pushed, stored: stored._write((stored + 2 * pushed)._data))
    store.init(0, ones(1))
    store.push(0, ones(3))
    assert pulled(store, 0) == 7


def test_misuse_is_explained() -> None:
    store = mx.kv.create()
    store.init(1, ones())
    with pytest.raises(mx.MXNetError, match="key 1 is there already"):
        store.init(1, ones())
    with pytest.raises(mx.MXNetError, match="keys are all numbers or all texts"):
        store.init("a", ones())
    with pytest.raises(mx.MXNetError, match=r"there is no key 2.*Known: 1; use init\(\)"):
        store.push(2, ones())
    with pytest.raises(mx.MXNetError, match=r"wanted \(2, 2\), got \(3,\)"):
        store.push(1, mx.nd.ones(3))
    with pytest.raises(mx.MXNetError, match="Training runs on the devices of one machine"):
        mx.kv.create("dist_sync")
    with pytest.raises(mx.MXNetError, match=r"Call set_optimizer\(\) first"):
        store.save_optimizer_states("x")


# ---------------------------------------------------------------- compression and stores of one's own
def test_two_bits_keep_what_they_left_out() -> None:
    """Values of MXNet 1.9.1: two devices, then one, three times."""
    store = mx.kv.create("device")
    store.set_gradient_compression({"type": "2bit", "threshold": 0.5})
    store.init("a", mx.nd.zeros(6))
    wanted = [
        [0, 0.5, 0.5, 0, -0.5, -1],
        [0, 0.5, 0.5, -0.5, -0.5, -0.5],
        [0.5, 1, 1, -0.5, -1, -1],
        [0, 0.5, 0.5, -0.5, -0.5, -0.5],
        [0.5, 0, 0.5, -1, 0, -1],
        [0, 0, 0, 0, 0, -0.5],
    ]
    found, out = [], mx.nd.zeros(6)
    for values in ([0.2, 0.5, 0.7, -0.4, -0.5, -3], [0.2, 0.5, 0.7, -0.4, -0.5, -3], [0.2, 0, 0, -0.4, 0, 0]):
        gradient = mx.nd.array(values)
        for given in ([gradient, gradient * 0.5], gradient):
            store.push("a", given)
            store.pull("a", out=out)
            found.append(out.asnumpy())
    np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "params", "words"),
    [
        ("local", {"type": "2bit"}, "only a 'device' store compresses gradients"),
        ("device", {"type": "3bit"}, "wanted 2bit, got '3bit'"),
        ("device", {"type": "2bit", "threshold": -1}, "the threshold must be positive"),
    ],
)
def test_compression_that_is_refused(kind: str, params: dict[str, Any], words: str) -> None:
    with pytest.raises(ParamError, match=words):
        mx.kv.create(kind).set_gradient_compression(params)


def test_a_key_given_twice_is_added_up() -> None:
    store = mx.kv.create()
    store.init(5, mx.nd.zeros(2))
    store.push([5, 5], [mx.nd.ones(2) * 2, mx.nd.ones(2) * 3])
    out = mx.nd.zeros(2)
    store.pull(5, out=out)
    assert out.asnumpy().tolist() == [5, 5]  # as in MXNet


def test_stores_of_ones_own() -> None:
    @mx.kv.KVStoreBase.register
    class Recorder(mx.kv.TestStore):
        pass

    try:
        assert isinstance(mx.kv.create("recorder"), Recorder)
    finally:
        del mx.kv.KVStoreBase.kv_registry["recorder"]
    with pytest.raises(ParamError, match="only a KVStoreBase can be registered"):
        mx.kv.KVStoreBase.register(int)  # type: ignore[type-var]
    store, out = mx.kv.create("teststore"), [mx.nd.zeros(2), mx.nd.zeros(2)]
    store.broadcast("x", mx.nd.ones(2), out=out)
    store.pushpull("x", out)
    assert [o.asnumpy().tolist() for o in out] == [[2, 2], [2, 2]]
    assert (store.type, store.rank, store.num_workers, store.is_capable("optimizer")) == ("teststore", 0, 1, False)
    with pytest.raises(ParamError, match="unknown capability"):
        store.is_capable("fly")
    with pytest.raises(TypeError, match="the name is a text"):
        mx.kv.create(3)  # type: ignore[arg-type]
    for act in (lambda: mx.kv.KVStoreBase().rank, lambda: mx.kv.KVStoreBase().set_optimizer(None)):
        with pytest.raises(NotImplementedError):
            act()
