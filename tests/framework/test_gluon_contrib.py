"""gluon.contrib: layers, cells, samplers and texts. Sums and printed forms were read off MXNet 1.9.1."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright import autograd, gluon, nd, sym
from netwright.contrib.text import embedding
from netwright.contrib.text.utils import count_tokens_from_str
from netwright.errors import DataError, KindError, ParamError, ShapeError
from netwright.gluon import contrib, nn, rnn
from netwright.gluon.contrib.data.text import Vocabulary, WikiText2
from netwright.gluon.contrib.nn import PixelShuffle1D, PixelShuffle2D, PixelShuffle3D, SyncBatchNorm
from netwright.gluon.contrib.rnn import rnn_cell


# ---------------------------------------------------------------- layers
@pytest.mark.parametrize("layer", [PixelShuffle1D(2), PixelShuffle2D((2, 3)), PixelShuffle3D((3, 1, 2))])
def test_pixel_shuffle_moves_channels_to_places(layer: Any) -> None:
    factors, dims = layer._factors, len(layer._factors)
    sizes = (2, 3, 4)[:dims]
    x = np.random.default_rng(0).normal(size=(2, 3 * int(np.prod(factors)), *sizes)).astype(np.float32)
    wanted = np.empty((2, 3, *(s * f for s, f in zip(sizes, factors, strict=True))), np.float32)
    for place in np.ndindex(wanted.shape[2:]):
        channel = np.ravel_multi_index([p % f for p, f in zip(place, factors, strict=True)], factors)
        source = tuple(p // f for p, f in zip(place, factors, strict=True))
        for c in range(3):
            wanted[(slice(None), c, *place)] = x[(slice(None), c * int(np.prod(factors)) + int(channel), *source)]
    for _ in range(2):
        np.testing.assert_array_equal(layer(nd.array(x)).asnumpy(), wanted)
        layer.hybridize()


def test_pixel_shuffle_of_mxnet() -> None:
    x = nd.arange(2 * 48 * 2 * 3 * 2).reshape((2, 48, 2, 3, 2))
    y = PixelShuffle3D((3, 2, 4))(x).asnumpy()
    assert abs(float((y * np.arange(y.size).reshape(y.shape)).sum()) - 504923424) < 1e3
    assert [repr(PixelShuffle1D(2)), repr(PixelShuffle2D(2))] == ["PixelShuffle1D(2)", "PixelShuffle2D((2, 2))"]
    with pytest.raises(AssertionError, match=r"wrong number of factors \(wanted one or 2, got 3\)"):
        PixelShuffle2D((1, 2, 3))


@pytest.mark.parametrize("layer", [lambda: SyncBatchNorm(in_channels=3, num_devices=1), nn.BatchNormReLU])
def test_batch_normalisations(layer: Callable[[], Any]) -> None:
    plain, other = nn.BatchNorm(), layer()
    for one in (plain, other):
        one.initialize()
    x = nd.array(np.random.default_rng(0).normal(size=(4, 3, 2)))
    with autograd.record():
        y, z = plain(x), other(x)
    rectified = isinstance(other, nn.BatchNormReLU)
    np.testing.assert_allclose(z.asnumpy(), np.maximum(y.asnumpy(), 0) if rectified else y.asnumpy(), rtol=1e-5)
    np.testing.assert_allclose(other.running_var.data().asnumpy(), plain.running_var.data().asnumpy(), rtol=1e-6)


def test_several_devices_are_not_synchronised() -> None:
    with pytest.raises(ValueError, match=r"not computed over several devices \(wanted 1, got 2\)\. Use BatchNorm"):
        SyncBatchNorm(num_devices=2)
    assert repr(SyncBatchNorm(prefix="bn_")) == (
        "SyncBatchNorm(eps=1e-05, momentum=0.9, fix_gamma=False, use_global_stats=False, ndev=1, key='bn_', "
        "in_channels=None)"
    )


@pytest.mark.parametrize(
    ("kind", "kwargs", "shape", "wanted"),
    [
        ("", {}, (2, 4, 5, 7), [32.232, 35.17]),
        (
            "",
            {"strides": 2, "padding": 1, "num_deformable_group": 2, "use_bias": False, "activation": "relu"},
            (2, 4, 4, 5),
            [15.105, 5.708],
        ),
        ("Modulated", {"padding": 1, "num_deformable_group": 2}, (2, 4, 7, 9), [57.104, 61.576]),
        ("Modulated", {"offset_use_bias": False, "dilation": 2}, (2, 4, 3, 6), [-3.161, 29.927]),
    ],
)
def test_deformable_convolutions(kind: str, kwargs: Any, shape: Any, wanted: list[float]) -> None:
    random = np.random.RandomState(0)
    layer = getattr(contrib.cnn, f"{kind}DeformableConvolution")(4, (3, 2), prefix="d_", **kwargs)
    layer.initialize()
    layer(nd.ones((2, 2, 7, 8)))
    for _, parameter in sorted(layer.collect_params().items()):
        parameter.set_data(nd.array(random.uniform(-0.5, 0.5, parameter.shape)))
    x = nd.array(random.uniform(-1, 1, (2, 2, 7, 8)))
    for _ in range(2):
        y = layer(x)
        assert y.shape == shape
        np.testing.assert_allclose(sums(y, [y * y]), wanted, atol=2e-3)
        layer.hybridize()


# ---------------------------------------------------------------- cells
def filled(cell: Any) -> Any:
    """A cell with the numbers that MXNet was given."""
    cell.initialize()
    random = np.random.RandomState(0)
    for _, parameter in sorted(cell.collect_params().items()):
        parameter.set_data(nd.array(random.uniform(-0.5, 0.5, parameter.shape)))
    return cell, random


def sums(outputs: Any, states: Any) -> list[float]:
    return [round(float(a.sum().asscalar()), 3) for a in (outputs, *states)]


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("RNN", [25.381, 10.963]), ("LSTM", [32.131, 11.320, 26.933]), ("GRU", [35.900, 13.828])],
)
def test_convolutional_cells(kind: str, wanted: list[float]) -> None:
    cell, random = filled(getattr(contrib.rnn, f"Conv2D{kind}Cell")((2, 5, 6), 3, 3, 3, i2h_pad=1, prefix="c_"))
    x = nd.array(random.uniform(-1, 1, (2, 3, 2, 5, 6)))
    found = sums(*cell.unroll(3, x, merge_outputs=True))
    np.testing.assert_allclose(found, wanted, atol=2e-3)
    cell.hybridize()
    np.testing.assert_allclose(sums(*cell.unroll(3, x, merge_outputs=True)), wanted, atol=2e-3)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize(("dims", "layout"), [(1, "NCW"), (2, "NHWC"), (3, "NCDHW")])
def test_convolutional_cells_in_all_dimensions(kind: str, dims: int, layout: str) -> None:
    sizes = (6, 5, 7)[:dims]
    shape = (0, *sizes) if layout.startswith("NC") else (*sizes, 0)
    cell = getattr(contrib.rnn, f"Conv{dims}D{kind}Cell")(shape, 2, 3, 3, conv_layout=layout)
    cell.initialize()
    given = (4, *sizes) if layout.startswith("NC") else (*sizes, 4)
    outputs, states = cell.unroll(2, nd.ones((2, 2, *given)), merge_outputs=False)
    left = tuple(s - 2 for s in sizes)
    wanted = (2, 2, *left) if layout.startswith("NC") else (2, *left, 2)
    assert [o.shape for o in (*outputs, *states)] == [wanted] * (3 + (kind == "LSTM"))
    assert cell.begin_state(2)[0].shape == wanted


def test_what_convolutional_cells_refuse() -> None:
    with pytest.raises(AssertionError, match="kernels on the state are odd"):
        contrib.rnn.Conv1DRNNCell((2, 5), 3, 3, 2)
    with pytest.raises(AssertionError, match=r"wrong number of sizes \(wanted one or 2"):
        contrib.rnn.Conv2DLSTMCell((2, 5, 5), 3, (3, 3, 3), 3)
    cell = contrib.rnn.Conv2DGRUCell((2, 5, 6), 3, 3, 3, prefix="c_")
    assert repr(cell) == "Conv2DGRUCell(2 -> 9, tanh, NCHW)"
    outputs, _ = cell.unroll(2, [sym.Variable("a"), sym.Variable("b")])
    assert sym.Group(outputs).list_outputs() == ["c_t0_out_output", "c_t1_out_output"]


def test_a_projected_lstm() -> None:
    cell, random = filled(contrib.rnn.LSTMPCell(5, 3, prefix="c_", input_size=4))
    outputs, states = cell.unroll(3, nd.array(random.uniform(-1, 1, (2, 3, 4))), merge_outputs=True)
    np.testing.assert_allclose(sums(outputs, states), [-0.0344, 0.2294, 1.2884], atol=2e-3)
    assert repr(cell) == "LSTMPCell(4 -> 20 -> 3)"
    assert [s.shape for s in states] == [(2, 3), (2, 5)]


@pytest.mark.parametrize("states", [0.5, 0.0])
def test_variational_dropout_drops_the_same_at_each_step(states: float) -> None:
    mx.random.seed(3)
    cell = contrib.rnn.VariationalDropoutCell(rnn.RNNCell(40), drop_states=states, drop_outputs=0.5, drop_inputs=0.2)
    cell.initialize(mx.init.One())
    x = nd.ones((2, 3, 4))
    with autograd.record():
        first, _ = cell.unroll(3, x, merge_outputs=True)
        second, _ = cell.unroll(3, x, merge_outputs=False)
    zero = first.asnumpy() == 0
    assert (zero == zero[:, :1]).all()
    assert 0.2 < zero.mean() < 0.8
    assert not np.array_equal(zero[:, 0], second[0].asnumpy() == 0)
    assert (cell.unroll(3, x, merge_outputs=True)[0].asnumpy() != 0).all()  # outside training nothing is dropped
    with pytest.raises(AssertionError, match="a bidirectional cell has no single state to drop"):
        contrib.rnn.VariationalDropoutCell(rnn.BidirectionalCell(rnn.RNNCell(1), rnn.RNNCell(1)), drop_states=0.1)


class Dynamic(gluon.HybridBlock):
    """A cell unrolled by foreach."""

    def __init__(self, cell: Any, layout: str) -> None:
        super().__init__()
        self.cell, self.layout = cell, layout

    def hybrid_forward(self, F: Any, x: Any, states: Any, valid_length: Any = None) -> Any:
        return rnn_cell.dynamic_unroll(self.cell, x, states, layout=self.layout, valid_length=valid_length)


@pytest.mark.parametrize("layout", ["TNC", "NTC"])
@pytest.mark.parametrize("valid", [None, [1, 5, 3]])
def test_unrolling_by_foreach(layout: str, valid: Any) -> None:
    cell, random = filled(rnn.LSTMCell(4, input_size=2))
    x = nd.array(random.uniform(-1, 1, (5, 3, 2) if layout == "TNC" else (3, 5, 2)))
    states = [nd.array(random.uniform(-1, 1, (3, 4))) for _ in range(2)]
    lengths = () if valid is None else (nd.array(valid),)
    wanted, after = cell.unroll(5, x, states, layout, True, *lengths)
    net = Dynamic(cell, layout)
    for _ in range(2):
        found, last = net(x, states, *lengths)
        np.testing.assert_allclose(found.asnumpy(), wanted.asnumpy(), rtol=1e-5, atol=1e-6)
        for a, b in zip(last, after, strict=True):
            np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-5, atol=1e-6)
        net.hybridize()


# ---------------------------------------------------------------- data
def test_vocabulary() -> None:
    counter = Counter({"b": 3, "a": 3, "c": 1, "d": 2})
    words = Vocabulary(counter, most_freq_count=3, reserved_tokens=["<eos>"])
    assert words.idx_to_token == ["<unk>", "<eos>", "a", "b", "d"]
    assert (words.to_indices(["a", "?", "<eos>"]), words.to_indices("d"), len(words)) == ([2, 0, 1], 4, 5)
    assert (words.to_tokens([2, 0]), words.to_tokens(3)) == (["a", "<unk>"], "b")
    assert Vocabulary(counter, min_freq=3).idx_to_token == ["<unk>", "a", "b"]
    with pytest.raises(ValueError, match=r"there is no word of that number \(wanted 0 to 4, got 5\)"):
        words.to_tokens(5)
    with pytest.raises(AssertionError, match="reserved tokens must differ"):
        Vocabulary(counter, reserved_tokens=["<unk>"])
    with pytest.raises(AssertionError, match="min_freq must be positive"):
        Vocabulary(counter, min_freq=0)


def test_wikitext_is_read_from_files_and_archives(tmp_path: Path) -> None:
    (tmp_path / "wiki.train.tokens").write_text("a b a\n\n c b \n", encoding="utf8")
    train = WikiText2(str(tmp_path), seq_len=2)
    assert train.vocabulary.idx_to_token == ["<unk>", "<eos>", "a", "b", "c"]
    assert train.frequencies == {"a": 2, "b": 2, "c": 1}
    assert [[part.asnumpy().tolist() for part in train[i]] for i in range(len(train))] == [
        [[2, 3], [3, 2]],
        [[2, 1], [1, 4]],
        [[4, 3], [3, 1]],
    ]
    with zipfile.ZipFile(tmp_path / "wikitext-2-v1.zip", "w") as archive:
        archive.writestr("wikitext-2/wiki.test.tokens", "b z\nb\n")
    test = WikiText2(str(tmp_path), "test", train.vocabulary, seq_len=4)
    assert [part.asnumpy().tolist() for part in test[0]] == [[3, 0, 1, 3], [0, 1, 3, 1]]
    with pytest.raises(DataError, match=r"WikiText103: the data set is not there \(wanted wiki\.train\.tokens or"):
        contrib.data.text.WikiText103(str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="unknown segment"):
        WikiText2(str(tmp_path), "dev")


def test_interval_sampler() -> None:
    assert list(contrib.data.IntervalSampler(10, 3)) == [0, 3, 6, 9, 1, 4, 7, 2, 5, 8]
    assert list(contrib.data.IntervalSampler(10, 3, rollover=False)) == [0, 3, 6, 9]


def test_what_deformable_convolutions_show_and_refuse() -> None:
    layer = contrib.cnn.ModulatedDeformableConvolution(4, 3, groups=2, in_channels=4, padding=1, activation="relu")
    assert layer.name.startswith("modulated_deformable_conv")
    assert repr(layer) == (
        "ModulatedDeformableConvolution(2 -> 4, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), groups=2, "
        "Activation(relu))"
    )
    with pytest.raises(AssertionError, match="channels come first here"):
        contrib.cnn.DeformableConvolution(4, layout="NHWC")


def test_words_are_counted() -> None:
    text = "*Life*is*great*!*\n*life*is*good*.*\n"
    counted = count_tokens_from_str(text, r"\*", "\n", to_lower=True)
    assert counted == {"is": 2, "life": 2, "!": 1, "great": 1, "good": 1, ".": 1}
    assert count_tokens_from_str("is it", counter_to_update=counted) is counted
    assert (counted["is"], counted["it"]) == (3, 1)


def test_vectors_of_words(tmp_path: Path) -> None:
    """Values read off MXNet 1.9.1."""
    file = tmp_path / "vectors.txt"
    file.write_text("3\t2\na\t0.1\t0.2\nb\t0.3\t0.4\na\t9\t9\n")
    with pytest.warns(UserWarning, match="header|second") as said:
        every = embedding.CustomEmbedding(str(file), elem_delim="\t", init_unknown_vec=nd.ones)
    assert len(said) == 2
    assert every.idx_to_token == ["<unk>", "a", "b"]
    assert (len(every), every.vec_len, every.idx_to_vec.shape) == (3, 2, (3, 2))
    assert every.get_vecs_by_tokens("B").asnumpy().tolist() == [1, 1]
    close = np.testing.assert_allclose
    close(every.get_vecs_by_tokens(["B", "a"], lower_case_backup=True).asnumpy(), [[0.3, 0.4], [0.1, 0.2]])
    every.update_token_vectors("a", nd.array([5, 6]))
    every.update_token_vectors(["b", "<unk>"], nd.array([[7, 8], [0, 0]]))
    assert every.idx_to_vec.asnumpy().tolist() == [[0, 0], [5, 6], [7, 8]]
    with pytest.raises(DataError, match="'c' is unknown"):
        every.update_token_vectors("c", nd.array([5, 6]))
    with pytest.raises(ShapeError, match="wrong vectors"):
        every.update_token_vectors("a", nd.array([5, 6, 7]))

    vocabulary = Vocabulary(Counter(["b", "b", "c"]), reserved_tokens=["<pad>"])
    some = embedding.CompositeEmbedding(vocabulary, [every, every])
    assert some.idx_to_token == ["<unk>", "<pad>", "b", "c"]
    assert some.idx_to_vec.asnumpy().tolist() == [[0] * 4, [0] * 4, [7, 8, 7, 8], [0] * 4]
    assert some.to_indices(["c", "what"]) == [3, 0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no vectors in the file"),
        ("a 1 2\nb 3\n", "taken for a header"),
        ("a 1 2\nb 3 4 5\n", "vectors.txt, line 2: the vector of 'b' has another length .wanted 2, got 3"),
        ("a 1 2\nb 3 four\n", "line 2: this is no vector"),
        ("a,1,2\n", "line 1: this is no vector"),
    ],
)
def test_files_that_hold_no_vectors(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "vectors.txt").write_text(content)
    with pytest.raises((DataError, UserWarning), match=words):
        embedding.CustomEmbedding(str(tmp_path / "vectors.txt"))


def test_embeddings_of_ones_own() -> None:
    @embedding.register
    class Ones(embedding._TokenEmbedding):
        def __init__(self, count: int) -> None:
            super().__init__(counter=Counter("ab"))
            self._idx_to_vec = nd.ones((3, count))

    assert embedding.create("ones", count=4).vec_len == 4
    with pytest.raises(ParamError, match="no token embedding 'twos'"):
        embedding.create("twos")
    with pytest.raises(KindError, match="this is no vocabulary"):
        embedding.CompositeEmbedding(["a"], embedding.create("ones", count=4))  # type: ignore[arg-type]
