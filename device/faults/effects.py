"""What faults write into a datagram that leaves the device: another message, hello or alert.

Three tables say what each effect does: to the CoAP message of an answer (`MESSAGE`), to a
ServerHello (`IN_HELLO`), and which alert leaves in its place (`ALERTS`). An effect is a function of
octets, so it can be tried without a device. `written_anew` applies those that are wanted, from the
message outwards.

A ServerHello is written over where it lies. It is in the clear, so nobody notices before Finished;
but a tool must refuse a suite that it did not offer, and a version that it does not speak, when it
reads them (RFC 5246 7.4.1.3). Whatever is in a session is sealed anew instead (`rewriting`).

The payloads that a tool has to survive are small: what is nested two thousand times, or says that
it is 4 GiB long, costs a reader its stack or its memory, not the network.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as with_fields
from typing import Any, Final

import cbor2

from onboardee.device.faults import rewriting
from onboardee.device.faults.passing import Passing
from onboardee.device.faults.rewriting import Look, Rewriter
from onboardee.device.faults.terms import Effect, Fault
from onboardee.wire.coap.message import options_of, parse
from onboardee.wire.coap.model import Type
from onboardee.wire.dtls.numbers import AlertLevel

Change = Callable[[bytes, Fault], bytes]
"""Returns the octets that stand in the place of others."""

SERVER_HELLO: Final = "ServerHello"
DEPTH: Final = 2000
"""Arrays in one another, more than a recursive reader survives."""
HUGE: Final = bytes.fromhex("5affffffff")
"""A byte string that says it is 4 GiB long."""
_USUAL: Final = {Effect.ANSWER: "2.05", Effect.REFUSE: "4.03", Effect.IGNORE: "2.04"}
"""The codes of answers where a fault names none."""
_NO_OPTION: Final = 65001
"""An option that nobody knows; its number is odd, so that it is critical (RFC 7252 5.4.6)."""
_BLOCK2: Final = 23
"""The option with the place of a part of the answer (RFC 7959 2.1)."""


def _answer(octets: bytes, fault: Fault) -> bytes:
    """Return another answer, with the code and payload that the fault names."""
    code = fault.code or _USUAL[fault.do]
    payload = None if fault.payload is None else cbor2.dumps(fault.payload)
    if not code.startswith("2.") or fault.do is Effect.IGNORE:
        payload = b""
    return rewriting.answered(octets, code, payload=payload)


def _patch(octets: bytes, fault: Fault) -> bytes:
    """Return the answer with some of its properties replaced."""
    frame = parse(octets)
    try:
        content: Any = cbor2.loads(frame.payload)
    except (cbor2.CBORDecodeError, ValueError):
        return octets
    if not isinstance(content, dict):
        return octets
    return rewriting.answered(octets, payload=cbor2.dumps({**content, **(fault.payload or {})}))


def _payload(payload: bytes, content_format: int | None = None) -> Change:
    return lambda octets, _fault: rewriting.answered(
        octets, payload=payload, content_format=content_format
    )


def _endless(octets: bytes, _fault: Fault) -> bytes:
    """Make the answer a block that is not the last one, with the number that was asked for."""
    frame = parse(octets)
    body = (frame.payload * 1024)[:1024] or bytes(1024)
    number = _endless_number(octets)
    value = (number << 4 | 8 | 6).to_bytes(3).lstrip(b"\0")
    full = rewriting.answered(octets, "2.05", payload=body)
    return rewriting.with_options(full, [(_BLOCK2, value)])


def _endless_number(octets: bytes) -> int:
    found = dict(options_of(parse(octets).options)).get(_BLOCK2, b"")
    return int.from_bytes(found) >> 4


def _wrong_token(octets: bytes, _fault: Fault) -> bytes:
    """Return the answer with a token of nobody's."""
    token = parse(octets).token
    return rewriting.with_head(octets, token=bytes(each ^ 0xFF for each in token) or b"x")


def _wrong_id(octets: bytes, _fault: Fault) -> bytes:
    """Return the answer with another message ID, so that it acknowledges nothing."""
    return rewriting.with_head(octets, mid=parse(octets).mid ^ 0x5555)


