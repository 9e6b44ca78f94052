"""The app factory: everything a studio is, made from its settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware import Middleware

from netwright.errors import NetwrightError
from netwright_studio import __version__, api_docs, archive, error_handlers, handbook
from netwright_studio.access import AccessMiddleware, Doorkeeper
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
    projects,
    run_control,
    run_events,
    runs,
    shares,
    sweep_trials,
    sweeps,
    system,
    templates,
)
from netwright_studio.datasets import DatasetCatalog
from netwright_studio.engine import Engine
from netwright_studio.failures import FailureMiddleware
from netwright_studio.gallery import Gallery
from netwright_studio.inference import ModelRepository, ModelServer
from netwright_studio.inference.open_inference import OpenInferenceApp
from netwright_studio.inspecting import Subjects
from netwright_studio.keyring import Keyring
from netwright_studio.language import LanguageMiddleware
from netwright_studio.limits import BodyLimitMiddleware
from netwright_studio.openapi import build_openapi, operation_id
from netwright_studio.pages import PageApp
from netwright_studio.path_switch import PathSwitch
from netwright_studio.responses import StudioJSON
from netwright_studio.runs.hub import EventHub
from netwright_studio.runs.manager import RunManager
from netwright_studio.runs.publish import keeper, publisher
from netwright_studio.runs.series import SeriesCache
from netwright_studio.security import Gatekeeper, SecurityMiddleware
from netwright_studio.settings import Settings
from netwright_studio.sharing import ShareMiddleware
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
    runs.router,
    run_control.router,
    inspect_runs.router,
    run_events.router,
    sweeps.router,
    sweep_trials.router,
    models.router,
    inspect_models.router,
    keys.router,
    shares.router,
    shares.shown_router,
    api_docs.router,
)


def create_app(settings: Settings) -> FastAPI:
    """Return the studio as an ASGI app. Nothing is opened before its lifespan begins."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with FolderLock(settings.home):
            studio = open_studio(settings)
            app.state.studio = studio
            studio.store.database.claim()
            studio.store.reserve.hold()
            studio.store.blobs.sweep()
            archive.sweep(settings.home)
            await studio.manager.start()
            await studio.conductor.start()
            studio.engine.warm()
            studio.catalog.warm()
            try:
                yield
            finally:
                await studio.conductor.close()
                await studio.manager.close()
                await studio.models.close()
                studio.store.close()

    def find() -> Studio:
        studio: Studio = app.state.studio
        return studio

    gatekeeper = Gatekeeper(settings.allowed_hosts, settings.allowed_origins, exposed=settings.exposed)
    doorkeeper = None if settings.token is None else Doorkeeper(settings.token.get_secret_value())
    if doorkeeper is None and settings.exposed:
        raise NetwrightError(
            "a studio that others can reach needs an access token",
            where="NETWRIGHT_TOKEN",
            wanted="16 characters or more",
            remedy="Set it, or start the studio with `netwright serve`, which makes one",
        )
    inference_bytes = settings.max_inference_bytes
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
            Middleware(LanguageMiddleware),
            Middleware(SecurityMiddleware, gatekeeper=gatekeeper),
            Middleware(ShareMiddleware, find_links=lambda: find().links),
            Middleware(AccessMiddleware, doorkeeper=doorkeeper, find_keys=lambda: find().keys),
            Middleware(FailureMiddleware),
            Middleware(
                PathSwitch, prefix="/v2", below=OpenInferenceApp(lambda: find().models, max_bytes=inference_bytes)
            ),
            Middleware(BodyLimitMiddleware, settings=settings),
        ],
    )
    app.openapi = lambda: build_openapi(app)  # type: ignore[method-assign]
    error_handlers.install(app)
    for router in ROUTERS:
        app.include_router(router)
    static = settings.static_dir or Path(__file__).parent / "static"
    app.router.default = PageApp(static, settings.docs_dir or handbook.FOLDER)
    return app


def open_studio(settings: Settings) -> Studio:
    """Open the store and put the parts together."""
    store = open_store(settings)
    hub = EventHub(settings.event_queue_frames)
    repository = ModelRepository(store)
    catalog = DatasetCatalog(store)
    publish = publisher(store, repository)
    manager = RunManager(settings, store, hub, publish)
    series = SeriesCache(store.events, runs_dir=settings.runs_dir)
    manager.settle = series.settle
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
        models=ModelServer(repository),
        subjects=Subjects(store, catalog, repository),
        keys=Keyring(store.keys),
        links=Keyring(store.links),
    )
