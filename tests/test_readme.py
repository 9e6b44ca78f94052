"""The two READMEs say the same: as many parts, the same commands, programs and links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = (ROOT / "README.md").read_text("utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text("utf-8")


def headings(text: str) -> list[int]:
    return [len(marks) for marks in re.findall(r"^(#+) ", re.sub(r"```.*?```", "", text, flags=re.S), re.M)]


def commands(text: str) -> list[str]:
    """Every line of every code block, without the comments, which are in the reader's language."""
    lines = [line for block in re.findall(r"```\w*\n(.*?)```", text, re.S) for line in block.splitlines()]
    return [stripped for line in lines if (stripped := re.sub(r"\s*(#|//) .*$", "", line).rstrip())]


def links(text: str) -> set[str]:
    found = set(re.findall(r"\]\(([^)#]+)", text)) - {"README.md", "README.zh-CN.md"}
    return {link.replace("/zh/", "/en/").removesuffix("/index.md") for link in found}


@pytest.mark.parametrize("read", [headings, commands, links])
def test_both_readmes_have_the_same(read: object) -> None:
    assert callable(read)
    assert read(ENGLISH) == read(CHINESE)


def test_each_names_the_other_and_the_chinese_one_is_chinese() -> None:
    assert "(README.zh-CN.md)" in ENGLISH
    assert "(README.md)" in CHINESE
    prose = re.sub(r"```.*?```|`[^`]*`|\([^)]*\)|\[[^\]]*\]", "", CHINESE, flags=re.S)
    sentences = [line for line in prose.splitlines() if re.search(r"[A-Za-z]{3,} [a-z]{3,} [a-z]{3,}", line)]
    assert sentences == []
