"""The palette: operators, optimizers, schedulers and initializers, each with the schema of its form."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from netwright_studio.schemas.common import Model


class Port(Model):
    """One input of an operator."""

    name: str
    kind: Literal["data", "weight", "state", "label"]
    optional: bool = False
    doc: str = ""


class OperatorInfo(Model):
    """One operator as the palette shows it."""

    name: str
    title: str
    category: str
    summary: str
    doc: str
    inputs: list[Port]
    variadic: bool
    outputs: list[str]
    params_schema: dict[str, Any] = Field(description="JSON Schema of the parameters")
    start: dict[str, Any] = Field(description="Parameters of a fresh node: values for those without a default")
    is_loss: bool
    in_palette: bool


class Category(Model):
    """A group of operators."""

    name: str
    title: str


class Palette(Model):
    """Every operator and the groups they are in."""

    operators: list[OperatorInfo]
    categories: list[Category]


class ChoiceInfo(Model):
    """One optimizer, scheduler or initializer."""

    name: str
    title: str
    summary: str
    params_schema: dict[str, Any] = Field(description="JSON Schema of the parameters")


class OptimizerList(Model):
    """What training can be done with."""

    optimizers: list[ChoiceInfo]
    schedulers: list[ChoiceInfo]
    initializers: list[ChoiceInfo]
