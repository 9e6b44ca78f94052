"""Initializers: how weights begin (MXNet's ``mx.init``)."""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from . import random
from .errors import ParamError, ShapeError, suggestion
from .ndarray.array import NDArray
from .ndarray.creation import zeros
from .ndarray.storage import load
from .ops.recurrent_parameters import RNNParametersParams, weight_shapes
from .registry import Table

_table: Table[Initializer] = Table("initializer")
register = _table.register
alias = _table.alias


class InitDesc(str):
    """A weight's name with its attributes; what an initializer decides by."""

    attrs: dict[str, str]
    global_init: Any

    def __new__(cls, name: str, attrs: dict[str, str] | None = None, global_init: Any = None) -> InitDesc:
        made = super().__new__(cls, name)
        made.attrs = attrs or {}
        made.global_init = global_init
        return made


_KINDS = {
    "weight": "weight",
    "bias": "bias",
    "gamma": "gamma",
    "beta": "beta",
    "moving_mean": "zero",
    "running_mean": "zero",
    "moving_avg": "zero",
    "min": "zero",
    "moving_var": "one",
    "running_var": "one",
    "moving_inv_var": "zero",
    "max": "one",
}


def _mean_size(arr: NDArray) -> str:
    """‖x‖ / √size, as text."""
    values = arr.asnumpy().astype(np.float64)
    return str(np.float32(np.linalg.norm(values) / math.sqrt(max(values.size, 1))))


