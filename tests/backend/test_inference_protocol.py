"""The Open Inference Protocol: the public Triton client against a real server, and raw requests that are wrong."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
from tests.backend.inference_fakes import Fixture, LinearPredictor, iris_weights
from tests.backend.serving_tools import serving
from tritonclient.utils import InferenceServerException

from netwright_studio.inference.open_inference import OpenInferenceApp

X = np.random.default_rng(1).normal(0, 1, (5, 4)).astype(np.float32)
WANTED = LinearPredictor(iris_weights())(X)
MAX_BYTES = 100_000


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fixture]:
    fixture = Fixture(tmp_path_factory.mktemp("home"))
    fixture.publish()
    fixture.publish()
    yield fixture
    fixture.store.close()


@pytest.fixture(scope="module")
def address(models: Fixture) -> Iterator[str]:
    with serving(OpenInferenceApp(models.server, max_bytes=MAX_BYTES)) as address:
        yield address


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[Any]:
    client = triton.InferenceServerClient(address)
    yield client
    client.close()


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{address}", headers={"accept-encoding": "identity"}) as client:
        yield client


def make_input(binary: bool, x: np.ndarray = X, datatype: str = "FP32") -> Any:
    tensor = triton.InferInput("data", list(x.shape), datatype)
    tensor.set_data_from_numpy(x, binary_data=binary)
    return tensor


def test_the_client_reads_what_there_is(client: Any) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("iris")
    assert client.is_model_ready("iris", "1")
    assert not client.is_model_ready("iris", "3")
    assert not client.is_model_ready("nothing")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    metadata = client.get_model_metadata("iris")
    assert metadata["versions"] == ["1", "2"]
    assert metadata["inputs"] == [{"name": "data", "datatype": "FP32", "shape": [-1, 4]}]
    assert metadata["outputs"][0] == {"name": "softmax", "datatype": "FP32", "shape": [-1, 3]}
    assert client.get_model_config("iris")["input"] == [{"name": "data", "data_type": "TYPE_FP32", "dims": [4]}]


@pytest.mark.parametrize("binary_in", [False, True])
@pytest.mark.parametrize("binary_out", [False, True])
def test_the_client_infers_with_json_and_binary_tensors(client: Any, binary_in: bool, binary_out: bool) -> None:
    wanted = [triton.InferRequestedOutput(name, binary_data=binary_out) for name in ("sum", "softmax")]
    result = client.infer("iris", [make_input(binary_in)], outputs=wanted, request_id="7", model_version="1")
    np.testing.assert_allclose(result.as_numpy("softmax"), WANTED[0], rtol=1e-6)
    np.testing.assert_allclose(result.as_numpy("sum"), WANTED[1], rtol=1e-6)
    answer = result.get_response()
    assert answer["id"] == "7"
    assert answer["model_name"] == "iris"
    assert answer["model_version"] == "1"
    assert [output["name"] for output in answer["outputs"]] == ["sum", "softmax"]


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_the_client_packs_both_ways(client: Any, algorithm: str) -> None:
    x = np.tile(X, (100, 1))
    result = client.infer(
        "iris",
        [make_input(True, x)],
        request_compression_algorithm=algorithm,
        response_compression_algorithm=algorithm,
    )
    np.testing.assert_allclose(result.as_numpy("softmax"), np.tile(WANTED[0], (100, 1)), rtol=1e-6)


def test_the_client_asks_for_classes(client: Any) -> None:
    wanted = [triton.InferRequestedOutput("softmax", class_count=2)]
    best = client.infer("iris", [make_input(True)], outputs=wanted).as_numpy("softmax")
    assert best.shape == (5, 2)
    value, index, label = best[0, 0].decode().split(":")
    assert int(index) == WANTED[0][0].argmax()
    assert float(value) == pytest.approx(WANTED[0][0].max(), abs=1e-5)
    assert label in ("setosa", "versicolor", "virginica")


NUMBERS = {
    "FP64": np.float64, "FP16": np.float16, "INT32": np.int32, "INT64": np.int64, "UINT8": np.uint8, "INT8": np.int8,
    "BOOL": np.bool_,
}  # fmt: skip


@pytest.mark.parametrize(
    ("datatype", "binary"), [(name, binary) for name in NUMBERS for binary in (False, True) if binary or name != "FP16"]
)
def test_other_numbers_are_converted(client: Any, datatype: str, binary: bool) -> None:
    x = np.array([[1, 0, 1, 1]], NUMBERS[datatype])
    result = client.infer("iris", [make_input(binary, x, datatype)])
    assert result.as_numpy("sum").tolist() == [3.0]


def test_the_client_sees_statistics_and_the_repository(client: Any) -> None:
    client.infer("iris", [make_input(True)])
    stats = client.get_inference_statistics("iris", "2")["model_stats"]
    assert [entry["version"] for entry in stats] == ["2"]
    assert stats[0]["inference_count"] >= 5
    assert stats[0]["inference_stats"]["success"]["ns"] > 0
    assert len(client.get_inference_statistics()["model_stats"]) == 2
    ready = {"name": "iris", "version": "1", "state": "READY", "reason": ""}
    assert ready in client.get_model_repository_index()
    client.unload_model("iris")
    assert not client.is_model_ready("iris")
    with pytest.raises(InferenceServerException, match="has been unloaded"):
        client.infer("iris", [make_input(True)])
    client.load_model("iris")
    assert client.is_model_ready("iris")


async def test_the_asynchronous_client(address: str) -> None:
    import tritonclient.http.aio as aio

    client = aio.InferenceServerClient(address)
    try:
        tensor = aio.InferInput("data", [5, 4], "FP32")
        tensor.set_data_from_numpy(X)
        results = await asyncio.gather(*(client.infer("iris", [tensor]) for _ in range(20)))
        for result in results:
            np.testing.assert_allclose(result.as_numpy("softmax"), WANTED[0], rtol=1e-5)
    finally:
        await client.close()


def body(**changes: Any) -> dict[str, Any]:
    tensor = {"name": "data", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4], **changes}
    return {"inputs": [{key: value for key, value in tensor.items() if value is not ...}]}


def test_raw_json_nested_or_flat(http: httpx.Client) -> None:
    flat = http.post("/v2/models/iris/infer", json=body()).json()
    nested = http.post("/v2/models/iris/infer", json=body(data=[[1, 2, 3, 4]])).json()
    assert flat == nested
    assert flat["outputs"][1] == {"name": "sum", "datatype": "FP32", "shape": [1], "data": [10.0]}
    assert "id" not in flat


def test_binary_data_output_asks_for_all_outputs(http: httpx.Client) -> None:
    answer = http.post("/v2/models/iris/infer", json=body() | {"parameters": {"binary_data_output": True}})
    length = int(answer.headers["inference-header-content-length"])
    document = json.loads(answer.content[:length])
    sizes = [output["parameters"]["binary_data_size"] for output in document["outputs"]]
    assert sizes == [12, 4]
    assert len(answer.content) == length + 16
    assert np.frombuffer(answer.content[-4:], "<f4").tolist() == [10.0]
    assert answer.headers["content-type"] == "application/octet-stream"


def test_infinities_come_back_as_valid_json(http: httpx.Client) -> None:
    answer = http.post("/v2/models/iris/infer", json=body(data=[3e38, 3e38, 0, 0]))
    assert answer.status_code == 200
    assert answer.json()["outputs"][1]["data"] == ["Infinity"]


WRONG: dict[str, tuple[dict[str, Any] | bytes, str]] = {
    "not JSON": (b"{", "not JSON"),
    "NaN": (b'{"inputs": [{"name": "data", "shape": [1, 4], "datatype": "FP32", "data": [NaN, 1, 1, 1]}]}', "not JSON"),
    "deep": (b"[" * 100_000, "not JSON"),
    "a list": (b"[]", "must be a JSON object"),
    "no inputs": ({}, "'inputs' must be a list"),
    "no tensor": ({"inputs": [3]}, "object with a 'name'"),
    "another name": (body(name="x"), "the model has no input 'x'; it wants data"),
    "twice": ({"inputs": body()["inputs"] * 2}, "comes twice"),
    "no shape": (body(shape=...), "shape must be a list"),
    "negative shape": (body(shape=[-1, 4]), "shape must be a list"),
    "bool shape": (body(shape=[True, 4]), "shape must be a list"),
    "huge shape": (body(shape=[2**40, 2**40]), "wants 1208925819614629174706176 elements, got 4"),
    "another shape": (body(shape=[4]), r"the model wants shape [-1, 4], got [4]"),
    "no rows": (body(shape=[0, 4], data=[]), "the model wants shape [-1, 4], got [0, 4]"),
    "nested otherwise": (body(data=[[1, 2], [3, 4]]), "data is nested as [2, 2]"),
    "ragged": (body(data=[[1, 2], [3]]), "ragged"),
    "too few": (body(data=[1, 2, 3]), "wants 4 elements, got 3"),
    "texts": (body(data=["a", "b", "c", "d"]), "does not hold FP32 values only"),
    "null": (body(data=[None, 1, 2, 3]), "does not hold FP32 values only"),
    "too large": (body(data=[1e39, 1, 2, 3]), "out of the range of FP32"),
    "no data": (body(data=...), "data must be a list"),
    "another datatype": (body(datatype="FLOAT"), "datatype must be one of"),
    "bytes": (body(datatype="BYTES", data=["a", "b", "c", "d"]), "BYTES want shape [-1] or [-1, 1]"),
    "many inputs": ({"inputs": [{"name": str(n)} for n in range(1001)]}, "'inputs' must be a list"),
    "shared memory": (
        body(data=..., parameters={"shared_memory_region": "x", "shared_memory_byte_size": 16}),
        "there is no shared memory region 'x'",
    ),
    "out of range": (body(datatype="UINT8", data=[256, 0, 0, 0]), "out of the range of UINT8"),
    "fractions": (body(datatype="INT32", data=[1.5, 0, 0, 0]), "does not hold INT32 values only"),
    "binary size without binary": (body(data=..., parameters={"binary_data_size": 16}), "binary_data_size must be"),
    "an unknown output": (body() | {"outputs": [{"name": "x"}]}, "the model has no output 'x'"),
    "id": (body() | {"id": 7}, "'id' must be a text"),
    "parameters": (body() | {"parameters": 7}, "'parameters' of the request"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_requests_are_told_what_was_wanted(http: httpx.Client, name: str) -> None:
    content, message = WRONG[name]
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    answer = http.post("/v2/models/iris/infer", content=raw)
    assert answer.status_code == 400
    assert answer.json().keys() == {"error"}
    assert message in answer.json()["error"]
    assert len(answer.content) < 1000


@pytest.mark.parametrize(
    ("length", "size", "message"),
    [
        ("x", 16, "must be a number"),
        ("100000", 16, "must be a number up to"),
        ("-1", 16, "must be a number"),
        (None, 12, "wants 16 bytes, got 12"),
        (None, 17, "must be a number up to 16"),
        (None, True, "must be a number up to 16"),
    ],
)
def test_wrong_binary_parts(http: httpx.Client, length: str | None, size: int, message: str) -> None:
    head = json.dumps(body(data=..., parameters={"binary_data_size": size})).encode()
    headers = {"inference-header-content-length": length or str(len(head))}
    answer = http.post("/v2/models/iris/infer", content=head + bytes(16), headers=headers)
    assert answer.status_code == 400
    assert message in answer.json()["error"]


def test_left_over_bytes_are_a_mistake(http: httpx.Client) -> None:
    head = json.dumps(body(data=..., parameters={"binary_data_size": 16})).encode()
    headers = {"inference-header-content-length": str(len(head))}
    answer = http.post("/v2/models/iris/infer", content=head + bytes(20), headers=headers)
    assert answer.status_code == 400
    assert "4 bytes of the binary part belong to no input" in answer.json()["error"]


@pytest.mark.parametrize(
    ("content", "encoding", "status"),
    [
        (b" " * (MAX_BYTES + 1), "identity", 413),
        (gzip.compress(b" " * (MAX_BYTES + 1), mtime=0), "gzip", 413),
        (zlib.compress(b" " * 50_000_000), "deflate", 413),
        (gzip.compress(b"{}", mtime=0)[:-4], "gzip", 400),
        (gzip.compress(b"{}", mtime=0) + b"more", "gzip", 400),
        (b"{}", "gzip", 400),
        (b"{}", "br", 415),
    ],
)
def test_bodies_that_are_too_large_or_not_what_they_say(
    http: httpx.Client, content: bytes, encoding: str, status: int
) -> None:
    answer = http.post("/v2/models/iris/infer", content=content, headers={"content-encoding": encoding})
    assert answer.status_code == status
    assert answer.json().keys() == {"error"}


def test_a_body_without_a_length_is_limited_too(http: httpx.Client) -> None:
    answer = http.post("/v2/models/iris/infer", content=(b" " * 10_000 for _ in range(20)))
    assert answer.status_code == 413


@pytest.mark.parametrize("wrap", [lambda data: zlib.compress(data)[2:-4], zlib.compress, gzip.compress])
def test_every_kind_of_packing_is_read(http: httpx.Client, wrap: Any) -> None:
    encoding = "gzip" if wrap is gzip.compress else "deflate"
    content = wrap(json.dumps(body()).encode())
    answer = http.post("/v2/models/iris/infer", content=content, headers={"content-encoding": encoding})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/models/nothing", 404),
        ("GET", "/v2/models/nothing/ready", 404),
        ("POST", "/v2/models/nothing/infer", 404),
        ("GET", "/v2/models/iris/versions/9", 404),
        ("GET", "/v2/models/iris/versions/x", 404),
        ("GET", "/v2/models/iris/versions/9/stats", 404),
        ("GET", "/v2/models/..%2Firis", 404),
        ("GET", "/v2/models/%00", 404),
        ("GET", "/v2/nothing", 404),
        ("GET", "/v2/models/iris/infer", 405),
        ("POST", "/v2/models/iris/ready", 405),
        ("DELETE", "/v2/models/iris", 405),
        ("POST", "/v2/repository/models/nothing/load", 404),
        ("GET", "/v2/systemsharedmemory/region/x/status", 404),
        ("GET", "/v2/cudasharedmemory/status", 200),
        ("POST", "/v2/systemsharedmemory/status", 405),
        ("GET", "/v2/models/nothing/trace/setting", 404),
        ("GET", "/v2/models/iris/versions/1/trace/setting", 404),
        ("GET", "/v2/systemsharedmemory/region", 404),
        ("POST", "/v2/repository/models/nothing/unload", 404),
        ("GET", "/v2/health/live", 200),
        ("HEAD", "/v2/health/ready", 200),
        ("GET", "/v2", 200),
        ("GET", "/v2/", 200),
        ("GET", "/v2/models/iris/versions/1/stats", 200),
    ],
)
def test_every_address_answers_in_the_protocols_way(http: httpx.Client, method: str, path: str, status: int) -> None:
    answer = http.request(method, path, content=json.dumps(body()) if method == "POST" else None)
    assert answer.status_code == status
    if status != 200:
        assert answer.json().keys() == {"error"}


def test_health_has_a_body_for_whoever_wants_one(http: httpx.Client) -> None:
    for path, wanted in (
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        ("/v2/models/iris/ready", {"name": "iris", "ready": True}),
    ):
        assert http.get(path, headers={"accept": "application/json"}).json() == wanted
        assert http.get(path).content == b""


def test_bytes_tensors_are_read_and_written() -> None:
    from netwright_studio.inference.open_inference import datatypes
    from netwright_studio.inference.open_inference.problems import ProtocolError

    array = np.array([b"one", b"", "zwölf".encode()], object)
    packed = datatypes.to_bytes(array)
    again = datatypes.from_bytes(memoryview(packed), "BYTES", (3,), "t")
    assert again.tolist() == array.tolist()
    assert datatypes.from_json(["one", ["", "zwölf"]], "BYTES", (3,), "t").tolist() == array.tolist()
    for cut in (1, 5, len(packed) - 1):
        with pytest.raises(ProtocolError, match="BYTES end within"):
            datatypes.from_bytes(memoryview(packed[:cut]), "BYTES", (3,), "t")
    with pytest.raises(ProtocolError, match="wants 4 elements, got 3"):
        datatypes.from_bytes(memoryview(packed), "BYTES", (4,), "t")


def test_a_failing_network_is_a_500_without_its_text(tmp_path: Path) -> None:
    models = Fixture(tmp_path)
    models.publish()

    def fail(saved: Any) -> Any:
        predictor = LinearPredictor(iris_weights())
        predictor.__class__ = type("Broken", (LinearPredictor,), {"__call__": _raise})
        return predictor

    models.server._load_predictor = fail
    with serving(OpenInferenceApp(models.server)) as address:
        answer = httpx.post(f"http://{address}/v2/models/iris/infer", json=body())
    assert answer.status_code == 500
    assert answer.json() == {"error": "the model failed; the studio's terminal says why"}
    models.store.close()


def _raise(self: Any, x: np.ndarray) -> list[np.ndarray]:
    raise RuntimeError("a secret path")
