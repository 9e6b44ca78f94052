"""From what was asked to a sweep that can be carried out; what cannot be is refused before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from netwright.errors import NetwrightError
from netwright_studio.errors import InvalidError
from netwright_studio.schemas.settings import TrainSettings
from netwright_studio.schemas.sweeps import SweepCreate
from netwright_studio.store import tables

if TYPE_CHECKING:
    from netwright.datasets import DatasetInfo
    from netwright.train.sweep import SweepSpec
    from netwright_studio.studio import Studio

Document = dict[str, Any]
CHECK_SECONDS = 1.5
"""So long combinations are looked at before a sweep begins; the others are when their turn comes."""


@dataclass(frozen=True)
class Draft:
    """A sweep that was asked for, and what trains it."""

    spec: SweepSpec
    info: DatasetInfo
    dataset: str
    project: str | None
    concurrency: int | None
    trials: list[Document]


@dataclass(frozen=True)
class Looked:
    """How many combinations were looked at, and which of them cannot be trained: (number, why)."""

    checked: int
    refused: list[tuple[int, NetwrightError]]


def draft(studio: Studio, body: SweepCreate) -> Draft:
    """Read the sweep; raises what is wrong with its ranges, its places or the training it begins with."""
    from netwright.train.sweep import check_spec, metrics_for, read_spec

    project = studio.store.projects.get(body.project) if body.project is not None else None
    graph = body.graph.model_dump() if body.graph is not None else project.graph if project else {}
    settings = body.settings or (TrainSettings.model_validate(project.settings) if project else TrainSettings())
    dataset = body.dataset or (project.dataset if project else None)
    if dataset is None:
        raise InvalidError("No data set has been chosen.", where="dataset", remedy="Choose one to train on.")
    info = studio.catalog.info(dataset)
    plain = settings.model_dump(mode="json")
    studio.engine.require_settings(plain)
    studio.engine.require_task(graph, info, plain)
    figures = metrics_for(info, plain)
    document = {
        "name": body.name or "",
        "dataset": dataset,
        "graph": graph,
        "settings": plain,
        "parameters": [parameter.model_dump(mode="json") for parameter in body.parameters],
        "method": body.method.model_dump(mode="json"),
        "metric": body.metric or figures[0],
        "seed": body.seed,
    }
    spec = read_spec(document, "sweep")
    if spec.metric not in figures:
        raise InvalidError(
            "The training has no such figure.", where="metric", wanted=", ".join(figures), got=spec.metric
        )
    check_spec(spec)
    return Draft(spec, info, dataset, project.id if project else None, body.concurrency, spec.trials())


def look(wanted: Draft, seconds: float = CHECK_SECONDS) -> Looked:
    """Look at combinations until the time is over, at one of them at least."""
    until, refused, checked = monotonic() + seconds, [], 0
    looker = Looker(wanted.spec, wanted.info)
    for number, values in enumerate(wanted.trials):
        why = looker.why_impossible(values)
        checked += 1
        if why is not None:
            refused.append((number, why))
        if monotonic() > until:
            break
    return Looked(checked, refused)


def make(studio: Studio, body: SweepCreate) -> tables.Sweep:
    """Store a sweep with its trials; InvalidError where none of those that were looked at can be trained."""
    wanted = draft(studio, body)
    found = look(wanted)
    if found.checked == len(found.refused):
        raise InvalidError(
            "None of the combinations can be trained.",
            where="parameters",
            got=str(found.refused[0][1]),
            remedy="Mend the network, or take other ranges.",
        )
    return studio.store.sweeps.create(
        name=body.name,
        trials=wanted.trials,
        project_id=wanted.project,
        dataset=wanted.dataset,
        spec=wanted.spec.model_dump(mode="json"),
        metric=wanted.spec.metric,
        concurrency=wanted.concurrency,
    )


def facts_of(error: NetwrightError) -> Document:
    """What an error says, as the store and the API keep it."""
    return {name: getattr(error, name) for name in ("message", "where", "wanted", "got", "remedy")}


class Looker:
    """Says why combinations cannot be trained; what only settings change is worked out once for each batch size."""

    def __init__(self, spec: SweepSpec, info: DatasetInfo) -> None:
        self._spec, self._info = spec, info
        self._drawn = [path for one in spec.parameters for path in one.paths if not path.startswith("settings.")]
        self._sized = [*self._drawn, "settings.batch_size"]
        self._known: dict[str, NetwrightError | None] = {}

    def why_impossible(self, values: Mapping[str, Any]) -> NetwrightError | None:
        """Why a combination cannot be trained; None where it can."""
        from netwright.train.sweep import place, require_settings, why_impossible

        try:
            require_settings(place(self._spec.graph, self._spec.settings, values)[1])
        except NetwrightError as error:
            return error
        sized = {path: values[path] for path in self._sized if path in values}
        key = repr(sorted(sized.items()))
        if key not in self._known:
            self._known[key] = why_impossible(self._spec, sized, self._info)
        return self._known[key]
