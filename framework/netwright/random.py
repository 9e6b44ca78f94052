"""Random numbers: one seeded generator per device, whose state can be saved with a run.

The CPU draws from NumPy's PCG64DXSM generator (O'Neill 2014, with the DXSM output function), whose whole state is kept.
A GPU generator is made anew from (seed, number of draws so far) at each draw, which makes its state two integers.
"""

from __future__ import annotations

import secrets
import threading
from typing import Any

import numpy as np

from .device import Device, current_device
from .errors import ParamError


class RandomState:
    """The generator of one device.

    ``generator`` is what an operator draws from: a ``numpy.random.Generator``, or CuPy's.
    """

    def __init__(self, device: Device, seed: int | None = None) -> None:
        self.device = device
        if seed is None:
            seed = _default_seed
        self.seed(seed if seed is not None else secrets.randbits(63))

    def seed(self, seed: int) -> None:
        """Begin anew from a seed."""
        self._seed = int(seed)
        self._draws = 0
        self._cpu: np.random.Generator | None = None
        if not self.device.is_gpu:
            self._cpu = np.random.Generator(np.random.PCG64DXSM(self._seed))

    @property
    def generator(self) -> Any:
        """What an operator draws from."""
        if self._cpu is not None:
            return self._cpu
        self._draws += 1
        xp = self.device.xp
        sequence = np.random.SeedSequence([self._seed % 2**63, self._draws])
        return xp.random.Generator(xp.random.Philox4x3210(seed=int(sequence.generate_state(1, np.uint64)[0] >> 1)))

    def state_dict(self) -> dict[str, Any]:
        """The state as JSON-able values."""
        state: dict[str, Any] = {"seed": self._seed, "draws": self._draws}
        if self._cpu is not None:
            state["bits"] = _jsonable(self._cpu.bit_generator.state)
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what ``state_dict`` gave."""
        self._seed, self._draws = int(state["seed"]), int(state["draws"])
        if self._cpu is not None:
            self._cpu.bit_generator.state = _from_jsonable(state["bits"])


def _jsonable(value: Any) -> Any:
    """128-bit integers do not survive every JSON reader: they travel as text."""
    if isinstance(value, dict):
        return {k: _jsonable(v) for k, v in value.items()}
    return f"int:{value}" if isinstance(value, int) else value


def _from_jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _from_jsonable(v) for k, v in value.items()}
    return int(value[4:]) if isinstance(value, str) and value.startswith("int:") else value


_states: dict[Device, RandomState] = {}
_default_seed: int | None = None
_lock = threading.Lock()


def state_of(device: Device | None = None) -> RandomState:
    """The generator of a device (of the current one by default); made at first use."""
    device = device or current_device()
    state = _states.get(device)
    if state is None:
        with _lock:
            state = _states.setdefault(device, RandomState(device))
    return state


def seed(seed_state: int, ctx: Device | str = "all") -> None:
    """Seed the generators: of every device (the default), or of one.

    The same seed, device and sequence of calls give the same numbers.

    >>> mx.random.seed(7)
    >>> a = mx.nd.random.normal(shape=(2,)).asnumpy()
    >>> mx.random.seed(7)
    >>> bool((a == mx.nd.random.normal(shape=(2,)).asnumpy()).all())
    True
    """
    if not isinstance(seed_state, (int, np.integer)) or isinstance(seed_state, bool):
        raise ParamError(
            "the seed must be an integer",
            where="random.seed",
            wanted="a whole number",
            got=repr(seed_state)[:60],
            remedy="Give a number such as 0",
        )
    if ctx != "all":
        state_of(Device.parse(ctx)).seed(int(seed_state))
        return
    global _default_seed
    _default_seed = int(seed_state)
    for state in _states.values():
        state.seed(int(seed_state))
