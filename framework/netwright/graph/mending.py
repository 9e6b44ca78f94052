"""What could make a connection fit: layers put between, and parameters set, worked out from the shapes on both sides.

These are proposals; ``connecting.judge`` tries them and keeps those that work.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import NetwrightError
from ..ops.operator import Shape
from .check import DataSpec
from .fixes import SHAPE_KEEPERS, SIZED, free_name, set_params
from .report import CheckReport, Fix, Problem
from .resolve import Resolved

if TYPE_CHECKING:
    from ..ops.params import OpParams

Layer = tuple[str, dict[str, Any]]

STEMS = {
    "Convolution": "conv",
    "FullyConnected": "fc",
    "Pooling": "pool",
    "_contrib_AdaptiveAvgPooling2D": "pool",
    "UpSampling": "up",
    "expand_dims": "expand",
    "broadcast_to": "spread",
}
"""What new nodes are called; others by their operator."""


class Site(NamedTuple):
    """The place where shapes do not fit: a port of a node, in a graph that was checked."""

    target: Resolved
    port: str
    order: Mapping[str, Resolved]
    report: CheckReport
    problem: Problem
    taken: set[str]
    data: DataSpec

    @property
    def shape(self) -> Shape | None:
        """What comes to the port."""
        return self.shape_of(self.port)

    def shape_of(self, port: str) -> Shape | None:
        source = self.target.sources.get(port)
        if source is None or source[0] not in self.report.nodes:
            return None
        outputs = self.report.nodes[source[0]].outputs
        shape = outputs[source[1]].shape if source[1] < len(outputs) else None
        return None if shape is None else tuple(shape)

    @property
    def goal(self) -> Shape | None:
        """What the port wants, where the node's other inputs say it."""
        target = self.target
        others = {port.name: self.shape_of(port.name) for port in target.ports if port.name != self.port}
        peer = next((others[p.name] for p in target.ports if p.kind == "data" and others.get(p.name)), None)
        if peer is None or target.op is None:
            return None
        try:
            filled, _ = target.op.infer_shape(target.p, [others.get(port.name) for port in target.ports])
        except NetwrightError:
            return peer
        place = next(i for i, port in enumerate(target.ports) if port.name == self.port)
        known = filled[place]
        return peer if known is None else tuple(known)


def mends(site: Site) -> list[Fix]:
    """Proposals, the least changes first."""
    rules = (_label, _parameters, _channel_axis, _image, _sequence, _rows, _towards_goal, _upstream, _dtype)
    return [fix for rule in rules for fix in rule(site)]


def insert(site: Site, label: str, *layers: Layer) -> Fix:
    """Layers one after another between the source and the port."""
    source, index = site.target.sources[site.port]
    before = source if index == 0 else f"{source}:{index}"
    taken = set(site.taken)
    edits: list[dict[str, Any]] = []
    for op, params in layers:
        name = free_name(STEMS.get(op, op.lower()), taken)
        taken.add(name)
        node = {"id": name, "op": op, "params": params, "inputs": {"arg0" if op == "UpSampling" else "data": before}}
        edits.append({"type": "add-node", "node": node, "position": None})
        before = name
    edits.append({"type": "connect", "from": before, "to": site.target.id, "port": site.port})
    return Fix(label=label, edits=edits)


def _times(sizes: Sequence[int]) -> str:
    return "×".join(map(str, sizes))


def _set(site: Site, name: str, value: Any) -> Fix:
    shown = _times(value) if isinstance(value, list) else str(value)
    return set_params(site.target.id, f"Set {name} of {site.target.id} to {shown}", {name: value})


# ---------------------------------------------------------------- what the node itself could do
def _parameters(site: Site) -> Iterator[Fix]:
    p, shape, problem = site.target.p, site.shape, site.problem
    assert shape is not None
    given: Sequence[int] | None = getattr(p, "kernel", None)
    if given and len(shape) == len(given) + 2:
        yield from _smaller_kernel(site, list(given), shape)
    if problem.parameter == "num_group":
        yield _set(site, "num_group", 1)
    if hasattr(p, "heads") and problem.parameter == "heads":
        yield from (_set(site, "heads", n) for n in range(int(p.heads) - 1, 0, -1) if shape[-1] % n == 0)
    if problem.parameter in ("axis", "dim"):
        yield from (_set(site, problem.parameter, axis) for axis in (1, -1, 0))
    for name in ("transpose_b", "transpose_a"):
        if hasattr(p, name):
            yield _set(site, name, not getattr(p, name))
    goal = site.goal
    if site.target.node.op == "Concat" and goal is not None and len(goal) == len(shape):
        different = [axis for axis, (a, b) in enumerate(zip(shape, goal, strict=True)) if a != b]
        yield from (_set(site, "dim", axis) for axis in different if len(different) == 1)


