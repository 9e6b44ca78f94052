"""Pieces that every resource shares."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# A float of a metric: NaN and infinities travel as strings, because JSON has no word for them.
Number = float | Literal["NaN", "Infinity", "-Infinity"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Ident = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Time = Annotated[datetime, Field(description="ISO 8601, UTC")]

T = TypeVar("T")


class Model(BaseModel):
    """Base of what is sent: filled from rows as well as from keyword arguments."""

    model_config = ConfigDict(
        from_attributes=True,
        populate_by_name=True,
        protected_namespaces=(),
        json_schema_serialization_defaults_required=True,
    )


class Request(BaseModel):
    """Base of what is received: an unknown field is a mistake worth hearing of."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class Items(BaseModel, Generic[T]):
    """One page of a list, and how many there are in all."""

    items: list[T]
    total: int


class ErrorInfo(BaseModel):
    """Where, wanted, got, remedy."""

    code: str = Field(description="A word for programs, such as not_found or conflict.")
    message: str = Field(description="A sentence for people.")
    where: str | None = None
    wanted: Any = None
    got: Any = None
    remedy: str | None = None
    details: list[Any] = Field(default_factory=list)


class ErrorBody(BaseModel):
    """The one error body of the API."""

    error: ErrorInfo
