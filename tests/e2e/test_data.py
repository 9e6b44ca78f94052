"""Looking at data and bringing one's own."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect
from tests.e2e.conftest import Watch


def test_images_and_class_balance(page: Page) -> None:
    page.goto("/data")
    page.get_by_role("link", name="Handwritten digits").click()
    images = page.get_by_role("list", name="Images").get_by_role("listitem")
    expect(images).to_have_count(60)
    expect(page.get_by_role("region", name="Class balance").get_by_role("listitem")).to_have_count(10)
    first = images.first.get_by_role("img").get_attribute("alt")
    page.get_by_label("next page").click()
    expect(images.first.get_by_role("img")).not_to_have_attribute("alt", first or "")


def test_rows_and_columns(page: Page) -> None:
    page.goto("/data/iris")
    expect(page.get_by_role("table", name="Rows").get_by_role("row")).to_have_count(21)
    expect(page.get_by_role("table", name="Column statistics").get_by_role("row")).to_have_count(5)


def test_a_table_is_uploaded_seen_and_deleted(page: Page, csv_file: Path) -> None:
    page.goto("/data")
    page.get_by_role("button", name="Upload").click()
    dialog = page.get_by_role("dialog")
    with page.expect_file_chooser() as chooser:
        dialog.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(csv_file)
    expect(dialog.get_by_label("Name")).to_have_value("little")
    dialog.get_by_label("Column to predict").fill("tall")
    dialog.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="little", level=1)).to_be_visible()
    expect(page.get_by_role("columnheader", name="height")).to_be_visible()
    expect(page.get_by_role("region", name="Class balance").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Data", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="little")).to_have_count(0)


def test_a_bad_file_is_refused_with_the_reason(page: Page, watch: Watch, tmp_path: Path) -> None:
    watch.forgive("422", "400")
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b,c\n1,2,x\n1,2\n")
    page.goto("/data")
    page.get_by_role("button", name="Upload").click()
    dialog = page.get_by_role("dialog")
    with page.expect_file_chooser() as chooser:
        dialog.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(bad)
    dialog.get_by_role("button", name="Upload").click()
    alert = dialog.get_by_role("alert")
    expect(alert).to_be_visible()
    expect(alert.get_by_text("Wanted:")).to_be_visible()