def _smaller_kernel(site: Site, kernel: list[int], shape: Shape) -> Iterator[Fix]:
    p: OpParams = site.target.p
    last = str(getattr(p, "layout", None) or "").endswith("C")
    space = shape[1:-1] if last else shape[2:]
    pad = list(getattr(p, "pad", None) or [0] * len(kernel))
    dilate = list(getattr(p, "dilate", None) or [1] * len(kernel))
    room = [n + 2 * extra for n, extra in zip(space, pad, strict=True)]
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilate, strict=True)]
    if all(r <= n for r, n in zip(reach, room, strict=True)):
        return
    if all(n % 2 for n in reach):
        yield _set(site, "pad", [(n - 1) // 2 for n in reach])
    fitting = [max(1, min(k, (n - 1) // d + 1)) for k, n, d in zip(kernel, room, dilate, strict=True)]
    yield _set(site, "kernel", fitting)


# ---------------------------------------------------------------- layers between
def _channel_axis(site: Site) -> Iterator[Fix]:
    """An image or a line without channels gets one."""
    shape = site.shape
    kernel = getattr(site.target.p, "kernel", None)
    assert shape is not None
    if kernel and len(shape) == len(kernel) + 1:
        yield insert(site, "Insert a channel axis", ("expand_dims", {"axis": 1}))
        size = int(kernel[0])
        if len(kernel) == 2 and len(shape) == 3:  # channels are there, but the second spatial axis is not
            yield _lower_rank(site, [size])


def _lower_rank(site: Site, kernel: list[int]) -> Fix:
    """The node's windows over as many axes as the data has."""
    p = site.target.p
    params: dict[str, Any] = {"kernel": kernel}
    for name in ("stride", "pad", "dilate"):
        if (value := getattr(p, name, None)) is not None:
            params[name] = list(value[: len(kernel)])
    return set_params(site.target.id, f"Set kernel of {site.target.id} to {_times(kernel)}", params)


def _image(site: Site) -> Iterator[Fix]:
    """Rows become images or lines."""
    shape, kernel = site.shape, getattr(site.target.p, "kernel", None)
    assert shape is not None
    wanted = len(kernel) + 2 if kernel else _axes_wanted(site)
    if wanted == 4 and len(shape) == 2:
        yield from (_reshape(site, sizes) for sizes in _squares(shape[1]))
    if wanted == 3 and len(shape) == 2:
        yield _reshape(site, (1, shape[1]))
    if wanted == 3 and len(shape) > 3:
        yield _reshape(site, (shape[1], math.prod(shape[2:])))
    if wanted == 4 and len(shape) == 3:
        yield _reshape(site, (1, *shape[1:]))
    if wanted is not None and len(shape) > wanted > 2:
        yield _reshape(site, (shape[1], *shape[2 : wanted - 1], math.prod(shape[wanted - 1 :])))


def _axes_wanted(site: Site) -> int | None:
    """How many axes the message asks for: "(N, C, H, W)" says four."""
    wanted = site.problem.wanted or ""
    return wanted.count(",") + 1 if wanted.startswith("(") and "…" not in wanted and "*" not in wanted else None


def _squares(features: int) -> Iterator[Shape]:
    """Square images of so many numbers, the fewest channels first."""
    for channels in (1, 3, *range(2, 65)):
        side = math.isqrt(features // channels) if features % channels == 0 else 0
        if side > 1 and side * side * channels == features:
            yield channels, side, side
            return


def _reshape(site: Site, sizes: Sequence[int]) -> Fix:
    return insert(site, f"Insert Reshape to {_times(sizes)}", ("Reshape", {"shape": [0, *sizes]}))


def _sequence(site: Site) -> Iterator[Fix]:
    """What recurrent layers and attention read: steps first, or behind the batch."""
    shape, op = site.shape, site.target.node.op
    assert shape is not None
    steps_first = op == "RNN" and site.port == "data"
    if not steps_first and op != "MultiHeadAttention":
        return
    turn: list[Layer] = [("transpose", {"axes": [1, 0, 2]})] if steps_first else []
    if len(shape) == 2:
        yield insert(site, f"Read {shape[1]} features as steps", ("Reshape", {"shape": [0, -1, 1]}), *turn)
        yield insert(site, "Read each sample as one step", ("expand_dims", {"axis": 0 if steps_first else 1}))
    if len(shape) == 4:
        joined = {"shape": [0, shape[1] * shape[2], shape[3]]}
        yield insert(site, "Read the rows of an image as steps", ("Reshape", joined), *turn)
        moved: Layer = ("transpose", {"axes": [0, 2, 1]})
        yield insert(site, "Read the places of an image as steps", ("Reshape", {"shape": [0, 0, -1]}), moved, *turn)


def _rows(site: Site) -> Iterator[Fix]:
    shape = site.shape
    assert shape is not None
    if len(shape) > 2 and site.goal is None:
        yield insert(site, "Insert Flatten", ("Flatten", {}))


def _towards_goal(site: Site) -> Iterator[Fix]:
    """Another input says what this one should be."""
    shape, goal = site.shape, site.goal
    assert shape is not None
    if goal is None or shape == goal or not shape or not goal or shape[0] != goal[0]:
        return
    if len(shape) == len(goal) and sorted(shape[1:]) == sorted(goal[1:]):
        order = _order(shape, goal)
        yield insert(site, f"Insert transpose to {_times(goal[1:])}", ("transpose", {"axes": order}))
    if math.prod(shape) == math.prod(goal):
        yield _reshape(site, goal[1:])
    if len(shape) == len(goal) == 4:
        yield from _like_image(site, shape, goal)
    if len(shape) > 1 and shape[:-1] == goal[:-1]:
        yield _dense(site, goal[-1], flatten=False)
    if len(goal) == 2:
        yield _dense(site, goal[1], flatten=True)
    if len(goal) == 4 and len(shape) == 2:
        layers: tuple[Layer, ...] = (
            ("FullyConnected", {"num_hidden": goal[1]}),
            ("Reshape", {"shape": [0, goal[1], 1, 1]}),
            ("broadcast_to", {"shape": [0, 0, *goal[2:]]}),
        )
        yield insert(site, f"Insert a dense layer of {goal[1]} units, repeated at each place", *layers)


def _order(shape: Shape, goal: Shape) -> list[int]:
    """An order of the axes that turns one shape into the other, the batch staying in front."""
    left = list(range(1, len(shape)))
    order = [0]
    for size in goal[1:]:
        axis = next(a for a in left if shape[a] == size)
        left.remove(axis)
        order.append(axis)
    return order


def _like_image(site: Site, shape: Shape, goal: Shape) -> Iterator[Fix]:
    """Other channels by a 1×1 convolution, other sizes by pooling, stride or up-sampling."""
    down = [a // b for a, b in zip(shape[2:], goal[2:], strict=True)]
    up = [b // a for a, b in zip(shape[2:], goal[2:], strict=True)]
    smaller = all(a == b * n for a, b, n in zip(shape[2:], goal[2:], down, strict=True))
    larger = all(b == a * n for a, b, n in zip(shape[2:], goal[2:], up, strict=True)) and len(set(up)) == 1
    point: dict[str, Any] = {"kernel": [1, 1], "num_filter": goal[1]}
    if shape[2:] == goal[2:]:
        yield insert(site, f"Insert a 1×1 convolution with {goal[1]} filters", ("Convolution", point))
    elif smaller:
        pooled: Layer = ("Pooling", {"kernel": down, "stride": down, "pool_type": "max"})
        if shape[1] == goal[1]:
            yield insert(site, f"Insert pooling by {_times(down)}", pooled)
        strided: Layer = ("Convolution", {**point, "stride": down})
        yield insert(site, f"Insert a 1×1 convolution with {goal[1]} filters, stride {_times(down)}", strided)
    elif larger:
        raised: Layer = ("UpSampling", {"scale": up[0], "sample_type": "nearest"})
        between = () if shape[1] == goal[1] else (("Convolution", point),)
        yield insert(site, f"Insert up-sampling by {up[0]}", *between, raised)
    else:
        resized: Layer = ("_contrib_AdaptiveAvgPooling2D", {"output_size": list(goal[2:])})
        between = () if shape[1] == goal[1] else (("Convolution", point),)
        yield insert(site, f"Insert pooling to {_times(goal[2:])}", *between, resized)


def _dense(site: Site, units: int, *, flatten: bool) -> Fix:
    params: dict[str, Any] = {"num_hidden": units}
    if not flatten and len(site.shape or ()) > 2:
        params["flatten"] = False
    return insert(site, f"Insert a dense layer of {units} units", ("FullyConnected", params))


# ---------------------------------------------------------------- the layers before, labels, types
def _upstream(site: Site) -> Iterator[Fix]:
    """The layer before, with as many units or filters as are wanted; looks through layers that keep the shape."""
    shape, goal = site.shape, site.goal
    assert shape is not None
    if goal is None or len(goal) != len(shape):
        return
    source: tuple[str, int] | None = site.target.sources[site.port]
    for _ in range(8):
        resolved = site.order.get(source[0]) if source is not None else None
        if resolved is None:
            return
        parameter = SIZED.get(resolved.node.op)
        if parameter:
            axis = -1 if parameter == "num_hidden" else 1
            if shape[axis] != goal[axis]:
                label = f"Set {parameter} of {resolved.id} to {goal[axis]}"
                yield set_params(resolved.id, label, {parameter: goal[axis]})
            return
        if resolved.node.op not in SHAPE_KEEPERS:
            return
        source = resolved.sources.get("data")


def _label(site: Site) -> Iterator[Fix]:
    """The head learns classes or values of the data set: a dense layer gives as many numbers as it has."""
    if site.problem.code != "label_mismatch":
        return
    size = site.data.classes or math.prod(site.data.label_shape or ())
    yield _dense(site, size, flatten=True)


def _dtype(site: Site) -> Iterator[Fix]:
    if site.problem.wanted in ("float16", "float32", "float64", "int32", "int64", "int8", "uint8"):
        yield insert(site, f"Insert Cast to {site.problem.wanted}", ("Cast", {"dtype": site.problem.wanted}))