def _critical(octets: bytes, _fault: Fault) -> bytes:
    """Return the answer with an option that has to be understood."""
    return rewriting.with_options(octets, [(_NO_OPTION, b"1")])


def _hello(place: int, value: bytes) -> Change:
    """Make an effect that writes over a part of ServerHello's body."""

    def change(octets: bytes, _fault: Fault) -> bytes:
        # record header, handshake header; then version, random, an empty session id, the suite
        start = 13 + 12 + place
        return octets[:start] + value + octets[start + len(value) :]

    return change


MESSAGE: Final[Mapping[Effect, Change]] = {
    Effect.ANSWER: _answer,
    Effect.REFUSE: _answer,
    Effect.IGNORE: _answer,
    Effect.PATCH: _patch,
    Effect.NOT_CBOR: _payload(b"\xff\xff\xff"),
    Effect.DEEP_CBOR: _payload(b"\x81" * DEPTH + b"\x00"),
    Effect.HUGE_CBOR: _payload(HUGE),
    Effect.WRONG_FORMAT: _payload(b"hello", 0),
    Effect.ENDLESS_BLOCKS: _endless,
    Effect.UNKNOWN_CRITICAL: _critical,
    Effect.WRONG_TOKEN: _wrong_token,
    Effect.WRONG_ID: _wrong_id,
}
"""What happens to the CoAP message of an answer; what has to do with its head comes last."""

IN_HELLO: Final[Mapping[Effect, Change]] = {
    Effect.OTHER_SUITE: _hello(35, b"\xc0\x23"),
    Effect.OLD_VERSION: _hello(0, b"\xfe\xff"),
}
"""What happens to a datagram with ServerHello."""

ALERTS: Final[Mapping[Effect, tuple[AlertLevel, int]]] = {
    Effect.CLOSE: (AlertLevel.WARNING, rewriting.CLOSE_NOTIFY),
    Effect.ALERT: (AlertLevel.FATAL, rewriting.HANDSHAKE_FAILURE),
}
"""The alert that leaves in the place of an answer, or of a flight (RFC 5246 7.2)."""

HARMLESS: Final = frozenset({Effect.IGNORE, Effect.REFUSE})
"""Those before which the request is made one that changes nothing."""


def written_anew(look: Look, faults: Sequence[Fault], rewriter: Rewriter) -> list[Passing]:
    """Return what leaves in the place of a datagram after all faults changed what is in it.

    The order is that of the layers, whatever the order of the faults: the message, how it is
    acknowledged, the records. Otherwise the one that seals a record would undo what another one
    did to it.
    """
    octets = look.octets
    for effect, change in MESSAGE.items():
        for fault in faults:
            if fault.do is effect and octets:
                octets = change(octets, fault)
    datagram = rewriter.with_message(look, octets) if octets != look.octets else look.datagram
    for fault in faults:
        if fault.do in IN_HELLO and SERVER_HELLO in look.flights:
            datagram = IN_HELLO[fault.do](datagram, fault)
        if fault.do in ALERTS:
            ended = rewriter.with_alert(look, *ALERTS[fault.do])
            return [Passing(ended, look.path)] if ended else []
    apart = next((each for each in faults if each.do is Effect.SEPARATE), None)
    if apart is not None and octets:
        return _apart(with_fields(look, datagram=datagram, octets=octets), apart)
    return [Passing(datagram, look.path)]


def _apart(look: Look, fault: Fault) -> list[Passing]:
    """Return an answer as an empty acknowledgement and a confirmable message, the second later.

    Only of an answer in the clear: two records of a session would need two numbers, and the second
    one is the session's to give (RFC 6347 4.1.2.6).
    """
    frame = parse(look.octets)
    if look.record is not None or frame.type != Type.ACK:
        return [Passing(look.datagram, look.path)]
    empty = bytes((0x60, 0, frame.mid >> 8, frame.mid & 255))
    own = rewriting.with_head(look.octets, kind=Type.CON, mid=frame.mid ^ 0x2A2A)
    return [Passing(empty, look.path), Passing(own, look.path, late=fault.duration)]
