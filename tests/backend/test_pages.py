from __future__ import annotations

import gzip
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.backend.conftest import MakeClient, TestClient, studio

from netwright_studio.jsonio import dumps, finite, loads

INDEX = '<!doctype html><html><head><base href="./" /></head><body>page</body></html>'
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("static")
    (folder / "index.html").write_text(INDEX)
    (folder / "assets").mkdir()
    (folder / "assets" / "app-1a2b.js").write_text("run()")
    (folder / "icon.svg").write_text("<svg/>")
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    with studio(tmp_path_factory.mktemp("studio"), static_dir=folder) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "base"), [("/", "./"), ("/runs", "./"), ("/runs/", "../"), ("/runs/7", "../"), ("/models/a/b", "../../")]
)
def test_every_address_of_the_page_is_the_page(page: TestClient, path: str, base: str) -> None:
    reply = page.get(path)
    assert reply.status_code == 200
    assert f'<base href="{base}" />' in reply.text
    assert reply.headers["cache-control"] == "no-cache"


def test_files_have_fitting_cache_headers(page: TestClient) -> None:
    script = page.get("/assets/app-1a2b.js")
    assert script.text == "run()"
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert page.get("/icon.svg").headers["cache-control"] == "no-cache"
    assert page.get("/icon.svg", headers={"if-none-match": page.get("/icon.svg").headers["etag"]}).status_code in (
        200,
        304,
    )
    assert page.head("/icon.svg").status_code == 200
    assert page.get("/assets/gone.js").status_code == 404


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br; q=0.0, GZIP", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
def test_assets_go_packed_to_those_who_take_them(page: TestClient, accept: str, encoding: str | None) -> None:
    folder = page.app.state.studio.settings.static_dir / "assets"  # type: ignore[attr-defined]
    script = b"run();" * 100
    (folder / "large.js").write_bytes(script)
    (folder / "large.js.gz").write_bytes(gzip.compress(script))
    (folder / "large.js.br").write_bytes(b"as brotli has it")
    with page.stream("GET", "/assets/large.js", headers={"accept-encoding": accept}) as reply:
        assert reply.headers.get("content-encoding") == encoding
        assert reply.headers["vary"] == "accept-encoding"
        assert reply.headers["content-type"].startswith("text/javascript")
        assert "immutable" in reply.headers["cache-control"]
        if encoding != "br":  # the tests' client cannot read it
            assert reply.read() == script
    assert page.get("/assets/app-1a2b.js", headers={"accept-encoding": accept}).text == "run()", "where none is packed"


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/link.txt", "/..\\secret.txt", "/a%00b"],
)
def test_nothing_outside_is_served(page: TestClient, path: str) -> None:
    assert "secret" not in page.get(path).text


def test_only_reading(page: TestClient) -> None:
    assert page.post("/runs").status_code == 405
    assert page.delete("/").status_code == 405


def test_an_unbuilt_page_says_what_to_do(make_client: MakeClient, tmp_path_factory: pytest.TempPathFactory) -> None:
    client = make_client(static_dir=tmp_path_factory.mktemp("empty"))
    reply = client.get("/runs/7")
    assert reply.status_code == 503
    assert "make run" in reply.text
    assert '<base href="../" />' in reply.text


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("docs")
    (folder / "index.html").write_text("start")
    (folder / "404.html").write_text("nothing here")
    (folder / "api").mkdir()
    (folder / "api" / "index.html").write_text("reference")
    (folder / "site.js").write_text("run()")
    (folder.parent / "secret.txt").write_text("secret")
    with studio(tmp_path_factory.mktemp("studio"), docs_dir=folder) as client:
        yield client


def test_the_documentation_is_served_beside_the_page(docs: TestClient) -> None:
    assert docs.get("/docs", follow_redirects=False).headers["location"] == "docs/"
    assert docs.get("/docs").text == docs.get("/docs/").text == docs.get("/docs/index.html").text == "start"
    assert docs.get("/docs/api/").text == "reference"
    assert docs.get("/docs/site.js").headers["content-type"].startswith("text/javascript")
    assert docs.get("/docs/").headers["cache-control"] == "no-cache"
    assert "script-src 'self'" in docs.get("/docs/").headers["content-security-policy"]
    assert docs.head("/docs/").status_code == 200
    assert docs.post("/docs/").status_code == 405


@pytest.mark.parametrize(
    "path", ["/docs/gone.html", "/docs/api", "/docs/gone/", "/docs/../secret.txt", "/docs/..%2fsecret.txt"]
)
def test_what_the_documentation_does_not_hold_is_not_found(docs: TestClient, path: str) -> None:
    reply = docs.get(path)
    assert "secret" not in reply.text
    if reply.request.url.path.startswith("/docs"):
        assert (reply.status_code, reply.text) == (404, "nothing here")


def test_an_unbuilt_documentation_says_what_to_do(make_client: MakeClient, tmp_path: Path) -> None:
    reply = make_client(docs_dir=tmp_path / "none").get("/docs/")
    assert reply.status_code == 503
    assert "make docs" in reply.text


def test_the_api_documentation_needs_no_other_origin_and_no_inline_script(client: TestClient) -> None:
    reply = client.get("/api/docs")
    assert "http" not in re.sub(r"<!doctype.*?>", "", reply.text)
    assert re.findall(r"<script(?![^>]*src)", reply.text) == []
    for address in re.findall(r'(?:src|href)="(.*?)"', reply.text):
        assert client.get("/api/" + address).status_code == 200, address
    assert "SwaggerUIBundle" in client.get("/api/docs/start.js").text
    assert client.get("/api/docs/nothing.js").status_code == 404
    assert client.get("/api/openapi.json").json()["openapi"].startswith("3.")


def test_the_committed_description_is_fresh() -> None:
    command = [sys.executable, "-m", "netwright_studio.openapi"]
    printed = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    assert (ROOT / "frontend" / "openapi.json").read_bytes() == printed


def test_the_description_holds_the_frames_of_the_socket(client: TestClient) -> None:
    schemas = client.get("/api/openapi.json").json()["components"]["schemas"]
    assert {"EventStream", "EventsFrame", "GapFrame", "HeartbeatFrame", "EndFrame", "ErrorBody"} <= set(schemas)


def test_json_without_nan() -> None:
    value = {"a": [float("nan"), 1.5, (float("inf"),)], 3: float("-inf")}
    assert loads(dumps(value)) == {"a": ["NaN", 1.5, ["Infinity"]], "3": "-Infinity"}
    assert finite("text") == "text"


@pytest.mark.parametrize(("depth", "fits"), [(8, True), (9, False)])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth_is_counted_exactly(depth: int, fits: bool, opening: str, closing: str) -> None:
    body = (opening * depth + "1" + closing * depth).encode()
    wide = b"[" + b",".join([body[1:-1] if depth == 1 else b"[]"] * 50) + b"]"
    assert loads(wide, 8)
    if fits:
        assert loads(body, 8)
    else:
        with pytest.raises(ValueError, match="8 levels"):
            loads(body, 8)
