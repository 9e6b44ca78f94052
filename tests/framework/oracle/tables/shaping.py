"""Shapes and slices."""

from __future__ import annotations

from collections.abc import Iterator

from tests.framework.oracle.asking import Question, ask, normal


def shapes() -> Iterator[Question]:
    """Reshape's codes and the operators that move elements."""
    for shape in (
        [(4, 0, 2), (2, 3, 4)],
        [(-1,), (2, 3, 4)],
        [(0, -1), (2, 3, 4)],
        [(-2,), (2, 3, 4)],
        [(2, -2), (2, 3, 4)],
        [(-2, 1, 1), (2, 3, 4)],
        [(-3, 4), (2, 3, 4)],
        [(-3, -3), (2, 3, 4, 5)],
        [(0, -3), (2, 3, 4)],
        [(-3, -2), (2, 3, 4)],
        [(-4, 1, 2, -2), (2, 3, 4)],
        [(2, -4, -1, 3, -2), (2, 3, 4)],
        [(-4, -1, 2, 0, 0), (4, 3, 2)],
        [(0, 0, -4, 2, -1), (2, 3, 4)],
    ):
        yield ask("Reshape", normal(*shape[1]), shape=shape[0])
    for code, shape_ in (
        ((-1, 0), (10, 5, 4)),
        ((0, -3), (8, 3, 3, 3, 4)),
        ((-4, -1, 2, 0), (6, 4)),
    ):  # not of sizes that do not divide: MXNet makes an array of another number of elements, and reads on
        yield ask("Reshape", normal(*shape_), shape=code, reverse=True)
    yield ask("Reshape", normal(2, 3), target_shape=(3, 2))
    yield ask("Reshape", normal(2, 3, 4), target_shape=(0, 12), keep_highest=True)
    yield ask("Reshape", normal(2, 3, 4), shape="(6, -1)")
    yield ask("reshape_like", normal(30), normal(2, 3, 5))
    yield ask("reshape_like", normal(30, 7), normal(15, 2, 4), lhs_begin=0, lhs_end=1, rhs_begin=0, rhs_end=2)
    yield ask("reshape_like", normal(30, 12), normal(4, 2, 2, 3), lhs_begin=-1, lhs_end=None, rhs_begin=1, rhs_end=None)
    yield ask("Flatten", normal(2, 3, 4))
    yield ask("Flatten", normal(5))
    for axis in (0, 1, -1, -2, 2):
        yield ask("expand_dims", normal(2, 3), axis=axis)
    for axis in (None, 0, -2, (0, 2)):
        yield ask("squeeze", normal(1, 3, 1, 2), axis=axis)
    yield ask("squeeze", normal(1, 1))
    for dims in ((0, 1), (2, 0), (1, 1), (-1, 0)):
        yield ask("SwapAxis", normal(2, 3, 4), dim1=dims[0], dim2=dims[1])
    yield ask("SwapAxis", normal(2, 3))
    yield ask("transpose", normal(2, 3, 4))
    yield ask("transpose", normal(2, 3, 4), axes=())
    yield ask("transpose", normal(2, 3, 4), axes=(1, 2, 0))
    for axis in (0, 1, -1, (0, 1)):
        yield ask("reverse", normal(2, 3, 4), axis=axis)
    for k in (-2, -1, 0, 1, 2):
        yield ask("diag", normal(3, 4), k=k)
        yield ask("diag", normal(3), k=k)
    yield ask("diag", normal(2, 3, 4), axis1=0, axis2=2)
    yield ask("diag", normal(2, 3, 4), axis1=-1, axis2=-2, k=1)
    yield ask("depth_to_space", normal(2, 8, 2, 3), block_size=2)
    yield ask("space_to_depth", normal(2, 2, 4, 6), block_size=2)
    yield ask("broadcast_to", normal(1, 3, 1), shape=(2, 0, 4))
    yield ask("broadcast_to", normal(1, 3), shape=(2, 3))
    yield ask("broadcast_axis", normal(1, 3, 1), axis=(0, 2), size=(2, 4))
    yield ask("broadcast_axis", normal(1, 3), axis=0, size=5)
    yield ask("broadcast_like", normal(1, 3), normal(4, 3))
    yield ask("broadcast_like", normal(1, 2, 1), normal(4, 5), lhs_axes=(0,), rhs_axes=(1,))
    for reps in ((2,), (2, 1, 3), (1, 2), 3, ()):
        yield ask("tile", normal(2, 3), reps=reps)
    for axis in (None, 0, 1, -1):
        yield ask("repeat", normal(2, 3), repeats=2, axis=axis)
    for mode in ("constant", "edge", "reflect"):
        yield ask("Pad", normal(1, 2, 4, 3), mode=mode, pad_width=(0, 0, 0, 0, 1, 2, 2, 1))
        yield ask(
            "Pad",
            normal(1, 2, 3, 3, 4),
            mode=mode,
            pad_width=(0, 0, 0, 0, 1, 1, 2, 0, 0, 2),
            **({"constant_value": 1.5} if mode == "constant" else {}),
        )
    for dim in (0, 1, -1):
        yield ask("Concat", normal(2, 3), normal(2, 3), dim=dim)
        yield ask("stack", normal(2, 3), normal(2, 3), axis=dim)
    yield ask("Concat", normal(2, 3, 1), normal(2, 5, 1), dim=1)
    yield ask("stack", normal(2, 3), normal(2, 3), axis=2)
    for parts in (
        {"num_outputs": 2},
        {"num_outputs": 2, "axis": -1},
        {"num_outputs": 4, "axis": 1, "squeeze_axis": True},
    ):
        yield ask("SliceChannel", normal(2, 4, 6), **parts)
    for parts in (
        {"indices": (0, 1), "axis": 1},
        {"indices": (0, 2, 3), "axis": 1},
        {"indices": (), "sections": 2, "axis": 1},
        {"indices": (), "sections": 4, "axis": 1, "squeeze_axis": True},
    ):
        yield ask("_split_v2", normal(2, 4, 3), **parts)
    yield ask("shape_array", normal(2, 3), grad=False)
    yield ask("size_array", normal(2, 3), grad=False)
    yield ask("im2col", normal(1, 2, 5, 4), kernel=(2, 3), stride=(2, 1), pad=(1, 1), dilate=(2, 1))


