"""Gradients in sparse storage: on the tape, in hybridized blocks, in executors. Storages are those of MXNet 1.9.1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netwright import autograd, cpu, nd, sym
from netwright.errors import GraphError, ParamError, ShapeError
from netwright.gluon import HybridBlock, SymbolBlock, nn, utils

A = np.array([[0.5, 0, 0.25], [0, 0, 0], [0, 0.75, 0]], np.float32)
INDICES = np.array([[3, 1], [3, 0]])


def lookups(weight_count: int = 5) -> Any:
    """How often each row is looked up by INDICES."""
    return np.bincount(INDICES.ravel(), minlength=weight_count).astype(np.float32)[:, None] * np.ones((1, 2))


# ------------------------------------------------------------------------------------------------------- the tape
@pytest.mark.parametrize("grad_stype", ["default", "row_sparse"])
@pytest.mark.parametrize("request_", ["write", "add"])
@pytest.mark.parametrize("sparse_grad", [True, False])
def test_embedding(grad_stype: str, request_: str, sparse_grad: bool) -> None:
    weight = nd.ones((5, 2))
    weight.attach_grad(request_, stype=grad_stype)
    for _ in range(2):
        with autograd.record():
            y = nd.Embedding(nd.array(INDICES), weight, 5, 2, sparse_grad=sparse_grad)
        y.backward()
    assert weight.grad is not None
    assert weight.grad.stype == grad_stype
    np.testing.assert_array_equal(weight.grad.asnumpy(), lookups() * (2 if request_ == "add" else 1))
    if grad_stype == "row_sparse":
        assert weight.grad.indices.asnumpy().tolist() == [0, 1, 3]  # type: ignore[attr-defined]


def test_a_linear_model() -> None:
    x, w = nd.array(A).tostype("csr"), nd.ones((3, 2))
    w.attach_grad(stype="row_sparse")
    with autograd.record():
        y = nd.sparse.dot(x, w)
        loss = (y * y).sum()
    loss.backward()
    assert w.grad is not None
    assert w.grad.stype == "row_sparse"
    np.testing.assert_allclose(w.grad.asnumpy(), A.T @ (2 * A @ np.ones((3, 2))), rtol=1e-6)


def test_the_gradient_of_a_sparse_array() -> None:
    for stype in ("csr", "row_sparse"):
        x = nd.array(A).tostype(stype)
        x.attach_grad()
        assert x.grad is not None
        assert x.grad.stype == stype
        with autograd.record():
            y = (nd.sparse.square(x) * 3).sum()
        y.backward()
        assert x.grad.stype == stype
        np.testing.assert_allclose(x.grad.asnumpy(), 6 * A)


def test_gradients_of_several_storages_meet() -> None:
    weight = nd.array(np.arange(10.0).reshape(5, 2))
    weight.attach_grad(stype="row_sparse")
    with autograd.record():
        y = nd.Embedding(nd.array([1]), weight, 5, 2, sparse_grad=True).sum()
        y = y + 2 * nd.Embedding(nd.array([1, 4]), weight, 5, 2, sparse_grad=True).sum()
    y.backward()
    assert weight.grad is not None
    assert weight.grad.indices.asnumpy().tolist() == [1, 4]  # type: ignore[attr-defined]
    assert weight.grad.asnumpy()[:, 0].tolist() == [0, 3, 0, 0, 2]
    with autograd.record():
        y = y.detach() + (weight * 2).sum() + nd.Embedding(nd.array([1]), weight, 5, 2, sparse_grad=True).sum()
    y.backward()
    assert weight.grad.asnumpy()[:, 0].tolist() == [2, 3, 2, 2, 2]


def test_casting_storages_is_differentiated() -> None:
    x = nd.array(A)
    x.attach_grad()
    with autograd.record():
        y = x.tostype("csr") * 2
        z = nd.sparse.retain(x.tostype("row_sparse"), nd.array([0, 1]))
    assert (y.stype, z.stype) == ("csr", "row_sparse")
    autograd.backward([y, z])
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.asnumpy(), [[3, 3, 3], [3, 3, 3], [2, 2, 2]])


def test_grad_returns_sparse_arrays() -> None:
    weight = nd.ones((5, 2))
    weight.attach_grad()
    with autograd.record():
        y = nd.Embedding(nd.array(INDICES), weight, 5, 2, sparse_grad=True)
    (found,) = autograd.grad(y, [weight])
    assert found.stype == "row_sparse"
    np.testing.assert_array_equal(found.asnumpy(), lookups())


def test_marked_gradients_keep_their_storage() -> None:
    weight, gradient = nd.ones((5, 2)), nd.zeros((5, 2), stype="row_sparse")
    autograd.mark_variables([weight], [gradient])
    with autograd.record():
        y = nd.Embedding(nd.array(INDICES), weight, 5, 2)
    y.backward()
    assert weight.grad is gradient
    np.testing.assert_array_equal(gradient.asnumpy(), lookups())


# ------------------------------------------------------------------------------------------------------- hybridized
def test_hybridized_blocks_keep_sparse_gradients() -> None:
    for hybridize in (False, True):
        net = nn.HybridSequential()
        net.add(nn.Embedding(5, 2, sparse_grad=True), nn.Dense(1))
        net.initialize()
        if hybridize:
            net.hybridize()
        with autograd.record():
            y = net(nd.array(INDICES)).sum()
        y.backward()
        gradient = net[0].weight.grad()
        assert gradient.stype == "row_sparse"  # MXNet's Embedding(sparse_grad=True) asks for it
        assert gradient.indices.asnumpy().tolist() == [0, 1, 3]
        if hybridize:
            assert "call by call" in str(net.plans()[0])


# ------------------------------------------------------------------------------------------------------- executors
def test_an_executor_over_csr_data() -> None:
    y = sym.sparse.dot(sym.var("x", stype="csr"), sym.var("w"))
    executor = y.simple_bind(cpu(), x=(3, 3), w=(3, 2), grad_req={"x": "null", "w": "write"})
    assert executor.arg_dict["x"].stype == "csr"
    assert executor.grad_dict["w"].stype == "row_sparse"
    executor.arg_dict["w"][:] = 1
    (output,) = executor.forward(is_train=True, x=nd.array(A).tostype("csr"))
    np.testing.assert_allclose(output.asnumpy(), A @ np.ones((3, 2)))
    executor.backward(nd.ones((3, 2)))
    assert executor.grad_dict["w"].stype == "row_sparse"
    np.testing.assert_allclose(executor.grad_dict["w"].asnumpy(), A.T @ np.ones((3, 2)))
    assert "call by call" in executor.debug_str()
    wide = executor.reshape(x=(5, 3), w=(3, 2), allow_up_sizing=True)
    assert wide.arg_dict["x"].stype == "csr"
    assert wide.arg_dict["w"] is executor.arg_dict["w"]


def test_gradients_that_add_up_in_an_executor() -> None:
    y = sym.Embedding(sym.var("data"), sym.var("w"), input_dim=5, output_dim=2, sparse_grad=True)
    executor = y.simple_bind(cpu(), data=INDICES.shape, grad_req={"data": "null", "w": "add"})
    assert executor.grad_dict["w"].stype == "row_sparse"
    for _ in range(2):
        executor.forward(is_train=True, data=nd.array(INDICES))
        executor.backward()
    np.testing.assert_array_equal(executor.grad_dict["w"].asnumpy(), 2 * lookups())


STORED = {  # operator and storages of its variables: storages of their gradients
    ("elemwise_add", "csr", "csr"): ("csr", "csr"),
    ("elemwise_add", "row_sparse", "row_sparse"): ("row_sparse", "row_sparse"),
    ("elemwise_add", "csr", "default"): ("default", "default"),
    ("elemwise_sub", "csr", "csr"): ("csr", "csr"),
    ("elemwise_div", "csr", "csr"): ("default", "default"),
    ("abs", "csr"): ("csr",),
    ("square", "row_sparse"): ("row_sparse",),
    ("relu", "csr"): ("csr",),
    ("sqrt", "csr"): ("default",),
    ("sigmoid", "csr"): ("default",),
    ("sign", "row_sparse"): ("row_sparse",),
}


@pytest.mark.parametrize("case", STORED, ids="-".join)
def test_storages_of_bound_gradients(case: tuple[str, ...]) -> None:
    name, *stypes = case
    variables = [sym.var(f"v{i}", stype=s) for i, s in enumerate(stypes)]
    y = getattr(sym.sparse, name)(*variables)
    executor = y.simple_bind(cpu(), **{f"v{i}": (3, 3) for i in range(len(stypes))})
    assert tuple(a.stype for a in executor.arg_arrays) == tuple(stypes)
    assert tuple(a.stype for a in executor.grad_arrays if a is not None) == STORED[case]
    for array, stype in zip(executor.arg_arrays, stypes, strict=True):
        array[:] = nd.array(np.abs(A) + 1).tostype(stype)
    executor.forward(is_train=True)
    executor.backward()
    assert tuple(a.stype for a in executor.grad_arrays if a is not None) == STORED[case]


def test_storages_are_written_as_mxnet_writes_them() -> None:
    assert sym.var("v", stype="csr").attr_dict() == {"v": {"__storage_type__": "2"}}
    assert sym.var("v", stype="row_sparse").list_attr() == {"__storage_type__": "1"}
    read = sym.load_json((sym.var("v", stype="csr") * 2).tojson())
    assert read.simple_bind(cpu(), v=(2, 2)).arg_dict["v"].stype == "csr"


def test_bound_arrays_of_any_storage() -> None:
    x, w = sym.var("x"), sym.var("w")
    gradient = nd.zeros((3, 2), stype="row_sparse")
    executor = sym.dot(x, w).bind(
        cpu(), {"x": nd.array(A).tostype("csr"), "w": nd.ones((3, 2))}, {"w": gradient}, {"w": "write"}
    )
    executor.forward(is_train=True)
    executor.backward()
    np.testing.assert_allclose(gradient.asnumpy(), A.T @ np.ones((3, 2)))
    dense = sym.dot(x, w).bind(cpu(), {"x": nd.array(A), "w": nd.ones((3, 2))}, {"w": gradient}, {"w": "add"})
    dense.forward(is_train=True)
    dense.backward()
    np.testing.assert_allclose(gradient.asnumpy(), 2 * A.T @ np.ones((3, 2)))
    assert sym.dot(x, w).eval(x=nd.array(A).tostype("csr"), w=nd.ones((3, 2)))[0].stype == "default"


def test_misuse_is_told() -> None:
    with pytest.raises(ParamError, match="unknown storage type"):
        sym.var("x", stype="sparse")
    y = sym.dot(sym.var("x"), sym.var("w"))
    with pytest.raises(GraphError, match="there is no argument 'z'"):
        y.simple_bind(cpu(), stype_dict={"z": "csr"}, x=(3, 3), w=(3, 2))
    with pytest.raises(ShapeError, match="2 dimensional"):
        y.simple_bind(cpu(), stype_dict={"x": "csr"}, x=(3, 3, 3), w=(3, 2))


class Linear(HybridBlock):
    """y = x · w, with a row sparse gradient."""

    def __init__(self) -> None:
        super().__init__(prefix="linear_")
        self.weight = self.params.get("weight", shape=(3, 2), init="ones", grad_stype="row_sparse")

    def hybrid_forward(self, F: Any, x: Any, weight: Any) -> Any:
        return F.sparse.dot(x, weight)


def test_csr_data_in_a_hybridized_block(tmp_path: Path) -> None:
    net, x = Linear(), nd.array(A).tostype("csr")
    net.initialize()
    found = []
    for hybridize in (False, True):
        net.hybridize(hybridize)
        with autograd.record():
            y = (net(x) ** 2).sum()
        y.backward()
        found.append(net.weight.grad())
    assert [g.stype for g in found] == ["row_sparse"] * 2
    np.testing.assert_allclose(found[0].asnumpy(), found[1].asnumpy())
    net(nd.array(A))
    assert ["call by call" in str(plan) for plan in net.plans()] == [True, False], "dense data have a plan of their own"
    symbol, params = net.export(str(tmp_path / "linear"))
    read = SymbolBlock.imports(symbol, ["data"], params)
    np.testing.assert_allclose(read(x).asnumpy(), A @ np.ones((3, 2)), rtol=1e-6)


def test_utilities_take_sparse_arrays() -> None:
    parts = utils.split_and_load(nd.array(A[:2]).tostype("csr"), [cpu(0), cpu(1)])
    assert [p.stype for p in parts] == ["csr", "csr"]
    arrays = [nd.array(A).tostype("row_sparse"), nd.array(A)]
    norm = utils.clip_global_norm(arrays, 0.5)
    np.testing.assert_allclose(norm, np.sqrt(2 * (A**2).sum()), rtol=1e-6)
    assert [a.stype for a in arrays] == ["row_sparse", "default"]
    for array in arrays:
        np.testing.assert_allclose(array.asnumpy(), A * 0.5 / norm, rtol=1e-5)
