"""``netwright sweep``: many trainings that differ in some parameters, and which of them is best."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ..errors import GraphError, ParamError
from . import sources
from .console import duration, errors, number, out, table

if TYPE_CHECKING:
    from ..train.sweep import SweepResult, SweepSpec, Trial

Kind = Literal["grid", "random", "halving", "asha"]
Varied = dict[str, Any]

EPILOG = """Examples: `netwright sweep mlp-digits --vary settings.optimizer_params.learning_rate=1e-4..0.1:log
--vary nodes.fc1.num_hidden=32,64,128 --method random --trials 12` · `netwright sweep mlp-digits --list` ·
`netwright sweep my-sweep.json --folder results`"""
SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sweep", epilog=EPILOG)(sweep)


def sweep(
    source: Annotated[str, typer.Argument(help="Sweep JSON, graph JSON, or the name of a template.")],
    data: Annotated[str | None, typer.Option(help="Data set by name, or a CSV or NPZ file.")] = None,
    target: Annotated[str | None, typer.Option(help="Label column of a CSV file; the last by default.")] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(help="PLACE=A,B,C or PLACE=LOW..HIGH, with :log and :POINTS behind it; repeatable."),
    ] = None,
    method: Annotated[Kind | None, typer.Option(help="How to go through them; grid unless told.")] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="How many are drawn.")] = None,
    first: Annotated[int | None, typer.Option(min=1, help="Halving: epochs until the first rung.")] = None,
    keep: Annotated[int | None, typer.Option(min=2, help="Halving: one in so many goes on.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of a whole training.")] = None,
    metric: Annotated[str | None, typer.Option(help="What decides, such as val_accuracy.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed draws the same trials.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Keeps everything here; the same command goes on where it ended.")
    ] = None,
    write: Annotated[Path | None, typer.Option(help="Write the sweep to this file instead of running it.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the places that can be varied.")] = False,
) -> None:
    """Train a network many times with other parameters, and tell which are best."""
    from ..train import sweep as sweeps

    base, dataset = _base(source, data)
    if list_:
        _show_knobs(base)
        return
    asked = {"vary": vary or [], "epochs": epochs, "metric": metric, "seed": seed}
    chosen = {"kind": method, "trials": trials, "first": first, "keep": keep}
    spec = _spec(base, source, asked, chosen)
    sweeps.check_spec(spec)
    if write is not None:
        write.write_text(spec.model_dump_json(indent=2) + "\n")
        out.print(f"Written: {write}. Run it: netwright sweep {write}", soft_wrap=True)
        return
    if dataset is None:
        raise GraphError("no data set has been chosen", where=source, remedy="Add --data NAME or --data FILE.csv")
    found = sources.read_data(dataset, target)
    count = len(spec.trials())
    rungs = f", compared after {', '.join(map(str, spec.rungs[:-1]))} epochs" if len(spec.rungs) > 1 else ""
    out.print(f"[bold]{count} trials[/] of up to {spec.rungs[-1]} epochs on {found.info.title}{rungs}", soft_wrap=True)
    try:
        result = sweeps.run(spec, found, folder, on_change=_Teller(spec).tell)
    except KeyboardInterrupt:
        again = "with the same command" if folder is not None else "anew: give a --folder to keep what is done"
        errors.print(f"Stopped. It goes on {again}.", soft_wrap=True)
        raise typer.Exit(130) from None
    _show(result)


def _base(source: str, data: str | None) -> tuple[Varied, str | None]:
    """The sweep's document as far as the source says it, and the data set."""
    from ..train.sweep import FORMAT

    path = Path(source)
    if path.suffix == ".json" and path.exists():
        document = sources.read_json(path)
        if document.get("format") == FORMAT:
            return document, data or document.get("dataset")
    graph, found = sources.read_graph(source)
    name = getattr(found, "dataset", None)
    settings = dict(found.settings) if found is not None else {}
    return {"graph": graph, "settings": settings, "dataset": name}, data or name


def _spec(base: Varied, source: str, asked: Varied, chosen: Varied) -> SweepSpec:
    from ..train.sweep import read_spec

    document = {"name": Path(source).stem, "parameters": [], "method": {"kind": "grid"}, **base}
    if asked["vary"]:
        document["parameters"] = [read_range(text) for text in asked["vary"]]
    if not document["parameters"]:
        raise ParamError(
            "nothing is varied", where="--vary", remedy="Add --vary PLACE=RANGE; --list shows the places there are"
        )
    document["method"] = _method(document["method"], chosen)
    if asked["epochs"] is not None:
        document["settings"] = {**document["settings"], "epochs": asked["epochs"]}
    document.update({name: asked[name] for name in ("metric", "seed") if asked[name] is not None})
    return read_spec(document, source)


