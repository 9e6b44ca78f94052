"""Symbol: a computation that is declared first and run later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import GraphError, IndexRangeError, KindError, MemberError, ParamError
from ..naming import AttrScope
from ..ndarray.methods import FluentMethods
from ..ops.arithmetic import Arithmetic
from ..ops.operator import Operator
from ..ops.params import OpParams, dtype_name
from .attributes import listed, modern, write_dtype, write_stype

_SHAPE = (
    "Its shape follows when it is bound: use infer_shape(), the codes of reshape(), or operators such as slice_like"
)
_VALUE = "A symbol is a computation that has not run: use eval(…)[0] or bind(…).forward()[0] for an array"
_REMEDIES = {
    **dict.fromkeys(("shape", "ndim", "size"), _SHAPE),
    **dict.fromkeys(("asnumpy", "asscalar", "item", "wait_to_read", "copyto"), _VALUE),
    "dtype": "Its type follows when it is bound: use infer_type()",
    "backward": "Bind it: simple_bind(…).forward(is_train=True), then backward()",
    "attach_grad": "Choose gradients when it is bound: bind(grad_req=…)",
    "grad": "Use simple_bind(…), and read grad_dict after backward()",
    "as_in_context": "Choose the device when it is bound: bind(ctx=…)",
    "context": "The device is chosen when it is bound: bind(ctx=…)",
}
"""What to do instead, where a symbol is used like an array."""

Places = int | Sequence[int | None] | None
"""A place along the first axis, or along each of several."""

if TYPE_CHECKING:
    from ..device import Device
    from ..ndarray.array import NDArray
    from .executor import Executor


class SymbolNode:
    """One operator call, or a variable (``op`` is None)."""

    __slots__ = ("attributes", "inputs", "name", "op", "p")

    def __init__(
        self,
        op: Operator | None,
        p: OpParams | None,
        name: str,
        inputs: tuple[SymbolEntry, ...] = (),
        attributes: dict[str, str] | None = None,
    ) -> None:
        self.op, self.p, self.name, self.inputs = op, p, name, inputs
        self.attributes = attributes or {}

    def output_names(self) -> tuple[str, ...]:
        """Names of the visible outputs: ``fc1_output``; a variable's is its own."""
        if self.op is None:
            return (self.name,)
        return tuple(f"{self.name}_{n}" for n in self.op.listed_outputs(self.p))

    def __repr__(self) -> str:
        return f"<{self.op.name if self.op else 'variable'} {self.name}>"


SymbolEntry = tuple[SymbolNode, int]


