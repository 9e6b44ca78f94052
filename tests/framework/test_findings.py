"""Warnings about data, each on a set made to deserve it, with its evidence; and none on a sound one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netwright import datasets
from netwright.datasets.finding import Finding
from netwright.datasets.findings import find_problems

RNG = np.random.default_rng(5)
N = 200


def load(tmp_path: Path, columns: dict[str, list[object]], **recipe: object) -> datasets.Dataset:
    path = tmp_path / "table.csv"
    rows = zip(*columns.values(), strict=True)
    path.write_text(",".join(columns) + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    kinds = dict.fromkeys(columns, "number") | {"y": "target"}
    for name, values in columns.items():
        if kinds[name] == "number" and isinstance(values[0], str):
            kinds[name] = "category"
    choices = [{"name": n, "kind": k, "missing": "constant", "constant": "0"} for n, k in kinds.items()]
    return datasets.load_file(path, recipe={"columns": choices, **recipe})


def noise() -> list[object]:
    return [float(value) for value in RNG.normal(size=N).round(4)]


def find(data: datasets.Dataset, kind: str) -> Finding:
    found = [finding for finding in find_problems(data) if finding.kind == kind]
    assert len(found) == 1, [finding.kind for finding in find_problems(data)]
    return found[0]


LABELS: list[object] = ["ab"[i * 7 % 5 % 2] for i in range(N)]


def test_a_sound_table_is_left_alone(tmp_path: Path) -> None:
    data = load(tmp_path, {"a": noise(), "b": noise(), "y": LABELS})
    assert find_problems(data) == []


@pytest.mark.parametrize("name", ["wine", "breast-cancer", "diabetes", "moons", "digits"])
def test_sound_built_in_sets_have_no_warning(name: str) -> None:
    assert [f.kind for f in find_problems(datasets.get(name)) if f.severity == "warning"] == []


def test_a_column_that_gives_the_answer_away(tmp_path: Path) -> None:
    told: list[object] = [3.5 + i / 1000 if LABELS[i] == "a" else 9 + i / 1000 for i in range(N)]
    leak = find(load(tmp_path, {"a": noise(), "told": told, "y": LABELS}), "leak")
    assert leak.column == "told"
    assert leak.score is not None
    assert leak.score > 0.98
    assert leak.baseline is not None
    assert leak.baseline < 0.7
    assert leak.shares[0].mostly == "a"
    assert leak.shares[-1].mostly == "b"
    assert leak.shares[0].share == leak.shares[-1].share == 1.0
    words: list[object] = ["yes" if label == "a" else "no" for label in LABELS]
    assert find(load(tmp_path, {"a": noise(), "word": words, "y": LABELS}), "leak").column == "word"


def test_a_column_that_is_the_value_in_another_unit(tmp_path: Path) -> None:
    y = noise()
    inches: list[object] = [round(float(str(v)) * 2.54 + 1, 4) for v in y]
    leak = find(
        load(tmp_path, {"a": noise(), "inches": inches, "y": y}, target_as="value", split={"by": "random"}), "leak"
    )
    assert (leak.column, leak.measure) == ("inches", "r2")
    assert leak.score is not None
    assert leak.score > 0.98


def test_identifiers(tmp_path: Path) -> None:
    order = RNG.permutation(N).tolist()
    found = find(load(tmp_path, {"a": noise(), "number": [1000 + i for i in order], "y": LABELS}), "id_like")
    assert (found.column, found.count, found.value) == ("number", N, "1000 … 1199")


def test_constant_columns(tmp_path: Path) -> None:
    found = find(load(tmp_path, {"a": noise(), "same": [4.5] * N, "y": LABELS}), "constant")
    assert (found.column, found.value) == ("same", 4.5)


def test_duplicates_within_and_between(tmp_path: Path) -> None:
    a = noise()
    part: list[object] = ["test" if i % 4 == 0 else "train" for i in range(N)]
    a[4], a[9] = a[1], a[1]
    labels = [*LABELS]
    labels[1] = labels[4] = "a"
    labels[9] = "b"
    split = {"by": "column", "column": "part", "test_values": ["test"]}
    path = tmp_path / "table.csv"
    path.write_text("a,part,y\n" + "".join(f"{x},{p},{y}\n" for x, p, y in zip(a, part, labels, strict=True)))
    columns = [{"name": "a", "kind": "number"}, {"name": "part", "kind": "ignored"}, {"name": "y", "kind": "target"}]
    data = datasets.load_file(path, recipe={"columns": columns, "split": split})
    between = find(data, "duplicates_between")
    assert (between.count, between.total) == (1, N // 4)
    assert between.pairs[0].first == ("train", 0)
    assert between.pairs[0].second == ("test", 1)
    within = find(data, "duplicates_within")
    assert within.pairs[0].second == ("train", 6)
    against = find(data, "contradictions")
    assert against.pairs[0].labels == ("a", "b")


def test_equal_images_are_found() -> None:
    base = datasets.get("digits")
    doubled = datasets.Dataset(base.info, base.train, (base.train[0][:5], base.train[1][:5]), base.preprocessing)
    assert find(doubled, "duplicates_between").count == 5


def test_uneven_and_small_classes(tmp_path: Path) -> None:
    uneven: list[object] = ["rare" if i % 40 == 0 else "common" for i in range(N)]
    found = find(load(tmp_path, {"a": noise(), "b": noise(), "y": uneven}), "imbalance")
    assert (found.value, found.count, found.total) == ("rare", 4, 156)
    assert found.baseline == pytest.approx(0.975)
    small: list[object] = ["abc"[min(2, i // 3)] if i < 7 else "cdefghijkl"[i % 10] for i in range(N)]
    assert find(load(tmp_path, {"a": noise(), "y": small}), "small_class").count == 2


def test_gaps(tmp_path: Path) -> None:
    a = [value if i % 2 else "" for i, value in enumerate(noise())]
    a[0], a[1] = 1.5, ""
    found = find(load(tmp_path, {"a": a, "b": noise(), "y": LABELS}), "missing")
    assert (found.column, found.count, found.total, found.severity) == ("a", 100, N, "warning")


def test_few_samples(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "".join(f"{i * i},{'ab'[i % 2]}\n" for i in range(20)))
    assert find(datasets.load_csv(path), "few_samples").count == 20
