"""A database as octets and back, in one of two forms: JSON that a person can read, and CBOR.

The model is declared once, in `svrdb.model`, and both forms follow from it by msgspec: names, types
and defaults are the same in both. They differ in the envelope around it (`json_codec`,
`cbor_codec`) and in how octets are written: base64 text in JSON, a byte string in CBOR.

`encode` and `read` are for files, with a header and a checksum; `pack` and `unpack` for a record of
the journal, which has a checksum of its own. For each database that is accepted, what is read back
equals what was written, and encodes to the same octets: `encode` tries it, because a structure that
code has built is checked nowhere else.
"""

from typing import Final, Protocol

from onboardee.svrdb.cbor_codec import CborCodec
from onboardee.svrdb.coding import FORMAT, Commit, StoredDatabase, Unreadable
from onboardee.svrdb.json_codec import JsonCodec
from onboardee.svrdb.model import Database

__all__ = ["CBOR", "CODECS", "FORMAT", "JSON", "Codec", "Commit", "StoredDatabase", "Unreadable"]


class Codec(Protocol):
    """One way to write a database into a file."""

    @property
    def name(self) -> str:
        """The name of this way of writing, which is also the ending of its files."""

    @property
    def file_name(self) -> str:
        """The name of a file written this way."""

    def encode(self, database: Database, commit: Commit | None = None) -> bytes:
        """Return the file's content; ValueError if it could not be read back as the same.

        With a `commit` it is a file of version 2, the database of a running store; without one of
        version 1, a snapshot.
        """

    def decode(self, content: bytes) -> Database:
        """Return the database, or raise `Unreadable`."""

    def read(self, content: bytes) -> StoredDatabase:
        """Return the database and which commit it is, or raise `Unreadable`.

        The checksum is compared before the database is decoded.
        """

    def pack(self, database: Database) -> bytes:
        """Return the database without a header; ValueError as `encode`."""

    def wrap(self, body: bytes, commit: Commit) -> bytes:
        """Return the content of a file of version 2 of a database that was packed.

        It is as short as it can be: for files that are rows of a table, which people do not open.
        """

    def unpack(self, body: bytes) -> Database:
        """Return the database that was packed, or raise `Unreadable`.

        For octets whose checksum was found right: an error means another version, not damage.
        """


# In the order in which they are looked for; the name of each is the ending of its files.
JSON: Final = JsonCodec()
CBOR: Final = CborCodec()
CODECS: Final[tuple[Codec, ...]] = (JSON, CBOR)
