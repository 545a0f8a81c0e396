"""Whether data that cannot be read here have the outside of something that others may read.

A repair may throw away only what is of no use to anybody. Other stacks know types of keys and
certificates, and ways to write them, that are not known here.
"""

import base64
import binascii
import re
from typing import Final

from onboardee.svrdb.model import Credential, Encoding

_PEM: Final = re.compile(
    r"-----BEGIN (?P<what>[A-Z0-9 ]+)-----(?P<body>.*?)-----END (?P=what)-----", re.DOTALL
)
_OPAQUE: Final = frozenset({Encoding.HANDLE, Encoding.JWT, Encoding.CWT, Encoding.URI})
"""What these stand for, only who wrote them knows."""
SCALAR: Final = 32
"""Octets of a private key of the curve P-256, written raw."""


def holds_anything(credential: Credential) -> bool:
    """Tell whether a credential has any data at all."""
    parts = (credential.public, credential.private, credential.optional)
    return any(part is not None and part.data for part in parts)


def may_be_read(data: bytes | str, encoding: Encoding) -> bool:
    """Tell whether certificates or a private key may be what their encoding says."""
    if encoding in _OPAQUE:
        return bool(data)
    if encoding is Encoding.PEM:
        text = data if isinstance(data, str) else data.decode("latin-1")
        blocks = [_from_base64("".join(each["body"].split())) for each in _PEM.finditer(text)]
        return bool(blocks) and all(map(is_der, blocks))
    octets = _from_base64(data) if isinstance(data, str) else data
    return is_der(octets) or len(octets) == SCALAR


def is_der(octets: bytes) -> bool:
    """Tell whether octets are one SEQUENCE of DER, or several in a row (X.690 8.1)."""
    rest = octets
    while rest:
        size = _length(rest)
        if size is None or size > len(rest):
            return False
        rest = rest[size:]
    return bool(octets)


def _length(octets: bytes) -> int | None:
    """Return the octets of the SEQUENCE in front, None if there is none."""
    if len(octets) < 2 or octets[0] != 0x30:
        return None
    first = octets[1]
    if first < 0x80:
        return 2 + first
    count = first & 0x7F
    if count not in range(1, 5) or len(octets) < 2 + count:
        return None
    return 2 + count + int.from_bytes(octets[2 : 2 + count], "big")


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
