"""``netwright train``: a graph or template on a data set, with a progress bar and final figures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ..errors import GraphError, NetwrightError
from . import sources
from .console import duration, errors, number, out, size, table

if TYPE_CHECKING:
    from ..datasets import Dataset
    from ..model_store import SavedModel
    from ..train import TrainSettings

Precision = Literal["float32", "float16", "bfloat16"]

EPILOG = """Examples: `netwright train lenet` · `netwright train examples/lenet.json --data fashion-mnist --epochs 2` ·
`netwright train my.json --data table.csv --target price --optimizer sgd --lr 0.01`"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train", epilog=EPILOG)(train)


def train(
    graph: Annotated[str, typer.Argument(help="Graph JSON, or the name of a template (see `netwright templates`).")],
    data: Annotated[
        str | None,
        typer.Option(
            help="Data set by name, or a CSV, Parquet, NPZ file or zip of pictures; the template's own by default."
        ),
    ] = None,
    target: Annotated[str | None, typer.Option(help="Label column of a CSV file; the last by default.")] = None,
    test_data: Annotated[
        str | None, typer.Option(help="File of the test part, where the training splits by file.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Times to go through the data.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Samples per step.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="sgd, adam, …")] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate, such as 0.1 or 1e-3.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same model.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, gpu or gpu:N.")] = None,
    validation_split: Annotated[
        float | None, typer.Option(min=0.0, max=0.9, help="Share of the training data held out to watch.")
    ] = None,
    strategy: Annotated[
        str, typer.Option(help="How the Scheduler plans: balanced, fast, low_memory or debug.")
    ] = "balanced",
    precision: Annotated[
        Precision, typer.Option(help="What matrix products compute in; weights and losses stay float32.")
    ] = "float32",
    name: Annotated[str | None, typer.Option(help="Name of the model; the graph's by default.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="New folder for the model; the studio's repository by default.")
    ] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Folder for checkpoints.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the newest checkpoint.")] = False,
    change: Annotated[
        list[str] | None,
        typer.Option(help="Change settings after a step, such as 500:learning_rate=0.0001,batch_size=128; repeatable."),
    ] = None,
) -> None:
    """Train a network on a data set, test it, and save the model."""
    from .. import model_store
    from ..datasets.folders import home_folder
    from ..prediction import describe_clusters
    from ..scheduler import Strategy
    from ..train import Advisor, GraphTask, PlannedChanges, evaluate, fit, require_finite

    document, template = sources.read_graph(graph)
    source = data or (template.dataset if template is not None else None)
    if source is None:
        raise GraphError("no data set has been chosen", where=graph, remedy="Add --data NAME or --data FILE.csv")
    if folder is not None and folder.exists():
        raise NetwrightError("the folder exists already", where=str(folder), remedy="Choose another --out")
    found = sources.read_data(source, target, recipe=getattr(template, "recipe", None), test=test_data)
    asked = {
        "epochs": epochs, "batch_size": batch_size, "seed": seed, "device": device, "optimizer": optimizer,
        "validation_split": validation_split,
    }  # fmt: skip
    settings = make_settings(template.settings if template is not None else {}, asked, lr)
    require_sound(document, found, settings.batch_size)
    own_name = template.id if template is not None else document.get("name") or Path(graph).stem
    title = model_store.make_name(name or own_name)
    place = checkpoint or home_folder() / "checkpoints" / title
    chosen = Strategy.preset(strategy).model_copy(update={"precision": precision})
    task = GraphTask(document, found.info, chosen, choice=settings.task)
    show_start(title, found, settings)

    from .keys import Keys
    from .progress import TrainingDisplay

    advisor = Advisor(stop=True)
    planned = PlannedChanges(dict(map(read_change, change or ())))
    with TrainingDisplay(place) as display, Keys() as keys:
        advisor.tell = display.show_advice
        result = fit(
            task,
            found.feed("train"),
            settings=settings,
            callbacks=[display, advisor, planned, keys],
            checkpoint=place,
            resume=resume,
            preprocessing=found.preprocessing,
        )
    if advisor.lost:
        require_finite({"train_loss": math.nan}, settings.optimizer_params.get("learning_rate"))
    if not result.completed:
        errors.print(f"Stopped at step {result.steps}. Go on with the same command and [bold]--resume[/].")
        raise typer.Exit(130)
    tested = evaluate(task, found.feed("test"), preprocessing=found.preprocessing)
    require_finite(tested, settings.optimizer_params.get("learning_rate"))
    show_result(found, tested, result.seconds)
    metrics = {key: value for key, value in result.metrics.items() if key != "lr"}
    metrics.update({f"test_{key}": value for key, value in tested.items()})
    info = model_store.describe_model(
        found,
        name=title,
        metrics=metrics,
        settings=settings.model_dump(mode="json"),
        seed=settings.seed,
        task=settings.task,
        clusters=describe_clusters(task, found),
    ).model_copy(update={"parameters": task.parameters})
    saved = save(document, task.arrays(), info, folder)
    if checkpoint is None:
        remove_checkpoints(place)
    show_saved(saved, title if folder is None else str(folder))


def make_settings(base: dict[str, Any], asked: dict[str, Any], lr: float | None) -> TrainSettings:
    """The template's settings with what was asked for on top."""
    from pydantic import ValidationError

    from ..documents import first_problem
    from ..errors import ParamError
    from ..train import TrainSettings

    merged = {**base, **{key: value for key, value in asked.items() if value is not None}}
    if asked.get("optimizer") is not None and asked["optimizer"] != base.get("optimizer"):
        # The template's parameters belong to its own optimizer; only the rate makes sense for another.
        kept = base.get("optimizer_params", {}).get("learning_rate")
        merged["optimizer_params"] = {} if kept is None else {"learning_rate": kept}
    if lr is not None:
        if not (math.isfinite(lr) and lr >= 0):
            raise ParamError("this learning rate cannot be taken", where="--lr", wanted="a number ≥ 0", got=lr)
        merged["optimizer_params"] = {**merged.get("optimizer_params", {}), "learning_rate": lr}
    try:
        return TrainSettings.model_validate(merged)
    except ValidationError as error:
        first = first_problem(error)
        raise ParamError(first.message, where=first.place, got=first.got) from None


def read_change(text: str) -> tuple[int, dict[str, float]]:
    """``500:learning_rate=0.001`` as a step and what is changed after it."""
    from ..errors import ParamError

    step, _, rest = text.partition(":")
    try:
        values = {name.strip(): float(value) for name, value in (part.split("=") for part in rest.split(","))}
        return int(step), values
    except ValueError:
        wanted = "STEP:NAME=VALUE,…, such as 500:learning_rate=0.0001"
        raise ParamError("this change cannot be read", where="--change", wanted=wanted, got=text) from None


def require_sound(document: dict[str, Any], data: Dataset, batch_size: int) -> None:
    """Raise GraphError with everything that is wrong, unless the graph can be trained on the data."""
    from ..graph import check
    from .check import show_problems

    report = check(document, data=data.info, batch_size=batch_size)
    show_problems(report.problems)
    if not report.ok:
        raise GraphError(
            "the graph cannot be trained", where=document.get("name") or None, remedy="Mend what is listed above"
        )


def save(document: dict[str, Any], weights: Any, info: Any, folder: Path | None) -> SavedModel:
    """Save into a folder of its own, or as the next version in the repository."""
    from .. import model_store

    if folder is not None:
        return model_store.save_model(folder, document, weights, info)
    return model_store.publish_model(sources.models_folder(), info.name, document, weights, info)[1]


def remove_checkpoints(place: Path) -> None:
    """The checkpoints of a training that is over are of no more use."""
    import shutil

    shutil.rmtree(place, ignore_errors=True)


def show_start(title: str, data: Dataset, settings: TrainSettings) -> None:
    """What is about to be trained."""
    samples = data.info.samples
    rate = settings.optimizer_params.get("learning_rate")
    out.print(
        f"[bold]{title}[/] on {data.info.title} ({samples.train:,} training and {samples.test:,} test samples), "
        f"{settings.optimizer}{'' if rate is None else f' at {rate:g}'}, batches of {settings.batch_size}, "
        f"{settings.epochs} epochs, seed {settings.seed}",
        soft_wrap=True,
    )


def show_result(data: Dataset, tested: dict[str, float], seconds: float) -> None:
    """The figures on the test samples."""
    out.print(f"\n[bold]Test[/] ({data.info.samples.test:,} samples the network has never seen)")
    rows = [(key, f"{value * 100:.2f} %" if key == "accuracy" else number(value)) for key, value in tested.items()]
    scale = data.preprocessing.target_scale
    if "mse" in tested and scale is not None:
        unit = f" in the unit of {data.info.label.name}" if data.info.label.name else ""
        rows.append((f"root mean squared error{unit}", number(tested["mse"] ** 0.5 * scale)))
        y = data.feed("test")[1]  # standardised: the mean of the training values is 0
        baseline = float((y**2).mean())
        rows.append(("better than the mean, in squared error", f"{(1 - tested['mse'] / baseline) * 100:.1f} %"))
    rows.append(("training took", duration(seconds)))
    table(("measure", "value"), rows, right=(1,))


def show_saved(model: SavedModel, handle: str) -> None:
    """Where the model lies and what can be done with it."""
    out.print(f"\nSaved {model.info.parameters:,} parameters ({size(model.bytes)}) in {model.folder}", soft_wrap=True)
    out.print(f"Try: netwright predict {handle} --data {model.info.dataset} --index 0", soft_wrap=True)
