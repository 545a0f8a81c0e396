"""The journal: what was committed since the database's file was last replaced.

It lies beside that file as `svr.journal` and is a row of records, each a whole database. A record
has as many blocks of `BLOCK` octets as it needs, filled up with zeros. The file has its size from
the beginning on, all zeros, so that to sync a record needs no more than its own blocks. No block
of a record that was synced is ever written again: a torn write harms nothing but itself. When the
database's file is replaced, an empty journal takes the place of this one.

Each record says which file it follows (`base`, that file's digest), its number, and up to which
number all was synced when it was written. Behind a record that was synced stands, where the next
one will begin, a seal: a record without database that says so. This is written without waiting
for the disk. A record that cannot be read is thereby known for what it is: the last one, never
promised to anybody and torn by a power cut, or one that was promised and is damaged.

Where a block begins with a record's magic, a record begins: the further blocks of a record begin
with a zero, so that nothing that a peer had stored can be taken for one.
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

# magic (which names the codec), base, number, synced, size of the body, checksum of all
_HEAD: Final = struct.Struct(f">8s{DIGEST_SIZE}sQQI32s")
_MAGIC: Final = {codec.name: f"svr-{codec.name}".encode() for codec in CODECS}
_CODECS: Final = {_MAGIC[codec.name]: codec for codec in CODECS}


_FURTHER: Final = b"\0"
"""How each block of a record but the first begins."""
_STEP: Final = BLOCK - len(_FURTHER)


@dataclass(frozen=True, slots=True)
class Record:
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
        """Return whole blocks."""
        content = self._head(self.checksum()) + self.body
        starts = range(BLOCK, len(content), _STEP)
        blocks = [content[:BLOCK], *(_FURTHER + content[at : at + _STEP] for at in starts)]
        return b"".join(block.ljust(BLOCK, b"\0") for block in blocks)

    def checksum(self) -> bytes:
        """Return the SHA-256 of all that it says, with zeros in the checksum's own place."""
        return hashlib.sha256(self._head(bytes(32)) + self.body).digest()

    def database(self) -> Database:
        """Return what it holds. Raises `Unreadable`."""
        return self.codec.unpack(self.body)

    def _head(self, checksum: bytes) -> bytes:
        magic = _MAGIC[self.codec.name]
        return _HEAD.pack(magic, self.base, self.number, self.synced, len(self.body), checksum)


def records_of(journal: bytes) -> list[Record]:
    """Return all intact records and seals, whichever file they follow, in the order of the file."""
    places = range(0, len(journal), BLOCK)
    return [found for at in places if (found := _record_at(journal, at)) is not None]


def _record_at(journal: bytes, at: int) -> Record | None:
    if journal[at : at + 8] not in _CODECS or len(journal) < at + _HEAD.size:
        return None
    magic, base, number, synced, size, checksum = _HEAD.unpack_from(journal, at)
    blocks = 1 + max(0, -(-(_HEAD.size + size - BLOCK) // _STEP))
    end = min(at + blocks * BLOCK, len(journal))
    starts = range(at + BLOCK, end, BLOCK)
    rest = [journal[start + len(_FURTHER) : start + BLOCK] for start in starts]
    body = b"".join([journal[at + _HEAD.size : at + BLOCK], *rest])[:size]
    record = Record(_CODECS[magic], base, number, synced, body, end)
    return record if len(body) == size and record.checksum() == checksum else None
