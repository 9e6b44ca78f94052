"""The protocol's addresses in the API's description: it is a bare ASGI app, which FastAPI does not look into."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from netwright_studio.schemas import inference as bodies

Operation = dict[str, Any]
_MODEL = {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}}
_VERSION = {"name": "version", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9]{1,9}$"}}


def describe(document: dict[str, Any]) -> None:
    """Add paths and schemas to an OpenAPI document."""
    described, definitions = models_json_schema(
        [(model, "validation") for model in _MODELS], ref_template="#/components/schemas/{model}"
    )
    del described
    document.setdefault("components", {}).setdefault("schemas", {}).update(definitions["$defs"])
    paths = document.setdefault("paths", {})
    for path, method, name, summary, taken, given in _OPERATIONS:
        for prefix, suffix, more in _forms(path):
            operation: Operation = {
                "tags": ["open inference protocol"],
                "operationId": f"v2_{name}{suffix}",
                "summary": summary,
                "parameters": more,
                "responses": {
                    "200": {"description": "Done", "content": _json(given)},
                    "4XX": {"description": "What was wrong", "content": _json(bodies.ProtocolFailure)},
                },
            }
            if taken is not None:
                required = taken is bodies.InferenceRequest
                operation["requestBody"] = {"required": required, "content": _json(taken)}
            paths.setdefault(prefix, {})[method] = operation


def _forms(path: str) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """(address, suffix of the operation's name, parameters): an address of a model also names a version."""
    full = "/v2" + path
    if "{model}" not in path:
        return [(full, "", [])]
    if "/versioned" not in path:
        return [(full, "", [_MODEL])]
    plain = full.replace("/versioned", "")
    numbered = full.replace("/versioned", "/versions/{version}")
    return [(plain, "", [_MODEL]), (numbered, "_version", [_MODEL, _VERSION])]


def _json(model: type[BaseModel] | None) -> dict[str, Any]:
    if model is None:
        return {"application/json": {"schema": {}}}
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


_M = "/models/{model}/versioned"
_OPERATIONS: list[tuple[str, str, str, str, type[BaseModel] | None, type[BaseModel] | None]] = [
    ("", "get", "server_metadata", "What the server is", None, bodies.ServerMetadata),
    ("/health/live", "get", "server_live", "Whether it is there", None, bodies.Liveness),
    ("/health/ready", "get", "server_ready", "Whether it answers", None, bodies.Readiness),
    (_M, "get", "model_metadata", "What a model takes and gives", None, bodies.ModelMetadata),
    (_M + "/ready", "get", "model_ready", "Whether a model answers", None, bodies.Readiness),
    (_M + "/config", "get", "model_config", "A model's configuration", None, None),
    (_M + "/stats", "get", "model_statistics", "What a model has done", None, bodies.Statistics),
    (_M + "/infer", "post", "infer", "Answer rows", bodies.InferenceRequest, bodies.InferenceResponse),
    ("/models/stats", "get", "statistics", "What all models have done", None, bodies.Statistics),
    ("/repository/index", "post", "repository_index", "All versions", bodies.IndexRequest, None),
    (
        "/repository/models/{model}/load",
        "post",
        "load_model",
        "Offer a model, its newest version in memory",
        bodies.RepositoryRequest,
        None,
    ),
    (
        "/repository/models/{model}/unload",
        "post",
        "unload_model",
        "Stop offering a model",
        bodies.RepositoryRequest,
        None,
    ),
    ("/trace/setting", "get", "trace_settings", "Which requests are traced", None, None),
    ("/logging", "get", "log_settings", "What is logged", None, None),
]
_MODELS: list[type[BaseModel]] = [
    bodies.ProtocolFailure,
    *dict.fromkeys(model for row in _OPERATIONS for model in row[4:6] if model is not None),
    bodies.IndexEntry,
]
