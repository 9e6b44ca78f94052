"""API keys and share links, made and used as people do."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.e2e.conftest import PATIENCE_MS, Watch
from tests.e2e.steps import expect_accessible
from tests.e2e.studio import Studio


def ask(studio: Studio, path: str, key: str) -> int:
    request = urllib.request.Request(f"{studio.url}/{path}", headers={"authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_key_is_made_used_and_revoked(page: Page, studio: Studio) -> None:
    page.goto("/")
    page.get_by_role("link", name="Keys and links").click()
    form = page.get_by_role("form", name="New API key")
    form.get_by_label("Name").fill("notebook")
    form.get_by_role("combobox", name="May").click()
    page.get_by_role("option", name="Ask models", exact=True).click()
    form.get_by_role("button", name="Make a key").click()
    secret = page.get_by_label("API key", exact=True).inner_text()
    assert re.fullmatch(r"nwk_[0-9a-f]{40}", secret)
    assert ask(studio, "api/models", secret) == 200
    assert ask(studio, "api/projects", secret) == 403
    expect_accessible(page)
    page.reload()
    table = page.get_by_role("table", name="API keys")
    expect(table.get_by_role("row", name=re.compile("notebook"))).to_be_visible()
    assert secret not in page.content()
    expect(table.get_by_text("never")).to_have_count(0)
    page.get_by_role("button", name="Revoke notebook").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(table.get_by_text("Revoked")).to_be_visible()
    assert ask(studio, "api/models", secret) == 401
    page.get_by_role("button", name="Remove notebook from the list").click()
    expect(page.get_by_text("There is no key yet.")).to_be_visible()


@pytest.fixture
def stranger(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody who has nothing but a link."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


def make_link(page: Page) -> str:
    page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog", name="Share")
    dialog.get_by_role("button", name="Make a link").click()
    return dialog.get_by_label("Share link", exact=True).inner_text()


def test_a_run_and_its_model_are_shown_by_links(
    page: Page, studio: Studio, stranger: BrowserContext, watch: Watch
) -> None:
    run = studio.trained("logistic-iris")
    page.goto(f"/runs/{run['id']}")
    link = make_link(page)
    assert link.startswith(f"{studio.url}/share/")
    guest = stranger.new_page()
    watch.follow(guest)
    guest.goto(link)
    expect(guest.get_by_text(re.compile("^Shared to be looked at, until"))).to_be_visible()
    expect(guest.get_by_role("img", name=re.compile("^Loss:"))).to_be_visible()
    expect(guest.get_by_text("Completed", exact=True)).to_be_visible()
    for tab in ("Settings", "Inside", "Log"):
        guest.get_by_role("tab", name=tab).click()
    for forbidden in ("Share", "Delete", "Open the model", "Open the project"):
        expect(guest.get_by_role("button", name=forbidden)).to_have_count(0)
    expect(guest.get_by_role("tab", name="Notes")).to_have_count(0)
    # by what the link lets through, not by what the page shows
    for method, path in (
        ("DELETE", f"api/runs/{run['id']}"),
        ("GET", "api/projects"),
        ("POST", f"api/runs/{run['id']}/fork"),
    ):
        status = guest.evaluate(
            "([method, url]) => fetch(url, { method }).then((reply) => reply.status)",
            [method, f"{link}{path}"],
        )
        assert status == 403, (method, path)
    watch.forgive("403 (Forbidden)", "404 (Not Found)")

    model = run["model"]
    page.goto(f"/models/{model['name']}")
    guest.goto(make_link(page))
    expect(guest.get_by_role("region", name="Prediction").get_by_role("strong")).to_be_visible()
    expect(guest.get_by_role("region", name="Reasons").get_by_role("list")).to_be_visible()
    expect(guest.get_by_role("region", name="Download")).to_have_count(0)
    assert studio.call("GET", f"api/runs/{run['id']}")["state"] == "completed"


def test_a_project_is_shown_until_the_link_is_revoked(page: Page, studio: Studio, stranger: BrowserContext) -> None:
    project = studio.create_project("lenet")
    page.goto(f"/projects/{project['id']}")
    link = make_link(page)
    guest = stranger.new_page()
    guest.goto(link)
    expect(guest.get_by_role("heading", name="lenet", level=1)).to_be_visible()
    layers = guest.get_by_role("region", name="Network", exact=True)
    expect(layers.get_by_role("listitem").filter(has_text="conv1")).to_contain_text("24×24")
    guest.get_by_role("button", name="Language").click()
    guest.get_by_role("menuitemradio", name="简体中文").click()
    expect(guest.get_by_text(re.compile("^分享供查看"))).to_be_visible()
    page.goto("/access")
    page.get_by_role("table", name="Share links").get_by_role("row", name=re.compile("lenet")).get_by_role(
        "button", name="Revoke"
    ).click()
    expect(page.get_by_text("Revoked", exact=True)).to_be_visible()
    answer = guest.goto(link)
    assert answer is not None
    assert answer.status == 404
    expect(guest.get_by_text("This link shows nothing any more.")).to_be_visible()


TOKEN = "a-token-of-enough-characters"


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """A studio that asks for its token, as one that others can reach does."""
    monkeypatch.setenv("NETWRIGHT_TOKEN", TOKEN)
    studio = Studio(tmp_path)
    studio.start()
    yield studio
    studio.stop()


def test_a_guarded_studio_asks_for_its_token_but_not_below_a_link(guarded: Studio, stranger: BrowserContext) -> None:
    page = stranger.new_page()
    page.goto(guarded.url)
    page.get_by_label("Access token").fill("something else altogether")
    page.get_by_role("button", name="Open the studio").click()
    expect(page.get_by_role("alert")).to_contain_text("not the studio's access token")
    page.get_by_label("Access token").fill(TOKEN)
    page.get_by_role("button", name="Open the studio").click()
    expect(page.get_by_role("link", name="Keys and links")).to_be_visible()
    session = stranger.cookies()[0]
    assert (session["httpOnly"], session["sameSite"]) == (True, "Strict")
    link = page.evaluate(
        "async () => { const post = (path, body) => fetch(path, { method: 'POST', body: JSON.stringify(body),"
        " headers: { 'content-type': 'application/json' } }).then((reply) => reply.json());"
        " const { id } = await post('api/projects', { name: 'Shown', template: 'lenet' });"
        " return new URL((await post('api/shares', { kind: 'project', target: id })).path, document.baseURI).href; }"
    )
    stranger.clear_cookies()
    page.goto(link)
    expect(page.get_by_role("heading", name="Shown", level=1)).to_be_visible()
    assert page.evaluate("fetch(new URL('/api/projects', location)).then((reply) => reply.status)") == 401
    assert page.evaluate("fetch('api/projects').then((reply) => reply.status)") == 403
    answer = page.goto(guarded.url)
    assert answer is not None
    assert answer.status == 401
