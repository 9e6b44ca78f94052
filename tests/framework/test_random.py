"""Random operators: moments, Kolmogorov–Smirnov distances, reproducibility; on fixed seeds, so never by luck."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

import netwright as mx
from netwright import autograd, random
from netwright.errors import NetwrightError, ParamError, ShapeError
from netwright.ndarray.array import NDArray
from netwright.ndarray.invoke import F

COUNT = 20_000

# operator suffix → (parameters of _random_…, port values of _sample_…, SciPy's distribution, is it continuous)
DISTRIBUTIONS: dict[str, tuple[dict[str, Any], tuple[float, ...], Any, bool]] = {
    "uniform": ({"low": -2.0, "high": 3.0}, (-2.0, 3.0), stats.uniform(-2, 5), True),
    "normal": ({"loc": 1.5, "scale": 0.7}, (1.5, 0.7), stats.norm(1.5, 0.7), True),
    "gamma": ({"alpha": 2.5, "beta": 0.6}, (2.5, 0.6), stats.gamma(2.5, scale=0.6), True),
    "exponential": ({"lam": 4.0}, (4.0,), stats.expon(scale=0.25), True),
    "poisson": ({"lam": 3.5}, (3.5,), stats.poisson(3.5), False),
    "negative_binomial": ({"k": 3, "p": 0.4}, (3.0, 0.4), stats.nbinom(3, 0.4), False),
    "generalized_negative_binomial": ({"mu": 2.0, "alpha": 0.5}, (2.0, 0.5), stats.nbinom(2, 0.5), False),
}
WAYS = ("by shape", "like", "by arrays")


def draws(kind: str, way: str, dtype: str = "float32") -> np.ndarray[Any, Any]:
    params, values, _, _ = DISTRIBUTIONS[kind]
    random.seed(20)
    if way == "by shape":
        found = getattr(F, f"_random_{kind}")(shape=(COUNT,), dtype=dtype, **params)
    elif way == "like":
        found = getattr(F, f"_random_{kind}_like")(NDArray(np.zeros(COUNT, dtype)), **params)
    else:
        arrays = [NDArray(np.array([v], dtype)) for v in values]
        found = getattr(F, f"_sample_{kind}")(*arrays, shape=(COUNT,), dtype=dtype)
    assert found.dtype == np.dtype(dtype)
    return np.asarray(found.asnumpy(), dtype=np.float64).ravel()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", DISTRIBUTIONS)
def test_moments(kind: str, way: str) -> None:
    found = draws(kind, way)
    wanted = DISTRIBUTIONS[kind][2]
    mean, variance, fourth = (float(wanted.moment(n)) for n in (1, 2, 4))
    variance -= mean**2
    assert abs(found.mean() - mean) < 4 * math.sqrt(variance / COUNT)
    # the variance of x² bounds the error of the second moment
    second = variance + mean**2
    assert abs((found**2).mean() - second) < 4 * math.sqrt((fourth - second**2) / COUNT)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [k for k, facts in DISTRIBUTIONS.items() if facts[3]])
def test_continuous_distribution(kind: str, way: str, dtype: str) -> None:
    assert stats.kstest(draws(kind, way, dtype), DISTRIBUTIONS[kind][2].cdf).pvalue > 0.01


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [k for k, facts in DISTRIBUTIONS.items() if not facts[3]])
def test_discrete_distribution(kind: str, way: str) -> None:
    """χ² over the values, with rare ones put together."""
    found, wanted = draws(kind, way), DISTRIBUTIONS[kind][2]
    assert np.array_equal(found, np.round(found))
    top = int(wanted.ppf(0.999))
    seen = np.bincount(np.minimum(found, top).astype(int), minlength=top + 1)
    chances = np.append(wanted.pmf(np.arange(top)), wanted.sf(top - 1))
    assert stats.chisquare(seen, chances * COUNT).pvalue > 0.01


def test_uniform_stays_in_its_range() -> None:
    found = draws("uniform", "by shape")
    assert found.min() >= -2.0
    assert found.max() <= 3.0


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_of_draws(dtype: str) -> None:
    for kind, (params, *_) in DISTRIBUTIONS.items():
        assert getattr(F, f"_random_{kind}")(shape=(3,), dtype=dtype, **params).dtype == np.dtype(dtype)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_arrays_of_parameters_do_not_choose_the_dtype(dtype: str) -> None:
    """float32 where none is asked for, as MXNet 1.9.1 answers."""
    one = NDArray(np.ones(2, dtype))
    assert F._sample_normal(one, one).dtype == np.float32


def test_distinct_classes_by_zipfs_law() -> None:
    random.seed(11)
    classes, tries = F._sample_unique_zipfian(range_max=50, shape=(2000, 3))
    rows = classes.asnumpy()
    assert rows.dtype == np.int64
    assert all(len(set(row)) == 3 for row in rows.tolist())
    assert (tries.asnumpy() >= 3).all()
    chances = np.log((np.arange(50) + 2) / (np.arange(50) + 1)) / math.log(51)
    seen = np.bincount(rows[:, 0], minlength=50)  # the first draw of each row
    few = np.append(seen[:12], seen[12:].sum()), np.append(chances[:12], chances[12:].sum())
    assert stats.chisquare(few[0], few[1] * 2000).pvalue > 0.01
    with pytest.raises(ParamError, match="at most 2, the number of classes"):
        F._sample_unique_zipfian(range_max=2, shape=(1, 3))


@pytest.mark.parametrize("space", ["nd", "sym"])
def test_rand_zipfian_tells_expected_counts(space: str) -> None:
    """The expected counts are those that MXNet 1.9.1 prints in its own example: class 3 of 5, four draws."""
    random.seed(12)
    if space == "nd":
        found = mx.nd.contrib.rand_zipfian(mx.nd.array([3]), 4, 5)
    else:
        classes = mx.sym.contrib.rand_zipfian(mx.sym.Variable("true"), 4, 5)
        found = mx.sym.Group(list(classes)).eval(true=mx.nd.array([3]))
    sampled, of_true, of_sampled = (a.asnumpy() for a in found)
    assert sampled.dtype == np.int64
    assert sampled.min() >= 0
    assert sampled.max() < 5
    np.testing.assert_allclose(of_true, [0.49815515], rtol=1e-6)
    np.testing.assert_allclose(of_sampled, np.log((sampled + 2) / (sampled + 1)) / math.log(6) * 4)


def test_each_entry_has_its_own_distribution() -> None:
    random.seed(3)
    means = NDArray(np.array([[-10.0, 0.0], [10.0, 20.0]], "float32"))
    deviations = NDArray(np.full((2, 2), 0.1, "float32"))
    found = F._sample_normal(means, deviations, shape=(50, 2)).asnumpy()
    assert found.shape == (2, 2, 50, 2)
    np.testing.assert_allclose(found.mean(axis=(2, 3)), means.asnumpy(), atol=0.1)


def test_dispersion_zero_is_poisson() -> None:
    random.seed(5)
    found = F._random_generalized_negative_binomial(mu=3.0, alpha=0.0, shape=(COUNT,)).asnumpy()
    assert abs(found.mean() - 3.0) < 0.06
    assert abs(found.var() - 3.0) < 0.15


def test_bernoulli() -> None:
    random.seed(7)
    found = F._random_bernoulli(prob=0.3, shape=(COUNT,)).asnumpy()
    assert set(np.unique(found)) == {0.0, 1.0}
    assert abs(found.mean() - 0.3) < 4 * math.sqrt(0.21 / COUNT)


def test_randint_is_uniform_over_its_range() -> None:
    random.seed(9)
    found = F._random_randint(low=-2, high=5, shape=(COUNT,)).asnumpy()
    assert found.dtype == np.int32
    assert stats.chisquare(np.bincount(found + 2, minlength=7)).pvalue > 0.01


@pytest.mark.parametrize("rows", [1, 3])
def test_multinomial_follows_its_probabilities(rows: int) -> None:
    random.seed(11)
    chances = np.array([[0.1, 0.0, 0.6, 0.3], [0.25, 0.25, 0.25, 0.25], [0.0, 0.0, 0.0, 1.0]])[:rows]
    found = F._sample_multinomial(NDArray(chances.astype("float32")), shape=(COUNT,)).asnumpy()
    assert found.shape == (rows, COUNT)
    assert found.dtype == np.int32
    for row, wanted in zip(found, chances, strict=True):
        seen = np.bincount(row, minlength=4)
        assert np.all(seen[wanted == 0] == 0)
        if (wanted > 0).sum() > 1:
            assert stats.chisquare(seen[wanted > 0], wanted[wanted > 0] * COUNT).pvalue > 0.01


def test_log_probabilities_of_draws_carry_a_gradient() -> None:
    """d log p(drawn) / dp is 1/p for each time it was drawn: what policy gradients are made of."""
    random.seed(13)
    chances = NDArray(np.array([[0.2, 0.8], [0.5, 0.5]]))
    chances.attach_grad()
    with autograd.record():
        drawn, log_p = F._sample_multinomial(chances, shape=(6,), get_prob=True)
    log_p.backward()
    p, indices = chances.asnumpy(), drawn.asnumpy()
    np.testing.assert_allclose(log_p.asnumpy(), np.log(np.take_along_axis(p, indices.astype(int), 1)))
    counts = np.stack([np.bincount(row, minlength=2) for row in indices.astype(int)])
    assert chances.grad is not None
    np.testing.assert_allclose(chances.grad.asnumpy(), counts / p)


def test_shuffle_moves_whole_rows() -> None:
    random.seed(15)
    rows = np.arange(60.0).reshape(20, 3)
    found = F._shuffle(NDArray(rows)).asnumpy()
    assert not np.array_equal(found, rows)
    np.testing.assert_array_equal(found[np.argsort(found[:, 0])], rows)


def test_shuffle_gives_every_order_equally_often() -> None:
    random.seed(17)
    seen: dict[tuple[float, ...], int] = {}
    for _ in range(1200):
        order = tuple(F._shuffle(NDArray(np.arange(3.0))).asnumpy().tolist())
        seen[order] = seen.get(order, 0) + 1
    assert len(seen) == 6
    assert stats.chisquare(list(seen.values())).pvalue > 0.01


def test_the_same_seed_gives_the_same_numbers() -> None:
    random.seed(1)
    first = [F._random_normal(shape=(4,)).asnumpy() for _ in range(2)]
    random.seed(1)
    again = [F._random_normal(shape=(4,)).asnumpy() for _ in range(2)]
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[0], first[1])
    random.seed(2)
    assert not np.array_equal(F._random_normal(shape=(4,)).asnumpy(), first[0])


def test_mistakes_are_named() -> None:
    with pytest.raises(ParamError, match=r"_random_normal.*'scale'"):
        F._random_normal(scale=-1.0)
    with pytest.raises(NetwrightError, match=r"_random_randint.*range is empty.*wanted more than low = 3"):
        F._random_randint(low=3, high=3)
    with pytest.raises(ParamError, match=r"_sample_poisson.*no such distribution"):
        F._sample_poisson(NDArray(np.array([-1.0])))
    with pytest.raises(ShapeError, match="no probabilities"):
        F._sample_multinomial(NDArray(np.zeros((2, 0))))


@pytest.mark.parametrize("space", [mx.nd.random, mx.random])
def test_public_functions_take_numbers_or_arrays(space: Any) -> None:
    random.seed(19)
    assert space.uniform(1, 2, shape=(3,)).shape == (3,)
    assert space.uniform(low=mx.nd.array([0, 5]), high=mx.nd.array([1, 6]), shape=(2,)).shape == (2, 2)
    assert space.normal(0, 1, (2, 2), dtype=np.float64).dtype == np.float64
    assert space.randn(2, 3, loc=5.0).shape == (2, 3)
    assert space.multinomial(mx.nd.array([[0.0, 1.0]]), shape=4).asnumpy().tolist() == [[1, 1, 1, 1]]
    assert space.randint(0, 3, shape=(5,)).dtype == np.int32
    assert sorted(space.shuffle(mx.nd.array([1, 2, 3])).asnumpy().tolist()) == [1, 2, 3]
    assert set(space.bernoulli(0.5, shape=(50,)).asnumpy().tolist()) == {0.0, 1.0}
    for name in ("gamma", "poisson", "negative_binomial", "generalized_negative_binomial"):
        assert getattr(space, name)(shape=(2,)).shape == (2,)
    with pytest.raises(ParamError, match="all numbers or all arrays"):
        space.uniform(0.0, mx.nd.array([1.0]))


def test_exponential_is_given_by_its_mean() -> None:
    """The function takes the mean, the operator the rate (both as in MXNet)."""
    random.seed(21)
    assert abs(mx.nd.random.exponential(3.0, shape=(COUNT,)).asnumpy().mean() - 3.0) < 0.1
    assert abs(F._random_exponential(lam=3.0, shape=(COUNT,)).asnumpy().mean() - 1 / 3) < 0.01
    assert mx.nd.random.exponential(mx.nd.array([1.0, 9.0]), shape=(3,)).shape == (2, 3)


def test_symbols_draw_too() -> None:
    random.seed(23)
    drawn = mx.sym.random.normal(2.0, 0.1, shape=(1000,)).eval()[0]
    assert abs(drawn.asnumpy().mean() - 2.0) < 0.02


@pytest.mark.parametrize(("distribution", "deviation"), [("normal", 1.0), ("uniform", 3**-0.5)])
def test_noise_is_drawn_for_each_sample(distribution: str, deviation: float) -> None:
    mx.random.seed(5)
    data = mx.nd.zeros((400, 2, 2))
    drawn = mx.nd.sample_noise(data, shape=(50,), distribution=distribution, scale=2.0).asnumpy()
    assert drawn.shape == (400, 50)
    assert drawn.dtype == np.float32
    assert abs(drawn.mean()) < 0.05
    assert drawn.std() == pytest.approx(2 * deviation, rel=0.02)
    assert abs(np.corrcoef(drawn[:-1].ravel(), drawn[1:].ravel())[0, 1]) < 0.03
    if distribution == "uniform":
        assert abs(drawn).max() <= 2
