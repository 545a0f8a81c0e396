"""A database as CBOR, for devices with little room and tools that prefer it.

One item, which any CBOR tool shows (RFC 8949):

    55799(["onboardee-svr", version, h'sha256, 32 octets', h'database'])

Tag 55799 makes the file known by its first octets (RFC 8949 3.4.6). The database is a byte string
and not the map itself, so that nothing of it is parsed before the checksum was found right; in
version 2 the number of the commit and the digest of the folded file come before the map in that
string.

In the map UUIDs are text, as OCF writes them on the wire. Keys are byte strings, and a text in the
place of one is refused: it would be a guess whether it is the key or the key in base64.
"""

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
    StoredDatabase,
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
# Behind the head stand one octet of version and two that begin a byte string of 32.
_DIGEST: Final = slice(len(_HEAD) + 3, len(_HEAD) + 3 + 32)

# In version 2 the number of the commit and the digest come before the database's own CBOR.
_COMMIT: Final = struct.Struct(f">Q{DIGEST_SIZE}s")

# What reading raises for octets that are no CBOR, or CBOR that is no database.
_ERRORS: Final = (msgspec.ValidationError, cbor2.CBORDecodeError)


class CborCodec:
    """One CBOR array of format, version, checksum and the database's own CBOR."""

    name = "cbor"
    file_name = "svr.cbor"

    def encode(self, database: Database, commit: Commit | None = None) -> bytes:
        """Return one CBOR item, tagged as CBOR."""
        body = self.pack(database)
        return _enveloped(ALONE, body) if commit is None else self.wrap(body, commit)

    def decode(self, content: bytes) -> Database:
        """Return the database: see `read`."""
        return self.read(content).database

    def read(self, content: bytes) -> StoredDatabase:
        """Check length, beginning, checksum and version, and then the database.

        In this order, so that each file is refused with the reason that a person can act on: cut
        off, not ours, damaged, too new, invalid. Raises `Unreadable`.
        """
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
        return StoredDatabase(_database(packed, len(content) - len(packed)), commit)

    def pack(self, database: Database) -> bytes:
        """Return the database's own CBOR; ValueError where it would not come back the same."""
        body = cbor2.dumps(msgspec.to_builtins(database, builtin_types=(bytes,)))
        require_same(database, self.unpack(body))
        return body

    def wrap(self, body: bytes, commit: Commit) -> bytes:
        """Return the same as `encode`."""
        return _enveloped(NUMBERED, _COMMIT.pack(*commit) + body)

    def unpack(self, body: bytes) -> Database:
        """Check the database."""
        return _database(body)


def _enveloped(version: int, body: bytes) -> bytes:
    blank = _HEAD + b"".join(cbor2.dumps(item) for item in (version, bytes(32), body))
    return _with_digest(blank, hashlib.sha256(blank).digest())


def _with_digest(content: bytes, digest: bytes) -> bytes:
    """Return a file with this in the place of its checksum, which has a fixed offset.

    The octets around it stay: the length is checked before, and version 1 and 2 take one octet
    each.
    """
    return content[: _DIGEST.start] + digest + content[_DIGEST.stop :]


def _commit(version: int, body: bytes) -> tuple[Commit | None, bytes]:
    """Return which commit it is, and the database's own CBOR. Raises `Unreadable`.

    Both come out of a byte string whose checksum was right, so that a string too short for them is
    the work of a program, not of a disk; it is refused all the same.
    """
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
    """Tell what else is wrong in a file whose checksum is.

    Read without trust in it, for the sentence only: CBOR that cannot be followed, a database that
    breaks the model, or nothing, where a value has become another one.
    """
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
    """Decode one item; raises one of `_ERRORS`.

    Octets stay octets: a text in the place of a key is an error, not a key in base64.
    """
    return msgspec.convert(cbor2.loads(content), kind, builtin_types=(bytes,))
