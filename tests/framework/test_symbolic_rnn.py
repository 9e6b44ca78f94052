"""The symbolic cells of mx.rnn. MXNET: names and sums of outputs are those of MXNet 1.9.1 on the same weights."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright.errors import DataError, GraphError, NetwrightError, ParamError

STEPS = {f"rnn_t{i}_data": (10, 50) for i in range(3)}


def steps(count: int = 3) -> list[mx.sym.Symbol]:
    return [mx.sym.Variable(f"rnn_t{i}_data") for i in range(count)]


def sums(symbol: mx.sym.Symbol, **shapes: tuple[int, ...]) -> tuple[list[Any], list[float]]:
    """(shapes, sums) of the outputs with weights drawn in the order of their names."""
    drawn, executor = np.random.RandomState(0), symbol.simple_bind(mx.cpu(), **shapes)
    for name in sorted(executor.arg_dict):
        target = executor.arg_dict[name]
        target[:] = drawn.uniform(-0.5, 0.5, target.shape)
    outputs = executor.forward(is_train=False)
    return [o.shape for o in outputs], [float(o.asnumpy().astype("f8").sum()) for o in outputs]


CELLS: list[tuple[Callable[[], Any], list[float]]] = [
    (lambda: mx.rnn.RNNCell(100, prefix="rnn_"), [-44.95476, 17.47792, 23.91652]),
    (lambda: mx.rnn.RNNCell(100, "relu", prefix="rnn_"), [248.52779, 507.39117, 1021.90701]),
    (lambda: mx.rnn.GRUCell(100, prefix="rnn_"), [-20.07353, -31.21684, -43.64674]),
]


@pytest.mark.parametrize(("make", "wanted"), CELLS)
def test_single_cells(make: Callable[[], Any], wanted: list[float]) -> None:
    cell = make()
    outputs, states = cell.unroll(3, steps())
    group = mx.sym.Group(outputs)
    assert sorted(cell.params._params) == ["rnn_h2h_bias", "rnn_h2h_weight", "rnn_i2h_bias", "rnn_i2h_weight"]
    assert group.list_outputs() == [f"rnn_t{i}_out_output" for i in range(3)]  # MXNET
    assert [s.name for s in states] == ["rnn_t2_out"]  # MXNET
    assert (cell.state_shape, cell.state_info[0]["__layout__"]) == ([(0, 100)], "NC")
    shapes, found = sums(group, **STEPS)
    assert shapes == [(10, 100)] * 3
    np.testing.assert_allclose(found, wanted, atol=1e-3)  # MXNET


def test_stacked_cells() -> None:
    stack = mx.rnn.SequentialRNNCell()
    for i in range(3):
        stack.add(mx.rnn.LSTMCell(20, prefix=f"s{i}_"))
    outputs, _ = stack.unroll(3, steps())
    group = mx.sym.Group(outputs)
    assert group.list_outputs() == [f"s2_t{i}_out_output" for i in range(3)]
    assert len(stack.params._params) == 12
    np.testing.assert_allclose(sums(group, **STEPS)[1], [0.30142, 1.80694, 3.42849], atol=1e-4)  # MXNET
    merged, states = stack.unroll(3, mx.sym.Variable("data"), merge_outputs=True)
    shapes, found = sums(mx.sym.Group([merged, *states]), data=(2, 3, 5))
    assert shapes == [(2, 3, 20)] + [(2, 20)] * 6
    wanted = [0.38965, -0.35028, -0.25231, -1.10119, -2.31325, 0.10541, 0.39337]
    np.testing.assert_allclose(found, wanted, atol=1e-4)  # MXNET
    early, _ = stack.unroll(3, mx.sym.Variable("data"), layout="TNC", merge_outputs=True)
    assert sums(early, data=(3, 2, 5))[0] == [(3, 2, 20)]
    assert [s.name for s in stack.begin_state()][:3] == ["s0_begin_state_0", "s0_begin_state_1", "s1_begin_state_0"]


def test_both_ways() -> None:
    cell = mx.rnn.BidirectionalCell(mx.rnn.LSTMCell(20, prefix="l_"), mx.rnn.GRUCell(20, prefix="r_"))
    outputs, states = cell.unroll(3, steps())
    group = mx.sym.Group(outputs)
    assert group.list_outputs() == ["bi_t0_output", "bi_t1_output", "bi_t2_output"]  # MXNET
    assert [[s.name for s in way] for way in states] == [["l_t2_out", "l_t2_state"], ["r_t2_out"]]  # MXNET
    np.testing.assert_allclose(sums(group, **STEPS)[1], [22.8164, 11.66901, 13.50196], atol=1e-3)  # MXNET
    merged, _ = cell.unroll(3, mx.sym.Variable("data"), merge_outputs=True)
    shapes, found = sums(merged, data=(2, 3, 5))
    assert (shapes, merged.list_outputs()) == ([(2, 3, 40)], ["bi_out_output"])
    np.testing.assert_allclose(found, [-4.63951], atol=1e-4)  # MXNET
    with pytest.raises(GraphError, match=r"it needs the whole sequence\. Use unroll"):
        cell(steps()[0], [])


FUSED = {
    ("lstm", False): [1.39143, 0.97592, 1.89936],
    ("lstm", True): [5.87951, 5.26617, 10.49897],
    ("gru", False): [-1.4072, 1.02072],
    ("gru", True): [-6.13095, -2.3562],
    ("rnn_tanh", False): [-2.58285, -1.9969],
    ("rnn_relu", True): [4.27928, 8.32661],
}


@pytest.mark.parametrize(("mode", "both"), FUSED)
def test_fused_cells_come_apart_and_together(mode: str, both: bool) -> None:
    cell = mx.rnn.FusedRNNCell(6, 2, mode, bidirectional=both, prefix="t_", get_next_state=True)
    outputs, states = cell.unroll(3, mx.sym.Variable("data"), layout="TNC", merge_outputs=True)
    np.testing.assert_allclose(
        sums(mx.sym.Group([outputs, *states]), data=(3, 2, 5))[1], FUSED[mode, both], atol=1e-4
    )  # MXNET
    outputs, _ = cell.unroll(3, mx.sym.Variable("data"))
    size = outputs.infer_shape(data=(2, 3, 5))[0][1][0]
    data = mx.nd.array(np.random.RandomState(2).randn(2, 3, 5))
    whole = {"t_parameters": mx.nd.array(np.random.RandomState(1).uniform(-0.5, 0.5, size))}
    single = cell.unfuse()
    parts = single.pack_weights(cell.unpack_weights(whole))
    apart, _ = single.unroll(3, mx.sym.Variable("data"), merge_outputs=True)
    assert set(parts) == set(apart.list_arguments()) - {"data"}
    wanted = outputs.bind(mx.cpu(), {**whole, "data": data}).forward()[0].asnumpy()
    found = apart.bind(mx.cpu(), {**parts, "data": data}).forward()[0].asnumpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)
    again = cell.pack_weights(single.unpack_weights(parts))
    np.testing.assert_array_equal(again["t_parameters"].asnumpy(), whole["t_parameters"].asnumpy())


def test_fused_weights_begin_as_declared() -> None:
    cell = mx.rnn.FusedRNNCell(4, mode="lstm", prefix="t_", forget_bias=2)
    outputs, _ = cell.unroll(2, mx.sym.Variable("data"), layout="TNC", merge_outputs=True)
    module = mx.mod.Module(outputs, label_names=None)
    module.bind([mx.io.DataDesc("data", (2, 3, 5), layout="TNC")])
    module.init_params(mx.init.One())
    found = cell.unpack_weights(module.get_params()[0])
    assert found["t_l0_i2h_f_bias"].asnumpy().tolist() == [2] * 4
    assert found["t_l0_i2h_c_bias"].asnumpy().tolist() == [0] * 4


def test_lstm_bias_begins_with_the_forget_gate_open() -> None:
    stack = mx.rnn.SequentialRNNCell()
    for i in range(2):
        stack.add(mx.rnn.LSTMCell(10, forget_bias=2.0, prefix=f"l{i}_"))
    symbol, _ = stack.unroll(1, mx.sym.Variable("data"), merge_outputs=True)
    module = mx.mod.Module(symbol, label_names=None)
    module.bind([("data", (32, 1, 20))])
    module.init_params()
    found = module.get_params()[0]["l1_i2h_bias"].asnumpy()
    np.testing.assert_array_equal(found, np.hstack([np.zeros(10), 2 * np.ones(10), np.zeros(20)]))


def test_zoneout_keeps_what_was() -> None:
    cell = mx.rnn.ZoneoutCell(mx.rnn.RNNCell(10, prefix="z_"), zoneout_outputs=0.5, zoneout_states=0.5)
    outputs, _ = cell.unroll(3, steps())
    group = mx.sym.Group(outputs)
    assert group.infer_shape(**STEPS)[1] == [(10, 10)] * 3
    executor = group.simple_bind(mx.cpu(), **STEPS)
    for array in executor.arg_arrays:
        array[:] = mx.nd.random.uniform(-1, 1, array.shape)
    first, second, _ = (o.asnumpy() for o in executor.forward(is_train=True))
    assert 0.3 < (first == 0).mean() < 0.7
    assert 0.3 < (first == second).mean() < 0.7
    assert (executor.forward(is_train=False)[0].asnumpy() != 0).all()
    for wrong in (mx.rnn.FusedRNNCell(3), mx.rnn.BidirectionalCell(mx.rnn.GRUCell(2, "a_"), mx.rnn.GRUCell(2, "b_"))):
        with pytest.raises(ParamError, match="zoneout needs single steps"):
            mx.rnn.ZoneoutCell(wrong)


def test_residuals_and_dropout() -> None:
    cell = mx.rnn.ResidualCell(mx.rnn.GRUCell(50, prefix="rnn_"))
    outputs, _ = cell.unroll(2, steps(2))
    group = mx.sym.Group(outputs)
    assert group.list_outputs() == ["rnn_t0_out_plus_residual_output", "rnn_t1_out_plus_residual_output"]  # MXNET
    two = {name: STEPS[name] for name in ("rnn_t0_data", "rnn_t1_data")}
    np.testing.assert_allclose(sums(group, **two)[1], [4.77988, 11.00665], atol=1e-3)  # MXNET
    with pytest.raises(GraphError, match="a modifier wraps this cell"):
        cell.base_cell.begin_state()
    both = mx.rnn.BidirectionalCell(mx.rnn.GRUCell(25, prefix="rnn_l_"), mx.rnn.GRUCell(25, prefix="rnn_r_"))
    outputs, _ = mx.rnn.ResidualCell(both).unroll(2, steps(2), merge_outputs=False)
    np.testing.assert_allclose(sums(mx.sym.Group(outputs), **two)[1], [-5.9172, -28.01022], atol=1e-3)  # MXNET
    stack = mx.rnn.SequentialRNNCell()
    stack.add(mx.rnn.LSTMCell(10, prefix="a_"))
    stack.add(mx.rnn.DropoutCell(0.5))
    stack.add(mx.rnn.ResidualCell(mx.rnn.LSTMCell(10, prefix="b_")))
    outputs, _ = stack.unroll(3, steps())
    np.testing.assert_allclose(sums(mx.sym.Group(outputs), **STEPS)[1], [0.04354, 1.66332, 3.19941], atol=1e-4)  # MXNET
    step, _ = stack(steps(1)[0], stack.begin_state())
    assert step.infer_shape(rnn_t0_data=(10, 50))[1] == [(10, 10)]


CONV = {
    "ConvRNNCell": [439.45826, 558.59538],
    "ConvLSTMCell": [113.80794, 184.05337],
    "ConvGRUCell": [87.73802, 199.35675],
}


@pytest.mark.parametrize("kind", CONV)
def test_cells_with_convolutions(kind: str) -> None:
    make = getattr(mx.rnn, kind)
    cell = make(input_shape=(1, 3, 16, 10), num_hidden=10, prefix="rnn_")
    outputs, _ = cell.unroll(2, steps(2))
    shapes = {f"rnn_t{i}_data": (1, 3, 16, 10) for i in range(2)}
    found = sums(mx.sym.Group(outputs), **shapes)
    assert found[0] == [(1, 10, 16, 10)] * 2
    np.testing.assert_allclose(found[1], CONV[kind], rtol=1e-4)  # MXNET
    assert make((1, 3, 16, 10), 10)._prefix == kind.removesuffix("Cell") + "_"
    with pytest.raises(ParamError, match="odd kernels only"):
        make((1, 3, 16, 10), 10, h2h_kernel=(2, 2))


def test_states_are_fed_from_batch_to_batch() -> None:
    stack = mx.rnn.SequentialRNNCell()
    for i in range(2):
        stack.add(mx.rnn.LSTMCell(num_hidden=20, prefix=f"lstm_l{i}_"))
    begin = stack.begin_state(func=mx.sym.Variable)
    _, states = stack.unroll(10, begin_state=begin, inputs=mx.sym.Variable("data"))
    names = [str(state.name) for state in begin]
    module = mx.mod.Module(mx.sym.Group(states), context=[mx.cpu(0), mx.cpu(1)], label_names=None, state_names=names)
    module.bind([("data", (5, 10, 4))], for_training=False)
    module.init_params()
    batch = mx.io.DataBatch([mx.nd.zeros((5, 10, 4))], [])
    module.set_states(value=1)
    module.forward(batch)
    parts = module.get_outputs(merge_multi_context=False)
    first = [o.asnumpy() for o in module.get_outputs()]
    module.set_states(states=parts)
    module.forward(batch)
    for before, after in zip(first, module.get_outputs(), strict=True):
        assert before.shape == after.shape == (5, 20)
        assert not np.allclose(before, after.asnumpy(), rtol=1e-3)


def test_checkpoints_carry_weights_from_fused_to_single_cells(tmp_path: Path) -> None:
    cell = mx.rnn.FusedRNNCell(4, mode="gru", prefix="t_")
    outputs, _ = cell.unroll(2, mx.sym.Variable("data"), layout="TNC", merge_outputs=True)
    vector = mx.nd.random.uniform(-1, 1, outputs.infer_shape(data=(2, 3, 5))[0][1])
    prefix = str(tmp_path / "net")
    mx.rnn.do_rnn_checkpoint(cell, prefix, 2)(1, outputs, {"t_parameters": vector}, {})
    single = cell.unfuse()
    _, weights, states = mx.rnn.load_rnn_checkpoint(single, prefix, 2)
    assert (sorted(weights), states) == (["t_l0_h2h_bias", "t_l0_h2h_weight", "t_l0_i2h_bias", "t_l0_i2h_weight"], {})
    _, again, _ = mx.rnn.load_rnn_checkpoint([cell], prefix, 2)
    np.testing.assert_array_equal(again["t_parameters"].asnumpy(), vector.asnumpy())


def test_misuses_say_what_to_do() -> None:
    wrong: list[tuple[Callable[[], Any], str]] = [
        (lambda: mx.rnn.RNNCell(3).unroll(2, None), "the inputs are missing"),
        (lambda: mx.rnn.RNNCell(3).unroll(2, steps(3)), "wanted 2, got 3"),
        (lambda: mx.rnn.RNNCell(3).unroll(2, mx.sym.Group(steps(2))), "a group is no sequence"),
        (lambda: mx.rnn.FusedRNNCell(3, mode="elman"), "wanted rnn_relu, rnn_tanh, lstm, gru, got 'elman'"),
        (lambda: mx.rnn.FusedRNNCell(3)(steps(1)[0], []), r"unfuse\(\) it"),
        (
            lambda: mx.rnn.FusedRNNCell(3).unpack_weights({"lstm_parameters": mx.nd.zeros(5)}),
            "not that of these layers",
        ),
        (lambda: mx.rnn.DropoutCell("half"), "the share is a number"),  # type: ignore[arg-type]
    ]
    for act, words in wrong:
        with pytest.raises(NetwrightError, match=words):
            act()


# ---------------------------------------------------------------- sentences
def test_sentences_become_numbers() -> None:
    """The results are MXNet 1.9.1's."""
    code = mx.rnn.encode_sentences
    assert code([["a", "b", "a"], ["c"]], invalid_label=0) == ([[1, 2, 1], [3]], {"\n": 0, "a": 1, "b": 2, "c": 3})
    assert code(["ab", "ca"], start_label=3, invalid_label=4) == ([[3, 5], [6, 3]], {"\n": 4, "a": 3, "b": 5, "c": 6})
    assert code([["a", "z"]], vocab={"a": 1}, unknown_token="<unk>") == ([[1, 0]], {"a": 1, "<unk>": 0})
    with pytest.raises(DataError, match="the word 'z' is not in the vocabulary"):
        code([["a", "z"]], vocab={"a": 1})


