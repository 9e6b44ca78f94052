"""Data sets over HTTP: list, upload, look, delete; and pictures."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netwright import datasets
from netwright.datasets import InputInfo
from netwright.datasets.pictures import decode_picture, encode_png
from netwright.errors import DataError

from .conftest import MakeClient

FLOWERS = "size,colour,kind\n" + "".join(
    f"{i / 2},{'red' if i % 3 else 'blue'},{'a' if i % 2 else 'b'}\n" for i in range(1, 31)
)


def upload(client: Any, content: bytes | str, filename: str = "t.csv", **fields: str) -> Any:
    files = {"file": (filename, content.encode() if isinstance(content, str) else content)}
    headers = {"origin": str(client.base_url)}
    return client.post("/api/datasets", files=files, data={"name": "mine", **fields}, headers=headers)


def test_built_in_data_sets_are_listed(make_client: MakeClient) -> None:
    client = make_client()
    answer = client.get("/api/datasets").json()
    assert answer["total"] == len(answer["items"]) == len(datasets.names())
    iris = next(item for item in answer["items"] if item["id"] == "iris")
    assert iris["origin"] == "built_in"
    assert iris["available"] is True
    assert iris["samples"] == {"train": 120, "test": 30}
    assert iris["input"]["columns"] == ["sepal length", "sepal width", "petal length", "petal width"]
    assert iris["label"]["classes"] == ["setosa", "versicolor", "virginica"]
    assert client.get("/api/datasets/iris").json() == iris
    page = client.get("/api/datasets?limit=2&offset=1").json()
    assert page["items"] == answer["items"][1:3]


def test_a_table_is_previewed(make_client: MakeClient) -> None:
    preview = make_client().get("/api/datasets/iris/preview?split=test&offset=5&limit=4").json()
    assert preview["total"] == 30
    assert len(preview["rows"]) == len(preview["labels"]) == 4
    assert np.allclose(preview["rows"], datasets.get("iris").test[0][5:9])
    assert preview["class_counts"] == {"setosa": 10, "versicolor": 10, "virginica": 10}
    assert preview["column_stats"][0]["min"] <= preview["column_stats"][0]["mean"] <= preview["column_stats"][0]["max"]
    assert "images" not in preview


def test_images_are_previewed_as_png(make_client: MakeClient) -> None:
    client = make_client()
    preview = client.get("/api/datasets/digits/preview?limit=3").json()
    image = preview["images"][2]
    picture = Image.open(io.BytesIO(base64.b64decode(image["png"].removeprefix("data:image/png;base64,"))))
    x, y = datasets.get("digits").train
    assert picture.size == (8, 8)
    assert np.array_equal(np.asarray(picture), np.rint(x[2, 0] * 255))
    assert image["label"] == str(y[2])
    assert "rows" not in preview
    assert client.get("/api/datasets/digits/preview?offset=100000").json()["images"] == []


def test_one_sample_is_what_predict_takes(make_client: MakeClient) -> None:
    client = make_client()
    image = client.get("/api/datasets/digits/samples/test/3").json()
    assert np.array(image["input"]).shape == (1, 8, 8)
    assert image["png"].startswith("data:image/png;base64,")
    row = client.get("/api/datasets/diabetes/samples/train/0").json()
    assert len(row["input"]) == 10
    assert isinstance(row["label"], float)
    missing = client.get("/api/datasets/iris/samples/test/30")
    assert missing.status_code == 404
    assert missing.json()["error"]["wanted"] == "0 … 29 in test"


def test_a_csv_upload_lives_and_dies(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    made = upload(client, FLOWERS, target="kind")
    assert made.status_code == 201
    data = made.json()
    assert data["source"] == "an uploaded CSV file"
    assert data["origin"] == "upload"
    assert data["name"] == "mine"
    assert data["input"]["columns"] == ["size", "colour"]
    assert data["input"]["fields"][1]["categories"] == ["blue", "red"]
    assert client.get("/api/datasets").json()["items"][0] == data
    preview = client.get(f"/api/datasets/{data['id']}/preview?limit=500").json()
    assert {row[1] for row in preview["rows"]} == {"red", "blue"}
    assert [column["name"] for column in preview["column_stats"]] == ["size"]
    again = upload(client, FLOWERS, target="kind").json()
    origin = {"origin": str(client.base_url)}
    assert client.delete(f"/api/datasets/{data['id']}", headers=origin).status_code == 204
    assert client.get(f"/api/datasets/{data['id']}").status_code == 404
    assert client.get(f"/api/datasets/{again['id']}/preview").status_code == 200, "the shared file went with it"
    assert client.delete(f"/api/datasets/{again['id']}", headers=origin).status_code == 204
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert client.delete("/api/datasets/iris", headers=origin).status_code == 403


def test_missing_numbers_are_filled_and_counted(make_client: MakeClient) -> None:
    client = make_client()
    text = "a,y\n" + "".join(f"{i if i % 5 else ''},{i % 2}\n" for i in range(1, 41))
    data = upload(client, text).json()
    stats = client.get(f"/api/datasets/{data['id']}/preview").json()["column_stats"]
    other = client.get(f"/api/datasets/{data['id']}/preview?split=test").json()["column_stats"]
    assert stats[0]["missing"] + other[0]["missing"] == 8


def test_an_npz_upload(make_client: MakeClient) -> None:
    client = make_client()
    stream = io.BytesIO()
    rng = np.random.default_rng(0)
    np.savez(stream, x=rng.integers(0, 256, (40, 6, 5, 3), np.uint8).transpose(0, 3, 1, 2), y=np.arange(40) % 4)
    data = upload(client, stream.getvalue(), "pictures.npz").json()
    assert data["input"]["shape"] == [3, 6, 5]
    image = client.get(f"/api/datasets/{data['id']}/preview?limit=1").json()["images"][0]
    picture = Image.open(io.BytesIO(base64.b64decode(image["png"].split(",")[1])))
    assert picture.mode == "RGB"
    assert picture.size == (5, 6)


def lying_npz() -> bytes:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,)}\n"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "filename", "status", "message"),
    [
        (b"", "t.csv", 422, "the table is empty"),
        (b"a,b\n1\n", "t.csv", 422, "another number of cells"),
        (b"hello", "t.exe", 422, "not a data set"),
        (b"hello", "t.npz", 422, "cannot be read"),
        (lying_npz(), "t.npz", 422, "the header does not fit the file"),
        (b"x" * 300_000, "t.csv", 413, "larger than"),
    ],
)
def test_what_cannot_be_read_leaves_nothing(
    make_client: MakeClient, tmp_path: Path, content: bytes, filename: str, status: int, message: str
) -> None:
    client = make_client(max_upload_bytes=200_000)
    answer = upload(client, content, filename)
    assert answer.status_code == status
    assert message in answer.json()["error"]["message"]
    assert str(tmp_path) not in answer.text
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert client.get("/api/datasets").json()["items"][0]["origin"] == "built_in"


def test_a_file_name_is_never_a_path(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    before = sorted(path for path in tmp_path.parent.iterdir())
    assert upload(client, FLOWERS, "../../../evil.csv").status_code == 201
    assert sorted(path for path in tmp_path.parent.iterdir()) == before
    assert not list(tmp_path.rglob("evil*"))


GREY = InputInfo(kind="image", shape=(1, 8, 8))


def png_of(pixels: np.ndarray, mode: str | None = None) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8), mode).save(stream, "PNG") if mode else Image.fromarray(
        pixels.astype(np.uint8)
    ).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


@pytest.mark.parametrize(
    "info", [GREY, InputInfo(kind="image", shape=(3, 5, 4), dtype="uint8", high=255.0)], ids=["grey", "colour"]
)
def test_a_sample_survives_png(info: InputInfo) -> None:
    image = np.random.default_rng(0).integers(0, 256, info.shape) / 255 * info.high
    again = decode_picture(encode_png(image, info), info)
    np.testing.assert_allclose(again, image, atol=info.high / 500)


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("place", [(0, 0), (60, 100), (120, 30)])
def test_a_drawing_is_centred_wherever_it_is_and_whatever_its_ground(place: tuple[int, int], invert: bool) -> None:
    canvas = np.zeros((200, 200))
    canvas[10 + place[0] : 70 + place[0], 5 + place[1] : 45 + place[1]] = 255
    image = decode_picture(png_of(255 - canvas if invert else canvas), GREY)
    assert image.shape == (1, 8, 8)
    assert image[0, 3:5, 3:5].min() > 0.9
    assert image[0, :, 0].max() < 0.1
    assert np.allclose(image, image[:, :, ::-1], atol=0.15), "not centred"


def test_see_through_ground_is_dark() -> None:
    canvas = np.zeros((40, 40, 4))
    canvas[10:30, 10:30] = 255
    image = decode_picture("data:image/png;base64," + png_of(canvas), GREY)
    assert image.max() > 0.9


def test_an_empty_drawing_is_empty() -> None:
    assert decode_picture(png_of(np.zeros((64, 64))), GREY).max() == 0


def bomb() -> str:
    stream = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("?", "not base64"),
        ("", "cannot be read"),
        (base64.b64encode(b"GIF89a" + bytes(50)).decode(), "cannot be read"),
        (png_of(np.zeros((30, 30)))[:60], "cannot be read"),
        (bomb(), "too large|cannot be read"),
        ("A" * (23 << 20), "too large"),
    ],
)
def test_other_pictures_are_refused(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        decode_picture(text, GREY)
