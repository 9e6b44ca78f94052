"""Where Netwright answers otherwise than MXNet 1.9.1 on purpose, and why. Each row must still be true."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.framework.oracle.asking import Question


class Difference(NamedTuple):
    """Questions to one operator whose answers differ in these parts."""

    op: str
    parts: str
    """The parts' names, up to their number: ``output gradient``."""
    reason: str
    holds: Callable[[Question], bool] = lambda question: True
    """Which of the operator's questions."""


def with_nan(question: Question) -> bool:
    """Whether NaN or infinity is among the values."""
    return any(str(v) in ("nan", "inf", "-inf") for i in question["inputs"] for v in _flat(i.get("values", [])))


def _flat(values: object) -> list[object]:
    return [v for part in values for v in _flat(part)] if isinstance(values, list) else [values]


def having(**wanted: object) -> Callable[[Question], bool]:
    """Whether the question has these parameters."""
    return lambda question: all(question["params"].get(k) == v for k, v in wanted.items())


def lacking(name: str) -> Callable[[Question], bool]:
    """Whether the question leaves this parameter away."""
    return lambda question: name not in question["params"]


NAN = "MXNet's comparisons let NaN become 0 or count as positive; here it stays NaN, and no slope passes a cut"
WHOLE_SCALAR = "MXNet cuts the scalar off before it compares: 1 == 1.5 holds for integers there, not here"
DIVIDED_BY_ZERO = "MXNet divides by the zero; the slope is defined here"
NO_AXES = "MXNet gives an array without axes, which its own legacy operators take for one of unknown shape; here (1,)"
EIGHT_BITS = "MXNet's MKL-DNN build rounds to even and starts uint8 at 0; here its documented formulas hold"
CUDNN_ONLY = "MXNet's CPU kernel ignores what it documents for cuDNN only; here it works everywhere"
OTHER_HEADS = "MXNet ignores the gradients of the further outputs; here they count"
FIXED_GAMMA = "MXNet writes 1 into gamma; here a weight is no state, gamma is ignored and kept"
IN_BACKWARD = "MXNet advances the moving averages in backward, Netwright in forward"
AVERAGED_FULL = (
    "MKL-DNN's gradient of `full` pooling divides by other counts than its own forward (float64's agrees with ours)"
)
EMPTY_WINDOW = "MXNet averages no elements to NaN"

AUGMENTED = "MXNet passes the gradient on as if nothing had been changed; augmentation has none here"
UNWRITTEN = "MXNet returns without writing the result for an image of one channel"


def one_channel(question: Question) -> bool:
    """Whether the first input is an image of one channel."""
    return bool(question["inputs"][0]["shape"][-1] == 1)


