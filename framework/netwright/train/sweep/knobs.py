"""What can be varied in a training: every parameter of its network and settings, with its type, limits and a proposal.

All of it is read from where it is defined: operators' and optimizers' parameters, the settings' own schema.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from ...documents import first_problem
from ...errors import NetwrightError, ParamError, suggestion
from ...graph.document import INPUT
from ...graph.groups import MAX_REPEAT
from ...graph.palette import params_schema
from ...initializer import initializers
from ...lr_scheduler import schedulers
from ...ops.registry import get as find_operator
from ...optimizer import table
from ...optimizer.forms import model_of, offered
from ..settings import TrainSettings
from .places import SETTINGS, place, read
from .ranges import Choice, Parameter
from .spec import SweepSpec
from .suggest import propose

Section = Literal["settings", "optimizer", "scheduler", "node", "group"]
Document = Mapping[str, Any]
OWNERS = {"optimizer_params": "settings.optimizer", "scheduler": "settings.scheduler"}
"""Where it is chosen whose parameters these are."""


class Knob(BaseModel):
    """One parameter that can be varied. ``schema`` is JSON Schema; ``value`` is what stands there now."""

    path: str
    section: Section
    owner: str
    """The node, group, optimizer or schedule that it belongs to; empty for settings."""
    kind: str
    """The owner's operator, for nodes."""
    name: str
    rule: dict[str, Any] = Field(description="Its JSON Schema: type, limits, choices, title, description.")
    value: Any = None
    proposal: Parameter


def knobs(graph: Document, settings: Document) -> list[Knob]:
    """Everything that can be varied in a training, settings first.

    >>> from netwright import templates
    >>> from netwright.train.sweep import knobs
    >>> template = templates.get("mlp-digits")
    >>> found = {knob.path: knob for knob in knobs(template.graph, template.settings)}
    >>> found["settings.optimizer_params.learning_rate"].proposal.log
    True
    """
    full = TrainSettings.model_validate(settings).model_dump(mode="json")
    return [*_settings(full), *_optimizer(full), *_scheduler(full), *_groups(graph), *_nodes(graph)]


def check_spec(spec: SweepSpec) -> None:
    """Raise ParamError where a place is not there, or a bound is no value that it can have.

    Whether values go together shows only trial by trial.
    """
    known = {knob.path for knob in knobs(spec.graph, spec.settings)}
    for parameter in spec.parameters:
        for path in parameter.paths:
            _require_place(spec, path, known)
            for value in parameter.extremes():
                _require_value(spec, path, value)


def _require_place(spec: SweepSpec, path: str, known: set[str]) -> None:
    read(spec.graph, spec.settings, path)
    varied = {parameter.path for parameter in spec.parameters}
    free = "settings.optimizer" in varied if path.startswith("settings.optimizer_params.") else False
    free = free or (path.startswith("settings.scheduler.params.") and "settings.scheduler" in varied)
    if path not in known and not free:
        raise ParamError("there is nothing to vary here", where=path, remedy=suggestion(path, sorted(known), "Places"))


def _require_value(spec: SweepSpec, path: str, value: Any) -> None:
    """With one of the optimizers and schedules that are tried, at least, the place can have the value."""
    parts = path.split(".")
    owner = OWNERS.get(parts[1]) if parts[0] == "settings" and len(parts) > 2 else None
    tried: list[dict[str, Any]] = [{}]
    tried += [{owner: one} for parameter in spec.parameters if parameter.path == owner for one in parameter.extremes()]
    for number, beside in enumerate(tried, 1):
        try:
            _require_one(spec, path, {**beside, path: value})
            return
        except NetwrightError:
            if number == len(tried):
                raise


def _require_one(spec: SweepSpec, path: str, values: dict[str, Any]) -> None:
    value = values[path]
    try:
        graph, settings = place(spec.graph, spec.settings, values)
        if path.startswith("settings."):
            require_settings(settings)
        elif path.startswith("nodes."):
            _require_params(graph, path.split(".")[1])
        elif not (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_REPEAT):
            raise ParamError("a group cannot be repeated so often", wanted=f"1 to {MAX_REPEAT}", got=value)
    except NetwrightError as error:
        error.where = path
        raise


def require_settings(settings: Document) -> TrainSettings:
    """The settings as they are trained with, or ParamError."""
    try:
        made = TrainSettings.model_validate(settings)
    except ValidationError as error:
        first = first_problem(error)
        raise ParamError(first.message, where=f"settings.{first.place}".rstrip("."), got=first.got) from None
    made.make_optimizer(steps_total=1)
    if made.initializer.lower() not in initializers():
        known = suggestion(made.initializer, initializers(), "Initializers")
        raise ParamError(
            "there is no such initializer", where="settings.initializer", got=made.initializer, remedy=known
        )
    return made


