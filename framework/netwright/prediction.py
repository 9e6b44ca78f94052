"""From raw things to a network's inputs, and from its outputs to labels, values and pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .abilities import served_graph
from .cluster import nearest
from .continuing import MAX_PROMPT
from .datasets import Dataset
from .datasets.pictures import decode_picture, encode_png
from .datasets.texts import encode
from .device import Device
from .errors import DataError
from .generation import Generator
from .graph.check import DataSpec
from .graph.predictor import Predictor, load_predictor
from .model_store import ClusterInfo, ModelInfo, SavedModel
from .train import GraphTask, TaskChoice
from .train.data import check_samples

Array = NDArray[Any]


def open_predictor(model: SavedModel, device: str | Device = "cpu", *, serving: bool = False) -> Predictor:
    """The part of a saved model's graph that answers, with its weights; ``serving`` where many small batches come."""
    shape = model.info.input.shape
    graph = served_graph(model.graph, model.info.task, shape)
    # what makes samples takes latent numbers, whose shape stands in the graph
    given = None if model.info.does == ("generate",) else shape
    return load_predictor(graph, model.weights_path, device, given, alone=serving)


def open_generator(model: SavedModel, device: str | Device = "cpu") -> Generator:
    """What makes samples of a saved model; GraphError where it was not trained for that."""
    choice = model.info.task or TaskChoice()
    return Generator(model.graph, choice, model.weights(), DataSpec(model.info.input.shape), device)


def describe_clusters(task: GraphTask, data: Dataset) -> ClusterInfo | None:
    """What a model says of its clusters; None where its training found none."""
    found = task.assign(check_samples(data.feed("train"), "training", data.preprocessing))
    if found is None or task.clusters is None:
        return None
    clusters, labels = found
    names, count = data.info.label.classes, len(task.clusters)
    classes: list[str | None] = [None] * count
    shares: list[float | None] = [None] * count
    for k in range(count if names is not None and labels.ndim == 1 else 0):
        within = np.bincount(labels[clusters == k].astype(np.int64), minlength=len(names or ()))
        if within.sum():
            classes[k] = (names or ())[int(within.argmax())]
            shares[k] = float(within.max() / within.sum())
    sizes = np.bincount(clusters, minlength=count).tolist()
    return ClusterInfo(centres=np.asarray(task.clusters).tolist(), sizes=sizes, classes=classes, shares=shares)


def read_inputs(raws: Sequence[Any], info: ModelInfo) -> NDArray[np.float32]:
    """Raw inputs → what the network takes, (rows, *shape) and float32; DataError names the input that is wrong.

    An image is a nested list of raw values or ``{"png": base64}``; a table row is a list of cells, an object by column
    name, or a line of CSV.
    """
    if not raws:
        raise DataError("nothing to predict for", where="inputs", wanted="at least one input", got="none")
    if info.input.kind == "text":
        return np.stack([_read_text(raw, info, number) for number, raw in enumerate(raws)])
    if info.input.kind == "image":
        x: Array = np.stack([_read_image(raw, info, number) for number, raw in enumerate(raws)])
    else:
        x = info.preprocessing.encode([_read_row(raw, info, number) for number, raw in enumerate(raws)])
    return info.preprocessing.apply(x)


def _read_image(raw: Any, info: ModelInfo, number: int) -> Array:
    shape = info.input.shape
    if isinstance(raw, Mapping) and isinstance(raw.get("png"), str):
        return decode_picture(raw["png"], info.input, dark_background=has_dark_background(info))
    where = f"inputs[{number}]"
    try:
        values = np.array(raw, dtype=np.float32)
    except (TypeError, ValueError, OverflowError):
        raise DataError(
            "not an image", where=where, wanted=f'numbers of shape {shape} or {{"png": …}}', got=type(raw).__name__
        ) from None
    if values.size != math.prod(shape):
        raise DataError("an image of another size", where=where, wanted=f"shape {shape}", got=f"shape {values.shape}")
    if not np.isfinite(values).all():
        raise DataError("a pixel is not a finite number", where=where, wanted="numbers", got="NaN or infinity")
    return values.reshape(shape)


def _read_text(raw: Any, info: ModelInfo, number: int) -> NDArray[np.float32]:
    """The end of a text, as long as the network's window; a shorter one stands at the end of spaces."""
    if isinstance(raw, list) and len(raw) == 1:
        raw = raw[0]  # a row of the data set's one column
    if not isinstance(raw, str):
        raise DataError("not a text", where=f"inputs[{number}]", wanted="a text", got=type(raw).__name__)
    if len(raw) > MAX_PROMPT:
        wanted = f"at most {MAX_PROMPT} characters"
        raise DataError("the text is too long", where=f"inputs[{number}]", wanted=wanted, got=len(raw))
    window = info.input.shape[0]
    return encode(raw[-window:].rjust(window), info.input.characters or " ").astype(np.float32)


