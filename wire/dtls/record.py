"""The record layer of one association: framing, epochs, sequence numbers, replay (RFC 6347 4.1).

    octets   0      1-2       3-4     5-10               11-12    13 ...
             type   version   epoch   sequence number    length   fragment

Epoch and sequence number are read as one 64-bit number (`Record.sequence`), as the MAC and the
nonce have them (RFC 6347 4.1.2.1); epoch 0 is in the clear, epoch 1 under the keys of the
handshake. There is no epoch 2: this engine never renegotiates.

A datagram holds several records, and each stands for itself: one that is replayed, of another
epoch, or not authentic is dropped alone and without a word (RFC 6347 4.1.2.7). Whoever could end a
session by a datagram with garbage would need nothing else.

The way of a received record:

    split --> epoch 0: to the handshake
          --> epoch 1: fresh? (window) --> version --> authentic? (protection) --> mark, content

The window is marked last. A forged record with a high number would otherwise move it, and the
genuine ones behind it would count as replays.
"""

import struct
from typing import Final, NamedTuple

from onboardee.wire.dtls.numbers import DTLS_1_0, DTLS_1_2, ContentType
from onboardee.wire.dtls.protection import Protection

RECORD_HEADER_SIZE: Final = 13
"""Octets in front of the fragment."""
MAXIMUM_CONTENT: Final = 2**14
"""Octets of content in a record (RFC 5246 6.2.1)."""
_MAXIMUM_FRAGMENT: Final = MAXIMUM_CONTENT + 2048
"""Octets of a fragment, with whatever protection adds (RFC 5246 6.2.3)."""
_HEADER = struct.Struct(">BHQH")
_VERSIONS: Final = frozenset({DTLS_1_2, DTLS_1_0})
"""In a header; a first ClientHello may still have that of 1.0 (RFC 6347 4.2.1)."""
_NUMBER_BITS: Final = 48
FIRST_PROTECTED: Final = 1 << _NUMBER_BITS
"""The lowest `Record.sequence` of epoch 1; what is below it is in the clear."""
_WINDOW: Final = 64
_WINDOW_MASK: Final = 2**_WINDOW - 1


class Record(NamedTuple):
    """One record as received; `sequence` is the epoch (16 bits) and the sequence number (48).

    `fragment` is what follows the header, protected in epoch 1.
    """

    content_type: int
    version: int
    sequence: int
    fragment: bytes

    @property
    def epoch(self) -> int:
        """Which keys protect it; zero means none."""
        return self.sequence >> _NUMBER_BITS


def split(datagram: bytes) -> list[Record]:
    """Return the records of a datagram up to the first that is cut off or of another protocol.

    Behind that one nothing can be told from chance. Records of unknown types are returned; whoever
    takes them drops them.
    """
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
    """Return a record of epoch 0 under a given number.

    For answers without a channel, which take the number of what they answer (RFC 6347 4.2.1).
    """
    return _HEADER.pack(content_type, DTLS_1_2, number, len(fragment)) + fragment


class ReplayWindow:
    """Which of the last 64 sequence numbers were seen (RFC 6347 4.1.2.6).

    `_seen` is a bit map whose lowest bit is `highest`, as in RFC 4303 3.4.3. What is older than 64
    is refused: it may or may not have been seen.
    """

    __slots__ = ("_seen", "highest")

    def __init__(self) -> None:
        self.highest = -1
        """The highest number seen; whatever is above it is fresh."""
        self._seen = 0

    def is_fresh(self, number: int) -> bool:
        """Whether a record with this number may be accepted; nothing is remembered by asking."""
        behind = self.highest - number
        return behind < 0 or (behind < _WINDOW and not self._seen >> behind & 1)

    def mark(self, number: int) -> None:
        """Remember the number; to be called after the record proved authentic."""
        ahead = number - self.highest
        if ahead > 0:
            self._seen = (self._seen << min(ahead, _WINDOW) | 1) & _WINDOW_MASK
            self.highest = number
        else:
            self._seen |= 1 << -ahead


class Channel:
    """Writes records in epoch 0 and, once it has keys, in epoch 1, and opens those of epoch 1.

    Numbers of a sender only go up, whatever is repeated: each record has its own, and with it its
    own nonce. Two records under one nonce would give away the difference of their contents on CCM
    and GCM, and the key of GCM's tag.
    """

    __slots__ = ("_next", "_reader", "_window", "_writer", "reading", "writing")

    def __init__(self, first_number: int = 0) -> None:
        self._next = [first_number, FIRST_PROTECTED]
        self._writer: Protection | None = None
        self._reader: Protection | None = None
        self._window = ReplayWindow()
        self.reading = 0
        """The epoch in which the peer is expected to write."""
        self.writing = 0
        """The epoch in which new messages are written."""

    def set_keys(self, writer: Protection, reader: Protection) -> None:
        """Install the keys of epoch 1; `reading` and `writing` say when they are used.

        They are there from the key exchange on, and used after each side's ChangeCipherSpec.
        """
        self._writer, self._reader = writer, reader

    def seal(self, content_type: ContentType, content: bytes, epoch: int) -> bytes:
        """Return a whole record.

        Raises ValueError for more than `MAXIMUM_CONTENT` octets of content (RFC 5246 6.2.1).
        """
        if len(content) > MAXIMUM_CONTENT:
            raise ValueError(f"{len(content)} octets do not fit a record of {MAXIMUM_CONTENT}")
        sequence = self._next[epoch]
        self._next[epoch] = sequence + 1
        if epoch:
            assert self._writer is not None
            content = self._writer.seal(content_type, sequence, content)
        return _HEADER.pack(content_type, DTLS_1_2, sequence, len(content)) + content

    def open(self, record: Record) -> bytes | None:
        """Return the content of a record of epoch 1, or None if it is a replay or not authentic.

        None does not tell which, and nothing is raised: records of strangers are many.
        """
        # The number in epoch 1: below zero in epoch 0, too high in the others.
        number = record.sequence - FIRST_PROTECTED
        if self._reader is None or not 0 <= number < FIRST_PROTECTED:
            return None
        if record.version != DTLS_1_2:
            return None
        # Nearly every record is ahead of all others, and then nothing has to be looked up.
        if number <= self._window.highest and not self._window.is_fresh(number):
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
