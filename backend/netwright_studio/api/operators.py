"""The palette and what networks are trained with."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from netwright_studio.api.deps import EngineDep
from netwright_studio.api.routing import resource_router
from netwright_studio.responses import Constants
from netwright_studio.schemas.operators import OptimizerList, Palette

router = resource_router("operators", prefix="/api")

_answers = Constants()
"""As what they tell of, the same for all studios of a process."""


@router.get("/operators", response_model=Palette)
def get_operators(request: Request, engine: EngineDep) -> Response:
    """Every operator with its ports and the JSON Schema of its parameters."""
    return _answers.answer(request, "operators", lambda: Palette.model_validate(engine.palette))


@router.get("/optimizers", response_model=OptimizerList)
def get_optimizers(request: Request, engine: EngineDep) -> Response:
    """Optimizers, learning-rate schedulers and initializers."""
    return _answers.answer(request, "optimizers", lambda: OptimizerList.model_validate(engine.optimizers))
