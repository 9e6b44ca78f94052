"""What an operator is: one class that holds its parameters, ports, inference, forward, gradient, cost and samples.

Everything else reads this one definition: ``nd.X``, ``sym.X``, differentiation, the Scheduler, stubs, the studio's
palette and forms, the documentation, and the generic tests.
"""

from __future__ import annotations

import functools
import inspect
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from ..errors import DTypeError, NetwrightError, ParamError, ShapeError
from .arrays import scalar_like
from .params import NoParams, OpParams
from .sight import Looks

Shape = tuple[int, ...]
Shapes = Sequence[Shape | None]
DTypes = Sequence[np.dtype[Any] | None]
PortKind = Literal["data", "weight", "state", "label"]

FLOAT32: np.dtype[Any] = np.dtype(np.float32)


@dataclass(frozen=True, slots=True)
class Port:
    """A named input.

    ``weight`` is trained, ``state`` is kept between steps (auxiliary), ``label`` is what is learnt. ``init`` is how an
    implied weight begins, as MXNet's JSON of an initializer; empty: as its name says.
    """

    name: str
    kind: PortKind = "data"
    doc: str = ""
    optional: bool = False
    init: str = ""


class TensorSpec(NamedTuple):
    """Shape and element type of a tensor."""

    shape: Shape
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize


class At(NamedTuple):
    """What a gradient may know of the node it differentiates, without keeping any tensor alive."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    train: bool
    wanted: tuple[bool, ...]
    """For each input, whether its gradient is asked for."""
    arrived: tuple[bool, ...]
    """For each output, whether anything depends on it: the gradients of the others are zeros."""


class Again(NamedTuple):
    """A call that gives an operator's first output once more, bit for bit, from what stays the same.

    It takes the inputs at ``inputs``, then the operator's own outputs at ``outputs``.
    """

    op: str
    params: dict[str, Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Draw:
    """How to draw one input of a sample.

    ``kind``: ``normal`` (mean 0, deviation 1), ``uniform`` and ``distinct`` (no ties, well apart; for max, sort and
    kinks) in [low, high], ``integer`` in [low, high), ``positive_definite`` (batched, symmetric).
    """

    shape: Shape
    kind: Literal["normal", "uniform", "distinct", "integer", "positive_definite"] = "normal"
    low: float = -1.0
    high: float = 1.0
    dtype: str | None = None
    """None: the dtype under test."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One case for the generic tests: how to draw the inputs, and the parameters.

    A bare shape stands for ``Draw(shape)``. ``train`` is the mode; ``differentiable`` says whether gradients are
    checked here (second order too unless ``second`` is False).
    """

    inputs: tuple[Draw | Shape, ...]
    params: dict[str, Any] = field(default_factory=dict)
    train: bool = True
    differentiable: bool = True
    second: bool = True
    dtypes: tuple[str, ...] = ("float32", "float64")

    def draws(self) -> tuple[Draw, ...]:
        return tuple(d if isinstance(d, Draw) else Draw(d) for d in self.inputs)


MAX_AXES = 64
"""NumPy's own limit."""
MAX_REMEMBERED = 256
"""Combinations of input shapes remembered for one set of parameters."""


@dataclass(slots=True)
class Ready:
    """An operator made ready for NumPy arrays of certain shapes and dtypes: what to run, what it takes and gives."""

    run: Callable[..., Any] | None
    """None: there is no short way, but to remember what is found out for the gradient."""
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    backs: dict[Any, Callable[..., Any] | None] | None = None
    """The gradient on bare arrays, by who wants it (``Call.pull_bare``). None: it is not to be computed on such."""


def ready_key(datas: Sequence[Any]) -> tuple[Any, ...]:
    """Shapes and dtypes of raw arrays in a form that is quick to look up: of float32 the shapes alone, and of one array
    its shape; else numbers of dtypes too, which hash faster than dtypes.
    """
    if all(d.dtype is FLOAT32 for d in datas):
        return datas[0].shape if len(datas) == 1 else tuple([d.shape for d in datas])
    return tuple([fact for d in datas for fact in (d.shape, d.dtype.num)])