def slicing() -> Iterator[Question]:
    """Slices with None, negative steps and ends beyond the array."""
    for begin, end, step in (
        ((1,), (3,), None),
        ((None, 1), (None, None), None),
        ((0, -2), (2, None), (1, 1)),
        ((None, None), (None, None), (-1, 2)),
        ((3, 0), (0, 5), (-2, 2)),
        ((-3, 1), (-1, 9), None),
        ((1, None), (2, -1), (None, None)),
    ):
        params = {"begin": begin, "end": end} | ({} if step is None else {"step": step})
        yield ask("slice", normal(4, 5), **params)
        yield ask("slice", normal(4, 5, 2), **params)
    for axis, begin, end in ((0, 1, 3), (1, 0, None), (-1, -3, -1), (1, -2, None), (0, 0, 4)):
        yield ask("slice_axis", normal(4, 5), axis=axis, begin=begin, end=end)
    yield ask("slice_like", normal(4, 5), normal(2, 3))
    yield ask("slice_like", normal(4, 5), normal(2, 3), axes=(0,))
    yield ask("slice_like", normal(4, 5, 3), normal(2, 3), axes=(0, 1))
    yield ask("slice_like", normal(4, 5, 3), normal(2, 3, 2), axes=(-1,))
    yield ask("Crop", normal(1, 2, 5, 6), offset=(1, 2), h_w=(3, 3), num_args=1)
    yield ask("Crop", normal(1, 2, 5, 6), normal(1, 1, 3, 2), num_args=2)
    yield ask("Crop", normal(1, 2, 5, 6), normal(1, 1, 3, 2), center_crop=True, num_args=2)
    yield ask("_slice_assign", normal(4, 5), normal(2, 5), begin=(1,), end=(3,), grad=False)
    yield ask("_slice_assign_scalar", normal(4, 5), begin=(1, None), end=(3, None), step=(1, 2), scalar=2.5, grad=False)


FAMILIES = (
    shapes,
    slicing,
)
