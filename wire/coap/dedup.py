"""Which requests were answered already, and how (RFC 7252 4.2, 4.5)."""

from onboardee.wire.coap.limits import Limits
from onboardee.wire.coap.model import Remote

_ENTRY_BYTES = 250  # a dictionary slot, the tuple and the objects in it
_PEER_BYTES = 500  # the peer itself and the dictionary of its messages


class AnswerMemory:
    """Remembers each request's answer under its peer and message ID, in two generations.

    A message ID alone may come round again while it is remembered, with a fast peer; so the
    whole datagram has to be the same. Whenever the younger generation is old enough or half of
    a bound is reached, the older one is dropped as a whole: no timers, no per-entry clean-up.
    """

    def __init__(self, limits: Limits) -> None:
        self._lifetime = limits.dedup_lifetime
        self._max_entries = limits.dedup_entries // 2
        self._max_bytes = limits.dedup_bytes // 2
        self._young: dict[Remote, dict[int, tuple[int, bytes]]] = {}
        self._old: dict[Remote, dict[int, tuple[int, bytes]]] = {}
        self._entries = 0
        self._bytes = 0
        self._born = 0.0

    def __len__(self) -> int:
        return sum(len(peer) for ages in (self._young, self._old) for peer in ages.values())

    def find(self, remote: Remote, mid: int, datagram: bytes, now: float) -> bytes | None:
        """Return the answer given to this very datagram (empty: silence), `None` if it is new."""
        if now - self._born >= self._lifetime:
            self._age(now)
        for generation in (self._young, self._old):
            peer = generation.get(remote)
            if peer is not None:
                entry = peer.get(mid)
                if entry is not None and entry[0] == hash(datagram):
                    return entry[1]
        return None

    def store(self, remote: Remote, mid: int, datagram: bytes, answer: bytes, now: float) -> None:
        """Remember the answer to a datagram."""
        peer = self._young.get(remote)
        if peer is None:
            peer = self._young[remote] = {}
            self._bytes += _PEER_BYTES
        peer[mid] = (hash(datagram), answer)
        self._entries += 1
        self._bytes += len(answer) + _ENTRY_BYTES
        if self._entries >= self._max_entries or self._bytes >= self._max_bytes:
            self._age(now)

    def forget(self, remote: Remote) -> None:
        """Forget what a peer was answered."""
        self._young.pop(remote, None)
        self._old.pop(remote, None)

    def _age(self, now: float) -> None:
        long_ago = now - self._born >= 2 * self._lifetime
        self._old = {} if long_ago else self._young
        self._young = {}
        self._entries = self._bytes = 0
        self._born = now