def _require_params(graph: Document, ident: str) -> None:
    node = next(node for node in graph["nodes"] if node["id"] == ident)
    if node["op"] != INPUT:
        find_operator(node["op"]).Params.make(node["params"], strict=True)


# ---------------------------------------------------------------- where they come from
def _settings(settings: Document) -> Iterator[Knob]:
    rules = TrainSettings.model_json_schema()["properties"]
    named = {"optimizer": offered(), "initializer": list(initializers())}
    for name in SETTINGS:
        value = settings.get(name)
        if name == "scheduler":
            continue
        rule = {**rules[name], **({"enum": named[name]} if name in named else {})}
        yield _knob(f"settings.{name}", "settings", "", "", name, rule, value)
    yield _schedule_choice(settings)


def _schedule_choice(settings: Document) -> Knob:
    """None and the schedules that need no parameters; the one that is chosen now as it is."""
    now = settings.get("scheduler")
    ready = [{"name": name, "params": {}} for name, cls in schedulers().items() if not _required(cls)]
    values = [None, *(one for one in ready if not now or one["name"] != now["name"]), *([now] if now else [])]
    rule = {"title": "Schedule", "enum": values}
    path = "settings.scheduler"
    return Knob(
        path=path,
        section="settings",
        owner="",
        kind="",
        name="scheduler",
        rule=rule,
        value=now,
        proposal=Choice(path=path, values=tuple(values)),
    )


def _required(cls: type[Any]) -> list[str]:
    return [name for name in model_of(cls).model_json_schema().get("required", []) if name != "max_update"]


def _optimizer(settings: Document) -> Iterator[Knob]:
    name, given = settings["optimizer"], settings["optimizer_params"]
    rules = _rules_of("optimizer", name)
    for one, rule in rules.items():
        value = given.get(one, rule.get("default"))
        yield _knob(f"settings.optimizer_params.{one}", "optimizer", name, name, one, rule, value)


def _scheduler(settings: Document) -> Iterator[Knob]:
    chosen = settings.get("scheduler")
    if not chosen or chosen["name"] not in schedulers():
        return
    rules = _rules_of("scheduler", chosen["name"])
    for one, rule in rules.items():
        value = chosen["params"].get(one, rule.get("default"))
        yield _knob(f"settings.scheduler.params.{one}", "scheduler", chosen["name"], chosen["name"], one, rule, value)


def _groups(graph: Document) -> Iterator[Knob]:
    rule = {"type": "integer", "title": "Repeat", "minimum": 1, "maximum": MAX_REPEAT}
    for group in graph.get("groups") or ():
        repeat = group.get("repeat", 1)
        if group.get("carry") is not None or repeat > 1:
            path = f"groups.{group['id']}.repeat"
            yield _knob(path, "group", group["id"], group.get("title", ""), "repeat", rule, repeat)


def _nodes(graph: Document) -> Iterator[Knob]:
    for node in graph.get("nodes", ()):
        if node.get("op") == INPUT:
            continue
        try:
            rules = _rules_of_operator(node["op"])
        except NetwrightError:
            continue  # the check tells of unknown operators
        for name, rule in rules.items():
            value = (node.get("params") or {}).get(name, rule.get("default"))
            yield _knob(f"nodes.{node['id']}.{name}", "node", node["id"], node["op"], name, rule, value)


@functools.cache
def _rules_of(kind: Literal["optimizer", "scheduler"], name: str) -> Document:
    """The parameters of an optimizer or schedule, each with its JSON Schema."""
    cls: Any = table.get(name) if kind == "optimizer" else schedulers()[name]
    rules: Document = model_of(cls).model_json_schema()["properties"]
    return rules


@functools.cache
def _rules_of_operator(name: str) -> Document:
    """The parameters of an operator that a person may set, each with its JSON Schema."""
    schema = params_schema(find_operator(name).Params)
    return {one: _flat(rule, schema.get("$defs", {})) for one, rule in schema["properties"].items()}


def _knob(path: str, section: Section, owner: str, kind: str, name: str, rule: Document, value: Any) -> Knob:
    proposal = propose(path, name, rule, value)
    return Knob(
        path=path, section=section, owner=owner, kind=kind, name=name, rule=dict(rule), value=value, proposal=proposal
    )


def _flat(rule: Any, definitions: Document) -> Any:
    """A rule with its references written out."""
    if isinstance(rule, list):
        return [_flat(one, definitions) for one in rule]
    if not isinstance(rule, Mapping):
        return rule
    if "$ref" in rule:
        target = definitions.get(str(rule["$ref"]).removeprefix("#/$defs/"), {})
        return {**_flat(target, definitions), **{key: value for key, value in rule.items() if key != "$ref"}}
    return {key: _flat(value, definitions) for key, value in rule.items()}
