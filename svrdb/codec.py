"""A database as octets and back, in one of two forms: JSON that a person can read, and CBOR."""

from typing import Final, Protocol

from onboardee.svrdb.cbor_codec import CborCodec
from onboardee.svrdb.coding import FORMAT, Commit, Stored, Unreadable
from onboardee.svrdb.json_codec import JsonCodec
from onboardee.svrdb.model import Database

__all__ = ["CBOR", "CODECS", "FORMAT", "JSON", "Codec", "Commit", "Stored", "Unreadable"]


class Codec(Protocol):
    """One way to write a database into a file."""

    @property
    def name(self) -> str:
        """The name of this way of writing, which is also the ending of its files."""

    @property
    def file_name(self) -> str:
        """The name of a file written this way."""

    def encode(self, database: Database, commit: Commit | None = None) -> bytes:
        """Return the file's content; ValueError if it could not be read back as the same."""

    def decode(self, content: bytes) -> Database:
        """Return the database, or raise `Unreadable`."""

    def read(self, content: bytes) -> Stored:
        """Return the database and which commit it is, or raise `Unreadable`."""

    def pack(self, database: Database) -> bytes:
        """Return the database without a header; ValueError as `encode`."""

    def unpack(self, body: bytes) -> Database:
        """Return the database that was packed, or raise `Unreadable`."""


JSON: Final = JsonCodec()
CBOR: Final = CborCodec()
CODECS: Final[tuple[Codec, ...]] = (JSON, CBOR)
