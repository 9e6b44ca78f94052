"""The model server: loads versions on first use, keeps them within a memory budget, batches requests."""

from __future__ import annotations

import asyncio
import functools
import os
import time
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from netwright.model_store import SavedModel
from netwright_studio.errors import UnavailableError
from netwright_studio.inference.batcher import CAP, Batcher
from netwright_studio.inference.others import NoOthers, OtherProcesses
from netwright_studio.inference.predictor import Array, LoadPredictor, Predictor, bytes_of, load_with_framework
from netwright_studio.inference.stats import ModelStats

if TYPE_CHECKING:
    from netwright.generation import Generator

BUDGET = 2 << 30
TRIM_SECONDS = 1.0
CREATING = 2
"""Requests for samples or texts that are worked on at one time; the others wait. One may take seconds."""
Key = tuple[str, int]


class Repository(Protocol):
    """Where models lie, as far as serving goes: `ModelRepository`, or `ModelFolders` where there is no database."""

    def newest(self, name: str) -> int: ...
    def numbers(self, name: str) -> list[int]: ...
    def keys(self) -> list[Key]: ...
    def open(self, name: str, version: int) -> SavedModel: ...
    def refresh(self) -> None: ...
    def delete(self, name: str, version: int | None = None) -> list[int]: ...


@dataclass(frozen=True)
class LoadedModel:
    """A version in memory."""

    name: str
    version: int
    saved: SavedModel
    predictor: Predictor
    batcher: Batcher
    stats: ModelStats = field(repr=False)

    @property
    def bytes(self) -> int:
        """What it holds: weights, and the memory of the plans made so far."""
        return bytes_of(self.predictor, self.saved)

    @functools.cached_property
    def generator(self) -> Generator:
        """What makes samples of it; loaded at first use."""
        from netwright.prediction import open_generator

        return open_generator(self.saved)

    @functools.cached_property
    def caches(self) -> dict[str, dict[Any, Any]]:
        """What the protocols keep with a model, by their name: it goes when the model does."""
        return {}

    async def infer(self, inputs: Mapping[str, Array]) -> list[Array]:
        """Return the heads' outputs for preprocessed inputs by name, batched with other requests."""
        return await self.batcher.infer([inputs[spec.name] for spec in self.predictor.inputs])


