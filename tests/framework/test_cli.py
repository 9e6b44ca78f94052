"""The command line, from ``--help`` to a model that is trained, used and exported."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netwright import __version__, datasets, model_store
from netwright.cli import main
from netwright.cli.sweep import read_range
from netwright.datasets.pictures import encode_png
from netwright.errors import ParamError

RATE = "settings.optimizer_params.learning_rate"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in a folder of its own; returns (status, standard output, standard error)."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["netwright", *map(str, arguments)])
        try:
            main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def test_help_and_version(run: Run) -> None:
    status, out, _ = run("--help")
    assert status == 0
    for command in (
        "train",
        "sweep",
        "predict",
        "export",
        "import",
        "check",
        "plan",
        "templates",
        "datasets",
        "models",
        "devices",
        "calibrate",
    ):
        assert f" {command} " in out
    assert run("--version") == (0, f"netwright {__version__}\n", "")


@pytest.mark.parametrize("command", ["train", "predict", "export", "check", "plan", "calibrate"])
def test_every_command_gives_examples(run: Run, command: str) -> None:
    status, out, _ = run(command, "--help")
    assert status == 0
    assert f"netwright {command} " in out


def test_it_is_installed_as_a_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "netwright.cli", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"netwright {__version__}\n"


def test_lists(run: Run) -> None:
    assert "mlp-digits" in run("templates")[1]
    out = run("datasets")[1]
    assert all(name in out for name in datasets.names())
    out = run("datasets", "wine")[1]
    assert "alcohol" in out
    assert datasets.get("wine").sha256 in out
    out = run("devices")[1]
    assert "cpu(0)" in out
    assert "gpu(0)" in out
    assert "No model has been trained yet" in run("models")[1]


def test_check_says_what_is_wrong_and_where(run: Run, home: Path) -> None:
    status, out, _ = run("check", "lenet")
    assert status == 0
    assert "32×20×24×24" in out
    assert "431,080 parameters" in out
    graph = {
        "format": "netwright-graph",
        "version": 1,
        "nodes": [
            {"id": "data", "op": "Input", "params": {"shape": [4]}, "inputs": {}},
            {"id": "fc", "op": "FullyConnected", "params": {"num_hidden": -1}, "inputs": {"data": "data"}},
        ],
        "outputs": ["fc"],
    }
    (home / "bad.json").write_text(json.dumps(graph))
    status, out, _ = run("check", "bad.json")
    assert status == 1
    assert "fc.num_hidden" in out
    status, out, _ = run("check", "bad.json", "--json")
    assert status == 1
    assert json.loads(out)["problems"][0]["node"] == "fc"


def test_plan_reads_as_a_table(run: Run) -> None:
    status, out, _ = run("plan", "mlp-digits", "--batch-size", 8, "--inference")
    assert status == 0
    assert "relu1" in out
    assert "fc3" in out
    assert json.loads(run("plan", "mlp-digits", "--json")[1])["steps"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "nothing"], "there is no such template"),
        (["train", "nothing.json"], "there is no such file"),
        (["train", "mlp-digits", "--data", "wine"], "the graph cannot be trained"),
        (["train", "mlp-digits", "--data", "nothing"], "there is no such data set"),
        (["train", "mlp-digits", "--data", "nothing.csv"], "there is no such file"),
        (["train", "mlp-digits", "--optimizer", "nothing"], "nothing"),
        (["train", "mlp-digits", "--lr", "nan"], "this learning rate cannot be taken"),
        (["train", "mlp-digits", "--lr", "-1"], "this learning rate cannot be taken"),
        (["train", "mlp-digits", "--device", "gpu:7"], "gpu(7) is not there"),
        (["train", "mlp-digits", "--strategy", "nothing"], "unknown strategy"),
        (["train", "mlp-digits", "--batch-size", 10**6], "batch_size"),
        (["train", "broken.json"], "this is not JSON"),
        (["train", "list.json"], "a graph is a JSON object"),
        (["train", "template.json"], "neither a graph nor a template"),
        (["predict", "nothing"], "there is no such model"),
        (["export", "nothing"], "there is no such model"),
    ],
)
def test_mistakes_end_with_status_1_and_say_what_to_do(
    run: Run, home: Path, arguments: list[object], message: str
) -> None:
    (home / "broken.json").write_text("{")
    (home / "list.json").write_text("[]")
    (home / "template.json").write_text('{"graph": {"nodes": []}}')
    status, out, err = run(*arguments)
    assert status == 1
    assert message in out + err
    assert err.startswith("error:")
    assert "Traceback" not in err


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A digits model, trained once by the command itself, in a process of its own."""
    folder = tmp_path_factory.mktemp("trained") / "model"
    command = [sys.executable, "-m", "netwright.cli", "train", "mlp-digits", "--epochs", "4", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder.parent)
    assert "epoch" in done.stdout
    assert "val_accuracy" in done.stdout
    assert "accuracy" in done.stdout.split("Test")[1]
    assert str(folder) in done.stdout
    return folder


