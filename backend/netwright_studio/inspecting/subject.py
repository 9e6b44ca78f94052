"""What is looked into: a network with weights and the data it was made for, from a run or a model."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netwright import model_store
from netwright.datasets import Dataset
from netwright.graph import DataSpec, Network, to_network
from netwright.inspection import Probe
from netwright.model_store import ModelInfo
from netwright.train.checkpoint import read_latest
from netwright_studio.datasets import DatasetCatalog
from netwright_studio.errors import ConflictError, NotFoundError, UnavailableError
from netwright_studio.inference import ModelRepository
from netwright_studio.runs.folder import RunFolder
from netwright_studio.store import Store

KEPT = 3
"""Networks that stay in memory; one is looked at for a while, seldom several."""


@dataclass(frozen=True, eq=False)
class Subject:
    """``folder`` is where what is worked out may be kept, under names that begin with ``stamp``."""

    network: Network
    weights: Mapping[str, Any]
    info: ModelInfo
    data: Dataset | None
    folder: Path
    stamp: str
    settings: Mapping[str, Any]
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one sample of the data."""
        return tuple(self.info.input.shape)

    @property
    def probe(self) -> Probe:
        """A probe of the network."""
        return Probe(self.network, self.weights, self.input_shape)

    def require_data(self) -> Dataset:
        """Return the data, or raise ConflictError where they are gone."""
        if self.data is None:
            raise ConflictError(
                "The data set of this network is no longer there.",
                where="dataset",
                wanted=self.info.dataset,
                remedy="Upload it again under a new run.",
            )
        return self.data

    @property
    def same_data(self) -> bool:
        """Whether the data are those the network was trained on, as far as is known."""
        known = self.info.provenance.data_sha256
        return self.data is None or known is None or known == self.data.sha256


class Subjects:
    """Finds subjects and keeps the last ones."""

    def __init__(self, store: Store, catalog: DatasetCatalog, repository: ModelRepository) -> None:
        self._store, self._catalog, self._repository = store, catalog, repository
        self._kept: OrderedDict[tuple[Any, ...], Subject] = OrderedDict()
        self._lock = threading.Lock()

    def of_run(self, ident: str) -> Subject:
        """Return the network of a run as its last checkpoint (or its model) has it; ConflictError without one."""
        row = self._store.runs.get(ident)
        folder = RunFolder(self._store.settings.runs_dir, ident)
        steps = sorted(folder.checkpoints.glob("step-*/state.json"))
        newest = steps[-1].stat().st_mtime_ns if steps else 0
        finished = (folder.model / model_store.INFO).is_file()
        return self._keep(("run", ident, newest, finished), lambda: self._load_run(row, folder, finished))

    def of_model(self, name: str, version: int) -> Subject:
        """Return the network of a model; NotFoundError where there is none."""
        place = self._repository.folder(name, version) / model_store.INFO
        stamp = place.stat().st_mtime_ns if place.is_file() else 0
        return self._keep(("model", name, version, stamp), lambda: self._load_model(name, version))

    def _keep(self, key: tuple[Any, ...], load: Callable[[], Subject]) -> Subject:
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                found = self._kept[key] = load()
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return found

    def _load_run(self, row: Any, folder: RunFolder, finished: bool) -> Subject:
        data = self._catalog.load(row.dataset, fetch=False)
        clusters = None
        if finished:
            saved = model_store.load_model(folder.model)
            weights, stamp, clusters = saved.weights(), "final", saved.info.clusters
        else:
            checkpoint, _ = read_latest(folder.checkpoints)
            if checkpoint is None:
                raise ConflictError(
                    "This run has no weights yet.",
                    where="state",
                    wanted="a run with a checkpoint",
                    got=row.state,
                    remedy="Wait for the end of its first epoch.",
                )
            weights, stamp = checkpoint.weights, f"step-{checkpoint.step}"
        info = model_store.describe_model(data, name=row.name, settings=row.settings, run=row.id, clusters=clusters)
        network = to_network(row.graph, DataSpec.of(data.info))
        return Subject(network, weights, info, data, folder.inside, stamp, row.settings)

    def _load_model(self, name: str, version: int) -> Subject:
        saved = self._repository.open(name, version)
        data = None
        if saved.info.dataset is not None:
            try:
                data = self._catalog.load(saved.info.dataset, fetch=False)
            except (NotFoundError, UnavailableError):
                data = None  # what needs no data still works
        spec = DataSpec(tuple(saved.info.input.shape)) if data is None else DataSpec.of(data.info)
        network = to_network(saved.graph, spec)
        settings = saved.info.provenance.settings
        return Subject(network, saved.weights(), saved.info, data, saved.folder, "model", settings)
