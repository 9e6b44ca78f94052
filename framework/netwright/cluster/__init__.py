"""Clusters: k-means on arrays, and how well clusters agree with classes that are known.

>>> from netwright import cluster
>>> points = np.array([[0.0, 0.0], [0.1, 0.0], [5.0, 5.0], [5.1, 5.0]])
>>> found = cluster.kmeans(points, 2, seed=1)
>>> bool(found.labels[0] == found.labels[1] != found.labels[2])
True
"""

from __future__ import annotations

from .agreement import adjusted_rand_index, agreement, contingency, normalized_mutual_information, purity
from .kmeans import Clusters, kmeans, nearest

__all__ = [
    "Clusters",
    "adjusted_rand_index",
    "agreement",
    "contingency",
    "kmeans",
    "nearest",
    "normalized_mutual_information",
    "purity",
]
