"""base, error, log, engine, runtime, util, registry and devices, as MXNet programs use them."""

from __future__ import annotations

import logging
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netwright as mx
from netwright.errors import DeviceError, NetwrightError, ParamError


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("gluon.block", "Block HybridBlock SymbolBlock"),
        ("gluon.contrib.data.sampler", "IntervalSampler"),
        ("gluon.contrib.nn.basic_layers", "Concurrent SyncBatchNorm"),
        ("gluon.contrib.rnn.conv_rnn_cell", "Conv2DLSTMCell"),
        ("gluon.data.vision.datasets", "MNIST ImageFolderDataset"),
        ("gluon.model_zoo.vision.resnet", "ResNetV1 resnet18_v1"),
        ("gluon.nn.activations", "Activation PReLU"),
        ("gluon.nn.basic_layers", "Dense BatchNorm Sequential Lambda"),
        ("gluon.nn.conv_layers", "Conv2D MaxPool2D"),
        ("gluon.parameter", "Parameter ParameterDict"),
        ("gluon.rnn.rnn_cell", "LSTMCell HybridRecurrentCell"),
        ("gluon.rnn.rnn_layer", "LSTM"),
        ("image.image", "ImageIter imdecode"),
        ("io.io", "DataBatch NDArrayIter"),
        ("mod.base_module", "BaseModule"),
        ("nd.ndarray", "NDArray array zeros"),
        ("ndarray.utils", "load save"),
        ("optimizer.optimizer", "Adam Optimizer Updater get_updater"),
        ("rnn.rnn_cell", "LSTMCell BaseRNNCell"),
        ("sym.symbol", "Symbol Variable load_json"),
    ],
)
def test_names_are_imported_from_mxnets_modules(module: str, names: str) -> None:
    """And are the same objects as those the package shows."""
    found = import_module(f"netwright.{module}")
    package = import_module(f"netwright.{module.rpartition('.')[0]}")
    for name in names.split():
        assert getattr(found, name) is getattr(package, name)
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec(f"from netwright.{module} import nothing")


def test_base() -> None:
    assert mx.base.MXNetError is mx.MXNetError
    assert issubclass(mx.MXNetError, RuntimeError)
    assert isinstance(np.float32(1), mx.base.numeric_types)
    assert isinstance(np.int64(1), mx.base.integer_types)
    assert not isinstance(1.0, mx.base.integer_types)
    assert isinstance("a", mx.base.string_types)
    assert mx.base.py_str(b"\xc3\xa9") == "é"


