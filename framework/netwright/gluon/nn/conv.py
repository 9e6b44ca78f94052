"""Convolutions, transposed convolutions and pooling, in one, two and three dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import MismatchError
from ...ops import get
from ..block import HybridBlock
from .activations import Activation

Sizes = int | Sequence[int]


def _tuple(value: Sizes, ndim: int) -> tuple[int, ...]:
    found = (value,) * ndim if isinstance(value, int) else tuple(value)
    if len(found) != ndim:
        raise MismatchError("wrong number of sizes", wanted=f"one or {ndim}", got=found)
    return found


def _check_layout(layout: str, layouts: Sequence[str], where: str) -> None:
    if layout not in layouts:
        raise MismatchError("unknown layout", where=where, wanted=" or ".join(layouts), got=repr(layout))


_LAYOUTS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


class _Conv(HybridBlock):
    """Shared by all convolutions; ``op`` is Convolution or Deconvolution."""

    def __init__(
        self,
        channels: int,
        kernel_size: tuple[int, ...],
        strides: Sizes,
        padding: Sizes,
        dilation: Sizes,
        groups: int,
        layout: str,
        in_channels: int = 0,
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        op_name: str = "Convolution",
        adj: tuple[int, ...] | None = None,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        ndim = len(kernel_size)
        _check_layout(layout, _LAYOUTS[ndim], self.name)
        self._channels, self._in_channels, self._op_name = channels, in_channels, op_name
        self._kwargs: dict[str, Any] = {
            "kernel": kernel_size,
            "stride": _tuple(strides, ndim),
            "dilate": _tuple(dilation, ndim),
            "pad": _tuple(padding, ndim),
            "num_filter": channels,
            "num_group": groups,
            "no_bias": not use_bias,
            "layout": layout,
        }
        if adj is not None:
            self._kwargs["adj"] = adj
        get(op_name).make_params(self._kwargs)
        with self.name_scope():
            self.weight = self.params.get(
                "weight",
                shape=self._weight_shape(kernel_size, groups, layout),
                init=weight_initializer,
                allow_deferred_init=True,
            )
            self.bias = (
                self.params.get("bias", shape=(channels,), init=bias_initializer, allow_deferred_init=True)
                if use_bias
                else None
            )
            self.act = Activation(activation, prefix=activation + "_") if activation is not None else None

    def _weight_shape(self, kernel: tuple[int, ...], groups: int, layout: str) -> tuple[int, ...]:
        outer, inner = self._channels, self._in_channels // groups
        if self._op_name == "Deconvolution":
            outer, inner = self._in_channels, self._channels // groups
        return (outer, inner, *kernel) if layout.startswith("NC") else (outer, *kernel, inner)

    def _alias(self) -> str:
        return "conv"

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """One convolution."""
        out = getattr(F, self._op_name)(x, weight, bias, name="fwd", **self._kwargs)
        return self.act(out) if self.act is not None else out

    def __repr__(self) -> str:
        k, nothing = self._kwargs, (0,) * len(self._kwargs["kernel"])
        shape = self.weight.shape or (0, 0)
        inputs = shape[0] if self._op_name == "Deconvolution" else _inner(shape, k["layout"]) * k["num_group"]
        facts = [f"{inputs or None} -> {self._channels}", f"kernel_size={k['kernel']}", f"stride={k['stride']}"]
        facts += [f"padding={k['pad']}"] if k["pad"] != nothing else []
        facts += [f"dilation={k['dilate']}"] if set(k["dilate"]) != {1} else []
        facts += [f"output_padding={k['adj']}"] if k.get("adj", nothing) != nothing else []
        facts += [f"groups={k['num_group']}"] if k["num_group"] != 1 else []
        facts += ["bias=False"] if k["no_bias"] else []
        facts += [str(self.act)] if self.act is not None else []
        return f"{type(self).__name__}({', '.join(facts)})"


def _inner(shape: tuple[int, ...], layout: str) -> int:
    """Input channels of a group."""
    return shape[1] if layout.startswith("NC") else shape[-1]


def _example(made: str, ndim: int, out: tuple[int, int]) -> str:
    """The example in a layer's docstring: three channels of size 9 in, ``out`` (channels, size) out."""
    channels, size = out
    lines = [f"layer = mx.gluon.nn.{made}", "layer.initialize()", f"layer(mx.nd.ones({(2, 3, *(9,) * ndim)})).shape"]
    return "\n\n" + "".join(f">>> {line}\n" for line in lines) + f"{(2, channels, *(size,) * ndim)}\n"


