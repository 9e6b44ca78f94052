"""The kernel for matrix products that BLAS is not taken for: every size of tile, tails, both transpositions."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.kernels.cpu import warm
from netwright.kernels.cpu.families.products import COPIED_ROWS, DEPTH, PANEL, TURNED_SHARE, product


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    assert warm() == []


def run(turned: tuple[bool, bool], m: int, n: int, k: int, alpha: float, add: bool) -> None:
    """Compare with NumPy's product in double precision; rows lie further apart than they are long."""
    rng = np.random.default_rng(m * 7 + n * 3 + k)
    ta, tb = turned
    a = rng.standard_normal((k, m + 3) if ta else (m, k + 3), np.float32)
    b = rng.standard_normal((n, k + 2) if tb else (k, n + 2), np.float32)
    c = rng.standard_normal((m, n + 5), np.float32)
    left = (a[:, :m].T if ta else a[:, :k]).astype(np.float64)
    right = (b[:, :k].T if tb else b[:, :n]).astype(np.float64)
    wanted = c.astype(np.float64)
    wanted[:, :n] = alpha * left @ right + (wanted[:, :n] if add else 0)
    if not add:
        c[:, :n] = np.nan  # what is there before is not read
    factor = int(np.float64(alpha).view(np.int64))
    places = [array.ctypes.data for array in (a, b, c)]
    words = [ta, tb, m, n, k, factor, places[0], a.shape[1], places[1], b.shape[1], add, places[2], c.shape[1]]
    at = np.array(words, np.int64)
    ctypes.CFUNCTYPE(None, ctypes.c_int64)(product.address)(at.ctypes.data)
    np.testing.assert_allclose(c, wanted, rtol=1e-4, atol=2e-6 * (k + 1))


TURNED = st.sampled_from([(False, False), (True, False), (False, True)])


@settings(max_examples=150, deadline=None)
@given(TURNED, st.integers(1, 70), st.integers(1, 140), st.integers(1, 60), st.sampled_from([1.0, 0.25]), st.booleans())
def test_small_products(turned: tuple[bool, bool], m: int, n: int, k: int, alpha: float, add: bool) -> None:
    run(turned, m, n, k, alpha, add)


@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("m", [5, DEPTH // TURNED_SHARE + 1, COPIED_ROWS + 1])
@pytest.mark.parametrize("k", [DEPTH - 1, 2 * DEPTH + 3])
def test_panels(turned: tuple[bool, bool], m: int, k: int) -> None:
    """Panels that are read where they lie, copied or turned, in one piece and in several."""
    for add in (False, True):
        run(turned, m, 2 * PANEL + 7, k, 1.5, add)


def test_not_a_number_passes() -> None:
    """NaN and infinity stay in their rows and columns."""
    for turned in (False, True):
        a, b = np.ones((9, 20), np.float32), np.ones((20, 33), np.float32)
        a[2, 3], b[4, 5] = np.nan, np.inf
        stored = np.ascontiguousarray(b.T) if turned else b
        c = np.empty((9, 33), np.float32)
        one = int(np.float64(1.0).view(np.int64))
        words = [
            0,
            turned,
            9,
            33,
            20,
            one,
            a.ctypes.data,
            20,
            stored.ctypes.data,
            stored.shape[1],
            0,
            c.ctypes.data,
            33,
        ]
        at = np.array(words, np.int64)
        ctypes.CFUNCTYPE(None, ctypes.c_int64)(product.address)(at.ctypes.data)
        assert np.isnan(c[2]).all()
        assert np.isinf(np.delete(c[:, 5], 2)).all()
        assert (np.delete(np.delete(c, 2, 0), 5, 1) == 20).all()
