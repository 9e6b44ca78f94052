"""Whether arrays are equal, with tolerances that follow their element types."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..ndarray.array import NDArray

Tolerance = float | Mapping[Any, float] | None
_EXACT = ("bool", "int8", "uint8", "int32", "uint32", "int64", "uint64")


def default_dtype() -> type[np.float32]:
    """The element type of tests."""
    return np.float32


def default_rtols() -> dict[np.dtype[Any], float]:
    """Relative tolerances by element type."""
    found = {"float16": 1e-2, "float32": 1e-4, "float64": 1e-5, **dict.fromkeys(_EXACT, 0.0)}
    return {np.dtype(name): value for name, value in found.items()}


def default_atols() -> dict[np.dtype[Any], float]:
    """Absolute tolerances by element type."""
    found = {"float16": 1e-1, "float32": 1e-3, "float64": 1e-20, **dict.fromkeys(_EXACT, 0.0)}
    return {np.dtype(name): value for name, value in found.items()}


def default_numeric_eps() -> dict[np.dtype[Any], float]:
    """Steps of numeric differentiation by element type."""
    found = {"float16": 1 / 2**6, "float32": 1 / 2**9, "float64": 1 / 2**14}
    return {np.dtype(name): value for name, value in found.items()}


def effective_dtype(dat: Any) -> np.dtype[Any]:
    """The element type whose precision an array has."""
    found: np.dtype[Any] = np.dtype(dat.dtype)
    return found


def get_tolerance(dat: Any, tol: Tolerance, default_tol: Mapping[Any, float]) -> float:
    """A number as it is; of a dict by element type what the array's says; else the default."""
    if isinstance(tol, numbers.Real):
        return float(tol)
    dtype = effective_dtype(dat)
    given: Mapping[Any, float] = tol if isinstance(tol, Mapping) else {}
    return given.get(dtype, default_tol.get(dtype, 0.0))


def get_tols(x: Any, y: Any, rtol: Tolerance, atol: Tolerance) -> tuple[float, float]:
    """(rtol, atol) for two arrays: the larger of what each asks for."""
    pair = [np.asarray(v) if isinstance(v, numbers.Number) or not hasattr(v, "dtype") else v for v in (x, y)]
    return (
        max(get_tolerance(v, rtol, default_rtols()) for v in pair),
        max(get_tolerance(v, atol, default_atols()) for v in pair),
    )


def get_rtol(rtol: float | None = None, dtype: Any = np.float64) -> float:
    """``rtol``, or the default of an element type."""
    return default_rtols()[np.dtype(dtype)] if rtol is None else rtol


def get_atol(atol: float | None = None, dtype: Any = np.float64) -> float:
    """``atol``, or the default of an element type."""
    return default_atols()[np.dtype(dtype)] if atol is None else atol


def get_etol(etol: float | None = None) -> float:
    """``etol``, the share of elements that may differ; 0 by default."""
    return 0 if etol is None else etol


def host(a: Any) -> np.ndarray[Any, Any]:
    """The array in NumPy."""
    return a.asnumpy() if isinstance(a, NDArray) else np.asarray(a)


def same(a: Any, b: Any) -> bool:
    """Whether all elements are equal.

    >>> mx.test_utils.same(np.array([1, 2]), np.array([1, 2]))
    True
    """
    return bool(np.array_equal(host(a), host(b)))


def same_array(array1: NDArray, array2: NDArray) -> bool:
    """Whether two arrays share their memory: what is written into one shows in the other."""
    array1[:] += 1
    shared = same(array1, array2)
    array1[:] -= 1
    return shared and same(array1, array2)


def almost_equal(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    equal_nan: bool = False,
    use_broadcast: bool = True,
) -> bool:
    """Whether |a − b| <= atol + rtol·|b| everywhere; tolerances follow the coarser element type."""
    if not use_broadcast:
        checkShapes(a, b)
    relative, absolute = get_tols(a, b, rtol, atol)
    return bool(np.allclose(host(a), host(b), rtol=relative, atol=absolute, equal_nan=equal_nan))


def checkShapes(a: Any, b: Any) -> None:
    """Raise AssertionError unless the shapes are equal."""
    if a.shape != b.shape:
        raise AssertionError(f"the shapes differ: a.shape = {a.shape}, b.shape = {b.shape}")