def _conv(ndim: int, layouts: tuple[str, ...], doc: str) -> type[_Conv]:
    class Conv(_Conv):
        def __init__(
            self,
            channels: int,
            kernel_size: Sizes,
            strides: Sizes = 1,
            padding: Sizes = 0,
            dilation: Sizes = 1,
            groups: int = 1,
            layout: str = layouts[0],
            activation: str | None = None,
            use_bias: bool = True,
            weight_initializer: Any = None,
            bias_initializer: Any = "zeros",
            in_channels: int = 0,
            **kwargs: Any,
        ) -> None:
            super().__init__(
                channels,
                _tuple(kernel_size, ndim),
                strides,
                padding,
                dilation,
                groups,
                layout,
                in_channels,
                activation,
                use_bias,
                weight_initializer,
                bias_initializer,
                **kwargs,
            )

    Conv.__name__ = Conv.__qualname__ = f"Conv{ndim}D"
    Conv.__doc__ = doc + _example(f"Conv{ndim}D(channels=8, kernel_size=3, padding=1)", ndim, (8, 9))
    return Conv


def _conv_transpose(ndim: int, layout_default: str, doc: str) -> type[_Conv]:
    class ConvTranspose(_Conv):
        def __init__(
            self,
            channels: int,
            kernel_size: Sizes,
            strides: Sizes = 1,
            padding: Sizes = 0,
            output_padding: Sizes = 0,
            dilation: Sizes = 1,
            groups: int = 1,
            layout: str = layout_default,
            activation: str | None = None,
            use_bias: bool = True,
            weight_initializer: Any = None,
            bias_initializer: Any = "zeros",
            in_channels: int = 0,
            **kwargs: Any,
        ) -> None:
            super().__init__(
                channels,
                _tuple(kernel_size, ndim),
                strides,
                padding,
                dilation,
                groups,
                layout,
                in_channels,
                activation,
                use_bias,
                weight_initializer,
                bias_initializer,
                op_name="Deconvolution",
                adj=_tuple(output_padding, ndim),
                **kwargs,
            )

    ConvTranspose.__name__ = ConvTranspose.__qualname__ = f"Conv{ndim}DTranspose"
    made = f"Conv{ndim}DTranspose(channels=8, kernel_size=4, strides=2, padding=1)"
    ConvTranspose.__doc__ = doc + _example(made, ndim, (8, 18))
    return ConvTranspose


Conv1D = _conv(1, ("NCW", "NWC"), "Convolution over (N, C, W).")
Conv2D = _conv(2, ("NCHW", "NHWC"), "Convolution over (N, C, H, W).")
Conv3D = _conv(3, ("NCDHW", "NDHWC"), "Convolution over (N, C, D, H, W).")
Conv1DTranspose = _conv_transpose(1, "NCW", "Transposed convolution over (N, C, W).")
Conv2DTranspose = _conv_transpose(2, "NCHW", "Transposed convolution over (N, C, H, W).")
Conv3DTranspose = _conv_transpose(3, "NCDHW", "Transposed convolution over (N, C, D, H, W).")


