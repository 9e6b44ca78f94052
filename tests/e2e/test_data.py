"""Looking at data and bringing one's own: sent in pieces, looked through, corrected, imported, changed, trained on."""

from __future__ import annotations

import io
import random
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect
from tests.alike import alike
from tests.e2e.conftest import Watch
from tests.e2e.studio import Studio


def test_images_and_class_balance(page: Page) -> None:
    page.goto("/data")
    page.get_by_role("link", name="Handwritten digits").click()
    images = page.get_by_role("list", name="Images").get_by_role("listitem")
    expect(images).to_have_count(60)
    expect(page.get_by_role("region", name="Class balance").get_by_role("listitem")).to_have_count(10)
    first = images.first.get_by_role("img").get_attribute("alt")
    page.get_by_label("next page").click()
    expect(images.first.get_by_role("img")).not_to_have_attribute("alt", first or "")


def test_images_by_class(page: Page) -> None:
    page.goto("/data/digits")
    page.get_by_role("radiogroup", name="Order of the images").get_by_text("By class").click()
    rows = page.get_by_role("list", name="Images by class").get_by_role("listitem")
    expect(rows).to_have_count(10)
    expect(rows.nth(3).get_by_role("img")).to_have_count(8)
    rows.nth(3).get_by_role("button", name="3").click()
    expect(page.get_by_text("146 of 1,438 samples")).to_be_visible()


def test_rows_and_columns(page: Page) -> None:
    page.goto("/data/iris")
    expect(page.get_by_role("table", name="Rows").get_by_role("row")).to_have_count(21)
    cards = page.get_by_role("list", name="Column statistics").get_by_role("heading", level=3)
    expect(cards).to_have_count(4)


def test_samples_are_filtered(page: Page) -> None:
    page.goto("/data/iris")
    page.get_by_role("group", name="Histogram of petal length").get_by_role("button").first.click()
    expect(page.get_by_text("petal length from")).to_be_visible()
    status = page.get_by_role("region", name="Samples").get_by_role("status")
    few = status.inner_text()
    page.get_by_role("region", name="Class balance").get_by_role("button", name="virginica").click()
    expect(page.get_by_text("No sample is like that.")).to_be_visible()
    page.get_by_role("button", name="Remove the filter").click()
    expect(status).to_have_text("40 of 120 samples")
    assert few != "40 of 120 samples"
    page.get_by_role("button", name="By a column").click()
    dialog = page.get_by_role("dialog", name="By a column")
    dialog.get_by_role("combobox", name="Column").click()
    page.get_by_role("option", name="sepal width").click()
    dialog.get_by_label("From").fill("3.5")
    dialog.get_by_role("button", name="Show these").click()
    expect(page.get_by_text("sepal width from 3.5 to ∞")).to_be_visible()
    page.get_by_role("textbox", name="Search in all cells").fill("3.8")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="Rows").get_by_role("row").nth(1)).to_contain_text("3.8")


def passengers(folder: Path, rows: int = 240) -> Path:
    """A table with one column of each kind, gaps, a leak, a constant, and rows that are there twice."""
    chance = random.Random(3)
    lines = ["number,sex,age,joined,fare,boat,ship,survived"]
    for i in range(rows):
        lived = "yes" if chance.random() < 0.45 else "no"
        age = "" if i % 9 == 0 else f"{chance.gauss(33, 12):.0f}"
        boat = "A" if lived == "yes" else "B"
        lines.append(
            f"{i + 1},{chance.choice(['f', 'm'])},{age},{2000 + i % 20}-{i % 12 + 1:02}-11,"
            f"{chance.expovariate(1 / 30):.2f},{boat},Titanic,{lived}"
        )
    path = folder / "passengers.csv"
    path.write_text("\n".join([*lines, *lines[1:13]]) + "\n")
    return path


def choose(page: Page, file: Path) -> None:
    """Choose a file to upload; what comes next is the page of its import."""
    page.goto("/data")
    page.get_by_role("button", name="Upload").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("dialog").get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(file)


def pick(page: Page, label: str, option: str) -> None:
    chosen(page, label).click()
    page.get_by_role("option", name=option, exact=True).click()


def chosen(page: Page, label: str) -> Locator:
    return page.get_by_role("combobox", name=label, exact=True)


