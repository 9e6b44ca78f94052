"""References of probability densities: SciPy's distributions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats


def density(distribution: Callable[..., Any], discrete: bool = False) -> Callable[..., Any]:
    """The distribution of each entry of the parameters, on its own samples."""

    def apply(p: Any, sample: Any, *parameters: Any) -> Any:
        found = np.zeros(sample.shape)
        for place in np.ndindex(*parameters[0].shape):
            frozen = distribution(*(float(a[place]) for a in parameters))
            found[place] = frozen.logpmf(sample[place]) if discrete else frozen.logpdf(sample[place])
        return found if p.is_log else np.exp(found)

    return apply


def uniform(p: Any, sample: Any, low: Any, high: Any) -> Any:
    width = (high - low).reshape(low.shape + (1,) * (sample.ndim - low.ndim))
    found = 1 / np.broadcast_to(width, sample.shape)
    return np.log(found) if p.is_log else found


def dirichlet(p: Any, sample: Any, alpha: Any) -> Any:
    """From gamma functions: SciPy's own refuses samples that do not sum to 1, as the tests draw them."""
    found = np.zeros(sample.shape[:-1])
    for place in np.ndindex(*found.shape):
        a = alpha[place[: alpha.ndim - 1]]
        value = stats.gamma.logpdf(sample[place], a).sum() + sample[place].sum()
        total = a.sum()
        # Γ(Σ α) once more by a gamma density: ln p(1) = −1 − ln Γ
        found[place] = value - (stats.gamma.logpdf(1.0, total) + 1.0)
    return found if p.is_log else np.exp(found)


REFERENCES = {
    "_random_pdf_uniform": uniform,
    "_random_pdf_normal": density(stats.norm),
    "_random_pdf_gamma": density(lambda a, b: stats.gamma(a, scale=1 / b)),
    "_random_pdf_exponential": density(lambda lam: stats.expon(scale=1 / lam)),
    "_random_pdf_poisson": density(stats.poisson, discrete=True),
    "_random_pdf_negative_binomial": density(stats.nbinom, discrete=True),
    "_random_pdf_generalized_negative_binomial": density(
        lambda mu, a: stats.nbinom(1 / a, 1 / (1 + mu * a)), discrete=True
    ),
    "_random_pdf_dirichlet": dirichlet,
}