def test_data_dir(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MXNET_HOME", "kept")
    assert mx.base.data_dir() == "kept"
    monkeypatch.delenv("MXNET_HOME")
    assert mx.base.data_dir() == mx.base.data_dir_default() == str(Path.home() / ".mxnet")


def test_errors_are_registered_by_name() -> None:
    @mx.error.register
    class Odd(mx.MXNetError):
        pass

    @mx.error.register("Other")
    class Named(mx.MXNetError):
        pass

    assert mx.error.register("Value", ValueError) is ValueError
    try:
        found = mx.error.error_types
        assert (found["Odd"], found["Other"], found["Value"]) == (Odd, Named, ValueError)
        assert "Named" not in found
    finally:
        for name in ("Odd", "Other", "Value"):
            del mx.error.error_types[name]
    assert "report it" in str(mx.error.InternalError("no memory was planned"))
    with pytest.raises(ParamError, match="only a class of errors can be registered"):
        mx.error.register("x", 3)


def test_loggers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logger = mx.log.get_logger("netwright.test.file", str(tmp_path / "log"), level=mx.log.INFO)
    logger.info("to a file")
    assert (tmp_path / "log").read_text() == "to a file\n"
    assert mx.log.get_logger("netwright.test.file") is logger
    assert len(logger.handlers) == 1
    logger.handlers.pop().close()
    shown = mx.log.get_logger("netwright.test.stderr")
    assert shown.level == logging.WARNING
    shown.warning("look %d", 3)
    shown.info("not shown")
    text = capsys.readouterr().err
    assert text.startswith("\x1b[31mW")
    assert text.endswith("]\x1b[0m look 3\n")
    assert "test_small_modules.py:test_loggers:" in text
    assert mx.log.get_logger() is logging.getLogger()


def test_bulk_size_is_kept_and_given_back() -> None:
    before = mx.engine.set_bulk_size(10)
    try:
        assert mx.engine.set_bulk_size(11) == 10
        with mx.engine.bulk(5):
            x = mx.nd.ones((1,))
            for _ in range(3):
                x += 1
            assert mx.engine.set_bulk_size(6) == 5
        assert mx.engine.set_bulk_size(11) == 11
        assert float(x) == 4
    finally:
        mx.engine.set_bulk_size(before)


def test_features() -> None:
    features = mx.runtime.Features()
    assert features.is_enabled("lapack")
    assert features.is_enabled("CUDA") is (mx.num_gpus() > 0)
    assert not features.is_enabled("TENSORRT")
    assert len(features) == len(mx.runtime.feature_list()) == 32  # MXNet 1.9.1 names as many
    assert "✔ LAPACK" in repr(features)
    assert "✖ TENSORRT" in repr(features)
    with pytest.raises(RuntimeError, match=r"there is no feature 'WARP'\. Known: CUDA"):
        features.is_enabled("WARP")


def test_numpy_semantics_are_told_as_they_are() -> None:
    assert (mx.util.is_np_shape(), mx.is_np_array()) == (False, False)
    with mx.np_shape():
        assert mx.is_np_shape()
        with mx.np_shape(False):
            assert not mx.is_np_shape()
        assert mx.util.set_np_shape(True)
    assert not mx.util.set_np_shape(False)

    @mx.use_np_shape
    def shaped() -> bool:
        return mx.is_np_shape()

    @mx.use_np_shape
    class Shaped:
        @property
        def on(self) -> bool:
            return mx.is_np_shape()

        def method(self) -> bool:
            return mx.is_np_shape()

    assert shaped()
    assert Shaped().on
    assert Shaped().method()
    assert not mx.is_np_shape()
    for wanted in (mx.util.set_np, mx.np_array, lambda: mx.use_np(shaped), lambda: mx.use_np_array(shaped)):
        with pytest.raises(ParamError, match=r"there are no NumPy-like arrays \(mx\.np\)"):
            wanted()
    mx.util.reset_np()
    with pytest.raises(ParamError, match="Pass shape=True"):
        mx.util.set_np(shape=False)


def test_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETWRIGHT_TEST", raising=False)
    assert mx.util.getenv("NETWRIGHT_TEST") is None
    mx.util.setenv("NETWRIGHT_TEST", "1")
    assert mx.util.getenv("NETWRIGHT_TEST") == "1"
    mx.util.setenv("NETWRIGHT_TEST", None)
    assert mx.util.getenv("NETWRIGHT_TEST") is None


def test_default_device() -> None:
    assert mx.Context.default_ctx == mx.cpu()
    with mx.cpu(1):
        assert mx.Context.default_ctx == mx.cpu(1)
    mx.Context.default_ctx = mx.cpu(2)  # type: ignore[assignment,misc]
    try:
        assert mx.current_context() == mx.cpu(2)
    finally:
        mx.Context.default_ctx = mx.cpu(0)  # type: ignore[assignment,misc]
    with pytest.raises(DeviceError, match=r"gpu\(99\) is not there"):
        mx.context.gpu_memory_info(99)
    assert mx.util.get_gpu_count() == mx.num_gpus()


def test_registries_of_ones_own() -> None:
    class Animal:
        def __init__(self, legs: int = 4) -> None:
            self.legs = legs

    register = mx.registry.get_register_func(Animal, "animal")
    alias = mx.registry.get_alias_func(Animal, "animal")
    create: Any = mx.registry.get_create_func(Animal, "animal")

    @alias("kitty", "tom")
    @register
    class Cat(Animal):
        pass

    register(Cat, "mouser")
    assert set(mx.registry.get_registry(Animal)) == {"cat", "kitty", "tom", "mouser"}
    made = create("Kitty", legs=3)
    assert (type(made), made.legs) == (Cat, 3)
    assert create(made) is made
    assert create('["cat", {"legs": 5}]').legs == 5
    assert create('{"animal": "tom", "legs": 6}').legs == 6
    assert create(animal="cat", legs=7).legs == 7
    for wrong, words in (
        (lambda: create("dog"), "there is no animal 'dog'"),
        (lambda: create(legs=3), "wanted the key 'animal'"),
        (lambda: register(int), "this is no animal"),
        (lambda: create(made, 2), "made already"),
    ):
        with pytest.raises(NetwrightError, match=words):
            wrong()