def locationError(a: Any, b: Any, index: Any, names: tuple[str, str], maxError: bool = False) -> str:
    """Where two arrays differ, in words."""
    kind = "maximum error" if maxError else "error"
    place = tuple(map(int, index))
    return f"Location of {kind}: {place}, {names[0]}={a[index]:.8f}, {names[1]}={b[index]:.8f}"


def assert_almost_equal(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    names: tuple[str, str] = ("a", "b"),
    equal_nan: bool = False,
    use_broadcast: bool = True,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """Raise AssertionError with the worst places, at most ``mismatches[0]``, where ``almost_equal`` is False.

    >>> mx.test_utils.assert_almost_equal(mx.nd.array([1.0]), np.array([1.000001]))
    """
    assert_almost_equal_with_err(a, b, rtol, atol, 0, names, equal_nan, mismatches, use_broadcast)


def assert_almost_equal_with_err(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    etol: float | None = None,
    names: tuple[str, str] = ("a", "b"),
    equal_nan: bool = False,
    mismatches: tuple[int, int] = (10, 10),
    use_broadcast: bool = True,
) -> None:
    """``assert_almost_equal``, but a share ``etol`` of the elements may differ."""
    if not use_broadcast:
        checkShapes(a, b)
    relative, absolute = get_tols(a, b, rtol, atol)
    a, b = host(a), host(b)
    try:
        a, b = np.broadcast_arrays(a, b)
    except ValueError:
        raise AssertionError(f"the shapes differ: {names[0]} {a.shape}, {names[1]} {b.shape}") from None
    wrong = ~np.isclose(a, b, rtol=relative, atol=absolute, equal_nan=equal_nan)
    if wrong.sum() <= get_etol(etol) * wrong.size:
        return
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(a.astype(np.float64) - b) / (absolute + relative * np.abs(b.astype(np.float64)) + 1e-20)
    error[np.isnan(error) & wrong] = np.inf
    count = max(1, min(int(wrong.sum()), mismatches[0]))
    order = np.argsort(-np.where(wrong, error, -1).reshape(-1), kind="stable")[:count]
    places = [np.unravel_index(i, wrong.shape) for i in order]
    lines = [f"{i:3d}: Error {error[p]:f}  {locationError(a, b, p, names)}" for i, p in enumerate(places, 1)]
    share = 100 * wrong.sum() / wrong.size
    raise AssertionError(
        f"Error {error[places[0]]:f} exceeds tolerance rtol={relative:e}, atol={absolute:e} (mismatch {share:f}%).\n"
        f"{locationError(a, b, places[0], names, maxError=True)}\n" + "\n".join(lines)
    )


def assert_allclose(a: Any, b: Any, rtol: float = 1e-07, atol: float = 0, equal_nan: bool = True) -> None:
    """``assert_almost_equal`` with NumPy's tolerances."""
    assert_almost_equal(a, b, rtol, atol, equal_nan=equal_nan)


def assert_almost_equal_ignore_nan(
    a: Any, b: Any, rtol: Tolerance = None, atol: Tolerance = None, names: tuple[str, str] = ("a", "b")
) -> None:
    """``assert_almost_equal`` where neither array is NaN."""
    a, b = np.copy(host(a)), np.copy(host(b))
    missing = np.isnan(a) | np.isnan(b)
    a[missing] = b[missing] = 0
    assert_almost_equal(a, b, rtol, atol, names)


def assert_exception(f: Callable[..., Any], exception_type: type[BaseException], *args: Any, **kwargs: Any) -> None:
    """Raise AssertionError unless the call raises an error of that type."""
    try:
        f(*args, **kwargs)
    except exception_type:
        return
    raise AssertionError(f"{exception_type.__name__} was not raised")


def compare_ndarray_tuple(t1: Any, t2: Any, rtol: Tolerance = None, atol: Tolerance = None) -> None:
    """``assert_almost_equal`` of arrays, or of tuples of them; None equals everything."""
    if t1 is None or t2 is None:
        return
    if isinstance(t1, tuple):
        for s1, s2 in zip(t1, t2, strict=True):
            compare_ndarray_tuple(s1, s2, rtol, atol)
    else:
        assert_almost_equal(t1, t2, rtol, atol)
