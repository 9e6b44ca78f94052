"""All addresses of the protocol but ``infer``: health, metadata, statistics, repository, shared memory, settings."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from netwright import __version__
from netwright_studio.errors import StudioError
from netwright_studio.inference.batcher import CAP
from netwright_studio.inference.open_inference import datatypes, request
from netwright_studio.inference.open_inference.answers import Answer
from netwright_studio.inference.open_inference.memory import SharedRegions
from netwright_studio.inference.open_inference.observing import LogSettings, TraceSettings
from netwright_studio.inference.open_inference.problems import ProtocolError
from netwright_studio.inference.others import Message
from netwright_studio.inference.predictor import TensorSpec, datatype_of
from netwright_studio.inference.server import Key, LoadedModel, ModelServer
from netwright_studio.inference.stats import ModelStats

EXTENSIONS = [
    "binary_tensor_data",
    "classification",
    "logging",
    "model_configuration",
    "model_repository",
    "model_repository(unload_dependents)",
    "statistics",
    "system_shared_memory",
    "trace",
]
PLATFORM = "netwright"
MOST_BATCH = 1024
NO_CUDA = "CUDA shared memory is not offered: the studio's models answer on the processor"

Handler = Callable[[], Awaitable[Answer]]
Routes = dict[str, Handler]


class Administration:
    """Answers for a model server, with the settings that clients may change while it runs."""

    def __init__(self, find_server: Callable[[], ModelServer], *, local: bool) -> None:
        self._find_server = find_server
        self.regions = SharedRegions(allowed=local)
        self.logs = LogSettings()
        self.traces = TraceSettings()

    @property
    def _server(self) -> ModelServer:
        return self._find_server()

    def server_routes(self, parts: list[str], body: bytes) -> tuple[str, Routes] | None:
        """Return the pattern of an address that is no model's, and what answers each method."""
        match parts:
            case []:
                return "", {"GET": self._metadata}
            case ["health", "live"]:
                return "/health/live", {"GET": lambda: _say({"live": True})}
            case ["health", "ready"]:
                return "/health/ready", {"GET": lambda: _say({"ready": True})}
            case ["repository", "index"]:
                return "/repository/index", {"POST": lambda: self._index(body)}
            case ["repository", "models", name, "load"]:
                return "/repository/models/{model}/load", {"POST": lambda: self._load(name, body)}
            case ["repository", "models", name, "unload"]:
                return "/repository/models/{model}/unload", {"POST": lambda: self._unload(name, body)}
            case ["trace", "setting"]:
                return "/trace/setting", self._trace_routes(None, body)
            case ["logging"]:
                return "/logging", {"GET": lambda: _say(self.logs.describe()), "POST": lambda: self._set_logs(body)}
            case ["systemsharedmemory" | "cudasharedmemory" as kind, *rest]:
                return self._memory_routes(kind, rest, body)
        return None

    def model_routes(self, name: str, version: int | None, action: str, body: bytes) -> Routes | None:
        """Return what answers each method at an address of a model."""
        match action:
            case "":
                return {"GET": lambda: self._model(name, version)}
            case "ready":
                return {"GET": lambda: self._ready(name, version)}
            case "config":
                return {"GET": lambda: self._config(name, version)}
            case "stats":
                return {"GET": lambda: self.stats(name, version)}
            case "trace/setting" if version is None:
                return self._trace_routes(name, body)
        return None

    def _memory_routes(self, kind: str, rest: list[str], body: bytes) -> tuple[str, Routes] | None:
        name = rest[1] if len(rest) == 3 and rest[0] == "region" else None
        action = rest[-1] if name is not None or len(rest) == 1 else ""
        route = f"/{kind}/region/{{region}}/{action}" if name is not None else f"/{kind}/{action}"
        cuda = kind == "cudasharedmemory"
        match action:
            case "status":
                return route, {"GET": lambda: self._memory_status(name, cuda)}
            case "register" if name is not None:
                region = name
                return route, {"POST": lambda: self._register(region, body, cuda)}
            case "unregister":
                return route, {"POST": lambda: self._unregister(name, cuda)}
        return None

    def _trace_routes(self, model: str | None, body: bytes) -> Routes:
        return {"GET": lambda: self._trace(model, None), "POST": lambda: self._trace(model, body)}

    async def _metadata(self) -> Answer:
        return Answer.json({"name": "netwright", "version": __version__, "extensions": EXTENSIONS})

    async def _model(self, name: str, version: int | None) -> Answer:
        model = await self._server.get(name, version)
        numbers = await asyncio.to_thread(self._server.repository.numbers, name)
        return Answer.json(
            {
                "name": name,
                "versions": [str(number) for number in numbers],
                "platform": PLATFORM,
                "inputs": [_describe(spec) for spec in model.predictor.inputs],
                "outputs": [_describe(spec) for spec in model.predictor.outputs],
            }
        )

    async def _ready(self, name: str, version: int | None) -> Answer:
        await self._server.get(name, version)
        return Answer.json({"name": name, "ready": True})

    async def _config(self, name: str, version: int | None) -> Answer:
        return Answer.json(_configuration(await self._server.get(name, version)))

    async def stats(self, name: str | None, version: int | None) -> Answer:
        """Return the statistics of all models, of one, or of one version."""
        repository = self._server.repository
        if name is None:
            keys = await asyncio.to_thread(repository.keys)
        else:
            numbers = await asyncio.to_thread(repository.numbers, name)
            keys = [(name, number) for number in numbers if version in (None, number)]
            if not keys:
                raise ProtocolError(f"the model '{name}' has no version {version}", 404)
        elsewhere: dict[Key, list[Any]] = {}
        for state in await self._server.others.states():
            for model, number, counts in state["stats"]:
                elsewhere.setdefault((model, number), []).append(counts)
        found = []
        for key in keys:
            total = ModelStats()
            for counts in [self._server.stats_of(key).counts(), *elsewhere.get(key, [])]:
                total.add_counts(counts)
            found.append(total.as_dict(*key))
        return Answer.json({"model_stats": found})

    async def _index(self, body: bytes) -> Answer:
        only_ready = read_object(body).get("ready") is True
        entries = []
        for name, version in await asyncio.to_thread(self._server.repository.keys):
            offered = self._server.is_offered(name)
            if offered or not only_ready:
                state, reason = ("READY", "") if offered else ("UNAVAILABLE", "unloaded")
                entries.append({"name": name, "version": str(version), "state": state, "reason": reason})
        return Answer.json(entries)

    async def _load(self, name: str, body: bytes) -> Answer:
        parameters = _parameters(body)
        if any(key.startswith("file:") for key in parameters):
            raise ProtocolError("models come from training and from imports, not with a request to load one")
        try:
            await self._server.load(name, _read_override(parameters.get("config"), name))
        except StudioError as error:
            # The protocol knows no 404 here: to its clients a load that fails is a bad request.
            raise ProtocolError(f"failed to load '{name[:80]}': {error}", max(400, error.status)) from error
        return Answer()

    async def _unload(self, name: str, body: bytes) -> Answer:
        _parameters(body)
        await self._server.unload(name)
        return Answer()

    async def _memory_status(self, name: str | None, cuda: bool) -> Answer:
        if cuda and name is not None:
            raise ProtocolError(f"there is no CUDA shared memory region '{name[:80]}'", 404)
        return Answer.json([] if cuda else self.regions.status(name))

    async def _register(self, name: str, body: bytes, cuda: bool) -> Answer:
        if cuda:
            raise ProtocolError(NO_CUDA)
        await self._everywhere({"kind": "register", "name": name, "asked": read_object(body)})
        return Answer()

    async def _unregister(self, name: str | None, cuda: bool) -> Answer:
        if not cuda:
            await self._everywhere({"kind": "unregister", "name": name})
        return Answer()

    async def _trace(self, model: str | None, body: bytes | None) -> Answer:
        if model is not None:
            self._server.repository.newest(model)
        if body is not None:
            await self._everywhere({"kind": "traces", "name": model, "asked": read_object(body)})
        return Answer.json(self.traces.describe(model))

    async def _set_logs(self, body: bytes) -> Answer:
        await self._everywhere({"kind": "logs", "asked": read_object(body)})
        return Answer.json(self.logs.describe())

    async def _everywhere(self, message: Message) -> None:
        """Apply what a client changes here, then in the other processes."""
        self.apply(message)
        await self._server.others.tell({"type": "administration", **message})

    def apply(self, message: Message) -> None:
        """Change a setting or a shared memory region; ProtocolError where that cannot be."""
        match message["kind"]:
            case "register":
                self.regions.register(message["name"], message["asked"])
            case "unregister":
                self.regions.unregister(message["name"])
            case "traces":
                self.traces.update(message["name"], message["asked"])
                self._server.changes += 1
            case "logs":
                self.logs.update(message["asked"])


