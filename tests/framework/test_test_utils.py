"""mx.test_utils: each check passes what is right and fails what is wrong."""

from __future__ import annotations

import gzip
import os
import re
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import test_utils as tu
from netwright.errors import DataError, ParamError


# ---------------------------------------------------------------- comparing
def test_tolerances_follow_the_coarser_type() -> None:
    """The numbers are MXNet 1.9.1's."""
    double, single, half = (np.ones(1, t) for t in ("float64", "float32", "float16"))
    assert tu.get_tols(double, double, None, None) == (1e-5, 1e-20)
    assert tu.get_tols(double, single, None, None) == (1e-4, 1e-3)
    assert tu.get_tols(half, single, None, None) == (1e-2, 1e-1)
    assert tu.get_tols(np.ones(1, "int32"), 1, None, None) == (0, 0)
    assert tu.get_tols(half, single, {np.dtype("float16"): 0.5}, 0.25) == (0.5, 0.25)
    assert (tu.get_rtol(None, np.float32), tu.get_atol(None, np.float16), tu.get_rtol(3)) == (1e-4, 0.1, 3)
    assert tu.almost_equal(np.float32(1), np.float32(1.001))
    assert not tu.almost_equal(np.float64(1), np.float64(1.001))


def test_an_error_shows_the_worst_places() -> None:
    a, b = np.ones((2, 3)), np.ones((2, 3))
    b[1, 2], b[0, 1] = 3, 2
    with pytest.raises(AssertionError) as caught:
        tu.assert_almost_equal(mx.nd.array(a), b, rtol=0.1, atol=0, names=("mine", "yours"))
    text = str(caught.value)
    assert "(mismatch 33.333333%)" in text
    assert "Location of maximum error: (1, 2), mine=1.00000000, yours=3.00000000" in text
    assert re.search(r"  2: Error 5\.0+  Location of error: \(0, 1\)", text)
    with pytest.raises(AssertionError) as caught:
        tu.assert_almost_equal(a, b, mismatches=(1, 1))
    assert "(0, 1)" not in str(caught.value)
    tu.assert_almost_equal_with_err(a, b, etol=0.4)
    with pytest.raises(AssertionError):
        tu.assert_almost_equal_with_err(a, b, etol=0.3)


@pytest.mark.parametrize(
    ("a", "b", "options", "equal"),
    [
        ([1.0, np.nan], [1.0, np.nan], {}, False),
        ([1.0, np.nan], [1.0, np.nan], {"equal_nan": True}, True),
        ([np.inf], [np.inf], {}, True),
        ([np.inf], [1.0], {}, False),
        ([[1.0, 1.0]], [1.0], {}, True),
        ([[1.0, 1.0]], [1.0], {"use_broadcast": False}, False),
        ([1.0, 2.0], [1.0, 2.0, 3.0], {}, False),
        ([True], [False], {}, False),
    ],
)
def test_odd_values(a: Any, b: Any, options: Any, equal: bool) -> None:
    if equal:
        tu.assert_almost_equal(np.array(a), np.array(b), **options)
    else:
        with pytest.raises(AssertionError):
            tu.assert_almost_equal(np.array(a), np.array(b), **options)


def test_small_comparisons() -> None:
    a, b = np.array([1.0, np.nan]), np.array([np.nan, 2.0])
    tu.assert_almost_equal_ignore_nan(a, b)
    with pytest.raises(AssertionError):
        tu.assert_allclose(np.ones(2), np.ones(2) + 1e-5)
    x = mx.nd.ones((2, 3))
    assert tu.same_array(x, x)
    assert not tu.same_array(x, x.copy())
    tu.assert_exception(mx.nd.ones, mx.MXNetError, (-1,))
    with pytest.raises(AssertionError, match="ValueError was not raised"):
        tu.assert_exception(mx.nd.ones, ValueError, (1,))
    tu.compare_ndarray_tuple((None, (x, x)), (x, (x, x)))
    with pytest.raises(AssertionError):
        tu.compare_ndarray_tuple((x, (x, x)), (x, (x, x + 1)))


