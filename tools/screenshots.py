"""Make the pictures of docs/images: every page in light and dark, from a studio with real trained networks.

`python tools/screenshots.py [name …]` starts a studio of its own, trains three small networks, and takes the pictures;
with names, only those.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from tests.e2e.conftest import FLAGS  # noqa: E402
from tests.e2e.steps import THREE, draw, node  # noqa: E402
from tests.e2e.studio import Studio  # noqa: E402

import chromium  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SIZE = (1280, 800)
OPTIMIZER = "settings.optimizer_params"

Prepare = Callable[[Page], Any]


def pages(studio: Studio) -> dict[str, tuple[str, Prepare]]:
    """Name of the picture → address and what to do there first."""
    project = studio.call("GET", "api/projects?limit=1")["items"][0]["id"]
    run = studio.train("cnn-digits", epochs=12)
    model = studio.train("mlp-digits", epochs=20)["model"]["name"]
    studio.train("diabetes", epochs=20)
    studio.call("POST", "api/keys", {"name": "notebook", "scope": "predict"})
    studio.call("POST", "api/shares", {"kind": "run", "target": run["id"]})
    sweep = make_sweep(studio)
    return {
        "home": ("/", settle),
        "editor": (f"/projects/{project}", select_a_node),
        "train": (f"/projects/{run['project']}/train", settle),
        "runs": ("/runs", settle),
        "sweep-form": (f"/projects/{sweep['project']}/sweep", vary),
        "sweep": (f"/sweeps/{sweep['id']}", settle),
        "run": (f"/runs/{run['id']}", settle),
        "data": ("/data", settle),
        "dataset": ("/data/fashion-mnist", settle),
        "models": ("/models", settle),
        "model": (f"/models/{model}", draw_a_digit),
        "access": ("/access", settle),
    }


def make_sweep(studio: Studio) -> dict[str, Any]:
    """A sweep of three parameters by halving, done."""
    project = studio.create_project("mlp-digits", epochs=9)
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


def vary(page: Page) -> None:
    """Choose two parameters, and wait for what that would be."""
    settle(page)
    page.get_by_role("button", name="Learning rate", exact=True).click()
    page.get_by_role("button", name="Optimizer", exact=True).click()
    page.get_by_role("region", name="Preview").wait_for()
    settle(page)


def settle(page: Page) -> None:
    """Wait until what the page asked for has come and been drawn."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(600)


def select_a_node(page: Page) -> None:
    """Show a node's parameters beside the network."""
    settle(page)
    node(page, "conv1, Convolution").click()
    page.wait_for_timeout(400)


def draw_a_digit(page: Page) -> None:
    """Draw a three and wait for the answer."""
    settle(page)
    draw(page, THREE)
    page.get_by_role("list", name="Probabilities").wait_for()
    page.wait_for_timeout(400)


def take(browser: Browser, studio: Studio, name: str, address: str, prepare: Prepare) -> None:
    """One page, light and dark."""
    for scheme in ("light", "dark"):
        context = browser.new_context(
            base_url=studio.url,
            viewport={"width": SIZE[0], "height": SIZE[1]},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page = context.new_page()
        page.goto(address)
        prepare(page)
        path = IMAGES / f"{name}-{scheme}.png"
        page.screenshot(path=path)
        context.close()
        shrink(path)
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KiB", flush=True)


def shrink(path: Path) -> None:
    """Write the picture again with a palette: half the bytes, and nobody sees it on a page of few colours."""
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def main(names: list[str]) -> int:
    """Take the named pictures, or all; the status is 1 when there is no browser or no such picture."""
    executable = chromium.find()
    if executable is None:
        print(f"error: no Chromium was found; {chromium.REMEDY}", file=sys.stderr)
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="netwright-screenshots-") as home, sync_playwright() as playwright:
        studio = Studio(Path(home))
        studio.start()
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            studio.create_project("lenet")
            shown = pages(studio)
            unknown = [name for name in names if name not in shown]
            if unknown:
                print(f"error: no page {', '.join(unknown)}; there are {', '.join(shown)}", file=sys.stderr)
                return 1
            for name, (address, prepare) in shown.items():
                if not names or name in names:
                    take(browser, studio, name, address, prepare)
        finally:
            browser.close()
            studio.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
