"""Receptive fields: an operator reads no more than it says, and known networks have the known sizes."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.framework.grouped import each
from tests.framework.operator_cases import CASES, Case

from netwright.graph import check
from netwright.ops import get
from netwright.ops.operator import Operator
from netwright.ops.sight import FIRST, Look, along, both, extent, keyed, same_elements, somewhere, through

MOST_ELEMENTS, MOST_POSITIONS = 300, 10
Nodes = list[dict[str, Any]]


def telling(case: Case) -> bool:
    return (
        case.dtype == "float32"
        and type(case.op).sight is not Operator.sight
        and 0 < sum(a.size for a in case.arrays()) <= MOST_ELEMENTS
        and all(a.size for a in case.arrays())
    )


def changed_by(case: Case, port: int) -> Iterator[tuple[int, tuple[int, ...], list[tuple[int, ...]]]]:
    """(number of an output, a position of an input, the output's positions that change with it)."""
    arrays = case.arrays()
    quiet = {"train": False} if "train" in case.op.forward_takes else {}
    before = [np.array(y) for y in outputs(case, arrays, quiet)]
    places = list(np.ndindex(arrays[port].shape))
    for place in places[:: max(1, len(places) // MOST_POSITIONS)]:
        moved = [a.copy() for a in arrays]
        moved[port][place] += 1 if arrays[port].dtype.kind == "i" else 0.37
        after = outputs(case, moved, quiet)
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            yield number, place, [tuple(at) for at in np.argwhere(np.atleast_1d(old != new))]


def outputs(case: Case, arrays: list[Any], more: dict[str, Any]) -> tuple[Any, ...]:
    keywords = {**case.keywords(), **more}
    with np.errstate(all="ignore"):
        result = case.op.forward(np, case.p, *arrays, **keywords)
    found = result if isinstance(result, tuple) else (result,)
    return tuple(found[: case.op.visible_outputs(case.p)])


def allows(look: Look, place: int, output: tuple[int, ...]) -> bool:
    if look.step is None:
        return True  # that it is one place only is counted apart
    at = output[look.axes[0]] if look.axes else 0
    return look.low + look.step * at - 1e-6 <= place <= look.high + look.step * at + 1e-6


@each(case for case in CASES if telling(case))
def test_an_operator_reads_no_more_than_it_says(case: Case) -> None:
    specs = case.specs()
    made = case.op.infer(case.p, specs)
    shapes = [spec.shape for spec in specs]
    told = [case.op.sight(case.p, shapes, spec.shape, i) for i, spec in enumerate(made)]
    for port in range(len(shapes)):
        read: dict[tuple[int, tuple[int, ...], int], set[int]] = defaultdict(set)
        for number, place, hit in changed_by(case, port):
            looks = told[number]
            if looks is None or looks[port] is None:
                continue
            assert len(looks[port]) == len(place)
            for output, (axis, look) in itertools.product(hit, enumerate(looks[port])):
                assert allows(look, place[axis], output), (number, axis, look, place, output)
                if look.step is None:
                    read[number, output, axis].add(place[axis])
        assert all(len(places) == 1 for places in read.values())


def chain(*rows: tuple[str, dict[str, Any]], shape: tuple[int, ...] = (3, 300, 300)) -> Nodes:
    nodes: Nodes = [{"id": "data", "op": "Input", "params": {"shape": list(shape)}, "inputs": {}}]
    for number, (op, params) in enumerate(rows):
        port = "arg0" if op == "UpSampling" else "data"
        nodes.append({"id": f"n{number}", "op": op, "params": params, "inputs": {port: nodes[-1]["id"]}})
    return nodes


def seen(nodes: Nodes, node: str) -> tuple[list[int], list[float | None]]:
    report = check({"nodes": nodes}, batch_size=2)
    assert report.errors() == []
    (field,) = report.nodes[node].receptive
    assert field.input == "data"
    return field.size, field.step


def conv(kernel: int, stride: int = 1, pad: int = 0, dilate: int = 1) -> tuple[str, dict[str, Any]]:
    twice = {"kernel": kernel, "stride": stride, "pad": pad, "dilate": dilate}
    return "Convolution", {"num_filter": 4, **{name: [n, n] for name, n in twice.items()}}


def pool(kernel: int, stride: int) -> tuple[str, dict[str, Any]]:
    return "Pooling", {"kernel": [kernel, kernel], "stride": [stride, stride]}


ALEXNET = [conv(11, 4), pool(3, 2), conv(5, pad=2), pool(3, 2), *[conv(3, pad=1)] * 3, pool(3, 2)]
VGG16 = [layer for count in (2, 2, 3, 3, 3) for layer in [*[conv(3, pad=1)] * count, pool(2, 2)]]


@pytest.mark.parametrize(("layers", "size"), [(ALEXNET, 195), (VGG16, 212)], ids=["alexnet_v2", "vgg_16"])
def test_networks_of_the_paper_have_its_figures(layers: list[tuple[str, dict[str, Any]]], size: int) -> None:
    assert seen(chain(*layers), f"n{len(layers) - 1}") == ([3, size, size], [None, 32.0, 32.0])


def test_dilation_spreads_and_activations_change_nothing() -> None:
    nodes = chain(conv(3), ("relu", {}), conv(3, dilate=2), ("BatchNorm", {}), ("Dropout", {}))
    assert seen(nodes, "n1")[0] == [3, 3, 3]
    assert seen(nodes, "n4") == ([3, 7, 7], [None, 1.0, 1.0])


def test_a_dense_layer_and_a_global_pool_see_everything() -> None:
    nodes = chain(conv(3), ("Flatten", {}), ("FullyConnected", {"num_hidden": 2}), shape=(1, 8, 8))
    assert seen(nodes, "n1") == ([1, 3, 3], [None, None, None])
    assert seen(nodes, "n2") == ([1, 8, 8], [None, None, None])
    assert seen(chain(conv(3), ("Pooling", {"global_pool": True})), "n1")[0] == [3, 300, 300]


def test_going_up_again_moves_by_parts_of_a_position() -> None:
    up = ("UpSampling", {"scale": 2, "sample_type": "nearest"})
    nodes = chain(conv(3, pad=1), pool(2, 2), up, conv(3, pad=1), shape=(1, 16, 16))
    assert seen(nodes, "n2") == ([1, 4, 4], [None, 1.0, 1.0])
    assert seen(nodes, "n3")[0] == [1, 6, 6]


def test_a_transposed_convolution_sees_what_its_kernel_reaches() -> None:
    up = ("Deconvolution", {"kernel": [4, 4], "stride": [2, 2], "pad": [1, 1], "num_filter": 2})
    assert seen(chain(up, shape=(1, 8, 8)), "n0") == ([1, 2, 2], [None, 0.5, 0.5])
    assert seen(chain(up, conv(3, pad=1), shape=(1, 8, 8)), "n1")[0] == [1, 3, 3]


def test_two_ways_together_see_what_either_sees() -> None:
    nodes = chain(conv(3, pad=1), conv(5, pad=2), shape=(4, 16, 16))
    nodes.append({"id": "sum", "op": "elemwise_add", "params": {}, "inputs": {"lhs": "n1", "rhs": "n0"}})
    nodes.append(
        {"id": "split", "op": "slice_axis", "params": {"axis": 2, "begin": 2, "end": 9}, "inputs": {"data": "n0"}}
    )
    assert seen(nodes, "sum")[0] == [4, 7, 7]
    assert seen(nodes, "split") == ([4, 3, 3], [None, 1.0, 1.0])


def test_sequences_are_seen_up_to_the_present() -> None:
    rnn = get("RNN")
    steps, batch, _ = 6, 2, 3
    for bidirectional, seen_at_third in ((False, 3), (True, 6)):
        p = rnn.Params.make({"state_size": 4, "num_layers": 1, "mode": "gru", "bidirectional": bidirectional})
        shapes = [(6, 2, 3), (1,), (1, 2, 4)]
        (data, *rest) = rnn.sight(p, shapes, (steps, batch, 4), 0) or ()
        assert rest == [None, None]
        assert data is not None
        assert sum(allows(data[0], place, (2, 0, 0)) for place in range(steps)) == seen_at_third


def test_what_an_operator_does_not_tell_is_left_open() -> None:
    nodes = chain(conv(3), ("space_to_depth", {"block_size": 2}), shape=(1, 8, 8))
    assert check({"nodes": nodes}, batch_size=2).nodes["n1"].receptive == []


def test_reshapes_keep_what_lies_alone_and_scatter_what_is_joined() -> None:
    assert same_elements((2, 3, 4), (2, 12)) == (along(0), somewhere(1), somewhere(1))
    assert same_elements((2, 12), (2, 3, 4)) == (along(0), somewhere(1, 2))
    assert same_elements((2, 1, 5), (2, 5, 1)) == (along(0), FIRST, along(1))
    assert same_elements((0, 3), (0, 3, 1)) == (along(0), along(1))


def test_parts_and_joints() -> None:
    assert keyed(((2, 9, 3), -1), (10, 4)) == (along(0, 3, 2), Look((), 0.0, 3.0, 3.0))
    assert through(along(1, 2, -1, 1), (along(0), along(1, 3, -2, 2))) == along(1, 6, -5, 5)
    assert both(along(1, 2, -1, 1), along(1, 2, 0, 3)) == along(1, 2, -1, 3)
    assert extent(both(along(1), along(2)), 7) == 7
    assert extent(along(0, 1, -20, 20), 7) == 7
