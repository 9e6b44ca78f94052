"""Uploads over HTTP: piece by piece, taken up again, looked through, imported, changed; and nothing left behind."""

from __future__ import annotations

import io
import json
import os
import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from netwright import datasets
from netwright_studio.archive.manifest import PackedDataset
from netwright_studio.datasets import uploads as module

from .conftest import ORIGIN, MakeClient

HEADERS = {"origin": ORIGIN}
FLOWERS = "size,colour,when,kind\n" + "".join(
    f"{'' if i % 7 == 3 else i / 2},{'red' if i % 3 else 'blue'},2024-0{i % 9 + 1}-11,{'a' if i % 2 else 'b'}\n"
    for i in range(1, 61)
)


def announce(client: Any, filename: str, size: int) -> Any:
    return client.post("/api/uploads", json={"filename": filename, "size": size}, headers=HEADERS)


def put(client: Any, ident: str, offset: int, content: bytes) -> Any:
    return client.put(f"/api/uploads/{ident}/bytes?offset={offset}", content=content, headers=HEADERS)


def wait(client: Any, ident: str, *states: str) -> dict[str, Any]:
    for _ in range(600):
        found: dict[str, Any] = client.get(f"/api/uploads/{ident}").json()
        if found["state"] in states:
            return found
        time.sleep(0.02)
    raise AssertionError(f"the upload is {found}")


def send(client: Any, content: bytes | str, filename: str = "flowers.csv") -> dict[str, Any]:
    """All of a file in pieces; the upload once it has been read."""
    content = content.encode() if isinstance(content, str) else content
    ident = announce(client, filename, len(content)).json()["id"]
    for start in range(0, len(content), 500):
        assert put(client, ident, start, content[start : start + 500]).status_code == 200
    return wait(client, ident, "ready", "failed")


def make(client: Any, upload: dict[str, Any], name: str = "flowers", **change: Any) -> dict[str, Any]:
    survey = client.get(f"/api/uploads/{upload['id']}/survey").json()
    recipe = {**survey["recipe"], **change}
    reply = client.post(f"/api/uploads/{upload['id']}/import", json={"name": name, "recipe": recipe}, headers=HEADERS)
    assert reply.status_code == 202, reply.text
    done = wait(client, upload["id"], "done", "ready")
    assert done["state"] == "done", done["error"]
    found: dict[str, Any] = client.get(f"/api/datasets/{done['dataset']}").json()
    return found


def left(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "uploads").rglob("*")] if (tmp_path / "uploads").exists() else []


