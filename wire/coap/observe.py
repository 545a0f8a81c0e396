"""Who observes what (RFC 7641 4.1).

An entry of the list is known by its peer and token: a further registration with both replaces it,
and a peer may observe one resource several times by different tokens. What is observed is a key
that the answer names (`Response.observe_as`): the links of a batch are more than a path.

Each observed key has a number that goes up with each change, so that a client can tell which of two
notifications is the newer one (3.4). It is kept when the last observer leaves, as the next one may
be the same client with its earlier number in mind; the keys that are remembered are bounded.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple

from onboardee.wire.coap.blocks import Block
from onboardee.wire.coap.limits import Limits
from onboardee.wire.coap.model import Remote, Request

FIRST_NUMBER = 2
"""IoTivity reads a notification numbered 1 as the end of the observation."""
_LAST_NUMBER = (1 << 24) - 1


class Observation(NamedTuple):
    """One observation, for those who look on."""

    key: Hashable
    remote: Remote
    path: str
    token: bytes
    confirmable: bool


@dataclass(slots=True, eq=False)
class Observer:
    """One entry of the list of observers; `request` is made again for each notification."""

    key: Hashable
    remote: Remote
    request: Request
    block2: Block | None
    confirmed_at: float
    unconfirmed: int = 0
    last_mid: int | None = None
    awaits_ack: bool = False
    is_stale: bool = False
    told: bytes | None = None
    """The entity tag of what was last sent."""
    state: object | None = None
    """What was last sent, as the answer named it (`Response.state`)."""
    told_at: float = 0.0
    """When that was."""


class Observers:
    """The list of observers, and the number of each observed resource's latest notification."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_key: dict[Hashable, dict[tuple[Remote, bytes], Observer]] = {}
        self._by_remote: dict[Remote, dict[bytes, Observer]] = {}
        self._count = 0
        self.numbers: dict[Hashable, int] = {}
        """The number of each observed resource's latest notification."""

    def __len__(self) -> int:
        return self._count

    def __contains__(self, observer: Observer) -> bool:
        return self.find(observer.remote, observer.request.token) is observer

    def add(self, observer: Observer) -> bool:
        """Enter an observer; false if one of the limits is reached.

        The entry of the same peer and token must have been removed before.
        """
        of_key = self._by_key.get(observer.key, {})
        of_remote = self._by_remote.get(observer.remote, {})
        if (
            self._count >= self._limits.observers
            or len(of_key) >= self._limits.observers_per_key
            or len(of_remote) >= self._limits.observers_per_remote
            or not self._make_number(observer.key)
        ):
            return False
        token = observer.request.token
        self._by_key.setdefault(observer.key, {})[observer.remote, token] = observer
        self._by_remote.setdefault(observer.remote, {})[token] = observer
        self._count += 1
        return True

    def remove(self, observer: Observer) -> None:
        """Take an observer off the list, if it is on it."""
        if observer not in self:
            return
        token = observer.request.token
        of_remote = self._by_remote[observer.remote]
        del of_remote[token]
        if not of_remote:
            del self._by_remote[observer.remote]
        of_key = self._by_key[observer.key]
        del of_key[observer.remote, token]
        if not of_key:
            del self._by_key[observer.key]
        self._count -= 1

    def find(self, remote: Remote, token: bytes) -> Observer | None:
        """Return the observer with this peer and token."""
        of_remote = self._by_remote.get(remote)
        return of_remote.get(token) if of_remote is not None else None

    def select(
        self, *, key: Hashable | None = None, remote: Remote | None = None
    ) -> list[Observer]:
        """Return the observers of a resource, of a peer, of both together, or all."""
        if key is not None:
            found = list(self._by_key.get(key, {}).values())
            return found if remote is None else [each for each in found if each.remote == remote]
        if remote is not None:
            return list(self._by_remote.get(remote, {}).values())
        return [each for mine in self._by_remote.values() for each in mine.values()]

    def advance(self, key: Hashable) -> None:
        """Give a resource's next notification its number: 24 bits, never 0 or 1 (RFC 7641 3.4)."""
        number = self.numbers.get(key, FIRST_NUMBER - 1)
        self.numbers[key] = number + 1 if number < _LAST_NUMBER else FIRST_NUMBER

    def number(self, key: Hashable) -> int:
        """Return the number of a resource's latest notification."""
        return self.numbers[key]

    def _make_number(self, key: Hashable) -> bool:
        """Give a key a number if it has none; false if all that is kept are of use."""
        if key in self.numbers:
            return True
        if len(self.numbers) >= self._limits.observed_keys:
            unused = next((old for old in self.numbers if old not in self._by_key), None)
            if unused is None:
                return False
            del self.numbers[unused]
        self.numbers[key] = FIRST_NUMBER - 1
        return True
