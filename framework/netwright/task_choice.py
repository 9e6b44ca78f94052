"""What a training is for, beyond its loss heads: the ``task`` of the settings, and which loss trains which weights."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["supervised", "reconstruction", "generation", "clustering", "language"]

MAX_CLUSTERS = 256


class Turn(BaseModel):
    """One of several updates of a step: what it learns from and what it changes.

    ``losses`` are ids of loss heads; ``weights`` are ids of nodes whose weights it trains, ``*`` standing for any
    characters (``"critic_*"``). ``rate`` is a factor of the learning rate.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    losses: tuple[str, ...] = Field(min_length=1, max_length=64)
    weights: tuple[str, ...] = Field(min_length=1, max_length=1024)
    rate: float = Field(1.0, gt=0, le=1e3)


class TaskChoice(BaseModel):
    """What a network is trained for, by the ids of its nodes.

    - ``supervised``: to tell labels; what is measured follows from the loss head. No other field is needed.
    - ``reconstruction``: to give its own input back, through ``latent`` (where that is named) to ``output``.
    - ``generation``: to make samples: standard normal numbers in the place of ``latent`` become ``output``. ``mean``
      names what stands for ``latent`` where chance is unwanted (a variational network's mean).
    - ``clustering``: after each epoch k-means splits the training samples by ``latent`` into ``clusters``.
    - ``language``: to continue texts; the labels are the characters that come next.

    ``turns``, where there are any, are updated one after the other in each step (a critic and a generator, say);
    without them every loss trains every weight at once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind = "supervised"
    latent: str | None = None
    mean: str | None = None
    output: str | None = None
    clusters: int | None = Field(None, ge=2, le=MAX_CLUSTERS)
    turns: tuple[Turn, ...] = Field((), max_length=8)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        wanted = {"generation": ("latent", "output"), "clustering": ("latent", "clusters")}.get(self.kind, ())
        missing = [name for name in wanted if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{self.kind} needs {' and '.join(missing)}")
        if self.kind == "reconstruction" and self.output is None:
            raise ValueError("reconstruction needs output")
        if len({turn.name for turn in self.turns}) < len(self.turns):
            raise ValueError("each turn has a name of its own")
        return self

    def nodes(self) -> dict[str, str]:
        """The nodes that are named, by field."""
        named = {"latent": self.latent, "mean": self.mean, "output": self.output}
        return {field: node for field, node in named.items() if node is not None}
