"""Every call of the public Triton client for HTTP, synchronous and asynchronous, on both forms of the addresses."""

from __future__ import annotations

import inspect
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
import tritonclient.http.aio as aio
from tests.backend.inference_fakes import Fixture, LinearPredictor, iris_weights
from tests.backend.serving_tools import serving
from tritonclient.http.auth import BasicAuth
from tritonclient.utils import InferenceServerException
from tritonclient.utils import shared_memory as shm

from netwright_studio.inference.open_inference import OpenInferenceApp

X = np.random.default_rng(1).normal(0, 1, (5, 4)).astype(np.float32)
WANTED = LinearPredictor(iris_weights())(X)


class Noting:
    """A client that notes which of its calls were used, and makes coroutines of those that are not."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.used: set[str] = set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        self.used.add(name)
        found: Callable[..., Any] = getattr(self._client, name)

        async def call(*arguments: Any, **named: Any) -> Any:
            answer = found(*arguments, **named)
            return await answer if inspect.isawaitable(answer) else answer

        return call


def calls_of(client: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(client, callable) if not name.startswith("_")}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    fixture = Fixture(tmp_path_factory.mktemp("home"))
    fixture.publish()
    fixture.publish()
    with serving(OpenInferenceApp(fixture.server)) as address:
        yield address
    fixture.store.close()


@pytest.fixture(params=["sync", "aio"])
async def client(request: pytest.FixtureRequest, address: str) -> AsyncIterator[Noting]:
    module = triton if request.param == "sync" else aio
    made = Noting(module.InferenceServerClient(address))
    yield made
    await made.close()


def tensor(x: np.ndarray = X, *, binary: bool = True, datatype: str = "FP32") -> Any:
    made = triton.InferInput("data", list(x.shape), datatype)
    made.set_data_from_numpy(x, binary_data=binary)
    return made


async def test_every_call(client: Noting) -> None:
    await health_and_metadata(client)
    await inference(client)
    await repository_and_statistics(client)
    await settings(client)
    await system_shared_memory(client)
    await cuda_shared_memory(client)
    await plugins(client)
    await bodies(client)
    kind = type(object.__getattribute__(client, "_client"))
    if kind is triton.InferenceServerClient:
        await asynchronous_requests(client)
    assert calls_of(kind) - client.used == {"close"}


async def health_and_metadata(client: Noting) -> None:
    assert await client.is_server_live()
    assert await client.is_server_ready()
    assert await client.is_model_ready("iris")
    assert await client.is_model_ready("iris", "1")
    assert not await client.is_model_ready("iris", "3")
    extensions = (await client.get_server_metadata())["extensions"]
    assert {"binary_tensor_data", "system_shared_memory", "statistics", "trace", "logging"} <= set(extensions)
    for version in ("", "1", "2"):
        metadata = await client.get_model_metadata("iris", version)
        assert metadata["versions"] == ["1", "2"]
        assert metadata["outputs"] == [
            {"name": "softmax", "datatype": "FP32", "shape": [-1, 3]},
            {"name": "sum", "datatype": "FP32", "shape": [-1]},
        ]
        assert (await client.get_model_config("iris", version))["max_batch_size"] == 64


async def inference(client: Noting) -> None:
    outputs = [triton.InferRequestedOutput("sum", binary_data=False), triton.InferRequestedOutput("softmax")]
    for _ in range(3):  # the second and third come by the short lane
        result = await client.infer(
            "iris",
            [tensor()],
            model_version="2",
            outputs=outputs,
            request_id="a-7",
            sequence_id=3,
            sequence_start=True,
            priority=1,
            timeout=1_000_000,
            parameters={"mine": 1},
            headers={"x-test": "1"},
            query_params={"q": 1},
        )
        np.testing.assert_allclose(result.as_numpy("softmax"), WANTED[0], rtol=1e-5)
        np.testing.assert_allclose(result.as_numpy("sum"), WANTED[1], rtol=1e-5)
        assert result.get_response()["id"] == "a-7"
        assert result.get_output("sum")["shape"] == [5]


async def repository_and_statistics(client: Noting) -> None:
    ready = {"name": "iris", "version": "1", "state": "READY", "reason": ""}
    assert ready in await client.get_model_repository_index()
    await client.unload_model("iris", unload_dependents=True)
    assert not await client.is_model_ready("iris")
    with pytest.raises(InferenceServerException, match="has been unloaded"):
        await client.infer("iris", [tensor()])
    await client.load_model("iris", config=json.dumps({"name": "iris", "max_batch_size": 32}))
    assert (await client.get_model_config("iris"))["max_batch_size"] == 32
    with pytest.raises(InferenceServerException, match="only max_batch_size"):
        await client.load_model("iris", config='{"backend": "python"}')
    with pytest.raises(InferenceServerException, match="models come from training"):
        await client.load_model("iris", config="{}", files={"file:1/model.py": b"import os"})
    with pytest.raises(InferenceServerException, match="failed to load 'nothing'"):
        await client.load_model("nothing")
    await client.load_model("iris")
    await client.infer("iris", [tensor()])
    (stats,) = (await client.get_inference_statistics("iris", "2"))["model_stats"]
    assert stats["inference_count"] >= 5
    assert stats["inference_stats"]["success"]["ns"] > 0
    assert len((await client.get_inference_statistics())["model_stats"]) == 2


async def settings(client: Noting) -> None:
    assert (await client.get_log_settings())["log_info"] is True
    assert (await client.update_log_settings({"log_info": False, "log_verbose_level": 1}))["log_verbose_level"] == 1
    with pytest.raises(InferenceServerException, match="log_file"):
        await client.update_log_settings({"log_info": True, "log_file": "/tmp/x"})
    assert (await client.update_log_settings({"log_info": True, "log_verbose_level": 0}))["log_info"] is True
    assert (await client.get_trace_settings())["trace_level"] == ["OFF"]
    assert (await client.update_trace_settings(settings={"trace_rate": "10"}))["trace_rate"] == "10"
    changed = await client.update_trace_settings("iris", {"trace_level": ["TIMESTAMPS"], "trace_count": "1"})
    assert (changed["trace_level"], changed["trace_rate"]) == (["TIMESTAMPS"], "10")
    assert (await client.get_trace_settings())["trace_level"] == ["OFF"]
    await client.update_trace_settings("iris", dict.fromkeys(("trace_level", "trace_count")))
    await client.update_trace_settings(settings={"trace_rate": None})
    assert (await client.get_trace_settings("iris"))["trace_rate"] == "1000"
    with pytest.raises(InferenceServerException, match="trace_file"):
        await client.update_trace_settings(settings={"trace_file": "/tmp/x"})


async def system_shared_memory(client: Noting) -> None:
    key = f"netwright-test-{uuid.uuid4().hex}"
    region = shm.create_shared_memory_region("both", key, X.nbytes + 60, create_only=True)
    try:
        shm.set_shared_memory_region(region, [X])
        await client.register_system_shared_memory("both", key, X.nbytes + 60)
        status = await client.get_system_shared_memory_status("both")
        assert status == [{"name": "both", "key": key, "offset": 0, "byte_size": X.nbytes + 60}]
        with pytest.raises(InferenceServerException, match="registered already"):
            await client.register_system_shared_memory("both", key, 8)
        given = triton.InferInput("data", [5, 4], "FP32")
        given.set_shared_memory("both", X.nbytes)
        wanted = triton.InferRequestedOutput("softmax")
        wanted.set_shared_memory("both", 60, offset=X.nbytes)
        result = await client.infer("iris", [given], outputs=[wanted])
        parameters = result.get_output("softmax")["parameters"]
        assert parameters == {"shared_memory_region": "both", "shared_memory_byte_size": 60}
        found = shm.get_contents_as_numpy(region, np.float32, [5, 3], offset=X.nbytes)
        np.testing.assert_allclose(found, WANTED[0], rtol=1e-5)
        del found
        wanted.set_shared_memory("both", 8, offset=X.nbytes)
        with pytest.raises(InferenceServerException, match="has 60 bytes, its shared memory 8"):
            await client.infer("iris", [given], outputs=[wanted])
        await client.unregister_system_shared_memory("both")
        assert await client.get_system_shared_memory_status() == []
        with pytest.raises(InferenceServerException, match="no shared memory region"):
            await client.infer("iris", [given])
    finally:
        shm.destroy_shared_memory_region(region)
    for wrong in ("no-such-object", "../etc/passwd", "/a/b", ""):
        with pytest.raises(InferenceServerException, match=r"no such shared memory object|'key' must be"):
            await client.register_system_shared_memory("x", wrong, 8)


async def cuda_shared_memory(client: Noting) -> None:
    assert await client.get_cuda_shared_memory_status() == []
    with pytest.raises(InferenceServerException, match="CUDA shared memory is not offered"):
        await client.register_cuda_shared_memory("x", b"handle", 0, 8)
    await client.unregister_cuda_shared_memory()


async def plugins(client: Noting) -> None:
    await client.register_plugin(BasicAuth("somebody", "secret"))
    assert object.__getattribute__(client, "_client").plugin() is not None
    client.used.add("plugin")
    assert await client.is_server_live()
    await client.unregister_plugin()


async def bodies(client: Noting) -> None:
    body, length = await client.generate_request_body([tensor()])
    assert length is not None
    assert len(body) == length + X.nbytes
    answer = b'{"model_name":"iris","outputs":[{"name":"sum","datatype":"FP32","shape":[1],"data":[2.0]}]}'
    result = await client.parse_response_body(answer)
    assert result.as_numpy("sum").tolist() == [2.0]


async def asynchronous_requests(client: Noting) -> None:
    waiting = [await client.async_infer("iris", [tensor(binary=n % 2 == 0)]) for n in range(6)]
    for one in waiting:
        np.testing.assert_allclose(one.get_result().as_numpy("softmax"), WANTED[0], rtol=1e-5)