# ---------------------------------------------------------------- arrays
def test_shapes_and_arrays() -> None:
    np.random.seed(0)
    assert {len(tu.rand_shape_nd(n, 4)) for n in range(4)} == {0, 1, 2, 3}
    shapes = [tu.rand_shape_3d(2, 3, 4, allow_zero_size=True) for _ in range(200)]
    assert {max(s[i] for s in shapes) for i in range(3)} == {2, 3, 4}
    assert min(map(min, shapes)) == 0
    assert min(min(tu.rand_shape_2d(2, 3)) for _ in range(50)) == 1
    assert all(2 <= x < 5 and 7 <= y < 9 for x, y in (tu.rand_coord_2d(2, 5, 7, 9) for _ in range(50)))
    assert tu.random_arrays((2, 3)).dtype == np.float32
    assert [a.shape for a in tu.random_arrays((2,), ())] == [(2,), ()]
    (uniform,) = tu.random_uniform_arrays((500,), low=2, high=3, dtype="float64")
    assert (uniform.min() >= 2, uniform.max() < 3, uniform.dtype) == (True, True, np.float64)
    assert sorted(tu.random_sample([1, 2, 3], 3)) == [1, 2, 3]
    with pytest.raises(ParamError, match="more than there are"):
        tu.random_sample([1], 2)
    data = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(tu.np_reduce(data, (0, 2), True, np.sum), data.sum((0, 2), keepdims=True))
    np.testing.assert_array_equal(tu.np_reduce(data, None, False, np.max), 23)
    np.testing.assert_array_equal(tu.collapse_sum_like(data, (3, 1)), data.sum((0, 2), keepdims=True)[0])
    np.testing.assert_array_equal(tu.assign_each2(data, data, lambda a, b: a * b), data**2)
    np.testing.assert_array_equal(tu.assign_each2(data, data, None), data)
    assert tu.create_2d_tensor(2, 3).asnumpy().tolist() == [[0, 0, 0], [1, 1, 1]]
    assert tu.create_vector(3).dtype is np.int64
    assert tu.get_identity_mat_batch(2).shape == (2, 2, 2)
    np.testing.assert_array_equal(tu.get_identity_mat(2).asnumpy(), np.eye(2))
    for make in (tu.new_matrix_with_real_eigvals_nd, tu.new_sym_matrix_with_real_eigvals_nd):
        found = make((2, 3, 4, 4))
        assert found.shape == (2, 3, 4, 4)
        np.testing.assert_allclose(np.linalg.eigvals(found).imag, 0, atol=1e-8)


# ---------------------------------------------------------------- symbols
def square() -> mx.sym.Symbol:
    return mx.sym.square(mx.sym.Variable("x"), name="sq")


X = np.array([[0.5, -1.5], [2.0, 3.0]])


def test_forward_and_backward_checks() -> None:
    tu.check_symbolic_forward(square(), [X], {"sq_output": X**2})
    head = np.full((2, 2), 0.5)
    for grads in ([head], {"sq_output": head}):
        tu.check_symbolic_backward(square(), {"x": X}, grads, [X])
    tu.check_symbolic_backward(square(), {"x": X}, [head], [X], grad_req="add")
    tu.check_symbolic_backward(square(), {"x": X}, [head], [X * 0], grad_req="null")
    with pytest.raises(AssertionError, match="EXPECTED_sq_output"):
        tu.check_symbolic_forward(square(), [X], [X**2 + 1])
    with pytest.raises(AssertionError, match="BACKWARD_x"):
        tu.check_symbolic_backward(square(), {"x": X}, [head], {"x": 2 * X})


class Wrong(mx.operator.CustomOp):
    """x², with a gradient that is half of what it should be."""

    def forward(self, is_train: bool, req: Any, in_data: Any, out_data: Any, aux: Any) -> None:
        self.assign(out_data[0], req[0], in_data[0] * in_data[0])

    def backward(self, req: Any, out_grad: Any, in_data: Any, out_data: Any, in_grad: Any, aux: Any) -> None:
        self.assign(in_grad[0], req[0], in_data[0] * out_grad[0])


@mx.operator.register("wrong_square")
class WrongProp(mx.operator.CustomOpProp):
    def create_operator(self, ctx: Any, in_shapes: Any, in_dtypes: Any) -> mx.operator.CustomOp:
        return Wrong()