@pytest.mark.parametrize("layout", ["NT", "TN"])
def test_buckets_of_sentences(layout: str, caplog: pytest.LogCaptureFixture) -> None:
    sentences = [list(range(1, 1 + n)) for n in (3, 3, 4, 5, 5, 5, 9, 2)]
    rows = mx.rnn.BucketSentenceIter(sentences, 2, buckets=[5, 3], invalid_label=0, layout=layout)
    assert [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING] == [
        "discarded 1 sentences longer than the largest bucket."
    ]
    turn = (lambda s: s) if layout == "NT" else (lambda s: s[::-1])
    assert (rows.default_bucket_key, rows.provide_data[0].shape) == (5, turn((2, 5)))
    for _ in range(2):
        seen = list(rows)
        assert sorted(b.bucket_key for b in seen) == [3, 5, 5]
        for batch in seen:
            assert batch.data[0].shape == batch.provide_data[0].shape == turn((2, batch.bucket_key))
            data, label = (a.asnumpy() if layout == "NT" else a.asnumpy().T for a in (batch.data[0], batch.label[0]))
            np.testing.assert_array_equal(label[:, :-1], data[:, 1:])
            assert (label[:, -1] == 0).all()
        rows.reset()
    assert mx.rnn.BucketSentenceIter(sentences, 2).buckets == [3, 5]
    with pytest.raises(ParamError, match="wanted NT or TN"):
        mx.rnn.BucketSentenceIter(sentences, 2, layout="TC")
    with pytest.raises(DataError, match="no length has a batch"):
        mx.rnn.BucketSentenceIter(sentences, 20)


