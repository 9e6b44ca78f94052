"""A studio of its own for every test."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import sys
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.conftest import NO_POSTGRES

import postgres
from netwright_studio.app import create_app
from netwright_studio.runs.hub import EventHub
from netwright_studio.runs.manager import RunManager
from netwright_studio.runs.state import RunState
from netwright_studio.schemas.settings import TrainSettings
from netwright_studio.settings import Settings
from netwright_studio.store import Store, database, open_store
from netwright_studio.store.database import Database
from netwright_studio.store.migrate import HEAD, upgrade
from netwright_studio.store.tables import Run

with warnings.catch_warnings():
    # It would rather have another HTTP client; both do.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient, WebSocketDenialResponse, WebSocketTestSession

__all__ = ["TestClient", "WebSocketDenialResponse"]

FAKE_WORKER = (sys.executable, str(Path(__file__).with_name("fake_worker.py")))
KINDS = ("sqlite", "postgresql")
ORIGIN = "http://127.0.0.1:8000"

MakeClient = Callable[..., TestClient]
MakeRun = Callable[..., Run]


def make_settings(home: Path, **changes: Any) -> Settings:
    return Settings(**{"home": home, "worker_command": FAKE_WORKER, "event_interval": 0.02, **changes})


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """PostgreSQL with a database ``template_studio`` that has our tables, in a folder of its own."""
    programs = postgres.find()
    if programs is None:
        if postgres.REQUIRED in os.environ:
            pytest.fail(f"no PostgreSQL was found; {postgres.REMEDY}")
        pytest.skip(f"{NO_POSTGRES}: {postgres.REMEDY}")
    with postgres.Server(programs) as server:
        server.run("CREATE DATABASE template_studio")
        template = Database(server.url("template_studio"))
        template.migrate()
        template.close()
        yield server


@pytest.fixture(scope="session", autouse=True)
def template_of_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A new database of SQLite is a copy of one that was migrated once: hundreds of tests begin with one."""
    file = tmp_path_factory.mktemp("template") / "studio.db"
    template = Database(f"sqlite:///{file}")
    template.migrate()
    template.close()

    def copy(engine: Engine, revision: str = HEAD) -> None:
        if engine.dialect.name == "sqlite" and revision == HEAD:
            with closing(engine.raw_connection()) as connection, closing(sqlite3.connect(file)) as source:
                if connection.cursor().execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                    source.backup(connection.driver_connection)
        upgrade(engine, revision)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "upgrade", copy)
        yield


@pytest.fixture
def database_url() -> str | None:
    """SQLite in the test's folder; a module whose tests run on PostgreSQL too has a fixture of this name."""
    return None


def url_of(kind: str, request: pytest.FixtureRequest) -> str | None:
    """Return an empty database of a kind, made for one test; None stands for SQLite in its folder."""
    if kind == "sqlite":
        return None
    server: postgres.Server = request.getfixturevalue("postgres_server")
    return server.url(server.create("template_studio"))


@pytest.fixture
def settings(tmp_path: Path, database_url: str | None) -> Settings:
    return make_settings(tmp_path, database_url=database_url)


@contextmanager
def studio(home: Path, **changes: Any) -> Iterator[TestClient]:
    """A client of an app in that folder."""
    app = create_app(make_settings(home, **changes))
    with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def make_client(tmp_path: Path) -> Iterator[MakeClient]:
    """Make clients of apps in the test's folder; they are closed at its end."""
    with ExitStack() as opened:
        yield lambda **changes: opened.enter_context(studio(tmp_path, **changes))


@pytest.fixture(scope="module")
def shared_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One studio for a whole module, whose tests leave it as it was or do not mind what others left."""
    with studio(tmp_path_factory.mktemp("studio")) as client:
        yield client


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    return make_client()


def every_route(client: TestClient) -> Iterator[tuple[str, str]]:
    """(method, path) of all that OpenAPI names; parts of paths that stand for something are "x"."""
    for path, operations in client.app.openapi()["paths"].items():  # type: ignore[attr-defined]
        for method in operations:
            yield method.upper(), re.sub(r"\{[^}]*\}", "x", path)


def connect(client: TestClient, path: str, origin: str | None = ORIGIN) -> WebSocketTestSession:
    """Open a socket the way the page does; the test client would name a host of its own."""
    headers = {} if origin is None else {"origin": origin}
    return client.websocket_connect("ws://127.0.0.1:8000" + path, headers=headers)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = open_store(settings)
    yield store
    store.close()


def add_run(store: Store, **settings: Any) -> Run:
    """Queue a run of the fake worker."""
    plan = TrainSettings(optimizer_params=settings).model_dump()
    return store.runs.create(name=None, project=None, graph={"name": "Fake"}, dataset="iris", settings=plan, epochs=1)


class Bench:
    """A store and a manager on it."""

    def __init__(self, store: Store, **changes: Any) -> None:
        self.store = store
        self.settings = store.settings.model_copy(update=changes)
        self.hub = EventHub(self.settings.event_queue_frames)
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.manager = RunManager(self.settings, store, self.hub, self.publish)

    def publish(self, run: Run, result: dict[str, Any]) -> tuple[str, int]:
        self.published.append((run.id, result))
        return "fake", len(self.published)

    def add(self, **settings: Any) -> str:
        run = add_run(self.store, **settings)
        self.manager.wake()
        return run.id

    async def until(self, run: str, *states: RunState, seconds: float = 20.0) -> Run:
        """Wait until the run is in one of the states."""
        return await self._until(run, lambda row: row.state in states, seconds)

    async def until_step(self, run: str, step: int) -> Run:
        """Wait until the run has come to a step."""
        return await self._until(run, lambda row: row.step >= step)

    async def _until(self, run: str, holds: Callable[[Run], bool], seconds: float = 20.0) -> Run:
        """Look at a run, the more seldom the longer it takes: to look costs a core that trains."""
        pause = 0.005
        async with asyncio.timeout(seconds):
            while True:
                row = await asyncio.to_thread(self.store.runs.get, run)
                if holds(row):
                    return row
                await asyncio.sleep(pause)
                pause = min(pause * 1.2, 0.05)


@pytest.fixture
async def bench(store: Store) -> AsyncIterator[Bench]:
    bench = Bench(store)
    await bench.manager.start()
    yield bench
    await bench.manager.close()
