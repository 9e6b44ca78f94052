"""Make the pictures of docs/images: every page in light and dark, from a studio with real trained networks.

`python tools/screenshots.py [name …]` starts a studio of its own, trains small networks, and takes the pictures; with
names, only those. Some pages are taken in Chinese too, for README.zh-CN.md.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from tests.e2e.conftest import FLAGS  # noqa: E402
from tests.e2e.studio import Studio  # noqa: E402

import chromium  # noqa: E402
from screens import views  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SIZE = (1280, 800)
OPTIMIZER = "settings.optimizer_params"
Language = Literal["en", "zh"]


@dataclass(frozen=True)
class Shot:
    """A picture: the address, what is done there first, and whether Chinese readers get one of their own."""

    name: str
    address: str
    prepare: Callable[[Page], Any] = views.settle
    chinese: bool = False


def make_content(studio: Studio) -> dict[str, Any]:
    """Train what the pictures show."""
    made: dict[str, Any] = {
        "blank": project(studio, "LeNet on Fashion-MNIST", "lenet")["id"],
        "groups": project(studio, "Residual network", "resnet-digits")["id"],
        "run": steered(studio),
    }
    made["fork"] = studio.call(
        "POST",
        f"api/runs/{made['run']['id']}/fork",
        {"step": checkpoint_of(studio, made["run"]["id"]), "name": "Smaller steps", "settings": slower(made["run"])},
    )
    studio.wait_for_run(made["fork"]["id"], "completed")
    dense = project(studio, "Dense network", "mlp-digits", epochs=20)
    made["compared"] = [
        train(studio, dense, name, optimizer=optimizer, optimizer_params={"learning_rate": rate})["id"]
        for name, optimizer, rate in (("Adam", "adam", 0.001), ("Adam, quick", "adam", 0.01), ("SGD", "sgd", 0.05))
    ]
    made["spiral"] = train(studio, project(studio, "Two spirals", "mlp-spiral", look_inside=0.2), "Tanh")["id"]
    made["code"] = train(studio, project(studio, "Clusters of digits", "clusters-digits"), "Ten clusters")["id"]
    made["vae"] = train(studio, project(studio, "Digits from noise", "vae-digits", epochs=40), "Twelve numbers")["id"]
    train(studio, project(studio, "Diabetes", "diabetes"), "Three layers")
    made["sweep"] = make_sweep(studio, dense)
    studio.call("POST", "api/keys", {"name": "notebook", "scope": "predict"})
    studio.call("POST", "api/shares", {"kind": "run", "target": made["run"]["id"]})
    return made


def make_sweep(studio: Studio, project: dict[str, Any]) -> dict[str, Any]:
    """A sweep of three parameters by halving, done."""
    parameters = [
        {"kind": "float", "path": f"{OPTIMIZER}.learning_rate", "low": 1e-4, "high": 0.1, "log": True},
        {"kind": "integer", "path": "nodes.fc1.num_hidden", "low": 8, "high": 256, "log": True},
        {"kind": "choice", "path": "settings.optimizer", "values": ["sgd", "adam", "rmsprop"]},
    ]
    method = {"kind": "halving", "trials": 18, "first": 1, "keep": 3}
    order = {
        "project": project["id"],
        "name": "Rates and widths",
        "parameters": parameters,
        "method": method,
        "seed": 3,
    }
    sweep: dict[str, Any] = studio.call("POST", "api/sweeps", order)
    while sweep["state"] == "running":
        time.sleep(0.5)
        sweep = studio.call("GET", f"api/sweeps/{sweep['id']}")
    return sweep


def project(studio: Studio, name: str, template: str, **settings: Any) -> dict[str, Any]:
    """A project of a template, with a name that a person would give it."""
    made: dict[str, Any] = studio.call("POST", "api/projects", {"name": name, "template": template})
    if settings:
        change = {"revision": made["revision"], "settings": {**made["settings"], **settings}}
        made = studio.call("PUT", f"api/projects/{made['id']}", change)
    return made


def train(studio: Studio, project: dict[str, Any], name: str, **settings: Any) -> dict[str, Any]:
    """A training of a project to its end."""
    body = {"project": project["id"], "name": name, "settings": {**project["settings"], **settings}}
    return studio.wait_for_run(studio.call("POST", "api/runs", body)["id"], "completed", 300)


def steered(studio: Studio) -> dict[str, Any]:
    """A run whose learning rate somebody lowered half way."""
    drawn = project(
        studio, "Digits by convolution", "cnn-digits", epochs=10, look_inside=0.2, checkpoint_every_seconds=1
    )
    run = studio.call("POST", "api/runs", {"project": drawn["id"], "name": "Two convolutions"})
    while studio.call("GET", f"api/runs/{run['id']}")["step"] < 90:
        time.sleep(0.05)
    studio.call("POST", f"api/runs/{run['id']}/changes", {"learning_rate": 0.0005})
    return studio.wait_for_run(run["id"], "completed", 300)


def checkpoint_of(studio: Studio, run: str) -> int:
    """A checkpoint from the middle of a run."""
    steps = [one["step"] for one in studio.call("GET", f"api/runs/{run}/checkpoints")["items"]]
    return int(sorted(steps)[len(steps) // 2])


def slower(run: dict[str, Any]) -> dict[str, Any]:
    """The run's settings with a tenth of its rate and some epochs more."""
    params = {**run["settings"]["optimizer_params"], "learning_rate": 0.0001}
    return {**run["settings"], "optimizer_params": params, "epochs": 14}


