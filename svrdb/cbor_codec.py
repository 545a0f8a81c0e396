"""A database as CBOR, for devices with little room and tools that prefer it."""

import hashlib
import struct
from typing import Final, TypeVar

import cbor2
import msgspec

from onboardee.svrdb.coding import (
    ALL_PARSES,
    ALONE,
    DIGEST_SIZE,
    FORMAT,
    NUMBERED,
    Commit,
    Stored,
    Unreadable,
    invalid,
    require_known,
    require_same,
    too_short,
)
from onboardee.svrdb.damage import cbor_places
from onboardee.svrdb.model import Database

_T = TypeVar("_T")

# Tag 55799 ("this is CBOR") and the first item of [format, version, sha256, database]; the last
# is a byte string, so that nothing is parsed before the checksum was found right.
_HEAD: Final = b"\xd9\xd9\xf7\x84" + cbor2.dumps(FORMAT)
_DIGEST: Final = slice(len(_HEAD) + 3, len(_HEAD) + 3 + 32)

# In version 2 the number of the commit and the digest come before the database's own CBOR.
_COMMIT: Final = struct.Struct(f">Q{DIGEST_SIZE}s")

_ERRORS: Final = (msgspec.ValidationError, cbor2.CBORDecodeError)


class CborCodec:
    """One CBOR array of format, version, checksum and the database's own CBOR."""

    name = "cbor"
    file_name = "svr.cbor"

    def encode(self, database: Database, commit: Commit | None = None) -> bytes:
        """Return one CBOR item, tagged as CBOR."""
        version, body = ALONE, self.pack(database)
        if commit is not None:
            version, body = NUMBERED, _COMMIT.pack(*commit) + body
        blank = _HEAD + b"".join(cbor2.dumps(item) for item in (version, bytes(32), body))
        return _with_digest(blank, hashlib.sha256(blank).digest())

    def decode(self, content: bytes) -> Database:
        """Return the database: see `read`."""
        return self.read(content).database

    def read(self, content: bytes) -> Stored:
        """Check length, beginning, checksum and version, and then the database."""
        if len(content) < _DIGEST.stop:
            raise too_short(content)
        if not content.startswith(_HEAD):
            raise Unreadable("is not a device's database (it does not begin like one)")
        blank = _with_digest(content, bytes(32))
        if hashlib.sha256(blank).digest() != content[_DIGEST]:
            octet = _DIGEST.start
            raise Unreadable(
                f"is damaged (its content does not match its checksum at octet {octet}; "
                f"{_detail(content)})",
                octet,
            )
        try:
            _format, version, _digest, body = _item(content, tuple[str, int, bytes, bytes])
        except _ERRORS as error:
            raise invalid(error, cbor_places(content)) from None
        require_known(version)
        commit, packed = _commit(version, body)
        return Stored(_database(packed, len(content) - len(packed)), commit)

    def pack(self, database: Database) -> bytes:
        """Return the database's own CBOR."""
        body = cbor2.dumps(msgspec.to_builtins(database, builtin_types=(bytes,)))
        require_same(database, self.unpack(body))
        return body

    def unpack(self, body: bytes) -> Database:
        """Check the database."""
        return _database(body)


def _with_digest(content: bytes, digest: bytes) -> bytes:
    return content[: _DIGEST.start] + digest + content[_DIGEST.stop :]


def _commit(version: int, body: bytes) -> tuple[Commit | None, bytes]:
    """Return which commit it is, and the database's own CBOR."""
    if version == ALONE:
        return None, body
    if len(body) < _COMMIT.size:
        raise Unreadable("does not say which commit it holds")
    return Commit(*_COMMIT.unpack_from(body)), body[_COMMIT.size :]


def _database(body: bytes, first: int = 0) -> Database:
    """Decode a database that begins at octet `first` of its file."""
    try:
        return _item(body, Database)
    except _ERRORS as error:
        raise invalid(error, cbor_places(body), first) from None


def _detail(content: bytes) -> str:
    """Tell what else is wrong in a file whose checksum is."""
    try:
        _format, version, _digest, body = _item(content, tuple[str, int, bytes, bytes])
        _, packed = _commit(version, body)
        _database(packed, len(content) - len(packed))
    except _ERRORS as error:
        path, octet = cbor_places(content)[-1]
        return f"reading stops at octet {octet}, in `{path}`: {error}"
    except Unreadable as finding:
        return f"it {finding}"
    return ALL_PARSES


def _item(content: bytes, kind: type[_T]) -> _T:
    """Decode one item; raises one of `_ERRORS`."""
    return msgspec.convert(cbor2.loads(content), kind, builtin_types=(bytes,))
