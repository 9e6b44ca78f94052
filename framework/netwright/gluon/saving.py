"""A network in two files: its blocks and their names as JSON, and its weights (MXNet's ``Block.save``)."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CheckpointError
from ..symbol.symbol import Variable

if TYPE_CHECKING:
    from .plain_block import Block


def save_model(block: Block, prefix: str) -> None:
    """Write ``prefix-model.json`` and ``prefix-model.params``."""
    numbers = iter(range(1_000_000))

    def describe(one: Block) -> dict[str, Any]:
        key = f"{type(one).__name__.lower()}{next(numbers)}"
        facts: dict[str, Any] = {"orig_name": one.name, **_graph(one), "children": {}}
        for name, child in one._children.items():
            facts["children"][child.name] = name
            facts.update(describe(child))
        return {key: facts}

    Path(f"{prefix}-model.json").write_text(json.dumps(describe(block)))
    block.save_parameters(f"{prefix}-model.params")


def _graph(block: Block) -> dict[str, Any]:
    """The symbol of a block that was hybridized and has run."""
    active = block.__dict__.get("_active")
    if active is None:
        return {}
    forms = list(block.__dict__["_compiled"].values())
    if not active or not forms:
        return {"hybridized": bool(active)}
    form = forms[-1]
    return {
        "in_format": form.structure,
        "out_format": form.out_structure,
        "inputs": [Variable(name).tojson() for name in form.names],
        "symbol": form.graph.symbol.tojson(),
        "hybridized": True,
    }


def load_model(block: Block, prefix: str) -> None:
    """Give the blocks their saved names, hybridize those that were, and read the weights."""
    file = Path(f"{prefix}-model.json")
    try:
        described: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise CheckpointError("the file cannot be read", where=file.name, got=str(error)) from error
    _rename(block, described, iter(range(1_000_000)), file.name)
    block.load_parameters(f"{prefix}-model.params")


def _rename(block: Block, described: dict[str, Any], numbers: Iterator[int], where: str) -> None:
    key = f"{type(block).__name__.lower()}{next(numbers)}"
    facts = described.get(key)
    if not isinstance(facts, dict):
        raise CheckpointError(
            f"the file tells of no {type(block).__name__} here",
            where=where,
            got=", ".join(k for k in described if isinstance(described[k], dict) and k != "children"),
            remedy="Make the network of the same blocks in the same order",
        )
    block._name, before = str(facts["orig_name"]), block._prefix
    block._prefix = block._params._prefix = block._name + "_" if before else ""
    for parameter in block._reg_params.values():
        if parameter.name.startswith(before):
            parameter.name, parameter._var = block._prefix + parameter.name[len(before) :], None
    block._params._params = OrderedDict((p.name, p) for p in block._params.values())
    for child in block._children.values():
        _rename(child, facts, numbers, where)
    children = [(str(facts["children"][child.name]), child) for child in block._children.values()]
    block._children.clear()
    block._children.update(children)
    if facts.get("hybridized"):
        block.hybridize()
