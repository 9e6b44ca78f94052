"""Operators that are the same on both sides: the importer and the exporter read these tables, each its own way."""

from __future__ import annotations

MATH = {
    "Abs": "abs", "Neg": "negative", "Exp": "exp", "Log": "log", "Sqrt": "sqrt", "Floor": "floor", "Ceil": "ceil",
    "Sign": "sign", "Sin": "sin", "Cos": "cos", "Tan": "tan", "Asin": "arcsin", "Acos": "arccos",
    "Atan": "arctan", "Sinh": "sinh", "Cosh": "cosh", "Asinh": "arcsinh", "Acosh": "arccosh", "Atanh": "arctanh",
    "Erf": "erf", "Tanh": "tanh", "Reciprocal": "reciprocal",
}  # fmt: skip
"""Functions of one value: the standard's name, ours."""

ACTIVATIONS = {
    "relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "softsign": "Softsign", "_softrelu": "Softplus",
}  # fmt: skip
"""Activations: our name, the standard's."""

BINARY = {
    "Add": "broadcast_add", "Sub": "broadcast_sub", "Mul": "broadcast_mul", "Max": "broadcast_maximum",
    "Min": "broadcast_minimum",
}  # fmt: skip
"""Arithmetic of two values with broadcasting."""

COMPARISONS = {
    "Equal": "broadcast_equal", "Greater": "broadcast_greater", "Less": "broadcast_lesser",
    "GreaterOrEqual": "broadcast_greater_equal", "LessOrEqual": "broadcast_lesser_equal",
    "And": "broadcast_logical_and", "Or": "broadcast_logical_or", "Xor": "broadcast_logical_xor",
}  # fmt: skip
"""Comparisons and logic: the standard answers in booleans, ours in the element type of the inputs."""
