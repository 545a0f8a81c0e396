"""What faults do to a datagram that leaves the device."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import cbor2

from onboardee.device.faults import rewriting
from onboardee.device.faults.rewriting import Look, Rewriter
from onboardee.device.faults.terms import Effect, Fault
from onboardee.wire.coap.message import options_of, parse
from onboardee.wire.coap.model import Type
from onboardee.wire.dtls.numbers import AlertLevel

Rewrite = Callable[[Look, Fault, Rewriter], list[bytes]]
"""Returns the datagrams that leave in the place of one."""

DEPTH: Final = 2000
HUGE: Final = bytes.fromhex("5affffffff")
"""A byte string that says it is 4 GiB long."""
_ALONE: Final = {Effect.ANSWER: "2.05", Effect.REFUSE: "4.03", Effect.IGNORE: "2.04"}
_NO_OPTION: Final = 65001
_BLOCK2: Final = 23


def _message(change: Callable[[bytes, Fault], bytes]) -> Rewrite:
    """Make an effect of what it does to the CoAP message in a datagram."""

    def rewrite(look: Look, fault: Fault, rewriter: Rewriter) -> list[bytes]:
        if not look.octets:
            return [look.datagram]
        return [rewriter.with_message(look, change(look.octets, fault))]

    return rewrite


def _corrupt(look: Look, _fault: Fault, _rewriter: Rewriter) -> list[bytes]:
    return [look.datagram[:-1] + bytes((look.datagram[-1] ^ 1,))]


def _answer(octets: bytes, fault: Fault) -> bytes:
    code = fault.code or _ALONE[fault.do]
    payload = None if fault.payload is None else cbor2.dumps(fault.payload)
    if not code.startswith("2.") or fault.do is Effect.IGNORE:
        payload = b""
    return rewriting.answered(octets, code, payload=payload)


def _patch(octets: bytes, fault: Fault) -> bytes:
    frame = parse(octets)
    try:
        content: Any = cbor2.loads(frame.payload)
    except (cbor2.CBORDecodeError, ValueError):
        return octets
    if not isinstance(content, dict):
        return octets
    return rewriting.answered(octets, payload=cbor2.dumps({**content, **(fault.payload or {})}))


def _payload(payload: bytes, content_format: int | None = None) -> Rewrite:
    def change(octets: bytes, _fault: Fault) -> bytes:
        return rewriting.answered(octets, payload=payload, content_format=content_format)

    return _message(change)


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
    token = parse(octets).token
    return rewriting.with_head(octets, token=bytes(each ^ 0xFF for each in token) or b"x")


def _wrong_id(octets: bytes, _fault: Fault) -> bytes:
    return rewriting.with_head(octets, mid=parse(octets).mid ^ 0x5555)


def _critical(octets: bytes, _fault: Fault) -> bytes:
    return rewriting.with_options(octets, [(_NO_OPTION, b"1")])


def _hello(place: int, value: bytes) -> Rewrite:
    """Make an effect that writes over a part of ServerHello's body."""

    def rewrite(look: Look, _fault: Fault, _rewriter: Rewriter) -> list[bytes]:
        if "ServerHello" not in look.flights:
            return [look.datagram]
        octets = bytearray(look.datagram)
        # record header, handshake header; then version, random, an empty session id, the suite
        start = 13 + 12 + place
        octets[start : start + len(value)] = value
        return [bytes(octets)]

    return rewrite


def _close(look: Look, _fault: Fault, rewriter: Rewriter) -> list[bytes]:
    return _present(rewriter.with_alert(look, AlertLevel.WARNING, rewriting.CLOSE_NOTIFY))


def _alert(look: Look, _fault: Fault, rewriter: Rewriter) -> list[bytes]:
    return _present(rewriter.with_alert(look, AlertLevel.FATAL, rewriting.HANDSHAKE_FAILURE))


def _present(datagram: bytes) -> list[bytes]:
    return [datagram] if datagram else []


REWRITES: Final[Mapping[Effect, Rewrite]] = {
    Effect.DROP: lambda _look, _fault, _rewriter: [],
    Effect.DUPLICATE: lambda look, _fault, _rewriter: [look.datagram, look.datagram],
    Effect.CORRUPT: _corrupt,
    Effect.TRUNCATE: lambda look, _fault, _rewriter: [look.datagram[: len(look.datagram) // 2]],
    Effect.ANSWER: _message(_answer),
    Effect.REFUSE: _message(_answer),
    Effect.IGNORE: _message(_answer),
    Effect.PATCH: _message(_patch),
    Effect.CLOSE: _close,
    Effect.ALERT: _alert,
    Effect.OTHER_SUITE: _hello(35, b"\xc0\x23"),
    Effect.OLD_VERSION: _hello(0, b"\xfe\xff"),
    Effect.WRONG_TOKEN: _message(_wrong_token),
    Effect.WRONG_ID: _message(_wrong_id),
    Effect.NOT_CBOR: _payload(b"\xff\xff\xff"),
    Effect.DEEP_CBOR: _payload(b"\x81" * DEPTH + b"\x00"),
    Effect.HUGE_CBOR: _payload(HUGE),
    Effect.WRONG_FORMAT: _payload(b"hello", 0),
    Effect.UNKNOWN_CRITICAL: _message(_critical),
    Effect.ENDLESS_BLOCKS: _message(_endless),
}
"""Those that put other datagrams in the place of one."""

HARMLESS: Final = frozenset({Effect.IGNORE, Effect.REFUSE})
"""Those before which the request is made one that changes nothing."""


def separate(look: Look, rewriter: Rewriter) -> list[bytes]:
    """Return an answer as an empty acknowledgement and a confirmable message, the second later."""
    frame = parse(look.octets)
    if look.record is not None or frame.type != Type.ACK:
        return [look.datagram]
    empty = bytes((0x60, 0, frame.mid >> 8, frame.mid & 255))
    own = rewriting.with_head(look.octets, kind=Type.CON, mid=frame.mid ^ 0x2A2A)
    return [rewriter.with_message(look, empty), rewriter.with_message(look, own)]
