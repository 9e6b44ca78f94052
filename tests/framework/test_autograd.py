"""Automatic differentiation of eager code: modes, requests, head gradients."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import autograd, nd
from netwright.errors import AutogradError, ParamError, ShapeError


def variable(*numbers: float, grad_req: str = "write", dtype: str = "float32") -> nd.NDArray:
    x = nd.array(numbers, dtype=dtype)
    x.attach_grad(grad_req)
    return x


def gradient(x: nd.NDArray) -> list[float]:
    assert x.grad is not None
    return x.grad.asnumpy().tolist()  # type: ignore[no-any-return]


# ---------------------------------------------------------------- modes
@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        (autograd.record, (True, True)),
        (lambda: autograd.record(train_mode=False), (True, False)),
        (autograd.pause, (False, False)),
        (lambda: autograd.pause(train_mode=True), (False, True)),
        (autograd.train_mode, (False, True)),
        (autograd.predict_mode, (False, False)),
    ],
)
def test_scopes_set_modes_and_set_them_back(scope: Callable[[], Any], wanted: tuple[bool, bool]) -> None:
    with scope():
        assert (autograd.is_recording(), autograd.is_training()) == wanted
    assert (autograd.is_recording(), autograd.is_training()) == (False, False)


def test_scopes_nest_and_leave_their_modes_behind_an_error() -> None:
    with autograd.record():
        with autograd.predict_mode():
            assert (autograd.is_recording(), autograd.is_training()) == (True, False)
            with autograd.pause():
                assert (autograd.is_recording(), autograd.is_training()) == (False, False)
            assert autograd.is_recording()
        assert autograd.is_training()
        with pytest.raises(ZeroDivisionError), autograd.pause():
            raise ZeroDivisionError
        assert autograd.is_recording()
    assert not autograd.is_recording()


def test_setters_return_what_was() -> None:
    assert autograd.set_recording(True) is False
    assert autograd.set_recording(False) is True
    assert autograd.set_training(True) is False
    assert autograd.set_training(False) is True


def test_what_is_computed_in_pause_is_a_constant() -> None:
    x = variable(1, 2)
    with autograd.record():
        with autograd.pause():
            y = x * 2
        z = y * x
    z.backward()
    assert gradient(x) == [2, 4]


def test_backward_says_whether_layers_train_for_gradients_too() -> None:
    x = variable(*[1.0] * 1000)
    with autograd.record(train_mode=False):
        y = nd.Dropout(x, p=0.5)
    y.backward()
    assert gradient(x) == [1.0] * 1000


# ---------------------------------------------------------------- requests
def test_write_replaces_and_add_adds() -> None:
    written, added = variable(1, 2), variable(1, 2, grad_req="add")
    for _ in range(3):
        with autograd.record():
            y = written * written + added * added
        y.backward()
    assert gradient(written) == [2, 4]
    assert gradient(added) == [6, 12]


def test_null_wants_none() -> None:
    x, w = variable(1, 2, grad_req="null"), variable(3, 4)
    assert x.grad is None
    with autograd.record():
        y = x * w
    y.backward()
    assert gradient(w) == [1, 2]
    with autograd.record():
        z = x * 2
    with pytest.raises(AutogradError, match="not computed from a variable"):
        z.backward()


def test_the_gradient_array_keeps_its_identity() -> None:
    x = variable(1, 2)
    before = x.grad
    with autograd.record():
        y = x * 3
    y.backward()
    assert x.grad is before
    assert gradient(x) == [3, 3]


def test_attaching_again_cuts_off_what_came_before() -> None:
    """MXNet 1.9.1."""
    x = variable(1, 2)
    with autograd.record():
        y = x * 2
    y.attach_grad()
    with autograd.record():
        z = y * y
    z.backward()
    assert gradient(y) == [4, 8]
    assert gradient(x) == [0, 0]


def test_mark_variables() -> None:
    x, g = nd.array([1.0, 2.0]), nd.zeros((2,))
    autograd.mark_variables(x, g)
    with autograd.record():
        y = x * x
    y.backward()
    assert g.asnumpy().tolist() == [2, 4]
    with pytest.raises(ShapeError, match=r"variable's shape \(wanted \(2,\), got \(3,\)\)"):
        autograd.mark_variables(x, nd.zeros((3,)))
    with pytest.raises(ParamError, match="as many gradients and requests as variables"):
        autograd.mark_variables([x], [g, g])
    with pytest.raises(AutogradError, match=r"unknown grad_req .*got 'rewrite'"):
        autograd.mark_variables(x, g, "rewrite")


def test_gradients_have_the_variable_s_dtype() -> None:
    for dtype in ("float16", "float64"):
        x = variable(1, 2, dtype=dtype)
        with autograd.record():
            y = x.astype("float32") * 3
        y.backward()
        assert x.grad is not None
        assert x.grad.dtype is np.dtype(dtype).type
        assert gradient(x) == [3, 3]


# ---------------------------------------------------------------- heads
def test_head_gradients_weigh_the_head() -> None:
    x = variable(1, 2)
    with autograd.record():
        y = x * x
    y.backward(nd.array([1.0, 10.0]))
    assert gradient(x) == [2, 40]


def test_several_heads() -> None:
    x = variable(1, 2)
    with autograd.record():
        y, z = x * x, x * 5
    autograd.backward([y, z], [nd.array([1.0, 2.0]), None])
    assert gradient(x) == [7, 13]


def test_only_some_outputs_of_an_operator_lead_on() -> None:
    x = variable(1, 2, 3, 4)
    with autograd.record():
        _, second = nd.split(x, num_outputs=2, axis=0)
        y = second * 2
    y.backward()
    assert gradient(x) == [0, 0, 2, 2]


def test_a_variable_used_many_ways_gets_the_sum() -> None:
    x = variable(2.0)
    with autograd.record():
        y = x * x * x + x + 1 / x
    y.backward()
    assert gradient(x) == pytest.approx([3 * 4 + 1 - 0.25])


def test_copies_and_casts_lead_back() -> None:
    x = variable(1, 2)
    with autograd.record():
        target = nd.zeros((2,), dtype="float64")
        y = x.copy() + x.as_in_context(x.ctx) + x.copyto(x.ctx)
        z = y.astype("float64") * x.copyto(target)
    z.backward()
    assert gradient(x) == [6, 12]


def test_detach_cuts_and_shares_memory() -> None:
    x = variable(1, 2)
    with autograd.record():
        y = x.detach() * x
    y.backward()
    assert gradient(x) == [1, 2]
    x.detach()[:] = 5
    assert x.asnumpy().tolist() == [5, 5]


def test_indexing_and_reshaping_lead_back() -> None:
    x = variable(1, 2, 3, 4)
    with autograd.record():
        y = x.reshape((2, 2))[1, 0] * 3 + x[0]
    y.backward()
    assert gradient(x) == [1, 0, 3, 0]


# ---------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda x: (x * 2).backward(), r"backward: this array was not computed.*Call attach_grad\(\)"),
        (lambda x: x.attach_grad("wirte"), "unknown grad_req .*wanted write, add or null, got 'wirte'"),
        (lambda x: autograd.grad(x, nd.ones((2,))), r"was not marked before it was used\. Call attach_grad\(\)"),
    ],
)
def test_refusals(use: Callable[[nd.NDArray], Any], words: str) -> None:
    with pytest.raises(AutogradError, match=words):
        use(variable(1, 2))


def test_a_second_backward_is_refused_unless_the_graph_is_retained() -> None:
    x = variable(1, 2)
    with autograd.record():
        y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert gradient(x) == [2, 4]
    with pytest.raises(AutogradError, match=r"already used by a backward pass\. Call backward\(retain_graph=True\)"):
        y.backward()


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.__iadd__(1),
        lambda x: x.__setitem__(0, 1.0),
        lambda x: nd.ones((2,)).copyto(x),
        lambda x: nd.ones_like(nd.ones((2,)), out=x),
    ],
)
@pytest.mark.parametrize("computed", [False, True])
def test_arrays_on_the_tape_cannot_be_changed_in_place(change: Callable[[Any], Any], computed: bool) -> None:
    x = variable(1, 2)
    with autograd.record():
        recorded = x * 1 if computed else x
        with pytest.raises(AutogradError, match=r"cannot be changed in place\. Write y = x \+"):
            change(recorded)
    change(x)  # outside it may


def test_head_gradients_must_fit() -> None:
    x = variable(1, 2)
    with autograd.record():
        y = x * x
    with pytest.raises(ShapeError, match=r"a head gradient has the head's shape \(wanted \(2,\), got \(3,\)\)"):
        y.backward(nd.ones((3,)))
    with pytest.raises(ParamError, match=r"as many head gradients as heads are needed \(wanted 2, got 1\)"):
        autograd.backward([y, y], [None])


# ---------------------------------------------------------------- autograd.grad
def test_grad_returns_new_arrays_and_leaves_the_attached_ones() -> None:
    x, w = variable(1, 2), variable(3, 4)
    with autograd.record():
        y = x * x * w
    dx, dw = autograd.grad(y, [x, w])
    assert dx.asnumpy().tolist() == [6, 16]
    assert dw.asnumpy().tolist() == [1, 4]
    assert gradient(x) == [0, 0]


def test_grad_of_what_is_computed_on_the_way() -> None:
    x = variable(1, 2, 3, 4)
    with autograd.record():
        first, second = nd.split(x * 1, num_outputs=2, axis=0)
        y = first * second * second
    by_first, by_second = autograd.grad(y, [first, second])
    assert by_first.asnumpy().tolist() == [9, 16]
    assert by_second.asnumpy().tolist() == [6, 16]


def test_grad_of_something_that_plays_no_part_is_zero() -> None:
    x, other = variable(1, 2), variable(5.0)
    with autograd.record():
        y = x * 2
    assert autograd.grad(y, other)[0].asnumpy().tolist() == [0]
    with pytest.raises(ParamError, match="no variables were given"):
        autograd.grad(y, [])


# ---------------------------------------------------------------- as MXNet 1.9.1 does it
@pytest.mark.parametrize(
    "flat",
    [
        lambda x: x > 2,
        lambda x: x == x,
        lambda x: nd.argmax(x, axis=0),
        lambda x: nd.sign(x),
        lambda x: nd.stop_gradient(x),
        lambda x: x.shape_array(),
        lambda x: nd.zeros_like(x),
        lambda x: nd.one_hot(x, 3).sum() * 2,
    ],
)
def test_what_has_no_slope_gives_a_gradient_of_zeros(flat: Callable[[Any], Any]) -> None:
    x = variable(1, 2)
    assert x.grad is not None
    x.grad[:] = 7
    with autograd.record():
        y = flat(x)
    y.backward()
    assert gradient(x) == [0, 0]


def test_the_gradient_of_something_linear_can_be_differentiated() -> None:
    x = variable(1, 2)
    assert x.grad is not None
    x.grad[:] = 7
    with autograd.record():
        slope = autograd.grad(nd.radians(x), x, create_graph=True)[0]
        second = autograd.grad(slope, [x], create_graph=True)[0]
    assert second.asnumpy().tolist() == [0, 0]
    slope.backward()
    assert gradient(x) == [0, 0]


def test_a_recorded_value_can_fill_an_array() -> None:
    x, y = variable(1, 2), nd.zeros((2,))
    with autograd.record():
        y[:] = x * 3
        z = y * y
    z.backward()
    assert gradient(x) == [18, 36]


@pytest.mark.parametrize(
    "change",
    [
        lambda x, y: y.__setitem__(0, x[0]),
        lambda x, y: y.__setitem__(slice(0, 1), x[1]),
        lambda x, y: y.__iadd__(x),
        lambda x, y: y.__imul__(x),
    ],
)
def test_a_recorded_value_cannot_be_written_into_a_part(change: Callable[[Any, Any], Any]) -> None:
    x, y = variable(1, 2), nd.zeros((2,))
    with autograd.record(), pytest.raises(AutogradError, match=r"gradient would be lost\. Build the array by concat"):
        change(x, y)


def test_the_recorded_graph_as_a_symbol() -> None:
    x, y = variable(1, 2), nd.array([3, 4])
    with autograd.record():
        z = x.copyto(mx.cpu()) * y + nd.split(nd.exp(x), 2, axis=0)[1]
    symbol = autograd.get_symbol(z)
    assert (symbol.list_arguments(), symbol.list_outputs()) == (["var0", "null0"], ["broadcast_add0_output"])
    np.testing.assert_allclose(symbol.eval(var0=x, null0=y)[0].asnumpy(), z.asnumpy(), rtol=1e-6)
    with pytest.raises(AutogradError, match="get_symbol: this array was not computed"):
        autograd.get_symbol(y)
    with autograd.record():
        own = Scaled()(x)
    with pytest.raises(AutogradError, match=r"get_symbol: part of what was recorded is no operator .*got FunctionCall"):
        autograd.get_symbol(own)


class Scaled(autograd.Function):
    """y = 2x."""

    def forward(self, *inputs: nd.NDArray) -> Any:
        return inputs[0] * 2

    def backward(self, *output_grads: nd.NDArray) -> Any:
        return output_grads[0] * 2


def test_a_compiled_block_is_part_of_the_symbol() -> None:
    net = mx.gluon.nn.Dense(2, in_units=3)
    net.initialize()
    net.hybridize()
    x = nd.ones((1, 3))
    with autograd.record():
        y = net(x) * 2
    symbol = autograd.get_symbol(y)
    assert len(symbol.list_arguments()) == 3
    assert "FullyConnected" in symbol.tojson()


def test_modes_belong_to_a_thread() -> None:
    seen: list[tuple[bool, bool]] = []
    with autograd.record():
        other = threading.Thread(target=lambda: seen.append((autograd.is_recording(), autograd.is_training())))
        other.start()
        other.join()
    assert seen == [(False, False)]
    assert autograd.set_recording(is_recording=True) is False
    assert autograd.set_recording(False) is True
