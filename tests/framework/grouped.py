"""Tests of many small cases: one test a group, which tries every case of it and names those that fail.

Pytest spends as long on a test as most of these cases take; there are tens of thousands of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

Check = Callable[[Any], None]


def operator_of(case: Any) -> str:
    return str(case.op.name)


def id_of(case: Any) -> str:
    return str(case.id)


def try_each(check: Check, cases: Iterable[Any], name: Callable[[Any], str] = id_of) -> None:
    """Try a check on each case; raises what it raised, with a note of the case, all of them where there are several."""
    failures: list[Exception] = []
    for case in cases:
        try:
            check(case)
        except Exception as error:
            error.add_note(f"case {name(case)}")
            failures.append(error)
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise ExceptionGroup(f"{len(failures)} cases fail", failures)


def each(
    cases: Iterable[Any], group: Callable[[Any], str] = operator_of, name: Callable[[Any], str] = id_of
) -> Callable[[Check], Any]:
    """Decorator: the test is run for each case, those of a group in one go. ``test.check`` is the test of one case."""
    groups: dict[str, list[Any]] = {}
    for case in cases:
        groups.setdefault(group(case), []).append(case)

    def decorate(check: Check) -> Any:
        def test(cases: list[Any]) -> None:
            try_each(check, cases, name)

        test.__name__, test.__qualname__, test.__doc__ = check.__name__, check.__qualname__, check.__doc__
        test.__module__, test.check = check.__module__, check  # type: ignore[attr-defined]
        return pytest.mark.parametrize("cases", list(groups.values()), ids=list(groups))(test)

    return decorate