class Initializer:
    """Base: called with a name and an array, fills the array.

    By the name's end: ``bias``, ``beta``, ``running_mean`` and ``moving_mean`` become 0, ``gamma``, ``running_var`` and
    ``moving_var`` 1; everything else goes to ``_init_weight``. A variable's own ``__init__`` attribute goes before.
    A subclass may give ``_init_bias``, ``_init_gamma``, ``_init_beta`` and ``_init_default`` of its own, too.
    """

    _verbose = False
    _print_func: Callable[[NDArray], Any] = staticmethod(_mean_size)

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = kwargs

    def set_verbosity(self, verbose: bool = False, print_func: Callable[[NDArray], Any] | None = None) -> Self:
        """Log each array that is filled, with ``print_func`` of it: ‖x‖/√size by default."""
        self._verbose = verbose
        self._print_func = print_func or _mean_size
        return self

    def dumps(self) -> str:
        """Name and parameters as JSON, as MXNet keeps them in a symbol's attributes."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, desc: str, arr: NDArray) -> None:
        described = isinstance(desc, InitDesc)
        if described and desc.global_init is None:  # type: ignore[attr-defined]
            desc.global_init = self  # type: ignore[attr-defined]
        own = desc.attrs.get("__init__", "") if described else ""  # type: ignore[attr-defined]
        name = str(desc).lower()
        kind = next((kind for end, kind in _KINDS.items() if name.endswith(end)), "default")
        if own:
            create(own)._init_weight(desc, arr)
            kind = own
        elif not described and name.startswith("upsampling"):  # MXNet's rules for bare names
            Bilinear()._init_weight(desc, arr)
        elif not described and name.startswith("stn_loc") and kind in ("weight", "bias"):
            arr[:] = 0.0 if kind == "weight" else np.array([1.0, 0, 0, 0, 1.0, 0])
        else:
            getattr(self, f"_init_{kind}")(desc, arr)
        if self._verbose:
            logging.info("Initialized %s as %s: %s", desc, kind, self._print_func(arr))

    def init_weight(self, name: str, arr: NDArray) -> None:
        """Fill the array whatever its name."""
        self._init_weight(name, arr)

    def _init_weight(self, name: str, arr: NDArray) -> None:
        raise ParamError(f"{type(self).__name__} does not initialise weights")

    def _init_default(self, name: str, arr: NDArray) -> None:
        self._init_weight(name, arr)

    def _init_zero(self, name: str, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_one(self, name: str, arr: NDArray) -> None:
        arr[:] = 1.0

    _init_bias = _init_beta = _init_zero
    _init_gamma = _init_one

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Initializer) and self._kwargs == other._kwargs

    def __hash__(self) -> int:
        return hash(self.dumps())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self._kwargs.items())})"


def _generator(arr: NDArray) -> Any:
    return random.state_of(arr.ctx).generator


def _fill(arr: NDArray, values: Any) -> None:
    arr._write(arr.ctx.xp.asarray(values, dtype=arr._data.dtype))


def _uniform(arr: NDArray, low: float, high: float) -> None:
    generator = _generator(arr)
    _fill(arr, low + (high - low) * generator.random(arr.shape, dtype=np.float32))


def _normal(arr: NDArray, sigma: float) -> None:
    _fill(arr, _generator(arr).standard_normal(arr.shape, dtype=np.float32) * np.float32(sigma))


@register("zeros")
class Zero(Initializer):
    """All 0.

    >>> weight = mx.nd.zeros((2,))
    >>> mx.init.Zero()("fc_weight", weight)
    >>> weight.asnumpy()
    array([0., 0.], dtype=float32)
    """

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = 0.0


@register("ones")
class One(Initializer):
    """All 1.

    >>> weight = mx.nd.zeros((2,))
    >>> mx.init.One()("fc_weight", weight)
    >>> weight.asnumpy()
    array([1., 1.], dtype=float32)
    """

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = 1.0


@register()
class Constant(Initializer):
    """All one value (or a given array).

    >>> weight = mx.nd.zeros((2, 2))
    >>> mx.init.Constant(0.5)("fc_weight", weight)
    >>> weight.asnumpy()
    array([[0.5, 0.5],
           [0.5, 0.5]], dtype=float32)
    """

    def __init__(self, value: Any = 0.0) -> None:
        super().__init__(value=value.asnumpy().tolist() if isinstance(value, NDArray) else value)
        self.value = value

    def _init_weight(self, name: str, arr: NDArray) -> None:
        _fill(arr, np.asarray(self._kwargs["value"]))


@register()
class Uniform(Initializer):
    """Uniform in [−scale, scale].

    >>> weight = mx.nd.zeros((100, 100))
    >>> mx.init.Uniform(0.1)("fc_weight", weight)
    >>> bool((weight.abs() <= 0.1).min())
    True
    """

    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=scale)
        self.scale = scale

    def _init_weight(self, name: str, arr: NDArray) -> None:
        _uniform(arr, -self.scale, self.scale)


@register("gaussian")
class Normal(Initializer):
    """Normal with mean 0 and deviation ``sigma``.

    >>> weight = mx.nd.zeros((100, 100))
    >>> mx.init.Normal(0.1)("fc_weight", weight)
    >>> round(weight.asnumpy().std().item(), 2)
    0.1
    """

    def __init__(self, sigma: float = 0.01) -> None:
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _init_weight(self, name: str, arr: NDArray) -> None:
        _normal(arr, self.sigma)


def _fans(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    """(fan in, fan out) of a weight whose first axis counts outputs and second inputs."""
    if len(shape) < 2:
        raise ShapeError(
            "this initializer needs a weight of at least two axes",
            where=str(name),
            got=shape,
            remedy="Use Uniform, Normal or Constant for it",
        )
    receptive = math.prod(shape[2:])
    return shape[1] * receptive, shape[0] * receptive


@register()
class Xavier(Initializer):
    """Keeps the variance of activations (Glorot and Bengio, 2010).

    scale = √(magnitude / factor), factor = mean of fan in and fan out (``avg``), or
    one of them (``in``, ``out``); uniform in
    [−scale, scale] or normal with that deviation (``rnd_type`` ``uniform``, ``gaussian``).

    >>> weight = mx.nd.zeros((4, 6))
    >>> mx.init.Xavier()("fc_weight", weight)
    >>> bool((weight.abs() <= (6 / 10) ** 0.5 * 1.5).min())
    True
    """

    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3) -> None:
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        if rnd_type not in ("uniform", "gaussian"):
            raise ParamError(
                "unknown rnd_type",
                where="Xavier",
                parameter="rnd_type",
                wanted="uniform or gaussian",
                got=rnd_type,
                remedy=suggestion(rnd_type, ("uniform", "gaussian"), "Choose one of"),
            )
        if factor_type not in ("avg", "in", "out"):
            raise ParamError("unknown factor_type", parameter="factor_type", wanted="avg, in or out", got=factor_type)
        self.rnd_type, self.factor_type, self.magnitude = rnd_type, factor_type, float(magnitude)

    def _init_weight(self, name: str, arr: NDArray) -> None:
        fan_in, fan_out = _fans(name, arr.shape)
        factor = {"avg": (fan_in + fan_out) / 2, "in": fan_in, "out": fan_out}[self.factor_type]
        scale = math.sqrt(self.magnitude / factor) if factor else 0.0
        if self.rnd_type == "uniform":
            _uniform(arr, -scale, scale)
        else:
            _normal(arr, scale)


@register("he")
class MSRAPrelu(Xavier):
    """For layers followed by a (leaky) rectifier of the given slope (He et al., 2015).

    >>> weight = mx.nd.zeros((100, 100))
    >>> mx.init.MSRAPrelu()("fc_weight", weight)
    >>> round(weight.asnumpy().std().item(), 2)
    0.14
    """

    def __init__(self, factor_type: str = "avg", slope: float = 0.25) -> None:
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": slope}


@register()
class Orthogonal(Initializer):
    """Orthonormal rows or columns, times ``scale`` (Saxe et al., 2014).

    >>> weight = mx.nd.zeros((2, 2))
    >>> mx.init.Orthogonal(scale=1)("fc_weight", weight)
    >>> mx.nd.dot(weight, weight.T).asnumpy().round(3)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """

    def __init__(self, scale: float = 1.414, rand_type: str = "uniform") -> None:
        super().__init__(scale=scale, rand_type=rand_type)
        if rand_type not in ("uniform", "normal"):
            raise ParamError("unknown rand_type", parameter="rand_type", wanted="uniform or normal", got=rand_type)
        self.scale, self.rand_type = scale, rand_type

    def _init_weight(self, name: str, arr: NDArray) -> None:
        rows, columns = arr.shape[0], math.prod(arr.shape[1:])
        generator = random.state_of().generator
        drawn = (
            generator.uniform(-1.0, 1.0, (rows, columns))
            if self.rand_type == "uniform"
            else generator.normal(0.0, 1.0, (rows, columns))
        )
        u, _, v = np.linalg.svd(np.asarray(drawn), full_matrices=False)
        q = u if u.shape == (rows, columns) else v
        _fill(arr, self.scale * q.reshape(arr.shape))


@register()
class Bilinear(Initializer):
    """Weights of a bilinear up-sampling for ``Deconvolution``.

    >>> weight = mx.nd.zeros((1, 1, 4, 4))
    >>> mx.init.Bilinear()("fc_weight", weight)
    >>> weight[0, 0, 1].asnumpy()
    array([0.1875, 0.5625, 0.5625, 0.1875], dtype=float32)
    """

    def _init_weight(self, name: str, arr: NDArray) -> None:
        height, width = arr.shape[-2:]
        factor = math.ceil(width / 2.0)
        centre = (2 * factor - 1 - factor % 2) / (2.0 * factor)
        rows = 1 - abs(np.arange(height) / factor - centre)
        columns = 1 - abs(np.arange(width) / factor - centre)
        _fill(arr, np.broadcast_to(np.outer(rows, columns), arr.shape))


@register()
class LSTMBias(Initializer):
    """Bias of an LSTM: 0, but ``forget_bias`` for the forget gate (the second quarter).

    >>> weight = mx.nd.zeros((8,))
    >>> mx.init.LSTMBias(forget_bias=1.0)("lstm_bias", weight)
    >>> weight.asnumpy()
    array([0., 0., 0., 0., 0., 0., 0., 0.], dtype=float32)
    """

    def __init__(self, forget_bias: float = 1.0) -> None:
        super().__init__(forget_bias=forget_bias)
        self.forget_bias = forget_bias

    def _init_weight(self, name: str, arr: NDArray) -> None:
        quarter = arr.shape[0] // 4
        values = np.zeros(arr.shape)
        values[quarter : 2 * quarter] = self.forget_bias
        _fill(arr, values)


@register()
class FusedRNN(Initializer):
    """The one weight vector of the RNN operator: weights by ``init``, biases 0 but an LSTM's forget gates.

    ``init``: an initializer, its name or JSON; None leaves weights to whoever initialises the rest, else Uniform.
    """

    def __init__(
        self,
        init: Any,
        num_hidden: int,
        num_layers: int,
        mode: str,
        bidirectional: bool = False,
        forget_bias: float = 1.0,
    ) -> None:
        self.init = None if init is None else create(init)
        super().__init__(
            init=None if self.init is None else self.init.dumps(),
            num_hidden=num_hidden,
            num_layers=num_layers,
            mode=mode,
            bidirectional=bidirectional,
            forget_bias=forget_bias,
        )
        self.mode, self.forget_bias = mode, forget_bias
        self.layout = RNNParametersParams(
            num_args=1,
            state_size=num_hidden,
            num_layers=num_layers,
            mode=mode,  # type: ignore[arg-type]
            bidirectional=bidirectional,
        )

    def _init_weight(self, name: str, arr: NDArray) -> None:
        fill = self.init or getattr(name, "global_init", None) or Uniform()
        begin = 0
        for part, shape in weight_shapes(self.layout, self._features(name, arr)).items():
            end = begin + math.prod(shape)
            piece = zeros(shape, arr.ctx, arr.dtype)
            if part.endswith("weight"):
                fill.init_weight(part, piece)
            elif self.mode == "lstm":
                LSTMBias(self.forget_bias).init_weight(part, piece)
            arr[begin:end] = piece.reshape(-1)
            begin = end

    def _features(self, name: str, arr: NDArray) -> int:
        """How many features the data have, from the vector's size."""
        none, one = (sum(map(math.prod, weight_shapes(self.layout, n).values())) for n in (0, 1))
        features, rest = divmod(arr.size - none, one - none)
        if rest or features < 1:
            raise ShapeError("the vector's size is not that of these layers", where=str(name), got=arr.shape)
        return features


