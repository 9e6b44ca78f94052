"""Networks as tables and pictures: print_summary, plot_network, where boxes stand, what notebooks show."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netwright as mx
from netwright.drawing import Box, Line, Picture
from netwright.drawing.layout import place, ranks
from netwright.errors import ParamError, ShapeError


def network() -> mx.sym.Symbol:
    x = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=8, name="conv1", pad=(1, 1))
    x = mx.sym.Activation(mx.sym.BatchNorm(x, name="bn1"), act_type="relu", name="relu1")
    x = mx.sym.Flatten(mx.sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max", name="pool1"), name="flat")
    first = mx.sym.FullyConnected(x, num_hidden=10, name="fc1")
    second = mx.sym.FullyConnected(first, num_hidden=10, name="fc2")
    return mx.sym.SoftmaxOutput(mx.sym.elemwise_add(first, second, name="sum"), name="softmax")


SHAPES = {"data": (2, 3, 8, 8)}
# as MXNet 1.9.1 prints it
TABLE = """\
________________________________________________________________________________
Layer (type)            Output Shape            Param #         Previous Layer
================================================================================
data(null)              3x8x8                   0
________________________________________________________________________________
conv1(Convolution)      8x8x8                   224             data
________________________________________________________________________________
bn1(BatchNorm)          8x8x8                   16              conv1
________________________________________________________________________________
relu1(Activation)       8x8x8                   0               bn1
________________________________________________________________________________
pool1(Pooling)          8x4x4                   0               relu1
________________________________________________________________________________
flat(Flatten)           128                     0               pool1
________________________________________________________________________________
fc1(FullyConnected)     10                      1290            flat
________________________________________________________________________________
fc2(FullyConnected)     10                      110             fc1
________________________________________________________________________________
sum(elemwise_add)       10                      0               fc1
                                                                fc2