DIFFERENCES: tuple[Difference, ...] = (
    # NaN and infinity
    *(Difference(op, "gradient", NAN, with_nan) for op in ("abs", "relu", "clip")),
    *(Difference(op, "output", NAN, with_nan) for op in ("sign", "_contrib_sign_ste", "softmax")),
    Difference("Activation", "output", NAN, having(act_type="relu")),
    Difference("LeakyReLU", "gradient", NAN, with_nan),
    Difference("gamma", "gradient", "the sign of infinity at −0", with_nan),
    Difference("gammaln", "output gradient", "the signs of infinity at −∞ and at negative whole numbers", with_nan),
    Difference("prod", "gradient", DIVIDED_BY_ZERO),
    Difference("nanprod", "gradient", DIVIDED_BY_ZERO),
    Difference("norm", "gradient", DIVIDED_BY_ZERO, lambda q: q["inputs"][0].get("values") == [0.0, 0.0]),
    Difference(
        "norm", "output", "MXNet scales while it adds, which loses whole numbers", lambda q: q["dtype"] == "int32"
    ),
    Difference("GridGenerator", "output gradient", DIVIDED_BY_ZERO, having(target_shape=[1, 2])),
    # whole numbers
    *(
        Difference(op, "output", WHOLE_SCALAR, having(scalar=1.5))
        for op in ("_equal_scalar", "_not_equal_scalar", "_greater_equal_scalar", "_lesser_scalar")
    ),
    # shapes
    Difference("_contrib_allclose", "output", NO_AXES),
    Difference("SliceChannel", "output", NO_AXES, lambda q: q["inputs"][0].get("shape") == [3]),
    Difference("_unravel_index", "output", "MXNet leaves away all but the first row", having(shape=[-1, 3, 2])),
    Difference(
        "gather_nd", "gradient", "MXNet writes the slopes of negative indices beside the array", lacking("shape")
    ),
    # gradients
    Difference(
        "LeakyReLU",
        "gradient",
        "MXNet's selu takes λ·(α + y) for its slope instead of λ·α + y, which is 5 % off",
        having(act_type="selu"),
    ),
    Difference(
        "LeakyReLU", "gradient output", "MXNet shows rrelu's slopes, and never fills them", having(act_type="rrelu")
    ),
    Difference(
        "SoftmaxActivation", "gradient", "MXNet's slope belongs to a softmax over whole samples, its result does not"
    ),
    Difference("LayerNorm", "gradient", OTHER_HEADS, having(output_mean_var=True)),
    Difference("GroupNorm", "gradient", OTHER_HEADS, having(output_mean_var=True)),
    Difference("_contrib_hawkesll", "gradient", OTHER_HEADS),
    Difference(
        "MakeLoss", "gradient", "MXNet's batch size is that of the data seen as a matrix", having(normalization="batch")
    ),
    Difference(
        "SoftmaxOutput",
        "gradient",
        "MXNet multiplies by its own output instead of the head's gradient",
        having(out_grad=True),
    ),
    Difference(
        "SoftmaxOutput",
        "gradient",
        "MXNet forgets smooth_alpha under multi_output",
        having(multi_output=True, smooth_alpha=0.1),
    ),
    Difference("Pooling", "gradient", AVERAGED_FULL, having(pool_type="avg", pooling_convention="full")),
    Difference(
        "Pooling", "output", EMPTY_WINDOW, having(pooling_convention="full", pool_type="avg", count_include_pad=False)
    ),
    # recurrence
    Difference("RNN", "output gradient", CUDNN_ONLY, having(lstm_state_clip_max=0.5)),
    Difference("RNN", "output gradient", CUDNN_ONLY, having(use_sequence_length=True)),
    # states
    Difference("BatchNorm", "changed", FIXED_GAMMA, lacking("fix_gamma")),
    Difference("BatchNorm", "changed", IN_BACKWARD, lambda q: not q["grad"]),
    Difference("IdentityAttachKLSparseReg", "changed", IN_BACKWARD),
    Difference("mp_nag_mom_update", "changed", "MXNet decays by the master copy that it has already overwritten"),
    Difference("mp_lamb_update_phase2", "changed", "MXNet forgets the master copy"),
    # images and boxes
    *(
        Difference(f"_image_random_{change}", "gradient", AUGMENTED, lambda q: q["grad"])
        for change in ("brightness", "contrast", "saturation", "hue")
    ),
    Difference("_image_random_hue", "output", UNWRITTEN, one_channel),
    Difference("_image_adjust_lighting", "output", UNWRITTEN, one_channel),
    Difference("_image_flip_left_right", "output", "MXNet does not write the middle one of an odd number of columns"),
    *(
        Difference(f"_image_flip_{way}", "gradient", "MXNet's gradient is not turned over", lambda q: q["grad"])
        for way in ("left_right", "top_bottom")
    ),
    Difference(
        "_contrib_box_nms",
        "gradient",
        "MXNet's gradient leaves the conversion of the boxes out",
        lambda q: {"in_format", "out_format"} & set(q["params"]) != set(),
    ),
    Difference("_contrib_bipartite_matching", "output", "MXNet makes one match more than topk says", having(topk=2)),
    Difference("_contrib_MultiBoxDetection", "output", "MXNet ignores background_id", having(background_id=2)),
    # eight bits
    *(
        Difference(op, "output", EIGHT_BITS)
        for op in ("_contrib_quantize", "_contrib_quantize_v2", "_contrib_dequantize", "_contrib_requantize")
    ),
)
