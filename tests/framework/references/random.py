"""Operators whose results are random: their moments and distributions are tested in test_random.py."""

from __future__ import annotations

_BY_DISTRIBUTION = "random: moments and distribution are tested in test_random.py"
_KINDS = (
    "uniform",
    "normal",
    "gamma",
    "exponential",
    "poisson",
    "negative_binomial",
    "generalized_negative_binomial",
)

UNREFERENCED = {
    **{f"_random_{kind}": _BY_DISTRIBUTION for kind in _KINDS},
    **{f"_random_{kind}_like": _BY_DISTRIBUTION for kind in _KINDS},
    **{f"_sample_{kind}": _BY_DISTRIBUTION for kind in _KINDS},
    "_random_bernoulli": _BY_DISTRIBUTION,
    "_random_randint": _BY_DISTRIBUTION,
    "_sample_multinomial": _BY_DISTRIBUTION,
    "_sample_unique_zipfian": _BY_DISTRIBUTION,
    "_shuffle": _BY_DISTRIBUTION,
    "sample_noise": _BY_DISTRIBUTION,
}
