"""What pydantic finds wrong with a document from outside, told in one way wherever one is read."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

MOST = 60
"""Characters of a value that are told."""


@dataclass(frozen=True)
class Problem:
    """The first thing that does not fit: where in the document, what is wrong, what stands there."""

    place: str
    message: str
    got: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


def first_problem(error: ValidationError) -> Problem:
    """What to tell of an error.

    >>> from pydantic import ValidationError
    >>> from netwright.documents import first_problem
    >>> from netwright.training_spec import TrainingSpec
    >>> try:
    ...     TrainingSpec.model_validate({"graph": {}, "settings": 3})
    ... except ValidationError as error:
    ...     print(first_problem(error))
    settings: Input should be a valid dictionary
    """
    first = error.errors(include_url=False)[0]
    return Problem(".".join(map(str, first["loc"])), first["msg"], str(first["input"])[:MOST])
