"""The journal: what was committed since the database's file was last replaced.

It lies beside that file as `svr.journal` and is a row of records, each a whole database. Records of
differences would be shorter, but each would need all before it; a database takes a block or two. A
record has as many blocks of `BLOCK` octets as it needs, filled up with zeros:

    block 0      block 1      block 2        block 3      block 4 ...
    +----------+ +----------+ +------------+ +----------+
    | record 5 | | record 6 | | 0 record 6 | | seal 6   |   zeros
    | head     | | head     | | continued  | | head     |
    | body     | | body     | |            | |          |
    +----------+ +----------+ +------------+ +----------+
                                             ^ record 7 will be written here

The file has its size from the beginning on, all zeros that were written and not only reserved, so
that to sync a record changes no size and no map of the file: one `fdatasync` of its own blocks. No
block of a record that was synced is ever written again: a memory card may destroy a whole block
when the power goes during a write, and a torn write harms nothing but itself. A full journal is
therefore not written over from its beginning; the database's file is replaced, and then an empty
journal takes the place of this one.

Each record says which file it follows (`base`, that file's digest), its number, and up to which
number all was synced when it was written. Behind a record that was synced stands, where the next
one will begin, a seal: a record without database that says so. This is written without waiting for
the disk. A record that cannot be read is thereby known for what it is:

    what is found                         what it means
    -----------------------------------   -----------------------------------------------
    record 6 torn, nothing says 6 synced  the power went before the answer: 5 is current
    record 6 torn, a seal or record 7     6 was promised to somebody: damage, for a person
      says 6 was synced
    record 6 intact, nothing says synced  it is current, and is made durable before use

Without the seal, damage to the last acknowledged change would look like the first case, and an
older state would be taken for the current one. A power cut within seconds after an answer may take
the seal; the record it does not take.

Where a block begins with a record's magic, a record begins: a reader has to find records behind one
that is damaged, whose size it cannot trust. The further blocks of a record begin with a zero, so
that nothing that a peer had stored (a key that looks like a record, at the right offset) can be
taken for one.
"""

import hashlib
import struct
from dataclasses import dataclass, field
from typing import Final

from onboardee.svrdb.codec import CODECS, Codec
from onboardee.svrdb.coding import DIGEST_SIZE
from onboardee.svrdb.model import Database
from onboardee.svrdb.storage import PREFIX

JOURNAL_NAME: Final = f"{PREFIX}journal"
BLOCK: Final = 4096
"""What disks and file systems write as a whole, or destroy when the power goes."""
SIZE: Final = 32 * BLOCK
"""Octets of a journal; when a record and its seal do not fit, the database's file is replaced."""

# The head of a record, 76 octets, integers big-endian:
# magic (which names the codec), base, number, synced, size of the body, checksum of all
_HEAD: Final = struct.Struct(f">8s{DIGEST_SIZE}sQQI32s")
_MAGIC: Final = {codec.name: f"svr-{codec.name}".encode() for codec in CODECS}
_CODECS: Final = {_MAGIC[codec.name]: codec for codec in CODECS}


_FURTHER: Final = b"\0"
"""How each block of a record but the first begins."""
_STEP: Final = BLOCK - len(_FURTHER)


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """One record, or, without body, a seal."""

    codec: Codec
    base: bytes
    """The digest of the file that it follows."""
    number: int
    """Of the commit; a seal has that of the record before it."""
    synced: int
    """Up to which number all was synced when this was written."""
    body: bytes = b""
    end: int = field(default=0, compare=False)
    """Where it ends in the journal that it was read from."""

    def encode(self) -> bytes:
        """Return whole blocks: head and body, with a zero before each further block's share."""
        content = self._head(self.checksum()) + self.body
        starts = range(BLOCK, len(content), _STEP)
        blocks = [content[:BLOCK], *(_FURTHER + content[at : at + _STEP] for at in starts)]
        return b"".join(block.ljust(BLOCK, b"\0") for block in blocks)

    def checksum(self) -> bytes:
        """Return the SHA-256 of all that it says, with zeros in the checksum's own place.

        It covers the head as well: a flipped bit in `synced` could otherwise pass off a promised
        record as a torn one.
        """
        return hashlib.sha256(self._head(bytes(32)) + self.body).digest()

    def database(self) -> Database:
        """Return what it holds.

        Raises `Unreadable` where the body is intact but no database: written by a later version.
        """
        return self.codec.unpack(self.body)

    def _head(self, checksum: bytes) -> bytes:
        magic = _MAGIC[self.codec.name]
        return _HEAD.pack(magic, self.base, self.number, self.synced, len(self.body), checksum)


def records_of(journal: bytes) -> list[JournalRecord]:
    """Return all intact records and seals, whichever file they follow, in the order of the file.

    Each block is looked at, so that what stands behind a damaged record is found. What is cut off,
    torn or no record is passed over; whether something is missing is for `svrdb.contents` to see by
    the numbers.
    """
    # most blocks of a journal are the zeros that it began with: a call for each took longer than
    # all the rest of finding a database
    places = [at for at in range(0, len(journal), BLOCK) if journal[at : at + 8] in _CODECS]
    return [found for at in places if (found := _record_at(journal, at)) is not None]


def _record_at(journal: bytes, at: int) -> JournalRecord | None:
    """Return the record that begins with its magic at octet `at`, None if it is not intact.

    `size` is not to be trusted before the checksum is right: slices stop at the end of the journal,
    so that the worst a wrong size does is to have all of it hashed.
    """
    if len(journal) < at + _HEAD.size:
        return None
    magic, base, number, synced, size, checksum = _HEAD.unpack_from(journal, at)
    blocks = 1 + max(0, -(-(_HEAD.size + size - BLOCK) // _STEP))
    end = min(at + blocks * BLOCK, len(journal))
    starts = range(at + BLOCK, end, BLOCK)
    rest = [journal[start + len(_FURTHER) : start + BLOCK] for start in starts]
    body = b"".join([journal[at + _HEAD.size : at + BLOCK], *rest])[:size]
    record = JournalRecord(_CODECS[magic], base, number, synced, body, end)
    return record if len(body) == size and record.checksum() == checksum else None