________________________________________________________________________________
softmax(SoftmaxOutput)  10                      0               sum
================================================================================
Total params: 1640
________________________________________________________________________________
"""


def test_summary_is_mxnets(capsys: pytest.CaptureFixture[str]) -> None:
    mx.viz.print_summary(network(), SHAPES, line_length=80, positions=[0.3, 0.6, 0.8, 1.0])
    text = capsys.readouterr().out
    assert [line.rstrip() for line in text.splitlines()] == TABLE.splitlines()
    assert {len(line) for line in text.splitlines() if "Total" not in line} == {80}


def test_summary_counts_shared_weights_once_and_may_lack_shapes(capsys: pytest.CaptureFixture[str]) -> None:
    weight = mx.sym.Variable("w")
    x = mx.sym.FullyConnected(mx.sym.Variable("data"), weight, num_hidden=3, no_bias=True, name="a")
    x = mx.sym.FullyConnected(x, weight, num_hidden=3, no_bias=True, name="b")
    mx.viz.print_summary(x, {"data": (1, 3)})
    assert "Total params: 9" in capsys.readouterr().out
    mx.viz.print_summary(x)
    assert "Total params: 0" in capsys.readouterr().out
    with pytest.raises(ShapeError, match=r"data: .*Give the shape of every input"):
        mx.viz.print_summary(x, {})
    with pytest.raises(TypeError, match="the network is a Symbol"):
        mx.viz.print_summary(3)  # type: ignore[arg-type]


def test_the_picture_is_well_formed_and_says_what_there_is(tmp_path: Path) -> None:
    picture = mx.viz.plot_network(network(), title="my <net>", shape=SHAPES, dtype={"data": "float16"})
    root = ElementTree.fromstring(picture._repr_svg_())
    texts = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"data", "Convolution", "3x3/1, 8", "relu", "max, 2x2/2x2", "8x4x4(float16)", "softmax_label"} <= set(texts)
    assert not any("weight" in (t or "") for t in texts)
    assert root.attrib["aria-label"] == "my <net>"
    assert 'label="Convolution\\n3x3/1, 8"' in picture.source
    assert len(picture.boxes) == 11
    whole = mx.viz.plot_network(network(), hide_weights=False, node_attrs={"fillcolor": "#fff"})
    assert {b.colour for b in whole.boxes} == {"#fff"}
    assert {"conv1_weight", "bn1_gamma"} <= {b.hint for b in whole.boxes}
    assert Path(picture.render(str(tmp_path / "net"))).read_text().startswith("<svg")
    assert Path(picture.save("net.dot", str(tmp_path))).read_text().startswith('digraph "my <net>"')
    with pytest.raises(ParamError, match=r"wanted svg, got pdf\)\. Pass save_format='svg'"):
        picture.render(str(tmp_path / "net"), format="pdf")


def test_repeated_names_are_told() -> None:
    x = mx.sym.FullyConnected(mx.sym.Variable("data"), name="fc", num_hidden=128)
    x = mx.sym.FullyConnected(mx.sym.Activation(x, act_type="relu"), name="fc", num_hidden=10)
    with pytest.warns(RuntimeWarning, match=r"There are multiple variables with the same name .*: fc, fc_"):
        picture = mx.viz.plot_network(x, shape={"data": (1, 200)}, dtype={"data": "float32"})
    assert [b.lines for b in picture.boxes if b.hint.startswith("fc")] == [["FullyConnected", n] for n in ("128", "10")]


def test_viewing_opens_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    mx.viz.plot_network(network()).view("shown", str(tmp_path))
    assert opened == [(tmp_path / "shown.svg").as_uri()]


def test_quotes_in_names() -> None:
    picture = Picture([Box("a", ['say "x"'], "#fff"), Box("b", ["<&>"], "#fff")], [Line("a", "b", "1<2")])
    ElementTree.fromstring(picture.to_svg())
    assert 'label="say \\"x\\""' in picture.source
    assert repr(picture) == "<Picture 'plot' of 2 boxes and 1 lines>"


# ---------------------------------------------------------------- where boxes stand
@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int]], dict[int, tuple[float, float]]]:
    count = draw(st.integers(1, 14))
    pairs = [(a, b) for a, b in itertools.combinations(range(count), 2)]
    edges = draw(st.lists(st.sampled_from(pairs), max_size=25)) if pairs else []
    sizes = {n: (draw(st.floats(10, 200)), draw(st.floats(10, 60))) for n in range(count)}
    return list(range(count)), edges, sizes


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_boxes_stand_apart_and_edges_go_down(graph: Any) -> None:
    nodes, edges, sizes = graph
    layout = place(nodes, edges, sizes)
    for a, b in itertools.combinations(nodes, 2):
        (xa, ya), (xb, yb) = layout.centres[a], layout.centres[b]
        beside = abs(xa - xb) >= (sizes[a][0] + sizes[b][0]) / 2 + 20
        above = abs(ya - yb) >= (sizes[a][1] + sizes[b][1]) / 2 + 20
        assert beside or above
    for edge in edges:
        heights = [layout.centres[edge[0]][1], *(y for _, y in layout.bends[edge]), layout.centres[edge[1]][1]]
        assert heights == sorted(set(heights))
        for x, y in layout.bends[edge]:  # lines run round boxes
            for node in nodes:
                centre = layout.centres[node]
                inside = abs(centre[0] - x) < sizes[node][0] / 2 and abs(centre[1] - y) < sizes[node][1] / 2
                assert not inside
    for node in nodes:
        x, y = layout.centres[node]
        assert sizes[node][0] / 2 - 1e-6 <= x <= layout.width - sizes[node][0] / 2 + 1e-6
        assert sizes[node][1] / 2 - 1e-6 <= y <= layout.height - sizes[node][1] / 2 + 1e-6


def test_a_chain_stands_straight_and_late_inputs_stand_low() -> None:
    nodes, edges = list("abcd"), [("a", "b"), ("b", "c"), ("d", "c")]
    assert ranks([*"abdc"], edges) == {"a": 0, "b": 1, "c": 2, "d": 1}
    layout = place(nodes[:3], edges[:2], dict.fromkeys(nodes[:3], (50.0, 20.0)))
    assert len({x for x, _ in layout.centres.values()}) == 1
    assert place([], [], {}).centres == {}


# ---------------------------------------------------------------- in notebooks
def test_what_notebooks_show() -> None:
    assert (network()._repr_svg_() or "").startswith("<svg")
    chain = mx.sym.Variable("x")
    for _ in range(401):
        chain = chain + 1
    assert chain._repr_svg_() is None
    net = mx.gluon.nn.HybridSequential(prefix="n_")
    net.add(mx.gluon.nn.Dense(3, in_units=2, prefix="a_"), mx.gluon.nn.Dropout(0.5))
    table = net._repr_html_()
    assert table.startswith("<svg")
    assert re.findall(r"<td>(Dense|Dropout|HybridSequential)</td>", table) == ["HybridSequential", "Dense", "Dropout"]
    assert "weight 3×2" in table

    class Pair(mx.gluon.HybridBlock):
        def hybrid_forward(self, F: Any, x: Any, y: Any) -> Any:
            return x + y

    assert Pair()._repr_html_().startswith("<table>")
    assert mx.gluon.nn.Sequential()._repr_html_().startswith("<table>")
    plan = network().simple_bind(mx.cpu(), **SHAPES).plan()
    shown = plan._repr_html_()
    assert shown.count("<tr>") == len(plan.steps) + 1
    assert "<th>operator</th>" in shown
    assert "device cpu(0)" in shown
    assert str(plan).splitlines()[0].split() == [
        "step",
        "operator",
        "name",
        "output",
        "runs",
        "memory",
        "lives",
        "MFLOP",
    ]
