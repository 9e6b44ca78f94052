"""Convolutions whose points move: where to is computed by a convolution of its own."""

from __future__ import annotations

from typing import Any, ClassVar

from ....errors import MismatchError
from ...block import HybridBlock
from ...nn.activations import Activation
from ...nn.conv import Sizes, _tuple
from ...parameter import Parameter
from ...parameter_dict import ParameterDict


class DeformableConvolution(HybridBlock):
    """A convolution over (N, C, H, W) whose kernel's points are moved by offsets (Dai et al., 2017).

    The offsets, two for each point in each of ``num_deformable_group`` groups of channels, come from a convolution of
    the input with the same kernel, strides, padding and dilation.
    """

    _op_name: ClassVar[str] = "DeformableConvolution"
    _for_point: ClassVar[int] = 2

    def __init__(
        self,
        channels: int,
        kernel_size: Sizes = (1, 1),
        strides: Sizes = (1, 1),
        padding: Sizes = (0, 0),
        dilation: Sizes = (1, 1),
        groups: int = 1,
        num_deformable_group: int = 1,
        layout: str = "NCHW",
        use_bias: bool = True,
        in_channels: int = 0,
        activation: str | None = None,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        offset_weight_initializer: Any = "zeros",
        offset_bias_initializer: Any = "zeros",
        offset_use_bias: bool = True,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        if layout != "NCHW":
            raise MismatchError("channels come first here", where=self.name, wanted="NCHW", got=repr(layout))
        kernel = _tuple(kernel_size, 2)
        shared = {
            "kernel": kernel,
            "stride": _tuple(strides, 2),
            "pad": _tuple(padding, 2),
            "dilate": _tuple(dilation, 2),
            "num_group": groups,
            "layout": layout,
        }
        moves = self._for_point * num_deformable_group * kernel[0] * kernel[1]
        self._points = num_deformable_group * kernel[0] * kernel[1]
        self._offset: dict[str, Any] = {**shared, "num_filter": moves, "no_bias": not offset_use_bias}
        self._main: dict[str, Any] = {
            **shared,
            "num_filter": channels,
            "num_deformable_group": num_deformable_group,
            "no_bias": not use_bias,
        }
        inner = in_channels // groups
        with self.name_scope():
            self.offset_weight = self._weight("offset_weight", (moves, inner, *kernel), offset_weight_initializer)
            self.offset_bias = (
                self._weight("offset_bias", (moves,), offset_bias_initializer) if offset_use_bias else None
            )
            self.deformable_conv_weight = self._weight(
                "deformable_conv_weight", (channels, inner, *kernel), weight_initializer
            )
            self.deformable_conv_bias = (
                self._weight("deformable_conv_bias", (channels,), bias_initializer) if use_bias else None
            )
            self.act = Activation(activation, prefix=activation + "_") if activation else None

    def _weight(self, name: str, shape: tuple[int, ...], init: Any) -> Parameter:
        return self.params.get(name, shape=shape, init=init, allow_deferred_init=True)

    def _alias(self) -> str:
        return "deformable_conv"

    def hybrid_forward(
        self,
        F: Any,
        x: Any,
        offset_weight: Any,
        deformable_conv_weight: Any,
        offset_bias: Any = None,
        deformable_conv_bias: Any = None,
    ) -> Any:
        """Compute the moves, then convolve."""
        moves = self._moves(F, F.Convolution(x, offset_weight, offset_bias, **self._offset))
        op = getattr(F.contrib, self._op_name)
        out = op(x, *moves, deformable_conv_weight, deformable_conv_bias, name="fwd", **self._main)
        return self.act(out) if self.act is not None else out

    def _moves(self, F: Any, found: Any) -> tuple[Any, ...]:
        return (found,)

    def __repr__(self) -> str:
        k, shape = self._main, self.deformable_conv_weight.shape or (0, 0)
        facts = [f"{shape[1] or None} -> {shape[0]}", f"kernel_size={k['kernel']}", f"stride={k['stride']}"]
        facts += [f"padding={k['pad']}"] if k["pad"] != (0, 0) else []
        facts += [f"dilation={k['dilate']}"] if k["dilate"] != (1, 1) else []
        facts += [f"groups={k['num_group']}"] if k["num_group"] != 1 else []
        facts += ["bias=False"] if k["no_bias"] else []
        facts += [str(self.act)] if self.act is not None else []
        return f"{type(self).__name__}({', '.join(facts)})"


class ModulatedDeformableConvolution(DeformableConvolution):
    """A deformable convolution that also weighs each point, by 2·σ of a third number (Zhu et al., 2018)."""

    _op_name = "ModulatedDeformableConvolution"
    _for_point = 3

    def _alias(self) -> str:
        return "modulated_deformable_conv"

    def _moves(self, F: Any, found: Any) -> tuple[Any, ...]:
        offset = F.slice_axis(found, axis=1, begin=0, end=2 * self._points)
        return offset, F.sigmoid(F.slice_axis(found, axis=1, begin=2 * self._points, end=None)) * 2
