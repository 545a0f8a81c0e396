"""CBOR maps of other stacks: read property by property, each with the octet at which it begins.

Their files have no checksum, and a power cut may have left half of one. So what is wrong is said
with its place: the octet, and the property whose value begins there. A decoder that reads the whole
map at once knows neither.

What such a file may make us do is bounded: the depth of maps and arrays is, and tags are refused. A
tag could make a value of any kind, of any size, out of a few octets.

Floats, nulls and text are taken as they are: what a property may hold is for the model to say.
What is taken here can be written as JSON, or is a byte string, so that it can be kept in any
form.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import cbor2

from onboardee.svrdb.formats.errors import FormatError

MAX_DEPTH: Final = 16
"""Maps and arrays inside each other. Real resources have seven levels."""
_MAP: Final = 5
"""The upper three bits of an item's first octet, its major type (RFC 8949 3.1)."""
_BYTES: Final = 2
"""The major type of a byte string (RFC 8949 3.1)."""
_INDEFINITE: Final = 31
"""The lower five bits of that octet where the length is not given (RFC 8949 3.2.1)."""
_BREAK: Final = 0xFF
"""The octet that ends what has an indefinite length."""
_BUILT_IN_TAGS: Final = (
    *range(6),
    *(25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799),
)
"""The tags that the library would turn into values of its own, before it asks `tag_hook`."""


@dataclass(frozen=True, slots=True)
class CborItem:
    """A property's value, the octets it was written in, and where they begin in the file."""

    value: Any
    octets: bytes
    """As they were written, heads included."""
    offset: int
    """Of the first of them, from the beginning of the file."""

    @property
    def content_offset(self) -> int:
        """Where the content of a byte string begins, in octets of the file.

        A resource of IoTivity is a byte string that holds a map; places in that map are counted
        on from here.
        """
        return self.offset + len(self.octets) - len(self.value)


def read_map(
    content: bytes, *, key: str = "", base: int = 0, may_be_short: bool = False
) -> dict[str, CborItem]:
    """Read one map with text keys that fills `content`, whose first octet is the file's `base`-th.

    The map is of definite or indefinite length. With `may_be_short` a definite one may have less
    entries than it announces: IoTivity 1.3.0 miscounts those of pstat. Raises `FormatError`.
    """
    reader = _Reader(content, key, base)
    count = reader.map_head()
    found: dict[str, CborItem] = {}
    while count is None or len(found) < count:
        if count is None and reader.at_break():
            break
        if may_be_short and count is not None and reader.is_at_end and found:
            break
        name = reader.text()
        if name in found:
            raise reader.error(f"has {name!r} twice")
        found[name] = reader.item(name)
    if not reader.is_at_end:
        raise reader.error("something follows the map")
    return found


def dumps(value: Any) -> bytes:
    """Encode with definite lengths, which every stack reads."""
    return cbor2.dumps(value)


def loads(content: bytes, *, key: str = "") -> Any:
    """Decode one CBOR item that fills `content`; `key` is its property, for errors.

    Raises `FormatError` if it is not valid, too deep, has a tag or a key that is not text, or if
    something follows it.
    """
    reader = _Reader(content, key, 0)
    value = reader.value()
    if not reader.is_at_end:
        raise reader.error("something follows the CBOR value")
    return value


def dump_map(entries: Mapping[str, Any], encode: Callable[[Any], bytes] = dumps) -> bytes:
    """Encode a map of indefinite length, as IoTivity does with its outermost one."""
    body = b"".join(cbor2.dumps(name) + encode(value) for name, value in entries.items())
    return b"\xbf" + body + b"\xff"


class _Reader:
    """A cursor over octets that knows what it is reading.

    The library decodes the values. Heads of maps are taken apart here, since only so it is known
    at which octet each property begins.
    """

    def __init__(self, content: bytes, key: str, base: int) -> None:
        self._content = content
        self._stream = io.BytesIO(content)
        self._key = key
        self._base = base
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._content)

    def error(self, what: str) -> FormatError:
        """Return an error about the property and the octet where the cursor stands."""
        return FormatError(what, key=self._key, offset=self._base + self._at)

    def map_head(self) -> int | None:
        """Return how many entries the map announces, None if its length is indefinite."""
        if self.is_at_end:
            raise self.error("ends before it has begun")
        major, extra = divmod(self._content[self._at], 32)
        if major != _MAP:
            raise self.error("is not a CBOR map")
        self._at += 1
        if extra == _INDEFINITE:
            return None
        if extra < 24:
            return extra
        if extra > 27:
            raise self.error("is not valid CBOR")
        size = 1 << (extra - 24)
        octets = self._content[self._at : self._at + size]
        if len(octets) < size:
            raise self.error("ends too early")
        self._at += size
        return int.from_bytes(octets, "big")

    def at_break(self) -> bool:
        """Tell whether the end of a map of indefinite length comes next, and step over it."""
        if self.is_at_end:
            raise self.error("ends too early")
        is_break = self._content[self._at] == _BREAK
        self._at += is_break
        return is_break

    def text(self) -> str:
        """Read a key of a map, which has to be text."""
        start = self._at
        name = self.value()
        if not isinstance(name, str):
            self._at = start
            raise self.error("has a key that is not text")
        return name

    def item(self, name: str) -> CborItem:
        """Read the value of property `name`.

        A byte string in pieces is refused: its octets in the file are not its content, and places
        in it could not be told.
        """
        start = self._at
        outer, self._key = self._key, f"{self._key}.{name}" if self._key else name
        value = self.value()
        octets = self._content[start : self._at]
        if isinstance(value, bytes) and octets[0] == _BYTES << 5 | _INDEFINITE:
            self._at = start
            raise self.error("is a byte string in pieces")
        self._key = outer
        return CborItem(value, octets, self._base + start)

    def value(self) -> Any:
        """Decode one item, whole, and stand behind it."""
        self._stream.seek(self._at)
        try:
            value = cbor2.CBORDecoder(
                self._stream,
                tag_hook=_refuse_tag,
                semantic_decoders=_NO_TAGS,
                # so that the stream then stands behind the item, not behind what was read ahead
                read_size=1,
                max_depth=MAX_DEPTH,
                allow_duplicate_keys=False,
                strict_hashable_types=True,
            ).decode()
            _require_plain(value)
        except cbor2.CBORDecodeEOF:
            raise self.error("ends too early") from None
        except (cbor2.CBORError, ValueError, OverflowError, MemoryError, RecursionError) as error:
            raise self.error(f"is not valid CBOR ({_reason(error)})") from None
        self._at = self._stream.tell()
        return value


def _refuse_tag(*_: object) -> NoReturn:
    """Refuse any tag, before a value is made of it."""
    raise ValueError("a tag")


_NO_TAGS: Final = dict.fromkeys(_BUILT_IN_TAGS, _refuse_tag)
"""Takes the place of the library's own decoders of tags."""


def _require_plain(value: Any) -> None:
    """Refuse what neither JSON nor OCF has: other keys than text, undefined, simple values."""
    match value:
        case None | bool() | int() | float() | str() | bytes():
            return
        case list():
            for element in value:
                _require_plain(element)
        case dict():
            if not all(isinstance(name, str) for name in value):
                raise ValueError("a key that is not text")
            for element in value.values():
                _require_plain(element)
        case _:
            raise ValueError("a value of no known kind")


def _reason(error: Exception) -> str:
    """Return what the library says is wrong, or what a hook of ours raised inside it."""
    return str(error.__cause__ or error) or type(error).__name__
