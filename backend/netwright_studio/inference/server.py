"""The model server: loads versions on first use, keeps them within a memory budget, batches requests."""

from __future__ import annotations

import asyncio
import functools
import os
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netwright.model_store import SavedModel
from netwright_studio.errors import UnavailableError
from netwright_studio.inference.batcher import Batcher
from netwright_studio.inference.predictor import Array, LoadPredictor, Predictor, load_with_framework
from netwright_studio.inference.repository import ModelRepository
from netwright_studio.inference.stats import ModelStats

if TYPE_CHECKING:
    from netwright.generation import Generator

BUDGET = 2 << 30
CREATING = 2
"""Requests for samples or texts that are worked on at one time; the others wait. One may take seconds."""
Key = tuple[str, int]


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
        """Roughly what it holds: weights, and as much again for plans and activations."""
        return 2 * self.saved.weights_path.stat().st_size

    @functools.cached_property
    def generator(self) -> Generator:
        """What makes samples of it; loaded at first use."""
        from netwright.prediction import open_generator

        return open_generator(self.saved)

    async def infer(self, inputs: Mapping[str, Array]) -> list[Array]:
        """Return the heads' outputs for preprocessed inputs by name, batched with other requests."""
        return await self.batcher.infer([inputs[spec.name] for spec in self.predictor.inputs])


class ModelServer:
    """Models by name and version. Used from one event loop; computing and loading happen in its threads."""

    def __init__(
        self,
        repository: ModelRepository,
        *,
        budget: int = BUDGET,
        load: LoadPredictor = load_with_framework,
        threads: int | None = None,
    ) -> None:
        self.repository = repository
        self.creating = asyncio.Semaphore(CREATING)
        self._budget = budget
        self._load_predictor = load
        self._executor = ThreadPoolExecutor(threads or os.cpu_count() or 1, "inference")
        self._loaded: OrderedDict[Key, LoadedModel] = OrderedDict()
        self._loading: dict[Key, asyncio.Future[LoadedModel]] = {}
        self._unloaded: set[str] = set()
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
            return self._loaded[key]
        if key not in self._loading:
            self._loading[key] = asyncio.ensure_future(self._load(key))
            self._loading[key].add_done_callback(lambda _: self._loading.pop(key, None))
        # One request giving up must not stop the loading that others wait for.
        return await asyncio.shield(self._loading[key])

    def stats_of(self, key: Key) -> ModelStats:
        """The statistics of a version; they outlive its eviction."""
        return self._stats.setdefault(key, ModelStats())

    def is_loaded(self, name: str, version: int) -> bool:
        """Whether a version is in memory."""
        return (name, version) in self._loaded

    def is_offered(self, name: str) -> bool:
        """Whether a model answers: false once it has been unloaded by request."""
        return name not in self._unloaded

    async def load(self, name: str) -> LoadedModel:
        """Offer a model again and bring its newest version into memory."""
        await asyncio.to_thread(self.repository.sync)
        self._unloaded.discard(name)
        return await self.get(name)

    async def unload(self, name: str) -> None:
        """Stop offering a model and free its memory once its requests have been answered."""
        self.repository.newest(name)
        self._unloaded.add(name)
        await self.forget(name)

    async def forget(self, name: str, version: int | None = None) -> None:
        """Free a model's memory; its next use loads it again."""
        for key in [key for key in self._loaded if key[0] == name and version in (None, key[1])]:
            model = self._loaded.pop(key)
            await model.batcher.drain()

    async def delete(self, name: str, version: int | None = None) -> None:
        """Delete one version or all of a model, in memory and on the disk."""
        for number in await asyncio.to_thread(self.repository.delete, name, version):
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
        model = LoadedModel(*key, saved, predictor, Batcher(predictor, self._executor, stats), stats)
        self._loaded[key] = model
        self._evict(keep=key)
        return model

    def _open(self, key: Key) -> tuple[SavedModel, Predictor]:
        saved = self.repository.open(*key)
        return saved, self._load_predictor(saved)

    def _evict(self, keep: Key) -> None:
        """Forget the models used longest ago that are idle, until the rest fits the budget."""
        spare = sum(model.bytes for model in self._loaded.values()) - self._budget
        for key, model in list(self._loaded.items()):
            if spare <= 0:
                return
            if key != keep and not model.batcher.busy:
                spare -= model.bytes
                del self._loaded[key]
