"""Containers, dense layers and simple layers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ... import ndarray, symbol
from ...errors import MismatchError, ParamError, suggestion
from ...ops import get
from ..block import Block, HybridBlock
from ..plain_block import describe
from .activations import Activation


class Sequential(Block):
    """Children run one after the other.

    >>> net = mx.gluon.nn.Sequential()
    >>> net.add(mx.gluon.nn.Dense(8, activation="relu"), mx.gluon.nn.Dense(2))
    >>> net.initialize()
    >>> net(mx.nd.ones((3, 4))).shape, len(net)
    ((3, 2), 2)
    """

    def add(self, *blocks: Block) -> None:
        """Append layers."""
        for block in blocks:
            self.register_child(block)

    def forward(self, x: Any, *args: Any) -> Any:
        """Run the children in order."""
        for block in self._children.values():
            x = block(x, *args)
            args = ()
            if isinstance(x, (tuple, list)):
                x, args = x[0], tuple(x[1:])
        return [x, *args] if args else x

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Compile the hybrid blocks among the children, each by itself."""
        if self._children and all(isinstance(child, HybridBlock) for child in self._children.values()):
            warnings.warn(
                f"all children of {self.name} are HybridBlocks: a HybridSequential would be compiled as a whole",
                stacklevel=2,
            )
        super().hybridize(active, **kwargs)

    def __getitem__(self, key: int | slice) -> Any:
        layers = list(self._children.values())[key]
        if isinstance(layers, list):
            net = type(self)(prefix=self._prefix)
            with net.name_scope():
                net.add(*layers)
            return net
        return layers

    def __repr__(self) -> str:
        return describe(self, self._children)

    def __len__(self) -> int:
        return len(self._children)

    def __iter__(self) -> Iterator[Block]:
        return iter(self._children.values())


class HybridSequential(HybridBlock):
    """Hybrid children run one after the other.

    >>> net = mx.gluon.nn.HybridSequential()
    >>> net.add(mx.gluon.nn.Dense(8, activation="relu"), mx.gluon.nn.Dense(2))
    >>> net.initialize()
    >>> net.hybridize()
    >>> net(mx.nd.ones((3, 4))).shape
    (3, 2)
    """

    def add(self, *blocks: HybridBlock) -> None:
        """Append layers."""
        for block in blocks:
            self.register_child(block)

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Run the children in order."""
        for block in self._children.values():
            x = block(x, *args)
            args = ()
            if isinstance(x, (tuple, list)):
                x, args = x[0], tuple(x[1:])
        return [x, *args] if args else x

    def __getitem__(self, key: int | slice) -> Any:
        layers = list(self._children.values())[key]
        if isinstance(layers, list):
            net = type(self)(prefix=self._prefix)
            with net.name_scope():
                net.add(*layers)  # type: ignore[arg-type]
            return net
        return layers

    def __repr__(self) -> str:
        return describe(self, self._children)

    def __len__(self) -> int:
        return len(self._children)

    def __iter__(self) -> Iterator[Block]:
        return iter(self._children.values())


class Dense(HybridBlock):
    """y = activation(x·Wᵀ + b); with ``flatten`` all axes behind the first are features, else only the last.

    >>> layer = mx.gluon.nn.Dense(4, activation="relu")
    >>> layer.initialize()
    >>> layer(mx.nd.ones((2, 3))).shape
    (2, 4)
    >>> layer.weight.shape
    (4, 3)
    """

    def __init__(
        self,
        units: int,
        activation: str | None = None,
        use_bias: bool = True,
        flatten: bool = True,
        dtype: Any = "float32",
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_units: int = 0,
        **kwargs: Any,
    ) -> None:
        if units != 0:  # MXNet makes a layer without units, too, and refuses to run it
            get("FullyConnected").make_params({"num_hidden": units})
        super().__init__(**kwargs)
        self._units, self._in_units, self._flatten = units, in_units, flatten
        with self.name_scope():
            self.weight = self.params.get(
                "weight", shape=(units, in_units), init=weight_initializer, dtype=dtype, allow_deferred_init=True
            )
            self.bias = (
                self.params.get("bias", shape=(units,), init=bias_initializer, dtype=dtype, allow_deferred_init=True)
                if use_bias
                else None
            )
            self.act = Activation(activation, prefix=activation + "_") if activation is not None else None

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """One matrix product."""
        out = F.FullyConnected(
            x, weight, bias, num_hidden=self._units, no_bias=bias is None, flatten=self._flatten, name="fwd"
        )
        return self.act(out) if self.act is not None else out

    def __repr__(self) -> str:
        shape = self.weight.shape or (0, 0)
        act = self.act if self.act is not None else "linear"
        return f"Dense({shape[1] or None} -> {shape[0]}, {act})"


class Dropout(HybridBlock):
    """Sets a part ``rate`` of the elements to 0 while training, and scales the rest by 1/(1 − rate).

    >>> layer = mx.gluon.nn.Dropout(0.5)
    >>> layer(mx.nd.ones((1, 4))).asnumpy()
    array([[1., 1., 1., 1.]], dtype=float32)
    >>> with mx.autograd.train_mode():
    ...     print(sorted(set(layer(mx.nd.ones((100,))).asnumpy().tolist())))
    [0.0, 2.0]
    """

    def __init__(self, rate: float, axes: tuple[int, ...] = (), **kwargs: Any) -> None:
        get("Dropout").make_params({"p": rate})
        super().__init__(**kwargs)
        self._rate, self._axes = rate, axes

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Drop while training; identity otherwise."""
        if self._rate > 0:
            return F.Dropout(x, p=self._rate, axes=self._axes, name="fwd")
        return F.identity(x)

    def __repr__(self) -> str:
        return f"Dropout(p = {self._rate}, axes={self._axes})"