def test_a_trained_model_says_where_it_comes_from(trained: Path) -> None:
    model = model_store.load_model(trained)
    assert model.info.name == "mlp-digits"
    assert model.info.provenance.seed == 0
    assert model.info.provenance.data_sha256 == datasets.get("digits").sha256
    assert model.info.provenance.settings["epochs"] == 4
    assert model.info.metrics["test_accuracy"] > 0.85
    assert model.info.parameters == sum(array.size for array in model.weights().values())


def test_predict_for_samples_rows_arrays_and_pictures(run: Run, trained: Path, home: Path) -> None:
    status, out, _ = run("predict", trained, "--data", "digits", "--count", 300)
    assert status == 0
    right = float(out.rsplit("(", 1)[1].split(" %")[0])
    assert right > 85
    x, _ = datasets.get("digits").test
    np.savez(home / "some.npz", x=x[:5])
    by_array = json.loads(run("predict", trained, "--npz", "some.npz", "--json")[1])["predictions"]
    by_sample = json.loads(run("predict", trained, "--data", "digits", "--count", 5, "--json")[1])["predictions"]
    assert by_array == by_sample
    assert sum(item["p"] for item in by_array[0]["probabilities"]) == pytest.approx(1, abs=1e-5)
    for i in range(5):
        png = encode_png(x[i], datasets.info("digits").input)
        (home / f"{i}.png").write_bytes(base64.b64decode(png.split(",")[1]))
    images = [part for i in range(5) for part in ("--image", f"{i}.png")]
    by_picture = json.loads(run("predict", trained, *images, "--json")[1])["predictions"]
    assert [item["label"] for item in by_picture] == [item["label"] for item in by_array]
    assert "2.png" in run("predict", trained, *images)[1]


@pytest.mark.filterwarnings("ignore:overflow|invalid value:RuntimeWarning")
def test_a_training_that_diverges_saves_no_model(run: Run, home: Path) -> None:
    status, _, err = run("train", "diabetes", "--optimizer", "sgd", "--lr", "500", "--epochs", "2")
    assert status == 1
    assert "the training has diverged" in err
    assert "No model has been trained yet" in run("models")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to predict for"),
        (["--data", "digits", "--npz", "x.npz"], "more than one source"),
        (["--data", "digits", "--index", "99999"], "there is no such sample"),
        (["--data", "digits", "--split", "other"], "unknown split"),
        (["--data", "wine"], "an image of another size"),
        (["--image", "nothing.png"], "there is no such file"),
        (["--image", "text.png"], "the picture cannot be read"),
        (["--npz", "nothing.npz"], "there is no such file"),
        (["--csv", "nothing.csv"], "there is no such file"),
    ],
)
def test_wrong_inputs_are_told(run: Run, trained: Path, home: Path, arguments: list[str], message: str) -> None:
    (home / "text.png").write_text("hello")
    status, _, err = run("predict", trained, *arguments)
    assert status == 1
    assert message in err


