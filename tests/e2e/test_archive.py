"""A project goes into a file and comes out of it again, with its runs and models."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect
from tests.e2e.conftest import Watch
from tests.e2e.steps import node
from tests.e2e.studio import Studio
from tests.trust.standing import wait_for


def test_a_project_is_saved_as_a_file_and_opened_again(page: Page, studio: Studio, tmp_path: Path) -> None:
    run = studio.train("logistic-iris", name="irises", epochs=3)
    page.goto("/")
    page.get_by_role("button", name="Actions for irises").click()
    page.get_by_role("menuitem", name="Save as a file").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("checkbox", name=run["name"])).to_be_checked()
    expect(dialog.get_by_text("every studio has it")).to_be_visible()
    dialog.get_by_role("checkbox", name="With their checkpoints").check()
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Save the file").click()
    expect(dialog).to_be_hidden()
    assert download.value.suggested_filename == "irises.netwright"
    file = tmp_path / "mine.netwright"
    download.value.save_as(file)

    page.get_by_role("button", name="Import", exact=True).click()
    dialog = page.get_by_role("dialog")
    page.locator('input[type="file"]').last.set_input_files(file)
    report = dialog.get_by_role("region", name="What was opened")
    expect(report).to_contain_text("irises (2)")
    expect(report).to_contain_text("here it is called irises-2")
    dialog.get_by_role("button", name="Open the project").click()
    expect(node(page, "fc, FullyConnected").or_(node(page, "fc1, FullyConnected"))).to_be_visible()
    runs = studio.call("GET", "api/runs?limit=2")["items"]
    assert runs[0]["metrics"] == runs[1]["metrics"]
    assert studio.call("GET", f"api/runs/{runs[0]['id']}/checkpoints")["items"]

    # From inside the project, too; a file that is none says so.
    page.get_by_role("button", name="Save the project as a file").click()
    expect(page.get_by_role("dialog").get_by_role("checkbox", name="irises-2, version 1")).to_be_checked()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()


def test_a_file_that_is_no_project_is_refused(page: Page, studio: Studio, tmp_path: Path, watch: Watch) -> None:
    watch.forgive("422")
    file = tmp_path / "odd.netwright"
    file.write_bytes(b"PK nothing")
    page.goto("/")
    page.get_by_role("button", name="Import", exact=True).click()
    page.locator('input[type="file"]').last.set_input_files(file)
    expect(page.get_by_role("dialog")).to_contain_text("The archive is damaged, or no zip file.")


def test_a_sweep_goes_along_with_its_runs(page: Page, studio: Studio, tmp_path: Path) -> None:
    project = studio.create_project("logistic-iris", epochs=1)
    values = {"kind": "choice", "path": "settings.batch_size", "values": [32]}
    sweep = studio.call("POST", "api/sweeps", {"project": project["id"], "name": "Sizes", "parameters": [values]})
    wait_for(lambda: studio.call("GET", f"api/sweeps/{sweep['id']}")["state"] == "completed", 60, "the sweep")
    page.goto("/")
    page.get_by_role("button", name=f"Actions for {project['name']}").first.click()
    page.get_by_role("menuitem", name="Save as a file").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Sweeps that go along: Sizes")).to_be_visible()
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Save the file").click()
    file = tmp_path / "varied.netwright"
    download.value.save_as(file)

    page.get_by_role("button", name="Import", exact=True).click()
    page.locator('input[type="file"]').last.set_input_files(file)
    report = page.get_by_role("dialog").get_by_role("region", name="What was opened")
    expect(report.get_by_role("term").filter(has_text="Sweeps")).to_be_visible()
    newest, packed = (one for one in studio.call("GET", "api/sweeps")["items"] if one["name"] == "Sizes")
    assert (newest["name"], newest["counts"]) == (packed["name"], packed["counts"])
    assert newest["project"] != packed["project"] == project["id"]