def test_numeric_gradients_tell_right_from_wrong() -> None:
    wrong = mx.sym.Custom(mx.sym.Variable("x"), op_type="wrong_square")
    tu.check_numeric_gradient(square(), [X], numeric_eps=1e-3)
    tu.check_numeric_gradient(square() * mx.sym.Variable("y"), {"x": X, "y": X}, grad_nodes={"x": "add", "y": "null"})
    with pytest.raises(AssertionError, match="NUMERICAL_x"):
        tu.check_numeric_gradient(wrong, [X])
    executor = square().simple_bind(mx.cpu(), x=(2, 2))
    found = tu.numeric_grad(executor, {"x": X}, eps=1e-2)
    np.testing.assert_allclose(found["x"], 2 * X, rtol=1e-2)
    np.testing.assert_allclose(executor.arg_dict["x"].asnumpy(), X)


def test_simple_forward_and_speed() -> None:
    np.testing.assert_allclose(tu.simple_forward(square(), x=X), X**2)
    one = square()
    both = tu.simple_forward(mx.sym.Group([one, one + 1]), x=X)
    assert [o.shape for o in both] == [(2, 2), (2, 2)]
    for kind in ("whole", "forward"):
        assert tu.check_speed(square(), {"x": X}, N=2, typ=kind) > 0
    assert tu.check_speed(square(), N=1, x=(2, 2)) > 0
    with pytest.raises(ParamError, match="wanted whole or forward"):
        tu.check_speed(square(), {"x": X}, typ="half")


def test_consistency_of_types() -> None:
    symbol = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
    types = [{"ctx": mx.cpu(), "data": (2, 4), "type_dict": {"data": t}} for t in ("float64", "float32", "float16")]
    truth = tu.check_consistency(symbol, types)
    assert truth["fc_output"].dtype is np.float64
    assert set(truth) == {"fc_output", "data", "fc_weight", "fc_bias"}
    other = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc") * 1.5
    renamed = mx.sym.identity(other, name="fc")
    with pytest.raises(AssertionError, match="fc_output of 1"):
        tu.check_consistency([symbol, renamed], types[:2], grad_req="null")


def test_structures() -> None:
    assert tu.same_symbol_structure(square(), mx.sym.square(mx.sym.Variable("other")))
    assert not tu.same_symbol_structure(square(), mx.sym.tanh(mx.sym.Variable("x")))


# ---------------------------------------------------------------- training
def test_optimizers_are_compared() -> None:
    class Plain(mx.optimizer.Optimizer):
        def create_state(self, index: Any, weight: Any) -> Any:
            return mx.nd.zeros(weight.shape, dtype=weight.dtype)

        def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
            self._update_count(index)
            state[:] = 0.9 * state - self._get_lr(index) * (grad + self._get_wd(index) * weight)
            weight += state

    for options in ({}, {"wd": 0.1}):
        tu.compare_optimizer(Plain(**options), mx.optimizer.SGD(momentum=0.9, **options), (3, 4), "float32")
    tu.compare_optimizer(Plain(), mx.optimizer.SGD(momentum=0.9), [(3, 4), (2,)], "float32", ntensors=2)
    with pytest.raises(AssertionError):
        tu.compare_optimizer(Plain(), mx.optimizer.NAG(momentum=0.9), (3, 4), "float32")
    with pytest.raises(ParamError, match="unknown storage"):
        tu.compare_optimizer(Plain(), Plain(), (3, 4), "float32", g_stype="blocked")


def test_blocks_are_compared_with_their_compiled_selves() -> None:
    def build(prefix: str) -> Any:
        net = mx.gluon.nn.HybridSequential(prefix=prefix)
        with net.name_scope():
            net.add(mx.gluon.nn.Dense(3), mx.gluon.nn.Activation("tanh"))
        return net

    tu.check_gluon_hybridize_consistency(build, [mx.nd.random.uniform(shape=(2, 4))])
    exponential = mx.gluon.nn.HybridLambda
    data = [mx.nd.random.uniform(shape=(2, 4))]
    tu.check_gluon_hybridize_consistency(lambda prefix: exponential("exp", prefix=prefix), data, np.exp)
    with pytest.raises(AssertionError):
        tu.check_gluon_hybridize_consistency(lambda prefix: exponential("exp", prefix=prefix), data, np.tanh)