def _read_row(raw: Any, info: ModelInfo, number: int) -> list[Any]:
    columns = info.input.columns or ()
    if isinstance(raw, Mapping):
        missing = [column for column in columns if column not in raw]
        unknown = [str(key) for key in raw if key not in columns]
        if missing or unknown:
            raise DataError(
                "a record with other columns",
                where=f"inputs[{number}]",
                wanted=", ".join(columns)[:300],
                got=f"{', '.join(unknown)[:100] or 'nothing'} besides; {', '.join(missing)[:100] or 'nothing'} missing",
            )
        return [raw[column] for column in columns]
    if isinstance(raw, str):
        return raw.split(",")
    if not isinstance(raw, list):
        raise DataError(
            "not a table row", where=f"inputs[{number}]", wanted=f"{len(columns)} values", got=type(raw).__name__
        )
    return raw


def has_dark_background(info: ModelInfo) -> bool:
    """Whether the border of the model's sample is nearer the low end of its range."""
    try:
        image = np.array(info.sample, dtype=np.float32).reshape(info.input.shape)
    except (TypeError, ValueError):
        return True
    border = np.concatenate([image[:, 0].ravel(), image[:, -1].ravel(), image[..., 0].ravel(), image[..., -1].ravel()])
    return bool(np.median(border) <= (info.input.low + info.input.high) / 2)


def fit_shape(x: Array, shape: Sequence[int]) -> Array:
    """Give the data the shape the graph's Input has, where the two hold as many values."""
    if x.shape[1:] == tuple(shape) or -1 in shape:
        return x
    if math.prod(x.shape[1:]) != math.prod(shape):
        raise DataError("the model's graph takes another shape than its data", wanted=tuple(shape), got=x.shape[1:])
    return x.reshape(len(x), *shape)


def explain(heads: Sequence[Array], info: ModelInfo) -> dict[str, Any]:
    """What the outputs for one input mean, by the first head that fits the labels.

    Classes: ``label``, ``index`` and ``probabilities`` (``[{"label", "p"}]`` in the order of the classes). Values:
    ``value`` in the data's own unit. Clusters: ``cluster`` (``{"index", "distance", "size", "label", "share"}``, the
    class that most of its samples have and their share) and what came of the input. Else: ``output``, and ``png`` where
    it is an image like the input.
    """
    classes = info.label.classes
    if info.clusters is not None and heads:
        return _explain_cluster(heads, info, info.clusters)
    if info.task is not None and info.task.kind in ("reconstruction", "generation"):
        return _explain_output(heads[0], info)
    for head in heads:
        if classes is not None and info.label.shape and head.shape == (*info.label.shape, len(classes)):
            return _explain_classes(head[-1], classes)  # of a text the character after the last
        if classes is not None and (head.size == len(classes) or (head.size == 1 and len(classes) == 2)):
            return _explain_classes(head.ravel(), classes)
        if info.label.kind == "value" and head.size == 1:
            return {"value": float(info.preprocessing.invert_target(head).ravel()[0])}
    return _explain_output(heads[0], info)


def _explain_classes(head: Array, classes: Sequence[str]) -> dict[str, Any]:
    likely = head.astype(np.float64)
    if likely.size == 1:
        likely = np.array([1.0 - likely[0], likely[0]])
    index = int(np.argmax(likely))
    probabilities = [{"label": label, "p": float(p)} for label, p in zip(classes, likely, strict=True)]
    return {"label": classes[index], "index": index, "probabilities": probabilities}


def _explain_cluster(heads: Sequence[Array], info: ModelInfo, clusters: ClusterInfo) -> dict[str, Any]:
    latent = heads[-1].reshape(1, -1)
    found, distance = nearest(latent, clusters.centres)
    index = int(found[0])
    facts: dict[str, Any] = {"index": index, "distance": math.sqrt(float(distance[0])), "size": clusters.sizes[index]}
    facts |= {"label": clusters.classes[index], "share": clusters.shares[index]}
    return {"cluster": facts, **(_explain_output(heads[0], info) if len(heads) > 1 else {})}


def _explain_output(head: Array, info: ModelInfo) -> dict[str, Any]:
    if head.size != math.prod(info.input.shape):
        return {"output": head.tolist()}
    raw = info.preprocessing.invert(head.reshape(info.input.shape))
    found: dict[str, Any] = {"output": raw.tolist()}
    if info.input.kind == "image":
        found["png"] = encode_png(raw, info.input)
    return found
