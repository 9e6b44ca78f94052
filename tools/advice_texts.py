"""Write the texts of the framework's advice as a module of the page, so that its dictionaries can be held to them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from netwright.train.advice import words

HEAD = """// Made of the framework's own texts (netwright.train.advice.words) by tools/advice_texts.py; not to edit.
import { type Message, msg } from "@/i18n";

"""


def module() -> str:
    """The module: all texts, and a way to find the one that an event brings."""
    texts = {text: None for one in words.ALL for text in (one.title, one.text, *one.remedies)}
    texts |= dict.fromkeys(words.MEASURES)
    lines = "".join(f"  msg({json.dumps(text, ensure_ascii=False)}),\n" for text in texts)
    return f"{HEAD}export const adviceTexts: readonly Message[] = [\n{lines}];\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(module(), encoding="utf-8")
