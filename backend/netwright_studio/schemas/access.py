"""API keys and share links."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, field_validator, model_validator

from netwright_studio.schemas.common import Ident, Model, Name, Request, Time
from netwright_studio.schemas.graphs import CheckReport
from netwright_studio.schemas.models import ModelVersion
from netwright_studio.schemas.projects import Project
from netwright_studio.schemas.runs import Run

Scope = Literal["predict", "read", "full"]
Kind = Literal["run", "model", "project"]


class Expiring(Request):
    """What may end by itself."""

    expires_at: Annotated[AwareDatetime | None, Field(description="ISO 8601; null: never by itself")] = None

    @field_validator("expires_at")
    @classmethod
    def _ahead(cls, moment: datetime | None) -> datetime | None:
        if moment is not None and moment <= datetime.now(UTC):
            raise ValueError("lies in the past")
        return moment


class KeyCreate(Expiring):
    """A new API key: ``predict`` asks models, ``read`` looks at everything, ``full`` does everything but make keys."""

    name: Name
    scope: Scope = "predict"


class Key(Model):
    """An API key; ``hint`` is how its secret begins. ``active``: it still opens something."""

    id: str
    name: str
    hint: str
    scope: Scope
    created_at: Time
    expires_at: Time | None
    used_at: Time | None
    revoked_at: Time | None
    active: bool


class NewKey(Key):
    """A key that was just made, with its secret, which is told this once."""

    secret: str


class ShareCreate(Expiring):
    """A link to a run, a project (by id) or a version of a model (by name)."""

    kind: Kind
    target: Ident
    version: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None

    @model_validator(mode="after")
    def _versioned(self) -> Self:
        if (self.kind == "model") != (self.version is not None):
            raise ValueError("a model is shared with its version, anything else without one")
        return self


class Share(Model):
    """A share link; ``hint`` is how its secret begins, ``used_at`` when it was last looked at."""

    id: str
    kind: Kind
    target: str
    version: int | None
    title: str
    hint: str
    created_at: Time
    expires_at: Time | None
    used_at: Time | None
    revoked_at: Time | None
    active: bool


class NewShare(Share):
    """A link that was just made, with its path below the studio's address, which is told this once."""

    path: str


class Shared(Model):
    """What a link shows: a run, a version of a model, or a project with its check."""

    kind: Kind
    title: str
    created_at: Time
    expires_at: Time | None
    run: Run | None = None
    name: str | None = Field(None, description="The model's name.")
    model: ModelVersion | None = None
    project: Project | None = None
    report: CheckReport | None = None