class Symbol(FluentMethods, Arithmetic):
    """One or several outputs of a declared graph.

    >>> data = mx.sym.Variable("data")
    >>> net = mx.sym.FullyConnected(data, num_hidden=3, name="fc")
    >>> net.list_arguments()
    ['data', 'fc_weight', 'fc_bias']
    >>> net.infer_shape(data=(2, 5))
    ([(2, 5), (3, 5), (3,)], [(2, 3)], [])
    >>> net.eval(data=mx.nd.ones((2, 5)), fc_weight=mx.nd.ones((3, 5)), fc_bias=mx.nd.zeros((3,)))[0].asnumpy()
    array([[5., 5., 5.],
           [5., 5., 5.]], dtype=float32)
    """

    __slots__ = ("_entries",)

    def __init__(self, entries: Sequence[SymbolEntry]) -> None:
        self._entries = tuple(entries)

    # ---------------------------------------------------------------- structure
    @property
    def name(self) -> str | None:
        """The node's name; None for a group of several nodes."""
        nodes = {node for node, _ in self._entries}
        return next(iter(nodes)).name if len(nodes) == 1 else None

    def nodes(self) -> list[SymbolNode]:
        """All nodes behind the outputs, inputs before users (depth first, as MXNet orders them)."""
        return walk([node for node, _ in self._entries])

    def list_arguments(self) -> list[str]:
        """Names of the variables that are fed or trained."""
        states = self._state_nodes()
        return [n.name for n in self.nodes() if n.op is None and n not in states]

    def list_auxiliary_states(self) -> list[str]:
        """Names of the variables that operators keep up themselves (moving averages)."""
        states = self._state_nodes()
        return [n.name for n in self.nodes() if n in states]

    def list_inputs(self) -> list[str]:
        """Names of all variables."""
        return [n.name for n in self.nodes() if n.op is None]

    def list_outputs(self) -> list[str]:
        """Names of the outputs."""
        return [node.output_names()[i] for node, i in self._entries]

    def _state_nodes(self) -> set[SymbolNode]:
        found: set[SymbolNode] = set()
        for node in self.nodes():
            if node.op is not None:
                found.update(node.inputs[i][0] for i in node.op.state_ports(node.p))
        return {n for n in found if n.op is None}

    @property
    def num_outputs(self) -> int:
        """How many outputs there are."""
        return len(self._entries)

    def get_internals(self) -> Symbol:
        """A group of every node's outputs: ``net.get_internals()["fc1_output"]``.

        >>> fc = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
        >>> net = mx.sym.softmax(fc, name="out")
        >>> net.get_internals().list_outputs()
        ['data', 'fc_weight', 'fc_bias', 'fc_output', 'out_output']
        >>> net.get_internals()["fc_output"].list_outputs()
        ['fc_output']
        """
        return Symbol([(n, i) for n in self.nodes() for i in range(len(n.output_names()))])

    def get_children(self) -> Symbol | None:
        """A group of the direct inputs, or None for a variable."""
        entries = [entry for node in dict.fromkeys(n for n, _ in self._entries) for entry in node.inputs]
        return Symbol(entries) if entries else None

    def __getitem__(self, index: int | str | slice) -> Symbol:
        if isinstance(index, slice):
            return Symbol(self._entries[index])
        if isinstance(index, str):
            names = self.list_outputs()
            if names.count(index) != 1:
                raise GraphError(
                    f"there is {'no' if index not in names else 'more than one'} output {index!r}",
                    remedy=f"The outputs are: {', '.join(names[:20])}",
                )
            index = names.index(index)
        if not isinstance(index, int):
            raise KindError("an output is chosen by number or name", where=self.name, got=repr(index))
        if not -len(self._entries) <= index < len(self._entries):
            raise IndexRangeError(
                "there is no such output", where=self.name, wanted=f"0 to {len(self._entries) - 1}", got=index
            )
        return Symbol([self._entries[index]])

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Symbol]:
        return (Symbol([entry]) for entry in self._entries)

    def __bool__(self) -> bool:
        raise GraphError(
            "a symbol has no truth value: it is a computation that has not run",
            where=self.name,
            remedy="Use where() or contrib.cond(), or do not hybridize the block that asks",
        )

    def __repr__(self) -> str:
        return (
            f"<Symbol {self.name}>" if self.name else f"<Symbol group [{', '.join(n.name for n, _ in self._entries)}]>"
        )

    def __copy__(self) -> Symbol:
        return Symbol(self._entries)

    def __deepcopy__(self, memo: Any) -> Symbol:
        return Symbol(copy_entries(self._entries, {}))

    def __getstate__(self) -> dict[str, str]:
        return {"json": self.tojson()}

    def __setstate__(self, state: dict[str, str]) -> None:
        from .json import load_json

        self._entries = load_json(state["json"])._entries

    # ---------------------------------------------------------------- composition
    def __call__(self, *args: Symbol, **kwargs: Any) -> Symbol:
        """A copy in which variables (by position of ``list_arguments``, or by name) are replaced by symbols."""
        name = kwargs.pop("name", None)
        if args and kwargs:
            raise ParamError("give symbols either by position or by name, not both", where="compose")
        names = self.list_arguments()
        if len(args) > len(names):
            raise GraphError("more symbols than arguments", where="compose", wanted=len(names), got=len(args))
        replaced = dict(zip(names, args, strict=False)) or kwargs
        known = set(self.list_inputs())
        for variable, symbol in replaced.items():
            if variable not in known:
                raise GraphError(
                    f"there is no variable {variable!r} to replace", remedy=f"Known: {', '.join(sorted(known))}"
                )
            if not isinstance(symbol, Symbol) or len(symbol) != 1:
                raise GraphError(f"{variable!r} must be replaced by a symbol of one output")
        found = copy_entries(self._entries, {n: s._entries[0] for n, s in replaced.items()})
        if name is not None:
            found[0][0].name = name
        return Symbol(found)

    def _apply(self, name: str, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        from .compose import apply

        return apply(name, inputs, params)

    def _call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        from .. import symbol

        return getattr(symbol, name)(self, *args, **kwargs)

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        """See the operator ``Reshape``."""
        if "shape" not in kwargs:
            target = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
            kwargs["shape"] = tuple(target)
        return self._apply("Reshape", (self,), kwargs)

    def as_nd_ndarray(self) -> Symbol:
        """Itself: for programs that mix ``sym`` with MXNet's ``np`` symbols."""
        return self

    def __getattr__(self, name: str) -> Any:
        if name == "_entries" or name.startswith("__"):  # while it is being unpickled, or by Python's own protocols
            raise AttributeError(name)
        raise MemberError(
            f"a symbol has no {name!r}",
            where=self.name,
            remedy=_REMEDIES.get(name, "A symbol is a computation that has not run: bind() or eval() it for arrays"),
        )

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise KindError(
            "NumPy cannot compute on a symbol",
            where=self.name,
            wanted="an operator of F (or of sym)",
            got="a function of NumPy",
            remedy="Use F.exp(x) and its kin in hybrid_forward(), or do not hybridize the block",
        )

    def reshape_like(self, other: Symbol) -> Any:
        """See the operator ``reshape_like``."""
        return self._apply("reshape_like", (self, other), {})

    def slice(self, begin: Places, end: Places, step: Places = ()) -> Any:
        """See the operator ``slice``."""
        return self._apply("slice", (self,), {"begin": begin, "end": end, "step": step})

    def astype(self, dtype: Any) -> Any:
        """See the operator ``Cast``."""
        return self._apply("Cast", (self,), {"dtype": dtype_name(dtype)})

    def detach(self) -> Any:
        """The same values, through which no gradient flows back."""
        return self._apply("BlockGrad", (self,), {})

    @property
    def T(self) -> Any:
        """The transpose, with all axes in reverse order."""
        return self._apply("transpose", (self,), {})

    # ---------------------------------------------------------------- attributes
    def attr(self, key: str) -> str | None:
        """An attribute of the node (or a parameter's text), or None."""
        return self._listed(self._one_node("attr")).get(key)

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """Attributes and given parameters of this node, as texts."""
        if recursive:
            raise ParamError(
                "list_attr() is of one node", parameter="recursive", remedy="Use attr_dict() for all nodes"
            )
        return self._listed(self._one_node("list_attr"))

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """The same of every node that has any."""
        found = {n.name: self._listed(n) for n in self.nodes()}
        return {name: attributes for name, attributes in found.items() if attributes}

    def _set_attr(self, **attributes: str) -> None:
        for key, value in attributes.items():
            if not isinstance(value, str):
                raise KindError("attributes are texts", where="_set_attr", wanted=f"{key}='…'", got=repr(value)[:60])
        for node, _ in self._entries:
            node.attributes.update(modern(attributes))

    def _one_node(self, where: str) -> SymbolNode:
        nodes = list(dict.fromkeys(n for n, _ in self._entries))
        if len(nodes) != 1:
            raise GraphError("a group has no attributes of its own", where=where, remedy="Choose one output: group[0]")
        return nodes[0]

    @staticmethod
    def _listed(node: SymbolNode) -> dict[str, str]:
        return {**(node.p.attributes() if node.p else {}), **listed(node.attributes)}

    # ---------------------------------------------------------------- inference
    def infer_shape(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """(argument shapes, output shapes, auxiliary shapes) from those known; three Nones where some do not follow."""
        from .infer import infer_shape

        return infer_shape(self, args, kwargs, partial=False)

    def infer_shape_partial(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """The same, with () for the shapes that do not follow."""
        from .infer import infer_shape

        return infer_shape(self, args, kwargs, partial=True)

    def infer_type(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """(argument, output, auxiliary) element types."""
        from .infer import infer_type

        return infer_type(self, args, kwargs)

    def infer_type_partial(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """The same, with None for the types that do not follow from those given or declared."""
        from .infer import infer_type

        return infer_type(self, args, kwargs, partial=True)

    # ---------------------------------------------------------------- text
    def tojson(self, remove_amp_cast: bool = True) -> str:
        """MXNet's symbol JSON."""
        from .json import dump_json

        return dump_json(self)

    def save(self, fname: str, remove_amp_cast: bool = True) -> None:
        """Write MXNet's symbol JSON to a file."""
        from pathlib import Path

        from ..serialization import write_atomically

        write_atomically(Path(fname), self.tojson().encode())

    def debug_str(self) -> str:
        """Every node with its inputs and attributes, as MXNet prints them."""
        first = self._entries[0][0]
        if len(self._entries) == 1 and first.op is None:
            return f"Variable:{first.name}\n"
        lines = ["Symbol Outputs:", *(f"\toutput[{i}]={n.name}({j})" for i, (n, j) in enumerate(self._entries))]
        for node in self.nodes():
            if node.op is None:
                lines.append(f"Variable:{node.name}")
                continue
            lines += ["-" * 20, f"Op:{node.op.name}, Name={node.name}", "Inputs:"]
            for i, (source, j) in enumerate(node.inputs):
                lines.append(f"\targ[{i}]={source.name}({j})" + (" version=0" if source.op is None else ""))
            if attributes := self._listed(node):
                lines += ["Attrs:", *(f"\t{k}={v}" for k, v in sorted(attributes.items()))]
        return "\n".join(lines) + "\n"

    # ---------------------------------------------------------------- running
    def _repr_svg_(self) -> str | None:
        """The network as a picture, for notebooks; none for one too large to look at."""
        from ..visualization import LARGEST, plot_network

        return plot_network(self).to_svg() if len(self.nodes()) <= LARGEST else None

    def simple_bind(
        self,
        ctx: Device | None = None,
        grad_req: Any = "write",
        type_dict: Mapping[str, Any] | None = None,
        stype_dict: Any = None,
        group2ctx: Any = None,
        shared_arg_names: Any = None,
        shared_exec: Any = None,
        shared_buffer: Any = None,
        **shapes: Any,
    ) -> Executor:
        """An executor with arrays made for the given shapes of the fed variables.

        ``stype_dict``: storages of variables; those of gradients follow. What MXNet takes to place groups of operators
        or to share memory is taken without effect: memory is planned for the whole graph on one device.

        >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
        >>> executor = net.simple_bind(mx.cpu(), data=(1, 3))
        >>> executor.arg_dict["data"][:] = 1
        >>> executor.arg_dict["fc_weight"][:] = 0.5
        >>> executor.forward(is_train=True)[0].asnumpy()
        array([[1.5, 1.5]], dtype=float32)
        >>> executor.backward(mx.nd.ones((1, 2)))
        >>> executor.grad_dict["fc_weight"].asnumpy()
        array([[1., 1., 1.],
               [1., 1., 1.]], dtype=float32)
        """
        from .executor import simple_bind

        return simple_bind(self, ctx, grad_req, type_dict, shapes, stype_dict)

    def bind(
        self,
        ctx: Device | None = None,
        args: Any = None,
        args_grad: Any = None,
        grad_req: Any = "write",
        aux_states: Any = None,
        group2ctx: Mapping[str, Device] | None = None,
        shared_exec: Executor | None = None,
    ) -> Executor:
        """An executor over the caller's arrays (list in order of ``list_arguments``, or dict).

        ``group2ctx`` and ``shared_exec`` are taken without effect, as by ``simple_bind``.
        """
        from .executor import bind

        return bind(self, ctx, args, args_grad, grad_req, aux_states)

    def eval(self, ctx: Device | None = None, **kwargs: NDArray) -> list[NDArray]:
        """The outputs for the given values of all variables."""
        states = set(self.list_auxiliary_states())
        aux = {n: a for n, a in kwargs.items() if n in states}
        return self.bind(ctx, kwargs, grad_req="null", aux_states=aux).forward()

    def gradient(self, wrt: Sequence[str]) -> Symbol:
        """Always an error, as in MXNet: a symbol's gradient depends on its shapes."""
        raise GraphError(
            "a symbol's gradient depends on its shapes",
            where="gradient",
            remedy="Use simple_bind(…) and backward(), or autograd.grad on arrays",
        )


def walk(heads: Sequence[SymbolNode]) -> list[SymbolNode]:
    """Nodes reachable from the heads, each after its inputs (depth first, without recursion)."""
    order: list[SymbolNode] = []
    state: dict[SymbolNode, bool] = {}
    for head in heads:
        stack: list[tuple[SymbolNode, int]] = [(head, 0)]
        while stack:
            node, next_input = stack.pop()
            if next_input == 0:
                if node in state:
                    continue
                state[node] = False
            if next_input < len(node.inputs):
                stack.append((node, next_input + 1))
                source = node.inputs[next_input][0]
                if source not in state:
                    stack.append((source, 0))
                elif not state[source]:
                    raise GraphError("the graph has a cycle", where=source.name)
            else:
                state[node] = True
                order.append(node)
    return order


def copy_entries(entries: Sequence[SymbolEntry], replaced: Mapping[str, SymbolEntry]) -> list[SymbolEntry]:
    """The same graph in new nodes, with some variables replaced."""
    new: dict[SymbolNode, SymbolNode] = {}
    moved: dict[SymbolNode, SymbolEntry] = {}

    def move(entry: SymbolEntry) -> SymbolEntry:
        node, i = entry
        return moved[node] if node in moved else (new[node], i)

    for node in walk([n for n, _ in entries]):
        if node.op is None and node.name in replaced:
            moved[node] = replaced[node.name]
        else:
            new[node] = SymbolNode(
                node.op, node.p, node.name, tuple(move(e) for e in node.inputs), dict(node.attributes)
            )
    return [move(e) for e in entries]


def Variable(
    name: str,
    attr: dict[str, str] | None = None,
    shape: Sequence[int] | None = None,
    lr_mult: float | None = None,
    wd_mult: float | None = None,
    dtype: Any = None,
    init: Any = None,
    stype: str | None = None,
    **kwargs: str,
) -> Symbol:
    """A named input: data, a label, or a weight. 0 in ``shape`` stands for a size to be inferred.

    ``stype``: the storage its array has where it is bound (``default``, ``csr`` or ``row_sparse``).

    >>> weight = mx.sym.Variable("w", shape=(3, 0), lr_mult=2.0)
    >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), weight, num_hidden=3, no_bias=True)
    >>> net.infer_shape(data=(2, 5))[0]
    [(2, 5), (3, 5)]
    """
    if not isinstance(name, str):
        raise ParamError("a variable's name is a text", parameter="name", got=type(name).__name__)
    attributes = modern(AttrScope.current().get(attr))
    if shape is not None:
        attributes["__shape__"] = str((shape,) if isinstance(shape, int) else tuple(shape))
    if lr_mult is not None:
        attributes["__lr_mult__"] = str(lr_mult)
    if wd_mult is not None:
        attributes["__wd_mult__"] = str(wd_mult)
    if dtype is not None:
        attributes["__dtype__"] = write_dtype(dtype)
    if stype is not None:
        attributes["__storage_type__"] = write_stype(stype)
    if init is not None:
        attributes["__init__"] = init if isinstance(init, str) else init.dumps()
    for key, value in kwargs.items():
        if not (key.startswith("__") and key.endswith("__")):
            raise ParamError(f"attribute {key!r} is not known", remedy="Attributes of one's own read __name__")
        attributes[key] = str(value)
    return Symbol([(SymbolNode(None, None, name, (), attributes), 0)])


var = Variable


def Group(symbols: Sequence[Symbol], create_fn: Callable[[list[SymbolEntry]], Symbol] = Symbol) -> Symbol:
    """All outputs of several symbols as one; ``create_fn`` is the class of the result.

    >>> a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    >>> mx.sym.Group([a + b, mx.sym.relu(a, name="r")]).list_outputs()
    ['_plus0_output', 'r_output']
    """
    if isinstance(symbols, Symbol) or not symbols or not all(isinstance(s, Symbol) for s in symbols):
        got = type(symbols).__name__ if isinstance(symbols, Symbol) else [type(s).__name__ for s in symbols]
        raise KindError("a group is made of a list of symbols", where="Group", wanted="at least one Symbol", got=got)
    return create_fn([entry for symbol in symbols for entry in symbol._entries])
