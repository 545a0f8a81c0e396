"""Handshake messages on the wire: header and fragments (RFC 6347 4.2.2, 4.2.3)."""

from collections.abc import Iterator
from typing import Final, NamedTuple

HANDSHAKE_HEADER_SIZE: Final = 12


class Message(NamedTuple):
    """One whole handshake message."""

    type: int
    sequence: int
    body: bytes

    def encode(self) -> bytes:
        """Return it as a single fragment, the form that is hashed (RFC 6347 4.2.6)."""
        return fragment(self, 0, len(self.body))


class Fragment(NamedTuple):
    """A part of a handshake message; `length` is that of the whole."""

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


def fragment(message: Message, offset: int, size: int) -> bytes:
    """Return a part of a message behind its header."""
    return (
        message.type.to_bytes(1)
        + len(message.body).to_bytes(3)
        + message.sequence.to_bytes(2)
        + offset.to_bytes(3)
        + size.to_bytes(3)
        + message.body[offset : offset + size]
    )


def split_fragments(content: bytes) -> Iterator[Fragment]:
    """Yield the fragments in a handshake record up to the first malformed one."""
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