def test_a_table_is_sent_read_corrected_and_imported(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    upload = send(client, FLOWERS)
    survey = client.get(f"/api/uploads/{upload['id']}/survey").json()
    kinds = {column["name"]: column["kind"] for column in survey["table"]["columns"]}
    assert kinds == {"size": "number", "colour": "category", "when": "date", "kind": "category"}
    assert survey["table"]["rows"] == 60
    columns = survey["recipe"]["columns"]
    columns[0]["missing"] = "median"
    columns[2]["kind"] = "ignored"
    data = make(client, upload, columns=columns)
    assert data["input"]["columns"] == ["size", "colour"]
    assert [step["kind"] for step in data["steps"]] == ["ignore", "split", "fill", "one_hot", "standardise"]
    assert data["recipe"]["columns"][0]["missing"] == "median"
    assert data["version"] == 1
    assert left(tmp_path) == []
    report = client.get(f"/api/datasets/{data['id']}/report").json()
    assert {finding["kind"] for finding in report["findings"]} >= {"missing"}
    assert report["steps"] == [step | {k: None for k in report["steps"][0] if k not in step} for step in data["steps"]]
    view = client.get(f"/api/datasets/{data['id']}/columns").json()
    assert view["classes"] == ["a", "b"]
    size = view["columns"][0]
    assert sum(b["count"] for b in size["bins"]) + size["missing"] == data["samples"]["train"]
    assert all(sum(b["classes"]) == b["count"] for b in size["bins"])


def test_choices_can_be_made_anew_and_become_a_version(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    first = make(client, send(client, FLOWERS))
    upload = client.post(f"/api/datasets/{first['id']}/edit", headers=HEADERS).json()
    assert upload["of"] == first["id"]
    wait(client, upload["id"], "ready")
    second = make(client, upload, "flowers", scaling="min_max")
    assert (second["version"], second["recipe"]["scaling"]) == (2, "min_max")
    assert client.get(f"/api/datasets/{first['id']}").json() == first, "a version never changes"
    items = client.get("/api/datasets").json()["items"]
    assert [item["id"] for item in items if item["origin"] == "upload"] == [second["id"]]
    versions = client.get(f"/api/datasets/{first['id']}/versions").json()["items"]
    assert [version["version"] for version in versions] == [2, 1]
    assert client.delete(f"/api/datasets/{second['id']}", headers=HEADERS).status_code == 204
    assert client.get(f"/api/datasets/{first['id']}/preview").status_code == 200, "the shared file went with it"
    assert client.delete(f"/api/datasets/{first['id']}", headers=HEADERS).status_code == 204
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def test_a_version_of_a_built_in_set(make_client: MakeClient) -> None:
    client = make_client()
    upload = client.post("/api/datasets/digits/edit", headers=HEADERS).json()
    wait(client, upload["id"], "ready")
    data = make(client, upload, "Shifted digits", augment={"shift": 1})
    assert data["title"] == "Shifted digits"
    assert [step["kind"] for step in data["steps"]] == ["split", "scale", "shift"]
    loaded = client.app.state.studio.catalog.load(data["id"])
    assert loaded.preprocessing.augment.shift == 1
    source = client.app.state.studio.catalog.source(data["id"])
    assert source.expression() == 'datasets.derive("digits", recipe=RECIPE)'


def test_sending_goes_on_where_it_stopped(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    content = FLOWERS.encode()
    ident = announce(client, "f.csv", len(content)).json()["id"]
    assert put(client, ident, 0, content[:100]).json()["received"] == 100
    wrong = put(client, ident, 50, content[50:])
    assert wrong.status_code == 409
    assert wrong.json()["error"]["wanted"] == "100"
    importer = client.app.state.studio.importer
    importer.uploads._known.clear()  # the studio was killed; another one starts
    importer.start()
    assert client.get(f"/api/uploads/{ident}").json()["received"] == 100
    assert put(client, ident, 100, content[100:]).status_code == 200
    assert wait(client, ident, "ready", "failed")["state"] == "ready"


def test_a_cancelled_upload_leaves_nothing(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    ident = announce(client, "f.csv", 1000).json()["id"]
    put(client, ident, 0, b"x" * 400)
    assert client.get("/api/uploads").json()["items"][0]["received"] == 400
    assert client.delete(f"/api/uploads/{ident}", headers=HEADERS).status_code == 204
    assert client.get(f"/api/uploads/{ident}").status_code == 404
    assert left(tmp_path) == []


def test_what_a_crash_leaves_is_taken_up_or_swept(make_client: MakeClient, tmp_path: Path) -> None:
    root = tmp_path / "uploads"

    def folder(ident: str, age: float = 0, **facts: Any) -> Path:
        place = root / ident
        place.mkdir(parents=True)
        about = {"id": ident, "filename": "f.csv", "size": 10, "format": "csv", "created": 1.0, **facts}
        (place / "upload.json").write_text(json.dumps(about))
        (place / "data").write_bytes(b"12345")
        os.utime(place / "data", (time.time() - age,) * 2)
        return place

    folder("aaaaaaaaaaaa")
    folder("bbbbbbbbbbbb", age=module.KEPT_SECONDS + 9)
    folder("cccccccccccc", size=3)
    folder("dddddddddddd", id="aaaaaaaaaaaa")
    folder("eeeeeeeeeeee", cancelled=1, folder="/")
    (root / "ffffffffffff").mkdir()
    client = make_client()
    # a file that had been moved into the store when the studio died, before a data set held it
    blob = client.app.state.studio.store.blobs.put(b"lost")
    moved = folder("abababababab", blob=blob)
    (moved / "data").unlink()
    client.app.state.studio.importer.start()
    assert [upload["id"] for upload in client.get("/api/uploads").json()["items"]] == ["aaaaaaaaaaaa"]
    assert sorted(path.name for path in root.iterdir()) == ["aaaaaaaaaaaa"]
    assert not client.app.state.studio.store.blobs.has(blob)


@pytest.mark.parametrize(
    ("filename", "size", "status", "code"),
    [
        ("t.exe", 10, 422, "invalid"),
        ("t.csv", 10**12, 413, "too_large"),
        ("t.csv", 0, 422, "invalid"),
        ("", 5, 422, "invalid"),
    ],
)
def test_what_cannot_be_is_refused_before_a_byte_is_sent(
    make_client: MakeClient, tmp_path: Path, filename: str, size: int, status: int, code: str
) -> None:
    reply = announce(make_client(), filename, size)
    assert reply.status_code == status
    assert reply.json()["error"]["code"].startswith(code[:3])
    assert left(tmp_path) == []


def test_more_bytes_than_announced_are_refused(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    ident = announce(client, "f.csv", 10).json()["id"]
    assert put(client, ident, 0, b"x" * 4000).status_code == 422
    assert (tmp_path / "uploads" / ident / "data").stat().st_size <= 10
    assert put(client, ident, 0, b"x" * 4).status_code == 200


def test_a_name_is_never_a_path(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    before = sorted(path.name for path in tmp_path.parent.iterdir())
    upload = send(client, FLOWERS, "../../../evil.csv")
    assert upload["filename"] == "evil.csv"
    make(client, upload)
    assert sorted(path.name for path in tmp_path.parent.iterdir()) == before
    assert not list(tmp_path.rglob("evil*"))


def test_a_file_that_cannot_be_read_says_why_and_can_be_read_otherwise(make_client: MakeClient) -> None:
    client = make_client()
    upload = send(client, "a;b\n1;2\n1\n")
    assert upload["state"] == "failed"
    assert upload["error"]["where"] == "line 3"
    dialect = {"delimiter": ",", "encoding": "utf-8", "header": True, "decimal": "."}
    reply = client.post(f"/api/uploads/{upload['id']}/read", json={"dialect": dialect}, headers=HEADERS)
    assert reply.status_code == 200
    assert wait(client, upload["id"], "ready", "failed")["state"] == "ready"
    bad = client.post(
        f"/api/uploads/{upload['id']}/read", json={"dialect": {**dialect, "encoding": "os"}}, headers=HEADERS
    )
    assert bad.status_code == 422


def test_an_import_that_fails_keeps_the_file(make_client: MakeClient) -> None:
    client = make_client()
    upload = send(client, FLOWERS)
    recipe = client.get(f"/api/uploads/{upload['id']}/survey").json()["recipe"]
    for column in recipe["columns"]:
        column["kind"] = "target" if column["name"] == "kind" else "ignored"
    client.post(f"/api/uploads/{upload['id']}/import", json={"name": "n", "recipe": recipe}, headers=HEADERS)
    failed = wait(client, upload["id"], "ready", "done")
    assert failed["error"]["message"] == "nothing to learn from"
    assert make(client, upload)["input"]["columns"] == ["size", "colour", "when"]


def test_a_second_file_is_the_test_part(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    first, second = send(client, FLOWERS), send(client, FLOWERS.replace("/2", "/3")[:300].rpartition("\n")[0], "t.csv")
    recipe = client.get(f"/api/uploads/{first['id']}/survey").json()["recipe"]
    recipe["split"] = {"by": "file"}
    body = {"name": "two", "recipe": recipe, "test_upload": second["id"]}
    client.post(f"/api/uploads/{first['id']}/import", json=body, headers=HEADERS)
    ident = wait(client, first["id"], "done")["dataset"]
    data = client.get(f"/api/datasets/{ident}").json()
    assert data["samples"]["train"] == 60
    assert left(tmp_path) == []
    client.app.state.studio.catalog._loaded.clear()
    assert client.get(f"/api/datasets/{ident}/preview?split=test").json()["total"] == data["samples"]["test"]
    assert client.delete(f"/api/datasets/{ident}", headers=HEADERS).status_code == 204
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def pictures() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for i in range(24):
            inner = io.BytesIO()
            Image.new("RGB", (9, 7), ((i * 9, 0, 255) if i % 2 else (0, 200, i))).save(inner, "PNG")
            file.writestr(f"{'ab'[i % 2]}/{i}.png", inner.getvalue())
    return stream.getvalue()


def test_pictures_are_shown_and_imported(make_client: MakeClient) -> None:
    client = make_client()
    upload = send(client, pictures(), "pictures.zip")
    survey = client.get(f"/api/uploads/{upload['id']}/survey").json()
    assert survey["images"]["classes"] == {"a": 12, "b": 12}
    assert survey["examples"][0]["png"].startswith("data:image/png;base64,")
    data = make(client, upload, augment={"flip_horizontal": True})
    shown = client.get(f"/api/datasets/{data['id']}/classes?each=3").json()["images"]
    assert sorted(image["label"] for image in shown) == ["a"] * 3 + ["b"] * 3
    only = client.get(f"/api/datasets/{data['id']}/preview?label=b").json()
    assert {image["label"] for image in only["images"]} == {"b"}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("label=a", lambda row, label: label == "a"),
        ("column=size&low=5&high=10", lambda row, label: row[0] is not None and 5 <= row[0] < 10),
        ("column=colour&equals=red", lambda row, label: row[1] == "red"),
        ("column=size&missing=true", lambda row, label: row[0] is None),
        ("text=BLUE&label=b", lambda row, label: row[1] == "blue" and label == "b"),
    ],
)
def test_previews_are_filtered(make_client: MakeClient, query: str, wanted: Any) -> None:
    client = make_client()
    ident = make(client, send(client, FLOWERS))["id"]
    everything = client.get(f"/api/datasets/{ident}/preview?limit=500").json()
    found = client.get(f"/api/datasets/{ident}/preview?limit=500&{query}").json()
    pairs = list(zip(everything["indices"], everything["rows"], everything["labels"], strict=True))
    expected = [index for index, row, label in pairs if wanted(row, label)]
    assert expected
    assert found["indices"] == expected
    assert found["total"] == len(expected)


def test_wrong_filters_are_refused(make_client: MakeClient) -> None:
    client = make_client()
    for query in ("label=none", "column=none&low=1", "limit=0", "surprise=1"):
        assert client.get(f"/api/datasets/iris/preview?{query}").status_code == 422


def test_a_program_carries_the_recipe_and_gives_the_same_data(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    data = make(client, send(client, FLOWERS))
    source = client.app.state.studio.catalog.source(data["id"])
    (tmp_path / "flowers.csv").write_text(FLOWERS)
    again = datasets.load_file(tmp_path / source.name, recipe=source.recipe)
    assert again.sha256 == client.app.state.studio.catalog.load(data["id"]).sha256
    assert again.preprocessing == client.app.state.studio.catalog.load(data["id"]).preprocessing


def test_memory_stays_flat_while_a_large_file_arrives(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    piece = b"0.125,0.25,0.5,yes\n" * 55_000  # 1 MB
    ident = announce(client, "large.csv", 24 * len(piece)).json()["id"]
    tracemalloc.start()
    try:
        for number in range(23):
            put(client, ident, number * len(piece), piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "uploads" / ident / "data").stat().st_size == 23 * len(piece)
    assert peak < 12 << 20
    client.delete(f"/api/uploads/{ident}", headers=HEADERS)


def test_a_data_set_is_packed_with_its_recipe_and_made_again(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    data = make(client, send(client, FLOWERS), scaling="min_max")
    catalog = client.app.state.studio.catalog
    facts, found = catalog.packed(data["id"])
    assert catalog.find(facts) == data["id"]
    before = catalog.load(data["id"])
    copy = tmp_path / "copy.csv"
    copy.write_bytes(found["file"].read_bytes())
    catalog.delete(data["id"])
    assert catalog.find(facts) is None
    again = catalog.restore({**facts, "recipe": json.loads(json.dumps(facts["recipe"]))}, {"file": copy})
    assert catalog.load(again.id).sha256 == before.sha256
    assert catalog.load(again.id).preprocessing == before.preprocessing


@pytest.mark.parametrize("path", ["/etc/passwd", "../../studio.db", "datasets/1/../../x.csv", "datasets/1/data.csv\n"])
def test_an_archive_names_no_file_outside_of_it(path: str) -> None:
    for field in ("file", "test_file"):
        with pytest.raises(ValidationError):
            PackedDataset.model_validate({"id": "a", "name": "a", "filename": "a.csv", "format": "csv", field: path})
