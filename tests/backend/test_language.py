"""Answers in Chinese: chosen by the request, complete by test."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.backend import spoken

from netwright import datasets, graph, templates
from netwright.ops import all_operators
from netwright.train.advice import words
from netwright_studio.engine import Engine
from netwright_studio.language import preferred, translate_answer, translate_events
from netwright_studio.language.catalogue import HOLE, Catalogue, chinese, entries

HAN = re.compile(r"[\u4e00-\u9fff]")
WORDS = re.compile(r"[a-z]{3,} [a-z]{3,}")


def test_the_language_that_a_request_likes_best_is_taken() -> None:
    assert preferred("zh-CN,zh;q=0.9,en;q=0.8") == "zh"
    assert preferred("fr, en;q=0.5, zh;q=0.9") == "zh"
    assert preferred("en-GB,zh;q=0.9") == "en"
    assert preferred("de") == preferred("") == preferred("zh;q=0") == preferred("zh;q=x") == "en"


def test_a_message_is_found_by_its_words_and_keeps_its_values() -> None:
    catalogue = Catalogue(
        {
            "{0} wants {1} features": "{0} 需要 {1} 个特征",
            "not it": "不是",
            "Failed: {0}": "失败：{0}",
            "{0} to {1}": "{0} 到 {1}",
        }
    )
    assert catalogue.translate("fc1 wants 64 features") == "fc1 需要 64 个特征"
    assert catalogue.translate("Failed: fc1 wants 64 features") == "失败：fc1 需要 64 个特征"
    assert catalogue.translate("(1, 2) to (3, 4)") == "(1, 2) 到 (3, 4)"
    for unknown in ("something else", "what I have to say to you", "Failed: a\nplan of lines"):
        assert catalogue.translate(unknown) == unknown


def test_only_our_own_words_are_translated() -> None:
    answer = {"title": "Input", "name": "Input", "graph": {"title": "Input"}, "items": [{"remedies": ["Input", "?"]}]}
    said = {"title": "输入", "name": "Input", "graph": {"title": "Input"}, "items": [{"remedies": ["输入", "?"]}]}
    assert translate_answer(answer, "zh") == said
    assert translate_answer(answer, "en") is answer
    event = '{"seq":1,"data":{"reason":"Stop the run first."}}'
    assert json.loads(translate_events([event], "zh")[0])["data"]["reason"] == "请先停止运行。"


def test_the_catalogue_is_sound() -> None:
    for english, said in entries().items():
        assert sorted(HOLE.findall(english)) == sorted(HOLE.findall(said)), english
        assert sorted(re.findall(r"{{\w+}}", english)) == sorted(re.findall(r"{{\w+}}", said)), english
        assert HAN.search(said) or not WORDS.search(english) or english.startswith("pip "), f"not Chinese: {english!r}"


def registry() -> Iterator[str]:
    """What forms, palette and galleries show."""
    engine = Engine()
    for operator in engine.palette["operators"]:
        if operator["in_palette"]:
            yield from (operator["title"], operator["summary"], *(port["doc"] for port in operator["inputs"]))
            yield from (" ".join(paragraph.split()) for paragraph in operator["doc"].split("\n\n"))
            yield from _schema(operator["params_schema"])
    yield from (category["title"] for category in engine.palette["categories"])
    for choices in engine.optimizers.values():
        for choice in choices:
            yield from (choice["title"], choice["summary"], *_schema(choice["params_schema"]))
    for info in datasets.infos():
        yield from (info.title, info.summary)
    for template in templates.all():
        yield from (template.title, template.summary, template.expected)
    for advice in words.ALL:
        yield from (advice.title, advice.text, *advice.remedies)
    yield from words.MEASURES


def _schema(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("title", "description") and isinstance(item, str):
                yield item
            else:
                yield from _schema(item)
    elif isinstance(value, list):
        for item in value:
            yield from _schema(item)


def test_everything_in_registries_and_galleries_has_a_chinese_text() -> None:
    known = entries()
    missing = [text for text in dict.fromkeys(registry()) if text and text not in known]
    assert missing == [], "add them to backend/netwright_studio/language/zh/"


def palette_modules() -> set[str]:
    """Modules of operators that the palette shows, and modules without any."""
    shown = {type(op).__module__.rpartition(".")[2] for op in all_operators() if op.in_palette}
    owners = {type(op).__module__.rpartition(".")[2] for op in all_operators()}
    files = {path.stem for path in (spoken.FRAMEWORK / "ops").glob("*.py")}
    return shown | (files - owners)


def test_every_message_that_an_answer_can_carry_has_a_chinese_text() -> None:
    known = entries()
    missing = {}
    for path in spoken.sources(palette_modules()):
        for line, text in spoken.templates(path):
            if text not in known:
                missing[text] = f"{path.relative_to(spoken.ROOT)}:{line}"
    assert missing == {}, "add them to backend/netwright_studio/language/zh/"


def test_problems_of_a_drawn_network_are_told_in_chinese() -> None:
    document = {
        "format": "netwright-graph", "version": 1, "outputs": ["loss"],
        "nodes": [
            {"id": "data", "op": "Input", "params": {"shape": [8]}, "inputs": {}},
            {"id": "fc", "op": "FullyConnected", "params": {"num_hidden": -3}, "inputs": {"data": "data"}},
            {"id": "conv", "op": "Convolution", "params": {"kernel": [9, 9]}, "inputs": {"data": "data"}},
            {"id": "alone", "op": "Activation", "params": {}, "inputs": {}},
            {"id": "loss", "op": "SoftmaxOutput", "params": {}, "inputs": {"data": "gone"}},
            {"id": "odd", "op": "Sofmax", "params": {}, "inputs": {}},
        ],
    }  # fmt: skip
    problems = graph.check(document, data=None, batch_size=4).problems
    assert len(problems) >= 5
    for problem in translate_answer([one.model_dump() for one in problems], "zh"):
        assert HAN.search(problem["message"]), problem
        assert problem["remedy"] is None or HAN.search(problem["remedy"]), problem


PUT_TOGETHER = re.compile(
    r"Input should be .*|Set \{0\} to .*|Choose one of: \{0\}|\{0\}\. An Input stands .*|\{0\}\. What follows .*"
    r"|predicted \{0\} a step on .*|\{0\} was asked for; \{1\}|\{0\}: \{1\} \(got \{2\}\)\. \{3\}"
    r"|an uploaded \w+ file"
)
"""What pydantic says, and what our sources make of pieces that stand apart."""


def test_the_catalogue_holds_nothing_that_no_source_says() -> None:
    """A text is said where a source has it whole, or has all the words around its holes."""
    said = set(registry()) | set(spoken.everything())
    plain = "\n".join(sorted(said))

    def is_stale(text: str) -> bool:
        pieces = [piece.strip() for piece in HOLE.split(text)[::2]]
        return text not in said and not PUT_TOGETHER.fullmatch(text) and not all(piece in plain for piece in pieces)

    assert [text for text in entries() if is_stale(text)] == [], "take them out of the zh folder"


def test_a_plan_is_told_in_chinese_with_its_table_as_it_was(client: Any) -> None:
    asked = {"graph": templates.get("cnn-digits").graph, "dataset": "digits", "batch_size": 8}
    english, chinese = (
        client.post("/api/graphs/plan", json=asked, headers={"accept-language": tongue}).json()
        for tongue in ("en", "zh")
    )
    tables, words = zip(*(answer["text"].split("\n\n") for answer in (english, chinese)), strict=True)
    assert tables[0] == tables[1]
    assert len(words[0].splitlines()) == len(words[1].splitlines())
    for line in words[1].splitlines():
        assert HAN.search(line), line
        assert line.startswith("设备") or not WORDS.search(line), line
    assert [one["idle"] for one in english["passes"]] == [one["idle"] for one in chinese["passes"]]
    assert all(HAN.search(one["changed"]) and not WORDS.search(one["changed"]) for one in chinese["passes"])
    assert not any(HAN.search(one["changed"]) for one in english["passes"])


@pytest.mark.parametrize(("accepted", "title"), [("zh-CN", "全连接"), ("en", "Dense (fully connected)")])
def test_a_route_answers_in_the_language_of_the_request(client: Any, accepted: str, title: str) -> None:
    reply = client.get("/api/operators", headers={"accept-language": accepted})
    dense = next(one for one in reply.json()["operators"] if one["name"] == "FullyConnected")
    assert dense["title"] == title
    assert all(bool(HAN.search(paragraph)) == (accepted != "en") for paragraph in dense["doc"].split("\n\n"))
    assert reply.headers["content-language"] == accepted
    assert "Accept-Language" in reply.headers["vary"]


def test_an_error_answers_in_the_language_of_the_request(client: Any) -> None:
    error = client.get("/api/projects/none", headers={"accept-language": "zh"}).json()["error"]
    assert error["code"] == "not_found"
    assert HAN.search(error["message"])
    assert chinese().translate("Stop the run first.") == "请先停止运行。"
