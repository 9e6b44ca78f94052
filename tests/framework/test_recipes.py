"""Tables by a recipe: what is guessed, what is done, and that statistics come from the training part alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netwright import datasets
from netwright.datasets import Recipe
from netwright.datasets.dates import guess_order, read_date, write_date
from netwright.datasets.dialect import guess_dialect
from netwright.datasets.guessing import TableSurvey, survey_table
from netwright.datasets.words import count_words
from netwright.errors import DataError

ROWS = 60
PEOPLE = "id,name,born,height,colour,note,split,tall\n" + "".join(
    f"{i + 1},person {i * 7919 % 1000:03},{1950 + i}-0{i % 9 + 1}-15,{'' if i % 10 == 3 else 150 + i % 40},"
    f"{['red', 'green', ''][i % 3]},a quiet person who lives in house {i},{'test' if i % 5 == 0 else 'train'},"
    f"{'yes' if i % 40 > 20 else 'no'}\n"
    for i in range(ROWS)
)


def write(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def survey(path: Path, **options: Any) -> TableSurvey:
    return survey_table(path, "csv", guess_dialect(path), **options)


def load(path: Path, change: dict[str, Any] | None = None, **columns: dict[str, Any]) -> datasets.Dataset:
    """The table by the proposed recipe, with changes."""
    recipe = survey(path).recipe.model_dump()
    recipe.update(change or {})
    for column in recipe["columns"]:
        column.update(columns.get(column["name"], {}))
    return datasets.load_file(path, recipe=recipe)


def test_every_kind_of_column_is_guessed(tmp_path: Path) -> None:
    found = survey(write(tmp_path, PEOPLE))
    kinds = {column.name: column.kind for column in found.columns}
    assert kinds == {
        "id": "ignored", "name": "ignored", "born": "date", "height": "number", "colour": "category", "note": "text",
        "split": "category", "tall": "category",
    }  # fmt: skip
    why = {column.name: column.because for column in found.columns}
    assert why["id"] == "counts_rows"
    assert why["name"] == "every_row_differs"
    seen = {column.name: column for column in found.columns}
    assert seen["height"].missing == 6
    assert seen["colour"].missing == 20
    assert seen["height"].low == 150
    recipe = found.recipe
    assert recipe.target == "tall"
    assert recipe.target_as == "class"
    assert recipe.split.by == "column"
    assert recipe.split.test_values == ("test",)
    assert len(found.head) == 20
    assert found.rows == ROWS


def test_a_recipe_is_carried_out_and_told(tmp_path: Path) -> None:
    path = write(tmp_path, PEOPLE)
    data = load(path)
    assert data.info.samples.train == 48
    assert data.info.samples.test == 12
    assert data.info.input.columns == ("born", "height", "colour", "note")
    assert data.info.input.shape == (5 + 1 + 3 + 64,)
    height = np.array([150 + i % 40 for i in range(ROWS) if i % 5 and i % 10 != 3], float)
    fields = {field.name: field for field in data.info.input.fields or ()}
    assert fields["height"].fill == pytest.approx(height.mean()), "the mean of the training part alone"
    filled = np.where(np.isin(np.arange(ROWS) % 10, 3), height.mean(), 150 + np.arange(ROWS) % 40)[
        np.arange(ROWS) % 5 > 0
    ]
    assert data.preprocessing.mean is not None
    assert data.preprocessing.mean[5] == pytest.approx(filled.mean(), rel=1e-6)
    x, _ = data.arrays("train")
    assert abs(x[:, 0].mean()) < 1e-3, "days are standardised"
    assert np.abs(x[:, 1:5]).max() <= 1, "the place in the year is not"
    kinds = [(step.kind, step.column) for step in data.preprocessing.steps]
    assert kinds == [
        ("ignore", "id"), ("ignore", "name"), ("ignore", "split"), ("split", "split"), ("date", "born"),
        ("fill", "height"), ("fill", "colour"), ("one_hot", "colour"), ("words", "note"), ("standardise", None),
    ]  # fmt: skip
    assert data.preprocessing.from_json(data.preprocessing.to_json()) == data.preprocessing


def test_rows_survive_and_predict_as_they_trained(tmp_path: Path) -> None:
    data = load(write(tmp_path, PEOPLE))
    for part in ("train", "test"):
        rows = data.rows(part, 0, 12)
        again = data.preprocessing.encode(rows)
        np.testing.assert_allclose(again, data.split(part)[0][:12], rtol=1e-6)
    row = data.rows("train", 2, 3)[0]
    assert row == ["1953-04-15", None, "red", "a quiet person who lives in house 3"]


@pytest.mark.parametrize(
    ("remedy", "constant", "fill"),
    [("median", None, None), ("most_frequent", None, None), ("constant", "7.5", 7.5), ("drop", None, None)],
)
def test_gaps_are_filled_as_told(tmp_path: Path, remedy: str, constant: str | None, fill: float | None) -> None:
    data = load(write(tmp_path, PEOPLE), height={"missing": remedy, "constant": constant})
    field = next(field for field in data.info.input.fields or () if field.name == "height")
    train = [150 + i % 40 for i in range(ROWS) if i % 5 and i % 10 != 3]
    if remedy == "drop":
        assert field.fill is None
        assert data.info.samples.train + data.info.samples.test == ROWS - 6
        assert ("drop_rows", 6) in [(step.kind, step.count) for step in data.preprocessing.steps]
        with pytest.raises(DataError, match="height: a value is missing"):
            data.preprocessing.encode([["1953-04-15", None, "red", ""]])
        return
    wanted = {"median": float(np.median(train)), "most_frequent": float(min(t for t in train if train.count(t) == 2))}
    assert field.fill == (fill if fill is not None else wanted[remedy])


def test_cells_that_are_no_numbers_count_as_gaps(tmp_path: Path) -> None:
    text = "a,y\n" + "".join(f"{'oops' if i == 7 else i / 3},{i % 2}\n" for i in range(40))
    path = write(tmp_path, text)
    column = survey(path).columns[0]
    assert (column.kind, column.odd, column.odd_cells) == ("number", "oops", 1)
    data = load(path)
    assert data.preprocessing.steps[0].kind == "split"
    assert data.preprocessing.steps[1].count == 1


@pytest.mark.parametrize("by", ["random", "stratified", "group", "time", "column"])
def test_splits(tmp_path: Path, by: str) -> None:
    path = write(tmp_path, PEOPLE)
    column = {"group": "colour", "time": "born", "column": "colour"}.get(by)
    split = {"by": by, "fraction": 0.25, "column": column, "test_values": ["red"] if by == "column" else []}
    data = load(path, {"split": split})
    again = load(path, {"split": split})
    assert data.sha256 == again.sha256
    born = [[read_date(str(row[0])) for row in data.rows(part, 0, ROWS)] for part in ("train", "test")]
    colours = [{row[2] for row in data.rows(part, 0, ROWS)} for part in ("train", "test")]
    if by == "time":
        assert max(d for d in born[0] if d) < min(d for d in born[1] if d)
        assert len(born[1]) == 15
    if by in ("group", "column"):
        assert not colours[0] & colours[1]
    if by == "column":
        assert colours[1] == {"red"}
    if by == "stratified":
        shares = [np.bincount(data.split(part)[1]) / len(data.split(part)[1]) for part in ("train", "test")]
        assert abs(shares[0] - shares[1]).max() < 0.05


def test_a_file_of_its_own_is_the_test_part(tmp_path: Path) -> None:
    path = write(tmp_path, "x,y\n" + "".join(f"{i / 2},{'ab'[i % 2]}\n" for i in range(30)))
    other = write(tmp_path, "y,x\na,100\nb,200\nc,300\n", "other.csv")
    recipe = survey(path).recipe.model_copy(update={"split": datasets.SplitChoice(by="file")})
    data = datasets.load_file(path, recipe=recipe, test=other)
    assert data.test[0][:, 0].tolist() == [100, 200, 300]
    assert data.info.label.classes == ("a", "b", "c")
    assert data.preprocessing.mean == (pytest.approx(7.25),), "the second file has no say in the scaling"
    with pytest.raises(DataError, match="the file of the test part is missing"):
        datasets.load_file(path, recipe=recipe)


@pytest.mark.parametrize("scaling", ["standardise", "min_max", "none"])
def test_scaling_and_the_target(tmp_path: Path, scaling: str) -> None:
    path = write(tmp_path, "x,price\n" + "".join(f"{i},{i * 3.25 + 1}\n" for i in (9, 5, 2, 7, 1, 8, 3, 6, 4, 0) * 3))
    data = load(path, {"scaling": scaling})
    assert data.info.task == "regression"
    x, y = data.arrays("train")
    assert abs(y.mean()) < 1e-6
    np.testing.assert_allclose(data.preprocessing.invert_target(y), data.train[1], rtol=1e-6)
    low, high = {"min_max": (0, 1), "none": (0, 9)}.get(scaling, (x.min(), x.max()))
    assert (x.min(), x.max()) == (low, high)
    assert load(path, {"scaling": scaling, "scale_target": False}).preprocessing.target_scale is None


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("größe;preis\n1,5;2\n2,5;3\n", "windows-1252", (";", "windows-1252", ",")),
        ("größe|preis\n1.5|2\n", "utf-8-sig", ("|", "utf-8", ".")),
        ("名称,颜色\n苹果手机,红色的\n香蕉水果,黄色的\n", "gb18030", (",", "gb18030", ".")),
        ("名前\t色\nりんご\tあか\nみかん\tきいろ\n", "shift_jis", ("\t", "shift_jis", ".")),
        ("a,b\n1,2\n", "utf-16", (",", "utf-16", ".")),
    ],
)
def test_dialects_are_guessed(tmp_path: Path, text: str, encoding: str, expected: tuple[str, str, str]) -> None:
    path = write(tmp_path, text.encode(encoding))
    found = guess_dialect(path)
    assert (found.delimiter, found.encoding, found.decimal) == expected
    assert found.header
    names = [column.name for column in survey(path).columns]
    assert names == text.split("\n")[0].split(found.delimiter)


def test_decimal_commas_are_numbers(tmp_path: Path) -> None:
    path = write(tmp_path, "a;y\n" + "".join(f"1.{i:03},5;{'jn'[i % 2]}\n" for i in range(20)))
    assert survey(path).columns[0].low == 1000.5


def test_dates() -> None:
    assert read_date("2026-01-31T06:00:00Z") == read_date("31.1.2026 6:00", "dmy") == read_date("1/31/26 06:00", "mdy")
    assert read_date("2026年1月31日") == 20484
    assert read_date("2026-02-30") is read_date("31.1.2026", "mdy") is read_date("25:00") is None
    assert write_date(20484.25) == "2026-01-31 06:00:00"
    assert guess_order(["1/2/2020", "13/2/2020"]) == "dmy"
    assert guess_order(["1/2/2020", "2/13/2020"]) == "mdy"
    assert guess_order(["1/2/2020", "tomorrow"]) is None


def test_words_are_counted_in_any_script() -> None:
    once, twice = count_words(["red", "red Red"], 16)
    assert twice.max() == pytest.approx(np.log(3))
    assert (once > 0).tolist() == (twice > 0).tolist()
    assert (count_words(["红苹果"], 512) > 0).sum() == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": [{"name": "gone", "kind": "number"}], "split": {}}, "the file lacks a column of the recipe"),
        ({"split": {"by": "column", "column": "split", "test_values": ["never"]}}, "one part of the split is empty"),
        ({"split": {"by": "time", "column": "colour"}}, "colour: this column has no order in time"),
        ({"split": {"by": "given"}}, "the file has no test part of its own"),
        ({"dialect": {"encoding": "rot13"}}, "this recipe cannot be read"),
        ({"columns": [{"name": "tall", "kind": "target"}], "split": {}}, "nothing to learn from"),
        ({"columns": [{"name": "a", "kind": "target"}, {"name": "b", "kind": "target"}]}, "more than one column"),
        (
            {"columns": [{"name": "a", "kind": "number", "missing": "constant"}], "split": {}},
            "nothing was said to fill the gaps",
        ),
        ({"nonsense": 1}, "this recipe cannot be read"),
    ],
)
def test_wrong_recipes_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = write(tmp_path, PEOPLE)
    with pytest.raises(DataError, match=message):
        load(path, change)


def test_one_class_is_no_task(tmp_path: Path) -> None:
    path = write(tmp_path, "x,y\n1,a\n2,a\n3,a\n")
    columns = [{"name": "x", "kind": "number"}, {"name": "y", "kind": "target"}]
    with pytest.raises(DataError, match="there is only one class"):
        datasets.load_file(path, recipe={"columns": columns})


def test_a_built_in_set_can_be_derived() -> None:
    data = datasets.derive("digits", {"split": {"by": "given"}, "scaling": "min_max", "augment": {"shift": 1}})
    assert data.preprocessing.augment is not None
    assert [step.kind for step in data.preprocessing.steps] == ["split", "scale", "shift"]
    assert len(data.train[0]) == len(datasets.get("digits").train[0])
    with pytest.raises(DataError, match="only images can be augmented"):
        datasets.derive("iris", {"split": {"by": "given"}, "augment": {"shift": 1}})


def test_memory_stays_flat_while_a_table_is_read(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "large.csv"
    with path.open("w") as file:
        file.write("a,b,c\n")
        for i in range(150_000):
            file.write(f"{i * 0.37:.4f},{i * 1.5:.3f},{'xyz'[i % 3]}\n")
    dialect = guess_dialect(path)
    tracemalloc.start()
    try:
        found = survey_table(path, "csv", dialect)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.rows == 150_000
    assert peak < 8_000_000, "the survey keeps the file's cells"
    assert Recipe.read(found.recipe.model_dump()) == found.recipe
