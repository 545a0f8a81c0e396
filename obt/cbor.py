"""Payloads: CBOR in the habits of several tools, and strict reading of answers.

CBOR lets the same map be written in many ways (RFC 8949 3), and each deployed tool has its own:
definite or indefinite lengths, keys in the order of the code or sorted. A device that reads only
one of them has a fault, so the tool can write as each of them does. Reading is the other way round:
one value, without duplicate keys, of bounded depth, and nothing behind it; whatever a device sends
beyond that is an error of the device, told as such.
"""

import io
from collections.abc import Mapping
from typing import Any

import cbor2

from onboardee.obt.errors import PayloadError

MAX_DEPTH = 16
"""Maps and arrays inside each other; answers of OCF's resources have less than ten."""

Body = Mapping[str, Any]
"""What an UPDATE sends: properties by name."""


class RawText(bytes):
    """Octets to be sent under the label of a text string, as plgd's tool sends keys."""

    __slots__ = ()


def encode(body: Body) -> bytes:
    """Encode with definite lengths, in the order given."""
    return cbor2.dumps(body)


def encode_indefinite(body: Body) -> bytes:
    """Encode maps and arrays with indefinite length, as IoTivity-Lite does."""
    return cbor2.dumps(body, indefinite_containers=True)


def encode_sorted(body: Body) -> bytes:
    """Encode with sorted keys, and `RawText` as text whatever its octets, as plgd's tool does."""
    return cbor2.dumps(_sorted(body), encoders={RawText: _encode_raw_text})


def decode(payload: bytes, *, max_depth: int = MAX_DEPTH) -> object:
    """Decode exactly one value. Raises `PayloadError`."""
    stream = io.BytesIO(payload)
    try:
        decoder = cbor2.CBORDecoder(
            stream, read_size=1, max_depth=max_depth, allow_duplicate_keys=False
        )
        value: object = decoder.decode()
    except (cbor2.CBORError, ValueError, OverflowError) as error:
        raise PayloadError("the payload is not valid CBOR") from error
    if stream.read(1):
        raise PayloadError("something follows the CBOR value")
    return value


def _sorted(value: object) -> object:
    """Return a value whose maps are in the order of their keys, at every level."""
    if isinstance(value, Mapping):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return value


def _encode_raw_text(encoder: cbor2.CBOREncoder, text: RawText) -> None:
    """Write octets with the head of a text string (major type 3), valid UTF-8 or not."""
    encoder.encode_length(3, len(text))
    encoder.write(bytes(text))
