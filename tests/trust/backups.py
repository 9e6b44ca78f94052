"""A backup made while two runs train, put back elsewhere, on either database: everything is there and goes on."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.alike import alike
from tests.trust.databases import database, kinds, missing
from tests.trust.killed_worker import last_state, make_project
from tests.trust.standing import WORKER, Standing, standing, wait_for, warm
from tests.trust.table import Form, Row, count_row

TABLE = "a,b,answer\n" + "\n".join(f"{i % 7},{i % 5},{'yes' if i % 7 > i % 5 else 'no'}" for i in range(100))


def check(form: Form) -> Iterator[Row]:
    file = form.folder / "backup.zip"
    warm()
    with standing(form.folder / "home", NETWRIGHT_WORKER_COMMAND=json.dumps(WORKER)) as studio:
        model = studio.train("logistic-iris", epochs=2)["model"]["name"]
        dataset = upload(studio)
        project = make_project(studio, epochs=form.times(60, 8))
        live = studio.start_run(project)
        place = studio.home / "runs" / live / "checkpoints"
        wait_for(lambda: any(place.glob("step-*/state.json")), 90, "no checkpoint")
        if not form.long:  # a short training would be over before the backup begins
            studio.call("POST", f"api/runs/{live}/pause")
        before = what_is_there(studio)
        answered = predict(studio, model)
        yield Row("a backup while a run trains", *command("backup", file, studio.home))
        if not form.long:
            studio.call("POST", f"api/runs/{live}/resume")
        studio.wait_for_run(live, "completed", 300)
        wanted = last_state(studio.home, live)
    for kind in kinds(form):
        with database(kind) as url:
            if url is None:
                yield missing(kind)
                continue
            home = form.folder / f"restored-{kind}"
            environment = {"NETWRIGHT_DATABASE_URL": url} if url else {}
            yield Row(f"restored elsewhere on {kind}", *command("restore", file, home, **environment))
            with standing(home, **environment) as studio:
                after = what_is_there(studio)
                same = sum(after.get(name) == value for name, value in before.items())
                yield count_row(f"{kind}: projects, data sets, models, runs and files are the same", same, len(before))
                opens = bool(studio.call("GET", f"api/datasets/{dataset}/preview"))
                ok = opens and alike(predict(studio, model), answered)
                yield Row(f"{kind}: the model answers as before, the upload opens", "yes" if ok else "no", "yes", ok)
                state = studio.run(live)["state"]
                studio.call("POST", f"api/runs/{live}/resume")
                studio.wait_for_run(live, "completed", 300)
                equal = last_state(home, live) == wanted
                yield Row(f"{kind}: the run was {state}, resumed and ends at the same bits",
                          "equal" if equal else "differ", "equal", equal and state == "interrupted")  # fmt: skip
    yield from refuse_damaged(form, file)


def command(word: str, file: Path, home: Path, **environment: str) -> tuple[str, str, bool]:
    """Figure, bar and verdict of ``netwright backup`` or ``restore``."""
    words = [sys.executable, "-m", "netwright.cli", word, str(file), "--home", str(home)]
    done = subprocess.run(words, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
    return f"status {done.returncode}", "status 0", done.returncode == 0


def upload(studio: Standing) -> str:
    """A data set of one's own; its id."""
    import httpx

    files = {"file": ("t.csv", TABLE, "text/csv")}
    reply = httpx.post(f"{studio.url}/api/datasets", files=files, data={"name": "Mine", "target": "answer"})
    ident: str = reply.raise_for_status().json()["id"]
    return ident


def predict(studio: Standing, model: str) -> Any:
    sample = {"inputs": [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]]}
    return studio.call("POST", f"api/models/{model}/predict", sample)["predictions"]


def what_is_there(studio: Standing) -> dict[str, str]:
    """All that does not change while a run trains, by name."""
    found: dict[str, Any] = {}
    for project in studio.call("GET", "api/projects?limit=100")["items"]:
        found[f"project {project['id']}"] = studio.call("GET", f"api/projects/{project['id']}")
        found[f"versions {project['id']}"] = studio.call("GET", f"api/projects/{project['id']}/versions")
    for name in ("models", "datasets"):
        found[name] = studio.call("GET", f"api/{name}")
    for run in studio.call("GET", "api/runs?limit=100")["items"]:
        if run["state"] == "completed":
            found[f"run {run['id']}"] = studio.call("GET", f"api/runs/{run['id']}")
            found[f"events {run['id']}"] = studio.events(run["id"])
    for folder in ("blobs", "models"):
        for file in sorted((studio.home / folder).rglob("*")):
            if file.is_file():
                found[str(file.relative_to(studio.home))] = file.read_bytes().hex()
    return {name: json.dumps(value, sort_keys=True) for name, value in found.items()}


def refuse_damaged(form: Form, file: Path) -> Iterator[Row]:
    """A byte changed anywhere in the members' data is noticed, and nothing is left of the attempt."""
    from netwright.errors import DataError
    from netwright_studio.backup.restoring import restore_backup
    from netwright_studio.settings import Settings

    tries, refused, tidy = form.times(20, 4), 0, 0
    content, chance = file.read_bytes(), random.Random(4)
    with zipfile.ZipFile(file) as archive:
        members = [info for info in archive.infolist() if info.compress_size > 100]
    for number in range(tries):
        member = members[number % len(members)]
        changed, header = bytearray(content), member.header_offset
        begin = header + 30 + sum(int.from_bytes(content[header + at : header + at + 2], "little") for at in (26, 28))
        changed[begin + chance.randrange(member.compress_size)] ^= 1 << chance.randrange(8)
        damaged, home = form.folder / "damaged.zip", form.folder / f"nothing-{number}"
        damaged.write_bytes(changed)
        try:
            restore_backup(Settings(home=home), damaged)
        except DataError:
            refused += 1
        tidy += {place.name for place in home.iterdir()} <= {"studio.lock"}
    yield count_row("a backup with a changed bit is refused", refused, tries)
    yield count_row("nothing is left of the attempt", tidy, tries)
