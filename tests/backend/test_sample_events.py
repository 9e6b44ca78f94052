"""What a run shows of what it makes, told by real workers."""

from __future__ import annotations

import base64
import io
from typing import Any

import orjson
import pytest
from PIL import Image
from tests.backend.conftest import Bench
from tests.backend.test_training import OVER, REAL

from netwright import templates
from netwright_studio.inference import ModelRepository
from netwright_studio.runs.publish import publisher
from netwright_studio.runs.state import RunState
from netwright_studio.schemas.settings import TrainSettings
from netwright_studio.store import Store


@pytest.fixture
async def studio(store: Store) -> Any:
    bench = Bench(store, worker_command=REAL)
    bench.manager._publish = publisher(store, ModelRepository(store))
    await bench.manager.start()
    yield bench
    await bench.manager.close()


@pytest.mark.parametrize(
    ("name", "epochs", "kind"),
    [("gan-digits", 2, "generated"), ("clusters-digits", 2, "centres"), ("lstm-text", 1, "text")],
)
async def test_a_run_shows_what_it_makes(studio: Bench, name: str, epochs: int, kind: str) -> None:
    template = templates.get(name)
    settings = TrainSettings.model_validate({**template.settings, "epochs": epochs})
    run = studio.store.runs.create(
        name=None,
        project=None,
        graph=template.graph,
        dataset=template.dataset,
        settings=settings.model_dump(),
        epochs=epochs,
    )
    studio.manager.wake()
    row = await studio.until(run.id, *OVER, seconds=100)
    assert row.state == RunState.COMPLETED, row.state_reason
    frames = [orjson.loads(event.data) for event in studio.store.events.of_types(run.id, ["samples"])]
    assert [frame["step"] for frame in frames] == sorted({frame["step"] for frame in frames})
    assert frames[-1]["step"] == row.step
    assert {frame["kind"] for frame in frames} == {kind}
    if kind == "text":
        assert frames[0]["step"] == 0
        assert all(len(frame["text"]) == 200 for frame in frames)
        assert frames[0]["text"] != frames[-1]["text"]
    else:
        last = frames[-1]
        content = base64.b64decode(last["png"].partition(",")[2])
        assert Image.open(io.BytesIO(content)).size == (last["columns"] * 9, last["rows"] * 9)
    model = ModelRepository(studio.store).get(row.model_name)
    assert model.provenance["settings"]["task"]["kind"] == template.settings["task"]["kind"]
