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
