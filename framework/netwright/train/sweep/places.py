"""The places of a training that a sweep can reach, written as paths, and how a value is put there.

``settings.batch_size`` is a setting, ``settings.optimizer_params.learning_rate`` a parameter of the optimizer,
``settings.scheduler.params.warmup_steps`` one of the schedule; ``nodes.conv1.num_filter`` is a parameter of a node,
inside groups or not; ``groups.block.repeat`` is how many times a group stands in a row.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ...errors import ParamError, suggestion
from ...optimizer import table
from ...registry import parameter_names

Document = dict[str, Any]
SETTINGS = ("optimizer", "initializer", "scheduler", "batch_size", "epochs", "seed", "validation_split")
"""Settings that can be varied. Device and checkpoints make no better network, and a task is another network."""
COMMON = ("learning_rate", "wd", "clip_gradient")
"""Parameters that every optimizer takes."""


def split(path: str) -> tuple[str, ...]:
    """``"nodes.fc1.num_hidden"`` as its parts; raises ParamError where it cannot be a place."""
    parts = tuple(path.split("."))
    head = parts[0]
    shaped = (
        (head == "settings" and len(parts) == 2 and parts[1] in SETTINGS)
        or (parts[:2] == ("settings", "optimizer_params") and len(parts) == 3)
        or (parts[:3] == ("settings", "scheduler", "params") and len(parts) == 4)
        or (head == "nodes" and len(parts) == 3)
        or (head == "groups" and len(parts) == 3 and parts[2] == "repeat")
    )
    if shaped and all(parts):
        return parts
    raise ParamError(
        "this is no place that can be varied",
        where=path[:200],
        wanted="settings.NAME, settings.optimizer_params.NAME, nodes.NODE.PARAMETER or groups.GROUP.repeat",
        remedy=suggestion(path, [f"settings.{name}" for name in SETTINGS], "Settings"),
    )


def read(graph: Mapping[str, Any], settings: Mapping[str, Any], path: str) -> Any:
    """What stands at a place now; None where nothing does. Raises ParamError where there is no such place."""
    parts = split(path)
    if parts[0] == "nodes":
        return _node(graph, parts[1], path)["params"].get(parts[2])
    if parts[0] == "groups":
        return _group(graph, parts[1], path).get("repeat", 1)
    value: Any = settings
    for name in parts[1:]:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def place(
    graph: Mapping[str, Any], settings: Mapping[str, Any], values: Mapping[str, Any]
) -> tuple[Document, Document]:
    """Graph and settings with the values put in their places; what was given stays as it is.

    Another optimizer keeps of the parameters those that it takes, too; values for its own come on top.

    >>> from netwright.train.sweep import place
    >>> graph = {"nodes": [{"id": "fc", "op": "FullyConnected", "params": {"num_hidden": 8}, "inputs": {}}]}
    >>> changed, settings = place(graph, {"epochs": 3}, {"nodes.fc.num_hidden": 16, "settings.epochs": 5})
    >>> changed["nodes"][0]["params"], graph["nodes"][0]["params"], settings
    ({'num_hidden': 16}, {'num_hidden': 8}, {'epochs': 5})
    """
    changes_graph = any(not path.startswith("settings.") for path in values)
    drawn: Document = copy.deepcopy(dict(graph)) if changes_graph else dict(graph)
    chosen: Document = copy.deepcopy(dict(settings))
    # the optimizer first: which parameters there are hangs on it
    for path in sorted(values, key=lambda one: one not in ("settings.optimizer", "settings.scheduler")):
        _put(drawn, chosen, path, copy.deepcopy(values[path]))
    return drawn, chosen


def _put(graph: Document, settings: Document, path: str, value: Any) -> None:
    parts = split(path)
    if parts[0] == "nodes":
        _node(graph, parts[1], path)["params"][parts[2]] = value
    elif parts[0] == "groups":
        _group(graph, parts[1], path)["repeat"] = value
    elif path == "settings.optimizer":
        if value != settings.get("optimizer"):
            settings["optimizer_params"] = _kept(str(value), settings.get("optimizer_params") or {})
        settings["optimizer"] = value
    elif parts[1] == "optimizer_params":
        settings.setdefault("optimizer_params", {})[parts[2]] = value
    elif parts[1] == "scheduler" and len(parts) == 4:
        if not isinstance(settings.get("scheduler"), dict):
            raise ParamError(
                "there is no schedule whose parameter could be varied",
                where=path,
                remedy="Choose a schedule first",
            )
        settings["scheduler"].setdefault("params", {})[parts[3]] = value
    else:
        settings[parts[1]] = value


def _kept(optimizer: str, params: Mapping[str, Any]) -> Document:
    known = {*parameter_names(table.get(optimizer)), *COMMON}
    return {name: value for name, value in params.items() if name in known}


def _node(graph: Mapping[str, Any], ident: str, path: str) -> Document:
    for node in graph.get("nodes", ()):
        if node.get("id") == ident:
            node.setdefault("params", {})
            found: Document = node
            return found
    names = [node.get("id", "") for node in graph.get("nodes", ())]
    raise ParamError("the network has no such node", where=path, got=ident, remedy=suggestion(ident, names, "Nodes"))


def _group(graph: Mapping[str, Any], ident: str, path: str) -> Document:
    for group in graph.get("groups") or ():
        if group.get("id") == ident:
            found: Document = group
            return found
    names = [group.get("id", "") for group in graph.get("groups") or ()]
    raise ParamError("the network has no such group", where=path, got=ident, remedy=suggestion(ident, names, "Groups"))
