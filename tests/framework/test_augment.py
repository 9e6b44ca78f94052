"""Images changed while they are trained on: exactly so, the same after a resume, and never in tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netwright import datasets, model_store, templates
from netwright.datasets import Augment
from netwright.datasets.preprocessing import Preprocessing
from netwright.train import GraphTask, TrainSettings, evaluate, fit
from netwright.train.data import Shuffled, hold_out
from netwright.train.feeding import Samples

IMAGES = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
HALF = np.full((2, 5), 0.5, np.float32)


def draws(**places: float) -> Any:
    """Draws for both images: turned sideways, row, column, share, upside down."""
    found = np.full((2, 5), 0.5, np.float32)
    for name, value in places.items():
        found[:, ["sideways", "row", "column", "share", "down"].index(name)] = value
    return found


def test_flips() -> None:
    assert (Augment(flip_horizontal=True).apply(IMAGES, draws(sideways=0.2)) == IMAGES[..., ::-1]).all()
    assert (Augment(flip_horizontal=True).apply(IMAGES, draws(sideways=0.7)) == IMAGES).all()
    assert (Augment(flip_vertical=True).apply(IMAGES, draws(down=0.2)) == IMAGES[:, :, ::-1]).all()
    one = draws(sideways=0.2)
    one[1, 0] = 0.9
    mixed = Augment(flip_horizontal=True).apply(IMAGES, one)
    assert (mixed[0] == IMAGES[0, ..., ::-1]).all()
    assert (mixed[1] == IMAGES[1]).all()


def test_a_shift_lets_the_background_in() -> None:
    moved = Augment(shift=2, background=-1).apply(IMAGES, draws(row=0.999, column=0.0))
    assert (moved[:, :, 2:, :3] == IMAGES[:, :, :2, 2:]).all()
    assert (moved[:, :, :2] == -1).all()
    assert (moved[:, :, :, 3:] == -1).all()
    assert (Augment(shift=2).apply(IMAGES, HALF) == IMAGES).all()


def test_a_crop_grows_to_the_whole() -> None:
    image = np.arange(64, dtype=np.float32).reshape(1, 1, 8, 8)
    half = Augment(crop=0.5)
    corner = half.apply(image, draws(row=0.0, column=0.0, share=1.0)[:1])
    assert (corner[0, 0] == np.repeat(np.repeat(image[0, 0, :4, :4], 2, 0), 2, 1)).all()
    assert (half.apply(image, draws(share=0.0)[:1]) == image).all()


def test_every_amount_of_shift_is_as_likely() -> None:
    image = np.zeros((4000, 1, 7, 7), np.float32)
    image[..., 3] = 1
    augment = Augment(shift=2)
    places = augment.apply(image, augment.draw(4000, 1, 0))[:, 0, 3].argmax(1)
    counts = np.bincount(places, minlength=7)
    assert counts[[0, 6]].sum() == 0
    assert (abs(counts[1:6] - 800) < 120).all()


@pytest.mark.parametrize("batch_size", [3, 8])
def test_batches_do_not_decide_what_happens_to_an_image(batch_size: int) -> None:
    x = np.random.default_rng(0).random((20, 1, 6, 6)).astype(np.float32)
    fitted = Preprocessing(augment=Augment(flip_horizontal=True, crop=0.3, shift=1))
    samples = Samples(x, np.arange(20), preprocessing=fitted)
    seen = Shuffled(samples, batch_size, seed=4)
    first = {int(y): image.copy() for xs, ys in seen.rest_of_epoch() for image, y in zip(xs, ys, strict=True)}
    second = {int(y): image.copy() for xs, ys in seen.rest_of_epoch() for image, y in zip(xs, ys, strict=True)}
    whole = fitted.augment.apply(x, samples.draw(4, 0)) if fitted.augment else x
    for place in range(20):
        assert (first[place] == whole[place]).all()
    assert any((first[place] != second[place]).any() for place in range(20)), "each epoch draws anew"


def test_held_out_samples_stay_as_they_are() -> None:
    x = np.random.default_rng(0).random((20, 1, 6, 6)).astype(np.float32)
    samples = Samples(x, np.arange(20), preprocessing=Preprocessing(augment=Augment(shift=2, flip_vertical=True)))
    _, held = hold_out(samples, 0.3, 0)
    assert held is not None
    for images, labels in held.in_turn(4):
        assert (images == x[labels]).all()


def test_a_resumed_training_sees_the_same_images(tmp_path: Path) -> None:
    data = datasets.derive(
        "digits", {"split": {"by": "given"}, "scaling": "none", "augment": {"shift": 1, "crop": 0.1}}
    )
    template = templates.get("mlp-digits")
    settings = TrainSettings(epochs=2, batch_size=64, seed=3)

    def train(folder: Path, stop: int | None) -> Any:
        class Stop:
            def on_step(self, state: Any) -> None:
                if state.step == stop:
                    state.request_stop()

        task = GraphTask(template.graph, data.info)
        fit(
            task, data.feed("train"), settings=settings, callbacks=[Stop()], checkpoint=folder,
            resume=folder.exists(), preprocessing=data.preprocessing,
        )  # fmt: skip
        return task

    whole = train(tmp_path / "whole", None)
    train(tmp_path / "parts", 9)
    resumed = train(tmp_path / "parts", None)
    for name, weight in whole.arrays().items():
        assert np.array_equal(np.asarray(weight), np.asarray(resumed.arrays()[name])), name
    plain = GraphTask(template.graph, data.info)
    fit(plain, data.feed("train"), settings=settings)
    assert any(not np.array_equal(np.asarray(w), np.asarray(plain.arrays()[n])) for n, w in whole.arrays().items())
    tested = evaluate(whole, data.feed("test"), preprocessing=data.preprocessing)
    again = evaluate(whole, data.arrays("test"))
    assert tested == again, "what is tested is not augmented"
    info = model_store.describe_model(data, name="m")
    saved = model_store.save_model(tmp_path / "model", template.graph, whole.arrays(), info)
    kept = model_store.load_model(saved.folder).info.preprocessing
    assert kept == data.preprocessing
    assert [step.kind for step in kept.steps] == ["split", "crop", "shift"]
