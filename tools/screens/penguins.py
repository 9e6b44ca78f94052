"""A table as people have them: gaps, a column that counts, one that never changes, one that gives the answer away."""

from __future__ import annotations

import random

KINDS = {"Adelie": (38.8, 18.3, 190, 3700), "Chinstrap": (48.8, 18.4, 196, 3730), "Gentoo": (47.5, 15.0, 217, 5080)}
"""Bill length and depth, flipper length (mm) and weight (g), about as they were measured on the Palmer islands."""
ISLANDS = {"Adelie": ("Biscoe", "Dream", "Torgersen"), "Chinstrap": ("Dream",), "Gentoo": ("Biscoe",)}
HEAD = "sample,island,bill length,bill depth,flipper length,weight,sex,measured,station,code,species"


def table(rows: int = 320) -> str:
    """The table as CSV; the same at every call."""
    chance = random.Random(7)
    lines = [HEAD]
    for number in range(1, rows + 1):
        kind = chance.choices(list(KINDS), (5, 2, 4))[0]
        length, depth, flipper, weight = (mean * chance.gauss(1, 0.045) for mean in KINDS[kind])
        measures = [f"{length:.1f}", f"{depth:.1f}", f"{flipper:.0f}", f"{weight:.0f}"]
        measures = ["" if chance.random() < 0.03 else one for one in measures]
        sex = chance.choice(["female", "male", "female", "male", ""])
        day = f"{2007 + number % 3}-11-{1 + number % 28:02}"
        fields = [str(number), chance.choice(ISLANDS[kind]), *measures, sex, day, "Palmer", kind[0], kind]
        lines.append(",".join(fields))
    return "\n".join(lines) + "\n"
