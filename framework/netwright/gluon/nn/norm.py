"""Normalisation layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ParamError
from ..block import HybridBlock
from ..parameter import Parameter


class _Scaled(HybridBlock):
    """Shared by layers with a trained gain ``gamma`` and offset ``beta``."""

    def _weights(
        self, size: int, center: bool, scale: bool, beta_initializer: Any, gamma_initializer: Any
    ) -> tuple[Parameter, Parameter]:
        gamma = self.params.get(
            "gamma",
            grad_req="write" if scale else "null",
            shape=(size,),
            init=gamma_initializer,
            allow_deferred_init=True,
            differentiable=scale,
        )
        beta = self.params.get(
            "beta",
            grad_req="write" if center else "null",
            shape=(size,),
            init=beta_initializer,
            allow_deferred_init=True,
            differentiable=center,
        )
        return gamma, beta

    _shown: dict[str, Any]
    """What the representation says, in order."""

    def __repr__(self) -> str:
        channels = (self.__dict__["gamma"].shape or (0,))[0]
        facts = dict(self._shown)
        if "num_groups" not in facts:  # as MXNet prints what is not known yet
            facts["in_channels"] = channels if channels or "momentum" not in facts else None
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in facts.items())})"


class BatchNorm(_Scaled):
    """Normalises each channel over the batch while training, by moving averages otherwise (Ioffe and Szegedy, 2015).

    >>> layer = mx.gluon.nn.BatchNorm()
    >>> layer.initialize()
    >>> x = mx.nd.array([[0, 10], [2, 30]])
    >>> with mx.autograd.record():
    ...     y = layer(x)
    >>> y.asnumpy().round(2)
    array([[-1., -1.],
           [ 1.,  1.]], dtype=float32)
    >>> layer.running_mean.data().asnumpy().round(2)
    array([0.1, 2. ], dtype=float32)
    """

    def __init__(
        self,
        axis: int = 1,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        running_mean_initializer: Any = "zeros",
        running_variance_initializer: Any = "ones",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._kwargs: dict[str, Any] = {
            "axis": axis,
            "eps": epsilon,
            "momentum": momentum,
            "fix_gamma": not scale,
            "use_global_stats": use_global_stats,
        }
        self._shown = self._kwargs
        with self.name_scope():
            self.gamma, self.beta = self._weights(in_channels, center, scale, beta_initializer, gamma_initializer)
            self.running_mean = self.params.get(
                "running_mean",
                grad_req="null",
                shape=(in_channels,),
                init=running_mean_initializer,
                allow_deferred_init=True,
                differentiable=False,
            )
            self.running_var = self.params.get(
                "running_var",
                grad_req="null",
                shape=(in_channels,),
                init=running_variance_initializer,
                allow_deferred_init=True,
                differentiable=False,
            )

    def cast(self, dtype: Any) -> None:
        """Statistics stay in float32 where the network becomes float16."""
        super().cast("float32" if np.dtype(dtype) == np.float16 else dtype)

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any) -> Any:
        """Normalise."""
        return F.BatchNorm(x, gamma, beta, running_mean, running_var, name="fwd", **self._kwargs)


class BatchNormReLU(BatchNorm):
    """Batch normalisation, and max(·, 0) of the result, in one step.

    >>> layer = mx.gluon.nn.BatchNormReLU()
    >>> layer.initialize()
    >>> with mx.autograd.record():
    ...     y = layer(mx.nd.array([[0, 10], [2, 30]]))
    >>> y.asnumpy().round(2)
    array([[0., 0.],
           [1., 1.]], dtype=float32)
    """

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any) -> Any:
        """Normalise and rectify."""
        args = (x, gamma, beta, running_mean, running_var)
        return F.contrib.BatchNormWithReLU(*args, name="fwd", **self._kwargs)


class SyncBatchNorm(BatchNorm):
    """Batch normalisation along axis 1 by MXNet's other name; the batch of one device is what is normalised.

    Statistics over several devices are not computed, and ``num_devices`` above 1 is refused.

    >>> layer = mx.gluon.nn.SyncBatchNorm()
    >>> layer.initialize()
    >>> layer(mx.nd.ones((2, 3))).shape
    (2, 3)
    """

    def __init__(
        self,
        in_channels: int = 0,
        num_devices: int | None = None,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        running_mean_initializer: Any = "zeros",
        running_variance_initializer: Any = "ones",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            1,
            momentum,
            epsilon,
            center,
            scale,
            use_global_stats,
            beta_initializer,
            gamma_initializer,
            running_mean_initializer,
            running_variance_initializer,
            in_channels,
            **kwargs,
        )
        if (num_devices or 1) > 1:
            raise ParamError(
                "statistics are not computed over several devices",
                where=self.name,
                parameter="num_devices",
                wanted="1",
                got=num_devices,
                remedy="Use BatchNorm, which normalises each device's part of the batch",
            )
        self._kwargs = {
            "eps": epsilon,
            "momentum": momentum,
            "fix_gamma": not scale,
            "use_global_stats": use_global_stats,
            "ndev": num_devices or 1,
            "key": self.prefix,
        }
        self._shown = self._kwargs

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any) -> Any:
        """Normalise."""
        args = (x, gamma, beta, running_mean, running_var)
        return F.contrib.SyncBatchNorm(*args, name="fwd", **self._kwargs)


class LayerNorm(_Scaled):
    """Normalises along one axis of each sample (Ba et al., 2016).

    >>> layer = mx.gluon.nn.LayerNorm()
    >>> layer.initialize()
    >>> layer(mx.nd.array([[1, 2, 3]])).asnumpy().round(2)
    array([[-1.22,  0.  ,  1.22]], dtype=float32)
    """

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        in_channels: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._axis, self._epsilon = axis, epsilon
        self._shown = {"eps": epsilon, "axis": axis, "center": center, "scale": scale}
        with self.name_scope():
            self.gamma, self.beta = self._weights(in_channels, center, scale, beta_initializer, gamma_initializer)

    def hybrid_forward(self, F: Any, data: Any, gamma: Any, beta: Any) -> Any:
        """Normalise."""
        return F.LayerNorm(data, gamma=gamma, beta=beta, axis=self._axis, eps=self._epsilon)


class InstanceNorm(_Scaled):
    """Normalises each channel of each sample (Ulyanov et al., 2016).

    >>> layer = mx.gluon.nn.InstanceNorm()
    >>> layer.initialize()
    >>> layer(mx.nd.array([[[1, 2, 3]]])).asnumpy().round(2)
    array([[[-1.22,  0.  ,  1.22]]], dtype=float32)
    """

    def __init__(
        self,
        axis: int = 1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._axis, self._epsilon = axis, epsilon
        self._shown = {"eps": epsilon, "axis": axis, "center": center, "scale": scale}
        with self.name_scope():
            self.gamma, self.beta = self._weights(in_channels, center, scale, beta_initializer, gamma_initializer)

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any) -> Any:
        """Normalise."""
        if self._axis == 1:
            return F.InstanceNorm(x, gamma, beta, name="fwd", eps=self._epsilon)
        x = x.swapaxes(dim1=1, dim2=self._axis)
        return F.InstanceNorm(x, gamma, beta, name="fwd", eps=self._epsilon).swapaxes(dim1=1, dim2=self._axis)


class GroupNorm(_Scaled):
    """Normalises groups of channels of each sample (Wu and He, 2018).

    >>> layer = mx.gluon.nn.GroupNorm(num_groups=2)
    >>> layer.initialize()
    >>> layer(mx.nd.ones((2, 4, 3))).shape
    (2, 4, 3)
    """

    def __init__(
        self,
        num_groups: int = 1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._num_groups, self._epsilon = num_groups, epsilon
        self._shown = {"eps": epsilon, "num_groups": num_groups, "center": center, "scale": scale}
        with self.name_scope():
            self.gamma, self.beta = self._weights(num_groups, center, scale, beta_initializer, gamma_initializer)

    def hybrid_forward(self, F: Any, data: Any, gamma: Any, beta: Any) -> Any:
        """Normalise."""
        return F.GroupNorm(data=data, gamma=gamma, beta=beta, num_groups=self._num_groups, eps=self._epsilon)
