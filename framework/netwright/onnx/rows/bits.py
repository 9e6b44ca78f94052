"""Bits of whole numbers, and bits seen as another element type; our operators have none of it.

These are computed by NumPy when their inputs are fed: such a model runs by ``OnnxModel`` and is no symbol.
"""

from __future__ import annotations

import numpy as np
from onnx import helper

from ..table import Node, row
from ..values import Builder, Value

BITWISE = {"BitwiseAnd": np.bitwise_and, "BitwiseOr": np.bitwise_or, "BitwiseXor": np.bitwise_xor}


@row(*BITWISE)
def bitwise(b: Builder, n: Node) -> Value:
    """And, or, exclusive or of each pair of bits."""
    return b.evaluate(BITWISE[n.op], n[0], n[1])


@row("BitwiseNot")
def complement(b: Builder, n: Node) -> Value:
    """Each bit turned round."""
    return b.evaluate(np.bitwise_not, n[0])


@row("BitShift")
def shift(b: Builder, n: Node) -> Value:
    """Bits moved to the left or to the right."""
    return b.evaluate(np.left_shift if n.attr("direction") == "LEFT" else np.right_shift, n[0], n[1])


@row("BitCast")
def bit_cast(b: Builder, n: Node) -> Value:
    """The same bits as another element type of the same size."""
    kind = helper.tensor_dtype_to_np_dtype(n.attr("to"))
    return b.evaluate(lambda x: np.ascontiguousarray(x).view(kind).reshape(x.shape), n[0])
