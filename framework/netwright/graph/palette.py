"""The palette: every operator with its ports and the JSON Schema of its form."""

from __future__ import annotations

from typing import Any

from ..ops import all_operators
from ..ops.operator import Operator
from ..ops.params import OpParams
from .document import INPUT
from .inputs import SUMMARY, InputParams
from .suggest import start_params

CATEGORIES = {
    "input": "Input",
    "dense": "Dense",
    "convolution": "Convolution",
    "pooling": "Pooling",
    "normalization": "Normalisation",
    "activation": "Activation",
    "attention": "Attention",
    "sequence": "Sequence",
    "shape": "Shape",
    "loss": "Loss",
    "math": "Mathematics",
    "elementwise": "Elementwise",
    "broadcast": "Broadcast",
    "scalar": "With a number",
    "reduce": "Reduction",
    "indexing": "Indexing",
    "linalg": "Linear algebra",
    "sort": "Sorting",
    "random": "Random",
    "spatial": "Spatial",
    "creation": "Creation",
    "optimizer": "Optimizer",
}
"""Categories in the order in which the page shows them."""


def palette() -> dict[str, Any]:
    """``{"operators": […], "categories": […]}`` as the page reads it."""
    operators = [_input_entry(), *(_entry(op) for op in all_operators())]
    used = {entry["category"] for entry in operators}
    titles = {**CATEGORIES, **{c: c.capitalize() for c in used if c not in CATEGORIES}}
    return {
        "operators": operators,
        "categories": [{"name": name, "title": title} for name, title in titles.items() if name in used],
    }


def _input_entry() -> dict[str, Any]:
    return {
        "name": INPUT,
        "title": "Input",
        "category": "input",
        "summary": SUMMARY,
        "doc": SUMMARY,
        "inputs": [],
        "variadic": False,
        "outputs": ["output"],
        "params_schema": params_schema(InputParams),
        "start": {},
        "is_loss": False,
        "in_palette": True,
    }


def _entry(op: Operator) -> dict[str, Any]:
    ports = () if op.variadic else op.inputs
    outputs = op.outputs if op.default_params is None else op.output_names(op.default_params)
    visible = len(outputs) if op.default_params is None else op.visible_outputs(op.default_params)
    return {
        "name": op.name,
        "title": op.title or op.name,
        "category": op.category,
        "summary": op.summary,
        "doc": op.doc,
        "inputs": [{"name": p.name, "kind": p.kind, "optional": p.optional, "doc": p.doc} for p in ports],
        "variadic": bool(op.variadic),
        "outputs": list(outputs[:visible]),
        "params_schema": params_schema(op.Params, without=op.variadic),
        "start": start_params(op),
        "is_loss": op.is_loss,
        "in_palette": op.in_palette,
    }


def params_schema(model: type[OpParams], without: str = "") -> dict[str, Any]:
    """JSON Schema of the parameters that a person may set (tuning hints left out)."""
    schema = model.model_json_schema()
    properties = {
        name: {k: v for k, v in rule.items() if k != "hidden"}
        for name, rule in schema.get("properties", {}).items()
        if name != without and not rule.get("hidden")
    }
    required = [name for name in schema.get("required", []) if name in properties]
    return {"type": "object", "properties": properties, "required": required, **_definitions(schema)}


def _definitions(schema: dict[str, Any]) -> dict[str, Any]:
    return {"$defs": schema["$defs"]} if "$defs" in schema else {}
