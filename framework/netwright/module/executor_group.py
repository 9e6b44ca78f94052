"""One executor for each device, each with its part of the batch."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from .. import ndarray as nd
from ..device import Device
from ..errors import GraphError, ShapeError
from ..io import DataDesc
from ..ndarray.array import NDArray
from ..symbol.executor import Executor
from ..symbol.symbol import Symbol


class ExecutorGroup:
    """A symbol bound on several devices for inputs of given descriptions; weights may be those of another group."""

    def __init__(
        self,
        symbol: Symbol,
        contexts: Sequence[Device],
        inputs: Sequence[DataDesc],
        requests: Mapping[str, str],
        shared: ExecutorGroup | None = None,
        states: Sequence[str] = (),
    ) -> None:
        self.states = list(states)
        self.symbol, self.contexts, self.inputs = symbol, list(contexts), list(inputs)
        self._axes = {d.name: DataDesc.get_batch_axis(d.layout) for d in self.inputs}
        self.output_axes = [DataDesc.get_batch_axis(out.attr("__layout__")) for out in symbol]
        self.slices = self._split()
        self.executors = [self._bind(ctx, part, requests) for ctx, part in zip(self.contexts, self.slices, strict=True)]
        if shared is not None:
            self._share(shared)

    @property
    def execs(self) -> list[Executor]:
        """The executors, by MXNet's name."""
        return self.executors

    @property
    def param_names(self) -> list[str]:
        """The weights' names in the symbol's order."""
        given = {d.name for d in self.inputs} | set(self.states)
        return [name for name in self.symbol.list_arguments() if name not in given]

    @property
    def param_arrays(self) -> list[list[NDArray]]:
        """For each weight its array on each device."""
        return [self.arrays(name) for name in self.param_names]

    @property
    def grad_arrays(self) -> list[list[NDArray | None]]:
        """For each weight its gradient on each device, None where it is not trained."""
        return [[e.grad_dict.get(name) for e in self.executors] for name in self.param_names]

    @property
    def aux_arrays(self) -> list[list[NDArray]]:
        """For each auxiliary state its array on each device."""
        return [self.arrays(name) for name in self.symbol.list_auxiliary_states()]

    def _split(self) -> list[slice]:
        sizes = {d.shape[self._axes[d.name]] for d in self.inputs if self._axes[d.name] >= 0}
        if len(sizes) != 1:
            got = ", ".join(f"{d.name} {d.shape}" for d in self.inputs)
            raise ShapeError("all inputs have one batch size", where="Module.bind", got=got)
        self.batch_size = sizes.pop()
        count = len(self.contexts)
        if self.batch_size < count:
            raise ShapeError(
                "the batch is smaller than the number of devices", wanted=f">= {count}", got=self.batch_size
            )
        ends = [round(self.batch_size * (i + 1) / count) for i in range(count)]
        return [slice(begin, end) for begin, end in zip([0, *ends[:-1]], ends, strict=True)]

    def _bind(self, ctx: Device, part: slice, requests: Mapping[str, str]) -> Executor:
        shapes = {}
        for desc in self.inputs:
            axis, shape = self._axes[desc.name], list(desc.shape)
            if axis >= 0:
                shape[axis] = part.stop - part.start
            shapes[desc.name] = tuple(shape)
        shapes |= self._open_states(part.stop - part.start)
        types = {d.name: d.dtype for d in self.inputs}
        return self.symbol.simple_bind(ctx, dict(requests), types, **shapes)

    def _open_states(self, size: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the states whose batch size is left open (a 0 at the layout's ``N``)."""
        found = {}
        for name, attributes in self.symbol.attr_dict().items():
            if name in self.states and "__shape__" in attributes:
                shape = list(ast.literal_eval(attributes["__shape__"]))
                axis = DataDesc.get_batch_axis(attributes.get("__layout__"))
                if 0 <= axis < len(shape) and shape[axis] == 0:
                    shape[axis] = size
                    found[name] = tuple(shape)
        return found

    def _share(self, other: ExecutorGroup) -> None:
        """Use the other group's weights, gradients and states where name and shape agree."""
        names = {d.name for d in self.inputs}
        for mine, theirs in zip(self.executors, other.executors, strict=True):
            for own, given in (
                (mine.arg_dict, theirs.arg_dict),
                (mine.grad_dict, theirs.grad_dict),
                (mine.aux_dict, theirs.aux_dict),
            ):
                for name, array in given.items():
                    if array is not None and own.get(name) is not None and name not in names:
                        if own[name].shape != array.shape:
                            raise GraphError(
                                "a shared weight has another shape here",
                                where=name,
                                wanted=array.shape,
                                got=own[name].shape,
                            )
                        own[name] = array

    def part_of(self, name: str, array: NDArray, part: slice) -> NDArray:
        """What of an input (or of something named like one) goes to a device."""
        return self._cut(array, self._axes.get(name, 0), part)

    def _cut(self, array: NDArray, axis: int, part: slice) -> NDArray:
        if len(self.contexts) == 1 or axis < 0:
            return array
        if array.stype == "csr" and axis == 0:
            return array[part]
        return nd.slice_axis(array, axis=axis, begin=part.start, end=part.stop)  # type: ignore[no-any-return]

    def forward(self, values: Mapping[str, NDArray], is_train: bool) -> None:
        """Run all executors on their parts."""
        for executor, part in zip(self.executors, self.slices, strict=True):
            own = {name: self.part_of(name, array, part) for name, array in values.items()}
            executor.forward(is_train, **{n: a.astype(executor.arg_dict[n].dtype, copy=False) for n, a in own.items()})

    def backward(self, out_grads: Sequence[NDArray] | None) -> None:
        """Differentiate all executors."""
        for executor, part in zip(self.executors, self.slices, strict=True):
            heads = None
            if out_grads is not None:
                cut = [self._cut(g, axis, part) for g, axis in zip(out_grads, self.output_axes, strict=False)]
                heads = [g.as_in_context(executor._ctx) for g in cut]
            executor.backward(heads)

    def outputs(self) -> list[list[NDArray]]:
        """For each output its parts by device."""
        return [list(parts) for parts in zip(*(e.outputs for e in self.executors), strict=True)]

    def gradients(self, name: str) -> list[NDArray]:
        """The gradients of an argument by device."""
        return [e.grad_dict[name] for e in self.executors if e.grad_dict.get(name) is not None]

    def arrays(self, name: str) -> list[NDArray]:
        """The arrays of a weight or state by device."""
        return [e.arg_dict[name] if name in e.arg_dict else e.aux_dict[name] for e in self.executors]


def merged(parts: Sequence[NDArray], axis: int = 0) -> NDArray:
    """Parts on several devices as one array on the first; without a batch axis they are all the same."""
    if len(parts) == 1 or axis < 0:
        return parts[0]
    first = parts[0].ctx
    return nd.concatenate([p.as_in_context(first) for p in parts], axis=axis)
