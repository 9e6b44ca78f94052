"""Every registered optimizer against float64 references over five steps, and what all optimizers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.framework.references.steps import STEPS

import netwright as mx
from netwright import nd
from netwright.errors import CheckpointError, ParamError
from netwright.optimizer import Optimizer, Updater, create, get_updater, register, table

REGISTERED = sorted({cls.__name__ for cls in table.names().values()})
RANDOM = {"SGLD"}
"""Draw noise: their moments are tested elsewhere."""
COMMON: list[dict[str, Any]] = [
    {},
    {"wd": 0.1},
    {"rescale_grad": 0.5, "clip_gradient": 0.4},
    {"wd": 0.2, "rescale_grad": 2.0, "clip_gradient": 0.3},
]
CASES = [
    (name, {**more, **common})
    for name, (_, _, others) in STEPS.items()
    for more in ({}, *others)
    for common in COMMON
    if not (name == "GroupAdaGrad" and "wd" in common)  # takes none
]


def test_every_optimizer_has_a_reference() -> None:
    assert set(STEPS) | RANDOM == set(REGISTERED)


def drawn(steps: int = 5, shape: tuple[int, ...] = (3, 4)) -> tuple[Any, list[Any]]:
    rng = np.random.default_rng(0)
    return rng.normal(size=shape), [rng.normal(size=shape) for _ in range(steps)]


def by_reference(name: str, options: dict[str, Any], rate: float) -> Any:
    step, defaults, _ = STEPS[name]
    full = {"wd": 0.0, "rescale_grad": 1.0, "clip_gradient": None, "lr": rate, **defaults, **options}
    weight, gradients = drawn()
    state: dict[str, Any] = {}
    for t, gradient in enumerate(gradients, 1):
        weight = step(weight, gradient, state, t, full)
    return weight


def by_optimizer(optimizer: Optimizer, dtype: str = "float32") -> nd.NDArray:
    weight, gradients = drawn()
    update, w = get_updater(optimizer), nd.array(weight, dtype=dtype)
    for gradient in gradients:
        update(0, nd.array(gradient, dtype=dtype), w)
    return w


@pytest.mark.parametrize(("name", "options"), CASES, ids=lambda v: v if isinstance(v, str) else str(v))
def test_five_steps(name: str, options: dict[str, Any]) -> None:
    found = by_optimizer(create(name, learning_rate=0.05, **options))
    wanted = by_reference(name, options, 0.05)
    np.testing.assert_allclose(found.asnumpy(), wanted, rtol=2e-4, atol=2e-6)
    assert found.dtype is np.float32
    start, _ = drawn()
    assert np.abs(found.asnumpy() - start).max() > 1e-5


@pytest.mark.parametrize("name", STEPS)
def test_defaults(name: str) -> None:
    optimizer = create(name)
    found = by_optimizer(optimizer)
    np.testing.assert_allclose(found.asnumpy(), by_reference(name, {}, optimizer.lr), rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("name", STEPS)
def test_float64_weights_are_updated_in_float64(name: str) -> None:
    found = by_optimizer(create(name, learning_rate=0.05), "float64")
    assert found.dtype is np.float64
    np.testing.assert_allclose(found.asnumpy(), by_reference(name, {}, 0.05), rtol=2e-6)


@pytest.mark.parametrize("name", REGISTERED)
def test_multi_precision_keeps_a_float32_copy(name: str) -> None:
    optimizer = create(name, learning_rate=0.05, multi_precision=True)
    weight, gradients = drawn()
    update, w = get_updater(optimizer), nd.array(weight, dtype="float16")
    single = nd.array(w, dtype="float32")
    other = get_updater(create(name, learning_rate=0.05))
    for number, gradient in enumerate(gradients):
        half = nd.array(gradient, dtype="float16")
        mx.random.seed(number)
        update(0, half, w)
        mx.random.seed(number)
        other(0, half.astype("float32"), single)
    master = update.states[0][0 if optimizer.master_first else 1]
    assert (w.dtype, master.dtype) == (np.float16, np.float32)
    np.testing.assert_allclose(master.asnumpy(), single.asnumpy(), rtol=1e-6)
    np.testing.assert_array_equal(w.asnumpy(), master.asnumpy().astype(np.float16))


@pytest.mark.parametrize("name", REGISTERED)
def test_states_go_on_where_they_were_saved(name: str) -> None:
    schedule = {"lr_scheduler": None}
    weight, gradients = drawn(6)

    def fresh() -> Updater:
        schedule["lr_scheduler"] = mx.lr_scheduler.FactorScheduler(1, 0.8, base_lr=0.05)  # type: ignore[assignment]
        decay = 0.0 if name == "GroupAdaGrad" else 0.01
        return get_updater(create(name, learning_rate=0.05, wd=decay, **schedule))

    def run(update: Updater, w: nd.NDArray, part: list[Any]) -> None:
        for number, gradient in enumerate(part):
            mx.random.seed(number)
            update("w", nd.array(gradient), w)

    first, w = fresh(), nd.array(weight)
    run(first, w, gradients[:3])
    arrays, facts, kept = first.arrays(), first.optimizer.state_dict(), w.copy()
    run(first, w, gradients[3:])
    second = fresh()
    second.optimizer.load_state_dict(facts)
    second.load_arrays(arrays, {"w": kept})
    run(second, kept, gradients[3:])
    np.testing.assert_array_equal(kept.asnumpy(), w.asnumpy())


@pytest.mark.parametrize("name", [n for n in STEPS if n not in ("SGD", "ccSGD", "NAG", "LBSGD")])
def test_states_of_another_optimizer_are_refused(name: str) -> None:
    optimizer = create(name)
    optimizer.load_state_dict({**optimizer.state_dict(), "counts": [["w", 3]], "num_update": 3})
    if optimizer.create_state("w", nd.ones((2,))) is None:
        return
    with pytest.raises(CheckpointError, match=r"w: the optimizer's state is of another optimizer or network"):
        get_updater(optimizer).load_arrays({}, {"w": nd.ones((2,))})


@pytest.mark.parametrize("name", REGISTERED)
@pytest.mark.parametrize("whole", [False, True], ids=["states", "with the optimizer"])
def test_states_travel_as_bytes(name: str, whole: bool) -> None:
    schedule = mx.lr_scheduler.FactorScheduler(1, 0.8, base_lr=0.05)
    weight, gradients = drawn(4)
    first, w = get_updater(create(name, lr_scheduler=schedule)), nd.array(weight)
    for number, gradient in enumerate(gradients[:3]):
        mx.random.seed(number)
        first(0, nd.array(gradient), w)
    second = get_updater(create("sgd", learning_rate=7) if whole else first.optimizer)
    second.set_states(first.get_states(dump_optimizer=whole))
    assert second.states_synced == {0: False}
    assert type(second.optimizer) is type(first.optimizer)
    other = w.copy()
    mx.random.seed(9)
    second(0, nd.array(gradients[3]), other)
    if not whole:  # the optimizer is shared: the update above was counted
        first.optimizer._index_update_count[0] -= 1
        first.optimizer.num_update -= 1
        if name == "Nadam":
            return  # its schedule went on as well
    mx.random.seed(9)
    first(0, nd.array(gradients[3]), w)
    np.testing.assert_array_equal(other.asnumpy(), w.asnumpy())
    with pytest.raises(CheckpointError, match=r"Updater\.set_states: this is not a whole safetensors file"):
        second.set_states(b"nothing")


# ---------------------------------------------------------------- what all share
def test_weights_that_were_never_updated_have_no_state_to_load() -> None:
    update = get_updater(create("adam"))
    update.load_arrays({}, {"w": nd.ones((2,))})
    assert update.states == {}
    update("w", nd.ones((2,)), nd.ones((2,)))
    assert sorted(update.arrays()) == ["w/0", "w/1"]


def test_lists_of_weights() -> None:
    weights = [nd.ones((2,)), nd.ones((3,))]
    get_updater(create("sgd", learning_rate=0.5))(["a", "b"], [nd.ones((2,)), nd.ones((3,)) * 2], weights)
    assert [w.asnumpy().tolist() for w in weights] == [[0.5, 0.5], [0, 0, 0]]


def test_multipliers_by_name_index_and_parameter() -> None:
    optimizer = create("sgd", learning_rate=1.0, param_idx2name={0: "a_weight", 1: "b_weight"})
    optimizer.set_lr_mult({"a_weight": 0.5, 1: 0.25})
    update = get_updater(optimizer)
    weights = [nd.zeros((1,)) for _ in range(3)]
    for i, w in enumerate(weights):
        update(i, nd.ones((1,)), w)
    assert [float(w) for w in weights] == [-0.5, -0.25, -1]
    p = mx.gluon.Parameter("p", shape=(1,), lr_mult=3, wd_mult=2)
    optimizer = create("sgd", learning_rate=1.0, wd=0.5, param_dict={0: p})
    assert (optimizer._get_lr(0), optimizer._get_wd(0)) == (3.0, 1.0)


def test_rates() -> None:
    optimizer = create("sgd")
    assert optimizer.learning_rate == 0.01
    optimizer.set_learning_rate(0.3)
    assert optimizer.learning_rate == 0.3
    schedule = mx.lr_scheduler.FactorScheduler(step=2, factor=0.5, base_lr=1.0)
    optimizer = mx.optimizer.SGD(lr_scheduler=schedule)
    assert optimizer.learning_rate == 1.0  # the schedule's own rate, as nobody gave another
    update, w = get_updater(optimizer), nd.zeros((1,))
    rates = []
    for _ in range(6):
        before = float(w)
        update(0, nd.ones((1,)), w)
        rates.append(before - float(w))
    assert rates == pytest.approx([1, 1, 0.5, 0.5, 0.25, 0.25])
    with pytest.raises(UserWarning, match="the learning rate is set by a scheduler"):  # MXNet's kind of error
        optimizer.set_learning_rate(0.1)
    with pytest.raises(ParamError, match=r"the learning rate is set by a scheduler\. Change lr_scheduler\.base_lr"):
        optimizer.set_learning_rate(0.1)
    assert mx.optimizer.SGD(learning_rate=0.2, lr_scheduler=schedule).learning_rate == pytest.approx(0.2)
    assert schedule.base_lr == 0.2


def test_begin_num_update() -> None:
    optimizer = create("adam", begin_num_update=10)
    get_updater(optimizer)(0, nd.ones((1,)), nd.ones((1,)))
    assert optimizer.num_update == 11


def test_an_optimizer_of_one_s_own() -> None:
    @register("halver")
    class Halving(Optimizer):
        def create_state(self, index: Any, weight: nd.NDArray) -> Any:
            return nd.zeros((1,))

        def step(self, weight: nd.NDArray, grad: nd.NDArray, state: Any, lr: float, wd: float, t: int) -> None:
            state += 1
            weight *= 0.5

    try:
        update, w = get_updater(create("halver", learning_rate=1)), nd.ones((2,))
        update("w", nd.zeros((2,)), w)
        update("w", nd.zeros((2,)), w)
        assert w.asnumpy().tolist() == [0.25, 0.25]
        assert float(update.states["w"]) == 2
        assert isinstance(create("Halving"), Halving)
    finally:
        for name in ("halver", "halving"):
            del table._classes[name]


def test_an_optimizer_in_mxnets_manner() -> None:
    @mx.optimizer.register
    class Walker(Optimizer):
        def update(self, index: Any, weight: nd.NDArray, grad: nd.NDArray, state: Any) -> None:
            self._update_count(index)
            weight[:] -= self._get_lr(index) * grad + self._get_wd(index) * self._index_update_count[index]

    try:
        assert Optimizer.opt_registry["walker"] is Walker
        update, w = get_updater(Optimizer.create_optimizer("Walker", learning_rate=0.5, wd=0.1)), nd.zeros((1,))
        for _ in range(2):
            update(3, nd.ones((1,)), w)
        assert float(w) == pytest.approx(-1.3)
    finally:
        del table._classes["walker"]


def test_float16_states_keep_mxnets_order() -> None:
    half = nd.ones((2,), dtype="float16")
    momentum, master = create("sgd", momentum=0.9, multi_precision=True).create_state_multi_precision(0, half)
    assert (float(momentum.sum()), master.asnumpy().tolist()) == (0, [1, 1])
    master, (mean, _) = create("adam", multi_precision=True).create_state_multi_precision(0, half)
    assert (float(mean.sum()), master.dtype) == (0, np.float32)


def test_lars_does_not_decay_gammas() -> None:
    names = {0: "a_weight", 1: "a_gamma", 2: "a_bias"}
    assert create("lars", param_idx2name=names).wd_mult == {"a_gamma": 0.0, "a_bias": 0.0}
    assert create("sgd", param_idx2name=names).wd_mult == {"a_bias": 0.0}


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda: create("adamm"), r"there is no optimizer 'adamm'\. Did you mean adam"),
        (lambda: create("sgd", speed=3), r"'speed'"),
        (lambda: create("sgd", learning_rate=-1), "learning_rate and wd cannot be negative"),
        (lambda: create("sgd", wd=-1), "learning_rate and wd cannot be negative"),
        (lambda: create("groupadagrad", wd=0.1).update(0, nd.ones((2, 2)), nd.ones((2, 2)), None), "no weight decay"),
        (lambda: create("lbsgd", warmup_strategy="cubic"), "wanted linear, power2, sqrt or lars, got 'cubic'"),
        (lambda: create("lbsgd", batch_scale=0), "batch_scale counts batches"),
        (lambda: create("sgd").set_lr_scale({}), "there is no set_lr_scale"),
        (lambda: create(create("sgd"), momentum=1), "the optimizer is made already"),
        (lambda: get_updater(Optimizer())(0, nd.ones((1,)), nd.ones((1,))), r"Optimizer has no step\(\)"),
    ],
)
def test_refusals(use: Callable[[], Any], words: str) -> None:
    with pytest.raises(ParamError, match=words):
        use()


def test_created_ones_are_given_back() -> None:
    optimizer = create("SGD")
    assert create(optimizer) is optimizer
