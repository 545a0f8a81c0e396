"""What a batch shows: the parts of an answer that a client has not got yet.

A client that reads a batch again names what it has: by the entity tag of the whole batch, and then
it hears that nothing changed; or by `incChanges`, and then it gets the parts alone whose tags it
did not name. That query is plgd's, whose hub reads its devices with it after each reconnection:

    GET /oic/res?if=oic.if.b&incChanges=0Zt0bn8c8Wg,9l_Bd2_1Q0o      tags in base64url
    2.05 [{"href": "ocf://…/light", "rep": {…}, "etag": h'…'}]         what else there is
    2.03                                                             there is nothing else

Tags may also stand in the ETag option, and may be those of whole batches that were shown before:
these stand for all that was in them. That is so for the client alone that they were shown to: of
another one, who may read less, they would leave out what it never had and call gone what it never
saw. What is no tag is passed over. The entity tag of the answer is
always that of the whole batch. A resource that has gone since a batch that is named stands there
with an empty `rep` and without a tag, as IoTivity-Lite tells its observers.

Who observes the batch of `/oic/res` by confirmable notifications is told changes alone
(`changes_since`), as IoTivity-Lite does and its clients expect. Each is repeated until it is
acknowledged, so that none is missing. To who observes otherwise one may be lost, and each tells
everything.

What a client has need not be encoded: parts are made as far as their tags first.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Outcome, Representation, Resource, retrieved
from onboardee.device.resources.payload import Encoded, encode
from onboardee.device.resources.tags import Asker, KnownTags, entity_tag, tag_of_all
from onboardee.wire.coap import Code, ContentFormat, Request

CHANGES: Final = "incchanges"
"""The query, in lower case as all names are (`Query`)."""


@dataclass(slots=True)
class Part:
    """One resource in a batch: its tag, and its representation if that was made."""

    href: str
    """As it stands in the answer."""
    resource: Resource
    call: Call
    etag: bytes
    octets: bytes | None
    tells_types: bool = False
    """Whether its types are told, as in `/oic/res`, by which clients know what they have read."""

    def item(self) -> dict[str, Any]:
        """Return what is shown; the representation is made now at the latest."""
        octets = _encoded(self.resource, self.call) if self.octets is None else self.octets
        types = {"rt": self.resource.target.types} if self.tells_types else {}
        return {"href": self.href, **types, "rep": Encoded(octets), "etag": self.etag}


def changes_since(request: Request, told: bytes) -> Request:
    """Return the request for what has changed since a batch that was told."""
    query = [each for each in request.query if each.partition("=")[0].lower() != CHANGES]
    return replace(request, query=(*query, CHANGES), etags=(told,))


def part_of(href: str, resource: Resource, call: Call, tags: KnownTags) -> Part:
    """Return the part for a resource, by the call that reads it. Raises `RefusedError`."""
    etag, octets = tags.find(resource, call), None
    if etag is None:
        octets = _encoded(resource, call)
        path, revision = resource.target.href, resource.revision(call)
        etag = entity_tag(path, octets, _format_of(call), revision)
        tags.enter(resource, call, etag)
    return Part(href, resource, call, etag, octets)


def shown(parts: Sequence[Part], call: Call, tags: KnownTags) -> Outcome:
    """Return the answer to who reads a batch: the parts that it has not, or 2.03.

    What has gone since a batch whose tag is named has an empty representation and no tag.
    """
    present = {part.href: part.etag for part in parts}
    own = tag_of_all(call.target.href, present.items(), _format_of(call))
    whole = tags.name_of(own, _latest(parts, tags))
    known, gone = _known(call, tags, present)
    tags.enter_batch(_asker(call), whole, present)
    wanted = [part for part in parts if part.etag not in known]
    is_known = whole in call.etags or (known and parts and not wanted and not gone)
    if is_known and not call.multicast:
        return Outcome(code=Code.VALID, etag=whole)
    body = [part.item() for part in wanted] + [{"href": href, "rep": {}} for href in gone]
    return Outcome(code=Code.CONTENT, body=body, etag=whole)


def _asker(call: Call) -> Asker:
    return call.peer.uuid, call.peer.secured


def _latest(parts: Sequence[Part], tags: KnownTags) -> bytes | None:
    """Return the tag of the part that has changed last, if it is one that comes but once."""
    numbers = [tags.changes.number(part.resource.target.href) for part in parts]
    number = max(numbers, default=0)
    last = (part for part, each in zip(parts, numbers, strict=True) if each == number > 0)
    return next((each.etag for each in last if each.resource.is_newly_counted(each.call)), None)


def _known(
    call: Call, tags: KnownTags, present: Mapping[str, bytes]
) -> tuple[frozenset[bytes], list[str]]:
    """Return what the asker has of this and what it has that is gone, if it asks for changes."""
    values = call.query.all(CHANGES)
    if not values:
        return frozenset(), []
    named = {*call.etags, *(_tag_from(text) for value in values for text in value.split(","))}
    batches = [tags.parts_of(_asker(call), each) for each in named]
    known = frozenset(named).union(*(each.values() for each in batches))
    gone = {href: None for each in batches for href in each if href not in present}
    return known, list(gone)


def _tag_from(text: str) -> bytes:
    r"""Read a tag; what is none is one that nothing has.

    >>> _tag_from("AAECAwQFBgc"), _tag_from("what?")
    (b'\x00\x01\x02\x03\x04\x05\x06\x07', b'')
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _encoded(resource: Resource, call: Call) -> bytes:
    body: Representation | None = retrieved(resource, call).body
    return encode({} if body is None else body)


def _format_of(call: Call) -> int:
    return ContentFormat.OCF_CBOR if call.accept is None else call.accept
