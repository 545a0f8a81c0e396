"""How often the random PIN may be tried: by one host, and by all together.

The device resets itself after five wrong PINs, which ends the transfer but not the guesser: each
reset gives a new PIN and five more tries. So tries are counted over resets, in two ways:

    by one host     6 a minute, 20 an hour     a person is wrong less often
    by all          max(10, PINs / 100,000)    a guesser may have many hosts
                      a minute, at most 1,000

All together have a bound because a guesser may have many hosts. It follows from how many PINs there
are, so that it keeps owners out as rarely as the PIN allows: with eight digits, 1,000 tries a
minute find the PIN of a moment once in 100,000 minutes; with four digits 10 a minute are already
much. Who is over a bound is told nothing else than that the PIN was wrong.
"""

from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

A_MINUTE: Final = 6
"""Tries of one host within a minute: one more than the five after which the device resets itself,
so that its owner may go on at once."""
AN_HOUR: Final = 20
"""Tries of one host within an hour; no person is wrong so often."""
HOSTS: Final = 256
"""Remembered hosts; the one that tried longest ago is forgotten."""
ALL_A_MINUTE: Final = 10
"""Tries of all hosts within a minute, at least. 10,000 PINs then last half a day against any number
of hosts."""
SHARE: Final = 100_000
"""For each so many PINs one try a minute is permitted to all hosts, if that is more."""
MOST_A_MINUTE: Final = 1000
"""Tries of all hosts within a minute, at most; more than a device can do."""


def all_a_minute(pins: int) -> int:
    """Return the tries of all hosts within a minute, if there are so many PINs.

    >>> all_a_minute(10**4), all_a_minute(10**7), all_a_minute(10**8)
    (10, 100, 1000)
    """
    return min(max(pins // SHARE, ALL_A_MINUTE), MOST_A_MINUTE)


@dataclass(slots=True)
class Tries:
    """Who tried the PIN when, over resets too.

    Hosts are told apart by their address; which addresses are one host is for the caller (a /64 of
    IPv6 elsewhere, each address on the link). Times are in seconds of one clock that does not jump.
    """

    pins: int
    """How many PINs there are."""
    _all: list[float] = field(default_factory=list)
    """A list, as most devices never have one try, and an empty deque takes much memory."""
    _of_hosts: OrderedDict[Hashable, deque[float]] = field(default_factory=OrderedDict)

    def has_time_for(self, host: Hashable, now: float) -> bool:
        """Tell whether there were few tries of late; nothing is counted by asking."""
        most = all_a_minute(self.pins)
        if len(self._all) >= most and now < self._all[-most] + 60:
            return False
        tried = [at for at in self._of_hosts.get(host, ()) if now < at + 3600]
        return len(tried) < AN_HOUR and sum(now < at + 60 for at in tried) < A_MINUTE

    def of_late(self, now: float) -> tuple[int, int]:
        """Return how many tries there were within a minute, by all hosts, and how many may be."""
        return sum(now < at + 60 for at in self._all), all_a_minute(self.pins)

    def begin(self, host: Hashable, now: float) -> bool:
        """Count a try; false if there were too many, and then this one is not counted.

        It is asked when the key is about to be used, not when a handshake begins: a stranger who
        sends nothing but a ClientHello uses up nothing.
        """
        if not self.has_time_for(host, now):
            return False
        self._all.append(now)
        del self._all[: -all_a_minute(self.pins)]
        self._of_hosts.setdefault(host, deque(maxlen=AN_HOUR)).append(now)
        self._of_hosts.move_to_end(host)
        # A guesser with more hosts than that gets some of them forgotten; the bound on all stays.
        if len(self._of_hosts) > HOSTS:
            self._of_hosts.popitem(last=False)
        return True