def do_import(page: Page, name: str) -> None:
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def steps(page: Page) -> Locator:
    return page.get_by_role("list", name="Steps from the file to the network")


def test_a_table_is_looked_through_corrected_imported_and_changed(page: Page, tmp_path: Path) -> None:
    choose(page, passengers(tmp_path))
    table = page.get_by_role("table", name="Columns of the file")
    expect(table.get_by_role("row")).to_have_count(9)
    for column, kind in {"sex": "Category", "age": "Number", "joined": "Date", "survived": "To predict"}.items():
        expect(chosen(page, f"What {column} is")).to_have_value(kind)
    expect(chosen(page, "What number is")).to_have_value("Left out")
    expect(table.get_by_role("row", name=re.compile("^number "))).to_contain_text("Counts the rows")
    expect(table.get_by_role("row", name=re.compile("^ship "))).to_contain_text("the same in every row")
    expect(page.get_by_role("table", name="First rows of the file").get_by_role("row")).to_have_count(21)
    pick(page, "What is done about gaps in age", "Fill with the median")
    pick(page, "What ship is", "Category")
    page.reload()
    expect(chosen(page, "What age is")).to_have_value("Number")
    pick(page, "What is done about gaps in age", "Fill with the median")
    pick(page, "What ship is", "Category")
    do_import(page, "People")

    expect(steps(page)).to_contain_text("gaps in age are filled with the median")
    expect(steps(page)).to_contain_text("with each class in its share")
    warnings = page.get_by_role("region", name="Warnings")
    expect(warnings).to_contain_text("boat gives the answer away")
    expect(warnings).to_contain_text("ship is always the same")
    expect(warnings).to_contain_text("Training samples come again in the test")
    leak = warnings.get_by_role("listitem").filter(has_text="boat gives")
    expect(leak.get_by_role("list", name="Evidence").first).to_contain_text("A")
    expect(page.get_by_role("button", name="missing (")).to_be_visible()

    page.get_by_role("button", name="Change columns and steps").click()
    expect(chosen(page, "What is done about gaps in age")).to_have_value("Fill with the median")
    pick(page, "What boat is", "Left out")
    pick(page, "What ship is", "Left out")
    page.get_by_role("button", name="Make the new version").click()
    expect(page.get_by_role("combobox", name="Version")).to_have_value("Version 2")
    expect(steps(page)).to_contain_text("boat is left out")
    expect(warnings).not_to_contain_text("gives the answer away")
    page.get_by_role("combobox", name="Version").click()
    page.get_by_role("option", name="Version 1").click()
    expect(steps(page)).not_to_contain_text("boat is left out")


def pictures(folder: Path) -> Path:
    path = folder / "shapes.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(40):
            image = Image.new("L", (8, 8), 0)
            for at in range(8):
                image.putpixel((at, i % 8) if i % 2 else (i % 8, at), 255)
            stream = io.BytesIO()
            image.save(stream, "PNG")
            archive.writestr(f"{'lying' if i % 2 else 'standing'}/{i}.png", stream.getvalue())
        archive.writestr("lying/broken.png", b"no picture")
    return path


def test_pictures_with_augmentation_are_trained_on_and_the_model_keeps_the_steps(
    page: Page, studio: Studio, tmp_path: Path
) -> None:
    choose(page, pictures(tmp_path))
    classes = page.get_by_role("list", name="Pictures of each class").get_by_role("listitem")
    expect(classes).to_have_count(2)
    expect(classes.first.get_by_role("img").first).to_be_visible()
    expect(page.get_by_text("1 file is no picture")).to_be_visible()
    page.get_by_role("switch", name="Mirror left and right").check()
    page.get_by_role("textbox", name="Shift by up to … pixels").fill("1")
    do_import(page, "Shapes")
    expect(steps(page)).to_contain_text("40 pictures are brought to 1×8×8")
    expect(steps(page)).to_contain_text("half of the images are mirrored")
    expect(page.get_by_role("list", name="Images", exact=True).get_by_role("listitem")).to_have_count(32)

    ident = page.url.rpartition("/")[2]
    project = studio.create_project("mlp-digits", epochs=2)
    next(node for node in project["graph"]["nodes"] if node["id"] == "fc3")["params"]["num_hidden"] = 2
    body = {"revision": project["revision"], "dataset": ident, "graph": project["graph"]}
    studio.call("PUT", f"api/projects/{project['id']}", body)
    code = studio.call(
        "POST", "api/graphs/code", {"graph": project["graph"], "dataset": ident, "settings": project["settings"]}
    )
    assert 'datasets.load_file("shapes.zip", recipe=RECIPE)' in code["python"]
    run = studio.call("POST", "api/runs", {"project": project["id"]})
    model = studio.wait_for_run(run["id"], "completed")["model"]["name"]
    page.goto(f"/models/{model}")
    expect(steps(page)).to_contain_text("images are shifted by up to 1 pixel.")
    sample = studio.call("GET", f"api/datasets/{ident}/samples/test/0")
    first, again = (studio.call("POST", f"api/models/{model}/predict", {"inputs": [sample["input"]]}) for _ in range(2))
    assert alike(first["predictions"], again["predictions"])