def shots(made: dict[str, Any]) -> list[Shot]:
    """Every page, in the order in which a newcomer meets them."""
    run, project = made["run"], made["run"]["project"]
    compared = ",".join(made["compared"])
    return [
        Shot("home", "/", chinese=True),
        Shot("editor", f"/projects/{made['blank']}", views.choose_a_node, chinese=True),
        Shot("groups", f"/projects/{made['groups']}"),
        Shot("look-inside", f"/projects/{project}", views.look_inside),
        Shot("code", f"/projects/{made['groups']}", views.show_code),
        Shot("save", f"/projects/{project}", views.save_as_file),
        Shot("train", f"/projects/{project}/train"),
        Shot("xray", f"/projects/{made['blank']}/xray", views.point_at_a_step, chinese=True),
        Shot("runs", "/runs"),
        Shot("run", f"/runs/{run['id']}", chinese=True),
        Shot("fork", f"/runs/{made['fork']['id']}"),
        Shot("compare", f"/runs/compare?runs={compared}"),
        Shot("sweep-form", f"/projects/{made['sweep']['project']}/sweep", views.vary),
        Shot("sweep", f"/sweeps/{made['sweep']['id']}"),
        Shot("made", f"/runs/{made['vae']}"),
        Shot("activations", f"/runs/{run['id']}", views.inside("Activations")),
        Shot("weights", f"/runs/{run['id']}", views.inside("Weights")),
        Shot("decisions", f"/runs/{made['spiral']}", views.inside("Decisions"), chinese=True),
        Shot("mistakes", f"/runs/{run['id']}", views.inside("Mistakes")),
        Shot("latent", f"/runs/{made['code']}", views.inside("Latent space")),
        Shot("data", "/data"),
        Shot("dataset", "/data/fashion-mnist"),
        Shot("models", "/models"),
        Shot("model", "/models/dense-network", views.draw_a_digit, chinese=True),
        Shot("generator", "/models/digits-from-noise", views.pick_a_sample),
        Shot("access", "/access"),
    ]


def take(browser: Browser, studio: Studio, shot: Shot, language: Language) -> None:
    """One page, light and dark; in Chinese only light."""
    for scheme in ("light", "dark") if language == "en" else ("light",):
        context = browser.new_context(
            base_url=studio.url,
            viewport={"width": SIZE[0], "height": SIZE[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="zh-CN" if language == "zh" else "en-GB",
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.goto(shot.address)
        views.settle(page)
        shot.prepare(page)
        path = IMAGES / language / f"{shot.name}-{scheme}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path)
        context.close()
        path = shrink(path)
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KiB", flush=True)


def shrink(path: Path) -> Path:
    """Keep the picture as WebP: a third of the bytes, and no colour is another."""
    small = path.with_suffix(".webp")
    with Image.open(path) as picture:
        picture.convert("RGB").save(small, quality=80, method=6)
    path.unlink()
    return small


def main(names: list[str]) -> int:
    """Take the named pictures, or all; the status is 1 when there is no browser or no such picture."""
    executable = chromium.find()
    if executable is None:
        print(f"error: no Chromium was found; {chromium.REMEDY}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="netwright-screenshots-") as home, sync_playwright() as playwright:
        studio = Studio(Path(home))
        studio.start()
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            listed = shots(make_content(studio))
            unknown = set(names) - {shot.name for shot in listed}
            if unknown:
                print(
                    f"error: no page {', '.join(sorted(unknown))}; there are {', '.join(shot.name for shot in listed)}"
                )
                return 1
            for shot in listed:
                if not names or shot.name in names:
                    take(browser, studio, shot, "en")
                    if shot.chinese:
                        take(browser, studio, shot, "zh")
        finally:
            browser.close()
            studio.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