# ---------------------------------------------------------------- random numbers
def test_generators_are_judged() -> None:
    drawn = np.random.default_rng(3)
    buckets, shares = tu.gen_buckets_probs_with_ppf(lambda q: q * 2, 5)
    assert (buckets[0], buckets[-1][1], sum(shares)) == ((0.0, 0.4), 2.0, pytest.approx(1))
    tu.verify_generator(lambda n: drawn.uniform(0, 2, n), buckets, shares, 20000)
    with pytest.raises(AssertionError, match="do not follow the distribution"):
        tu.verify_generator(lambda n: drawn.beta(2, 2, n) * 2, buckets, shares, 20000)
    p, counts, expected = tu.chi_square_check(lambda n: drawn.integers(0, 2, n), [0, 1], [0.5, 0.5], 1000)
    assert counts.sum() == expected.sum() == 1000
    assert p > 1e-4
    normal: Callable[[int], Any] = lambda n: drawn.normal(1, 2, n)  # noqa: E731
    assert tu.mean_check(normal, 1, 2, 20000)
    assert not tu.mean_check(normal, 1.2, 2, 20000)
    assert tu.var_check(normal, 2, 20000)
    assert not tu.var_check(normal, 2.3, 20000)


# ---------------------------------------------------------------- surroundings
def test_environment_and_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETWRIGHT_A", "1")
    monkeypatch.delenv("NETWRIGHT_B", raising=False)
    with tu.environment("NETWRIGHT_A", "2"), tu.environment({"NETWRIGHT_B": 3, "NETWRIGHT_A": None}):
        assert ("NETWRIGHT_A" in os.environ, os.environ["NETWRIGHT_B"]) == (False, "3")
    assert (os.environ["NETWRIGHT_A"], "NETWRIGHT_B" in os.environ) == ("1", False)
    with pytest.raises(ParamError, match="a name and a value"), tu.environment("NETWRIGHT_A"):
        pass
    tu.set_default_context(mx.cpu(1))
    try:
        assert tu.default_context() == mx.cpu(1)
    finally:
        tu.set_default_context(mx.cpu(0))
    assert list(tu.list_gpus()) == list(range(mx.num_gpus()))


def test_standard_error_is_discarded(capfd: pytest.CaptureFixture[str]) -> None:
    with tu.discard_stderr():
        os.write(2, b"from C\n")
        print("from Python", file=sys.__stderr__)
    os.write(2, b"shown\n")
    assert capfd.readouterr().err == "shown\n"


def test_retries() -> None:
    tries: list[int] = []

    @tu.retry(3)
    def flaky(wanted: int) -> int:
        tries.append(1)
        assert len(tries) >= wanted
        return len(tries)

    assert flaky(2) == 2
    tries.clear()
    with pytest.raises(AssertionError):
        flaky(4)
    assert len(tries) == 3
    with pytest.raises(ParamError, match="at least one try"):
        tu.retry(0)


def test_one_batch_for_ever() -> None:
    rows = tu.DummyIter(mx.io.NDArrayIter(np.arange(6.0), None, 2))
    assert [rows.next().data[0].asnumpy().tolist() for _ in range(5)] == [[0, 1]] * 5
    assert rows.provide_data[0].shape == (2,)


def test_mnist_from_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte is not there.*nothing is fetched"):
        tu.get_mnist(tmp_path)
    for name, count in (("train", 5), ("t10k", 3)):
        images = struct.pack(">IIII", 2051, count, 28, 28) + bytes(range(count)) * 784
        labels = struct.pack(">II", 2049, count) + bytes(range(count))
        (tmp_path / f"{name}-images-idx3-ubyte").write_bytes(images)
        (tmp_path / f"{name}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    found = tu.get_mnist(tmp_path)
    assert {k: v.shape for k, v in found.items()} == {
        "train_data": (5, 1, 28, 28),
        "train_label": (5,),
        "test_data": (3, 1, 28, 28),
        "test_label": (3,),
    }
    train, test = tu.get_mnist_iterator(2, (784,), path=tmp_path)
    assert next(train).data[0].shape == (2, 784)
    assert [b.label[0].asnumpy().size for b in test] == [2]
