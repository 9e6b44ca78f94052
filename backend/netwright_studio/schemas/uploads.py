"""Files on their way in: what is announced, how far they are, and what was found in them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from netwright.datasets import Dialect, Recipe
from netwright.datasets.guessing import TableSurvey
from netwright.datasets.image_zip import ImageSurvey
from netwright_studio.schemas.common import ErrorInfo, Ident, Model, Name, Request


class UploadCreate(Request):
    """A file that is going to be sent."""

    filename: Annotated[str, Field(min_length=1, max_length=255)]
    size: int = Field(ge=1, le=2**50)


class UploadPublic(Model):
    """How far a file is. ``progress`` is that of reading or importing; ``error`` says why it did not work."""

    id: str
    filename: str
    size: int
    format: Literal["csv", "npz", "parquet", "images", "built_in"]
    name: str = Field(description="What the data set is called that another version is made of; else empty.")
    of: str | None = Field(None, description="The data set that another version is made of.")
    state: Literal["receiving", "received", "reading", "ready", "importing", "done", "failed"]
    received: int
    progress: float
    chunk_bytes: int = Field(description="Send at most so many bytes at once.")
    error: ErrorInfo | None = None
    dataset: str | None = Field(None, description="The data set that was made of it.")


class ReadRequest(Request):
    """Look through the file again: as another dialect, for another column to predict."""

    dialect: Dialect | None = None
    target: str | None = Field(None, max_length=255)


class ImageExample(Model):
    """A small picture of a class."""

    label: str
    png: str


class ArraySurvey(Model):
    """What an NPZ file holds."""

    samples: int
    test_samples: int
    input: Literal["table", "image", "text"]
    shape: list[int]
    task: str
    classes: int


class Survey(Model):
    """What was found in a file, and the recipe that is proposed."""

    kind: Literal["table", "images", "arrays"]
    recipe: Recipe
    table: TableSurvey | None = None
    images: ImageSurvey | None = None
    examples: list[ImageExample] = Field(default_factory=list)
    arrays: ArraySurvey | None = None


class ImportRequest(Request):
    """Make a data set: by what recipe, and with what file for its test part."""

    name: Name
    recipe: Recipe
    test_upload: Ident | None = None
