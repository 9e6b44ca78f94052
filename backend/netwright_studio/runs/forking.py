"""From one run to another: what a fork takes over, its folder, and how it differs."""

from __future__ import annotations

import shutil
from typing import Any

from netwright.errors import CheckpointError
from netwright.serialization import fsync_folder
from netwright.train import TrainSettings, branch
from netwright.train.branching import copy_weights, keep_checkpoint
from netwright_studio.errors import ConflictError, InvalidError
from netwright_studio.runs.folder import RunFolder
from netwright_studio.schemas.runs import RunFork
from netwright_studio.store import tables
from netwright_studio.store.database import new_id
from netwright_studio.studio import Studio

LIVE = ("learning_rate", "wd", "clip_gradient")
"""Parameters of an optimizer that do not change what it remembers."""
FREE = ("batch_size", "epochs", "checkpoint_every_seconds", "device", "look_inside", "scheduler", "optimizer_params")
"""Settings with which a training can go on from a checkpoint."""
Document = dict[str, Any]


def fork_run(studio: Studio, parent_id: str, wanted: RunFork) -> tables.Run:
    """Queue a run that begins where another was; refuses what cannot be before anything is written."""
    parent = studio.store.runs.get(parent_id)
    graph = wanted.graph.model_dump() if wanted.graph is not None else parent.graph
    settings = wanted.settings.model_dump() if wanted.settings is not None else parent.settings
    studio.engine.require_settings(settings)
    studio.engine.require_trainable(graph, studio.catalog.info(parent.dataset), settings["batch_size"])
    before = TrainSettings.model_validate(parent.settings)
    now = TrainSettings.model_validate(settings)
    step = wanted.step
    if step is None and (parent.origin or {}).get("kind") == "checkpoint":
        step = parent.origin["step"]  # type: ignore[index]  # where that run itself began
    differences = [*settings_differences(before, now), *graph_differences(parent.graph, graph)]
    kind = kind_of(parent.graph, graph, before, now, step, wanted.only_weights)
    ident = new_id()
    origin = {
        "run": parent.id,
        "number": parent.number,
        "name": parent.name,
        "kind": kind,
        "step": step,
        "epoch": None,
        "differences": differences,
    }
    source, target = RunFolder(studio.settings.runs_dir, parent.id), RunFolder(studio.settings.runs_dir, ident)
    try:
        origin |= _prepare(source, target, parent, now, kind, step)
        return studio.store.runs.create(
            name=wanted.name or None,
            project=parent.project_id,
            graph=graph,
            dataset=parent.dataset,
            settings=settings,
            epochs=now.epochs,
            id=ident,
            parent_id=parent.id,
            origin=origin,
            resume=kind == "checkpoint",
            start_paused=wanted.paused,
            step=step if kind == "checkpoint" and step is not None else 0,
            epoch=origin["epoch"] or 0.0 if kind == "checkpoint" else 0.0,
        )
    except BaseException:
        target.remove()
        raise


def kind_of(
    graph: Document, other: Document, before: TrainSettings, now: TrainSettings, step: int | None, only_weights: bool
) -> str:
    """``initial``: the first weights again; ``checkpoint``: everything goes on; ``weights``: only these are taken."""
    if step is None:
        return "initial"
    fixed = [name for name in TrainSettings.model_fields if name not in FREE]
    same = all(getattr(before, name) == getattr(now, name) for name in fixed)
    same = same and _memory(before) == _memory(now) and _network(graph) == _network(other)
    return "checkpoint" if same and not only_weights else "weights"


def settings_differences(before: TrainSettings, now: TrainSettings) -> list[Document]:
    """The settings that are others, by dotted name."""
    old, new = _flat(before.model_dump()), _flat(now.model_dump())
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return [{"name": name, "before": old.get(name), "after": new.get(name)} for name in names]


def graph_differences(before: Document, now: Document) -> list[Document]:
    """Nodes that came, went or have other parameters."""
    old = {node["id"]: node for node in before["nodes"]}
    new = {node["id"]: node for node in now["nodes"]}
    found: list[Document] = []
    for ident in {**old, **new}:
        was, has = old.get(ident), new.get(ident)
        if was is None or has is None or was["op"] != has["op"]:
            found.append({"name": ident, "before": was and was["op"], "after": has and has["op"]})
            continue
        params = _flat(was["params"]), _flat(has["params"])
        changed = [name for name in {**params[0], **params[1]} if params[0].get(name) != params[1].get(name)]
        found += [{"name": f"{ident}.{n}", "before": params[0].get(n), "after": params[1].get(n)} for n in changed]
        if was["inputs"] != has["inputs"]:
            found.append({"name": f"{ident}.inputs", "before": _wires(was), "after": _wires(has)})
    return found


def _prepare(
    source: RunFolder, target: RunFolder, parent: tables.Run, now: TrainSettings, kind: str, step: int | None
) -> Document:
    """Write what the new run begins with; the checkpoint it comes from is kept from now on."""
    if step is None:
        if source.start_weights.exists():
            target.start_weights.parent.mkdir(parents=True)
            shutil.copy2(source.start_weights, target.start_weights)
            fsync_folder(target.start_weights.parent)
            return {}
        start = (parent.origin or {}).get("start")
        own = {name: parent.settings.get(name) for name in ("seed", "initializer")}
        return {"start": start or {"graph": parent.graph, **own}}
    facts = next((facts for facts in source.list_checkpoints() if facts.step == step), None)
    if facts is None:
        there = ", ".join(str(one.step) for one in source.list_checkpoints()) or "none"
        raise ConflictError(
            "The run has no such checkpoint.", where="step", wanted=there, got=step, remedy="Choose one of those."
        )
    if kind == "checkpoint" and now.epochs <= facts.epoch:
        raise InvalidError(
            "There is nothing left to train.",
            where="settings.epochs",
            wanted=f"more than {facts.epoch:g}, where the checkpoint is",
            got=now.epochs,
            remedy="Ask for more epochs: those of the checkpoint count.",
        )
    try:
        keep_checkpoint(source.checkpoints, step)
        if kind == "checkpoint":
            branch(source.checkpoints, step, target.checkpoints, now)
        else:
            copy_weights(source.checkpoints, step, target.start_weights)
    except CheckpointError as error:
        raise ConflictError(error.message, where="step", wanted=error.wanted, got=error.got) from error
    return {"epoch": facts.epoch}


def _network(graph: Document) -> Any:
    return graph["nodes"], graph.get("outputs"), graph.get("groups")


def _memory(settings: TrainSettings) -> Document:
    return {name: value for name, value in settings.optimizer_params.items() if name not in LIVE}


def _flat(values: Document, prefix: str = "") -> Document:
    found: Document = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found.update(_flat(value, f"{prefix}{name}."))
        else:
            found[f"{prefix}{name}"] = value
    return found


def _wires(node: Document) -> str:
    return ", ".join(f"{port}: {source}" for port, source in node["inputs"].items())
