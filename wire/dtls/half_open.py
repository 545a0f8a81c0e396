"""The handshakes in progress of one endpoint, and which of them gives way when there are too many.

A stranger can begin any number of handshakes, each with little work. It must not thereby push out
those of others: one of the host with the most handshakes goes, and chance decides which. If the
oldest or the newest went, a flood could aim at the tool that is about to begin. Those past the key
exchange, which cost both sides most of their work, go last; if they are half of all, they have no
privilege any more: somebody fills the table with them.

To refuse further handshakes while the table is full, which is simpler, would let a flood shut the
device for everybody else.
"""

from collections import Counter
from collections.abc import Callable, Hashable

from onboardee.wire.dtls.server_handshake import ServerHandshake
from onboardee.wire.entropy import Entropy

_CHOICE_OCTETS = 8


class HalfOpen(dict[Hashable, ServerHandshake]):
    """Handshakes by address; `host_of` tells which addresses are one host."""

    def __init__(
        self, limit: int, host_of: Callable[[Hashable], Hashable], entropy: Entropy
    ) -> None:
        super().__init__()
        self._limit = limit
        self._host_of = host_of
        self._entropy = entropy

    @property
    def is_full(self) -> bool:
        """Whether one has to go before another can begin."""
        return len(self) >= self._limit

    def choose_victim(self) -> Hashable:
        """Return the address whose handshake goes, by chance among those that may."""
        hosts = Counter(map(self._host_of, self))
        most = max(hosts.values())
        candidates = [address for address in self if hosts[self._host_of(address)] == most]
        if 2 * sum(each.has_keys for each in self.values()) < len(self):
            candidates = [each for each in candidates if not self[each].has_keys] or candidates
        # Eight octets: the remainder of a division by at most some dozens favours nobody
        # noticeably.
        number = int.from_bytes(self._entropy.token(_CHOICE_OCTETS))
        return candidates[number % len(candidates)]