def test_export(run: Run, trained: Path, home: Path) -> None:
    assert run("export", trained)[0] == 0
    assert (home / "mlp-digits.safetensors").read_bytes() == (trained / "weights.safetensors").read_bytes()
    status, _, err = run("export", trained)
    assert status == 1
    assert "the file exists already" in err
    assert run("export", trained, "--force", "--format", "graph", "--out", "graph.json")[0] == 0
    assert json.loads((home / "graph.json").read_text())["format"] == "netwright-graph"
    assert run("export", trained, "--format", "symbol")[0] == 0
    symbol = json.loads((home / "mlp-digits-symbol.json").read_text())
    assert {"fc1_weight", "softmax"} <= {node["name"] for node in symbol["nodes"]}


def test_export_to_onnx_and_import(run: Run, trained: Path, home: Path) -> None:
    assert run("export", trained, "digits.onnx")[0] == 0
    status, _, err = run("export", trained, "digits.onnx")
    assert status == 1
    assert "the file exists already" in err
    assert run("export", trained, "--format", "onnx", "--out", "again.onnx")[0] == 0
    assert (home / "again.onnx").read_bytes() == (home / "digits.onnx").read_bytes()
    status, out, _ = run("import", "digits.onnx")
    assert status == 0
    assert "digits-symbol.json and digits-0000.params" in out
    symbol = json.loads((home / "digits-symbol.json").read_text())
    assert "fc1_weight" in {node["name"] for node in symbol["nodes"]}
    status, _, err = run("import", "digits.onnx")
    assert status == 1
    assert "the file exists already" in err


