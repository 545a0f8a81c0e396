"""A database as indented JSON, for people."""

import hashlib
import re
import struct
from typing import Final

import msgspec

from onboardee.svrdb.coding import (
    ALL_PARSES,
    ALONE,
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
from onboardee.svrdb.damage import json_places, place_at
from onboardee.svrdb.model import Database


class _Envelope(msgspec.Struct, kw_only=True):
    """The outermost JSON object; `commit` and `folded` are those of version 2."""

    format: str = FORMAT
    version: int
    commit: int | msgspec.UnsetType = msgspec.UNSET
    folded: str | msgspec.UnsetType = msgspec.UNSET
    sha256: str
    database: msgspec.Raw


_NO_HEX: Final = "0" * 64
_NUMBER: Final = struct.Struct(">Q")
"""What a commit's number has to fit in: a journal has no room for more."""
_ENCODER: Final = msgspec.json.Encoder()
_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_DATABASE: Final = msgspec.json.Decoder(Database)
_BYTE: Final = re.compile(r"byte (\d+)")


class JsonCodec:
    """Indented JSON, members in the model's order, keys in base64."""

    name = "json"
    file_name = "svr.json"

    def encode(self, database: Database, commit: Commit | None = None) -> bytes:
        """Return JSON of two-space indentation that ends with a newline."""
        body = msgspec.Raw(self.pack(database))
        envelope = _Envelope(version=ALONE, sha256=_NO_HEX, database=body)
        if commit is not None:
            envelope.version = NUMBERED
            envelope.commit, envelope.folded = commit.number, commit.folded.hex()
        blank = msgspec.json.format(_ENCODER.encode(envelope), indent=2) + b"\n"
        return blank.replace(_NO_HEX.encode(), _hex_digest(blank), 1)

    def decode(self, content: bytes) -> Database:
        """Return the database: see `read`."""
        return self.read(content).database

    def read(self, content: bytes) -> Stored:
        """Check form, checksum and version, in this order, and then the database."""
        envelope = _envelope(content)
        if envelope.format != FORMAT:
            raise Unreadable(f"is not a device's database (its `format` is not {FORMAT!r})")
        blank = content.replace(envelope.sha256.encode(), _NO_HEX.encode(), 1)
        if _hex_digest(blank) != envelope.sha256.encode():
            octet = content.find(envelope.sha256.encode())
            raise Unreadable(
                "was edited by hand or damaged (its content does not match its `sha256` at octet "
                f"{octet}; {_detail(content, envelope)})",
                octet,
            )
        require_known(envelope.version)
        return Stored(_database(bytes(envelope.database), content), _commit(envelope))

    def pack(self, database: Database) -> bytes:
        """Return JSON in one line."""
        body = _ENCODER.encode(database)
        require_same(database, self.unpack(body))
        return body

    def unpack(self, body: bytes) -> Database:
        """Check the database."""
        return _database(body)


def _hex_digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _envelope(content: bytes) -> _Envelope:
    try:
        return _ENVELOPE.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if "truncated" in str(error):
            raise too_short(content) from None
        raise _broken(content, error) from None


def _commit(envelope: _Envelope) -> Commit | None:
    if envelope.version == ALONE:
        return None
    try:
        number = msgspec.convert(envelope.commit, int)
        _NUMBER.pack(number)
        return Commit(number, bytes.fromhex(msgspec.convert(envelope.folded, str)))
    except (ValueError, struct.error):
        raise Unreadable("does not say which commit it holds") from None


def _broken(content: bytes, error: Exception) -> Unreadable:
    """Name the octet at which reading stopped, and the value in which that is."""
    octet = 0
    if found := _BYTE.search(str(error)):
        octet = int(found[1])
    elif isinstance(error, UnicodeDecodeError):
        octet = _first_undecodable(content)
    path = place_at(json_places(content), octet)
    return Unreadable(f"is damaged ({error}; octet {octet}, in `{path}`)", octet)


def _first_undecodable(content: bytes) -> int:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(content)


def _database(body: bytes, content: bytes | None = None) -> Database:
    """Decode a database; `content` is the file it is from, for the octet of what is wrong."""
    try:
        return _DATABASE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        first = 0 if content is None else content.find(body)
        raise invalid(error, json_places(body), first) from None


def _detail(content: bytes, envelope: _Envelope) -> str:
    """Tell what else is wrong in a file whose checksum is."""
    try:
        database = _database(bytes(envelope.database), content)
        commit = _commit(envelope)
    except Unreadable as finding:
        return f"it {finding}"
    written = JsonCodec().encode(database, commit)
    octet = _first_difference(content, written, content.find(envelope.sha256.encode()))
    if octet is None:
        return ALL_PARSES
    path = place_at(json_places(content), octet)
    return f"octet {octet}, in `{path}`, is the first that was not written like this"


def _first_difference(content: bytes, written: bytes, digest: int) -> int | None:
    """Return the first octet in which two files differ, their checksums left out."""
    ignored = range(digest, digest + len(_NO_HEX))
    pairs = enumerate(zip(content, written, strict=False))
    return next((at for at, (one, other) in pairs if one != other and at not in ignored), None)
