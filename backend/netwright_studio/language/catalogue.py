"""The catalogue: English texts and, with ``{0}`` where values stand, message templates, each with its Chinese."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

HOLE = re.compile(r"\{(\d)\}")
REMEMBERED = 4096
# A text as long as this, or one of several lines, is a plan or a document, and no message.
LONGEST = 2000
# A template that says little, such as "{0} to {1}", takes single words and lists only: it must not split sentences.
TELLING = 10


@dataclass(frozen=True)
class _Template:
    pattern: re.Pattern[str]
    translation: str
    longest: str
    """The longest piece of plain text: where it is not in a message, nothing else needs to be tried."""


class Catalogue:
    """Translates texts one by one; what it does not know stays as it is."""

    def __init__(self, entries: Mapping[str, str], telling: int = TELLING) -> None:
        self._texts = {text: said for text, said in entries.items() if not HOLE.search(text)}
        templates = [(text, said) for text, said in entries.items() if HOLE.search(text)]
        # The more is said in plain words the surer: those are tried first.
        templates.sort(key=lambda entry: -len(HOLE.sub("", entry[0])))
        self._templates = [_compile(text, said, telling) for text, said in templates]
        self._find = functools.lru_cache(REMEMBERED)(self._search)

    def translate(self, text: str) -> str:
        """Return the Chinese for ``text``, its values filled in; ``text`` itself where there is none."""
        known = self._texts.get(text)
        if known is not None or len(text) > LONGEST or "\n" in text:
            return known or text
        return self._find(text)

    def _search(self, text: str) -> str:
        for template in self._templates:
            if template.longest not in text:
                continue
            match = template.pattern.fullmatch(text)
            if match is not None:
                return _fill(template.translation, [self._value(value) for value in match.groups()])
        return text

    def _value(self, value: str) -> str:
        """A value that is a sentence, or a message within a message, is translated too; a lone word may be a name."""
        return self.translate(value) if " " in value else value


def _fill(translation: str, values: list[str]) -> str:
    return HOLE.sub(lambda hole: values[int(hole[1])], translation)


def _compile(text: str, translation: str, telling: int) -> _Template:
    pieces = HOLE.split(text)
    plain, holes = pieces[::2], [int(number) for number in pieces[1::2]]
    if holes != list(range(len(holes))):
        raise ValueError(f"holes are numbered from 0 in the order of the English text: {text!r}")
    value = "(.*?)" if sum(map(str.isalpha, "".join(plain))) >= telling else r"((?:\S|, )*?)"
    return _Template(re.compile(value.join(map(re.escape, plain))), translation, max(plain, key=len))


@functools.cache
def chinese() -> Catalogue:
    """The catalogue of the package's ``zh`` folder."""
    return Catalogue(entries())


def entries() -> dict[str, str]:
    """Everything in the ``zh`` folder, from English to Chinese."""
    found: dict[str, str] = {}
    for file in sorted(_folder().iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            found.update(read(file.name))
    return found


def read(name: str) -> dict[str, str]:
    """One file of the ``zh`` folder."""
    entries: dict[str, str] = json.loads(_folder().joinpath(name).read_text("utf-8"))
    return entries


def _folder() -> Traversable:
    return resources.files(__package__).joinpath("zh")
