"""Names of blocks and parameters."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Self

from ..naming import NameManager, Prefix
from .parameter_dict import ParameterDict

if TYPE_CHECKING:
    from .plain_block import Block


class BlockScope:
    """Gives names to the blocks and parameters made inside a block's ``name_scope()``."""

    _current: ClassVar[threading.local] = threading.local()

    def __init__(self, block: Block) -> None:
        self._block = block
        self._counter: dict[str, int] = {}
        self._outer: list[tuple[BlockScope | None, NameManager]] = []

    @classmethod
    def make(cls, prefix: str | None, params: ParameterDict | None, hint: str) -> tuple[str, ParameterDict]:
        """(full prefix, parameters) of a new block."""
        current: BlockScope | None = getattr(cls._current, "value", None)
        if current is None:
            if prefix is None:
                prefix = NameManager.current().get(None, hint) + "_"
            return prefix, ParameterDict(prefix) if params is None else ParameterDict(params.prefix, params)
        if prefix is None:
            number = current._counter.get(hint, 0)
            current._counter[hint] = number + 1
            prefix = f"{hint}{number}_"
        parent = current._block.params
        shared = ParameterDict(parent.prefix + prefix, parent._shared) if params is None else None
        if shared is None:
            assert params is not None
            shared = ParameterDict(params.prefix, params)
        return current._block.prefix + prefix, shared

    def __enter__(self) -> Self:
        if self._block._empty_prefix:
            return self
        names = Prefix(self._block.prefix)
        self._outer.append((getattr(BlockScope._current, "value", None), names))
        BlockScope._current.value = self
        names.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._block._empty_prefix:
            return
        outer, names = self._outer.pop()
        names.__exit__(kind, error, trace)
        BlockScope._current.value = outer
