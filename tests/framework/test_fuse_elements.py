"""Groups of elementwise calls in plans for a GPU: which are made, and that nothing changes by them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.framework.cuda_host import COMPILER, Host
from tests.framework.random_graphs import SHAPES, graphs, values_for

from netwright import datasets, sym, templates
from netwright.device import cpu
from netwright.graph import plan_graph
from netwright.kernels.cuda import nvrtc
from netwright.kernels.cuda.sources import common
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Graph, Program, Strategy, Value, make_plan
from netwright.scheduler.fused import Fused
from netwright.scheduler.passes import optimize

KNOWN = {name: TensorSpec(shape, np.dtype("f4")) for name, shape in SHAPES.items()}


def graph_of(net: sym.Symbol, known: dict[str, TensorSpec], wrt: list[str] | None = None) -> Graph:
    """A graph as its plan for the CPU has it, before groups are made."""
    return Compiled(net, known, train=True, wrt=wrt or [], device=cpu(), strategy=Strategy(native=False)).plan.graph


def run(graph: Graph, outputs: list[Value], feeds: dict[str, Any]) -> list[Any]:
    program = Program(make_plan(graph, cpu(), Strategy(native=False)))
    program.forward(feeds)
    program.backward({})
    return [program.take([v])[0] for v in outputs]


def groups(graph: Graph) -> list[Fused]:
    return [node.op for node in graph.nodes if isinstance(node.op, Fused)]


def fed(graph: Graph, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        name: (rng.random(v.shape) + 0.5).astype(v.dtype) if v.dtype.kind == "f" else np.zeros(v.shape, v.dtype)
        for name, v in graph.inputs.items()
    }


def mlp() -> tuple[sym.Symbol, dict[str, TensorSpec], list[str]]:
    x = sym.FullyConnected(sym.Variable("data"), num_hidden=8, name="fc")
    x = sym.Activation(x, act_type="gelu", name="act") * 2.0 + 1.0
    loss = sym.MakeLoss(sym.mean(sym.square(x)), name="loss")
    return loss, {"data": TensorSpec((4, 6), np.dtype("f4"))}, ["fc_weight", "fc_bias"]


def test_chains_become_one_call_each_way() -> None:
    graph = graph_of(*mlp())
    before = len(graph.nodes)
    reports = optimize(graph, Strategy(), gpu=True)
    assert next(op.label for op in groups(graph)) == "fused(Activation, mul_scalar, plus_scalar, square)"
    assert len(groups(graph)) == 2
    assert {node.phase for node in graph.nodes if isinstance(node.op, Fused)} == {"forward", "backward"}
    assert len(graph.nodes) < before - 8
    assert reports[-1].name == "fuse_elements"
    assert "elementwise calls became 2 kernels" in reports[-1].changed
    assert "fused" in str(make_plan(graph, cpu(), Strategy()))


@pytest.mark.parametrize("name", ["cnn-digits", "resnet-digits", "lstm-text"])
def test_a_network_has_one_plan(name: str) -> None:
    """Groups, order and memory do not depend on where objects happen to lie."""
    template = templates.get(name)
    info = datasets.get(template.dataset).info
    plans = {str(plan_graph(template.graph, data=info, batch_size=8, training=True)) for _ in range(4)}
    assert len(plans) == 1


def test_without_native_code_and_under_debug_there_are_no_groups() -> None:
    graph = graph_of(*mlp())
    optimize(graph, Strategy(native=False))
    optimize(graph, Strategy.preset("debug"), gpu=True)
    assert not groups(graph)


def test_constants_are_made_inside_of_groups() -> None:
    x = sym.Variable("data")
    net = sym.Group([sym.broadcast_add(sym.exp(x), sym.zeros((3, 1)) + 2.0) * sym.ones((3, 4)), sym.sum(x)])
    graph = graph_of(net, {"data": TensorSpec((3, 4), np.dtype("f4"))})
    feeds = fed(graph)
    want = run(graph, graph.outputs, feeds)
    optimize(graph, Strategy())
    assert [node.op.name for node in graph.nodes if not node.inputs] == []
    for a, b in zip(want, run(graph, graph.outputs, feeds), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_result_that_others_read_leaves_the_group() -> None:
    x = sym.tanh(sym.Variable("data"))
    net = sym.Group([sym.exp(x) * 2.0, sym.sum(x)])
    graph = graph_of(net, {"data": TensorSpec((3, 4), np.dtype("f4"))})
    feeds = fed(graph)
    want = run(graph, graph.outputs, feeds)
    optimize(graph, Strategy(), gpu=True)
    for a, b in zip(want, run(graph, graph.outputs, feeds), strict=True):
        np.testing.assert_array_equal(a, b)


def test_states_are_read_before_they_are_brought_up_to_date() -> None:
    """A moving mean that is looked at beside the layer that changes it."""
    mean = sym.Variable("norm_moving_mean")
    data = sym.Variable("data")
    looked = mean * 2.0 + 1.0
    net = sym.Group([sym.BatchNorm(data, moving_mean=mean, name="norm"), looked])
    graph = graph_of(net, {"data": TensorSpec((4, 3), np.dtype("f4"))})
    optimize(graph, Strategy(), gpu=True)
    assert not any(v.name == "norm_moving_mean" for op in graph.nodes if isinstance(op.op, Fused) for v in op.inputs)


@given(net=graphs(), seed=st.integers(0, 9), gpu=st.booleans())
@settings(max_examples=30, deadline=None)
def test_random_graphs_give_the_same_bits(net: Any, seed: int, gpu: bool) -> None:
    values = {n: v.astype("f4") for n, v in values_for(net, seed).items()}
    known = {n: TensorSpec(v.shape, v.dtype) for n, v in values.items()}
    wrt = list(net.list_arguments())
    graph = graph_of(net, known, wrt)
    feeds = {n: values[n] if n in values else np.ones(v.shape, v.dtype) for n, v in graph.inputs.items()}
    want = run(graph, graph.outputs, dict(feeds))
    optimize(graph, Strategy(), gpu=gpu)
    for a, b in zip(want, run(graph, graph.outputs, dict(feeds)), strict=True):
        np.testing.assert_array_equal(a, b)


# ---------------------------------------------------------------- the kernels of whole networks
def training_groups() -> list[Fused]:
    """Of a convolutional network with batch norm and of an LSTM-like cell, forward and backward."""
    x = sym.Variable("data")
    x = sym.BatchNorm(sym.Convolution(x, kernel=(3, 3), num_filter=4, name="conv"), fix_gamma=False, name="norm")
    x = sym.LeakyReLU(x, act_type="elu") + sym.Activation(x, act_type="softrelu")
    gates = sym.FullyConnected(x, num_hidden=12, name="gates")
    i, f, o = sym.split(gates, num_outputs=3, axis=1)
    cell = sym.sigmoid(i) * sym.tanh(f)
    net = sym.MakeLoss(sym.mean(sym.LayerNorm(sym.sigmoid(o) * sym.tanh(cell), name="ln")), name="loss")
    known = {"data": TensorSpec((3, 2, 7, 7), np.dtype("f4"))}
    wrt = [n for n in net.list_arguments() if n != "data"]
    graph = graph_of(net, known, wrt)
    optimize(graph, Strategy(), gpu=True)
    return groups(graph)


TRAINING = training_groups()


def bodies() -> list[str]:
    return [op.kernel.source.removeprefix(common()) for op in TRAINING]


@pytest.mark.skipif(bool(nvrtc.why_not()), reason="NVRTC is not installed")
def test_the_groups_of_networks_compile() -> None:
    assert nvrtc.compile_for(common() + "".join(dict.fromkeys(bodies())), ("compute_80",))["compute_80"] > 0


@pytest.mark.skipif(not COMPILER, reason="there is no C++ compiler")
def test_the_groups_of_networks_compute_what_their_calls_do(tmp_path: Path) -> None:
    host = Host(tmp_path, common(), bodies())
    rng = np.random.default_rng(0)
    assert len(TRAINING) >= 4
    assert any(op.kernel.sizes for op in TRAINING), "something is broadcast"
    for op in TRAINING:
        inputs = [(rng.random(s.shape) + 0.5).astype(s.dtype) for s in op.specs]
        found = op.forward(np, None, *inputs)
        want = found if isinstance(found, tuple) else (found,)
        outputs = [np.zeros(op.kernel.shape, dtype) for dtype in op.kernel.dtypes]
        host.run(op.kernel.name, [*inputs, *outputs, *op.kernel.arguments()])
        for a, b in zip(want, outputs, strict=True):
            np.testing.assert_allclose(b, a, rtol=2e-5, atol=1e-6, err_msg=op.label)


class FakeModule:
    """NumPy as if it were CuPy: kernels are handed to a C++ program."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.launched: list[str] = []
        self.cuda = SimpleNamespace(
            runtime=SimpleNamespace(getDeviceProperties=lambda device: {"multiProcessorCount": 2})
        )

    def RawModule(self, code: str, options: Any, backend: str) -> Any:
        def get_function(name: str) -> Any:
            def launch(grid: Any, block: Any, arguments: Any) -> None:
                self.launched.append(name)
                given = [a.array if isinstance(a, OnDevice) else int(a) for a in arguments]
                self.host.run(name, given, blocks=grid[0], threads=4)

            return launch

        return SimpleNamespace(get_function=get_function)

    def ascontiguousarray(self, a: OnDevice) -> OnDevice:
        return a

    def empty(self, shape: Any, dtype: Any) -> OnDevice:
        return OnDevice(np.empty(shape, dtype))


