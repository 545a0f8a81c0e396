"""Datagrams taken apart and put together otherwise, DTLS records included.

A record is sealed anew with the keys of its session and under its own number, so that the other
side takes it for the one that was there. Two records of one number never leave together: the new
one takes the place of the first. With a suite of CBC a record has random octets of its own; they
come of the device's, so that a recorded fault writes the same octets again.

Whoever looks at a session that began before (`Rewriter.know`) has its keys from the device itself.
That is why no device keeps the secrets of its past sessions in case somebody gives it a fault.

Handshake messages have no keys yet that both sides agree on, and their octets are part of what
Finished proves (RFC 5246 7.4.9): to change one is to end the handshake, sooner or later.
"""

import struct
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from onboardee.device.faults.steps import STEPS, StepRequest, TransferStep
from onboardee.device.trace import handshake_names
from onboardee.device.trace.coap import MessageReader, Read
from onboardee.device.trace.dtls import Association, Opened, Secrets
from onboardee.device.trace.items import Way
from onboardee.wire.coap import Code
from onboardee.wire.coap.message import MessageFormatError, build, encode_options, options_of, parse
from onboardee.wire.dtls.numbers import DTLS_1_2, AlertLevel, ContentType
from onboardee.wire.dtls.record import Record, split
from onboardee.wire.dtls.session import Session
from onboardee.wire.entropy import Entropy
from onboardee.wire.path import Path

_HEADER: Final = struct.Struct(">BHQH")
_CONVERSATIONS: Final = 256
"""Pairs of addresses that are followed; one whose session ends is forgotten, and of too many the
one that was silent longest."""
GET: Final = 1
CLOSE_NOTIFY: Final = 0
"""The alert that ends a session in order (RFC 5246 7.2.1)."""
HANDSHAKE_FAILURE: Final = 40
"""The fatal alert by which a fault ends one."""


@dataclass(slots=True)
class Look:
    """A datagram, and what is known of it."""

    path: Path
    datagram: bytes
    way: Way
    record: Record | None = None
    """The DTLS record that holds the message; None in the clear."""
    octets: bytes = b""
    """The CoAP message; empty if there is none."""
    read: Read | None = None
    flights: tuple[str, ...] = ()
    """The names of the handshake messages in it."""
    association: Association | None = None
    """What opened the record, and seals another in its place."""

    @property
    def is_request(self) -> bool:
        """Tell whether it holds a request."""
        return self.read is not None and self.read.code.isalpha()

    @property
    def name(self) -> str:
        """What it is, for people."""
        if self.read is None:
            return " ".join(self.flights) or "a datagram"
        what = "the request" if self.is_request else "the answer"
        return f"{what} {self.read.code} {self.read.path}".strip()

    def is_step(self, step: TransferStep) -> bool:
        """Tell whether it is a step of a transfer."""
        if self.read is None or not self.is_request:
            return False
        read, path = self.read, self.path
        asked = StepRequest(read.code, read.path, read.content, path.secured, path.multicast)
        return STEPS[step].fits(asked)


def peer_of(path: Path) -> tuple[str, int, bool]:
    """Return what tells one peer from another: address, port, and whether it is secured."""
    return path.peer_host, path.peer_port, path.secured


class _Conversation:
    def __init__(self, secrets: Secrets, entropy: Entropy) -> None:
        self.association = Association(secrets, entropy)
        self.reader = MessageReader()


