"""Handshake messages on the wire: header and fragments (RFC 6347 4.2.2, 4.2.3).

    octets   0      1-3      4-5        6-8      9-11              12 ...
             type   length   sequence   offset   fragment length   fragment

A message that is not cut has offset 0 and both lengths the same, and so it enters the transcript,
however it was cut on its way (RFC 6347 4.2.6). `sequence` counts the messages of one side; a server
goes on from the number of the ClientHello, as it has no state before.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

HANDSHAKE_HEADER_SIZE: Final = 12


class HandshakeMessage(NamedTuple):
    """One whole handshake message: type, number, body."""

    type: int
    sequence: int
    body: bytes

    def encode(self) -> bytes:
        """Return it as a single fragment, the form that is hashed (RFC 6347 4.2.6)."""
        return fragment(self, 0, len(self.body))


class Fragment(NamedTuple):
    """A part of a handshake message; `length` is that of the whole.

    What it says of itself is not to be trusted in epoch 0; only that it lies within its own length
    is certain (`split_fragments`).
    """

    type: int
    length: int
    sequence: int
    offset: int
    data: bytes

    @property
    def end(self) -> int:
        """Where the part ends within the whole."""
        return self.offset + len(self.data)

    @property
    def is_whole(self) -> bool:
        """Whether it is the complete message."""
        return self.offset == 0 and len(self.data) == self.length


def fragment(message: HandshakeMessage, offset: int, size: int) -> bytes:
    """Return a part of a message behind its header.

    >>> fragment(HandshakeMessage(20, 3, b"abcdef"), 2, 4).hex()
    '14000006000300000200000463646566'
    """
    return (
        message.type.to_bytes(1)
        + len(message.body).to_bytes(3)
        + message.sequence.to_bytes(2)
        + offset.to_bytes(3)
        + size.to_bytes(3)
        + message.body[offset : offset + size]
    )


def split_fragments(content: bytes) -> Iterator[Fragment]:
    """Yield the fragments in a handshake record up to the first malformed one.

    One whose end is beyond the record, or beyond its own message, ends the list: its neighbours
    cannot be told from it. The rest of the record is dropped, as the peer sends it again.
    """
    position, end = 0, len(content)
    while position + HANDSHAKE_HEADER_SIZE <= end:
        header = content[position : position + HANDSHAKE_HEADER_SIZE]
        length = int.from_bytes(header[1:4])
        offset = int.from_bytes(header[6:9])
        start = position + HANDSHAKE_HEADER_SIZE
        position = start + int.from_bytes(header[9:12])
        if position > end or offset + position - start > length:
            return
        sequence = int.from_bytes(header[4:6])
        yield Fragment(header[0], length, sequence, offset, content[start:position])
