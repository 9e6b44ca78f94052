"""Helpers: parts of batches, gradient clipping, files and their checksums, hooks, recompute."""

from __future__ import annotations

import hashlib
import math
import os
import secrets
import urllib.error
import urllib.request
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from ..device import Device
from ..errors import DataError, MismatchError
from ..ndarray.array import NDArray
from ..ndarray.creation import array
from ..ops.storage import elements_of, with_elements
from .hooks import HookHandle
from .recompute import recompute

__all__ = [
    "HookHandle",
    "check_sha1",
    "clip_global_norm",
    "download",
    "recompute",
    "replace_file",
    "shape_is_known",
    "split_and_load",
    "split_data",
]


def split_data(data: NDArray, num_slice: int, batch_axis: int = 0, even_split: bool = True) -> list[NDArray]:
    """Parts along the batch axis, the first ones larger by one where they are not equal.

    Raises DataError where ``even_split`` cannot be.

    >>> [part.shape for part in mx.gluon.utils.split_data(mx.nd.ones((6, 2)), num_slice=3)]
    [(2, 2), (2, 2), (2, 2)]
    """
    size = data.shape[batch_axis]
    if size < num_slice or (even_split and size % num_slice):
        raise DataError(
            f"a batch of {size} cannot be split into {num_slice}" + (" equal parts" if even_split else ""),
            where="split_data",
            remedy="Use a batch size that is a multiple, or even_split=False",
        )
    ends = np.cumsum([size // num_slice + (i < size % num_slice) for i in range(num_slice)]).tolist()
    begins = [0, *ends[:-1]]
    parts = list(zip(begins, ends, strict=True))
    if data.stype == "csr" and batch_axis == 0:
        return [data[b:e] for b, e in parts]
    return [data.slice_axis(axis=batch_axis, begin=b, end=e) for b, e in parts]  # type: ignore[attr-defined]


def split_and_load(
    data: Any, ctx_list: Sequence[Device], batch_axis: int = 0, even_split: bool = True
) -> list[NDArray]:
    """Parts along the batch axis, each on its device.

    >>> parts = mx.gluon.utils.split_and_load(mx.nd.arange(6), [mx.cpu(0), mx.cpu(1)])
    >>> [part.asnumpy().tolist() for part in parts]
    [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    """
    if not isinstance(data, NDArray):
        data = array(data, ctx=ctx_list[0])
    if len(ctx_list) == 1:
        return [data.as_in_context(ctx_list[0])]
    parts = split_data(data, len(ctx_list), batch_axis, even_split)
    return [part.as_in_context(ctx) for part, ctx in zip(parts, ctx_list, strict=True)]


def clip_global_norm(arrays: Sequence[NDArray], max_norm: float, check_isfinite: bool = True) -> Any:
    """Scale arrays in place so that the norm over all of them is at most ``max_norm``.

    Returns the norm before: as a number, with a warning where it is not finite; or without ``check_isfinite`` as an
    array (1,).

    >>> arrays = [mx.nd.array([3.0]), mx.nd.array([4.0])]
    >>> mx.gluon.utils.clip_global_norm(arrays, max_norm=1.0)
    5.0
    >>> [round(a.asscalar().item(), 3) for a in arrays]
    [0.6, 0.8]
    """
    if not arrays:
        raise MismatchError(
            "there is no array",
            where="clip_global_norm",
            wanted="at least one",
            got="none",
            remedy="Give the gradients",
        )
    total = math.sqrt(sum(float((elements_of(a._data).astype("float64") ** 2).sum()) for a in arrays))
    if check_isfinite and not math.isfinite(total):
        warnings.warn("nan or inf is detected. Clipping results will be undefined.", stacklevel=2)
    scale = max_norm / (total + 1e-8)
    if scale < 1.0 and math.isfinite(total):
        for a in arrays:
            a._write(with_elements(a._data, elements_of(a._data) * a._data.dtype.type(scale)))
    return total if check_isfinite else array([total], ctx=arrays[0].ctx)


def shape_is_known(shape: Sequence[int] | None) -> bool:
    """Whether no size is left to be inferred."""
    return bool(shape) and all(size > 0 for size in shape or ())


def check_sha1(filename: str, sha1_hash: str) -> bool:
    """Whether a file has this SHA-1 checksum."""
    with open(filename, "rb") as file:
        return hashlib.file_digest(file, "sha1").hexdigest() == sha1_hash


def replace_file(src: str, dst: str) -> None:
    """Move a file in one step over another."""
    os.replace(src, dst)


def download(
    url: str,
    path: str | None = None,
    overwrite: bool = False,
    sha1_hash: str | None = None,
    retries: int = 5,
    verify_ssl: bool = True,
) -> str:
    """Fetch a file (``file://``, ``http://`` or ``https://``) unless it is there; returns its name.

    ``path`` is a file or a folder. Raises DataError where it cannot be fetched or has another checksum.
    """
    name = unquote(Path(urlsplit(url).path).name)
    target = Path(path).expanduser() if path is not None else Path(name)
    if target.is_dir():
        target /= name
    if not target.name:
        raise MismatchError("the address names no file", where="download", got=url, remedy="Give path")
    if retries < 0:
        raise MismatchError("retries cannot be negative", where="download", got=retries)
    if not verify_ssl:
        raise DataError("addresses are always verified", where="download", parameter="verify_ssl")
    if target.exists() and not overwrite and (sha1_hash is None or check_sha1(str(target), sha1_hash)):
        return str(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{secrets.token_hex(8)}")
    try:
        part.write_bytes(_fetch(url, retries))
        if sha1_hash is not None and not check_sha1(str(part), sha1_hash):
            raise DataError("what was fetched has another checksum", where=target.name, wanted=sha1_hash)
        replace_file(str(part), str(target))
    finally:
        part.unlink(missing_ok=True)
    return str(target)


def _fetch(url: str, retries: int) -> bytes:
    if urlsplit(url).scheme not in ("file", "http", "https"):
        raise DataError("unknown kind of address", where="download", wanted="file, http or https", got=url)
    while True:
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                content: bytes = answer.read()
                return content
        except (urllib.error.URLError, OSError) as error:
            if retries == 0 or urlsplit(url).scheme == "file":
                raise DataError(
                    "the file could not be fetched",
                    where="download",
                    got=f"{url}: {error}",
                    remedy="Look at the address and the network",
                ) from error
            retries -= 1
