"""The friendly way to predict; the studio answers it, and each of its workers."""

from __future__ import annotations

from typing import Annotated, Protocol

from fastapi import Depends, Path
from starlette.requests import HTTPConnection

from netwright_studio.api.raw_inputs import DESCRIBED, RawInputsDep
from netwright_studio.api.routing import IdPath, resource_router
from netwright_studio.inference import ModelServer
from netwright_studio.inference.friendly import predict
from netwright_studio.schemas.models import PredictReply

router = resource_router("models")


class Answering(Protocol):
    """Whoever has models: a studio or a worker."""

    @property
    def models(self) -> ModelServer: ...


async def get_server(connection: HTTPConnection) -> ModelServer:
    """Return the model server of the process that was asked."""
    answering: Answering = connection.app.state.studio
    return answering.models


ServerDep = Annotated[ModelServer, Depends(get_server)]
VersionPath = Annotated[int, Path(ge=1, le=2**31)]


@router.post("/{name}/predict", response_model_exclude_none=True, openapi_extra=DESCRIBED)
async def predict_newest(server: ServerDep, name: IdPath, raws: RawInputsDep) -> PredictReply:
    """Predict with the newest version; preprocessing is included."""
    model = await server.get(name)
    return await predict(model, raws.of(model.saved.info))


@router.post("/{name}/versions/{version}/predict", response_model_exclude_none=True, openapi_extra=DESCRIBED)
async def predict_version(server: ServerDep, name: IdPath, version: VersionPath, raws: RawInputsDep) -> PredictReply:
    """Predict with one version; preprocessing is included."""
    model = await server.get(name, version)
    return await predict(model, raws.of(model.saved.info))
