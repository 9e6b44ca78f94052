"""Strategies: what the Scheduler may do to a graph."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..errors import ParamError


class Strategy(BaseModel):
    """Named presets and single knobs; every strategy of one precision gives the same numbers.

    ``Strategy()`` and ``Strategy.preset("balanced")`` are the default: up to a twentieth of a large step's time goes
    into saving memory. ``fast`` spends nothing for it; ``low_memory`` computes results again in the backward pass
    instead of keeping them; ``debug`` keeps every tensor in memory of its own and checks each result.

    >>> from netwright.scheduler import Strategy
    >>> Strategy().name, Strategy.preset("debug").check_finite
    ('balanced', True)
    >>> Strategy(in_place=False).name
    'custom'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "balanced": {},
        "fast": {"order": False, "recompute": "off", "capture": True},
        "low_memory": {"recompute": "auto"},
        "debug": {
            "share_memory": False,
            "in_place": False,
            "share_common": False,
            "simplify": False,
            "fuse": False,
            "order": False,
            "recompute": "off",
            "native": False,
            "check_finite": True,
        },
    }

    share_memory: bool = Field(True, description="tensors that do not live at one time may lie at one place")
    in_place: bool = Field(True, description="a result may be written over an input that is used no more")
    share_common: bool = Field(True, description="equal calls are computed once")
    fuse: bool = Field(True, description="elementwise calls may become one kernel")
    capture: bool = Field(False, description="on a GPU, forward and backward parts are started as one CUDA graph each")
    simplify: bool = Field(True, description="what gives its input again is left out, constants are computed ahead")
    device: str = Field("auto", description="auto (what is predicted to be fastest), cpu, gpu or gpu:N")
    precision: Literal["float32", "float16", "bfloat16"] = Field(
        "float32", description="what matrix products compute in; weights and losses stay float32"
    )
    order: bool = Field(True, description="calls may be moved so that less memory is needed at one time")
    recompute: Literal["off", "cheap", "auto"] = Field(
        "cheap",
        description="what is computed again in the backward pass instead of being kept: nothing; what costs next to "
        "nothing, where much memory is needed; or all that lets the peak fall",
    )
    memory_budget: int | None = Field(
        None,
        ge=0,
        description="bytes that a run may take beside its inputs and weights; a plan that needs more is refused",
    )
    check_finite: bool = Field(False, description="stop at the first step whose result holds NaN or infinity")
    native: bool = Field(True, description="run compiled kernels on the CPU, where there are some")
    micro_batch: int | None = Field(
        None, ge=1, description="samples that a thread takes at a time through a training step; chosen where not given"
    )
    threads: int | None = Field(None, ge=1, le=256, description="threads of native plans; all cores where not given")

    @classmethod
    def preset(cls, name: str) -> Strategy:
        """The strategy of that name."""
        if name not in cls.presets:
            raise ParamError("unknown strategy", wanted=" or ".join(cls.presets), got=repr(name))
        return cls(**cls.presets[name])

    @property
    def name(self) -> str:
        """The preset's name, or ``custom``."""
        return next((n for n, knobs in self.presets.items() if Strategy(**knobs) == self), "custom")
