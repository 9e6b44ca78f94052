"""What ``benchmarks.eager`` measures: the same calls in Netwright's, PyTorch's and NumPy's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

Calls = dict[str, Callable[[], Any]]


class Inputs(NamedTuple):
    """The arrays that calls take, as arrays of one library."""

    x: Any
    """32 numbers between 0.5 and 2."""
    y: Any
    m: Any
    """The same as 4 rows of 8."""
    s: Any
    """An 8×8 matrix."""
    t: Any
    """Two 4×4 matrices."""
    v: Any
    """8 numbers."""
    c: Any
    """32 zeros and ones."""
    i: Any
    """4 places."""


def raw_inputs() -> Inputs:
    """As NumPy arrays."""
    x = np.linspace(0.5, 2, 32, dtype=np.float32)
    square = np.eye(8, dtype=np.float32) + 1
    places = np.array([1, 3, 0, 2], np.int32)
    return Inputs(
        x, x[::-1].copy(), x.reshape(4, 8), square, x.reshape(2, 4, 4), x[:8].copy(), (x > 1).astype("f4"), places
    )


def our_calls(recorded: bool) -> Calls:
    """By Netwright; with ``recorded`` only what has a gradient, on variables (call them while recording)."""
    from netwright import nd

    a = Inputs(*(nd.array(one.copy(), dtype=one.dtype) for one in raw_inputs()))
    if recorded:
        for one in (a.x, a.m, a.s, a.t, a.v):
            one.attach_grad()
    x, y, m, s, t, v, c, i = a
    found: Calls = {
        "x + y": lambda: x + y,
        "x - y": lambda: x - y,
        "x * y": lambda: x * y,
        "x / y": lambda: x / y,
        "x ** y": lambda: x**y,
        "maximum of two": lambda: nd.maximum(x, y),
        "x + 2": lambda: x + 2.0,
        "1 - x": lambda: 1.0 - x,
        "x * 2": lambda: x * 2.0,
        "1 / x": lambda: 1.0 / x,
        "x ** 2": lambda: x**2.0,
        "rows + vector": lambda: m + v,
        "-x": lambda: -x,
        "abs": lambda: nd.abs(x),
        "relu": lambda: nd.relu(x),
        "exp": lambda: nd.exp(x),
        "log": lambda: nd.log(x),
        "sqrt": lambda: nd.sqrt(x),
        "square": lambda: nd.square(x),
        "tanh": lambda: nd.tanh(x),
        "sigmoid": lambda: nd.sigmoid(x),
        "clip": lambda: nd.clip(x, 0.6, 1.5),
        "softmax of rows": lambda: nd.softmax(m),
        "log_softmax of rows": lambda: nd.log_softmax(m),
        "sum": lambda: nd.sum(x),
        "sum of rows": lambda: nd.sum(m, axis=1),
        "mean": lambda: nd.mean(x),
        "max": lambda: nd.max(x),
        "max of rows": lambda: nd.max(m, axis=1),
        "min": lambda: nd.min(x),
        "dot, 8×8": lambda: nd.dot(s, s),
        "batch_dot, 2×4×4": lambda: nd.batch_dot(t, t),
        "FullyConnected, 4×8 to 8": lambda: nd.FullyConnected(m, s, v, num_hidden=8),
        "reshape": lambda: x.reshape((4, 8)),
        "slice": lambda: x[3:9],
        "row": lambda: m[2],
        "transpose": lambda: nd.transpose(m),
        "swapaxes": lambda: nd.swapaxes(t, 1, 2),
        "expand_dims": lambda: nd.expand_dims(x, axis=0),
        "concat": lambda: nd.concat(x, y, dim=0),
        "stack": lambda: nd.stack(x, y),
        "where": lambda: nd.where(c, x, y),
        "take": lambda: nd.take(m, i),
    }
    if not recorded:
        found |= {
            "x > y": lambda: x > y,
            "x > 1": lambda: x > 1.0,
            "argmax of rows": lambda: nd.argmax(m, axis=1),
            "x += y": lambda: x.__iadd__(y),
            "x *= 1": lambda: x.__imul__(1.0),
            "x[:] = y": lambda: x.__setitem__(slice(None), y),
            "x[2] = 1": lambda: x.__setitem__(2, 1.0),
            "zeros": lambda: nd.zeros((32,)),
            "ones": lambda: nd.ones((32,)),
            "array of a NumPy array": lambda: nd.array(numbers),
            "array of a list": lambda: nd.array([1.0, 2.0, 3.0, 4.0]),
            "arange": lambda: nd.arange(32),
            "asnumpy": lambda: x.asnumpy(),
            "asscalar": lambda: one.asscalar(),
            "random uniform": lambda: nd.random.uniform(shape=(32,)),
            "random normal": lambda: nd.random.normal(shape=(32,)),
        }
        numbers, one = raw_inputs().x, nd.array([3.0])
    return found


def their_calls(torch: Any, recorded: bool) -> Calls:
    """By PyTorch, eagerly."""
    if torch is None:
        return {}
    a = Inputs(*(torch.from_numpy(one.copy()) for one in raw_inputs()))
    if recorded:
        for one in (a.x, a.m, a.s, a.t, a.v):
            one.requires_grad_()
    x, y, m, s, t, v, c, i = a
    mask = c > 0
    linear = torch.nn.functional.linear
    found: Calls = {
        "x + y": lambda: x + y,
        "x - y": lambda: x - y,
        "x * y": lambda: x * y,
        "x / y": lambda: x / y,
        "x ** y": lambda: x**y,
        "maximum of two": lambda: torch.maximum(x, y),
        "x + 2": lambda: x + 2.0,
        "1 - x": lambda: 1.0 - x,
        "x * 2": lambda: x * 2.0,
        "1 / x": lambda: 1.0 / x,
        "x ** 2": lambda: x**2.0,
        "rows + vector": lambda: m + v,
        "-x": lambda: -x,
        "abs": lambda: torch.abs(x),
        "relu": lambda: torch.relu(x),
        "exp": lambda: torch.exp(x),
        "log": lambda: torch.log(x),
        "sqrt": lambda: torch.sqrt(x),
        "square": lambda: torch.square(x),
        "tanh": lambda: torch.tanh(x),
        "sigmoid": lambda: torch.sigmoid(x),
        "clip": lambda: torch.clip(x, 0.6, 1.5),
        "softmax of rows": lambda: torch.softmax(m, -1),
        "log_softmax of rows": lambda: torch.log_softmax(m, -1),
        "sum": lambda: torch.sum(x),
        "sum of rows": lambda: torch.sum(m, 1),
        "mean": lambda: torch.mean(x),
        "max": lambda: torch.max(x),
        "max of rows": lambda: torch.amax(m, 1),
        "min": lambda: torch.min(x),
        "dot, 8×8": lambda: torch.mm(s, s),
        "batch_dot, 2×4×4": lambda: torch.bmm(t, t),
        "FullyConnected, 4×8 to 8": lambda: linear(m, s, v),
        "reshape": lambda: x.reshape((4, 8)),
        "slice": lambda: x[3:9],
        "row": lambda: m[2],
        "transpose": lambda: torch.transpose(m, 0, 1),
        "swapaxes": lambda: torch.swapaxes(t, 1, 2),
        "expand_dims": lambda: torch.unsqueeze(x, 0),
        "concat": lambda: torch.cat((x, y), 0),
        "stack": lambda: torch.stack((x, y)),
        "where": lambda: torch.where(mask, x, y),
        "take": lambda: torch.index_select(m, 0, i),
    }
    if not recorded:
        numbers, one = raw_inputs().x, torch.tensor([3.0])
        found |= {
            "x > y": lambda: x > y,
            "x > 1": lambda: x > 1.0,
            "argmax of rows": lambda: torch.argmax(m, 1),
            "x += y": lambda: x.__iadd__(y),
            "x *= 1": lambda: x.__imul__(1.0),
            "x[:] = y": lambda: x.__setitem__(slice(None), y),
            "x[2] = 1": lambda: x.__setitem__(2, 1.0),
            "zeros": lambda: torch.zeros((32,)),
            "ones": lambda: torch.ones((32,)),
            "array of a NumPy array": lambda: torch.tensor(numbers),
            "array of a list": lambda: torch.tensor([1.0, 2.0, 3.0, 4.0]),
            "arange": lambda: torch.arange(32, dtype=torch.float32),
            "asnumpy": lambda: x.numpy().copy(),
            "asscalar": lambda: one.item(),
            "random uniform": lambda: torch.rand(32),
            "random normal": lambda: torch.randn(32),
        }
    return found


def numpy_calls() -> Calls:
    """The least NumPy calls that do the same: less is not to be had in Python."""
    x, y, m, s, t, v, c, i = raw_inputs()
    zero, two = np.zeros((), np.float32), np.full((), 2, np.float32)
    reduce = np.maximum.reduce
    one, ones = np.ones((1, 32), np.float32), np.ones(8, np.float32)
    rng = np.random.default_rng(0)
    return {
        "x + y": lambda: np.add(x, y),
        "x - y": lambda: np.subtract(x, y),
        "x * y": lambda: np.multiply(x, y),
        "x / y": lambda: np.true_divide(x, y),
        "x ** y": lambda: np.power(x, y),
        "maximum of two": lambda: np.maximum(x, y),
        "x + 2": lambda: np.add(x, two),
        "1 - x": lambda: np.subtract(two, x),
        "x * 2": lambda: np.multiply(x, two),
        "1 / x": lambda: np.true_divide(two, x),
        "x ** 2": lambda: np.multiply(x, x),
        "rows + vector": lambda: np.add(m, v),
        "-x": lambda: np.negative(x),
        "abs": lambda: np.absolute(x),
        "relu": lambda: np.maximum(x, zero),
        "exp": lambda: np.exp(x),
        "log": lambda: np.log(x),
        "sqrt": lambda: np.sqrt(x),
        "square": lambda: np.multiply(x, x),
        "tanh": lambda: np.tanh(x),
        "sum": lambda: one.dot(x),
        "sum of rows": lambda: m.dot(ones),
        "max": lambda: reduce(x, 0, None, None, True),
        "max of rows": lambda: reduce(m, 1),
        "dot, 8×8": lambda: s.dot(s),
        "batch_dot, 2×4×4": lambda: np.matmul(t, t),
        "reshape": lambda: x.reshape((4, 8)),
        "slice": lambda: x[3:9],
        "row": lambda: m[2],
        "transpose": lambda: m.T.copy(),
        "swapaxes": lambda: t.swapaxes(1, 2).copy(),
        "concat": lambda: np.concatenate((x, y)),
        "where": lambda: np.where(c, x, y),
        "take": lambda: m.take(i, 0),
        "x > y": lambda: np.greater(x, y).astype(np.float32),
        "argmax of rows": lambda: m.argmax(1).astype(np.float32),
        "x += y": lambda: np.add(x, y, x),
        "zeros": lambda: np.zeros(32, np.float32),
        "asnumpy": lambda: x.copy(),
        "random uniform": lambda: rng.random(32, np.float32),
        "random normal": lambda: rng.standard_normal(32, np.float32),
    }


def steps(torch: Any) -> Iterator[tuple[str, Callable[[], Any], Callable[[], Any] | None]]:
    """(title, ours, PyTorch's): chains with their way back, training steps."""
    for length in (1, 10):
        theirs = None if torch is None else _their_chain(torch, length)
        yield f"{length} product{'s' * (length > 1)}, backward", _our_chain(length), theirs
    for optimizer in ("sgd", "adam"):
        theirs = None if torch is None else _their_step(torch, optimizer)
        yield f"MLP 784-128-64-10, batch 32, {optimizer}", _our_step(optimizer), theirs


def _our_chain(length: int) -> Callable[[], None]:
    from netwright import autograd, nd

    v, y = nd.array(raw_inputs().x), nd.array(raw_inputs().y)
    v.attach_grad()

    def chain() -> None:
        with autograd.record():
            z = v
            for _ in range(length):
                z = z * y
        z.backward()

    return chain


def _their_chain(torch: Any, length: int) -> Callable[[], None]:
    v, y = torch.from_numpy(raw_inputs().x).requires_grad_(), torch.from_numpy(raw_inputs().y)
    one = torch.ones(32)

    def chain() -> None:
        z = v
        for _ in range(length):
            z = z * y
        v.grad = None
        z.backward(one)

    return chain


def _our_step(optimizer: str) -> Callable[[], None]:
    """A Gluon network that is not hybridized, under a Trainer."""
    from netwright import autograd, gluon, nd

    net = gluon.nn.Sequential()
    net.add(gluon.nn.Dense(128, activation="relu"), gluon.nn.Dense(64, activation="relu"), gluon.nn.Dense(10))
    net.initialize()
    loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), optimizer, {"learning_rate": 0.001})
    rng = np.random.default_rng(0)
    x, y = nd.array(rng.random((32, 784), np.float32)), nd.array(rng.integers(0, 10, 32))

    def step() -> None:
        with autograd.record():
            loss = loss_of(net(x), y)
        loss.backward()
        trainer.step(32)

    return step


def _their_step(torch: Any, optimizer: str) -> Callable[[], None]:
    """The same network in PyTorch."""
    nn = torch.nn
    net = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    loss_of = nn.CrossEntropyLoss()
    update = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer](net.parameters(), lr=0.001)
    x, y = torch.rand(32, 784), torch.randint(0, 10, (32,))

    def step() -> None:
        update.zero_grad()
        loss_of(net(x), y).backward()
        update.step()

    return step
