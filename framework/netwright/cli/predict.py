"""``netwright predict``: a saved model on rows, arrays, pictures or samples of a data set."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import DataError
from . import sources
from .console import number, out, table

if TYPE_CHECKING:
    from ..model_store import ModelInfo

EPILOG = """Examples: `netwright predict lenet --image shoe.png` ·
`netwright predict mlp-digits --data digits --index 3` · `netwright predict ./model --csv rows.csv`"""
BATCH = 256


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("predict", epilog=EPILOG)(predict)


def predict(
    model: Annotated[str, typer.Argument(help="Folder of a saved model, or its name in the studio's repository.")],
    csv: Annotated[Path | None, typer.Option(help="Table of rows; the label column may be missing.")] = None,
    npz: Annotated[Path | None, typer.Option(help="NPZ file with the raw inputs as x (or x_test).")] = None,
    image: Annotated[list[Path] | None, typer.Option(help="PNG or JPEG; may be given several times.")] = None,
    data: Annotated[str | None, typer.Option(help="Data set, together with --index.")] = None,
    index: Annotated[int, typer.Option(min=0, help="Sample of the data set.")] = 0,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="How many samples from there on.")] = 1,
    split: Annotated[str, typer.Option(help="train or test.")] = "test",
    version: Annotated[int | None, typer.Option(min=1, help="Version of the model; the newest by default.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, gpu or gpu:N.")] = "cpu",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Predict with a saved model; its preprocessing is included."""
    from ..prediction import explain, fit_shape, open_predictor, read_inputs

    saved = sources.find_model(model, version)
    raws, truths = read_raws(saved.info, csv, npz, image or [], data, index, count, split)
    predictor = open_predictor(saved, device)
    predictions: list[dict[str, Any]] = []
    for start in range(0, len(raws), BATCH):
        x = read_inputs(raws[start : start + BATCH], saved.info)
        heads = predictor(*(fit_shape(x, spec.shape) for spec in predictor.inputs))
        predictions.extend(explain([head[i] for head in heads], saved.info) for i in range(len(x)))
    if as_json:
        typer.echo(json.dumps({"model": saved.info.name, "predictions": predictions}))
    else:
        show(predictions, truths)


def read_raws(
    info: ModelInfo,
    csv: Path | None,
    npz: Path | None,
    images: list[Path],
    data: str | None,
    index: int,
    count: int,
    split: str,
) -> tuple[list[Any], list[Any]]:
    """(raw inputs, what each is called or labelled) from whichever source was given; exactly one must be."""
    given = sum((csv is not None, npz is not None, bool(images), data is not None))
    if given != 1:
        raise DataError(
            "nothing to predict for" if not given else "more than one source",
            where="predict",
            wanted="one of --csv, --npz, --image, --data",
            got=f"{given} of them",
        )
    if csv is not None:
        return read_rows(csv, info), []
    if npz is not None:
        return read_arrays(npz), []
    if images:
        contents = [{"png": base64.b64encode(_read(path)).decode()} for path in images]
        return contents, [path.name for path in images]
    assert data is not None
    return read_samples(data, split, index, count)


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise DataError("there is no such file", where=str(path), wanted="a picture", got="nothing")
    return path.read_bytes()


def read_rows(path: Path, info: ModelInfo) -> list[Any]:
    """The rows of a CSV file, by the model's column names where the file has them, else by position."""
    from ..datasets.csv_file import read_csv

    if not path.is_file():
        raise DataError("there is no such file", where=str(path), wanted="a CSV table", got="nothing")
    content = read_csv(path)
    names = list(info.input.columns or ())
    if all(name in content.names for name in names):
        chosen = [content.columns[content.names.index(name)] for name in names]
    elif len(content.names) == len(names):
        chosen = content.columns
    else:
        raise DataError(
            "a table with other columns",
            where=path.name,
            wanted=", ".join(names)[:200],
            got=", ".join(content.names)[:99],
        )
    return [list(row) for row in zip(*chosen, strict=True)]


def read_arrays(path: Path) -> list[Any]:
    """The samples of the array ``x`` (or ``x_test``) of an NPZ file."""
    from ..datasets.npz_file import read_npz

    if not path.is_file():
        raise DataError("there is no such file", where=str(path), wanted="an NPZ file", got="nothing")
    arrays = read_npz(path)
    for name in ("x", "x_test"):
        if name in arrays:
            return [sample.tolist() for sample in arrays[name]]
    raise DataError("there are no inputs", where=path.name, wanted="an array x or x_test", got=", ".join(arrays)[:100])


def read_samples(source: str, split: str, index: int, count: int) -> tuple[list[Any], list[Any]]:
    """(raw samples, their labels) of a data set."""
    if split not in ("train", "test"):
        raise DataError("unknown split", where="--split", wanted="train or test", got=repr(split))
    data = sources.read_data(source)
    x, _ = data.split(split)  # type: ignore[arg-type]
    stop = min(index + count, len(x))
    if index >= stop:
        raise DataError("there is no such sample", where=source, wanted=f"--index 0 … {len(x) - 1}", got=index)
    labels = [data.label_of(split, i) for i in range(index, stop)]  # type: ignore[arg-type]
    if data.info.input.kind == "image":
        return [sample.tolist() for sample in x[index:stop]], labels
    return data.rows(split, index, stop), labels  # type: ignore[arg-type]


def show(predictions: list[dict[str, Any]], truths: list[Any]) -> None:
    """One line for each input: the likeliest classes, the value, or the output in short."""
    rows = []
    for i, prediction in enumerate(predictions):
        truth = [truths[i] if truths[i] is not None else ""] if truths else []
        rows.append((i, *truth, *_describe(prediction)))
    classes = "label" in predictions[0]
    table(
        ("#", *(("sample",) if truths else ()), "prediction", *(("how sure", "next best") if classes else ())),
        rows,
        right=(0,),
    )
    if truths and classes and len(predictions) > 1 and all(truth is not None for truth in truths):
        right = sum(p["label"] == truth for p, truth in zip(predictions, truths, strict=True))
        out.print(f"\n{right} of {len(predictions)} right ({right / len(predictions) * 100:.1f} %)")


def _describe(prediction: dict[str, Any]) -> tuple[str, ...]:
    if "label" in prediction:
        ordered = sorted(prediction["probabilities"], key=lambda item: -item["p"])
        others = ", ".join(f"{item['label']} {item['p'] * 100:.1f} %" for item in ordered[1:3])
        return prediction["label"], f"{ordered[0]['p'] * 100:.1f} %", others
    if "value" in prediction:
        return (number(prediction["value"]),)
    text = json.dumps(prediction["output"])
    return (text if len(text) < 200 else text[:200] + " … (--json shows all)",)
