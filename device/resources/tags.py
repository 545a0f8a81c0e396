"""Entity tags: by what a client knows whether it has a representation already (RFC 7252 5.10.6).

A tag is a hash of what the representation looks like. So it outlives a restart, needs no memory,
and changes when the representation does and only then. It is made of the octets that are sent, so
nothing is encoded for its sake.

Clients of IoTivity-Lite's devices expect more: that a batch has the tag of the resource that
changed last, so that this one tag says how far they have read. For that a tag must not come again
for another state of the device. So what does not outlive a restart anyway, values that are not
those with which each life begins, has the time of its change in its tag (`Resource.revision`). Of
`/oic/con` and of collections that grow, changes are counted in the database, and the count goes in.

The path goes into it as well: a batch shows many resources, and equal values of two of them must
not be taken for one another. So does the content format, in which equal octets are another
representation.

A tag tells nothing that its reader has not read, as the hash is of that alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Final
from uuid import UUID

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Resource
from onboardee.svrdb.model import Database
from onboardee.wire.path import Endpoint

SIZE: Final = 8
"""Octets of a tag, the most that there may be."""
MAX_TAGS: Final = 512
"""Of resources that are remembered; all are dropped when it is reached."""
MAX_NAMED: Final = 65536
"""Batches that have the tag of a part; later ones have a tag of their own."""
MAX_BATCHES: Final = 64
"""Of which it is remembered what was in them; the one that was shown longest ago goes first."""

Asker = tuple[UUID | None, bool]
"""Whom a batch was shown to: the UUID of the peer, and whether it has a session."""


def entity_tag(href: str, payload: bytes, content_format: int, revision: int = 0) -> bytes:
    r"""Return the tag of a resource's representation.

    >>> one, other = (entity_tag("/light", payload, 10000) for payload in (b"\xf4", b"\xf5"))
    >>> one == other, len(one)
    (False, 8)
    """
    head = _head(href, content_format, revision)
    return blake2b(head + payload, digest_size=SIZE).digest()


@lru_cache(1024)
def _head(href: str, content_format: int, revision: int) -> bytes:
    return f"{href} {content_format} {revision} ".encode()


def tag_of_all(href: str, parts: Iterable[tuple[str, bytes]], content_format: int) -> bytes:
    """Return the tag of a batch, from the paths and the tags of what is in it."""
    listed = b"".join(f"{path} ".encode() + tag for path, tag in parts)
    return entity_tag(href, listed, content_format)


class Changes:
    """In which order resources have changed since the device began to live."""

    def __init__(self) -> None:
        self._count = 0
        self._latest: dict[str, int] = {}

    def note(self, hrefs: Iterable[str]) -> None:
        """Note that resources have changed, all at the same time."""
        self._count += 1
        for href in hrefs:
            self._latest.pop(href, None)
            if len(self._latest) >= MAX_TAGS:
                del self._latest[next(iter(self._latest))]
            self._latest[href] = self._count

    def number(self, href: str) -> int:
        """Return the number of a resource's latest change; 0 if it is not known to have changed."""
        return self._latest.get(href, 0)


def number_after(earlier: int, moment: datetime | None) -> int:
    """Return a number that is greater than an earlier one, and not given in an earlier life.

    It is the time of day in microseconds, where that is known.
    """
    return max(earlier + 1, 0 if moment is None else int(moment.timestamp() * 1_000_000))


class KnownTags:
    """The tags of resources as batches show them, and what earlier batches had in them.

    As long as a resource is unchanged (`Resource.version`) its tag is known, and it need not be
    encoded to find that a client has it already. What earlier batches had is for clients that name
    a batch by its own tag. Both are bounded, and to lose them costs no more than a longer answer.
    """

    def __init__(self, changes: Changes) -> None:
        self.changes: Final = changes
        self._database: Database | None = None
        self._endpoints: Sequence[Endpoint] = ()
        self._tags: dict[object, tuple[object, bytes]] = {}
        self._batches: dict[tuple[Asker, bytes], Mapping[str, bytes]] = {}
        self._named: dict[bytes, bytes] = {}

    def find(self, resource: Resource, call: Call) -> bytes | None:
        """Return the tag of a resource, if nothing that it goes by has changed since `enter`."""
        if call.database is not self._database or call.endpoints is not self._endpoints:
            self._tags.clear()
            self._database, self._endpoints = call.database, call.endpoints
        known = self._tags.get(_key(call))
        return known[1] if known is not None and known[0] is resource.version() else None

    def enter(self, resource: Resource, call: Call, tag: bytes) -> None:
        """Remember the tag of a resource. `find` was called before, with the same call."""
        version = resource.version()
        if version is None:
            return
        if len(self._tags) >= MAX_TAGS:
            self._tags.clear()
        self._tags[_key(call)] = version, tag

    def name_of(self, batch: bytes, latest: bytes | None) -> bytes:
        """Return the tag of a whole batch: its own, or that of the part that has changed last.

        plgd's clients expect the latter, as with IoTivity-Lite. It is done where the part's tag
        comes but once (`latest`), and for the one state in which it was first seen.
        """
        if latest is None or (latest not in self._named and len(self._named) >= MAX_NAMED):
            return batch
        return latest if self._named.setdefault(latest, batch) == batch else batch

    def enter_batch(self, asker: Asker, tag: bytes, parts: Mapping[str, bytes]) -> None:
        """Remember what a batch had in it that somebody was shown: tags by path."""
        self._batches.pop((asker, tag), None)
        if len(self._batches) >= MAX_BATCHES:
            del self._batches[next(iter(self._batches))]
        self._batches[asker, tag] = parts

    def parts_of(self, asker: Asker, tag: bytes) -> Mapping[str, bytes]:
        """Return the tags of what an earlier batch for somebody had in it, none if unknown."""
        return self._batches.get((asker, tag), {})


def _key(call: Call) -> object:
    """Return what a representation may depend on beside version, database and endpoints."""
    return call.target.href, call.peer, call.has_session, call.standard.name, call.accept
