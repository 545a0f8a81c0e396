"""What options mean: the rules for what arrives and the encoding of what leaves (RFC 7252 5.4).

This is the only file that touches aiocoap, through its stable classes for options. Its codec for
whole messages is not used: a second walk over the same bytes costs as much as everything else in
this room together, and creating an enum member for each number a peer invents, as it does, is
memory that never comes back. Option areas repeat from message to message (the same tool asks for
the same paths), so their meaning is remembered in a cache of fixed size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from aiocoap.numbers.optionnumbers import OptionNumber  # type: ignore[import-untyped]
from aiocoap.options import Options  # type: ignore[import-untyped]
from aiocoap.optiontypes import (  # type: ignore[import-untyped]
    BlockOption,
    OpaqueOption,
    StringOption,
    UintOption,
)

from onboardee.wire.coap.blocks import RESERVED, Block
from onboardee.wire.coap.message import encode_options, options_of
from onboardee.wire.coap.model import Code

ACCEPT_VERSION: Final = 2049
CONTENT_VERSION: Final = 2053
"""OCF's Accept-Content-Format-Version and Content-Format-Version, both critical uints."""

OptionNumber(ACCEPT_VERSION).set_format(UintOption)
OptionNumber(CONTENT_VERSION).set_format(UintOption)

CACHED_AREAS: Final = 256
CACHED_AREA_SIZE: Final = 192


class _Rule(NamedTuple):
    """How one option looks (RFC 7252 5.10): codec, shortest and longest value, repeatable."""

    codec: type[Any]
    shortest: int
    longest: int
    repeatable: bool = False


_URI_PATH, _URI_QUERY = 11, 15
_CONTENT_FORMAT, _ACCEPT = 12, 17
_OBSERVE, _BLOCK2, _BLOCK1, _SIZE2, _SIZE1 = 6, 23, 27, 28, 60
_ETAG, _URI_HOST, _URI_PORT = 4, 3, 7
_PROXY_URI, _PROXY_SCHEME, _NO_RESPONSE = 35, 39, 258

# Content-Format and Accept are read as plain uints: aiocoap's type for them keeps each value ever
# seen. If-Match and If-None-Match are missing on purpose: no resource here supports them, and an
# unsupported critical option is an unrecognised one.
_IN_BOTH: Final = {
    _CONTENT_FORMAT: _Rule(UintOption, 0, 2),
    _OBSERVE: _Rule(UintOption, 0, 3),
    _BLOCK2: _Rule(BlockOption, 0, 3),
    _BLOCK1: _Rule(BlockOption, 0, 3),
    _SIZE2: _Rule(UintOption, 0, 4),
    _SIZE1: _Rule(UintOption, 0, 4),
    CONTENT_VERSION: _Rule(UintOption, 0, 2),
}
_IN_REQUESTS: Final = _IN_BOTH | {
    _URI_HOST: _Rule(StringOption, 1, 255),
    _URI_PORT: _Rule(UintOption, 0, 2),
    _URI_PATH: _Rule(StringOption, 0, 255, repeatable=True),
    _URI_QUERY: _Rule(StringOption, 0, 255, repeatable=True),
    _ACCEPT: _Rule(UintOption, 0, 2),
    _PROXY_URI: _Rule(StringOption, 1, 1034),
    _PROXY_SCHEME: _Rule(StringOption, 1, 255),
    _NO_RESPONSE: _Rule(UintOption, 0, 1),
    ACCEPT_VERSION: _Rule(UintOption, 0, 2),
    _ETAG: _Rule(OpaqueOption, 1, 8, repeatable=True),
}
# What only says where a request goes means nothing in a response. By the letter of RFC 7252 5.4 it
# would then count as unrecognised, and these are critical; but the servers of IoTivity 1.0 to 2.0
# repeat the request's Uri-Path in each response, and the separate responses of IoTivity-Lite its
# Accept and version. They are passed over where their form is right. A critical option that we do
# not know at all still rejects the response (5.4.1), as do those that could change its meaning.
_WITHOUT_MEANING: Final = (_URI_HOST, _URI_PORT, _URI_PATH, _URI_QUERY, _ACCEPT, ACCEPT_VERSION)
_IN_RESPONSES: Final = _IN_BOTH | {
    _ETAG: _Rule(OpaqueOption, 1, 8),
    **{number: _IN_REQUESTS[number] for number in _WITHOUT_MEANING},
}


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """The options of a request; `refusal` is the answer due to options that rule it out."""

    path: str
    query: tuple[str, ...]
    content_format: int | None
    accept: int | None
    accept_version: int | None
    content_version: int | None
    observe: int | None
    block1: Block | None
    block2: Block | None
    size1: int | None
    no_response: int
    refusal: Code | None
    etags: tuple[bytes, ...]
    others: bytes
    """The options as they came, without those of entity tags: what is asked, whatever the client
    has of it already."""


@dataclass(frozen=True, slots=True)
class ResponseOptions:
    """The options of a response; `acceptable` is false if a critical one is not understood."""

    content_format: int | None
    content_version: int | None
    etag: bytes | None
    observe: int | None
    block1: Block | None
    block2: Block | None
    size2: int | None
    acceptable: bool