class OnDevice:
    """An array with what a launch looks at."""

    def __init__(self, array: Any) -> None:
        self.array, self.device = array, SimpleNamespace(id=0)
        self.data = SimpleNamespace(ptr=array.ctypes.data)


@pytest.mark.skipif(not COMPILER, reason="there is no C++ compiler")
def test_a_launch_takes_wide_loads_where_addresses_allow(tmp_path: Path) -> None:
    graph = graph_of(*mlp())
    optimize(graph, Strategy(), gpu=True)
    op = groups(graph)[0]
    xp = FakeModule(Host(tmp_path, common(), [op.kernel.source.removeprefix(common())]))
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 8)).astype("f4")
    memory = np.zeros(40, "f4")
    start = (-memory.ctypes.data // 4) % 4
    for shift, name in ((0, op.kernel.wide), (1, op.kernel.name)):
        place = memory[start + shift : start + shift + 32].reshape(4, 8)
        place[:] = x
        found = op.forward(xp, None, OnDevice(place))
        outputs = found if isinstance(found, tuple) else (found,)
        if all(o.data.ptr % 16 == 0 for o in outputs) or shift:
            assert xp.launched[-1] == name
        reference = op.forward(np, None, x)
        for want, got in zip(reference if isinstance(reference, tuple) else (reference,), outputs, strict=True):
            np.testing.assert_allclose(got.array, want, rtol=1e-5)


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["mlp-digits", "lenet"])
def test_a_plan_on_a_device_gives_the_cpus_losses(name: str) -> None:
    from netwright import datasets
    from netwright.train import GraphTask, TrainSettings, fit

    template = templates.get(name)
    data = datasets.get("digits" if name == "mlp-digits" else template.dataset)
    losses = []
    for device in ("cpu", "gpu"):
        task = GraphTask(template.graph, data.info)
        x, y = data.arrays("train")
        result = fit(task, (x[:256], y[:256]), settings=TrainSettings(epochs=1, batch_size=64, seed=1, device=device))
        losses.append(result.metrics["train_loss"])
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
