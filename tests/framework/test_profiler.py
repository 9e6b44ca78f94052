"""The profiler: operators, plans and their steps, events of one's own, files and tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netwright as mx
from netwright import profiler
from netwright.errors import ParamError
from netwright.ndarray import invoke
from netwright.scheduler.program import Program


@pytest.fixture(autouse=True)
def quiet(tmp_path: Path) -> Iterator[None]:
    profiler.set_config(filename=str(tmp_path / "profile.json"))
    yield
    profiler.stop()
    profiler.dumps(reset=True)
    profiler.set_config()


def written(tmp_path: Path, kind: str = "X") -> list[dict[str, Any]]:
    found = json.loads((tmp_path / "profile.json").read_text())
    return [row for row in found["traceEvents"] if row["ph"] == kind]


def work() -> None:
    a = mx.nd.ones((5, 4))
    mx.nd.dot(a, a, transpose_b=True)
    symbol = mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=4, name="fc")
    executor = symbol.simple_bind(mx.cpu(), x=(2, 3))
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2, 4)))


def test_operators_plans_and_steps_are_recorded(tmp_path: Path) -> None:
    work()  # not yet
    profiler.set_state("run")
    work()
    profiler.set_state("stop")
    work()  # no longer
    profiler.dump()
    rows = written(tmp_path)
    assert [r["name"] for r in rows if r["cat"] == "plan"] == ["plan forward", "plan backward"]
    steps = [r for r in rows if r["args"].get("kind") == "symbolic"]
    assert ("FullyConnected", "fc", "forward") in {(r["name"], r["args"]["node"], r["args"]["phase"]) for r in steps}
    assert {r["args"]["phase"] for r in steps} == {"forward", "backward"}
    (single,) = [r for r in rows if r["name"] == "dot" and r["args"]["kind"] == "imperative"]
    assert single["args"]["inputs"] == [[5, 4], [5, 4]]
    forward = next(r for r in rows if r["name"] == "plan forward")
    for step in steps:
        if step["args"]["phase"] == "forward":
            assert forward["ts"] <= step["ts"]
            assert step["ts"] + step["dur"] <= forward["ts"] + forward["dur"] + 0.01
    assert all(r["dur"] >= 0 for r in rows)
    assert "dot" not in profiler.dumps()  # it was finished


def test_sparse_forms_are_recorded_once(tmp_path: Path) -> None:
    rows = mx.nd.sparse.row_sparse_array(([[1.0, 2.0]], [1]), shape=(3, 2))
    profiler.set_config(filename=str(tmp_path / "profile.json"), profile_memory=True)
    profiler.set_state("run")
    mx.nd.square(rows)  # sparse
    mx.nd.softmax(rows)  # made dense
    profiler.set_state("stop")
    profiler.dump()
    found = [(r["name"], r["args"]["inputs"]) for r in written(tmp_path) if r["cat"] == "operator"]
    assert found == [("square", [[3, 2]]), ("softmax", [[3, 2]])]
    counted = [r["args"] for r in written(tmp_path, "C")]
    assert counted[0] == {"Memory: cpu(0)": (2 * 4 + 8) / 1024}  # two numbers and one row's index


def test_nothing_is_measured_while_it_is_off() -> None:
    assert Program.observer is None
    assert invoke._run is invoke._run_plain
    profiler.start()
    assert Program.observer is not None
    assert invoke._run is not invoke._run_plain
    profiler.pause()
    assert Program.observer is None
    assert invoke._run is invoke._run_plain
    mx.nd.dot(mx.nd.ones((2, 2)), mx.nd.ones((2, 2)))
    profiler.resume()
    mx.nd.exp(mx.nd.ones((2, 2)))
    profiler.stop()
    assert invoke._run is invoke._run_plain
    text = profiler.dumps()
    assert "exp" in text
    assert "dot" not in text


@pytest.mark.parametrize(("kind", "seen"), [("symbolic", "imperative"), ("imperative", "symbolic")])
def test_one_kind_alone(kind: str, seen: str, tmp_path: Path) -> None:
    profiler.set_config(filename=str(tmp_path / "profile.json"), **{f"profile_{kind}": False})
    profiler.start()
    work()
    profiler.dump()
    assert {r["args"]["kind"] for r in written(tmp_path) if r["cat"] == "operator"} == {seen}


def test_events_of_ones_own(tmp_path: Path) -> None:
    domain = profiler.Domain("training")
    task, frame, event = domain.new_task("load"), domain.new_frame("batch"), profiler.Event("all")
    counter, marker = domain.new_counter("samples", 3), domain.new_marker("here")
    task.start()
    task.stop()  # the profiler does not run
    marker.mark()
    profiler.start()
    with event, frame:
        task.start()
        task.stop()
        task.stop()  # it ended already
        counter += 2
        counter -= 1
        counter.increment()
        counter.decrement(4)
        marker.mark("thread")
    profiler.dump()
    assert [(r["cat"], r["name"]) for r in written(tmp_path)] == [
        ("training", "load"),
        ("training,frame", "batch"),
        ("event", "all"),
    ]
    assert [r["args"]["samples"] for r in written(tmp_path, "C")] == [5, 4, 5, 1]
    assert [(r["name"], r["s"]) for r in written(tmp_path, "i")] == [("here", "t")]
    assert [str(x) for x in (domain, task, frame, event, counter, marker)] == [
        *("training", "load", "batch", "all", "samples", "here")
    ]
    with pytest.raises(ParamError, match="unknown scope"):
        marker.mark("world")


def test_sums(tmp_path: Path) -> None:
    profiler.set_config(filename=str(tmp_path / "profile.json"), profile_memory=True)
    profiler.start()
    for _ in range(3):
        mx.nd.exp(mx.nd.ones((2, 2)))
    mx.nd.dot(mx.nd.ones((200, 200)), mx.nd.ones((200, 200)))
    profiler.stop()
    text = profiler.dumps()
    assert re.search(r"^operator\n=+\nName +Total Count +Time \(ms\) +Min Time", text, re.MULTILINE)
    assert re.search(r"^exp +3 +\d+\.\d{4} +\d+\.\d{4} +\d+\.\d{4} +\d+\.\d{4}$", text, re.MULTILINE)
    assert re.search(r"^Memory: cpu\(0\) +9 +0\.0156 +156\.2500", text, re.MULTILINE)
    order = [name for name in re.findall(r"^(\w+) ", text, re.MULTILINE) if name in ("exp", "dot", "_ones")]
    by_count = profiler.dumps(sort_by="count", ascending=True)
    counted = [name for name in re.findall(r"^(\w+) ", by_count, re.MULTILINE) if name in ("exp", "dot", "_ones")]
    assert sorted(order) == ["_ones", "dot", "exp"]
    assert counted == ["dot", "exp", "_ones"]
    for key, column in (("avg", "Avg"), ("min", "Min"), ("max", "Max"), ("count", "Count")):
        for ascending in (False, True):
            found = json.loads(profiler.dumps(format="json", sort_by=key, ascending=ascending))
            for part in (*found["Time"].values(), *found["Memory"].values()):
                values = [row[column] for row in part.values()]
                assert values == sorted(values, reverse=not ascending)
    assert (found["Unit"], list(found["Memory"])) == ({"Time": "ms", "Memory": "kB"}, ["Device Storage"])
    sums = json.loads(profiler.dumps(reset=True, format="json"))["Time"]["operator"]
    assert sums["exp"]["Count"] == 3
    assert sums["exp"]["Total"] == pytest.approx(3 * sums["exp"]["Avg"])
    assert json.loads(profiler.dumps(format="json"))["Time"] == {}


def test_the_file_is_written_now_and_then(tmp_path: Path) -> None:
    profiler.set_config(filename=str(tmp_path / "profile.json"), continuous_dump=True, dump_period=0)
    profiler.start()
    mx.nd.exp(mx.nd.ones((2, 2)))
    assert {"exp", "_ones"} <= {r["name"] for r in written(tmp_path)}


def test_old_names(tmp_path: Path) -> None:
    with pytest.warns(DeprecationWarning, match=r"set_config\(\)"):
        profiler.profiler_set_config("all", str(tmp_path / "profile.json"))
    with pytest.warns(DeprecationWarning, match=r"set_state\(\)"):
        profiler.profiler_set_state("run")
    mx.nd.exp(mx.nd.ones((2, 2)))
    with pytest.warns(DeprecationWarning, match=r"dump\(\)"):
        profiler.dump_profile()
    assert "exp" in {r["name"] for r in written(tmp_path)}


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: profiler.set_config(profile_alll=True), "there is no setting 'profile_alll'. Known: filename"),
        (lambda: profiler.set_state("go"), "wanted run or stop, got 'go'"),
        (lambda: profiler.dumps(format="xml"), "wanted table or json, got 'xml'"),
        (lambda: profiler.dumps(sort_by="name"), "wanted count, total, min, max, avg, got 'name'"),
    ],
)
def test_misuses(act: Any, words: str) -> None:
    with pytest.raises(ParamError, match=words):
        act()
