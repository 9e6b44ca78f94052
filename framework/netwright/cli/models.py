"""``netwright models``: what has been trained."""

from __future__ import annotations

import typer

from . import sources
from .console import number, out, table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("models")(show_models)


def show_models() -> None:
    """List the trained models in the studio's repository."""
    from .. import model_store

    root = sources.models_folder()
    rows = []
    for name in model_store.names(root):
        for version in reversed(model_store.versions(root, name)):
            info = model_store.read_info(root / name / str(version))
            key = next((k for k in ("test_accuracy", "test_r2", "test_loss") if k in info.metrics), None)
            metric = f"{key.removeprefix('test_')} {number(info.metrics[key])}" if key else ""
            when = info.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
            rows.append((name, version, info.dataset or "", metric, f"{info.parameters:,}", when))
    if not rows:
        out.print("No model has been trained yet. Try: netwright train mlp-digits")
        return
    table(("model", "version", "data set", "test", "parameters", "trained"), rows, right=(1, 4))
