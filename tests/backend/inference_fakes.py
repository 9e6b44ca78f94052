"""A predictor that needs no framework, and models on disk for it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netwright import datasets, model_store
from netwright.model_store import SavedModel
from netwright_studio.inference import ModelRepository, ModelServer
from netwright_studio.settings import Settings
from netwright_studio.store import Store, open_store

GRAPH: dict[str, Any] = {"format": "netwright-graph", "version": 1, "name": "iris", "nodes": [], "outputs": []}


@dataclass(frozen=True)
class Spec:
    """A tensor's name, shape and dtype."""

    name: str
    shape: tuple[int, ...]
    dtype: Any = np.float32


class LinearPredictor:
    """softmax(x·W), and the rows' sums as a second head; notes the batch sizes it was called with."""

    def __init__(self, weights: dict[str, np.ndarray], delay: float = 0.0) -> None:
        self.weight = weights["weight"]
        self.inputs = [Spec("data", (self.weight.shape[0],))]
        self.outputs = [Spec("softmax", (self.weight.shape[1],)), Spec("sum", ())]
        self.delay = delay
        self.batches: list[int] = []
        self._busy = threading.Lock()

    def __call__(self, x: np.ndarray) -> list[np.ndarray]:
        assert self._busy.acquire(blocking=False), "called from two threads at once"
        try:
            self.batches.append(len(x))
            time.sleep(self.delay)
            with np.errstate(all="ignore"):
                scores = np.exp(x @ self.weight)
                return [scores / scores.sum(1, keepdims=True), x.sum(1)]
        finally:
            self._busy.release()


def iris_weights() -> dict[str, np.ndarray]:
    return {"weight": np.random.default_rng(0).normal(0, 1, (4, 3)).astype(np.float32)}


class Fixture:
    """A store with one model, and a server that loads LinearPredictors."""

    def __init__(self, home: Path, **options: Any) -> None:
        self.delay = float(options.pop("delay", 0.0))
        self.store: Store = open_store(Settings(home=home))
        self.repository = ModelRepository(self.store)
        self.loads: list[str] = []
        self.predictors: list[LinearPredictor] = []
        self.server = ModelServer(self.repository, load=self._load, **options)

    def _load(self, saved: SavedModel) -> LinearPredictor:
        self.loads.append(saved.folder.parent.name)
        self.predictors.append(LinearPredictor(saved.weights(), self.delay))
        return self.predictors[-1]

    def publish(self, name: str = "iris") -> int:
        info = model_store.describe_model(datasets.get("iris"), name=name, metrics={"accuracy": 0.9}, seed=1)
        version, _ = model_store.publish_model(self.repository.root, name, GRAPH, iris_weights(), info)
        self.repository.sync()
        return version
