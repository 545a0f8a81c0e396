"""A block option's value and the part of a body it stands for (RFC 7959 2.2)."""

from typing import NamedTuple

_LARGEST_EXPONENT = 6
RESERVED = 7
"""An SZX that stands for no size over UDP; a request with it is a bad one."""


class Block(NamedTuple):
    """NUM, M and SZX of a Block1 or Block2 option."""

    number: int
    more: bool
    exponent: int

    @property
    def size(self) -> int:
        """The block's size in bytes."""
        return 1 << (self.exponent + 4)

    @property
    def offset(self) -> int:
        """Where the block begins in the body."""
        return self.number << (self.exponent + 4)

    def at_most(self, exponent: int) -> "Block":
        """Return the same place in the body in blocks no larger than SZX `exponent`.

        SZX 7 has no size over UDP; in a response it is taken as 6, the nearest one that has.
        """
        own = min(self.exponent, _LARGEST_EXPONENT)
        if own <= exponent:
            return Block(self.number, self.more, own)
        return Block(self.number << (own - exponent), self.more, exponent)


def cut(body: bytes, wanted: Block) -> tuple[bytes, Block] | None:
    """Cut a block out of a body; `None` if the body ends before it."""
    if wanted.offset >= len(body) and wanted.number > 0:
        return None
    end = wanted.offset + wanted.size
    return body[wanted.offset : end], wanted._replace(more=end < len(body))
