"""A recipe carried out on samples that are arrays already: pictures of an archive, NPZ files, built-in sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .dataset import Dataset
from .describing import describe
from .image_zip import read_images
from .info import InputInfo, LabelInfo
from .limits import DEFAULT, Limits
from .preprocessing import Preprocessing
from .recipe import Recipe
from .splitting import split_rows
from .steps import Step
from .table_reader import Progress


def build_images(
    path: Path,
    recipe: Recipe,
    *,
    name: str,
    source: str,
    limits: Limits = DEFAULT,
    progress: Progress | None = None,
) -> Dataset:
    """The data set that a recipe makes of pictures in folders."""
    if recipe.image is None:
        raise DataError("the recipe says no size for the images", where="image", wanted="height and width")
    images = read_images(path, recipe.image, limits, progress)
    labelled = len(images.classes) > 1
    labels = images.y if labelled else None
    given = images.test if images.test.any() else None
    train, test = split_rows(recipe.split, len(images.x), labels, None, given)
    y = images.y if labelled else np.zeros((len(images.x), 0), np.float32)
    label = LabelInfo(kind="class", classes=images.classes) if labelled else LabelInfo(kind="none")
    shape = InputInfo(kind="image", shape=images.x.shape[1:], dtype="uint8", low=0.0, high=255.0)
    parts = (images.x[train], y[train]), (images.x[test], y[test])
    size = recipe.image
    steps = [
        Step(kind="resize", value=f"{size.channels}×{size.height}×{size.width}", count=len(images.x)),
        _split_step(recipe, len(train), len(test)),
    ]
    return _finish(Dataset(describe(name, shape, label, *parts, source=source), *parts), recipe, steps)


def adjust(data: Dataset, recipe: Recipe, *, name: str, source: str) -> Dataset:
    """Another split, scaling or augmentation of samples; ``given`` keeps the split there is."""
    train, test, steps = data.train, data.test, []
    if recipe.split.by != "given":
        if recipe.split.by not in ("stratified", "random"):
            raise DataError(
                "arrays cannot be split so", where="split", wanted="by chance, or as given", got=recipe.split.by
            )
        x = np.concatenate([data.train[0], data.test[0]])
        y = np.concatenate([data.train[1], data.test[1]])
        labels = y if data.info.label.kind == "class" and y.ndim == 1 else None
        first, second = split_rows(recipe.split, len(x), labels, None, None)
        train, test = (x[first], y[first]), (x[second], y[second])
    steps.append(_split_step(recipe, len(train[0]), len(test[0])))
    info = data.info
    described = describe(name, info.input, info.label, train, test, source=source)
    described = described.model_copy(update={"task": info.task, "licence": info.licence})
    return _finish(Dataset(described, train, test, data.preprocessing), recipe, steps)


def _split_step(recipe: Recipe, train: int, test: int) -> Step:
    seed = recipe.split.seed if recipe.split.by in ("stratified", "random") else None
    return Step(kind="split", how=recipe.split.by, train=train, test=test, seed=seed)


def _finish(data: Dataset, recipe: Recipe, steps: list[Step]) -> Dataset:
    """Scaling found on the training part, and augmentation."""
    info, x = data.info.input, data.train[0]
    if info.kind == "text":
        fitted = data.preprocessing
    elif info.kind == "image":
        fitted = _scale_images(x, info, recipe, steps)
    else:
        fitted = _scale_table(data, recipe, steps)
    augment = recipe.augment
    if augment.active:
        if info.kind != "image":
            raise DataError("only images can be augmented", where="augment", wanted="images", got=info.kind)
        augment = augment.model_copy(update={"background": info.low})
        steps += _augment_steps(recipe)
        fitted = fitted.model_copy(update={"augment": augment})
    fitted = fitted.model_copy(update={"steps": tuple(steps)})
    return Dataset(data.info, data.train, data.test, fitted)


def _scale_images(x: NDArray[Any], info: InputInfo, recipe: Recipe, steps: list[Step]) -> Preprocessing:
    if recipe.scaling == "none":
        return Preprocessing()
    if recipe.scaling == "min_max":
        spread = (info.high - info.low) or 1.0
        steps.append(Step(kind="scale", value=spread))
        return Preprocessing.scaling(spread, info.low)
    mean, deviation = _moments(x)
    steps.append(Step(kind="standardise", value=mean, count=x[0].size))
    return Preprocessing.scaling(deviation or 1.0, mean)


def _moments(x: NDArray[Any]) -> tuple[float, float]:
    """Mean and deviation of all values, some images at a time."""
    total = squares = 0.0
    for start in range(0, len(x), 1024):
        part = x[start : start + 1024].astype(np.float64)
        total += float(part.sum())
        squares += float(np.square(part).sum())
    mean = total / x.size
    return mean, max(0.0, squares / x.size - mean * mean) ** 0.5


def _scale_table(data: Dataset, recipe: Recipe, steps: list[Step]) -> Preprocessing:
    x, y = data.train
    fields = data.info.input.fields
    values = y if data.info.label.kind == "value" and recipe.scale_target else None
    if recipe.scaling == "none":
        fitted = Preprocessing(columns=fields)
    else:
        fitted = Preprocessing.fit(x, None, columns=fields, to_range=recipe.scaling == "min_max")
        steps.append(Step(kind=recipe.scaling, count=x.shape[1]))
    if values is not None:
        told = Preprocessing.fit(values[:, None], values)
        fitted = fitted.model_copy(update={"target_mean": told.target_mean, "target_scale": told.target_scale})
        steps.append(Step(kind="scale_target", column=data.info.label.name))
    return fitted


def _augment_steps(recipe: Recipe) -> list[Step]:
    chosen = recipe.augment
    found = [
        Step(kind="flip_horizontal") if chosen.flip_horizontal else None,
        Step(kind="flip_vertical") if chosen.flip_vertical else None,
        Step(kind="crop", value=chosen.crop) if chosen.crop else None,
        Step(kind="shift", count=chosen.shift) if chosen.shift else None,
    ]
    return [step for step in found if step is not None]
