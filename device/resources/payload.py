"""OCF's CBOR payloads: read with the tolerance real tools need, and no more.

cbor2 refuses what is nested too deeply, keys that come twice and what is not well-formed; this
module refuses tags, which would have the decoder make objects of a peer's choice, keys that are no
text, and octets behind the value. All refusals are one error: the peer gets 4.00.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import cbor2

MAX_DEPTH: Final = 16
"""Maps and arrays in one another."""

_BUILT_IN_TAGS: Final = (
    *range(6),
    *(25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799),
)
"""The tags that cbor2 would decode by itself."""


class PayloadError(Exception):
    """The payload is not the CBOR that OCF peers exchange."""


_SMALL_MAPS: Final = range(0xA0, 0xB8)
"""The first octets of maps whose size is in it (RFC 8949 3)."""
_ANY_SIZE: Final = b"\xbf"
"""The first octet of a map without a size, which ends with a break."""
_BREAK: Final = b"\xff"


def _refuse_tag(*_: object) -> NoReturn:
    """Stand in for each decoder of a tag."""
    raise PayloadError("CBOR tags have no meaning here")


_NO_TAGS: Final = dict.fromkeys(_BUILT_IN_TAGS, _refuse_tag)


def decode_map(payload: bytes) -> Mapping[str, object]:
    """Decode an UPDATE's body, one CBOR map with text keys. Raises `PayloadError`.

    The values are those of JSON, or octets; keys are text, each once.

    >>> decode_map(bytes.fromhex("a16576616c7565f5"))
    {'value': True}
    """
    value = _decode(payload)
    if not isinstance(value, dict):
        raise PayloadError("the payload is not a map")
    return value


def decode_map_of_wrong_size(payload: bytes) -> Mapping[str, object]:
    """Decode a map that may have fewer pairs than it announces. Raises `PayloadError`.

    IoTivity 1.1.1's encoder counts properties that it then leaves out. The pairs are taken as those
    of a map without a size; all else about them has to be right.

    >>> decode_map_of_wrong_size(bytes.fromhex("aa6576616c7565f5"))
    {'value': True}
    """
    try:
        return decode_map(payload)
    except PayloadError:
        announced = payload[0] - _SMALL_MAPS.start if payload[:1] else 0
        if announced not in range(1, len(_SMALL_MAPS)):
            raise
        pairs = decode_map(_ANY_SIZE + payload[1:] + _BREAK)
        if len(pairs) >= announced:
            raise
        return pairs


def decode_list(payload: bytes) -> Sequence[object]:
    """Decode the body of an UPDATE of several resources, an array. Raises `PayloadError`."""
    value = _decode(payload)
    if not isinstance(value, list):
        raise PayloadError("the payload is not an array")
    return value


def decode(payload: bytes) -> object:
    """Decode any body. Raises `PayloadError`."""
    return _decode(payload)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A representation that is encoded already; it may be a part of one that is not."""

    octets: bytes


def encode(value: Mapping[str, Any] | Sequence[Any] | Encoded) -> bytes:
    """Encode a representation.

    Maps keep their order.
    """
    return cbor2.dumps(value, default=_write)


def _write(encoder: Any, value: object) -> None:
    """Write what cbor2 does not know."""
    if not isinstance(value, Encoded):
        raise TypeError(f"{type(value).__name__} is nothing that a payload has")
    encoder.write(value.octets)


def _decode(payload: bytes) -> object:
    """Decode one CBOR value.

    What comes out is what JSON has, and octets. Text that is not UTF-8 comes out as octets: one
    deployed tool sends raw keys as text, and nothing else may keep what cannot be written again.
    """
    stream = io.BytesIO(payload)
    try:
        decoder = cbor2.CBORDecoder(
            stream,
            tag_hook=_refuse_tag,
            semantic_decoders=_NO_TAGS,
            str_errors="surrogateescape",
            read_size=1,
            max_depth=MAX_DEPTH,
            allow_duplicate_keys=False,
            strict_hashable_types=True,
        )
        # One octet at a time: the decoder would otherwise read on behind the value, unseen by the
        # check below.
        value = decoder.decode()
    except (cbor2.CBORError, ValueError, OverflowError, MemoryError) as error:
        raise PayloadError("the payload is not valid CBOR") from error
    if stream.read(1):
        raise PayloadError("something follows the CBOR value")
    return _plain(value)


def _plain(value: object) -> object:
    """Return a value of the types that JSON has, or octets. Raises `PayloadError` for others."""
    match value:
        case None | bool() | int() | float() | bytes():
            return value
        case str():
            raw = value.encode("utf-8", "surrogateescape")
            return raw if _has_surrogates(value) else value
        case list():
            return [_plain(element) for element in value]
        case dict():
            return _plain_map(value)
    raise PayloadError("the payload holds a value that has no meaning here")


def _plain_map(value: Mapping[object, object]) -> dict[str, object]:
    """Return a map whose keys are text. Raises `PayloadError`."""
    plain: dict[str, object] = {}
    for key, element in value.items():
        if not isinstance(key, str) or _has_surrogates(key):
            raise PayloadError("the payload has a map whose keys are not text")
        plain[key] = _plain(element)
    return plain


def _has_surrogates(text: str) -> bool:
    """Tell whether a text holds octets that were not UTF-8."""
    return not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text)
