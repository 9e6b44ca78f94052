"""The servers that ``benchmarks.serving`` compares: started on one core, asked, loaded, ended."""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import load
from .environment import PEERS, ROOT
from .serving import KINDS, OURS, cores
from .workloads import Array

ROWS = 64
START_SECONDS = 60.0
NAME = "mlp-784"

Make = Callable[[Array], tuple[bytes, dict[str, str]]]
Read = Callable[[bytes, Any], Array]
Start = Callable[[Path, Path, Array], "Server | None"]


@dataclass(frozen=True)
class Form:
    """How a server is asked: the address, a body with its headers for rows, and the answer's rows."""

    path: str
    make: Make
    read: Read


@dataclass
class Server:
    """One of them, running."""

    port: int
    forms: dict[str, Form]
    rows: Array = field(repr=False)
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def kinds(self) -> list[str]:
        """Which kinds of bodies it takes."""
        return [kind for kind in (*KINDS, "predict") if kind in self.forms]

    def ask(self, kind: str, rows: Sequence[int]) -> Array:
        """The answers for some of the rows, in one request."""
        form = self.forms[kind]
        body, headers = form.make(self.rows[list(rows)])
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{form.path}", body, headers)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return form.read(answer.read(), answer.headers)

    def ask_together(self, kind: str) -> Array:
        """The answers for all rows, each a request of its own, all at once."""
        with concurrent.futures.ThreadPoolExecutor(ROWS) as pool:
            return np.concatenate(list(pool.map(lambda row: self.ask(kind, [row]), range(ROWS))))

    def load(self, kind: str, clients: int, seconds: float, on: Sequence[int] = ()) -> load.Figures:
        """What so many clients see that ask for single rows, from the cores named or from any."""
        requests = [self.request(kind, row) for row in range(ROWS)]
        return load.run(("127.0.0.1", self.port), requests, clients, seconds, on)

    def request(self, kind: str, row: int) -> bytes:
        """The bytes of one request."""
        form = self.forms[kind]
        body, headers = form.make(self.rows[row : row + 1])
        lines = [f"POST {form.path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body


@contextlib.contextmanager
def started(only: str) -> Iterator[dict[str, Server]]:
    """All that are installed and have ``only`` in their name, ours always among them; they end with the block."""
    with running({name: start for name, start in STARTERS.items() if name == OURS or only in name}) as servers:
        yield servers


@contextlib.contextmanager
def running(starters: Mapping[str, Start]) -> Iterator[dict[str, Server]]:
    """Those that can be started, each in a folder of its own; they end with the block."""
    with tempfile.TemporaryDirectory(prefix="netwright-serving-") as folder, contextlib.ExitStack() as stack:
        rows = np.random.default_rng(0).integers(0, 256, (ROWS, 784)).astype(np.float32) / 255
        servers: dict[str, Server] = {}
        for number, (name, start) in enumerate(starters.items()):
            home = Path(folder, str(number))
            home.mkdir()
            server = start(home, make_network(home), rows)
            if server is None:
                print(f"{name} is not installed, so not beside (make peers)", file=sys.stderr)
                continue
            stack.callback(end, server)
            servers[name] = server
        for name, server in servers.items():
            wait_for(name, server)
        yield servers


def make_network(home: Path) -> Path:
    """Put the network into the studio's folder as a model, and beside it as ONNX; returns that file."""
    from netwright import model_store
    from netwright.datasets import InputInfo, LabelInfo
    from netwright.onnx import export

    sizes = [784, 128, 64, 10]
    nodes: list[dict[str, Any]] = [{"id": "data", "op": "Input", "params": {"shape": [784]}, "inputs": {}}]
    weights: dict[str, Array] = {}
    rng = np.random.default_rng(1)
    before = "data"
    for number, (taken, made) in enumerate(itertools.pairwise(sizes), 1):
        name = f"fc{number}"
        nodes.append({"id": name, "op": "FullyConnected", "params": {"num_hidden": made}, "inputs": {"data": before}})
        weights[f"{name}_weight"] = (rng.normal(0, (2 / taken) ** 0.5, (made, taken))).astype(np.float32)
        weights[f"{name}_bias"] = rng.normal(0, 0.1, made).astype(np.float32)
        before = name
        if made != sizes[-1]:
            before = f"relu{number}"
            nodes.append({"id": before, "op": "Activation", "params": {"act_type": "relu"}, "inputs": {"data": name}})
    nodes.append({"id": "softmax", "op": "SoftmaxOutput", "params": {}, "inputs": {"data": before}})
    graph = {"format": "netwright-graph", "version": 1, "name": NAME, "nodes": nodes, "outputs": ["softmax"]}
    info = model_store.ModelInfo(
        name=NAME,
        input=InputInfo(kind="image", shape=(784,)),
        label=LabelInfo(kind="class", classes=tuple("0123456789")),
    )
    _, model = model_store.publish_model(home / "home" / "models", NAME, graph, weights, info)
    path = home / "network.onnx"
    path.write_bytes(export(model).SerializeToString())
    return path


def _launch(command: Sequence[str], folder: Path, all_cores: bool = False, **variables: str) -> subprocess.Popen[bytes]:
    core = cores()[0]
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    with (folder / f"{Path(command[0]).name}-{time.monotonic_ns()}.log").open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**clean, "OMP_NUM_THREADS": "1", **variables},
            stdout=subprocess.DEVNULL,
            stderr=log,
            preexec_fn=None if all_cores else lambda: os.sched_setaffinity(0, {core}),
        )


