"""KVStore: the store of one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import DTypeError, ParamError, ShapeError, StorageError
from ..ndarray.array import NDArray
from ..ops.storage import DEFAULT, ROW_SPARSE, dense_of
from ..optimizer import Optimizer, Updater
from ..optimizer.states import load_updaters, save_updaters
from .base import KVStoreBase, arrays_of, total_of
from .compression import TwoBits, make_compression

Key = int | str
_LOCAL = ("local", "device", "local_update_cpu", "local_allreduce_cpu", "local_allreduce_device", "nccl")


class KVStore(KVStoreBase):
    """Values in one process. ``push`` adds up what the devices give and stores it, or hands it to the updater
    (``stored ← updater(key, sum, stored)``); ``pull`` copies what is stored to every device.

    >>> store = mx.kv.create("local")
    >>> store.init("w", mx.nd.zeros((2,)))
    >>> store.push("w", [mx.nd.ones((2,)), mx.nd.ones((2,)) * 2])
    >>> out = mx.nd.zeros((2,))
    >>> store.pull("w", out=out)
    >>> out.asnumpy()
    array([3., 3.], dtype=float32)
    """

    def __init__(self, name: str = "local") -> None:
        self._type = name
        self._values: dict[Key, NDArray] = {}
        self._updater: Callable[[Any, NDArray, NDArray], Any] | None = None
        self._compression: TwoBits | None = None

    @property
    def type(self) -> str:
        """The name it was made with."""
        return self._type

    @property
    def rank(self) -> int:
        """Number of this worker; there is only one."""
        return 0

    @property
    def num_workers(self) -> int:
        """How many workers share the store."""
        return 1

    @staticmethod
    def is_capable(capability: str) -> bool:
        """Whether the store can run an optimizer itself (``"optimizer"``)."""
        return capability.lower() == "optimizer"

    # ---------------------------------------------------------------- values
    def init(self, key: Key | Sequence[Key], value: Any) -> None:
        """Store first values, one array for each key; a key is given once."""
        for name, arrays in _pairs(key, value):
            if name in self._values:
                raise ParamError(f"key {name!r} is there already", where="kvstore.init")
            if any(type(name) is not type(other) for other in self._values):
                raise ParamError("keys are all numbers or all texts", where="kvstore.init", got=repr(name))
            self._values[name] = arrays[0].detach().copy()

    def push(self, key: Key | Sequence[Key], value: Any, priority: int = 0) -> None:
        """Add up the arrays of each key and store the sum, or give it to the updater."""
        for name, arrays in _pairs(key, value):
            stored = self._stored(name, "push")
            total = self._sum(name, arrays, stored)
            if self._updater is None:
                stored._write(dense_of(total._data) if stored.stype == DEFAULT else total._data)
            else:
                self._updater(name, total, stored)

    def pull(self, key: Key | Sequence[Key], out: Any = None, priority: int = 0, ignore_sparse: bool = True) -> None:
        """Copy each key's value into one or several arrays; sparse ones are left out unless ``ignore_sparse`` is False.

        Rows of a sparse value are pulled by ``row_sparse_pull``.
        """
        if out is None:
            raise ParamError("where to copy to is missing", where="kvstore.pull", parameter="out")
        for name, arrays in _pairs(key, out):
            stored = self._stored(name, "pull")
            for array in arrays:
                if array.stype == DEFAULT or not ignore_sparse:
                    stored.copyto(array)

    def row_sparse_pull(
        self, key: Key | Sequence[Key], out: Any = None, priority: int = 0, row_ids: Any = None
    ) -> None:
        """Copy rows of row sparse values into row sparse arrays: those that ``row_ids`` names, in any order.

        ``row_ids`` is one array for all of ``out``, or one for each.
        """
        for name, value in (("out", out), ("row_ids", row_ids)):
            if value is None:
                raise ParamError(f"{name} is missing", where="kvstore.row_sparse_pull", parameter=name)
        if not isinstance(key, (list, tuple)):
            self._pull_rows(key, out, arrays_of(row_ids))  # type: ignore[arg-type]
            return
        ids = arrays_of(row_ids)
        for one, arrays, wanted in zip(key, out, ids if len(ids) == len(key) else ids * len(key), strict=True):
            self._pull_rows(one, arrays, arrays_of(wanted))

    def _pull_rows(self, key: Key, out: Any, ids: list[NDArray]) -> None:
        stored, arrays = self._stored(key, "row_sparse_pull"), _checked(key, out)
        if len(ids) not in (1, len(arrays)):
            raise ParamError(
                "as many row_ids as arrays are needed", where=f"key {key!r}", wanted=len(arrays), got=len(ids)
            )
        for array in (stored, *arrays):
            if array.stype != ROW_SPARSE:
                raise StorageError(
                    "rows are pulled from row sparse values into row sparse arrays",
                    where=f"key {key!r}",
                    wanted=ROW_SPARSE,
                    got=array.stype,
                )
        for array, wanted in zip(arrays, ids if len(ids) == len(arrays) else ids * len(arrays), strict=True):
            rows = stored.retain(wanted.reshape(-1).as_in_context(stored.ctx))  # type: ignore[attr-defined]
            array._write(rows.as_in_context(array.ctx)._data)

    def pushpull(self, key: Key | Sequence[Key], value: Any, out: Any = None, priority: int = 0) -> None:
        """``push``, then ``pull`` into ``out`` (into the pushed arrays themselves by default)."""
        self.push(key, value, priority)
        self.pull(key, value if out is None else out, priority, ignore_sparse=False)

    def broadcast(self, key: Key | Sequence[Key], value: Any, out: Any, priority: int = 0) -> None:
        """``init``, then ``pull``."""
        self.init(key, value)
        self.pull(key, out, priority)

    def _stored(self, key: Key, where: str) -> NDArray:
        found = self._values.get(key)
        if found is None:
            known = ", ".join(map(repr, list(self._values)[:10])) or "none"
            raise ParamError(f"there is no key {key!r}", where=f"kvstore.{where}", remedy=f"Known: {known}; use init()")
        return found

    def _sum(self, key: Key, arrays: Sequence[NDArray], stored: NDArray) -> NDArray:
        for array in arrays:
            if array.shape != stored.shape:
                raise ShapeError(
                    "the value has another shape", where=f"key {key!r}", wanted=stored.shape, got=array.shape
                )
        if self._compression is not None:
            arrays = [a if a.stype != DEFAULT else self._compression(key, i, a) for i, a in enumerate(arrays)]
        return total_of(arrays).as_in_context(stored.ctx)

    # ---------------------------------------------------------------- updating
    def set_optimizer(self, optimizer: Optimizer) -> None:
        """Let what is pushed be gradients, and the store update its values with the optimizer."""
        self._set_updater(Updater(optimizer))

    def _set_updater(self, updater: Callable[[Any, NDArray, NDArray], Any]) -> None:
        """``updater(key, pushed sum, stored value)`` is called at every push."""
        self._updater = updater

    def set_gradient_compression(self, compression_params: Any) -> None:
        """Send gradients in two bits each: ``{"type": "2bit", "threshold": 0.5}``; a ``device`` store does it."""
        if "device" not in self._type:
            raise ParamError(
                "only a 'device' store compresses gradients", where="kvstore", got=f"a {self._type!r} store"
            )
        self._compression = make_compression(compression_params)

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """Write the optimizer's states."""
        save_updaters(fname, [self._own_updater()])

    def load_optimizer_states(self, fname: str) -> None:
        """Read what ``save_optimizer_states`` wrote."""
        load_updaters(fname, [self._own_updater()], lambda index, _: self._stored(index, "load_optimizer_states"))

    def _own_updater(self) -> Updater:
        if not isinstance(self._updater, Updater):
            raise ParamError("the store has no optimizer", where="kvstore", remedy="Call set_optimizer() first")
        return self._updater


