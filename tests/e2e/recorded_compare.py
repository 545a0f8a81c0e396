"""Compares two answers to the same request, message for message and value for value.

Messages are read by aiocoap and payloads by cbor2, not by the codecs under test.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import cbor2
from aiocoap.message import Message
from recorded_stage import Exchange, Heard

OPTION_NAMES = {
    4: "ETag",
    11: "Uri-Path",
    12: "Content-Format",
    17: "Accept",
    23: "Block2",
    28: "Size2",
    2049: "2049",
    2053: "2053",
}
PRESENCE_ONLY = frozenset({"ETag", "Size2"})
"""Options whose value is the answerer's own affair."""
NUMBERS = ("aceid", "credid")
ABSENT = "absent"


class Finding(NamedTuple):
    """One difference: in the answer to which request, in what respect, and both sides as text."""

    step: str
    request: str
    aspect: str
    reference: str
    ours: str


def decode(datagram: bytes) -> Message:
    """Read a CoAP message."""
    return Message.decode(datagram)


def name_of(datagram: bytes, *, to_group: bool) -> str:
    """Name a request by method and path; a message without a method is the tool's ACK."""
    message = decode(datagram)
    if not message.code.is_request():
        return "ACK"
    prefix = "multicast " if to_group else ""
    return f"{prefix}{message.code.name} /{'/'.join(message.opt.uri_path)}"


def text(value: object) -> str:
    """Write a value as it stands in the table of differences."""
    if isinstance(value, str) and value == ABSENT:
        return value
    return json.dumps(value, default=lambda octets: f"h'{octets.hex()}'")


class Comparison:
    """Compares exchange by exchange; blocks are joined, numbers of entries paired, on the way."""

    def __init__(self, step: str = "", request: str = "") -> None:
        self.findings: list[Finding] = []
        self.numbers: dict[str, str] = {}
        """The aceid and credid that our device gave to an entry, by the recorded one's."""
        self._step = step
        self._request = request
        self._blocks: dict[bytes, tuple[bytes, bytes]] = {}

    def compare(self, exchange: Exchange) -> list[Finding]:
        """Return, and keep, the differences in one exchange."""
        self._step = exchange.step
        self._request = name_of(exchange.requests[0], to_group=exchange.to_group)
        found = list(self._messages(exchange))
        self.findings += found
        return found

    def _messages(self, exchange: Exchange) -> Iterator[Finding]:
        recorded, ours = list(exchange.recorded), list(exchange.ours)
        is_separate = len(recorded) == 2 and not decode(recorded[0].datagram).code
        if is_separate and len(ours) == 1:
            yield self._differ("response", "empty ACK, then CON", "piggybacked")
            del recorded[0]
        if len(recorded) != len(ours):
            yield self._differ("number of messages", str(len(recorded)), str(len(ours)))
            return
        for one, other in zip(recorded, ours, strict=True):
            yield from self._message(exchange, one, other, with_type=not is_separate)

    def _message(
        self, exchange: Exchange, recorded: Heard, ours: Heard, *, with_type: bool
    ) -> Iterator[Finding]:
        if (recorded.source, recorded.peer) != (ours.source, ours.peer):
            yield self._differ("way", f"{recorded[:2]}", f"{ours[:2]}")
        one, other = decode(recorded.datagram), decode(ours.datagram)
        if with_type:
            yield from self._header("type", one.mtype.name, other.mtype.name)
        yield from self._header("code", str(one.code.dotted), str(other.code.dotted))
        yield from self._header("token", one.token.hex(), other.token.hex())
        is_ours_to_echo = other.mtype.name == "ACK"
        if is_ours_to_echo and other.mid != decode(exchange.requests[0]).mid:
            yield self._differ("message ID", "that of the request", "another")
        yield from self._options(one, other)
        yield from self._payload(one, other)

    def _header(self, aspect: str, one: str, other: str) -> Iterator[Finding]:
        if one != other:
            yield self._differ(aspect, one, other)

    def _options(self, one: Message, other: Message) -> Iterator[Finding]:
        ours = options_of(other)
        recorded = options_of(one)
        for name in sorted(recorded.keys() | ours.keys()):
            values = recorded.get(name, ABSENT), ours.get(name, ABSENT)
            is_equal = name in PRESENCE_ONLY and ABSENT not in values
            if values[0] != values[1] and not is_equal:
                yield self._differ(f"option {name}", *values)

    def _payload(self, one: Message, other: Message) -> Iterator[Finding]:
        bodies = one.payload, other.payload
        if one.opt.block2 is not None or other.opt.block2 is not None:
            before = self._blocks.pop(one.token, (b"", b""))
            bodies = before[0] + one.payload, before[1] + other.payload
            if one.opt.block2 is not None and one.opt.block2.more:
                self._blocks[one.token] = bodies
                return
        if bodies[0] and bodies[1]:
            yield from self.bodies(*bodies)
        elif bodies[0] != bodies[1]:
            yield self._differ("payload", *("present" if body else ABSENT for body in bodies))

    def bodies(self, one: bytes, other: bytes) -> Iterator[Finding]:
        """Compare two CBOR bodies."""
        if one[0] in {0x9F, 0xBF} and other[0] not in {0x9F, 0xBF}:
            yield self._differ("CBOR", "indefinite length", "definite length")
        yield from self.values("", cbor2.loads(one), cbor2.loads(other))

    def values(self, aspect: str, one: Any, other: Any) -> Iterator[Finding]:
        """Compare two decoded values; lists of links are compared by `href`."""
        if isinstance(one, list) and isinstance(other, list):
            one, other = keyed(one, other)
        if isinstance(one, dict) and isinstance(other, dict):
            for key in sorted(one.keys() | other.keys()):
                below = f"{aspect}, {key}" if aspect else key
                yield from self.values(below, one.get(key, ABSENT), other.get(key, ABSENT))
        elif one != other or type(one) is not type(other):
            if aspect.endswith(NUMBERS):
                self.numbers[str(one)] = str(other)
            whole = ABSENT in (one, other) and aspect.rpartition(", ")[2].startswith("link ")
            shown = ("present" if value != ABSENT else ABSENT for value in (one, other))
            yield self._differ(aspect, *(shown if whole else (text(one), text(other))))

    def _differ(self, aspect: str, reference: str, ours: str) -> Finding:
        return Finding(self._step, self._request, aspect, reference, ours)


def options_of(message: Message) -> dict[str, str]:
    """Return the options by name, integers as numbers and blocks as number/more/size."""
    found = {}
    for option in message.opt.option_list():
        name = OPTION_NAMES.get(int(option.number), str(int(option.number)))
        found[name] = str(int.from_bytes(option.encode()))
    block = message.opt.block2
    if block is not None:
        found["Block2"] = f"{block.block_number}/{int(block.more)}/{block.size}"
    return found


def keyed(one: list[Any], other: list[Any]) -> tuple[Any, Any]:
    """Turn two lists of maps into maps by what names their elements; leave other lists alone."""
    if not all(isinstance(element, dict) for element in [*one, *other]):
        return one, other
    return _by_name(one), _by_name(other)


def _by_name(elements: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        f"link {element['href']}" if "href" in element else f"#{index + 1}": element
        for index, element in enumerate(elements)
    }
