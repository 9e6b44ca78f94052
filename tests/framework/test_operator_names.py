"""Every operator name of MXNet 1.9 is here, or its absence has a reason."""

from __future__ import annotations

import ast
import inspect
import textwrap

import pytest
from tests.framework.operator_names import ON_PURPOSE, count, is_here, names, reasons

from netwright.ops import all_operators, find
from netwright.ops.operator import Operator

EVERY = [(group, name) for group, listed in names().items() for name in listed]


def test_the_list_is_whole() -> None:
    assert {group: len(listed) for group, listed in names().items()} == {"public": 269, "prefixed": 335}


@pytest.mark.parametrize(("group", "name"), EVERY, ids=[name for _, name in EVERY])
def test_name_is_here_or_has_a_reason(group: str, name: str) -> None:
    if not is_here(name, group):
        assert len(reasons(name)) == 1


@pytest.mark.parametrize("pattern", ON_PURPOSE)
def test_reason_is_needed(pattern: str) -> None:
    """A reason that excuses a name that is here, or none at all, must go."""
    fitting = [(group, name) for group, name in EVERY if pattern in reasons(name)]
    assert fitting, "no name of MXNet fits"
    assert not any(is_here(name, group) for group, name in fitting)


def test_reasons_are_sentences() -> None:
    assert all(len(reason.split()) > 5 for reason in ON_PURPOSE.values())


def test_aliases_name_one_operator() -> None:
    """What MXNet registered as one operator under several names is one here too."""
    for op in all_operators():
        for alias in op.aliases:
            assert find(alias) is op


NAMING = {"name", "aliases", "title", "in_palette", "category"}


def definition(op: Operator) -> tuple[str, ...]:
    """What an operator's own class says, without names and words for people."""
    cls = ast.parse(textwrap.dedent(inspect.getsource(type(op)))).body[0]
    assert isinstance(cls, ast.ClassDef)
    told = [
        node
        for node in cls.body
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        and not (
            isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in NAMING
        )
    ]
    return tuple(ast.dump(node) for node in (*cls.bases, *told))


def test_no_operator_is_defined_twice() -> None:
    """Another name for the same is an alias."""
    seen: dict[tuple[str, ...], list[str]] = {}
    for op in all_operators():
        seen.setdefault(definition(op), []).append(op.name)
    assert [names for names in seen.values() if len(names) > 1] == []


def test_counts_are_told() -> None:
    told = count().splitlines()
    assert [line.split(":")[0] for line in told] == [
        "operators registered",
        "generic cases",
        "answers of MXNet 1.9.1 replayed",
        "public names of MXNet 1.9",
        "prefixed names of MXNet 1.9",
    ]