class Embedding(HybridBlock):
    """Rows of a trained table by index: (…) → (…, output_dim).

    ``sparse_grad``: the table's gradient is row sparse, and optimizers update only the rows that were looked up.

    >>> layer = mx.gluon.nn.Embedding(input_dim=10, output_dim=4)
    >>> layer.initialize()
    >>> layer(mx.nd.array([[1, 2, 3]])).shape
    (1, 3, 4)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        dtype: Any = "float32",
        weight_initializer: Any = None,
        sparse_grad: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._kwargs = {"input_dim": input_dim, "output_dim": output_dim, "dtype": dtype, "sparse_grad": sparse_grad}
        with self.name_scope():
            self.weight = self.params.get(
                "weight",
                shape=(input_dim, output_dim),
                init=weight_initializer,
                dtype=dtype,
                allow_deferred_init=True,
                grad_stype="row_sparse" if sparse_grad else "default",
            )

    def hybrid_forward(self, F: Any, x: Any, weight: Any) -> Any:
        """Look up."""
        return F.Embedding(x, weight, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        k = self._kwargs
        return f"Embedding({k['input_dim']} -> {k['output_dim']}, {np.dtype(k['dtype']).name})"


class Flatten(HybridBlock):
    """(N, a, b, …) → (N, a·b·…).

    >>> mx.gluon.nn.Flatten()(mx.nd.ones((2, 3, 4))).shape
    (2, 12)
    """

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Join all axes behind the first."""
        return F.Flatten(x)

    def __repr__(self) -> str:
        return "Flatten"


def _checked(function: Any, where: str) -> Any:
    """A function, or the name of an operator; others are refused."""
    if isinstance(function, str):
        if not hasattr(ndarray, function) or not hasattr(symbol, function):
            raise MismatchError(
                f"there is no operator {function!r}",
                where=where,
                wanted="an operator's name, or a function",
                got=repr(function)[:60],
                remedy=suggestion(function, (k for k in vars(ndarray) if not k.startswith("_")), "There are"),
            )
    elif not callable(function):
        raise ParamError("neither a function nor a name", where=where, got=type(function).__name__)
    return function


class Lambda(Block):
    """A function (or the name of an ``nd`` function) as a layer.

    >>> mx.gluon.nn.Lambda("relu")(mx.nd.array([-1, 2])).asnumpy()
    array([0., 2.], dtype=float32)
    >>> mx.gluon.nn.Lambda(lambda x: x + 1)(mx.nd.array([1])).asnumpy()
    array([2.], dtype=float32)
    """

    def __init__(self, function: str | Callable[..., Any], prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        checked = _checked(function, "Lambda")
        self._function = getattr(ndarray, checked) if isinstance(checked, str) else checked

    def forward(self, *args: Any) -> Any:
        """Call the function."""
        return self._function(*args)

    def __repr__(self) -> str:
        return f"Lambda({getattr(self._function, '__name__', self._function)})"


class HybridLambda(HybridBlock):
    """A function ``f(F, x, …)`` (or the name of an operator) as a hybrid layer.

    >>> mx.gluon.nn.HybridLambda("tanh")(mx.nd.zeros((2,))).asnumpy()
    array([0., 0.], dtype=float32)
    >>> mx.gluon.nn.HybridLambda(lambda F, x: F.square(x))(mx.nd.array([3])).asnumpy()
    array([9.], dtype=float32)
    """

    def __init__(self, function: str | Callable[..., Any], prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        self._function = _checked(function, "HybridLambda")

    def hybrid_forward(self, F: Any, x: Any, *args: Any) -> Any:
        """Call the function."""
        if isinstance(self._function, str):
            module = symbol if F is symbol else ndarray
            return getattr(module, self._function)(x, *args)
        return self._function(F, x, *args)

    def __repr__(self) -> str:
        return f"HybridLambda({getattr(self._function, '__name__', self._function)})"


class Identity(HybridBlock):
    """The input itself.

    >>> mx.gluon.nn.Identity()(mx.nd.array([1, 2])).asnumpy()
    array([1., 2.], dtype=float32)
    """

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Nothing to do."""
        return x


class Concurrent(Sequential):
    """Children all get the input; their outputs are joined along ``axis``.

    >>> both = mx.gluon.nn.Concurrent(axis=1)
    >>> both.add(mx.gluon.nn.Identity(), mx.gluon.nn.Activation("relu"))
    >>> both(mx.nd.array([[-1, 2]])).asnumpy()
    array([[-1.,  2.,  0.,  2.]], dtype=float32)
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def forward(self, x: Any, *args: Any) -> Any:
        """Run all and join."""
        return ndarray.concat(*[block(x) for block in self._children.values()], dim=self.axis)


class HybridConcurrent(HybridSequential):
    """Hybrid children all get the input; their outputs are joined along ``axis``.

    >>> both = mx.gluon.nn.HybridConcurrent(axis=1)
    >>> both.add(mx.gluon.nn.Identity(), mx.gluon.nn.Activation("relu"))
    >>> both(mx.nd.array([[-1, 2]])).asnumpy()
    array([[-1.,  2.,  0.,  2.]], dtype=float32)
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Run all and join."""
        return F.concat(*[block(x) for block in self._children.values()], dim=self.axis)
