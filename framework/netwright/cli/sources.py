"""What commands are given: a graph by file or template name, data by name or file, a model by folder or name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DataError, GraphError
from .console import errors

if TYPE_CHECKING:
    from ..datasets import Dataset, DatasetInfo
    from ..model_store import SavedModel
    from ..templates import Template
    from ..training_spec import TrainingSpec

MAX_BYTES = 64 << 20


def read_graph(source: str) -> tuple[dict[str, Any], Template | TrainingSpec | None]:
    """(graph, what it came in): a JSON file holding a graph, a template or a training, or the name of a template."""
    from .. import templates, training_spec

    path = Path(source)
    if not path.exists():
        if path.suffix or "/" in source:
            raise GraphError("there is no such file", where=source, wanted="a graph JSON or the name of a template")
        template = templates.get(source)
        return template.graph, template
    document = read_json(path)
    if document.get("format") == training_spec.FORMAT:
        spec = training_spec.read_spec(document, path.name)
        return spec.graph, spec
    if "graph" in document and "nodes" not in document:
        found = templates.read(path.read_bytes(), path.name)
        return found.graph, found
    return document, None


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file of a size that can be one."""
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise GraphError("not a file that can be read", where=path.name, wanted=f"a JSON file up to {MAX_BYTES} bytes")
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise GraphError("this is not JSON", where=path.name, wanted="a graph JSON", got=str(error)[:100]) from None
    if not isinstance(document, dict):
        raise GraphError("a graph is a JSON object", where=path.name, got=type(document).__name__)
    return document


def read_data(
    source: str, target: str | None = None, *, recipe: dict[str, Any] | None = None, test: str | None = None
) -> Dataset:
    """A data set by its name, or from a file: CSV, NPZ, Parquet, a zip of pictures; as a ``recipe`` says."""
    from .. import datasets

    if source in datasets.names():
        if not datasets.info(source).available:
            errors.print(f"Fetching {source}, which is not on this machine yet …")
        return datasets.get(source) if recipe is None else datasets.derive(source, recipe)
    path = Path(source)
    if path.exists() or path.suffix:
        return datasets.load_file(path, target=target, missing="mean", recipe=recipe, test=test)
    return datasets.get(source)  # says which names there are


def read_info(source: str | None, target: str | None = None) -> DatasetInfo | None:
    """The description of a data set; the data themselves only where they are in a file."""
    from .. import datasets

    if source is None:
        return None
    return datasets.info(source) if source in datasets.names() else read_data(source, target).info


def models_folder() -> Path:
    """Where models lie that were not told to go elsewhere: the studio's repository."""
    from ..datasets.folders import home_folder

    return home_folder() / "models"


def find_model(source: str, version: int | None = None) -> SavedModel:
    """A saved model by its folder, or by its name in the studio's repository (the newest version unless told)."""
    from .. import model_store

    path = Path(source)
    if (path / model_store.INFO).is_file():
        return model_store.load_model(path)
    root = models_folder()
    found = model_store.versions(root, source)
    if not found:
        known = ", ".join(model_store.names(root)) or "none yet"
        raise DataError(
            "there is no such model",
            where=source,
            wanted="a model's folder or name",
            got=f"nothing; there are: {known}",
            remedy="Train one: netwright train mlp-digits",
        )
    if version is not None and version not in found:
        raise DataError("there is no such version", where=source, wanted=", ".join(map(str, found)), got=version)
    return model_store.load_model(root / source / str(version or found[-1]))