def test_a_table_of_ones_own_from_training_to_prediction(run: Run, home: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [(a, b, rng.choice(["red", "blue"])) for a, b in rng.normal(0, 1, (200, 2))]
    lines = [f"{a:.4f},{b:.4f},{c},{'yes' if a + b + (c == 'red') > 0.5 else 'no'}" for a, b, c in rows]
    (home / "mine.csv").write_text("a,b,colour,bought\n" + "\n".join(lines) + "\n")
    graph = {
        "format": "netwright-graph",
        "version": 1,
        "name": "My shop",
        "nodes": [
            {"id": "data", "op": "Input", "params": {}, "inputs": {}},
            {"id": "fc1", "op": "FullyConnected", "params": {"num_hidden": 2}, "inputs": {"data": "data"}},
            {"id": "softmax", "op": "SoftmaxOutput", "params": {}, "inputs": {"data": "fc1"}},
        ],
        "outputs": ["softmax"],
    }
    (home / "shop.json").write_text(json.dumps(graph))
    status, _, err = run("train", "shop.json")
    assert status == 1
    assert "no data set has been chosen" in err
    status, out, err = run("train", "shop.json", "--data", "mine.csv", "--epochs", 40, "--lr", 0.05, "--seed", 3)
    assert status == 0, err
    (home / "rows.csv").write_text("colour,b,a\nred,2,2\nblue,-2,-2\n")
    predicted = json.loads(run("predict", "my-shop", "--csv", "rows.csv", "--json")[1])["predictions"]
    assert [item["label"] for item in predicted] == ["yes", "no"]
    (home / "green.csv").write_text("a,b,colour\n2,2,green\n")
    status, _, err = run("predict", "my-shop", "--csv", "green.csv")
    assert status == 1
    assert "row 1, colour: unknown category" in err
    out = run("models")[1]
    assert "my-shop" in out
    again = run("train", "shop.json", "--data", "mine.csv", "--epochs", 40, "--lr", 0.05, "--seed", 3)
    assert again[0] == 0
    first, second = (model_store.load_model(home / "models" / "my-shop" / version) for version in "12")
    assert first.info.files["weights.safetensors"] == second.info.files["weights.safetensors"], "not reproducible"
    assert not list((home / "checkpoints").iterdir())


def test_values_come_back_in_their_own_unit(run: Run, home: Path) -> None:
    status, out, _ = run("train", "diabetes")
    assert status == 0
    better = float(out.split("better than the mean")[1].split("%")[0].split()[-1])
    assert better >= 35
    value = json.loads(run("predict", "diabetes", "--data", "diabetes", "--json")[1])["predictions"][0]["value"]
    assert 20 < value < 350


@pytest.mark.filterwarnings("ignore:overflow|invalid value:RuntimeWarning")
def test_settings_are_changed_on_the_way_and_mishaps_are_told(run: Run, home: Path) -> None:
    train = ("train", "logistic-iris", "--epochs", 6, "--optimizer", "sgd", "--lr", 0)
    status, out, err = run(*train, "--change", "20:learning_rate=0.1,batch_size=10", "--change", "30:weight_decay=0.01")
    assert (status, err) == (0, "")
    status, out, err = run("train", "diabetes", "--optimizer", "sgd", "--lr", 1000, "--out", "lost")
    assert (status, "the training has diverged" in err) == (1, True)
    assert "The loss is no longer a number" in out
    assert "Take a smaller learning rate" in out
    assert run(*train, "--change", "soon:lr=1")[2].count("--change: this change cannot be read")
    assert "unknown change" in run(*train, "--change", "5:momentum=1")[2]


def test_a_training_that_was_stopped_goes_on(run: Run, home: Path) -> None:
    arguments = ("train", "logistic-iris", "--checkpoint", "steps")
    assert run(*arguments, "--epochs", 2, "--out", "short")[0] == 0
    status, out, _ = run(*arguments, "--epochs", 4, "--resume", "--out", "long")
    assert status == 0
    assert "resumed at step" in out
    assert run("train", "logistic-iris", "--epochs", 4, "--out", "whole")[0] == 0
    long, whole = (model_store.load_model(home / name).info.files for name in ("long", "whole"))
    assert long["weights.safetensors"] == whole["weights.safetensors"]


def test_a_folder_that_exists_is_left_alone(run: Run, home: Path) -> None:
    (home / "taken").mkdir()
    status, _, err = run("train", "logistic-iris", "--out", "taken")
    assert status == 1
    assert "exists already" in err
    assert not list((home / "taken").iterdir())


def test_a_drawing_is_recognised(run: Run, trained: Path, home: Path) -> None:
    canvas = np.zeros((160, 160), np.uint8)
    canvas[20:140, 72:88] = 255
    stream = io.BytesIO()
    Image.fromarray(canvas).save(stream, "PNG")
    (home / "one.png").write_bytes(stream.getvalue())
    prediction = json.loads(run("predict", trained, "--image", "one.png", "--json")[1])["predictions"][0]
    assert prediction["label"] == "1"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a.b=1e-4..0.1:log:4", {"kind": "float", "low": 1e-4, "high": 0.1, "log": True, "points": 4}),
        ("a.b=8..64", {"kind": "integer", "low": 8, "high": 64, "log": False, "points": 5}),
        ("a.b=sgd,adam", {"kind": "choice", "values": ["sgd", "adam"]}),
        ("a.b=[3,3],[5,5]", {"kind": "choice", "values": [[3, 3], [5, 5]]}),
        ("a.b=0.5", {"kind": "choice", "values": [0.5]}),
    ],
)
def test_ranges_are_read(text: str, wanted: dict[str, object]) -> None:
    assert read_range(text) == {"path": "a.b", **wanted}


@pytest.mark.parametrize("text", ["a.b", "=1..2", "a.b=x..2", "a.b=1..2:often"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ParamError, match="cannot be read"):
        read_range(text)


def test_a_sweep_is_written_and_run(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("sweep", "logistic-iris", "--list")
    assert status == 0
    assert RATE in out
    file = tmp_path / "iris.json"
    status, out, err = run(
        "sweep", "logistic-iris", "--vary", f"{RATE}=0.001..0.1:log:2", "--vary", "settings.batch_size=16,32",
        "--epochs", "1", "--write", file,
    )  # fmt: skip
    assert status == 0, err
    assert json.loads(file.read_text())["format"] == "netwright-sweep"
    status, out, err = run("sweep", file, "--folder", tmp_path / "kept")
    assert status == 0, err
    assert "4 trials" in out
    assert "Best:" in out
    assert len(json.loads((tmp_path / "kept" / "sweep.json").read_text())["trials"]) == 4
    assert run("sweep", "logistic-iris")[0] == 1, "nothing is varied"
