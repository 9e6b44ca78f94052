"""A test of many cases tries them all and names those that fail."""

from __future__ import annotations

import pytest
from tests.framework.grouped import each, try_each


def halve(case: int) -> None:
    assert case % 2 == 0, f"{case} is odd"


def test_every_case_is_tried_and_each_failure_named() -> None:
    try_each(halve, [2, 4], str)
    with pytest.raises(AssertionError, match="3 is odd") as one:
        try_each(halve, [2, 3, 4], str)
    assert one.value.__notes__ == ["case 3"]
    with pytest.raises(ExceptionGroup, match="2 cases fail") as several:
        try_each(halve, [1, 2, 3], str)
    assert [error.__notes__ for error in several.value.exceptions] == [["case 1"], ["case 3"]]


def test_the_cases_of_a_group_make_one_test() -> None:
    made = each([1, 2, 3], group=lambda case: "odd" if case % 2 else "even", name=str)(halve)
    (mark,) = made.pytestmark
    assert mark.args == ("cases", [[1, 3], [2]])
    assert mark.kwargs == {"ids": ["odd", "even"]}
    assert (made.check, made.__name__) == (halve, "halve")
