"""A small real network in a studio's folder, untrained: what matters is that it is computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netwright import datasets, model_store

GRAPH = {
    "format": "netwright-graph",
    "version": 1,
    "name": "iris",
    "nodes": [
        {"id": "data", "op": "Input", "params": {"shape": [4]}, "inputs": {}},
        {"id": "fc", "op": "FullyConnected", "params": {"num_hidden": 3}, "inputs": {"data": "data"}},
        {"id": "softmax", "op": "SoftmaxOutput", "params": {}, "inputs": {"data": "fc"}},
    ],
    "outputs": ["softmax"],
}


def publish(home: Path, name: str = "iris") -> None:
    """Add a version of a model that tells flowers, badly."""
    rng = np.random.default_rng(0)
    weights = {
        "fc_weight": rng.normal(0, 1, (3, 4)).astype(np.float32),
        "fc_bias": np.zeros(3, np.float32),
    }
    info = model_store.describe_model(datasets.get("iris"), name=name, metrics={}, seed=1)
    model_store.publish_model(home / "models", name, GRAPH, weights, info)


def request() -> dict[str, object]:
    """One row for it."""
    return {"inputs": [{"name": "data", "shape": [1, 4], "datatype": "FP32", "data": [5.1, 3.5, 1.4, 0.2]}]}
