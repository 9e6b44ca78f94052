"""The studio from a notebook: its own process, the whole way from a network to an answer."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netwright import sym
from netwright.errors import NetwrightError
from netwright.gluon import nn
from netwright_studio.notebook import Studio, to_graph


def test_from_a_network_to_an_answer(tmp_path: Path) -> None:
    scores = sym.FullyConnected(sym.Variable("data"), num_hidden=3, name="scores")
    with Studio.start(home=tmp_path) as studio:
        project = studio.create_project("iris", sym.SoftmaxOutput(scores, name="softmax"), dataset="iris")
        run = studio.train(project, epochs=2, batch_size=32)
        ended = run.watch()
        assert ended["state"] == "completed"
        assert run.model is not None
        assert studio.models() == [run.model]
        answer = studio.predict(run.model, [studio.sample("iris", "test", 0)])[0]
        assert answer["label"] in ("setosa", "versicolor", "virginica")
        assert "completed" in run._repr_html_()
        assert [r.id for r in studio.runs()] == [run.id]
        with pytest.raises(NetwrightError, match="no model") as refused:
            studio.predict("nobody", [[1, 2, 3, 4]])
        assert refused.value.remedy
        with pytest.raises(NetwrightError) as refused:
            studio.create_project("both", sym.SoftmaxOutput(scores), template="mlp-digits")
        assert "template" in str(refused.value)
    with pytest.raises(NetwrightError, match=r"the studio does not answer .*Start it with Studio\.start\(\)"):
        studio.models()


def test_no_studio_outlives_a_killed_notebook(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from netwright_studio.notebook import Studio\n"
        "studio = Studio.start(home=sys.argv[1])\n"
        "print(studio._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    studio = int(killed.stdout)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{studio}").exists():
        assert time.monotonic() < deadline, "the studio is still there"
        time.sleep(0.1)


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NetwrightError, match="the studio did not start"):
        Studio.start(home=tmp_path / "file")


def test_what_is_a_network() -> None:
    net = nn.Dense(3)
    net.initialize()
    assert [node["op"] for node in to_graph(net)["nodes"]] == ["Input", "FullyConnected"]
    with pytest.raises(NetwrightError, match=r"wanted a graph JSON, a Symbol or a HybridBlock, got int"):
        to_graph(3)