@dataclass(slots=True)
class CallFacts:
    """What an eager call needs to know of an operator under given parameters."""

    op: Operator
    p: OpParams
    states: tuple[int, ...]
    outputs: int
    visible: int
    gives_sparse: bool = False
    places: dict[str, int] = field(default_factory=dict)
    """Positions of the ports that are there, by name."""
    kept: tuple[bool, ...] = ()
    """For each input, whether the gradient keeps it."""
    kept_results: int = 0
    """How many of the results the gradient keeps, from the first."""
    simple: bool = False
    """Whether a call is no more than ``forward`` on the inputs: one result, and no states."""
    ready: dict[tuple[Any, ...], Ready] = field(default_factory=dict)
    """What was found out for inputs of these shapes and dtypes, by ``ready_key``."""
    alike: dict[Any, Ready] = field(default_factory=dict)
    """The same for recorded calls whose inputs and output have one shape and dtype, by shape and the dtype's number."""
    backs: dict[Any, Callable[..., Any]] = field(default_factory=dict)
    """Of those, the gradient on bare arrays, by shape, the dtype's number, the mode, and who wants it."""
    inferred: dict[tuple[TensorSpec, ...], tuple[TensorSpec, ...]] = field(default_factory=dict)
    derived: dict[tuple[TensorSpec | None, ...], Any] = field(default_factory=dict)
    """What the check of a drawn network has worked out (``graph.deriving``)."""
    checked: set[tuple[Any, ...]] = field(default_factory=set)
    """Shapes and dtypes of inputs that were found to fit, in a form that is quick to look up."""


_RESERVED = {"dy", "dys", "y", "ys", "xs"}


def numbered(count: int) -> tuple[str, ...]:
    """How MXNet lists the outputs of an operator that names none: output alone, or output0, output1, …"""
    return ("output",) if count == 1 else tuple(f"output{i}" for i in range(count))