def _method(given: Varied, chosen: Varied) -> Varied:
    kind = chosen["kind"]
    if kind is not None:
        same = given["kind"] == ("halving" if kind == "asha" else kind)
        given = {**(given if same else {}), "kind": "halving" if kind == "asha" else kind}
        if given["kind"] == "halving":
            given["asynchronous"] = kind == "asha"
    return {**given, **{name: chosen[name] for name in ("trials", "first", "keep") if chosen[name] is not None}}


def read_range(text: str) -> Varied:
    """``PLACE=1e-4..0.1:log:4`` or ``PLACE=32,64`` as a parameter of a sweep."""
    path, _, rest = text.partition("=")
    if not path or not rest:
        raise _unreadable(text)
    body, *options = rest.split(":") if ".." in rest else (rest,)
    if ".." not in body:
        return {"kind": "choice", "path": path.strip(), "values": [_value(one) for one in _pieces(body)]}
    found: Varied = {"path": path.strip(), "log": "log" in options}
    try:
        low, high = (_value(part) for part in body.split(".."))
        found["points"] = next((int(option) for option in options if option != "log"), 5)
    except ValueError:
        raise _unreadable(text) from None
    if not all(isinstance(bound, int | float) for bound in (low, high)):
        raise _unreadable(text)
    whole = isinstance(low, int) and isinstance(high, int)
    return {**found, "kind": "integer" if whole else "float", "low": low, "high": high}


def _pieces(text: str) -> list[str]:
    """Parts between commas, of which those within brackets do not count."""
    found, depth = [""], 0
    for letter in text:
        depth += (letter in "[{") - (letter in "]}")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return found


def _value(text: str) -> Any:
    """A JSON value; a word that is none stands for itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()


def _unreadable(text: str) -> ParamError:
    wanted = "PLACE=A,B,C or PLACE=LOW..HIGH, such as settings.optimizer_params.learning_rate=1e-4..0.1:log"
    return ParamError("this range cannot be read", where="--vary", wanted=wanted, got=text[:100])


class _Teller:
    """Says a line of each trial that has come somewhere."""

    def __init__(self, spec: SweepSpec) -> None:
        self._spec = spec

    def tell(self, trial: Trial) -> None:
        """One line, once there is something to say."""
        from ..train.sweep import TrialState

        if trial.state in (TrialState.RUNNING, TrialState.WAITING, TrialState.EARLY):
            return
        names = ", ".join(
            f"{p.path.rpartition('.')[2]} {json.dumps(trial.values[p.path])}" for p in self._spec.parameters
        )
        if trial.score is None:
            errors.print(f"trial {trial.number} ({names}) {trial.state}: {trial.reason}", markup=False, soft_wrap=True)
            return
        epochs = self._spec.rungs[max(trial.scores)]
        out.print(f"trial {trial.number} ({names}): {number(trial.score)} after {epochs} epochs", soft_wrap=True)


def _show(result: SweepResult) -> None:
    names = [parameter.path for parameter in result.parameters]
    rows = [
        (trial.number, *(json.dumps(trial.values[name]) for name in names), number(trial.score),
         result.rungs[max(trial.scores)], trial.state.value, duration(trial.seconds))
        for trial in result.ranking()[:SHOWN]
    ]  # fmt: skip
    out.print()
    table(("trial", *names, result.metric, "epochs", "state", "time"), rows, right=(0,))
    for one in result.importance():
        trend = "" if one.trend is None else f", {'more' if one.trend > 0 else 'less'} is better"
        out.print(f"{one.path}: {one.share:.0%} of the ranks' variance{trend}", soft_wrap=True)
    best = result.best
    if best is None:
        errors.print("No trial has a score.")
        raise typer.Exit(1)
    values = " ".join(f"{path}={json.dumps(value)}" for path, value in best.values.items())
    out.print(f"\n[bold]Best:[/] trial {best.number}, {result.metric} {number(best.score)}: {values}", soft_wrap=True)


def _show_knobs(base: Varied) -> None:
    from ..train.sweep import knobs

    rows = []
    for knob in knobs(base["graph"], base.get("settings") or {}):
        proposal = knob.proposal
        if proposal.kind == "choice":
            text = ",".join(json.dumps(value) for value in proposal.values)
        else:
            text = f"{proposal.low}..{proposal.high}{':log' if proposal.log else ''}"
        rows.append((knob.path, json.dumps(knob.value), text))
    table(("place", "now", "a range to begin with"), rows, whole=(0,))
