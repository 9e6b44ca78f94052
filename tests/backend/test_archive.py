"""Projects in one file: what is packed opens elsewhere as it was; what is no such file leaves nothing."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.alike import alike
from tests.backend.conftest import ORIGIN, MakeClient, TestClient, create_app, make_settings
from tests.backend.test_api import MLP
from tests.backend.test_run_steering import wait_for
from tests.backend.test_training import REAL
from typer.testing import CliRunner

from netwright.cli.app import _add_commands_from_outside, app
from netwright.errors import NetwrightError
from netwright_studio.archive.safe_zip import SafeZip
from netwright_studio.errors import InvalidError
from netwright_studio.store.runs import RunStore

ROWS = "".join(f"{i % 7},{i % 5},{'yes' if i % 7 > i % 5 else 'no'}\n" for i in range(120))
TABLE = "a,b,answer\n" + ROWS
SETTINGS = {"batch_size": 16, "epochs": 3, "seed": 4, "look_inside": 0.5, "optimizer_params": {"learning_rate": 0.05}}


@dataclass
class Origin:
    """The studio where the project was made, with what was made of it."""

    client: TestClient
    home: Path
    project: dict[str, Any]
    run: dict[str, Any]

    def pack(self, status: int = 200, **query: Any) -> bytes:
        reply = self.client.get(f"/api/projects/{self.project['id']}/archive", params=query)
        assert reply.status_code == status, reply.text
        return reply.content


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    home = tmp_path_factory.mktemp("origin")
    with TestClient(create_app(make_settings(home, worker_command=REAL)), base_url=ORIGIN) as client:
        files = {"file": ("flowers.csv", TABLE)}
        data = client.post("/api/datasets", files=files, data={"name": "Mine", "target": "answer"}).json()
        graph = {**MLP, "nodes": [{**n, "params": {"num_hidden": 2}} if n["id"] == "fc2" else n for n in MLP["nodes"]]}
        body = {"name": "Away", "graph": graph, "dataset": data["id"], "settings": SETTINGS}
        project = client.post("/api/projects", json=body).json()
        place = f"/api/projects/{project['id']}"
        client.put(f"{place}/versions/1", json={"label": "As it began"})
        project = client.put(place, json={"revision": 1, "graph": {**graph, "name": "Changed"}}).json()
        run = client.post("/api/runs", json={"project": project["id"], "name": "First"}).json()
        wait_for(client, run["id"], "completed")
        client.patch(f"/api/runs/{run['id']}", json={"tags": ["good"], "notes": "Keep this one."})
        yield Origin(client, home, project, client.get(f"/api/runs/{run['id']}").json())


@pytest.fixture(scope="module")
def packed(origin: Origin) -> bytes:
    return origin.pack(checkpoints=True)


def send(client: TestClient, content: bytes) -> Any:
    return client.post("/api/projects/import", files={"file": ("away.netwright", content)})


def test_the_parts_of_a_project_are_told_with_their_sizes(origin: Origin) -> None:
    parts = origin.client.get(f"/api/projects/{origin.project['id']}/archive/parts").json()
    assert parts["versions"] == 2
    (data,) = parts["datasets"]
    assert (data["title"], data["origin"], data["bytes"]) == ("Mine", "upload", len(TABLE))
    (run,) = parts["runs"]
    assert (run["id"], run["packable"], run["events"]) == (origin.run["id"], True, origin.run["last_event"])
    assert run["bytes"] > 1000
    assert run["checkpoint_bytes"] > 1000
    assert [(model["name"], model["version"], model["run"]) for model in parts["models"]] == [
        ("away", 1, origin.run["id"])
    ]


def test_a_project_opens_elsewhere_as_it_was(origin: Origin, packed: bytes, make_client: MakeClient) -> None:
    there, here = origin.client, make_client()
    here.post("/api/runs", json={"graph": MLP, "dataset": "iris"})  # numbers go on from those that are there
    opened = send(here, packed)
    assert opened.status_code == 201, opened.text
    told = opened.json()
    project = told["project"]
    assert (told["packed_name"], told["versions"], told["runs"]) == ("Away", 2, 1)
    assert [one["how"] for one in told["datasets"]] == ["added"]
    assert told["models"] == [{"name": "away", "became": "away", "version": 1}]
    for name in ("name", "graph", "settings", "revision", "created_at"):
        assert project[name] == origin.project[name]

    versions = here.get(f"/api/projects/{project['id']}/versions").json()["items"]
    assert [(one["revision"], one["label"]) for one in versions] == [(2, None), (1, "As it began")]
    data = here.get(f"/api/datasets/{project['dataset']}").json()
    assert data == there.get(f"/api/datasets/{origin.project['dataset']}").json() | {"id": project["dataset"]}

    (run,) = here.get(f"/api/runs?project={project['id']}").json()["items"]
    run = here.get(f"/api/runs/{run['id']}").json()
    own = {"id", "number", "project", "dataset", "samples_per_second", "seconds_left"}
    assert {k: v for k, v in run.items() if k not in own} == {k: v for k, v in origin.run.items() if k not in own}
    assert (run["number"], run["dataset"], run["tags"]) == (2, project["dataset"], ["good"])
    for path in ("events?limit=10000", "series", "log", "samples", "evaluation?part=test", "inside", "checkpoints"):
        one, other = (c.get(f"/api/runs/{i}/{path}") for c, i in ((here, run["id"]), (there, origin.run["id"])))
        assert one.status_code == 200, one.text
        if path == "checkpoints":  # the same files, written now
            strip = [
                [{**item, "written": 0, "bytes": 0, "kept": 0} for item in r.json()["items"]] for r in (one, other)
            ]
            assert strip[0] == strip[1] != []
        else:
            assert one.content == other.content, path
    step = here.get(f"/api/runs/{run['id']}/inside").json()["snapshots"][0]["step"]
    assert here.get(f"/api/runs/{run['id']}/inside/{step}").status_code == 200

    asked = {"inputs": [[1, 4], [6, 0]]}
    answers = [c.post("/api/models/away/predict", json=asked).json()["predictions"] for c in (here, there)]
    assert alike(*answers), answers
    (version,) = here.get("/api/models/away").json()["versions"]
    assert (version["run"], version["dataset"]) == (run["id"], project["dataset"])
    assert here.get("/api/models/away/versions/1/evaluation?part=test").status_code == 200

    fork = here.post(f"/api/runs/{run['id']}/fork", json={"step": run["step"] - run["step"] // 3, "paused": True})
    assert fork.status_code == 201, fork.text
    assert fork.json()["origin"]["kind"] == "checkpoint"


def test_names_that_are_taken_get_a_number_and_data_are_not_doubled(origin: Origin, make_client: MakeClient) -> None:
    client = make_client()
    content = origin.pack()
    first, second, third = (send(client, content).json() for _ in range(3))
    assert [one["project"]["name"] for one in (first, second, third)] == ["Away", "Away (2)", "Away (3)"]
    assert [one["models"][0]["became"] for one in (first, second, third)] == ["away", "away-2", "away-3"]
    assert second["datasets"][0] == first["datasets"][0] | {"how": "here"}
    runs = client.get(f"/api/runs?project={second['project']['id']}").json()["items"]
    assert [(run["model"]["name"], run["resumable"]) for run in runs] == [("away-2", False)]
    assert client.get("/api/datasets").json()["items"][0]["id"] == first["datasets"][0]["id"]


def test_what_is_left_out_stays_out(origin: Origin, make_client: MakeClient) -> None:
    client = make_client()
    opened = send(client, origin.pack(runs="none", models="none", data=False)).json()
    assert (opened["runs"], opened["models"], opened["project"]["dataset"]) == (0, [], None)
    assert [(one["name"], one["how"]) for one in opened["datasets"]] == [("Mine", "missing")]
    chosen = send(client, origin.pack(runs=origin.run["id"], models="away:1", data=False)).json()
    assert (chosen["runs"], len(chosen["models"])) == (1, 1)
    origin.pack(404, runs="nobody")
    origin.pack(404, models="away:7")
    origin.pack(422, models="away")
    assert not list(origin.home.glob(".archive-*"))


def test_a_run_that_trains_is_not_packed(make_client: MakeClient) -> None:
    client = make_client()
    project = client.post("/api/projects", json={"name": "A", "graph": MLP, "dataset": "iris"}).json()
    settings = {"optimizer_params": {"steps": 100_000, "pause": 0.01}}
    store = client.app.state.studio.store  # type: ignore[attr-defined]
    run = store.runs.create(
        name=None, project=project["id"], graph=MLP, dataset="iris", settings={**SETTINGS, **settings}, epochs=1
    ).id
    refused = client.get(f"/api/projects/{project['id']}/archive", params={"runs": run})
    assert refused.status_code == 409
    assert "once it is over" in refused.json()["error"]["message"]
    assert client.get(f"/api/projects/{project['id']}/archive").status_code == 200  # all that are over: none
    client.post(f"/api/runs/{run}/stop")


# ---------------------------------------------------------------- files that are not what they seem
Change = Callable[[dict[str, bytes]], dict[str, bytes] | bytes]


def unzip(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {info.filename: file.read(info) for info in file.infolist()}


def rezip(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return made.getvalue()


def edited(path: str, edit: Callable[[Any], Any], *, listed: bool = True) -> Change:
    """The archive with a JSON file changed; the list of files is made right unless it is to be found wrong."""

    def change(files: dict[str, bytes]) -> dict[str, bytes]:
        lines = files[path].splitlines() if path.endswith("jsonl") else [files[path]]
        changed = [edit(json.loads(line)) for line in lines]
        files[path] = b"\n".join(json.dumps(one).encode() for one in changed if one is not None) + b"\n"
        if listed and path != "project.json":
            relist(files, path)
        return files

    return change


def relist(files: dict[str, bytes], path: str) -> None:
    manifest = json.loads(files["project.json"])
    (entry,) = [one for one in manifest["files"] if one["path"] == path]
    entry.update(sha256=hashlib.sha256(files[path]).hexdigest(), bytes=len(files[path]))
    files["project.json"] = json.dumps(manifest).encode()


def with_file(name: str, content: bytes = b"x") -> Change:
    return lambda files: {**files, name: content}


def without(name: str) -> Change:
    return lambda files: {path: content for path, content in files.items() if path != name}


def with_link(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO(rezip(files))
    with zipfile.ZipFile(made, "a") as file:
        link = zipfile.ZipInfo("runs/1/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
    return made.getvalue()


def with_two(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO(rezip(files))
    with zipfile.ZipFile(made, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr("project.json", b"{}")
    return made.getvalue()


def encrypted(files: dict[str, bytes]) -> bytes:
    content = bytearray(rezip(files))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


def corrupted(files: dict[str, bytes]) -> bytes:
    content = bytearray(rezip(files))
    content[content.index(b"PK\x01\x02") // 2] ^= 0xFF
    return bytes(content)


def broken_weights(files: dict[str, bytes]) -> dict[str, bytes]:
    files["models/1/weights.safetensors"] = b"\xff" * 64
    info = json.loads(files["models/1/model.json"])
    info["files"]["weights.safetensors"] = hashlib.sha256(b"\xff" * 64).hexdigest()
    files["models/1/model.json"] = json.dumps(info).encode()
    for name in ("models/1/weights.safetensors", "models/1/model.json"):
        relist(files, name)
    # The run's own copies go: they are stored where this one is.
    manifest = json.loads(files["project.json"])
    copies = ("runs/1/model/", "runs/1/checkpoints/")
    manifest["files"] = [one for one in manifest["files"] if not one["path"].startswith(copies)]
    files["project.json"] = json.dumps(manifest).encode()
    return {name: content for name, content in files.items() if not name.startswith(copies)}


def later(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**document, **changes}


BAD: dict[str, tuple[Change, str]] = {
    "nothing of the kind": (lambda files: b"a,b\n1,2\n", "no zip file"),
    "cut off": (lambda files: rezip(files)[:-100], "no zip file"),
    "a byte changed": (corrupted, "damaged"),
    "another zip": (lambda files: rezip({"readme.txt": b"hello"}), "no project of Netwright"),
    "a path that leads out": (with_file("../../evil.txt"), "leads elsewhere"),
    "a path from the root": (with_file("/etc/cron.d/evil"), "leads elsewhere"),
    "a path of another system": (with_file("runs\\..\\evil"), "leads elsewhere"),
    "a link": (with_link, "plain files"),
    "two of one name": (with_two, "one name"),
    "a password": (encrypted, "without a password"),
    "a bomb": (with_file("runs/1/events.jsonl", b"\0" * (40 << 20)), "would burst"),
    "a program": (with_file("runs/1/model/setup.py"), "does not belong"),
    "a file less": (without("versions.jsonl"), "is missing"),
    "another content": (edited("versions.jsonl", lambda v: later(v, label="x"), listed=False), "not the one"),
    "a newer format": (edited("project.json", lambda m: later(m, version=2)), "newer Netwright"),
    "a path in the list": (
        edited("project.json", lambda m: later(m, files=[later(m["files"][0], path="../x"), *m["files"]])),
        "cannot be read",
    ),
    "deep JSON": (with_file("project.json", b"[" * 5000 + b"]" * 5000), "cannot be read"),
    "a graph that is none": (
        edited("project.json", lambda m: later(m, project=later(m["project"], graph={"nodes": "all"}))),
        "project.graph.nodes",
    ),
    "a hole in the events": (edited("runs/1/events.jsonl", lambda e: None if e["seq"] == 3 else e), "not in order"),
    "an unknown event": (edited("runs/1/events.jsonl", lambda e: later(e, type="exec")), "cannot be read"),
    "a live run": (edited("runs/1/run.json", lambda r: later(r, state="running")), "is over"),
    "weights that are none": (broken_weights, "cannot be read"),
    "a folder of anybody's": (edited("project.json", lambda m: later(m, runs=["runs/../../x"])), "cannot be read"),
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = make_settings(tmp_path_factory.mktemp("guarded"))
    with TestClient(create_app(settings), base_url=ORIGIN, raise_server_exceptions=False) as client:
        yield client


def test_files_that_are_not_what_they_seem_leave_nothing(packed: bytes, guarded: TestClient) -> None:
    home: Path = guarded.app.state.studio.settings.home  # type: ignore[attr-defined]
    for what, (change, said) in BAD.items():
        made = change(unzip(packed))
        reply = send(guarded, made if isinstance(made, bytes) else rezip(made))
        assert reply.status_code == 422, (what, reply.text)
        assert said in json.dumps(reply.json()["error"], ensure_ascii=False), (what, reply.text)
        assert not list(home.glob(".archive-*")), what
    for path in ("projects", "runs", "models"):
        assert guarded.get(f"/api/{path}").json()["total"] == 0
    assert not list((home / "blobs").rglob("*.*"))


def test_sizes_are_limited(packed: bytes, make_client: MakeClient) -> None:
    small = make_client(max_archive_bytes=5000)
    assert "holds too much" in send(small, packed).json()["error"]["message"]
    directory = bytearray(rezip({"a": b""}))
    directory[-10:-6] = (17 << 20).to_bytes(4, "little")
    with pytest.raises(InvalidError, match="too many files"):
        SafeZip(io.BytesIO(bytes(directory)), max_bytes=1 << 30)


def test_a_failure_in_the_middle_takes_everything_back(
    packed: bytes, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client()

    def fail(*given: Any) -> Any:
        raise NetwrightError("the disk is full")

    monkeypatch.setattr(RunStore, "adopt", fail)
    assert send(client, packed).status_code == 422
    for path in ("projects", "runs", "models"):
        assert client.get(f"/api/{path}").json()["total"] == 0
    assert all(one["origin"] == "built_in" for one in client.get("/api/datasets").json()["items"])
    studio = client.app.state.studio  # type: ignore[attr-defined]
    assert list(studio.settings.runs_dir.glob("*")) == []
    assert not list(studio.settings.home.glob(".archive-*"))
    monkeypatch.undo()
    assert send(client, packed).status_code == 201


# ---------------------------------------------------------------- on the command line
def test_projects_are_listed_saved_and_opened_from_the_command_line(origin: Origin, tmp_path: Path) -> None:
    if not any(group.name == "project" for group in app.registered_groups):
        _add_commands_from_outside()
    runner = CliRunner()

    def run(*arguments: str) -> str:
        done = runner.invoke(app, ["project", *arguments])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    file, home = tmp_path / "away.netwright", str(tmp_path / "other")
    assert "Away" in run("list", "--home", str(origin.home))
    assert "Wrote away.netwright" in run("save", "Away", str(file), "--home", str(origin.home))
    with pytest.raises(NetwrightError, match="exists already"):
        run("save", "Away", str(file), "--home", str(origin.home))
    with pytest.raises(NetwrightError, match="There is no project"):
        run("save", "Nobody", "--home", str(origin.home))
    told = run("open", str(file), "--home", home)
    assert "Opened “Away”" in told
    assert "2 versions, 1 runs, 0 sweeps, 1 models" in told
    assert "here away-2" in run("open", str(file), "--home", home)
    assert run("list", "--home", home).count("Away") == 2
    assert "no project yet" in run("list", "--home", str(tmp_path / "empty"))
    assert not list(tmp_path.glob(".archive-*"))
