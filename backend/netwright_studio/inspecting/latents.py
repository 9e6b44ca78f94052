"""Latent space: where samples lie at a node, and what is made from numbers there."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from netwright.cluster import nearest
from netwright.datasets.pictures import encode_png
from netwright.errors import GraphError
from netwright.inspection.latent import Decoder, draw_codes, latent, narrowest, normal_codes, walk_codes
from netwright.inspection.plane import Projection
from netwright.inspection.runner import entries_by_node, from_node
from netwright.ops.operator import TensorSpec
from netwright.scheduler.lower import infer_all
from netwright_studio.errors import InvalidError
from netwright_studio.inspecting.subject import Subject
from netwright_studio.schemas.inspect import GeneratedReply, LatentCluster, LatentNode, LatentReply

MAX_SIZE = 8192
CODES = 1000


def latent_map(subject: Subject, node: str | None, split: Literal["train", "test"], limit: int) -> LatentReply:
    """Return where samples of a split lie at a node, by default where the network knows most in least numbers."""
    data = subject.require_data()
    nodes = _nodes(subject)
    chosen = _choose(subject, node, nodes, _named(subject, "mean") or _named(subject, "latent"))
    raw, y = data.split(split)
    rows = _some(len(raw), limit)
    codes = latent(subject.network, subject.weights, data.preprocessing.apply(raw[rows]), chosen, subject.input_shape)
    codes = np.nan_to_num(codes)
    projection = None if codes.shape[1] == 2 else Projection.fit(codes)
    places = codes if projection is None else projection(codes)
    clusters, cluster_of = _clusters(subject, codes, projection)
    label = data.info.label
    values = np.zeros(len(rows)) if label.kind == "none" else y[rows].reshape(len(rows), -1)[:, 0]
    spread = places.var(0)
    shares = tuple((spread / (spread.sum() or 1.0)).tolist()) if projection is None else projection.explained
    return LatentReply(
        node=chosen,
        nodes=nodes,
        dimensions=codes.shape[1],
        kind="inputs" if projection is None else "components",
        explained=(float(shares[0]), float(shares[1])),
        points=[(float(u), float(v), float(t)) for (u, v), t in zip(places.round(5), values, strict=True)],
        rows=rows.tolist(),
        split=split,
        classes=list(label.classes) if label.classes else None,
        label=label.name,
        generates=_makes_pictures(subject, chosen),
        clusters=clusters,
        cluster_of=cluster_of,
    )


def _clusters(
    subject: Subject, codes: Any, projection: Projection | None
) -> tuple[list[LatentCluster] | None, list[int] | None]:
    """The clusters on the map, and which of them each code belongs to; None where other numbers were clustered."""
    known = subject.info.clusters
    if known is None or codes.shape[1:] != np.shape(known.centres)[1:]:
        return None, None
    centres = np.asarray(known.centres)
    places = centres if projection is None else projection(centres)
    facts = zip(places.round(5).tolist(), known.sizes, known.classes, known.shares, strict=True)
    shown = [LatentCluster(x=x, y=y, size=size, label=label, share=share) for (x, y), size, label, share in facts]
    return shown, nearest(codes, centres)[0].tolist()


def generate(subject: Subject, node: str | None, mode: Literal["draw", "walk"], side: int, seed: int) -> GeneratedReply:
    """Return side × side pictures made from a node's numbers: new ones, or a walk over the plane they lie on."""
    data = subject.require_data()
    info = data.info.input
    if info.kind != "image":
        raise InvalidError("Only networks that put out images can be walked through.", where="dataset", wanted="images")
    chosen = _choose(subject, node, _nodes(subject), _named(subject, "latent"))
    raw = data.split("train")[0]
    x = data.preprocessing.apply(raw[_some(len(raw), CODES)])
    codes = latent(subject.network, subject.weights, x, chosen, subject.input_shape)
    decoder = Decoder(subject.network, subject.weights, chosen, codes.shape[1:], _named(subject, "output"))
    wanted = walk_codes(codes, side) if mode == "walk" else _draw(subject, codes, side * side, seed)
    out = decoder(wanted)
    if out[0].size != math.prod(info.shape):
        raise InvalidError(
            "What this network puts out is no image of its data's shape.",
            where="node",
            wanted="×".join(map(str, info.shape)),
            got=f"{out[0].size} numbers",
        )
    images = data.preprocessing.invert(out.reshape(len(out), *info.shape))
    channels, height, width = info.shape
    sheet = images.reshape(side, side, channels, height, width).transpose(2, 0, 3, 1, 4)
    png = encode_png(sheet.reshape(channels, side * height, side * width), info)
    return GeneratedReply(node=chosen, mode=mode, side=side, png=png)


def _makes_pictures(subject: Subject, node: str) -> bool:
    """Whether what follows from a node alone has as many numbers as an image of the data."""
    info = subject.info.input
    if info.kind != "image":
        return False
    head = _named(subject, "output") or subject.network.heads[0].name
    sizes = {found.node: found.size for found in _nodes(subject)}
    if sizes.get(head) != math.prod(info.shape):
        return False
    try:
        from_node(subject.network, node, head)
    except GraphError:
        return False
    return True


def _draw(subject: Subject, codes: Any, count: int, seed: int) -> Any:
    """New codes: standard normal ones where the network was taught so, else like those of the samples."""
    if (subject.settings.get("task") or {}).get("kind") == "generation":
        return normal_codes(codes.shape[1], count, seed)
    return draw_codes(codes, count, seed)


def _nodes(subject: Subject) -> list[LatentNode]:
    entries = entries_by_node(subject.network)
    fed = {n: tuple(s or subject.input_shape) for n, s in subject.network.inputs.items()}
    known = {n: TensorSpec((1, *shape), np.dtype(np.float32)) for n, shape in fed.items()}
    known.update({n: TensorSpec(tuple(a.shape), a.dtype) for n, a in subject.weights.items()})
    names = set(subject.network.symbol.list_inputs())
    specs = infer_all(subject.network.symbol, {n: s for n, s in known.items() if n in names})
    sizes = {
        name: math.prod(specs[entry].shape[1:]) for name, entry in entries.items() if specs[entry].shape[:1] == (1,)
    }
    operators = {name: entry[0].op for name, entry in entries.items()}
    return [
        LatentNode(node=name, op=op.name, size=size)
        for name, size in sizes.items()
        if 1 <= size <= MAX_SIZE and (op := operators[name]) is not None
    ]


def _choose(subject: Subject, node: str | None, nodes: list[LatentNode], named: str | None) -> str:
    names = [found.node for found in nodes]
    chosen = node or named or narrowest(subject.network, subject.weights, subject.input_shape)
    if chosen is None and names:
        chosen = names[-1]
    if chosen not in names:
        raise InvalidError(
            "There is no such node, or it holds too many numbers a sample.",
            where="node",
            wanted=", ".join(names)[:300],
            got=chosen,
        )
    return chosen


def _named(subject: Subject, field: str) -> str | None:
    """What the settings' task calls its latent node, its mean or its output."""
    found = (subject.settings.get("task") or {}).get(field)
    return found if isinstance(found, str) else None


def _some(count: int, most: int) -> Any:
    return np.linspace(0, count - 1, min(count, most)).astype(np.int64)
