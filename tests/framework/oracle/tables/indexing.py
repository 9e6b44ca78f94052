"""Index arrays, orders and sequences."""

from __future__ import annotations

from collections.abc import Iterator

from tests.framework.oracle.asking import Question, apart, ask, given, ints, normal

NAN, INF = float("nan"), float("inf")


def indexing() -> Iterator[Question]:
    """Indices out of range under each mode, of every dtype."""
    wild = given([[-5, -1, 0], [2, 3, 9]])
    for mode in ("clip", "wrap"):
        for axis in (0, 1, -1):
            yield ask("take", normal(3, 4), wild, axis=axis, mode=mode)
        yield ask("pick", normal(3, 4), given([-5, 1, 9]), mode=mode)
        yield ask("pick", normal(3, 4), given([-5, 1, 9, 2]), mode=mode, axis=0)
        yield ask("pick", normal(3, 4), given([[0], [1], [3]]), mode=mode, keepdims=True)
    yield ask("take", normal(3, 4), given([2, 0, 1], "int32"), axis=0)
    yield ask("take", normal(3), given([[2.7, 0.2]]), axis=0)
    yield ask("take", given([[1, 2], [3, 4]], "int32"), given([1, 0]), grad=False)
    yield ask("pick", normal(2, 3, 4), ints((2, 4), 0, 3), axis=1)
    yield ask("pick", normal(2, 3, 4), ints((2, 1, 4), 0, 3), axis=1, keepdims=True)
    yield ask("pick", normal(2, 3), given([1.0, 2.0]), axis=None) | {"grad": False}
    yield ask("batch_take", normal(3, 4), given([0, 3, 1], "int32"), grad=False)
    for dtype in ("float32", "int32", "uint8", "float64"):
        yield ask("one_hot", given([0, 2, 5, -1], "int32"), depth=4, on_value=2.0, off_value=-1.0, grad=False) | {
            "params": {"depth": 4, "on_value": 2.0, "off_value": -1.0, "dtype": dtype}
        }
    yield ask("one_hot", given([[1.7, 0.0]]), depth=3, grad=False)
    yield ask("Embedding", given([[0, 1], [2, 9]]), normal(4, 3), input_dim=4, output_dim=3, grad=False)
    yield ask("Embedding", given([-1, 2]), normal(4, 3), input_dim=4, output_dim=3, grad=False)
    yield ask("gather_nd", normal(2, 3, 4), given([[0, 1, 1], [2, 0, 1]], "int32"))
    yield ask("gather_nd", normal(2, 3), given([[1, 0]], "int64"))
    yield ask("scatter_nd", normal(3), given([[0, 1, 1], [0, 1, 0]], "int32"), shape=(2, 2))
    yield ask("_backward_gather_nd", normal(3), given([[0, 1, 1], [0, 1, 1]], "int32"), shape=(2, 2), grad=False)
    yield ask("where", given([1.0, 0.0, NAN, -2.0]), normal(4), normal(4))
    yield ask("where", given([1, 0, 2], "int32"), normal(3, 2), normal(3, 2))
    yield ask("_contrib_boolean_mask", normal(4, 2), given([1, 0, 1, 1]))
    yield ask("_contrib_index_copy", normal(4, 2), given([3, 0], "int64"), normal(2, 2))
    yield ask("_contrib_index_array", normal(2, 3), grad=False)
    yield ask("_contrib_index_array", normal(2, 3, 2), axes=(2, 0), grad=False)
    for k in ({"k": 1}, {"k": 2, "axis": 0}, {"k": 3, "axis": -1}, {"k": 0}):
        for typ in ("indices", "value", "both", "mask"):
            for ascend in (False, True):
                grad = typ in ("value", "both")
                yield ask("topk", apart(3, 5), ret_typ=typ, is_ascend=ascend, grad=grad, **k)
    yield ask("topk", apart(3, 5), k=4, axis=None, ret_typ="value")
    yield ask("topk", given([[1.0, 3.0, 3.0, 2.0]]), k=3, grad=False)
    yield ask("topk", given([[1.0, 3.0, 3.0, 2.0]]), k=3, is_ascend=True, ret_typ="both", grad=False)
    yield ask("topk", apart(3, 5), k=2, grad=False) | {"params": {"k": 2, "dtype": "int32"}}
    for axis in (None, 0, 1, -1):
        for ascend in (False, True):
            yield ask("sort", apart(3, 4), axis=axis, is_ascend=ascend, grad=False)
            yield ask("argsort", apart(3, 4), axis=axis, is_ascend=ascend, grad=False)
    yield ask("argsort", given([2.0, 1.0, 2.0, 1.0]), grad=False)
    yield ask("argsort", given([2.0, 1.0, 2.0, 1.0]), is_ascend=False, grad=False)
    yield ask("argsort", apart(5), grad=False) | {"params": {"dtype": "int32"}}
    yield ask("sort", given([3, 1, 2], "int32"), grad=False)
    yield ask("_ravel_multi_index", given([[3, 6, 6], [4, 5, 1]]), shape=(7, 6), grad=False)
    yield ask("_unravel_index", given([22, 41, 37]), shape=(7, 6), grad=False)
    yield ask("_unravel_index", given([22, 41, 37], "int32"), shape=(-1, 6), grad=False)
    yield ask("_histogram", given([0.0, 0.5, 1.0, 2.0, 2.5, 9.0]), bin_cnt=4, range=(0.0, 2.0), grad=False)
    yield ask("_histogram", given([0.0, 0.5, 1.0, 2.0, 2.5]), given([0.0, 1.0, 2.0, 2.5]), grad=False)
    yield ask("_contrib_allclose", given([1.0, NAN]), given([1.0, NAN]), equal_nan=False, grad=False)
    yield ask("_contrib_arange_like", normal(2, 3), start=1, step=2, grad=False)
    yield ask("_contrib_arange_like", normal(2, 3), axis=0, grad=False)
    yield ask("choose_element_0index", normal(3, 4), given([0, 2, 3]), grad=False)
    yield ask("fill_element_0index", normal(3, 4), normal(3), given([0, 2, 3]), grad=False)
    yield ask("khatri_rao", normal(2, 3), normal(4, 3), normal(2, 3), grad=False)
    yield ask("_scatter_set_nd", normal(2, 2), normal(2), given([[0, 1], [1, 0]], "int32"), shape=(2, 2), grad=False)


def sequences() -> Iterator[Question]:
    """Sequences of different lengths, along either axis."""
    for axis in (0, 1):
        lengths = given([1, 3] if axis == 0 else [2, 4, 1])
        shape = (4, 2, 3) if axis == 0 else (3, 4, 2)
        yield ask("SequenceMask", normal(*shape), lengths, use_sequence_length=True, value=-2.0, axis=axis)
        yield ask("SequenceLast", normal(*shape), lengths, use_sequence_length=True, axis=axis)
        yield ask("SequenceLast", normal(*shape), axis=axis)
    yield ask("SequenceMask", normal(4, 2), given([1, 3]), value=5)
    yield ask("SequenceReverse", normal(4, 2, 3), given([1, 3]), use_sequence_length=True)
    yield ask("SequenceReverse", normal(4, 2, 3))
    yield ask("SequenceReverse", normal(4, 2), given([4, 2], "int32"), use_sequence_length=True)


FAMILIES = (
    indexing,
    sequences,
)
