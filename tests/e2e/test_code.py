"""Networks as programs and files: what the code pane shows is what runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from playwright.sync_api import Page, expect
from tests.e2e.steps import node
from tests.e2e.studio import Studio

from netwright import templates


def test_code_pane_shows_a_program_of_the_very_network(page: Page, studio: Studio) -> None:
    project = studio.create_project("resnet-digits")
    page.goto(f"/projects/{project['id']}")
    page.get_by_role("toolbar", name="Editor").get_by_role("button", name="Code", exact=True).click()
    pane = page.get_by_role("dialog")
    text = pane.get_by_label("Python program", exact=True)
    expect(text).to_contain_text("for block in self.wide:")
    with page.expect_download() as download:
        pane.get_by_role("button", name="Save residual-network-on-digits.py").click()
    program: dict[str, Any] = {"__name__": "program"}
    exec(compile(download.value.path().read_text(encoding="utf-8"), "program.py", "exec"), program)
    graph = templates.get("resnet-digits").graph
    made = {node["id"] for node in program["make_graph"]()["nodes"]}
    assert {node["id"] for node in graph["nodes"]} < made
    assert "wide_conv1_r2" in made

    pane.get_by_role("tab", name="Command line").click()
    expect(pane.get_by_label("Command", exact=True)).to_have_text("netwright train residual-network-on-digits.json")
    with page.expect_download() as download:
        pane.get_by_role("button", name="Save residual-network-on-digits.json").click()
    assert json.loads(download.value.path().read_text(encoding="utf-8"))["dataset"] == "digits"
    pane.get_by_role("tab", name="Notebook").click()
    expect(pane.get_by_label("Cells of the notebook", exact=True)).to_contain_text("# # Residual network on digits")

    pane.get_by_role("tab", name="ONNX").click()
    with page.expect_download() as download:
        pane.get_by_role("button", name="Save residual-network-on-digits.onnx").click()
    session = onnxruntime.InferenceSession(download.value.path(), providers=["CPUExecutionProvider"])
    (probabilities,) = session.run(None, {"data": np.zeros((2, 1, 8, 8), np.float32)})
    assert probabilities.shape == (2, 10)


def test_onnx_is_imported_with_a_report_and_opens_as_a_project(page: Page, tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["y"], name="dense/Gemm", transB=1),
        helper.make_node("Mystery", ["y"], ["odd"], name="odd", domain="com.example"),
        helper.make_node("Softmax", ["y"], ["z"], name="classes/Softmax"),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 4])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["batch", 3])],
        [
            numpy_helper.from_array(np.zeros((3, 4), np.float32), "w"),
            numpy_helper.from_array(np.zeros(3, np.float32), "b"),
        ],
    )
    file = tmp_path / "small.onnx"
    file.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString())
    page.goto("/")
    page.get_by_role("button", name="Import", exact=True).click()
    dialog = page.get_by_role("dialog")
    page.locator('input[type="file"]').last.set_input_files(file)
    report = dialog.get_by_role("table", name="Report on each part")
    expect(report.get_by_role("row").nth(1)).to_contain_text("Mystery")
    expect(report.get_by_role("row").filter(has_text="classes/Softmax")).to_contain_text("SoftmaxOutput")
    dialog.get_by_role("button", name="Open as a project").click()
    expect(node(page, "classes, SoftmaxOutput")).to_be_visible()
    expect(node(page, "dense, FullyConnected")).to_be_visible()