class _Pooling(HybridBlock):
    """Shared by all pooling layers."""

    def __init__(
        self,
        pool_size: tuple[int, ...],
        strides: Sizes | None,
        padding: Sizes,
        ceil_mode: bool,
        global_pool: bool,
        pool_type: str,
        layout: str,
        count_include_pad: bool | None = None,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        ndim = len(pool_size)
        _check_layout(layout, _LAYOUTS[ndim], self.name)
        self._kwargs: dict[str, Any] = {
            "kernel": pool_size,
            "stride": _tuple(pool_size if strides is None else strides, ndim),
            "pad": _tuple(padding, ndim),
            "global_pool": global_pool,
            "pool_type": pool_type,
            "layout": layout,
            "pooling_convention": "full" if ceil_mode else "valid",
        }
        if count_include_pad is not None:
            self._kwargs["count_include_pad"] = count_include_pad

    def _alias(self) -> str:
        return "pool"

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Pool."""
        return F.Pooling(x, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        k = self._kwargs
        ceil = k["pooling_convention"] == "full"
        return (
            f"{type(self).__name__}(size={k['kernel']}, stride={k['stride']}, padding={k['pad']}, ceil_mode={ceil}, "
            f"global_pool={k['global_pool']}, pool_type={k['pool_type']}, layout={k['layout']})"
        )


def _max_pool(ndim: int) -> type[_Pooling]:
    class Pool(_Pooling):
        def __init__(
            self,
            pool_size: Sizes = 2,
            strides: Sizes | None = None,
            padding: Sizes = 0,
            layout: str = _LAYOUTS[ndim][0],
            ceil_mode: bool = False,
            **kwargs: Any,
        ) -> None:
            super().__init__(_tuple(pool_size, ndim), strides, padding, ceil_mode, False, "max", layout, **kwargs)

    Pool.__name__ = Pool.__qualname__ = f"MaxPool{ndim}D"
    doc = f"Largest of each window over {ndim} spatial axes."
    Pool.__doc__ = doc + _example(f"MaxPool{ndim}D(pool_size=3)", ndim, (3, 3))
    return Pool


def _avg_pool(ndim: int) -> type[_Pooling]:
    class Pool(_Pooling):
        def __init__(
            self,
            pool_size: Sizes = 2,
            strides: Sizes | None = None,
            padding: Sizes = 0,
            ceil_mode: bool = False,
            layout: str = _LAYOUTS[ndim][0],
            count_include_pad: bool = True,
            **kwargs: Any,
        ) -> None:
            sizes = (_tuple(pool_size, ndim), strides, padding, ceil_mode)
            super().__init__(*sizes, False, "avg", layout, count_include_pad, **kwargs)

    Pool.__name__ = Pool.__qualname__ = f"AvgPool{ndim}D"
    doc = f"Mean of each window over {ndim} spatial axes."
    Pool.__doc__ = doc + _example(f"AvgPool{ndim}D(pool_size=3)", ndim, (3, 3))
    return Pool


class AvgPool1D(_Pooling):
    """Mean of each window over 1 spatial axis; its arguments are in another order, as in MXNet.

    >>> mx.gluon.nn.AvgPool1D(pool_size=3)(mx.nd.ones((2, 3, 9))).shape
    (2, 3, 3)
    """

    def __init__(
        self,
        pool_size: Sizes = 2,
        strides: Sizes | None = None,
        padding: Sizes = 0,
        layout: str = "NCW",
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        **kwargs: Any,
    ) -> None:
        sizes = (_tuple(pool_size, 1), strides, padding, ceil_mode)
        super().__init__(*sizes, False, "avg", layout, count_include_pad, **kwargs)


def _global_pool(ndim: int, kind: str) -> type[_Pooling]:
    class Pool(_Pooling):
        def __init__(self, layout: str = _LAYOUTS[ndim][0], **kwargs: Any) -> None:
            super().__init__((1,) * ndim, None, 0, True, True, kind, layout, **kwargs)

    Pool.__name__ = Pool.__qualname__ = f"Global{kind.capitalize()}Pool{ndim}D"
    doc = f"{'Largest' if kind == 'max' else 'Mean'} over all {ndim} spatial axes."
    Pool.__doc__ = doc + _example(f"{Pool.__name__}()", ndim, (3, 1))
    return Pool


MaxPool1D, MaxPool2D, MaxPool3D = (_max_pool(n) for n in (1, 2, 3))
AvgPool2D, AvgPool3D = (_avg_pool(n) for n in (2, 3))
GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = (_global_pool(n, "max") for n in (1, 2, 3))
GlobalAvgPool1D, GlobalAvgPool2D, GlobalAvgPool3D = (_global_pool(n, "avg") for n in (1, 2, 3))


class ReflectionPad2D(HybridBlock):
    """Pads height and width with the mirrored border.

    >>> mx.gluon.nn.ReflectionPad2D(1)(mx.nd.arange(4).reshape((1, 1, 2, 2))).asnumpy()[0, 0]
    array([[3., 2., 3., 2.],
           [1., 0., 1., 0.],
           [3., 2., 3., 2.],
           [1., 0., 1., 0.]], dtype=float32)
    """

    def __init__(self, padding: int | Sequence[int] = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._padding = (0, 0, 0, 0, *(padding,) * 4) if isinstance(padding, int) else tuple(padding)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Pad."""
        return F.pad(x, mode="reflect", pad_width=self._padding)