class Mixed:
    """The initializer whose pattern matches a weight's name first: ``Mixed([".*bias", ".*"], [Zero(), Uniform()])``.

    >>> init = mx.init.Mixed([".*bias", ".*"], [mx.init.Zero(), mx.init.One()])
    >>> weight = mx.nd.zeros((2,))
    >>> init("fc_weight", weight)
    >>> weight.asnumpy()
    array([1., 1.], dtype=float32)
    """

    def __init__(self, patterns: Sequence[str], initializers: Sequence[Initializer]) -> None:
        if len(patterns) != len(initializers):
            raise ParamError(
                "as many initializers as patterns", where="Mixed", wanted=len(patterns), got=len(initializers)
            )
        self.map = [(re.compile(p), create(i)) for p, i in zip(patterns, initializers, strict=True)]

    def __call__(self, name: str, arr: NDArray) -> None:
        for pattern, initializer in self.map:
            if pattern.match(name):
                initializer(name, arr)
                return
        raise ParamError("no pattern matches", where=str(name), remedy='End the patterns with ".*"')


class Load:
    """Weights by name from a file or a dict, others by ``default_init``.

    >>> init = mx.init.Load({"fc_weight": mx.nd.ones((2,))}, default_init=mx.init.Zero())
    >>> weight = mx.nd.zeros((2,))
    >>> init("fc_weight", weight)
    >>> weight.asnumpy()
    array([1., 1.], dtype=float32)
    """

    def __init__(self, param: Any, default_init: Any = None, verbose: bool = False) -> None:
        found = load(str(param)) if isinstance(param, (str, Path)) else param
        if not isinstance(found, Mapping):
            raise ParamError("the file holds arrays without names", where="Load", got=str(param)[:80])
        self.param = {n.removeprefix("arg:").removeprefix("aux:"): a for n, a in found.items()}
        self.default_init, self.verbose = default_init, verbose

    def __call__(self, name: str, arr: NDArray) -> None:
        if name in self.param:
            if arr.shape != self.param[name].shape:
                raise ShapeError(
                    "the value has another shape", where=name, wanted=arr.shape, got=self.param[name].shape
                )
            self.param[name].copyto(arr)
        elif self.default_init is not None:
            self.default_init(name, arr)
        else:
            raise ParamError("it is not among the given values", where=name, remedy="Give a default_init")
        if self.verbose:
            logging.info("Initialized %s by %s", name, "loading" if name in self.param else "default")


def create(init: Any, **kwargs: Any) -> Initializer:
    """An initializer from a name, from MXNet's JSON ``["xavier", {…}]``, or as it is.

    >>> mx.init.create("xavier", magnitude=2).dumps()
    '["xavier", {"rnd_type": "uniform", "factor_type": "avg", "magnitude": 2}]'
    """
    if isinstance(init, str) and init.startswith("["):
        name, kwargs = json.loads(init)
        return _table.create(name, **kwargs)
    return _table.create(init, **kwargs)


def initializers() -> dict[str, type[Initializer]]:
    """Names and classes for forms and the command line."""
    names = _table.names()
    return {n: names[n] for n in ("xavier", "msraprelu", "normal", "uniform", "orthogonal", "constant", "zero", "one")}
