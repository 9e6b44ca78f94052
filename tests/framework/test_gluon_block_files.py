"""Blocks and files: weights by path and by name, shared ones, export and import. Names are MXNet 1.9.1's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.framework.test_gluon_block import _fresh_names as _fresh_names
from tests.framework.test_gluon_block import data, gradients, mlp, values
from tests.framework.test_gluon_block_compiling import NETS, _add

import netwright as mx
from netwright import autograd, gluon, nd, sym
from netwright.errors import (
    CheckpointError,
    ParamError,
    ShapeError,
)
from netwright.gluon import nn


# ---------------------------------------------------------------- files
def test_save_and_load_by_path(tmp_path: Path) -> None:
    file = str(tmp_path / "net.params")
    net, other = mlp(prefix="a_"), mlp(prefix="b_")
    net.initialize(mx.init.Normal())
    y = net(data(2, 5))
    net.save_parameters(file)
    assert sorted(nd.load(file)) == ["0.bias", "0.weight", "1.bias", "1.weight"]
    other.load_parameters(file)
    np.testing.assert_array_equal(other(data(2, 5)).asnumpy(), y.asnumpy())
    again = mlp()
    again.initialize()
    again.load_parameters(file, ctx=mx.cpu())
    np.testing.assert_array_equal(again(data(2, 5)).asnumpy(), y.asnumpy())


def test_missing_and_extra(tmp_path: Path) -> None:
    file = str(tmp_path / "net.params")
    net = mlp()
    net.initialize()
    net(data(2, 5))
    net.save_parameters(file)
    bigger, smaller = mlp(), nn.HybridSequential()
    bigger.add(nn.Dense(1))
    smaller.add(nn.Dense(4))
    with pytest.raises(ParamError, match=r"net\.params: parameter '2\.weight' is not in the file.*allow_missing=True"):
        bigger.load_parameters(file)
    bigger.initialize(mx.init.One())
    bigger.load_parameters(file, allow_missing=True)
    np.testing.assert_array_equal(bigger[0].weight.data().asnumpy(), net[0].weight.data().asnumpy())
    with pytest.raises(ParamError, match=r"the file holds '1\.\w+', which the network has not.*ignore_extra=True"):
        smaller.load_parameters(file)
    smaller.load_parameters(file, ignore_extra=True)
    np.testing.assert_array_equal(smaller[0].weight.data().asnumpy(), net[0].weight.data().asnumpy())


def test_files_of_other_shapes_dtypes_and_kinds(tmp_path: Path) -> None:
    file = str(tmp_path / "net.params")
    net = nn.Dense(2, in_units=3)
    net.initialize()
    net.save_parameters(file)
    with pytest.raises(ShapeError, match=r"dense1_weight: the parameter's shape does not fit .*got \(2, 3\)"):
        nn.Dense(2, in_units=4).load_parameters(file)
    double = nn.Dense(2, in_units=3, dtype="float64")
    with pytest.raises(ParamError, match=r"another dtype \(wanted float64, got float32\)\. Pass cast_dtype=True"):
        double.load_parameters(file)
    double.load_parameters(file, cast_dtype=True)
    assert double.weight.data().dtype is np.float64
    single = nn.Dense(2, in_units=3, dtype="float64")
    single.load_parameters(file, cast_dtype=True, dtype_source="saved")
    assert single.weight.data().dtype is np.float32
    with pytest.raises(ParamError, match="unknown dtype_source"):
        single.load_parameters(file, dtype_source="other")
    nd.save(file, [nd.ones((1,))])
    with pytest.raises(ParamError, match=r"net\.params: the file holds arrays without names"):
        net.load_parameters(file)
    with pytest.raises(CheckpointError, match="nothing: the file cannot be read"):
        net.load_parameters(str(tmp_path / "nothing"))


def test_names_of_parameters_are_understood_too(tmp_path: Path) -> None:
    file = str(tmp_path / "net.params")
    net = mlp(prefix="m_")
    net.initialize()
    net(data(2, 5))
    net.collect_params().save(file)
    other = mlp(prefix="m_")
    other.load_parameters(file)
    np.testing.assert_array_equal(other[1].weight.data().asnumpy(), net[1].weight.data().asnumpy())


def test_shared_parameters_are_saved_once_where_asked(tmp_path: Path) -> None:
    file = str(tmp_path / "net.params")

    def tied() -> nn.Sequential:
        net = nn.Sequential()
        first = nn.Dense(3, in_units=3)
        net.add(first, nn.Dense(3, in_units=3, params=first.params))
        return net

    net, other = tied(), tied()
    net.initialize()
    net.save_parameters(file, deduplicate=True)
    assert sorted(nd.load(file)) == ["0.bias", "0.weight"]
    other.load_parameters(file)
    np.testing.assert_array_equal(other(data(1, 3)).asnumpy(), net(data(1, 3)).asnumpy())


# ---------------------------------------------------------------- export
@pytest.mark.parametrize("name", NETS)
def test_export_and_import(name: str, tmp_path: Path) -> None:
    net = NETS[name]()
    net.initialize(mx.init.Normal(0.5))
    with pytest.raises(RuntimeError, match=r"there is nothing to export yet\. Call hybridize\(\)"):
        net.export(str(tmp_path / "m"))
    net.hybridize()
    x = data(4, 5)
    expected = net(x).asnumpy()
    names = net.export(str(tmp_path / "m"), epoch=3)
    assert [Path(n).name for n in names] == ["m-symbol.json", "m-0003.params"]
    assert all(n.startswith("arg:") for n in nd.load(names[1]))
    block = gluon.SymbolBlock.imports(names[0], "data", names[1])
    np.testing.assert_allclose(block(x).asnumpy(), expected, rtol=1e-6)
    if "plain" not in name:
        np.testing.assert_allclose(block(data(2, 5)).asnumpy(), net(data(2, 5)).asnumpy(), rtol=1e-6)
    assert json.loads(Path(names[0]).read_text())["attrs"]["mxnet_version"] == ["int", 10901]


def test_exported_states_are_auxiliary(tmp_path: Path) -> None:
    net = _add(nn.HybridSequential(), nn.BatchNorm(in_channels=2, prefix="bn_"))
    net.initialize()
    net.hybridize()
    with autograd.record():
        net(data(8, 2))
    y = net(data(8, 2))
    json_name, params_name = net.export(str(tmp_path / "m"))
    assert sorted(nd.load(params_name)) == ["arg:bn_beta", "arg:bn_gamma", "aux:bn_running_mean", "aux:bn_running_var"]
    block = gluon.SymbolBlock.imports(json_name, ["data"], params_name, ctx=mx.cpu())
    np.testing.assert_allclose(block(data(8, 2)).asnumpy(), y.asnumpy(), rtol=1e-6)
    assert block.collect_params()["bn_running_mean"].grad_req == "null"
    with autograd.record():
        loss = block(data(8, 2)).sum()
    loss.backward()
    assert (block.collect_params()["bn_beta"].grad().asnumpy() == 8).all()


def test_a_block_of_a_symbol() -> None:
    x, y = sym.Variable("x"), sym.Variable("y")
    inner = sym.FullyConnected(x, num_hidden=2, name="fc")
    block = gluon.SymbolBlock([inner, inner + y], [x, y])
    block.initialize(mx.init.One())
    first, second = block(nd.ones((1, 3)), nd.full((1, 2), 10))
    assert values(first) == [[4, 4]]  # in a symbol's block, biases are initialised like weights
    assert values(second) == [[14, 14]]
    assert sorted(block.collect_params()) == ["fc_bias", "fc_weight"]
    # inside another network, trained with it
    net = nn.HybridSequential()
    net.add(gluon.SymbolBlock(inner, x, params=block.collect_params()), nn.Dense(1, in_units=2))
    net.initialize(mx.init.One(), force_reinit=True)
    eager = gradients(net, nd.ones((1, 3)))
    net.hybridize()
    compiled = gradients(net, nd.ones((1, 3)))
    for name, gradient in eager.items():
        np.testing.assert_allclose(compiled[name], gradient)
    assert net[0].collect_params()["fc_weight"] is block.collect_params()["fc_weight"]


def test_imports_want_every_weight(tmp_path: Path) -> None:
    net = mlp()
    net.initialize()
    net.hybridize()
    net(data(1, 5))
    json_name, params_name = net.export(str(tmp_path / "m"))
    arrays = nd.load(params_name)
    assert isinstance(arrays, dict)
    name = next(iter(arrays))
    del arrays[name]
    nd.save(params_name, arrays)
    with pytest.raises(ParamError, match=f"parameter '{name[4:]}' is not in the file"):
        gluon.SymbolBlock.imports(json_name, "data", params_name)
    gluon.SymbolBlock.imports(json_name, "data", params_name, allow_missing=True)
