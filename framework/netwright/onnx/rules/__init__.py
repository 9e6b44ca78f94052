"""Rules of the table, one module per family; importing them fills it."""

from . import activations, control, heads, indexing, layers, pools, random, recurrent, updates

__all__ = ["activations", "control", "heads", "indexing", "layers", "pools", "random", "recurrent", "updates"]
