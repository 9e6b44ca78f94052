"""Operators written in Python, in both worlds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netwright as mx


class Scaled(mx.operator.CustomOp):
    """y = scale · x²; counts its calls in a state."""

    def __init__(self, scale: float) -> None:
        self.scale = scale

    def forward(self, is_train: bool, req: Any, in_data: Any, out_data: Any, aux: Any) -> None:
        self.assign(out_data[0], req[0], self.scale * in_data[0] * in_data[0])
        aux[0][:] = aux[0] + 1

    def backward(self, req: Any, out_grad: Any, in_data: Any, out_data: Any, in_grad: Any, aux: Any) -> None:
        self.assign(in_grad[0], req[0], 2 * self.scale * in_data[0] * out_grad[0])


@mx.operator.register("test_scaled")
class ScaledProp(mx.operator.CustomOpProp):
    def __init__(self, scale: str = "1") -> None:
        super().__init__(need_top_grad=True)
        self.scale = float(scale)

    def list_auxiliary_states(self) -> list[str]:
        return ["count"]

    def infer_shape(self, in_shape: Any) -> Any:
        return in_shape, [in_shape[0]], [[1]]

    def create_operator(self, ctx: Any, in_shapes: Any, in_dtypes: Any) -> Scaled:
        return Scaled(self.scale)


class Softmax(mx.operator.CustomOp):
    def forward(self, is_train: bool, req: Any, in_data: Any, out_data: Any, aux: Any) -> None:
        self.assign(out_data[0], req[0], mx.nd.softmax(in_data[0]))

    def backward(self, req: Any, out_grad: Any, in_data: Any, out_data: Any, in_grad: Any, aux: Any) -> None:
        y = out_data[0].asnumpy()
        y[np.arange(len(y)), in_data[1].asnumpy().astype(int)] -= 1
        self.assign(in_grad[0], req[0], mx.nd.array(y))


@mx.operator.register("test_softmax")
class SoftmaxProp(mx.operator.CustomOpProp):
    def __init__(self) -> None:
        super().__init__(need_top_grad=False)

    def list_arguments(self) -> list[str]:
        return ["data", "label"]

    def infer_shape(self, in_shape: Any) -> Any:
        return [in_shape[0], [in_shape[0][0]]], [in_shape[0]], []

    def create_operator(self, ctx: Any, in_shapes: Any, in_dtypes: Any) -> Softmax:
        return Softmax()


def test_eager_call_is_recorded() -> None:
    x, count = mx.nd.array([1, 2, 3]), mx.nd.zeros(1)
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(x, count, op_type="test_scaled", scale=3)
        (y * 2).sum().backward()
    assert y.asnumpy().tolist() == [3, 12, 27]
    assert x.grad.asnumpy().tolist() == [12, 24, 36]
    assert count.asscalar() == 1


def test_symbolic_call_runs_in_a_plan_and_survives_its_file() -> None:
    out = mx.sym.Custom(mx.sym.Variable("x") + 0, op_type="test_scaled", scale=2, name="s")
    out = mx.sym.load_json(out.tojson())
    assert (out.list_arguments(), out.list_auxiliary_states(), out.list_outputs()) == (
        ["x"],
        ["s_count"],
        ["s_output"],
    )
    executor = out.simple_bind(x=(3,))
    executor.arg_dict["x"][:] = mx.nd.array([1, 2, 3])
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == [2, 8, 18]
    executor.backward(mx.nd.ones(3))
    assert executor.grad_dict["x"].asnumpy().tolist() == [4, 8, 12]
    assert executor.aux_dict["s_count"].asscalar() == 1


def test_a_custom_loss_trains_as_the_built_in_one() -> None:
    def trained(loss: Any) -> np.ndarray[Any, Any]:
        x = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
        module = mx.mod.Module(loss(x))
        drawn = np.random.RandomState(0).randn(20, 4).astype("f")
        rows = mx.io.NDArrayIter(drawn, drawn[:, :3].argmax(1), 5)
        given = {"fc_weight": mx.nd.ones((3, 4)), "fc_bias": mx.nd.zeros(3)}
        module.fit(rows, num_epoch=2, arg_params=given, aux_params={}, optimizer_params={"learning_rate": 0.5})
        return module.get_params()[0]["fc_weight"].asnumpy()

    mine = trained(lambda x: mx.sym.Custom(x, op_type="test_softmax", label=mx.sym.Variable("softmax_label")))
    theirs = trained(lambda x: mx.sym.SoftmaxOutput(x, mx.sym.Variable("softmax_label")))
    np.testing.assert_allclose(mine, theirs, rtol=1e-5)


def test_a_compiled_block_calls_it() -> None:
    class Net(mx.gluon.HybridBlock):
        def hybrid_forward(self, F: Any, x: Any, label: Any) -> Any:
            return F.Custom(x * 2, label, op_type="test_softmax")

    net = Net()
    x, label = mx.nd.random.normal(shape=(4, 3)), mx.nd.array([0, 1, 2, 0])
    plain = net(x, label)
    net.hybridize()
    np.testing.assert_allclose(net(x, label).asnumpy(), plain.asnumpy(), rtol=1e-6)


def test_misuse_is_explained() -> None:
    with pytest.raises(mx.MXNetError, match="Did you mean test_scaled"):
        mx.nd.Custom(mx.nd.ones(2), op_type="test_scale")
    with pytest.raises(mx.MXNetError, match="unexpected keyword argument 'sale'"):
        mx.nd.Custom(mx.nd.ones(2), op_type="test_scaled", sale=3)
    with pytest.raises(mx.MXNetError, match="wanted data, count, got 3"):
        mx.nd.Custom(*[mx.nd.ones(1)] * 3, op_type="test_scaled")
    with pytest.raises(mx.MXNetError, match=r"wanted \(4,\), got \(3,\)"):
        mx.nd.Custom(mx.nd.ones((4, 2)), mx.nd.ones(3), op_type="test_softmax")
    with pytest.raises(mx.MXNetError, match="unknown request"):
        mx.operator.CustomOp().assign(mx.nd.ones(1), "put", 1)


def test_storage_types_are_dense() -> None:
    prop = mx.operator.CustomOpProp()
    assert prop.infer_storage_type(["default"]) == (["default"], ["default"], [])
    lists = (["default"], ["default"], ["default"], ["default"], [])
    assert prop.infer_storage_type_backward(*lists) == lists
    with pytest.raises(mx.MXNetError, match="wanted default, got csr"):
        prop.infer_storage_type(["csr"])


@pytest.mark.parametrize("old", ["NDArrayOp", "NumpyOp", "PythonOp"])
def test_replaced_kinds_name_their_successor(old: str) -> None:
    with pytest.raises(mx.MXNetError, match=f"{old}: this kind of operator was replaced. Write a CustomOp"):
        getattr(mx.operator, old)()


def test_operators_are_listed() -> None:
    names = mx.operator.get_all_registered_operators()
    assert {"Convolution", "FullyConnected", "elemwise_add"} <= set(names)
    found = mx.operator.get_operator_arguments("FullyConnected")
    assert found.names[:4] == ["data", "weight", "bias", "num_hidden"]
    assert (found.narg, found.types[0]) == (len(found.names), "NDArray-or-Symbol")


def test_an_error_of_the_users_own_code_names_the_operator_and_is_the_cause() -> None:
    class Broken(mx.operator.CustomOp):
        def forward(self, is_train: Any, req: Any, in_data: Any, out_data: Any, aux: Any) -> None:
            raise ValueError("seven is not a shape")

    @mx.operator.register("test_broken")
    class BrokenProp(mx.operator.CustomOpProp):
        def create_operator(self, ctx: Any, in_shapes: Any, in_dtypes: Any) -> Broken:
            return Broken()

    with pytest.raises(
        mx.MXNetError, match=r"test_broken\.forward: .* failed with ValueError: seven is not a"
    ) as raised:
        mx.nd.Custom(mx.nd.ones((2,)), op_type="test_broken")
    assert isinstance(raised.value.__cause__, ValueError)