def read_request(area: bytes) -> RequestOptions:
    """Read the options of a request that `onboardee.wire.coap.message.parse` has passed.

    `cached_request` does the same for areas of at most `CACHED_AREA_SIZE` octets.
    """
    values, understood = _values(area, _IN_REQUESTS)
    segments = values.get(_URI_PATH, [])
    if "." in segments or ".." in segments:  # RFC 7252 5.10.1 forbids both values
        understood = False
    refusal = None if understood else Code.BAD_OPTION
    block1, block2 = _block(values, _BLOCK1), _block(values, _BLOCK2)
    if understood and any(
        each is not None and each.exponent == RESERVED for each in (block1, block2)
    ):
        refusal = Code.BAD_REQUEST  # RFC 7959 2.2
    if _PROXY_URI in values or _PROXY_SCHEME in values:
        refusal = Code.PROXYING_NOT_SUPPORTED
    return RequestOptions(
        path="/" + "/".join(segment.replace("/", "%2F") for segment in segments),
        query=tuple(values.get(_URI_QUERY, ())),
        content_format=_single(values, _CONTENT_FORMAT),
        accept=_single(values, _ACCEPT),
        accept_version=_single(values, ACCEPT_VERSION),
        content_version=_single(values, CONTENT_VERSION),
        observe=_single(values, _OBSERVE),
        block1=block1,
        block2=block2,
        size1=_single(values, _SIZE1),
        no_response=_single(values, _NO_RESPONSE) or 0,
        refusal=refusal,
        etags=tuple(values.get(_ETAG, ())),
        others=_without_etags(area) if _ETAG in values else area,
    )


cached_request = lru_cache(CACHED_AREAS)(read_request)


def read_response(area: bytes) -> ResponseOptions:
    """Read the options of a response that `onboardee.wire.coap.message.parse` has passed."""
    values, understood = _values(area, _IN_RESPONSES)
    return ResponseOptions(
        content_format=_single(values, _CONTENT_FORMAT),
        content_version=_single(values, CONTENT_VERSION),
        etag=_single(values, _ETAG),
        observe=_single(values, _OBSERVE),
        block1=_block(values, _BLOCK1),
        block2=_block(values, _BLOCK2),
        size2=_single(values, _SIZE2),
        acceptable=understood,
    )


def _without_etags(area: bytes) -> bytes:
    return encode_options(each for each in options_of(area) if each[0] != _ETAG)


def _values(area: bytes, rules: dict[int, _Rule]) -> tuple[dict[int, list[Any]], bool]:
    """Decode the options that the rules know; tell whether no critical one was left over.

    A value of the wrong length or form, and the second one of an option that occurs once, count
    as unrecognised options (RFC 7252 5.4.3, 5.4.5). Elective ones are dropped (5.4.1).
    """
    values: dict[int, list[Any]] = {}
    understood = True
    for number, raw in options_of(area):
        value = _decoded(raw, rules.get(number))
        rule = rules.get(number)
        if value is None or (number in values and not (rule and rule.repeatable)):
            understood = understood and number % 2 == 0
        else:
            values.setdefault(number, []).append(value)
    return values, understood


def _decoded(raw: bytes, rule: _Rule | None) -> Any:
    """Return an option's value, None if it is not known or not of its form."""
    if rule is None or not rule.shortest <= len(raw) <= rule.longest:
        return None
    option = rule.codec(None)
    try:
        option.decode(raw)
    except UnicodeDecodeError:
        return None
    return option.value


def _single(values: dict[int, list[Any]], number: int) -> Any:
    return values[number][0] if number in values else None


def _block(values: dict[int, list[Any]], number: int) -> Block | None:
    if number not in values:
        return None
    found = values[number][0]
    return Block(found.block_number, found.more, found.size_exponent)


def write(  # noqa: PLR0913 - one argument for each option that is ever sent
    *,
    path: str = "/",
    query: tuple[str, ...] = (),
    content_format: int | None = None,
    content_version: int | None = None,
    accept: int | None = None,
    accept_version: int | None = None,
    observe: int | None = None,
    etags: Sequence[bytes] = (),
    block1: Block | None = None,
    block2: Block | None = None,
    size1: int | None = None,
    size2: int | None = None,
) -> bytes:
    """Encode options in their order on the wire; a response has at most one entity tag."""
    options = Options()
    options.uri_path = path.removeprefix("/").split("/") if path.strip("/") else ()
    options.uri_query = query
    options.content_format = content_format
    options.accept = accept
    options.observe = observe
    options.etags = etags
    options.block1 = block1
    options.block2 = block2
    options.size1 = size1
    options.size2 = size2
    _add(options, ACCEPT_VERSION, accept_version)
    _add(options, CONTENT_VERSION, content_version)
    encoded: bytes = options.encode()
    return encoded


cached_write = lru_cache(CACHED_AREAS)(write)
"""The same for requests, of which a client sends few different ones to however many servers."""


def _add(options: Any, number: int, value: int | None) -> None:
    if value is not None:
        options.add_option(OptionNumber(number).create_option(value=value))


@lru_cache(CACHED_AREAS)
def write_content(
    content_format: int | None,
    content_version: int | None,
    etag: bytes | None,
    block2: Block | None = None,
    size2: int | None = None,
) -> bytes:
    """Encode the options of a response, or a block of one; a tag has 1 to 8 octets.

    There are many tags, and few else: so they are filled in.
    """
    tag_size = 0 if etag is None else len(etag)
    area = _content(content_format, content_version, tag_size, block2, size2)
    return area if etag is None else area[:1] + etag + area[1 + tag_size :]


@lru_cache(CACHED_AREAS)
def _content(
    content_format: int | None,
    content_version: int | None,
    tag_size: int,
    block2: Block | None,
    size2: int | None,
) -> bytes:
    """Encode the options with a tag of so many octets to be filled in, which comes first of all."""
    return write(
        content_format=content_format,
        content_version=content_version,
        etags=(bytes(tag_size),) if tag_size else (),
        block2=block2,
        size2=size2,
    )
