"""What a batch shows: the parts of an answer that a client has not got yet.

A client that reads a batch again names what it has: by the entity tag of the whole batch, and then
it hears that nothing changed; or by `incChanges`, and then it gets the parts alone whose tags it
did not name. That query is plgd's, whose hub reads its devices with it after each reconnection:

    GET /oic/res?if=oic.if.b&incChanges=0Zt0bn8c8Wg,9l_Bd2_1Q0o      tags in base64url
    2.05 [{"href": "ocf://…/light", "rep": {…}, "etag": h'…'}]         what else there is
    2.03                                                             there is nothing else

Tags may also stand in the ETag option, and may be those of whole batches that were shown before:
these stand for all that was in them. What is no tag is passed over. The entity tag of the answer is
always that of the whole batch. That a resource has gone is not told: OCF has no word for it, and
`/oic/res` is there to be asked.

What a client has need not be encoded: parts are made as far as their tags first.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Outcome, Representation, Resource, retrieved
from onboardee.device.resources.payload import Encoded, encode
from onboardee.device.resources.tags import KnownTags, entity_tag, tag_of_all
from onboardee.wire.coap import Code, ContentFormat

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

    def item(self) -> dict[str, Any]:
        """Return what is shown; the representation is made now at the latest."""
        octets = _encoded(self.resource, self.call) if self.octets is None else self.octets
        return {"href": self.href, "rep": Encoded(octets), "etag": self.etag}


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
    """Return the answer to who reads a batch: the parts that it has not, or 2.03."""
    listed = [(part.href, part.etag) for part in parts]
    counted = (part.etag for part in parts if part.resource.is_newly_counted(part.call))
    own = tag_of_all(call.target.href, listed, _format_of(call))
    whole = tags.name_of(own, next(counted, None))
    known = _known(call, tags)
    wanted = [part for part in parts if part.etag not in known]
    tags.enter_batch(whole, frozenset(part.etag for part in parts))
    is_known = whole in call.etags or (known and parts and not wanted)
    if is_known and not call.multicast:
        return Outcome(code=Code.VALID, etag=whole)
    return Outcome(code=Code.CONTENT, body=[part.item() for part in wanted], etag=whole)


def _known(call: Call, tags: KnownTags) -> frozenset[bytes]:
    """Return the tags of parts that the asker has, as far as it asks for changes alone."""
    values = call.query.all(CHANGES)
    if not values:
        return frozenset()
    named = [*call.etags, *(_tag_from(text) for value in values for text in value.split(","))]
    return frozenset(named).union(*(tags.those_in(each) for each in named))


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