def test_an_upload_is_cancelled_and_one_that_broke_off_goes_on(
    page: Page, watch: Watch, studio: Studio, tmp_path: Path
) -> None:
    watch.forgive("Failed to load resource", "ERR_FAILED")
    large = tmp_path / "large.csv"
    with large.open("w") as file:
        file.write("a,note,y\n")
        for i in range(50_000):
            file.write(f"{i % 977},{'a long remark ' * 8}{i % 10},{'ab'[i % 2]}\n")
    sent: list[str] = []

    def hold(route: Route) -> None:
        sent.append(route.request.url)
        if len(sent) == 1:
            route.continue_()

    page.route("**/bytes?**", hold)
    choose(page, large)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_contain_text("left")
    expect(dialog.get_by_role("progressbar", name="Upload")).not_to_have_attribute("aria-valuenow", "0")
    page.goto("/data")
    page.unroute("**/bytes?**")
    unfinished = page.get_by_role("list", name="Uploads that are not finished")
    expect(unfinished).to_contain_text("4 MiB of")
    choose(page, large)
    expect(page.get_by_role("table", name="Columns of the file")).to_be_visible()
    assert [one["filename"] for one in studio.call("GET", "api/uploads")["items"]].count("large.csv") == 1
    assert sent[0].endswith("offset=0")
    assert sent[1].endswith(f"offset={4 << 20}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Data", level=1)).to_be_visible()
    expect(page.get_by_text("large.csv")).to_have_count(0)
    assert not [one for one in (studio.home / "uploads").rglob("data") if one.stat().st_size > 1 << 20]


def test_a_table_is_uploaded_seen_and_deleted(page: Page, csv_file: Path) -> None:
    choose(page, csv_file)
    expect(page.get_by_role("textbox", name="Name")).to_have_value("little")
    do_import(page, "little")
    expect(page.get_by_role("columnheader", name="height")).to_be_visible()
    expect(page.get_by_role("region", name="Class balance").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Data", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="little")).to_have_count(0)


def test_a_bad_file_is_refused_with_the_reason_and_read_otherwise(page: Page, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("a;b\n1;x\n2,5;y\n")
    choose(page, bad)
    alert = page.get_by_role("alert")
    expect(page.get_by_role("table", name="Columns of the file")).to_be_visible()
    broken = tmp_path / "broken.csv"
    broken.write_text("a,b,c\n1,2,x\n1,2\n")
    choose(page, broken)
    expect(alert.get_by_text("Wanted:")).to_be_visible()
    pick(page, "Cells are parted by", "Semicolon")
    page.get_by_role("button", name="Read again so").click()
    expect(page.get_by_role("table", name="Columns of the file").get_by_role("row")).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_import_page_reads_well_in_chinese(page: Page, tmp_path: Path, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    choose(page, passengers(tmp_path, 30))
    expect(page.get_by_role("table", name="Columns of the file")).to_be_visible()
    page.evaluate("localStorage.setItem('netwright-language', 'zh')")
    page.reload()
    expect(page.get_by_role("table", name="文件中的列")).to_contain_text("只是行号")
    expect(chosen(page, "age 的类型")).to_have_value("数值")
    page.evaluate("localStorage.removeItem('netwright-language')")
