"""The presentation language of RFC 5246 4: big-endian integers and length-prefixed vectors.

A decoder takes what it needs and then calls `finish`; all errors are one `DecodeError`, whatever
the octets are. Nothing is reserved for a length before the octets were seen to be there.

>>> reader = Reader(bytes.fromhex("0004 0017 0018"))
>>> reader.numbers(2, 2)
(23, 24)
>>> reader.finish()
"""

from onboardee.wire.dtls.errors import DecodeError


class Reader:
    """A cursor over octets; running past the end raises `DecodeError`.

    It never moves back, so that a message is read in the order of its definition.
    """

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def take(self, size: int) -> bytes:
        """Return the next `size` octets, exactly as many. Raises `DecodeError`."""
        end = self._position + size
        if end > len(self._data):
            raise DecodeError("truncated")
        piece = self._data[self._position : end]
        self._position = end
        return piece

    def uint(self, size: int) -> int:
        """Return the next integer of `size` octets."""
        return int.from_bytes(self.take(size))

    def vector(self, length_size: int, minimum: int = 0, maximum: int = 2**24) -> bytes:
        """Return the content of a vector whose length field takes `length_size` octets.

        Raises `DecodeError` for a length outside `minimum` to `maximum`, the bounds that the
        specification gives the vector, and for one beyond the end.
        """
        length = self.uint(length_size)
        if not minimum <= length <= maximum:
            raise DecodeError("vector length out of range")
        return self.take(length)

    def numbers(self, length_size: int, item_size: int) -> tuple[int, ...]:
        """Return the items of a non-empty vector of integers of `item_size` octets.

        A length that is no multiple of the item's size is malformed (RFC 5246 4.3).
        """
        content = self.vector(length_size, minimum=item_size)
        if len(content) % item_size:
            raise DecodeError("vector length is no multiple of its item size")
        return tuple(
            int.from_bytes(content[at : at + item_size]) for at in range(0, len(content), item_size)
        )

    @property
    def at_end(self) -> bool:
        """Whether everything was read."""
        return self._position == len(self._data)

    def finish(self) -> None:
        """Raise `DecodeError` if octets are left over."""
        if not self.at_end:
            raise DecodeError("trailing octets")


def vector(length_size: int, content: bytes) -> bytes:
    """Return `content` behind its length."""
    return len(content).to_bytes(length_size) + content


def numbers(length_size: int, item_size: int, items: tuple[int, ...]) -> bytes:
    """Return a vector of integers of `item_size` octets each."""
    return vector(length_size, b"".join(item.to_bytes(item_size) for item in items))
