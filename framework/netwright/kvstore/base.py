"""KVStoreBase: what training asks of a store, and the stores by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from ..errors import ParamError
from ..ndarray.array import NDArray

K = TypeVar("K", bound="type[KVStoreBase]")


def arrays_of(value: Any) -> list[NDArray]:
    """One array or several as a list."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def total_of(arrays: Sequence[NDArray]) -> NDArray:
    """The sum, on the first array's device."""
    total = arrays[0].detach()
    for array in arrays[1:]:
        total = total + array.detach().as_in_context(total.ctx)
    return total


class KVStoreBase:
    """Base of stores. A subclass of one's own, decorated with ``@KVStoreBase.register``, is made by
    ``kv.create("its name")``, and can be given to ``Module`` and ``Trainer``.
    """

    OPTIMIZER: ClassVar[str] = "optimizer"
    kv_registry: ClassVar[dict[str, type[KVStoreBase]]] = {}

    @staticmethod
    def register(klass: K) -> K:
        """Class decorator: ``create`` finds the class by its name in small letters."""
        if not (isinstance(klass, type) and issubclass(klass, KVStoreBase)):
            raise ParamError("only a KVStoreBase can be registered", where="KVStoreBase.register", got=repr(klass))
        KVStoreBase.kv_registry[klass.__name__.lower()] = klass
        return klass

    def broadcast(self, key: Any, value: Any, out: Any, priority: int = 0) -> None:
        """Give a value to every array in ``out``."""
        raise NotImplementedError

    def pushpull(self, key: Any, value: Any, out: Any = None, priority: int = 0) -> None:
        """Add arrays up, and copy the sum to ``out`` (to the arrays themselves by default)."""
        raise NotImplementedError

    def set_optimizer(self, optimizer: Any) -> None:
        """Let the store update its values."""
        raise NotImplementedError

    @staticmethod
    def is_capable(capability: str) -> bool:
        """Whether the store can do that: ``optimizer`` is the one thing it may be asked."""
        raise NotImplementedError

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """Write the optimizer's states."""
        raise NotImplementedError

    def load_optimizer_states(self, fname: str) -> None:
        """Read what ``save_optimizer_states`` wrote."""
        raise NotImplementedError

    @property
    def type(self) -> str:
        """The store's name."""
        raise NotImplementedError

    @property
    def rank(self) -> int:
        """Number of this worker."""
        raise NotImplementedError

    @property
    def num_workers(self) -> int:
        """How many workers share the store."""
        raise NotImplementedError


@KVStoreBase.register
class TestStore(KVStoreBase):
    """A store without memory that adds up and copies: the example of one of one's own."""

    __test__ = False  # pytest takes a class of this name for its own

    def broadcast(self, key: Any, value: Any, out: Any, priority: int = 0) -> None:
        for array in arrays_of(out):
            array[:] = value

    def pushpull(self, key: Any, value: Any, out: Any = None, priority: int = 0) -> None:
        arrays = arrays_of(value)
        total = total_of(arrays)
        for array in arrays_of(out) if out is not None else arrays:
            total.copyto(array)

    @staticmethod
    def is_capable(capability: str) -> bool:
        if capability.lower() != KVStoreBase.OPTIMIZER:
            raise ParamError("unknown capability", where="TestStore", wanted=KVStoreBase.OPTIMIZER, got=capability)
        return False

    @property
    def type(self) -> str:
        return "teststore"

    @property
    def rank(self) -> int:
        return 0

    @property
    def num_workers(self) -> int:
        return 1