def test_a_bucketed_network_learns() -> None:
    """A loop of five words is learnt by heart."""
    mx.random.seed(3)
    sentences = [[(start + i) % 5 + 1 for i in range(n)] for n in (6, 9) for start in range(5) for _ in range(4)]
    rows = mx.rnn.BucketSentenceIter(sentences, 10, buckets=[6, 9], invalid_label=0)

    def generate(length: int) -> Any:
        embed = mx.sym.Embedding(mx.sym.Variable("data"), input_dim=6, output_dim=8, name="embed")
        stack = mx.rnn.SequentialRNNCell()
        stack.add(mx.rnn.LSTMCell(16, prefix="l0_"))
        outputs, _ = stack.unroll(length, embed, merge_outputs=True)
        score = mx.sym.FullyConnected(mx.sym.Reshape(outputs, shape=(-1, 16)), num_hidden=6, name="pred")
        label = mx.sym.Reshape(mx.sym.Variable("softmax_label"), shape=(-1,))
        return mx.sym.SoftmaxOutput(score, label, name="softmax"), ("data",), ("softmax_label",)

    module = mx.mod.BucketingModule(generate, default_bucket_key=rows.default_bucket_key)
    module.fit(
        rows,
        num_epoch=12,
        eval_metric=mx.metric.Perplexity(0),
        optimizer="adam",
        optimizer_params={"learning_rate": 0.03},
        initializer=mx.init.Xavier(factor_type="in", magnitude=2.34),
    )
    assert module.score(rows, mx.metric.Perplexity(0))[0][1] < 1.3