async def _say(content: Any) -> Answer:
    return Answer.json(content)


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object of an optional body."""
    return request.load(body) if body.strip() else {}


def _parameters(body: bytes) -> dict[str, Any]:
    parameters = read_object(body).get("parameters", {})
    if not isinstance(parameters, dict):
        raise ProtocolError("'parameters' must be an object")
    return parameters


def _read_override(text: Any, name: str) -> int | None:
    """The largest batch that a configuration given with ``load`` asks for; nothing else of it can be overridden."""
    if text is None:
        return None
    try:
        config = json.loads(text) if isinstance(text, str) and len(text) < 65536 else None
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise ProtocolError("'config' must be a text that holds a JSON object")
    fixed = {"name": name, "platform": PLATFORM, "backend": PLATFORM}
    for key, value in config.items():
        if key != "max_batch_size" and fixed.get(key) != value:
            raise ProtocolError(f"of a model's configuration only max_batch_size can be overridden, not '{key[:80]}'")
    size = config.get("max_batch_size", CAP)
    if type(size) is not int or not 1 <= size <= MOST_BATCH:
        raise ProtocolError(f"max_batch_size must be a number from 1 to {MOST_BATCH}")
    return size


def _describe(spec: TensorSpec) -> dict[str, Any]:
    return {"name": spec.name, "datatype": datatypes.name_of(datatype_of(spec)), "shape": [-1, *spec.shape]}


def _configuration(model: LoadedModel) -> dict[str, Any]:
    def tensors(specs: Any) -> list[dict[str, Any]]:
        return [
            {"name": spec.name, "data_type": "TYPE_" + datatypes.name_of(datatype_of(spec)), "dims": list(spec.shape)}
            for spec in specs
        ]

    classes = model.saved.info.label.classes
    labels = {"labels": {"string_value": json.dumps(classes, ensure_ascii=False)}} if classes is not None else {}
    sizes = [2**n for n in range(model.batcher.cap.bit_length()) if 2**n <= model.batcher.cap]
    return {
        "name": model.name,
        "platform": PLATFORM,
        "backend": PLATFORM,
        "max_batch_size": model.batcher.cap,
        "version_policy": {"all": {}},
        "input": tensors(model.predictor.inputs),
        "output": tensors(model.predictor.outputs),
        "dynamic_batching": {"preferred_batch_size": sizes, "max_queue_delay_microseconds": 0},
        "parameters": labels,
        "instance_group": [{"name": model.name, "kind": "KIND_CPU", "count": 1}],
    }