def _pairs(key: Key | Sequence[Key], value: Any) -> list[tuple[Key, list[NDArray]]]:
    """(key, arrays) from one key or several, each with one array or several; a key given twice has all its arrays."""
    if not isinstance(key, (list, tuple)):
        return [(key, _checked(key, value))]  # type: ignore[list-item, arg-type]
    if len(key) != len(value):
        raise ParamError("as many values as keys are needed", where="kvstore", wanted=len(key), got=len(value))
    found: dict[Key, list[NDArray]] = {}
    for one, arrays in zip(key, value, strict=True):
        found.setdefault(one, []).extend(_checked(one, arrays))
    return list(found.items())


def _checked(key: Key, value: Any) -> list[NDArray]:
    arrays = arrays_of(value)
    if not arrays or not all(isinstance(a, NDArray) for a in arrays):
        raise ParamError(
            "values are NDArrays", where=f"key {key!r}", got=type(arrays[0]).__name__ if arrays else "none"
        )
    return arrays


def create(name: str = "local") -> Any:
    """A store: ``local`` or ``device`` (both keep values where they were first given), or a registered one.

    >>> mx.kv.create("device").type
    'device'
    """
    if isinstance(name, str) and name.lower() in KVStoreBase.kv_registry:
        return KVStoreBase.kv_registry[name.lower()]()
    if not isinstance(name, str):
        raise DTypeError("the name is a text", where="kvstore.create", got=type(name).__name__)
    if name not in _LOCAL:
        raise ParamError(
            "there is no such kind of store",
            where="kvstore.create",
            wanted=", ".join((*_LOCAL, *KVStoreBase.kv_registry)),
            got=repr(name),
            remedy="Training runs on the devices of one machine",
        )
    return KVStore(name)