class Operator:
    """Base of every operator. A subclass is registered once and used as a single instance without state.

    ``forward(xp, p, *inputs)`` computes on arrays of module ``xp`` and returns an array, or a tuple for several outputs
    (followed, for operators with states, by the states' new values). It never returns an alias of an input
    unless ``view`` is set. Keyword-only arguments that it names are passed to it: ``train`` (bool), ``rng`` (a
    generator), ``out`` (None, or where to write: an array, or a tuple for several outputs).

    ``gradient(F, p, at, …)`` returns the gradients of the inputs (None where there is none), written in operators of
    ``F`` so that the tape, the Scheduler and higher orders share it. Its further argument names say what it keeps:
    ``dy`` (gradient of the first output), ``dys`` (of all; zeros where unused), ``y``/``ys`` (outputs), a port's name
    (that input), ``xs`` (all inputs). Shapes and dtypes are in ``at`` and cost nothing.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    category: ClassVar[str] = "math"
    title: ClassVar[str] = ""
    in_palette: ClassVar[bool] = False
    Params: ClassVar[type[OpParams]] = NoParams
    inputs: ClassVar[tuple[Port, ...]] = (Port("data"),)
    outputs: ClassVar[tuple[str, ...]] = ("output",)
    variadic: ClassVar[str] = ""
    """For operators of any number of inputs: the parameter that counts them (``num_args``)."""
    view: ClassVar[bool] = False
    """The output is the first input's memory seen with another shape."""
    inplace: tuple[int, ...] = ()
    """Inputs whose memory ``out`` (the first of several) may be: ``forward`` reads each element before it writes it."""
    temporaries: ClassVar[float] = 0.0
    """Working memory of ``forward`` in arrays like its first output; ``workspace`` says it where that is too simple."""
    is_loss: ClassVar[bool] = False
    """A head that starts the backward pass itself and ignores the gradient of its output."""
    shape_checked: ClassVar[bool] = True
    """False where the array module's own rule equals ours: eager calls then skip inference."""

    direct: ClassVar[str] = ""
    """``forward`` as one expression of NumPy's functions, for arrays of one shape and floating-point dtype, which are
    the result's too: ``add(lhs, rhs)``. It names the ports, ``scalar`` (the parameter) and ``zero``. Eager calls
    on such arrays run it without more ado."""

    direct_where: ClassVar[str] = ""
    """Where else ``direct`` holds: a condition on the ports, or ``True``: wherever NumPy computes it."""

    any_side: ClassVar[bool] = False
    """``infer_shape`` works from any known input, to other data too (as where all have one shape)."""

    from_first: ClassVar[bool] = False
    """``infer_shape`` works from the first input alone, to other data too (as from sequences to first states)."""

    dynamic: ClassVar[bool] = False
    """The output's shape follows from the inputs' values: computed eagerly, but no plan can hold it."""

    # filled by register()
    forward_takes: ClassVar[frozenset[str]] = frozenset()
    gradient_takes: ClassVar[tuple[str, ...] | None] = None

    # ---------------------------------------------------------------- what the subclass says
    def ports(self, p: Any) -> tuple[Port, ...]:
        """The input ports under these parameters (without the bias when ``no_bias``, say)."""
        if self.variadic:
            return tuple(Port(f"arg{i}") for i in range(int(getattr(p, self.variadic))))
        return self.inputs

    def beginnings(self, p: Any) -> dict[str, str]:
        """How weights of a drawn network begin, by port, where the rules for every weight do not suit: an
        initializer's JSON.
        """
        return {}

    def output_names(self, p: Any) -> tuple[str, ...]:
        """Names of all outputs, those for the gradient's use only last."""
        return self.outputs

    def visible_outputs(self, p: Any) -> int:
        """How many of the outputs a user sees."""
        return len(self.output_names(p))

    def listed_outputs(self, p: Any) -> tuple[str, ...]:
        """What a symbol's list of outputs calls those that a user sees; MXNet's names, where it has others there."""
        return self.output_names(p)[: self.visible_outputs(p)]

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        """(input shapes with unknown ones filled in where they follow, output shapes). Default: all the same."""
        known = next((s for s in shapes if s is not None), None)
        for port, shape in zip(self.ports(p), shapes, strict=True):
            if shape is not None and shape != known:
                raise ShapeError(
                    "all inputs must have one shape",
                    port=port.name,
                    wanted=known,
                    got=shape,
                    remedy="Use reshape(), or an operator that broadcasts",
                )
        return [known] * len(shapes), [known] * len(self.output_names(p))

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        """The same for element types. Default: all the same, float32 where nothing is known."""
        known = next((d for d in dtypes if d is not None), None)
        for port, dtype in zip(self.ports(p), dtypes, strict=True):
            if dtype is not None and dtype != known:
                raise DTypeError(
                    "all inputs must have one dtype",
                    port=port.name,
                    wanted=known,
                    got=dtype,
                    remedy="Use astype()",
                )
        return [known] * len(dtypes), [known] * len(self.output_names(p))

    def forward(self, xp: Any, p: Any, *inputs: Any, **keywords: Any) -> Any:
        raise NotImplementedError(f"{self.name} has no forward")

    def ready(self, xp: Any, p: Any, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        """``forward`` on arrays of exactly these specifications, with what follows from them worked out beforehand."""
        everywhere = self.direct and self.direct_where in ("", "True")
        if everywhere and len({s.dtype for s in specs}) == 1 and specs[0].dtype.kind == "f":
            return direct_function(xp, self, p, specs[0].dtype)
        return functools.partial(self.forward, xp, p)

    def gives_sparse(self, p: Any) -> bool:
        """Whether dense inputs may give sparse results, or sparse gradients, under these parameters."""
        return False

    def infer_storage(self, p: Any, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        """Storages of the outputs where ``sparse`` can work on inputs of these storages. None: all are made dense."""
        return None

    def sparse(self, xp: Any, p: Any, *inputs: Any, **keywords: Any) -> Any:
        """``forward`` on raw arrays of which some are sparse (``ops.storage``); gives the inferred storages.

        States are written in place. The keyword ``out`` is what the first output is written to in the end; where that
        is an input's memory, it may be written to at once and returned.
        """
        raise NotImplementedError(f"{self.name} has no sparse form")

    def flops(self, p: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        """Floating-point operations of one forward call; by default one per element of the first output."""
        return outputs[0].size if outputs else 0

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        """What one position of output ``number`` reads of each input, axis by axis (``ops.sight``).

        None for an input of which nothing is read, or no more than a weight; None at all where that is not known.
        """
        return None

    def workspace(self, p: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        """Bytes that ``forward`` allocates at its worst moment beside its results, when ``out`` is given."""
        return int(self.temporaries * outputs[0].nbytes) if self.temporaries else 0

    def again(self, p: Any) -> Again | None:
        """How an operator that draws random numbers or keeps states up gives its first output a second time.

        None: it cannot, and its results are kept. Operators without either are simply called again.
        """
        return None

    def samples(self) -> Iterable[Sample]:
        """Cases for the generic tests."""
        return ()

    # ---------------------------------------------------------------- what everyone uses
    @property
    def label(self) -> str:
        """What a plan calls it."""
        return self.name

    @property
    def summary(self) -> str:
        """The docstring's first line."""
        return (inspect.getdoc(type(self)) or "").split("\n", 1)[0]

    @property
    def doc(self) -> str:
        return inspect.getdoc(type(self)) or ""

    @property
    def differentiable(self) -> bool:
        return self.gradient_takes is not None

    def state_ports(self, p: Any) -> tuple[int, ...]:
        """Positions of the inputs that ``forward`` gives new values to."""
        if self._stateless:
            return ()
        return tuple(i for i, port in enumerate(self.ports(p)) if port.kind == "state")

    @functools.cached_property
    def _stateless(self) -> bool:
        """Whether no parameters can give it a state."""
        return type(self).ports is Operator.ports and all(port.kind != "state" for port in self.inputs)

    def make_params(self, values: dict[str, Any]) -> OpParams:
        """Checked parameters; the same values give the same object."""
        if not values and self.default_params is not None:
            return self.default_params
        try:
            # types too, since True == 1 == 1.0
            key: tuple[Any, ...] = (tuple(values.items()), tuple(map(type, values.values())))
            found = self._params_cache.get(key)
        except TypeError:  # a list or an array among the values
            return self._new_params(values)
        if found is None:
            signs = tuple(math.copysign(1.0, v) for v in values.values() if isinstance(v, float) and v == 0.0)
            if signs:  # 0.0 == -0.0
                key = (*key, signs)
                found = self._params_cache.get(key)
        if found is None:
            found = self._new_params(values)
            if len(self._params_cache) >= 4096:
                self._params_cache.clear()
            self._params_cache[key] = found
        return found

    def _new_params(self, values: dict[str, Any]) -> OpParams:
        try:
            return self.Params.make(values)
        except ParamError as error:
            raise error.at(self.name) from None

    def shapes(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        """``infer_shape``, and an error where a result has more axes than an array may have."""
        found = self.infer_shape(p, shapes)
        axes = max((len(shape) for shape in found[1] if shape is not None), default=0)
        if axes > MAX_AXES:
            raise ShapeError("the result has too many axes", wanted=f"at most {MAX_AXES}", got=axes)
        return found

    def infer(self, p: OpParams, specs: tuple[TensorSpec, ...]) -> tuple[TensorSpec, ...]:
        """Specifications of all outputs for fully known inputs; raises with ``where`` set to the operator."""
        inferred = self.facts(p).inferred
        found = inferred.get(specs)
        if found is None:
            try:
                self._check_count(p, len(specs))
                out_shapes = self.shapes(p, [s.shape for s in specs])[1]
                out_dtypes = self.infer_dtype(p, [s.dtype for s in specs])[1]
            except NetwrightError as error:
                raise error.at(self.name) from None
            found = tuple(
                TensorSpec(tuple(s), d or FLOAT32) for s, d in zip(out_shapes, out_dtypes, strict=True) if s is not None
            )
            if len(inferred) >= MAX_REMEMBERED:
                inferred.clear()
            inferred[specs] = found
        return found

    def _check_count(self, p: OpParams, count: int) -> None:
        ports = self.ports(p)
        if len(ports) != count:
            raise ParamError(
                "wrong number of inputs",
                wanted=f"{len(ports)} ({', '.join(port.name for port in ports)})",
                got=count,
            )

    def facts(self, p: OpParams) -> CallFacts:
        """What follows from the parameters alone, remembered for as long as they are used."""
        found = self._facts.get(id(p))
        if found is None or found.p is not p:  # an identity may be given anew
            if len(self._facts) >= 4096:
                kept = self._facts.get(id(self.default_params))
                self._facts.clear()
                if kept is not None:  # quick calls hold on to it
                    self._facts[id(kept.p)] = kept
            names = self.output_names(p)
            found = CallFacts(self, p, self.state_ports(p), len(names), self.visible_outputs(p), self.gives_sparse(p))
            keeps = self.gradient_takes or ()
            found.places = {port.name: i for i, port in enumerate(self.ports(p))}
            found.kept = tuple([n in keeps or "xs" in keeps for n in found.places])
            found.kept_results = len(names) if "ys" in keeps else int("y" in keeps)
            found.simple = len(names) == 1 and bool(found.places) and self.forward_takes <= {"out"}
            found.simple &= not (found.states or found.gives_sparse or self.dynamic)
            self._facts[id(p)] = found
        return found

    def __init__(self) -> None:
        self._params_cache: dict[Any, OpParams] = {}
        self._facts: dict[int, CallFacts] = {}

    @functools.cached_property
    def default_params(self) -> OpParams | None:
        """The parameters of a call that gives none; None where some must be given."""
        return None if any(f.is_required() for f in self.Params.model_fields.values()) else self.Params()

    def __repr__(self) -> str:
        return f"<operator {self.name}>"


def direct_function(xp: Any, op: Operator, p: Any, dtype: np.dtype[Any]) -> Callable[..., Any]:
    """``op.direct`` as a function of the raw arrays."""
    names = {name: getattr(xp, name) for name in re.findall(r"(?<!\.)\b(\w+)\(", op.direct)}
    names["zero"] = xp.zeros((), dtype)
    if "scalar" in op.direct:
        names["scalar"] = xp.asarray(scalar_like(names["zero"], p.scalar))
    return eval(f"lambda {', '.join(port.name for port in op.inputs)}: {op.direct}", names)  # type: ignore[no-any-return]


def prepare(cls: type[Operator]) -> None:
    """Read from a subclass's own signatures what its forward takes and its gradient keeps."""
    forward = inspect.signature(cls.forward).parameters.values()
    cls.forward_takes = frozenset(a.name for a in forward if a.kind is a.KEYWORD_ONLY)
    if "forward" in vars(cls) and "direct" not in vars(cls):
        cls.direct = ""  # the base's expression says what the base's forward does
    gradient = getattr(cls, "gradient", None)
    if gradient is None:
        return
    names = tuple(inspect.signature(gradient).parameters)[4:]  # after self, F, p, at
    allowed = _RESERVED | {port.name for port in cls.inputs}
    if unknown := set(names) - allowed:
        raise TypeError(f"{cls.__name__}.gradient keeps {unknown}: not one of {sorted(allowed)}")
    cls.gradient_takes = names
