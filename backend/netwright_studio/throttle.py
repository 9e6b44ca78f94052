"""Slows down whoever keeps being wrong."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

FREE_FAILURES = 5
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
FORGET_AFTER = 900.0
MOST_CLIENTS = 4096


class Throttle:
    """Counts failures by address: five are free, then each doubles the wait, from one second to a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Return the seconds until the address may try again."""
        count, last = self._failures.get(network_of(address), (0, 0.0))
        if count < FREE_FAILURES:
            return 0.0
        pause = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(count - FREE_FAILURES, 16))
        return max(0.0, last + pause - self._clock())

    def fail(self, address: str) -> None:
        """Count a failure."""
        key, present = network_of(address), self._clock()
        count, last = self._failures.pop(key, (0, present))
        self._failures[key] = (1 if present - last > FORGET_AFTER else count + 1, present)
        while len(self._failures) > MOST_CLIENTS:
            self._failures.popitem(last=False)

    def forget(self, address: str) -> None:
        """Forgive an address that was right."""
        self._failures.pop(network_of(address), None)


def network_of(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 of an IPv6 one, which one person has whole."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)
