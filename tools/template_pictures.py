"""Draws the gallery's pictures: what each template's data look like, or what comes of it once it is trained.

Run: python tools/template_pictures.py [TEMPLATE …]. The pictures are see-through, so that they suit light and dark.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from netwright import datasets, templates
from netwright.continuing import continue_text
from netwright.datasets import Dataset
from netwright.graph import load_predictor
from netwright.graph.part import part
from netwright.showing import Show
from netwright.templates.checking import Outcome, train

FOLDER = Path(__file__).resolve().parents[1] / "frontend" / "src" / "features" / "projects" / "pictures"
TEXTS = FOLDER / "texts.json"
INK = (64, 152, 186)
COLOURS = [(64, 152, 186), (224, 132, 62), (126, 104, 200), (92, 160, 84)]
SIZE = (264, 150)
MOST_BYTES = 150_000


def main(names: list[str]) -> None:
    """Draw the pictures of these templates, or of all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    texts: dict[str, str] = json.loads(TEXTS.read_text()) if TEXTS.exists() else {}
    for template in [templates.get(name) for name in names] if names else templates.all():
        data = datasets.get(template.dataset)
        if data.info.input.kind == "text":
            texts[template.id] = write(train(template), data)
            TEXTS.write_text(json.dumps(dict(sorted(texts.items())), indent=2, ensure_ascii=False) + "\n")
        else:
            picture = draw(template, data)
            picture.quantize(32, method=Image.Quantize.FASTOCTREE).save(FOLDER / f"{template.id}.png", optimize=True)
        print(template.id)
    total = sum(path.stat().st_size for path in FOLDER.iterdir())
    print(f"{total / 1000:.0f} kB in all")
    if total > MOST_BYTES:
        sys.exit(f"more than {MOST_BYTES / 1000:.0f} kB")


def draw(template: templates.Template, data: Dataset) -> Image.Image:
    """Images as they are or as they are made; tables as points of two columns."""
    if template.family == "generation":
        return ink(made(train(template), data, 40), 10)
    if template.family == "clustering":
        return ink(gathered(train(template), data), 10)
    if template.family == "reconstruction":
        found = train(template)
        x = data.split("test")[0][:20]
        back = load_predictor(
            part(template.graph, [str(found.task.choice.output)]), found.task.arrays(), input_shape=x.shape[1:]
        )(data.preprocessing.apply(x))[0].reshape(x.shape)
        return ink(np.concatenate([x[:10], back[:10], x[10:], back[10:]]), 10)
    if data.info.input.kind == "image":
        x = data.split("test")[0]
        count = 40 if x.shape[-1] < 20 else 24
        return ink(x[:count].astype(np.float32) / data.info.input.high, 10 if count == 40 else 8)
    if data.info.input.shape == (2,):
        return plane(train(template), data)
    return points(data)


def made(found: Outcome, data: Dataset, count: int) -> np.ndarray[Any, Any]:
    """New samples of a trained generator."""
    return Show(found.task, data).generator()(count, 3).reshape(count, *data.info.input.shape)


def gathered(found: Outcome, data: Dataset) -> np.ndarray[Any, Any]:
    """Four samples of each cluster, a column each."""
    x, y = data.arrays("train")
    from netwright.train.data import check_samples

    assigned = found.task.assign(check_samples((x, y), "training"))
    assert assigned is not None
    columns = [x[np.flatnonzero(assigned[0] == k)[:4]] for k in range(10)]
    return np.stack([column[i] for i in range(4) for column in columns])


def ink(images: np.ndarray[Any, Any], columns: int) -> Image.Image:
    """Images between 0 and 1 side by side, as ink that covers the more the brighter they are."""
    count, _, high, wide = images.shape
    rows, gap = -(-count // columns), max(2, wide // 8)
    whole = np.zeros((rows * (high + gap) - gap, columns * (wide + gap) - gap))
    for place, image in enumerate(images):
        top, left = (place // columns) * (high + gap), (place % columns) * (wide + gap)
        whole[top : top + high, left : left + wide] = np.clip(image[0], 0, 1)
    alpha = Image.fromarray((whole * 255).astype(np.uint8))
    scale = max(1, SIZE[0] // alpha.width)
    alpha = alpha.resize((alpha.width * scale, alpha.height * scale), Image.Resampling.NEAREST)
    picture = Image.new("RGBA", alpha.size, (*INK, 0))
    picture.putalpha(alpha)
    return picture


def points(data: Dataset) -> Image.Image:
    """The samples by the two columns that tell most of the label."""
    x, y = data.arrays("train")
    told = [abs(np.corrcoef(column, y)[0, 1]) for column in x.T]
    a, b = np.argsort(told)[::-1][:2]
    return scatter(x[:, a], x[:, b], y, data.info.label.kind == "class")


def plane(found: Outcome, data: Dataset) -> Image.Image:
    """The points of a plane over what the trained network says of each place."""
    x, y = data.arrays("train")
    picture = scatter(x[:, 0], x[:, 1], y, True)
    (low_a, high_a), (low_b, high_b) = _range(x[:, 0]), _range(x[:, 1])
    across, down = np.meshgrid(np.linspace(low_a, high_a, SIZE[0] // 2), np.linspace(high_b, low_b, SIZE[1] // 2))
    places = np.stack([across.ravel(), down.ravel()], 1).astype(np.float32)
    run = load_predictor(found.template.graph, found.task.arrays(), input_shape=(2,))
    chance = run(places)[0][:, 1].reshape(across.shape)
    regions = np.zeros((*across.shape, 4), np.uint8)
    regions[..., :3] = np.where(chance[..., None] > 0.5, COLOURS[1], COLOURS[0])
    regions[..., 3] = 50
    base = Image.fromarray(regions).resize(SIZE, Image.Resampling.NEAREST)
    return Image.alpha_composite(base, picture)


def scatter(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], y: np.ndarray[Any, Any], classes: bool) -> Image.Image:
    """Dots, drawn large and made small again for smooth edges."""
    large = Image.new("RGBA", (SIZE[0] * 3, SIZE[1] * 3), (*INK, 0))
    pen = ImageDraw.Draw(large)
    (low_a, high_a), (low_b, high_b) = _range(a), _range(b)
    for left, up, label in list(zip(a, b, y, strict=True))[:400]:
        x = (left - low_a) / (high_a - low_a) * large.width
        top = (1 - (up - low_b) / (high_b - low_b)) * large.height
        colour = COLOURS[int(label)] if classes else INK
        strength = 190 if classes else int(np.clip(120 + 60 * float(label), 40, 255))
        pen.ellipse((x - 7, top - 7, x + 7, top + 7), fill=(*colour, strength))
    return large.resize(SIZE, Image.Resampling.BOX)


def _range(values: np.ndarray[Any, Any]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return low - 0.06 * (high - low), high + 0.06 * (high - low)


def write(found: Outcome, data: Dataset) -> str:
    """What a trained network of texts goes on with."""
    info = data.info.input
    run = load_predictor(found.template.graph, found.task.arrays(), input_shape=info.shape)
    begin = "It is a truth "
    return begin + continue_text(lambda x: run(x)[0], info.characters or "", info.shape[0], begin, 230, 0.6, 1)


if __name__ == "__main__":
    main(sys.argv[1:])
