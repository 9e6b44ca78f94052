"""From symbols and blocks to the graph JSON: nothing is lost there and back; what cannot be said is refused."""

from __future__ import annotations

import numpy as np
import pytest

from netwright import datasets, gluon, nd, sym, templates
from netwright.errors import GraphError
from netwright.gluon import nn
from netwright.graph import DataSpec, check, from_block, from_symbol, to_network


@pytest.mark.parametrize("template", templates.all(), ids=lambda t: t.id)
def test_a_template_comes_back(template: templates.Template) -> None:
    spec = DataSpec.of(datasets.info(template.dataset))
    there = check(template.graph, data=spec)
    symbol = to_network(template.graph, spec).symbol
    back = check(from_symbol(symbol), data=spec)
    assert not back.errors()
    for name, node in there.nodes.items():
        assert back.nodes[name].outputs == node.outputs
        assert back.nodes[name].weights == node.weights


def test_a_block_and_its_graph_give_the_same_numbers() -> None:
    net = nn.HybridSequential()
    net.add(nn.Conv2D(4, 3, activation="relu"), nn.MaxPool2D(2), nn.BatchNorm(), nn.Dense(5))
    net.initialize()
    x = nd.random.normal(shape=(2, 1, 8, 8))
    wanted = net(x).asnumpy()
    network = to_network(from_block(net, shapes={"data": (1, 8, 8)}))
    # the operator keeps moving averages where Gluon's parameters say running ones
    weights = {name.replace("running", "moving"): p.data() for name, p in net.collect_params().items()}
    weights["data"] = x
    executor = network.symbol.bind(
        None,
        {name: weights[name] for name in network.symbol.list_arguments()},
        aux_states={name: weights[name] for name in network.symbol.list_auxiliary_states()},
    )
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), wanted, rtol=1e-5, atol=1e-6)


def test_outputs_of_several_and_names_that_are_no_ids() -> None:
    halves = sym.split(sym.var("in put"), num_outputs=2, axis=1, name="1st")
    graph = from_symbol(sym.broadcast_add(halves[0], halves[1], name="a/b"), {"in put": (4,)})
    assert [n["id"] for n in graph["nodes"]] == ["in_put", "n1st", "a_b"]
    assert graph["nodes"][2]["inputs"] == {"lhs": "n1st", "rhs": "n1st:1"}
    assert not check(graph).errors()


def test_shared_weights_are_refused() -> None:
    w = sym.var("w")
    first = sym.FullyConnected(sym.var("x"), weight=w, num_hidden=4, no_bias=True, name="first")
    second = sym.FullyConnected(first, weight=w, num_hidden=4, no_bias=True, name="second")
    with pytest.raises(GraphError, match=r"second: w is shared by first and second\. The graph JSON gives each node"):
        from_symbol(second)


def test_parameters_used_like_data_are_refused() -> None:
    class Shifted(gluon.HybridBlock):
        def __init__(self) -> None:
            super().__init__()
            self.shift = self.params.get("shift", shape=(1, 3))

        def hybrid_forward(self, F: object, x: object, shift: object) -> object:
            return F.broadcast_add(x, shift)  # type: ignore[attr-defined]

    with pytest.raises(GraphError, match=r"the parameter \w+_shift is used like data"):
        from_block(Shifted())


def test_a_variable_alone_is_no_network() -> None:
    with pytest.raises(GraphError, match="there is nothing to compute"):
        from_symbol(sym.var("x"))