def start_ours(home: Path, network: Path, rows: Array, workers: int | None = None) -> Server:
    """`netwright serve` itself, with all its shells: on one core, or with so many workers on all of them."""
    port = free_port()
    paths = os.pathsep.join([str(ROOT / "framework"), str(ROOT / "backend"), os.environ.get("PYTHONPATH", "")])
    code = "import typer; from netwright_studio.serve import register; app = typer.Typer(); register(app); app()"
    command = [sys.executable, "-c", code, "serve", "--port", str(port), "--workers", str(workers or 1)]
    # What it does once on every machine, in the background, is not what is measured.
    variables = {"NETWRIGHT_HOME": str(home / "home"), "PYTHONPATH": paths, "NETWRIGHT_PREPARE_MACHINE": "false"}
    process = _launch(command, home, workers is not None, **variables)
    path = f"/v2/models/{NAME}/infer"
    forms = {"json": Form(path, _protocol_json, _read_protocol), "binary": Form(path, _protocol_raw, _read_protocol)}
    if workers is not None:  # a way that the others do not have
        forms["predict"] = Form(f"/api/models/{NAME}/predict", _rows_json, _read_predictions)
    return Server(port, forms, rows, process)


def start_plain(home: Path, network: Path, rows: Array) -> Server | None:
    """FastAPI as usually written."""
    return _start_uvicorn("plain", home, network, rows, {"json": Form("/predict", _rows_json, _read_json)})


def start_quick(home: Path, network: Path, rows: Array) -> Server | None:
    """FastAPI as well as it can be written."""
    raw = Form("/raw", lambda x: (x.tobytes(), {"Content-Type": "application/octet-stream"}), _read_raw)
    forms = {"json": Form("/predict", _rows_json, _read_json), "binary": raw}
    return _start_uvicorn("quick", home, network, rows, forms)


def _start_uvicorn(app: str, home: Path, network: Path, rows: Array, forms: dict[str, Form]) -> Server | None:
    try:
        import fastapi  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError:
        return None
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", f"{app}:app", "--port", str(port), "--log-level", "warning"]
    command += ["--app-dir", str(ROOT / "benchmarks" / "peers" / "serving")]
    process = _launch(command, home, NETWORK=str(network))
    return Server(port, forms, rows, process)


def start_mlserver(home: Path, network: Path, rows: Array) -> Server | None:
    """MLServer in one process."""
    python = PEERS / "mlserver" / "bin" / "python"
    if not python.exists():
        return None
    folder = home / "mlserver"
    folder.mkdir()
    port = free_port()
    settings = {
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": free_port(),
        "metrics_port": free_port(),
        "parallel_workers": 0,
        "debug": False,
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    model = {"name": NAME, "implementation": "mlserver_runtime.OnnxModel"}
    (folder / "model-settings.json").write_text(json.dumps(model))
    runtime = ROOT / "benchmarks" / "peers" / "serving" / "mlserver_runtime.py"
    (folder / "mlserver_runtime.py").write_text(runtime.read_text())
    command = [str(python.parent / "mlserver"), "start", "."]
    process = _launch(command, folder, NETWORK=str(network), PYTHONPATH=str(folder))
    return Server(port, {"json": Form(f"/v2/models/{NAME}/infer", _protocol_json, _read_protocol)}, rows, process)


STARTERS: dict[str, Start] = {
    OURS: start_ours,
    "FastAPI + ONNX Runtime, as well as it can be written": start_quick,
    "FastAPI + ONNX Runtime, as usually written": start_plain,
    "MLServer + ONNX Runtime": start_mlserver,
}


def wait_for(name: str, server: Server) -> None:
    """Ask until it answers, and a little more, so that everything is loaded and compiled."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            for kind in server.kinds:
                for _ in range(20):
                    server.ask(kind, [0])
            return
        except OSError as error:
            ended = server.process is not None and server.process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise SystemExit(f"{name} does not answer: {error}") from error
            time.sleep(0.1)


def end(server: Server) -> None:
    """End a server."""
    if server.process is not None:
        server.process.terminate()
        try:
            server.process.wait(15)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _protocol_json(x: Array) -> tuple[bytes, dict[str, str]]:
    tensor = {"name": "data", "shape": list(x.shape), "datatype": "FP32", "data": x.ravel().tolist()}
    return json.dumps({"inputs": [tensor]}).encode(), {"Content-Type": "application/json"}


def _protocol_raw(x: Array) -> tuple[bytes, dict[str, str]]:
    size = {"binary_data_size": x.nbytes}
    tensor = {"name": "data", "shape": list(x.shape), "datatype": "FP32", "parameters": size}
    head = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}).encode()
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))}
    return head + x.tobytes(), headers


def _read_protocol(body: bytes, headers: Any) -> Array:
    length = headers.get("Inference-Header-Content-Length")
    if length is None:
        output = json.loads(body)["outputs"][0]
        return np.array(output["data"], np.float32).reshape(output["shape"])
    output = json.loads(body[: int(length)])["outputs"][0]
    return np.frombuffer(body[int(length) :], np.float32).reshape(output["shape"])


def _rows_json(x: Array) -> tuple[bytes, dict[str, str]]:
    return json.dumps({"inputs": x.tolist()}).encode(), {"Content-Type": "application/json"}


def _read_json(body: bytes, headers: Any) -> Array:
    return np.array(json.loads(body)["outputs"], np.float32)


def _read_predictions(body: bytes, headers: Any) -> Array:
    found = json.loads(body)["predictions"]
    return np.array([[one["p"] for one in row["probabilities"]] for row in found], np.float32)


def _read_raw(body: bytes, headers: Any) -> Array:
    return np.frombuffer(body, np.float32).reshape(-1, 10)
