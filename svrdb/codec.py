"""A database as octets and back: JSON that a person can read, and CBOR.

Both begin with a header of format, version and SHA-256 checksum. The checksum is that of the
whole file with zeros in the checksum's own place, so that no octet is left unwatched. It guards
against accidents, not against an attacker, who could compute it too.
"""

import hashlib
import re
from typing import Final, Protocol, TypeVar

import cbor2
import msgspec

from onboardee.svrdb.damage import Place, cbor_places, json_places, octet_of, place_at
from onboardee.svrdb.model import Database

_T = TypeVar("_T")

FORMAT: Final = "onboardee-svr"
VERSION: Final = 1


class Unreadable(ValueError):  # noqa: N818 - a finding about the content, which a store reports
    """Raised when octets are not an intact database; the text completes "The file ...".

    `octet` is where it is not, None if that is nowhere in particular.
    """

    def __init__(self, sentence: str, octet: int | None = None) -> None:
        super().__init__(sentence)
        self.octet = octet


class Codec(Protocol):
    """One way to write a database into a file."""

    @property
    def name(self) -> str:
        """The name of this way of writing, which is also the ending of its files."""

    @property
    def file_name(self) -> str:
        """The name of a file written this way."""

    def encode(self, database: Database) -> bytes:
        """Return the file's content; ValueError if it could not be read back as the same."""

    def decode(self, content: bytes) -> Database:
        """Return the database, or raise `Unreadable`."""


class _Envelope(msgspec.Struct, kw_only=True):
    """The outermost JSON object."""

    format: str = FORMAT
    version: int
    sha256: str
    database: msgspec.Raw


_NO_HEX: Final = "0" * 64
_JSON_ENCODER: Final = msgspec.json.Encoder()
_JSON_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_JSON_DATABASE: Final = msgspec.json.Decoder(Database)


class JsonCodec:
    """Indented JSON, members in the model's order, keys in base64."""

    name = "json"
    file_name = "svr.json"

    def encode(self, database: Database) -> bytes:
        """Return JSON of two-space indentation that ends with a newline."""
        body = _JSON_ENCODER.encode(database)
        _require_same(database, _json_database(body))
        envelope = _Envelope(version=VERSION, sha256=_NO_HEX, database=msgspec.Raw(body))
        blank = msgspec.json.format(_JSON_ENCODER.encode(envelope), indent=2) + b"\n"
        return blank.replace(_NO_HEX.encode(), _hex_digest(blank), 1)

    def decode(self, content: bytes) -> Database:
        """Check form, checksum and version, in this order, and then the database."""
        envelope = _json_envelope(content)
        if envelope.format != FORMAT:
            raise Unreadable(f"is not a device's database (its `format` is not {FORMAT!r})")
        blank = content.replace(envelope.sha256.encode(), _NO_HEX.encode(), 1)
        if _hex_digest(blank) != envelope.sha256.encode():
            octet = content.find(envelope.sha256.encode())
            raise Unreadable(
                "was edited by hand or damaged (its content does not match its `sha256` at octet "
                f"{octet}; {_json_detail(content, envelope)})",
                octet,
            )
        _require_known(envelope.version)
        return _json_database(bytes(envelope.database), content)


# Tag 55799 ("this is CBOR") and the first item of [format, version, sha256, database]; the last
# is a byte string, so that nothing is parsed before the checksum was found right.
_CBOR_HEAD: Final = b"\xd9\xd9\xf7\x84" + cbor2.dumps(FORMAT)
_CBOR_DIGEST: Final = slice(len(_CBOR_HEAD) + 3, len(_CBOR_HEAD) + 3 + 32)


class CborCodec:
    """One CBOR array of format, version, checksum and the database's own CBOR."""

    name = "cbor"
    file_name = "svr.cbor"

    def encode(self, database: Database) -> bytes:
        """Return one CBOR item, tagged as CBOR."""
        body = cbor2.dumps(msgspec.to_builtins(database, builtin_types=(bytes,)))
        _require_same(database, _cbor_database(body))
        blank = _CBOR_HEAD + b"".join(cbor2.dumps(item) for item in (VERSION, bytes(32), body))
        return _with_digest(blank, hashlib.sha256(blank).digest())

    def decode(self, content: bytes) -> Database:
        """Check length, beginning, checksum and version, and then the database."""
        if len(content) < _CBOR_DIGEST.stop:
            raise _too_short(content)
        if not content.startswith(_CBOR_HEAD):
            raise Unreadable("is not a device's database (it does not begin like one)")
        blank = _with_digest(content, bytes(32))
        if hashlib.sha256(blank).digest() != content[_CBOR_DIGEST]:
            octet = _CBOR_DIGEST.start
            raise Unreadable(
                f"is damaged (its content does not match its checksum at octet {octet}; "
                f"{_cbor_detail(content)})",
                octet,
            )
        try:
            _format, version, _digest, body = _cbor_item(content, tuple[str, int, bytes, bytes])
        except _CBOR_ERRORS as error:
            raise _invalid(error, cbor_places(content)) from None
        _require_known(version)
        return _cbor_database(body, len(content) - len(body))


