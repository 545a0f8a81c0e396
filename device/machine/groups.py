"""Requests to a group, which are answered after a while of each device's own choice.

That is the leisure of RFC 7252 8.2: if all answered at once, nobody would be heard. A request is
looked at when it is due and not before, so that a search costs a thousand devices of one process
next to nothing at the moment when it arrives; what they have in common, its parsing, is done once.

A client sends one search to several groups, over IPv4 and IPv6 and on each interface. A device that
is in more than one of them hears it as often, and answers on the path on which it came first. The
token tells that it is one search, if it is long enough not to come by chance.
"""

from functools import lru_cache
from heapq import heappop, heappush
from itertools import count
from typing import Final

from onboardee.device.access.target import DOXM
from onboardee.device.simulation.profile import DiscoveryDelays
from onboardee.wire.coap import Request, peek
from onboardee.wire.entropy import Entropy, random_fraction
from onboardee.wire.path import Path

REPEATED_DISCOVERY: Final = 5.0
"""Seconds in which the same discovery, arriving over another family or interface, is one."""
REMEMBERED_DISCOVERIES: Final = 64
"""Searches that are known again when they come another way; the oldest is forgotten."""
MAX_WAITING: Final = 64
"""Requests that wait; a further one is answered at once."""

parsed = lru_cache(maxsize=8)(peek)
"""Reads a request; the devices of a process read the same one in a row."""


class GroupRequests:
    """The requests to a group that wait for their time."""

    def __init__(self, delays: DiscoveryDelays, entropy: Entropy) -> None:
        self._delays = delays
        self._entropy = entropy
        self._waiting: list[tuple[float, int, bytes, Path]] = []
        self._known: set[tuple[bytes, Path]] = set()
        self._numbers = count()
        self._discoveries: dict[tuple[bytes, str], tuple[Path, float]] = {}

    def put(self, datagram: bytes, path: Path, now: float) -> bool:
        """Let a datagram wait, or drop it if it asks nothing new; False if it is due already."""
        request = parsed(datagram)
        if request is None or (datagram, path) in self._known:
            return True
        if self._is_repeated(request, path, now):
            return True
        delay = self._leisure(request)
        if delay <= 0 or len(self._waiting) >= MAX_WAITING:
            return False
        self._known.add((datagram, path))
        heappush(self._waiting, (now + delay, next(self._numbers), datagram, path))
        return True

    def take(self, now: float) -> tuple[bytes, Path] | None:
        """Return the next datagram that is due, None if there is none."""
        if not self._waiting or self._waiting[0][0] > now:
            return None
        _, _, datagram, path = heappop(self._waiting)
        self._known.discard((datagram, path))
        return datagram, path

    def next_deadline(self) -> float | None:
        """Return when the next is due."""
        return self._waiting[0][0] if self._waiting else None

    def _is_repeated(self, request: Request, path: Path, now: float) -> bool:
        """Recognise one discovery that was sent to several groups: it gets one answer."""
        if len(request.token) < 4:
            return False
        question = (request.token, request.path)
        first, until = self._discoveries.get(question, (path, 0.0))
        if now < until:
            return first != path
        if len(self._discoveries) >= REMEMBERED_DISCOVERIES:
            del self._discoveries[next(iter(self._discoveries))]
        self._discoveries[question] = (path, now + REPEATED_DISCOVERY)
        return False

    def _leisure(self, request: Request) -> float:
        """Draw how long an answer is held back, in seconds (RFC 7252 8.2)."""
        delays = self._delays
        longest = delays.doxm_delay if request.path == DOXM else delays.other_delay
        return longest * random_fraction(self._entropy)
