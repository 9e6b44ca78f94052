"""Make the pictures of docs/images: every page in light and dark, from a studio with real trained networks.

`python tools/screenshots.py [name …]` starts a studio of its own, trains small networks, and takes the pictures; with
names, only those, and what they show. Some pages are taken in Chinese too, for README.zh-CN.md.
"""

from __future__ import annotations

import functools
import sys
import tempfile
import time
import urllib.request
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
from screens import penguins, views  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SIZE = (1280, 800)
OPTIMIZER = "settings.optimizer_params"
Language = Literal["en", "zh"]


class Content:
    """What the pictures show, made when a picture first asks for it."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    @functools.cached_property
    def blank(self) -> str:
        """A project that nobody has trained yet."""
        return str(project(self.studio, "LeNet on Fashion-MNIST", "lenet")["id"])

    @functools.cached_property
    def groups(self) -> str:
        """A project drawn as groups."""
        return str(project(self.studio, "Residual network", "resnet-digits")["id"])

    @functools.cached_property
    def run(self) -> dict[str, Any]:
        """A run that somebody steered."""
        return steered(self.studio)

    @functools.cached_property
    def fork(self) -> str:
        """A run that goes on from the middle of it."""
        run = self.run["id"]
        order = {"step": checkpoint_of(self.studio, run), "name": "Smaller steps", "settings": slower(self.run)}
        fork = self.studio.call("POST", f"api/runs/{run}/fork", order)["id"]
        self.studio.wait_for_run(fork, "completed")
        return str(fork)

    @functools.cached_property
    def dense(self) -> dict[str, Any]:
        """A project that is trained many ways."""
        return project(self.studio, "Dense network", "mlp-digits", epochs=20)

    @functools.cached_property
    def compared(self) -> list[str]:
        """Three runs of it."""
        ways = (("Adam", "adam", 0.001), ("Adam, quick", "adam", 0.01), ("SGD", "sgd", 0.05))
        return [
            train(self.studio, self.dense, name, optimizer=optimizer, optimizer_params={"learning_rate": rate})["id"]
            for name, optimizer, rate in ways
        ]

    @functools.cached_property
    def sweep(self) -> str:
        """A sweep of it, done."""
        return str(make_sweep(self.studio, self.dense)["id"])

    @functools.cached_property
    def spiral(self) -> str:
        """A run on points in the plane."""
        return str(train(self.studio, project(self.studio, "Two spirals", "mlp-spiral", look_inside=0.2), "Tanh")["id"])

    @functools.cached_property
    def code(self) -> str:
        """A run with a latent space."""
        return str(
            train(self.studio, project(self.studio, "Clusters of digits", "clusters-digits"), "Ten clusters")["id"]
        )

    @functools.cached_property
    def vae(self) -> str:
        """A run that makes pictures."""
        return str(
            train(self.studio, project(self.studio, "Digits from noise", "vae-digits", epochs=40), "Twelve numbers")[
                "id"
            ]
        )

    @functools.cached_property
    def upload(self) -> str:
        """A table that was sent and waits for what is to be made of it."""
        return send_table(self.studio, "penguins.csv", penguins.table())

    @functools.cached_property
    def keys(self) -> None:
        """A key and a link."""
        self.studio.call("POST", "api/keys", {"name": "notebook", "scope": "predict"})
        self.studio.call("POST", "api/shares", {"kind": "run", "target": self.run["id"]})

    @functools.cached_property
    def all(self) -> None:
        """Everything: for the pages that list it."""
        _ = self.blank, self.groups, self.run, self.fork, self.compared, self.spiral, self.code, self.vae
        train(self.studio, project(self.studio, "Diabetes", "diabetes"), "Three layers")
        _ = self.sweep


@dataclass(frozen=True)
class Shot:
    """A picture: its address, what is done there first, and whether Chinese readers get one of their own."""

    name: str
    address: Callable[[Content], str]
    prepare: Callable[[Page], Any] = views.settle
    chinese: bool = False


def listing(address: str) -> Callable[[Content], str]:
    """The address of a page that lists things: all of them are there."""

    def ready(made: Content) -> str:
        _ = made.all
        return address

    return ready


def access(made: Content) -> str:
    """The address of the keys and links, once there are some."""
    _ = made.keys
    return "/access"


def send_table(studio: Studio, name: str, text: str) -> str:
    """An upload; its id."""
    body = text.encode()
    upload = studio.call("POST", "api/uploads", {"filename": name, "size": len(body)})["id"]
    request = urllib.request.Request(f"{studio.url}/api/uploads/{upload}/bytes?offset=0", data=body, method="PUT")
    with urllib.request.urlopen(request, timeout=30) as reply:
        reply.read()
    return str(upload)


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


SHOTS = (
    Shot("home", listing("/"), chinese=True),
    Shot("editor", lambda made: f"/projects/{made.blank}", views.choose_a_node, chinese=True),
    Shot("groups", lambda made: f"/projects/{made.groups}"),
    Shot("look-inside", lambda made: f"/projects/{made.run['project']}", views.look_inside),
    Shot("code", lambda made: f"/projects/{made.groups}", views.show_code),
    Shot("save", lambda made: f"/projects/{made.run['project']}", views.save_as_file),
    Shot("train", lambda made: f"/projects/{made.run['project']}/train"),
    Shot("xray", lambda made: f"/projects/{made.blank}/xray", views.point_at_a_step, chinese=True),
    Shot("runs", listing("/runs")),
    Shot("run", lambda made: f"/runs/{made.run['id']}", chinese=True),
    Shot("fork", lambda made: f"/runs/{made.fork}"),
    Shot("compare", lambda made: f"/runs/compare?runs={','.join(made.compared)}"),
    Shot("sweep-form", lambda made: f"/projects/{made.dense['id']}/sweep", views.vary),
    Shot("sweep", lambda made: f"/sweeps/{made.sweep}"),
    Shot("made", lambda made: f"/runs/{made.vae}"),
    Shot("activations", lambda made: f"/runs/{made.run['id']}", views.inside("Activations")),
    Shot("weights", lambda made: f"/runs/{made.run['id']}", views.inside("Weights")),
    Shot("decisions", lambda made: f"/runs/{made.spiral}", views.inside("Decisions"), chinese=True),
    Shot("mistakes", lambda made: f"/runs/{made.run['id']}", views.inside("Mistakes")),
    Shot("latent", lambda made: f"/runs/{made.code}", views.inside("Latent space")),
    Shot("data", lambda _made: "/data"),
    Shot("dataset", lambda _made: "/data/fashion-mnist", views.see_samples),
    Shot("import", lambda made: f"/data/import/{made.upload}", views.correct, chinese=True),
    Shot("models", listing("/models")),
    Shot("model", listing("/models/dense-network"), views.draw_a_digit, chinese=True),
    Shot("generator", listing("/models/digits-from-noise"), views.pick_a_sample),
    Shot("access", access),
)
"""Every page, in the order in which a newcomer meets them."""


def take(browser: Browser, made: Content, shot: Shot, language: Language) -> None:
    """One page, light and dark; in Chinese only light."""
    address = shot.address(made)
    for scheme in ("light", "dark") if language == "en" else ("light",):
        context = browser.new_context(
            base_url=made.studio.url,
            viewport={"width": SIZE[0], "height": SIZE[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="zh-CN" if language == "zh" else "en-GB",
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.goto(address)
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
    known = [shot.name for shot in SHOTS]
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"error: no page {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 1
    executable = chromium.find()
    if executable is None:
        print(f"error: no Chromium was found; {chromium.REMEDY}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="netwright-screenshots-") as home, sync_playwright() as playwright:
        studio = Studio(Path(home))
        studio.start()
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            made = Content(studio)
            for shot in SHOTS:
                if not names or shot.name in names:
                    take(browser, made, shot, "en")
                    if shot.chinese:
                        take(browser, made, shot, "zh")
        finally:
            browser.close()
            studio.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
