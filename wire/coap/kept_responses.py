"""Responses that leave in blocks, kept so that all blocks come from one state (RFC 7959 2.4).

A client asks for one block after the other, and may stop at any of them. So what is kept has bounds
for a peer, for all of them and in octets, and the one that was asked for longest ago goes first. To
lose one costs no more than a request that is answered anew, with another entity tag if the content
is another one by then.

When rights change everything is dropped: the rest of an answer might be what its reader may no
longer know.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from hashlib import blake2b

from onboardee.wire.coap.limits import Limits
from onboardee.wire.coap.model import Remote, Response


@dataclass(slots=True)
class KeptResponse:
    """A response, the tag of its content, and when a block of it was last asked for."""

    response: Response
    etag: bytes
    touched: float


def entity_tag(payload: bytes) -> bytes:
    """Return eight bytes that change with the content (RFC 7252 5.10.6)."""
    return blake2b(payload, digest_size=8).digest()


class KeptResponses:
    """Recent responses of several blocks; the longest unused one makes room for a new one."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._peers: dict[Remote, dict[Hashable, KeptResponse]] = {}
        self._count = 0
        self._bytes = 0

    def __len__(self) -> int:
        return self._count

    def count(self, remote: Remote) -> int:
        """Return how many are kept for one peer."""
        return len(self._peers.get(remote, ()))

    @property
    def size(self) -> int:
        """Bytes of payload kept."""
        return self._bytes

    def find(self, remote: Remote, key: Hashable, now: float) -> KeptResponse | None:
        """Return what was answered to this peer's request before, unless it is too long ago."""
        kept = self._peers.get(remote, {}).get(key)
        if kept is None:
            return None
        if now - kept.touched > self._limits.kept_response_lifetime:
            self._remove(remote, key)
            return None
        kept.touched = now
        return kept

    def store(self, remote: Remote, key: Hashable, response: Response, now: float) -> KeptResponse:
        """Keep a response; return it with its tag."""
        self._remove(remote, key)
        kept = KeptResponse(response, response.etag or entity_tag(response.payload), now)
        size = len(response.payload)
        if size <= self._limits.kept_response_bytes:
            self._make_room(remote, size)
            self._peers.setdefault(remote, {})[key] = kept
            self._count += 1
            self._bytes += size
        return kept

    def forget(self, remote: Remote) -> None:
        """Drop what is kept for a peer."""
        for key in list(self._peers.get(remote, ())):
            self._remove(remote, key)

    def clear(self) -> None:
        """Drop everything."""
        self._peers.clear()
        self._count = self._bytes = 0

    def _make_room(self, remote: Remote, size: int) -> None:
        """Drop what is in the way of one more of so many octets, a peer's own first."""
        if len(self._peers.get(remote, ())) >= self._limits.kept_responses_per_remote:
            self._remove_oldest({remote: self._peers[remote]})
        while self._count and (
            self._count >= self._limits.kept_responses
            or self._bytes + size > self._limits.kept_response_bytes
        ):
            self._remove_oldest(self._peers)

    def _remove_oldest(self, peers: dict[Remote, dict[Hashable, KeptResponse]]) -> None:
        _, remote, key = min(
            (
                (kept.touched, remote, key)
                for remote, mine in peers.items()
                for key, kept in mine.items()
            ),
            key=lambda found: found[0],
        )
        self._remove(remote, key)

    def _remove(self, remote: Remote, key: Hashable) -> None:
        mine = self._peers.get(remote)
        if mine is None or key not in mine:
            return
        self._bytes -= len(mine.pop(key).response.payload)
        self._count -= 1
        if not mine:
            del self._peers[remote]
