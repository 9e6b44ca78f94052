"""``Input``: the pseudo operator that stands for what the data set feeds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..ops.params import DType, OpParams, Size


class InputParams(OpParams):
    """Parameters of ``Input``."""

    shape: Annotated[tuple[Size, ...], Field(max_length=8)] | None = Field(
        None, description="Shape of one sample, batch axis left out; empty: as the data set has it"
    )
    dtype: DType = Field("float32", description="Element type")


SUMMARY = "What the data set feeds: one sample's shape, batch axis left out."
