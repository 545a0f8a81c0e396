"""A database as indented JSON, for people.

    {
      "format": "onboardee-svr",
      "version": 2,
      "commit": 17,
      "folded": "9f86d081884c7d65...",
      "sha256": "60303ae22b998861...",
      "database": { "doxm": { "oxms": [0], ... }, ... }
    }

The members of the database stand in the model's order, under OCF's names, so that two files can be
compared line by line. An edit with a text editor is refused for its checksum, on purpose: what the
device would make of a typing error cannot be foreseen, and `svr edit` shows the same text and
checks what comes back.

The checksum covers the text as it stands, layout included. Computed over the parsed values, it
would have to rely on the parser to see all octets: duplicate members and trailing text would go
unseen.
"""

import hashlib
import re
import struct
from bisect import bisect_left
from typing import Final

import msgspec

from onboardee.svrdb.coding import (
    ALL_PARSES,
    ALONE,
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
from onboardee.svrdb.damage import json_places, place_at
from onboardee.svrdb.model import Database


class _Envelope(msgspec.Struct, kw_only=True):
    """The outermost JSON object; `commit` and `folded` are those of version 2.

    `folded` is a digest in hexadecimal. `database` is kept as text: it is decoded after the
    checksum.
    """

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

    def read(self, content: bytes) -> StoredDatabase:
        """Check form, checksum and version, in this order, and then the database.

        The form comes first here, as the checksum has to be found in it. Raises `Unreadable`, whose
        text tells an edit by hand from a syntax error.
        """
        envelope = _envelope(content)
        if envelope.format != FORMAT:
            raise Unreadable(f"is not a device's database (its `format` is not {FORMAT!r})")
        # The first occurrence is its own: what stands before it has no room for 64 hexadecimal
        # digits, and a file in which it has been given some does not match its checksum.
        blank = content.replace(envelope.sha256.encode(), _NO_HEX.encode(), 1)
        if _hex_digest(blank) != envelope.sha256.encode():
            octet = content.find(envelope.sha256.encode())
            raise Unreadable(
                "was edited by hand or damaged (its content does not match its `sha256` at octet "
                f"{octet}; {_detail(content, envelope)})",
                octet,
            )
        require_known(envelope.version)
        return StoredDatabase(_database(bytes(envelope.database), content), _commit(envelope))

    def pack(self, database: Database) -> bytes:
        """Return JSON in one line; ValueError where it would not come back the same."""
        body = _ENCODER.encode(database)
        require_same(database, self.unpack(body))
        return body

    def wrap(self, body: bytes, commit: Commit) -> bytes:
        """Return the same as `encode`, in one line."""
        envelope = _Envelope(
            version=NUMBERED,
            commit=commit.number,
            folded=commit.folded.hex(),
            sha256=_NO_HEX,
            database=msgspec.Raw(body),
        )
        blank = _ENCODER.encode(envelope) + b"\n"
        return blank.replace(_NO_HEX.encode(), _hex_digest(blank), 1)

    def unpack(self, body: bytes) -> Database:
        """Check the database."""
        return _database(body)


def _hex_digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _envelope(content: bytes) -> _Envelope:
    """Read the outermost object, and leave the database as the text that it is."""
    try:
        return _ENVELOPE.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if "truncated" in str(error):
            raise too_short(content) from None
        raise _broken(content, error) from None


def _commit(envelope: _Envelope) -> Commit | None:
    """Return which commit a file holds, None in version 1.

    The envelope leaves both members open in type, so that a file of version 1 needs none; here a
    number that is no unsigned 64-bit integer and a digest that is no hexadecimal text are refused.
    """
    if envelope.version == ALONE:
        return None
    try:
        number = msgspec.convert(envelope.commit, int)
        _NUMBER.pack(number)
        return Commit(number, bytes.fromhex(msgspec.convert(envelope.folded, str)))
    except (ValueError, struct.error):
        raise Unreadable("does not say which commit it holds") from None


def _broken(content: bytes, error: Exception) -> Unreadable:
    """Name the octet at which reading stopped, and the value in which that is.

    msgspec says "byte 17" for what is no JSON, and nothing for octets that are no UTF-8.
    """
    octet = 0
    if found := _BYTE.search(str(error)):
        octet = int(found[1])
    elif isinstance(error, UnicodeDecodeError):
        octet = _first_undecodable(content)
    path = place_at(json_places(content), octet)
    return Unreadable(f"is damaged ({error}; octet {octet}, in `{path}`)", octet)


def _first_undecodable(content: bytes) -> int:
    """Return the octet at which a text stops being UTF-8."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(content)


def _database(body: bytes, content: bytes | None = None) -> Database:
    """Decode a database; `content` is the file it is from, for the octet of what is wrong.

    Without a file it is a record of the journal, and octets are counted from its own beginning.
    """
    try:
        return _DATABASE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        first = 0 if content is None else content.find(body)
        raise invalid(error, json_places(body), first) from None


def _detail(content: bytes, envelope: _Envelope) -> str:
    """Tell what else is wrong in a file whose checksum is.

    Either the file cannot be read for a further reason, or all of it parses and one value was
    changed; then it is written once more from what was read, and the first octet in which the two
    differ is where somebody has worked on the layout.
    """
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
    """Return the first octet in which two files differ, their checksums left out.

    None if they are the same otherwise, or one is the beginning of the other.
    """
    start = max(digest, 0)
    behind = start + len(_NO_HEX)
    blank = bytes(len(_NO_HEX))
    one, other = (each[:start] + blank + each[behind:] for each in (content, written))
    size = min(len(content), len(written))
    at = bisect_left(range(size), True, key=lambda last: one[: last + 1] != other[: last + 1])
    return at if at < size else None