class ModelServer:
    """Models by name and version. Used from one event loop; computing and loading happen in its threads.

    ``changes`` counts what makes an answer depend on more than the request: loading, unloading, deleting, eviction.
    """

    def __init__(
        self,
        repository: Repository,
        *,
        budget: int = BUDGET,
        load: LoadPredictor = load_with_framework,
        threads: int | None = None,
    ) -> None:
        self.repository = repository
        self.creating = asyncio.Semaphore(CREATING)
        self.others: OtherProcesses = NoOthers()
        self.changes = 0
        self.evictions = 0
        self._trimmed = 0.0
        self._budget = budget
        self._load_predictor = load
        self._executor = ThreadPoolExecutor(threads or os.cpu_count() or 1, "inference")
        self._loaded: OrderedDict[Key, LoadedModel] = OrderedDict()
        self._loading: dict[Key, asyncio.Future[LoadedModel]] = {}
        self._unloaded: set[str] = set()
        self._caps: dict[str, int] = {}
        self._stats: dict[Key, ModelStats] = {}

    async def get(self, name: str, version: int | None = None) -> LoadedModel:
        """Return a version (the newest without a number), loading it when it is not in memory."""
        if name in self._unloaded:
            raise UnavailableError(f"The model {name} has been unloaded.", where="model", remedy="Load it again.")
        if version is None:
            version = self.repository.newest(name)
        key = (name, version)
        if key in self._loaded:
            self._loaded.move_to_end(key)
            self._trim()
            return self._loaded[key]
        if key not in self._loading:
            self._loading[key] = asyncio.ensure_future(self._load(key))
            self._loading[key].add_done_callback(lambda _: self._loading.pop(key, None))
        # One request giving up must not stop the loading that others wait for.
        return await asyncio.shield(self._loading[key])

    def stats_of(self, key: Key) -> ModelStats:
        """The statistics of a version; they outlive its eviction."""
        return self._stats.setdefault(key, ModelStats())

    def all_stats(self) -> dict[Key, ModelStats]:
        """The statistics of all versions that were ever asked for."""
        return self._stats

    def loaded(self) -> list[LoadedModel]:
        """The versions in memory, the one used longest ago first."""
        return list(self._loaded.values())

    def is_loaded(self, name: str, version: int) -> bool:
        """Whether a version is in memory."""
        return (name, version) in self._loaded

    def is_offered(self, name: str) -> bool:
        """Whether a model answers: false once it has been unloaded by request."""
        return name not in self._unloaded

    def is_current(self, model: LoadedModel) -> bool:
        """Whether this is what ``get`` would return for the model's name and version."""
        return self._loaded.get((model.name, model.version)) is model and model.name not in self._unloaded

    async def load(self, name: str, max_batch: int | None = None) -> LoadedModel:
        """Offer a model again and bring its newest version into memory; ``max_batch`` rows at most run together."""
        await asyncio.to_thread(self.repository.refresh)
        self.repository.newest(name)
        self.offer(name, max_batch)
        await self.others.tell({"type": "offer", "model": name, "max_batch": max_batch})
        return await self.get(name)

    def offer(self, name: str, max_batch: int | None = None) -> None:
        """Answer for a model again, loading it at its next use."""
        self.changes += 1
        self._unloaded.discard(name)
        self._caps[name] = max_batch or CAP
        for model in self._loaded.values():
            if model.name == name:
                model.batcher.cap = self._caps[name]

    async def unload(self, name: str, *, tell: bool = True) -> None:
        """Stop offering a model and free its memory once its requests have been answered."""
        self.repository.newest(name)
        self._unloaded.add(name)
        if tell:
            await self.others.tell({"type": "unload", "model": name})
        await self.forget(name)

    async def forget(self, name: str, version: int | None = None) -> None:
        """Free a model's memory; its next use loads it again."""
        self.changes += 1
        for key in [key for key in self._loaded if key[0] == name and version in (None, key[1])]:
            model = self._loaded.pop(key)
            await model.batcher.drain()

    async def delete(self, name: str, version: int | None = None) -> None:
        """Delete one version or all of a model, in memory and on the disk."""
        for number in await asyncio.to_thread(self.repository.delete, name, version):
            await self.others.tell({"type": "forget", "model": name, "version": number})
            await self.forget(name, number)
            self._stats.pop((name, number), None)

    async def close(self) -> None:
        """Answer what is queued, then free everything."""
        for name, version in list(self._loaded):
            await self.forget(name, version)
        await asyncio.to_thread(self._executor.shutdown)

    async def _load(self, key: Key) -> LoadedModel:
        loop = asyncio.get_running_loop()
        saved, predictor = await loop.run_in_executor(self._executor, self._open, key)
        stats = self.stats_of(key)
        cap = self._caps.get(key[0], CAP)
        model = LoadedModel(*key, saved, predictor, Batcher(predictor, self._executor, stats, cap), stats)
        model.batcher.prepare_ahead()
        self._loaded[key] = model
        self.changes += 1
        self._evict(keep=key)
        return model

    def _open(self, key: Key) -> tuple[SavedModel, Predictor]:
        saved = self.repository.open(*key)
        return saved, self._load_predictor(saved)

    def _trim(self) -> None:
        """Look now and then whether all still fits the budget: plans made since loading take memory too."""
        now = time.monotonic()
        if len(self._loaded) > 1 and now - self._trimmed > TRIM_SECONDS:
            self._trimmed = now
            self._evict(keep=next(reversed(self._loaded)))

    def _evict(self, keep: Key) -> None:
        """Forget the models used longest ago that are idle, until the rest fits the budget."""
        spare = sum(model.bytes for model in self._loaded.values()) - self._budget
        for key, model in list(self._loaded.items()):
            if spare <= 0:
                return
            if key != keep and not model.batcher.busy:
                spare -= model.bytes
                del self._loaded[key]
                self.evictions += 1
                self.changes += 1
