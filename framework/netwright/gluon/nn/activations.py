"""Activation layers."""

from __future__ import annotations

from typing import Any

from ... import initializer
from ...errors import MismatchError
from ...ops import get
from ..block import HybridBlock


class Activation(HybridBlock):
    """``relu``, ``sigmoid``, ``tanh``, ``softrelu`` or ``softsign``.

    >>> mx.gluon.nn.Activation("relu")(mx.nd.array([-1, 0, 2])).asnumpy()
    array([0., 0., 2.], dtype=float32)
    """

    def __init__(self, activation: str, **kwargs: Any) -> None:
        get("Activation").make_params({"act_type": activation})  # a wrong name is an error here, not at the first call
        self._act_type = activation
        super().__init__(**kwargs)

    def _alias(self) -> str:
        return self._act_type

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Apply the function."""
        return F.Activation(x, act_type=self._act_type, name="fwd")

    def __repr__(self) -> str:
        return f"Activation({self._act_type})"


class LeakyReLU(HybridBlock):
    """x for x > 0, else alpha·x.

    >>> mx.gluon.nn.LeakyReLU(0.1)(mx.nd.array([-10, 2])).asnumpy()
    array([-1.,  2.], dtype=float32)
    """

    def __init__(self, alpha: float, **kwargs: Any) -> None:
        if alpha < 0:
            raise MismatchError("the slope cannot be negative", where="LeakyReLU", parameter="alpha", got=alpha)
        super().__init__(**kwargs)
        self._alpha = alpha

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Apply the function."""
        return F.LeakyReLU(x, act_type="leaky", slope=self._alpha, name="fwd")

    def __repr__(self) -> str:
        return f"LeakyReLU({self._alpha})"


class PReLU(HybridBlock):
    """Leaky ReLU whose slope is trained (He et al., 2015).

    >>> layer = mx.gluon.nn.PReLU()
    >>> layer.initialize()
    >>> layer(mx.nd.array([-1, 0, 2])).asnumpy().round(3)
    array([-0.25,  0.  ,  2.  ], dtype=float32)
    """

    def __init__(self, alpha_initializer: Any = None, in_channels: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.alpha = self.params.get(
                "alpha", shape=(in_channels,), init=alpha_initializer or initializer.Constant(0.25)
            )

    def hybrid_forward(self, F: Any, x: Any, alpha: Any) -> Any:
        """Apply the function."""
        return F.LeakyReLU(x, gamma=alpha, act_type="prelu", name="fwd")


class ELU(HybridBlock):
    """x for x > 0, else alpha·(eˣ − 1) (Clevert et al., 2016).

    >>> layer = mx.gluon.nn.ELU()
    >>> layer.initialize()
    >>> layer(mx.nd.array([-1, 0, 2])).asnumpy().round(3)
    array([-0.632,  0.   ,  2.   ], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._alpha = alpha

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Apply the function."""
        return F.LeakyReLU(x, act_type="elu", slope=self._alpha)


class SELU(HybridBlock):
    """Scaled ELU (Klambauer et al., 2017).

    >>> layer = mx.gluon.nn.SELU()
    >>> layer.initialize()
    >>> layer(mx.nd.array([-1, 0, 2])).asnumpy().round(3)
    array([-1.111,  0.   ,  2.101], dtype=float32)
    """

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Apply the function."""
        return F.LeakyReLU(x, act_type="selu", name="fwd")


class GELU(HybridBlock):
    """x·Φ(x) (Hendrycks and Gimpel, 2016).

    >>> layer = mx.gluon.nn.GELU()
    >>> layer.initialize()
    >>> layer(mx.nd.array([-1, 0, 2])).asnumpy().round(3)
    array([-0.159,  0.   ,  1.954], dtype=float32)
    """

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Apply the function."""
        return F.LeakyReLU(x, act_type="gelu", name="fwd")


class Swish(HybridBlock):
    """x·σ(beta·x) (Ramachandran et al., 2017).

    >>> layer = mx.gluon.nn.Swish()
    >>> layer.initialize()
    >>> layer(mx.nd.array([-1, 0, 2])).asnumpy().round(3)
    array([-0.269,  0.   ,  1.762], dtype=float32)
    """

    def __init__(self, beta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._beta = beta

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Apply the function."""
        return x * F.sigmoid(self._beta * x, name="fwd")
