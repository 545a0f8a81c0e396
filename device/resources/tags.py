"""Entity tags: by what a client knows whether it has a representation already (RFC 7252 5.10.6).

A tag is a hash of what the representation looks like. So it outlives a restart, needs no memory,
and changes when and only when the representation does; a value that goes away and comes back has
the tag that it had. It is made of the octets that are sent, so nothing is encoded for its sake.
Where clients have to see each change, a resource numbers its changes (`Resource.revision`), and the
number goes into the hash.

The path goes into it as well: a batch shows many resources, and equal values of two of them must
not be taken for one another. So does the content format, in which equal octets are another
representation.

A tag tells nothing that its reader has not read, as the hash is of that alone.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Resource
from onboardee.svrdb.model import Database
from onboardee.wire.path import Endpoint

SIZE: Final = 8
"""Octets of a tag, the most that there may be."""
MAX_TAGS: Final = 512
"""Of resources that are remembered; all are dropped when it is reached."""
MAX_BATCHES: Final = 64
"""Of which it is remembered what was in them; the one that was shown longest ago goes first."""


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


class KnownTags:
    """The tags of resources as batches show them, and what earlier batches had in them.

    As long as a resource is unchanged (`Resource.version`) its tag is known, and it need not be
    encoded to find that a client has it already. What earlier batches had is for clients that name
    a batch by its own tag. Both are bounded, and to lose them costs no more than a longer answer.
    """

    def __init__(self) -> None:
        self._database: Database | None = None
        self._endpoints: Sequence[Endpoint] = ()
        self._tags: dict[object, tuple[object, bytes]] = {}
        self._batches: dict[bytes, frozenset[bytes]] = {}
        self._named: tuple[bytes, bytes] = (b"", b"")

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

    def name_of(self, batch: bytes, counted: bytes | None) -> bytes:
        """Return the tag of a whole batch: its own, or that of a part whose changes are counted.

        plgd's clients expect a batch to have the tag of the resource that has changed last, as
        with IoTivity-Lite. Such a tag comes but once, so that it can stand for the one state in
        which it was first seen, and for no other.
        """
        if counted is None:
            return batch
        if self._named[0] != counted:
            self._named = counted, batch
        return counted if self._named[1] == batch else batch

    def enter_batch(self, tag: bytes, tags: frozenset[bytes]) -> None:
        """Remember what a batch had in it."""
        self._batches.pop(tag, None)
        if len(self._batches) >= MAX_BATCHES:
            del self._batches[next(iter(self._batches))]
        self._batches[tag] = tags

    def those_in(self, tag: bytes) -> frozenset[bytes]:
        """Return the tags of what an earlier batch had in it, none if it is not known."""
        return self._batches.get(tag, frozenset())


def _key(call: Call) -> object:
    """Return what a representation may depend on beside version, database and endpoints."""
    return call.target.href, call.peer, call.has_session, call.standard.name, call.accept
