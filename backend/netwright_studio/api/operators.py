"""The palette and what networks are trained with."""

from __future__ import annotations

from typing import Any

from netwright_studio.api.deps import EngineDep
from netwright_studio.api.routing import resource_router
from netwright_studio.schemas.operators import OptimizerList, Palette

router = resource_router("operators", prefix="/api")


@router.get("/operators", response_model=Palette)
def get_operators(engine: EngineDep) -> dict[str, Any]:
    """Every operator with its ports and the JSON Schema of its parameters."""
    return engine.palette


@router.get("/optimizers", response_model=OptimizerList)
def get_optimizers(engine: EngineDep) -> dict[str, Any]:
    """Optimizers, learning-rate schedulers and initializers."""
    return engine.optimizers
