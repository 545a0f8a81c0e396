"""The record layer of one association: framing, epochs, sequence numbers, replay (RFC 6347 4.1)."""

import struct
from typing import Final, NamedTuple

from onboardee.wire.dtls.numbers import DTLS_1_0, DTLS_1_2, ContentType
from onboardee.wire.dtls.protection import Protection

RECORD_HEADER_SIZE: Final = 13
MAXIMUM_CONTENT: Final = 2**14
_MAXIMUM_FRAGMENT: Final = MAXIMUM_CONTENT + 2048
_HEADER = struct.Struct(">BHQH")
_VERSIONS: Final = frozenset({DTLS_1_2, DTLS_1_0})
_NUMBER_BITS: Final = 48
_NUMBER_MASK: Final = 2**_NUMBER_BITS - 1
_WINDOW: Final = 64
_WINDOW_MASK: Final = 2**_WINDOW - 1


class Record(NamedTuple):
    """One record as received; `sequence` is the epoch (16 bits) and the sequence number (48)."""

    content_type: int
    version: int
    sequence: int
    fragment: bytes

    @property
    def epoch(self) -> int:
        """Which keys protect it; zero means none."""
        return self.sequence >> _NUMBER_BITS


def split(datagram: bytes) -> list[Record]:
    """Return the records of a datagram up to the first that is cut off or of another protocol."""
    records: list[Record] = []
    position, end = 0, len(datagram)
    while position + RECORD_HEADER_SIZE <= end:
        content_type, version, sequence, length = _HEADER.unpack_from(datagram, position)
        start = position + RECORD_HEADER_SIZE
        position = start + length
        if position > end or length > _MAXIMUM_FRAGMENT or version not in _VERSIONS:
            break
        records.append(Record(content_type, version, sequence, datagram[start:position]))
    return records


def plain_record(content_type: int, number: int, fragment: bytes) -> bytes:
    """Return a record of epoch 0."""
    return _HEADER.pack(content_type, DTLS_1_2, number, len(fragment)) + fragment


class ReplayWindow:
    """Which of the last 64 sequence numbers were seen (RFC 6347 4.1.2.6)."""

    __slots__ = ("_highest", "_seen")

    def __init__(self) -> None:
        self._highest = -1
        self._seen = 0

    def is_fresh(self, number: int) -> bool:
        """Whether a record with this number may be accepted."""
        behind = self._highest - number
        return behind < 0 or (behind < _WINDOW and not self._seen >> behind & 1)

    def mark(self, number: int) -> None:
        """Remember the number; to be called after the record proved authentic."""
        ahead = number - self._highest
        if ahead > 0:
            self._seen = (self._seen << min(ahead, _WINDOW) | 1) & _WINDOW_MASK
            self._highest = number
        else:
            self._seen |= 1 << -ahead


class Channel:
    """Writes records in epoch 0 and, once it has keys, in epoch 1, and opens those of epoch 1."""

    __slots__ = ("_next", "_reader", "_window", "_writer", "reading", "writing")

    def __init__(self, first_number: int = 0) -> None:
        self._next = [first_number, 1 << _NUMBER_BITS]
        self._writer: Protection | None = None
        self._reader: Protection | None = None
        self._window = ReplayWindow()
        self.reading = 0
        """The epoch in which the peer is expected to write."""
        self.writing = 0
        """The epoch in which new messages are written."""

    def set_keys(self, writer: Protection, reader: Protection) -> None:
        """Install the keys of epoch 1; `reading` and `writing` say when they are used."""
        self._writer, self._reader = writer, reader

    def seal(self, content_type: ContentType, content: bytes, epoch: int) -> bytes:
        """Return a whole record."""
        sequence = self._next[epoch]
        self._next[epoch] = sequence + 1
        if epoch:
            assert self._writer is not None
            content = self._writer.seal(content_type, sequence, content)
        return _HEADER.pack(content_type, DTLS_1_2, sequence, len(content)) + content

    def open(self, record: Record) -> bytes | None:
        """Return the content of a record of epoch 1, or None if it is a replay or not authentic."""
        number = record.sequence & _NUMBER_MASK
        if self._reader is None or not self._window.is_fresh(number):
            return None
        if record.version != DTLS_1_2 or record.epoch != 1:
            return None
        content = self._reader.open(record.content_type, record.sequence, record.fragment)
        if content is None or len(content) > MAXIMUM_CONTENT:
            return None
        self._window.mark(number)
        return content

    def sealed_size(self, size: int, epoch: int) -> int:
        """Return the size of the record for `size` octets of content."""
        if epoch:
            assert self._writer is not None
            size = self._writer.sealed_size(size)
        return RECORD_HEADER_SIZE + size
