"""The app factory: everything a studio is, made from its settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware import Middleware

from netwright_studio import __version__, api_docs, archive, error_handlers, handbook
from netwright_studio.api import (
    archives,
    code,
    datasets,
    graphs,
    health,
    inspect_models,
    inspect_runs,
    keys,
    models,
    operators,
    predictions,
    projects,
    run_control,
    run_events,
    runs,
    shares,
    sweep_trials,
    sweeps,
    system,
    templates,
    uploads,
)
from netwright_studio.datasets import DatasetCatalog
from netwright_studio.datasets.importing import Importer
from netwright_studio.datasets.uploads import Uploads
from netwright_studio.engine import Engine
from netwright_studio.gallery import Gallery
from netwright_studio.inference import ModelRepository, ModelServer
from netwright_studio.inference.open_inference import OpenInferenceApp
from netwright_studio.inspecting import Subjects
from netwright_studio.keyring import Keyring
from netwright_studio.limits import BodyLimitMiddleware
from netwright_studio.openapi import build_openapi, operation_id
from netwright_studio.pages import PageApp
from netwright_studio.path_switch import PathSwitch
from netwright_studio.responses import StudioJSON
from netwright_studio.runs.hub import EventHub
from netwright_studio.runs.manager import RunManager
from netwright_studio.runs.publish import keeper, publisher
from netwright_studio.runs.series import SeriesCache
from netwright_studio.serving.metrics import RequestMetrics
from netwright_studio.serving.shells import shells
from netwright_studio.settings import Settings
from netwright_studio.store import open_store
from netwright_studio.store.lock import FolderLock
from netwright_studio.studio import Studio
from netwright_studio.sweeps import Conductor

ROUTERS = (
    health.router,
    system.router,
    operators.router,
    templates.router,
    projects.router,
    archives.router,
    graphs.router,
    code.router,
    datasets.router,
    uploads.router,
    runs.router,
    run_control.router,
    inspect_runs.router,
    run_events.router,
    sweeps.router,
    sweep_trials.router,
    models.router,
    predictions.router,
    inspect_models.router,
    keys.router,
    shares.router,
    shares.shown_router,
    api_docs.router,
)


def create_app(settings: Settings, session: str | None = None) -> FastAPI:
    """Return the studio as an ASGI app. Nothing is opened before its lifespan begins.

    ``session`` is the secret of browsers' sessions, where workers share it.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with FolderLock(settings.home):
            studio = open_studio(settings, requests)
            app.state.studio = studio
            studio.store.database.claim()
            studio.store.reserve.hold()
            studio.store.blobs.sweep()
            archive.sweep(settings.home)
            await studio.manager.start()
            await studio.conductor.start()
            studio.engine.warm()
            studio.catalog.warm()
            studio.importer.start()
            try:
                yield
            finally:
                await studio.conductor.close()
                await studio.manager.close()
                await studio.models.close()
                studio.importer.close()
                studio.store.close()

    def find() -> Studio:
        studio: Studio = app.state.studio
        return studio

    requests = RequestMetrics()
    inference = OpenInferenceApp(
        lambda: find().models, max_bytes=settings.max_inference_bytes, local=not settings.exposed
    )
    app = FastAPI(
        title="Netwright Studio",
        version=__version__,
        lifespan=lifespan,
        default_response_class=StudioJSON,
        generate_unique_id_function=operation_id,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            *shells(settings, requests, session, lambda: find().keys, lambda: find().links),
            Middleware(PathSwitch, prefix="/v2", below=inference),
            Middleware(BodyLimitMiddleware, settings=settings),
        ],
    )
    app.state.log_filter = inference.administration.logs
    app.openapi = lambda: build_openapi(app)  # type: ignore[method-assign]
    error_handlers.install(app)
    for router in ROUTERS:
        app.include_router(router)
    static = settings.static_dir or Path(__file__).parent / "static"
    app.router.default = PageApp(static, settings.docs_dir or handbook.FOLDER)
    return app


def open_studio(settings: Settings, requests: RequestMetrics | None = None) -> Studio:
    """Open the store and put the parts together."""
    store = open_store(settings)
    hub = EventHub(settings.event_queue_frames)
    repository = ModelRepository(store)
    catalog = DatasetCatalog(store)
    models = ModelServer(repository, budget=settings.model_memory_bytes)
    publish = publisher(store, repository)
    manager = RunManager(settings, store, hub, publish)
    series = SeriesCache(store.events, runs_dir=settings.runs_dir)
    manager.settle = series.settle
    manager.retention.secure = series.secure
    return Studio(
        settings=settings,
        store=store,
        engine=Engine(),
        gallery=Gallery(),
        hub=hub,
        manager=manager,
        conductor=Conductor(store, manager, catalog, keeper(store, publish)),
        series=series,
        catalog=catalog,
        models=models,
        repository=repository,
        importer=Importer(Uploads(settings.uploads_dir, settings.max_upload_bytes), catalog, store.blobs),
        subjects=Subjects(store, catalog, repository),
        keys=Keyring(store.keys),
        links=Keyring(store.links),
        requests=requests or RequestMetrics(),
    )
