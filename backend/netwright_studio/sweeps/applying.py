"""From a trial to the project: its values are put where the project has these places now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.errors import ParamError
from netwright_studio.errors import ConflictError
from netwright_studio.schemas.sweeps import Applied
from netwright_studio.sweeps.records import read_spec_of, to_trials

if TYPE_CHECKING:
    from netwright_studio.studio import Studio


def apply(studio: Studio, ident: str, number: int | None) -> Applied:
    """Put a trial's values into the project that the sweep was made of; the best trial's where none is named.

    Whatever else was changed in the project since stays as it is, and the version before is kept.
    """
    from netwright.train.sweep import best, place

    sweep = studio.store.sweeps.get(ident)
    if sweep.project_id is None:
        raise ConflictError(
            "The sweep belongs to no project.", where="project", remedy="Make a project of a trial's run instead."
        )
    if number is None:
        spec = read_spec_of(sweep)
        found = best(to_trials(studio.store.sweeps.trials(ident)), spec.direction)
        if found is None:
            raise ConflictError("No trial has a score yet.", where="trial", remedy="Wait for the first one.")
        number = found.number
    values = studio.store.sweeps.trial_of(ident, number).values
    project = studio.store.projects.get(sweep.project_id)
    try:
        graph, settings = place(project.graph, project.settings, values)
    except ParamError as error:
        raise ConflictError(
            "The project is no longer as the sweep knew it.",
            where=error.where,
            wanted="the places that the sweep varies",
            got=error.message,
            remedy="Take up the version of the project from before.",
        ) from error
    changed = studio.store.projects.update(project.id, project.revision, graph=graph, settings=settings)
    return Applied(project=project.id, revision=changed.revision, trial=number)
