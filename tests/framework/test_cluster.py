"""k-means and measures of agreement, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from sklearn.cluster import KMeans

from netwright import cluster
from netwright.errors import DataError, ParamError


def blobs(seed: int, clusters: int = 5, each: int = 40, features: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    middles = rng.uniform(-10, 10, (clusters, features))
    labels = np.repeat(np.arange(clusters), each)
    return middles[labels] + rng.normal(0, 1.5, (len(labels), features)), labels


@pytest.mark.parametrize("seed", range(4))
def test_from_the_same_centres_it_finds_what_scikit_learn_finds(seed: int) -> None:
    x, _ = blobs(seed)
    first = x[:5]
    ours = cluster.kmeans(x, 5, centres=first, tolerance=0.0)
    theirs = KMeans(5, init=first, n_init=1, tol=0.0, algorithm="lloyd").fit(x)
    np.testing.assert_array_equal(ours.labels, theirs.labels_)
    np.testing.assert_allclose(ours.centres, theirs.cluster_centers_, rtol=1e-9)
    assert ours.inertia == pytest.approx(theirs.inertia_)


@pytest.mark.parametrize("seed", range(3))
def test_its_own_beginnings_end_as_well_as_scikit_learns(seed: int) -> None:
    x, _ = blobs(seed, clusters=8)
    theirs = KMeans(8, n_init=10, random_state=seed).fit(x)
    assert cluster.kmeans(x, 8, seed=seed, restarts=10).inertia <= theirs.inertia_ * 1.02


def test_first_centres_are_drawn_far_apart() -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 0.01, (1000, 2)), rng.normal(50, 0.01, (3, 2))])
    found = [cluster.kmeans(x, 2, seed=seed, restarts=1, max_steps=1) for seed in range(20)]
    assert all(sorted(f.sizes.tolist()) == [3, 1000] for f in found), "by chance alone few would find the three"


def test_the_same_seed_gives_the_same_clusters() -> None:
    x, _ = blobs(1)
    a, b, c = (cluster.kmeans(x, 7, seed=seed, restarts=1, max_steps=2) for seed in ([3, 1], [3, 1], [3, 2]))
    np.testing.assert_array_equal(a.centres, b.centres)
    assert not np.array_equal(a.centres, c.centres)


def test_a_cluster_that_loses_all_points_takes_the_farthest_one() -> None:
    x = np.array([[0.0], [0.1], [0.2], [9.0]])
    found = cluster.kmeans(x, 2, centres=[[0.1], [-100.0]])
    assert sorted(found.sizes.tolist()) == [1, 3]


def test_points_far_from_zero_lose_no_digits() -> None:
    x, _ = blobs(2)
    near, far = cluster.kmeans(x, 5, seed=0), cluster.kmeans(x + 1e6, 5, seed=0)
    np.testing.assert_array_equal(near.labels, far.labels)
    labels, distance = cluster.nearest(x + 1e6, far.centres)
    np.testing.assert_array_equal(labels, far.labels)
    assert distance.sum() == pytest.approx(far.inertia, rel=1e-5)


def test_equal_points_and_one_cluster() -> None:
    found = cluster.kmeans(np.ones((6, 2)), 3, seed=0)
    assert found.inertia == 0
    assert cluster.kmeans([[1.0], [3.0]], 1).centres.tolist() == [[2.0]]


def test_what_cannot_be_clustered_is_refused() -> None:
    with pytest.raises(DataError, match="fewer points than clusters"):
        cluster.kmeans(np.zeros((2, 2)), 3)
    with pytest.raises(DataError, match="not finite"):
        cluster.kmeans([[np.nan], [1.0]], 1)
    with pytest.raises(DataError, match="points in rows"):
        cluster.kmeans(np.zeros(4), 1)
    with pytest.raises(ParamError, match="at least one cluster"):
        cluster.kmeans(np.zeros((2, 2)), 0)
    with pytest.raises(DataError, match="features"):
        cluster.nearest(np.zeros((2, 2)), np.zeros((2, 3)))


@pytest.mark.parametrize("seed", range(6))
def test_agreement_is_what_scikit_learn_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, 4, 60)
    clusters = np.where(rng.random(60) < 0.6, classes, rng.integers(0, 6, 60))
    found = cluster.agreement(cluster.contingency(classes, clusters))
    assert found["nmi"] == pytest.approx(metrics.normalized_mutual_info_score(classes, clusters))
    assert found["ari"] == pytest.approx(metrics.adjusted_rand_score(classes, clusters))
    table = metrics.cluster.contingency_matrix(classes, clusters)
    assert found["purity"] == pytest.approx(table.max(0).sum() / table.sum())


def test_agreement_at_its_ends() -> None:
    assert cluster.agreement([[5]]) == {"nmi": 1.0, "ari": 1.0, "purity": 1.0}
    split = cluster.agreement([[3, 0, 2], [0, 5, 0]])
    assert split["purity"] == 1.0
    assert 0 < split["nmi"] < 1
    with pytest.raises(DataError, match="has a class and a cluster"):
        cluster.contingency([1, 2], [1])