class Rewriter:
    """Looks into datagrams, and writes others in their places."""

    def __init__(self, secrets: Secrets, entropy: Entropy) -> None:
        """Know the sessions of these secrets; records are sealed with octets of `entropy`."""
        self._secrets, self._entropy = secrets, entropy
        self._conversations: OrderedDict[Path, _Conversation] = OrderedDict()

    def know(self, session: Session) -> None:
        """Take note of a session that began before anybody looked."""
        if isinstance(session.address, Path):
            self._with(session.address).association.join(session)

    def look(self, datagram: bytes, path: Path, way: Way) -> Look:
        """Tell what is in a datagram."""
        look = Look(path, datagram, way)
        if path.secured and path not in self._conversations and not _is_in_the_clear(datagram):
            return look  # of a session that nobody knows, as one that has ended
        conversation = self._with(path)
        if not path.secured:
            self._read(look, conversation.reader, datagram)
            return look
        look.association = conversation.association
        names: list[str] = []
        for opened in look.association.read(datagram, way):
            names += map(handshake_names.name_of, look.association.messages(opened, way))
            is_data = opened.record.content_type == ContentType.APPLICATION_DATA
            if is_data and opened.content is not None:
                look.record = opened.record
                self._read(look, conversation.reader, opened.content)
            if _ends_session(opened):
                del self._conversations[path]
                break
        look.flights = tuple(names)
        return look

    def _with(self, path: Path) -> _Conversation:
        conversation = self._conversations.pop(path, None) or _Conversation(
            self._secrets, self._entropy
        )
        self._conversations[path] = conversation
        if len(self._conversations) > _CONVERSATIONS:
            self._conversations.popitem(last=False)
        return conversation

    def _read(self, look: Look, reader: MessageReader, octets: bytes) -> None:
        try:
            look.read = reader.read(octets, look.way)
        except MessageFormatError:
            return
        look.octets = octets

    def with_message(self, look: Look, octets: bytes) -> bytes:
        """Return the datagram with another CoAP message in it."""
        return self._sealed(look, ContentType.APPLICATION_DATA, octets)

    def with_alert(self, look: Look, level: AlertLevel, description: int) -> bytes:
        """Return a datagram with an alert in the place of a message, or of a flight in the clear.

        In the place of what has no session, nothing.
        """
        content = bytes((level, description))
        if look.record is not None:
            return self._sealed(look, ContentType.ALERT, content)
        first = next(iter(split(look.datagram)), None) if look.path.secured else None
        if first is None or first.epoch:
            return b""
        return _HEADER.pack(ContentType.ALERT, DTLS_1_2, first.sequence, len(content)) + content

    def _sealed(self, look: Look, kind: ContentType, content: bytes) -> bytes:
        record = look.record
        if record is None or look.association is None:
            return content
        protection = look.association.protection(look.way)
        sealed = protection.seal(kind, record.sequence, content)
        return _HEADER.pack(kind, DTLS_1_2, record.sequence, len(sealed)) + sealed


def _is_in_the_clear(datagram: bytes) -> bool:
    """Tell whether a datagram begins with a record of a handshake (RFC 6347 4.1)."""
    first = next(iter(split(datagram)), None)
    return first is not None and not first.epoch


def _ends_session(opened: Opened) -> bool:
    """Tell whether a record is an alert after which the session is over (RFC 5246 7.2).

    One in the clear is none: anybody can send it.
    """
    record, content = opened.record, opened.content
    return (
        record.content_type == ContentType.ALERT
        and record.epoch > 0
        and content is not None
        and (content[:1] == bytes((AlertLevel.FATAL,)) or content[1:] == bytes((CLOSE_NOTIFY,)))
    )


def harmless(octets: bytes) -> bytes:
    """Return a request that asks for the same resource and changes nothing: GET without payload."""
    frame = parse(octets)
    options = [each for each in options_of(frame.options) if each[0] in _KEPT]
    return build(frame.type, GET, frame.mid, frame.token, encode_options(options), b"")


_KEPT: Final = frozenset({3, 7, 11})
"""Uri-Host, Uri-Port and Uri-Path: what a harmless request keeps of its options."""


def answered(
    octets: bytes,
    code: str | None = None,
    *,
    payload: bytes | None = None,
    content_format: int | None = None,
) -> bytes:
    """Return an answer with another code, another payload, or another content format."""
    frame = parse(octets)
    options = options_of(frame.options)
    number = frame.code if code is None else int(CODES[code])
    body = frame.payload if payload is None else payload
    if not body:
        options = []
    elif content_format is not None:
        options = [each for each in options if each[0] != 12]
        options.append((12, content_format.to_bytes((content_format.bit_length() + 7) // 8)))
    return build(frame.type, number, frame.mid, frame.token, encode_options(options), body)


CODES: Final = {str(code): code for code in Code}


def with_options(octets: bytes, more: Iterable[tuple[int, bytes]]) -> bytes:
    """Return a message with further options; those of the same numbers give way."""
    frame = parse(octets)
    new = [*more]
    numbers = {number for number, _ in new}
    options = [each for each in options_of(frame.options) if each[0] not in numbers] + new
    return build(
        frame.type, frame.code, frame.mid, frame.token, encode_options(options), frame.payload
    )


def with_head(
    octets: bytes, *, kind: int | None = None, mid: int | None = None, token: bytes | None = None
) -> bytes:
    """Return a message with another type, message id or token."""
    frame = parse(octets)
    return build(
        frame.type if kind is None else kind,
        frame.code,
        frame.mid if mid is None else mid,
        frame.token if token is None else token,
        frame.options,
        frame.payload,
    )
