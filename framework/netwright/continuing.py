"""Continuing a text, character by character, with a network that tells the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .datasets.texts import encode
from .errors import DataError, ParamError

MAX_LENGTH = 1000
MAX_PROMPT = 4000
MAX_TEMPERATURE = 4.0

Run = Callable[[NDArray[np.float32]], Any]
"""From the numbers of a window's characters, (1, window), to the chances of the character after each."""


def continue_text(
    run: Run,
    characters: str,
    window: int,
    prompt: str,
    length: int,
    temperature: float = 0.8,
    seed: int | list[int] = 0,
) -> str:
    """What follows the prompt: ``length`` characters, each drawn by the chances that the network gives it.

    ``temperature`` 0 always takes the likeliest; above 1 chance has more to say than the network. The same seed gives
    the same text. A prompt longer than the window counts with its end; one that is empty begins a line.
    """
    return "".join(stream_text(run, characters, window, prompt, length, temperature, seed))


def stream_text(
    run: Run,
    characters: str,
    window: int,
    prompt: str,
    length: int,
    temperature: float = 0.8,
    seed: int | list[int] = 0,
) -> Iterator[str]:
    """The same, one character after the other."""
    check_request(characters, prompt, length, temperature)
    rng = np.random.Generator(np.random.PCG64DXSM(seed))
    numbers = encode(prompt or ("\n" if "\n" in characters else characters[0]), characters).tolist()
    for _ in range(length):
        seen = numbers[-window:]
        # the network looks back only: what stands behind the last character changes nothing before it
        filled = np.zeros((1, window), np.float32)
        filled[0, : len(seen)] = seen
        chances = np.asarray(run(filled), np.float64).reshape(window, len(characters))[len(seen) - 1]
        number = choose(chances, temperature, rng)
        numbers.append(number)
        yield characters[number]


def check_request(characters: str, prompt: str, length: int, temperature: float) -> None:
    """Raise ParamError or DataError where a text cannot be continued so."""
    if not 1 <= length <= MAX_LENGTH:
        raise ParamError(
            "this many characters cannot be written", parameter="length", wanted=f"1 … {MAX_LENGTH}", got=length
        )
    if not 0 <= temperature <= MAX_TEMPERATURE:
        raise ParamError(
            "no such temperature", parameter="temperature", wanted=f"0 … {MAX_TEMPERATURE:g}", got=temperature
        )
    if len(prompt) > MAX_PROMPT:
        raise DataError(
            "the prompt is too long", where="prompt", wanted=f"at most {MAX_PROMPT} characters", got=len(prompt)
        )
    if not characters:
        raise DataError("the model knows no characters", where="model")


def choose(chances: NDArray[np.float64], temperature: float, rng: np.random.Generator) -> int:
    """One number, drawn by chances sharpened (below 1) or flattened (above 1) by the temperature."""
    if not np.isfinite(chances).all() or chances.sum() <= 0:
        raise DataError(
            "the network's chances are not numbers", where="model", remedy="Train it again with a lower rate"
        )
    if temperature == 0:
        return int(chances.argmax())
    logs = np.log(np.maximum(chances, 1e-300)) / temperature
    scaled = np.exp(logs - logs.max())
    return int(min(np.searchsorted(np.cumsum(scaled), rng.random() * scaled.sum(), side="right"), len(chances) - 1))
