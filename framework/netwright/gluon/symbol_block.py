"""SymbolBlock: a block made of a symbol, such as one that ``export`` wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import symbol
from ..errors import MismatchError
from ..symbol.attributes import read_dtype
from ..symbol.symbol import Group, Symbol, Variable
from .block import HybridBlock
from .cached import CachedGraph
from .nested import flatten, leaves
from .parameter import Contexts
from .parameter_dict import ParameterDict


class SymbolBlock(HybridBlock):
    """A block made of a symbol's outputs and the variables that are its inputs; its other variables are parameters.

    ``params`` are shared where names are the same.

    >>> net = mx.gluon.nn.HybridSequential(prefix="net_")
    >>> net.add(mx.gluon.nn.Dense(2, in_units=3))
    >>> net.initialize(mx.init.One())
    >>> net.hybridize()
    >>> before = net(mx.nd.ones((1, 3)))
    >>> files = net.export("net")
    >>> again = mx.gluon.SymbolBlock.imports(files[0], ["data"], files[1])
    >>> again(mx.nd.ones((1, 3))).asnumpy()
    array([[3., 3.]], dtype=float32)
    """

    def __init__(self, outputs: Any, inputs: Any, params: ParameterDict | None = None) -> None:
        super().__init__(prefix=None, params=None)
        self._prefix, self._params = "", ParameterDict("", params)
        given, _ = flatten(inputs if isinstance(inputs, (list, tuple)) else [inputs])
        for one in given:
            if len(one) != 1 or one._entries[0][0].op is not None:
                raise MismatchError("inputs must be variables", where="SymbolBlock", got=one.list_outputs()[0])
        self._inputs = [one.name for one in given]
        if isinstance(outputs, (list, tuple)) and len(outputs) == 1:
            outputs = outputs[0]
        listed = list(outputs) if isinstance(outputs, Symbol) and len(outputs) > 1 else outputs
        flat, self._rebuild = flatten(listed if isinstance(listed, (list, tuple)) else [listed])
        self._several = isinstance(listed, (list, tuple))
        self._out = Group(flat) if len(flat) > 1 else flat[0]
        states = set(self._out.list_auxiliary_states())
        attributes = self._out.attr_dict()
        for name in self._out.list_inputs():
            if name in self._inputs:
                continue
            dtype = read_dtype(attributes.get(name, {}).get("__dtype__", "float32"))
            state = {"grad_req": "null", "differentiable": False} if name in states else {}
            self.params.get(name, allow_deferred_init=True, dtype=dtype, **state)
        shared = _shared_prefix(list(self.params))
        self._reg_params = {name[shared:]: parameter for name, parameter in self.params.items()}

    @staticmethod
    def imports(
        symbol_file: str,
        input_names: str | Sequence[str],
        param_file: str | None = None,
        ctx: Contexts = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
    ) -> SymbolBlock:
        """Read what ``HybridBlock.export`` wrote, here or in MXNet."""
        names = [input_names] if isinstance(input_names, str) else list(input_names)
        block = SymbolBlock(symbol.load(symbol_file), [Variable(n) for n in names])
        if param_file is not None:
            params = block.collect_params()
            params.load(param_file, ctx, allow_missing, ignore_extra, cast_dtype=True, dtype_source="saved")
        return block

    def forward(self, x: Any, *args: Any) -> Any:
        """Run the symbol, always compiled."""
        given = (x, *args)
        if isinstance(self._check_kinds(given), Symbol):
            return self._symbolic(*given)
        return self._run_compiled(self._form(given), given)

    forward.compiles_itself = True  # type: ignore[attr-defined]

    def _symbolic(self, *args: Any) -> Any:
        given = list(leaves(args))
        if len(given) != len(self._inputs):
            raise MismatchError("wrong number of inputs", where="SymbolBlock", wanted=self._inputs, got=len(given))
        out = self._out(**dict(zip(self._inputs, given, strict=True)))
        return self._rebuild(list(out)) if self._several else out

    def _exported(self) -> CachedGraph:
        return CachedGraph(self._out)

    def __repr__(self) -> str:
        return f"SymbolBlock(\n{self._out} : {len(self._inputs)} -> {len(self._out)}\n)"


def _shared_prefix(names: Sequence[str]) -> int:
    """How many letters all names begin with in common."""
    if not names:
        return 0
    low, high = min(names), max(names)
    return next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
