"""The items of a trace: one type for each kind of thing that crosses a device's border.

All times are seconds of the device's own clock, which does not jump; the trace as a whole says at
which time of day that clock began. Numbers begin at 1 and leave none out, so that a report can name
an item, and a reader sees that none is missing.

The types bear the names of what they tell of, as the protocols have them: a `Record` here is the
item that says that a record passed, the record itself is one of `wire.dtls.record`. An item holds
all that is known at that place, so whoever judges a trace needs no other state: a `Message` has the
suite of its session, and a response the path of its request.

Octets are octets here, secrets too: whoever writes a trace for others hides them (`json_of`).
"""

from enum import StrEnum
from typing import Any, Final

import msgspec

from onboardee.device.events import Event
from onboardee.device.machine.telling import without_secrets


class Way(StrEnum):
    """From where to where something goes, as the device sees it."""

    IN = "in"
    """From the peer to the device."""
    OUT = "out"
    """From the device to the peer."""


class Ends(msgspec.Struct, frozen=True):
    """Who talks to whom: the peer's address, the device's, and how."""

    peer: tuple[str, int]
    """Numeric host and UDP port."""
    local: tuple[str, int]
    """Of the device; of a request to a group the address by which the device would answer."""
    secured: bool = False
    """Whether it is the device's port for DTLS."""
    multicast: bool = False
    """Whether it went to a group."""

    def __str__(self) -> str:
        host, port = self.peer
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Item(msgspec.Struct, frozen=True, kw_only=True, tag_field="item"):
    """Something that crossed the border. `number` is its place in the trace, from 1."""

    number: int
    """Its place in the trace, from 1."""
    at: float
    """Seconds of the device's clock."""


class Datagram(Item, frozen=True, kw_only=True, tag="datagram"):
    """A UDP datagram."""

    way: Way
    ends: Ends
    octets: bytes


class Record(Item, frozen=True, kw_only=True, tag="record"):
    """A DTLS record (RFC 6347 4.1). `is_open` tells whether its content could be read."""

    way: Way
    ends: Ends
    content_type: int
    """Handshake, alert, application data or ChangeCipherSpec (RFC 6347 4.1)."""
    epoch: int
    """0 before the keys of a session are used."""
    sequence: int
    """48 bits, counted anew in each epoch."""
    length: int
    """Octets of the fragment, as it was protected."""
    is_open: bool


class HandshakeMessage(Item, frozen=True, kw_only=True, tag="handshake"):
    """A whole handshake message (RFC 5246 7.4), told once however often it is repeated."""

    way: Way
    ends: Ends
    kind: int
    """The type as a number (RFC 5246 7.4)."""
    name: str
    sequence: int
    """Its place in the handshake, by the sender's count (RFC 6347 4.2.2)."""
    body: bytes
    """Without its header."""
    fields: dict[str, Any]
    """What people want to know of it: suites by name, extensions, identities."""


class Alert(Item, frozen=True, kw_only=True, tag="alert"):
    """A DTLS alert (RFC 5246 7.2)."""

    way: Way
    ends: Ends
    level: int
    """1 for a warning, 2 for a fatal one."""
    description: int
    name: str


class Message(Item, frozen=True, kw_only=True, tag="message"):
    """A CoAP message (RFC 7252 3)."""

    way: Way
    ends: Ends
    type: str
    """CON, NON, ACK or RST."""
    code: str
    """`GET`, `POST`, … or `2.05`; `0.00` is an empty message."""
    mid: int
    """The message ID, which acknowledgements repeat."""
    token: bytes
    path: str
    """Of a request; of a response the path of the request with its token, if that was seen."""
    query: tuple[str, ...]
    options: tuple[tuple[int, bytes], ...]
    """All of them, by number, undecoded."""
    content_format: int | None
    payload: bytes
    """As it was sent, of one block only."""
    content: Any
    """The payload decoded, None where there is none; octets that could not be decoded stay.

    With the last block of a request in blocks it is the whole of what that carried.
    """
    over: str
    """The suite of the session that it came over; "" in the clear."""
    octets: bytes
    """The whole message."""

    @property
    def is_request(self) -> bool:
        """Tell a request from a response and an empty message."""
        return self.code.isalpha()


class Malformed(Item, frozen=True, kw_only=True, tag="malformed"):
    """What was to be a CoAP message and is none."""

    way: Way
    ends: Ends
    octets: bytes
    reason: str
    """What is wrong with it, in words."""


class Happened(Item, frozen=True, kw_only=True, tag="event"):
    """What the device says of itself: a decision of the gate, a change of its state."""

    event: str
    """The name of the event, as in the log."""
    fields: dict[str, Any]
    """What the event says, by name."""


class Changed(Item, frozen=True, kw_only=True, tag="change"):
    """A change of the database that is durable now."""

    differences: tuple[dict[str, Any], ...]
    """Path, before and after of each property; secrets are hidden."""


class NotStored(Item, frozen=True, kw_only=True, tag="not stored"):
    """A change that the disk refused."""

    reason: str


class Done(Item, frozen=True, kw_only=True, tag="done"):
    """Something that happened to the device beside its network: a timer, a press, a restart."""

    what: str
    """In words, as `Happening.name` has it."""


def of_event(event: Event, *, number: int, at: float) -> Happened:
    """Make the item of an event of the device."""
    return Happened(number=number, at=at, event=event.name, fields=event.fields())


def json_of(item: Item, *, reveal: bool = False) -> dict[str, Any]:
    """Return an item as JSON has it: octets as hex, secrets hidden unless `reveal`.

    Handshake messages and datagrams lose their octets where secrets are hidden: an owner key that
    is sent in the clear of a record would be in them.
    """
    plain: dict[str, Any] = msgspec.to_builtins(item, builtin_types=(bytes,))
    if not reveal:
        for name in ("octets", "body", "payload"):
            if name in plain:
                plain[name] = f"<{len(plain[name])} octets>"
        for name in ("content", "fields"):
            if name in plain:
                plain[name] = without_secrets(plain[name])
    hexed: dict[str, Any] = _hexed(plain)
    return hexed


def _hexed(value: Any) -> Any:
    """Return a value as JSON has it, with octets as hexadecimal digits."""
    # most values are one of these, and a trace has many
    if type(value) in _AS_THEY_ARE:
        return value
    match value:
        case bytes():
            return value.hex()
        case dict():
            return {str(name): _hexed(each) for name, each in value.items()}
        case list() | tuple():
            return [_hexed(each) for each in value]
    return value


_AS_THEY_ARE: Final = frozenset({str, int, float, bool, type(None)})
"""Types that JSON has."""