JSON: Final = JsonCodec()
CBOR: Final = CborCodec()
CODECS: Final[tuple[Codec, ...]] = (JSON, CBOR)


def _require_known(version: int) -> None:
    if version != VERSION:
        raise Unreadable(f"has version {version}, and this program knows version {VERSION} only")


def _require_same(database: Database, read_back: Database) -> None:
    # Structures check nothing when built in code: what could not be opened again is refused here.
    if read_back != database:
        raise ValueError("this database would not be the same after reading it back")


def _too_short(content: bytes) -> Unreadable:
    sentence = f"ends too early, after {len(content)} octets" if content else "is empty"
    return Unreadable(sentence, len(content))


def _hex_digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _with_digest(content: bytes, digest: bytes) -> bytes:
    return content[: _CBOR_DIGEST.start] + digest + content[_CBOR_DIGEST.stop :]


def _json_envelope(content: bytes) -> _Envelope:
    try:
        return _JSON_ENVELOPE.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if "truncated" in str(error):
            raise _too_short(content) from None
        raise _broken_json(content, error) from None


def _broken_json(content: bytes, error: Exception) -> Unreadable:
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


def _json_database(body: bytes, content: bytes | None = None) -> Database:
    """Decode a database; `content` is the file it is from, for the octet of what is wrong."""
    try:
        return _JSON_DATABASE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        first = 0 if content is None else content.find(body)
        raise _invalid(error, json_places(body), first) from None


def _json_detail(content: bytes, envelope: _Envelope) -> str:
    """Tell what else is wrong in a file whose checksum is."""
    try:
        database = _json_database(bytes(envelope.database), content)
    except Unreadable as finding:
        return f"it {finding}"
    octet = _first_difference(
        content, JSON.encode(database), content.find(envelope.sha256.encode())
    )
    if octet is None:
        return _ALL_PARSES
    path = place_at(json_places(content), octet)
    return f"octet {octet}, in `{path}`, is the first that was not written like this"


def _first_difference(content: bytes, written: bytes, digest: int) -> int | None:
    """Return the first octet in which two files differ, their checksums left out."""
    ignored = range(digest, digest + len(_NO_HEX))
    pairs = enumerate(zip(content, written, strict=False))
    return next((at for at, (one, other) in pairs if one != other and at not in ignored), None)


def _cbor_database(body: bytes, first: int = 0) -> Database:
    """Decode a database that begins at octet `first` of its file."""
    try:
        return _cbor_item(body, Database)
    except _CBOR_ERRORS as error:
        raise _invalid(error, cbor_places(body), first) from None


def _cbor_detail(content: bytes) -> str:
    try:
        *_header, body = _cbor_item(content, tuple[str, int, bytes, bytes])
        _cbor_database(body, len(content) - len(body))
    except _CBOR_ERRORS as error:
        path, octet = cbor_places(content)[-1]
        return f"reading stops at octet {octet}, in `{path}`: {error}"
    except Unreadable as finding:
        return f"it {finding}"
    return _ALL_PARSES


def _cbor_item(content: bytes, kind: type[_T]) -> _T:
    """Decode one item; raises one of `_CBOR_ERRORS`."""
    return msgspec.convert(cbor2.loads(content), kind, builtin_types=(bytes,))


_CBOR_ERRORS: Final = (msgspec.ValidationError, cbor2.CBORDecodeError)
_ALL_PARSES: Final = "all values can be read, so that one of them was changed"
_BYTE: Final = re.compile(r"byte (\d+)")
_PATH: Final = re.compile(r"`(\$[^`]*)`$")


def _invalid(error: Exception, places: list[Place], first: int = 0) -> Unreadable:
    """Say which value is wrong, and at which octet; the places begin at octet `first`."""
    path, at = places[-1] if places else ("$", 0)
    if isinstance(error, msgspec.ValidationError):
        found = _PATH.search(str(error))
        path = found[1] if found else "$"
        at = octet_of(places, path) or 0
    octet = first + at
    where = "" if str(error).endswith(f"`{path}`") else f" in `{path}`"
    return Unreadable(f"does not hold a valid database ({error}{where}, octet {octet})", octet)
