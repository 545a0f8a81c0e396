"""PEM text and DER octets of certificates (RFC 7468), without any reading of what they say.

Nothing of X.509 is imported here, so that a device without certificates can tell PEM from DER and
count what is there without 5 MB of library.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Final

_DASHES: Final = "-----"
_BEGIN: Final = "-----BEGIN "
CERTIFICATE: Final = ("CERTIFICATE", "X509 CERTIFICATE")
REQUEST: Final = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
"""How certificates and certificate requests are called; the second names are of old programs."""
_WIDTH: Final = 64
"""Characters of a line (RFC 7468 2)."""
_SEQUENCE: Final = 0x30
"""The tag that every certificate begins with."""


def is_pem(octets: bytes) -> bool:
    """Tell whether there is PEM text in octets, of whatever."""
    return _BEGIN.encode() in octets


def to_pem(ders: Iterable[bytes]) -> str:
    """Return certificates as PEM text, one behind the other."""
    return "".join(map(_block, ders))


def blocks(text: str, labels: tuple[str, ...] = CERTIFICATE) -> Iterator[str]:
    """Yield what is called so in PEM text, each from its first line to its last, in one pass."""
    at = 0
    while (start := text.find(_BEGIN, at)) >= 0:
        at = start + len(_BEGIN)
        label = text[at : text.find(_DASHES, at)]
        if label in labels:
            closing = f"-----END {label}-----"
            end = text.find(closing, at)
            if end < 0:
                return  # a certificate without end: nothing behind it has one either
            at = end + len(closing)
            yield f"{text[start:at]}\n"


def from_pem(text: str, labels: tuple[str, ...] = CERTIFICATE) -> tuple[bytes, ...]:
    """Return the DER of the certificates, or of what is called so, in PEM text.

    What stands between them is ignored.

    Raises:
        ValueError: if there is none, or one is not base64.

    """
    try:
        found = tuple(base64_octets(_body(each)) for each in blocks(text, labels))
    except ValueError as error:
        raise ValueError("a certificate in PEM is not base64") from error
    if not found:
        raise ValueError("there is no certificate in PEM")
    return found


def from_octets(octets: bytes) -> tuple[bytes, ...]:
    """Return the DER of certificates that are PEM text, or DER one behind the other.

    Raises:
        ValueError: if they are neither.

    """
    if is_pem(octets):
        return from_pem(octets.decode("utf-8", "replace"))
    found = tuple(_values(octets))
    if not found:
        raise ValueError("there is no certificate, neither in PEM nor in DER")
    return found


def base64_octets(text: str) -> bytes:
    """Return what base64 text, in one line or several, stands for. Raises `ValueError`."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _body(block: str) -> str:
    """Return the base64 text between the lines of dashes."""
    return _DASHES.join(block.split(_DASHES)[2:-2])


def _block(der: bytes) -> str:
    """Return one certificate as PEM text."""
    text = base64.b64encode(der).decode("ascii")
    lines = [text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


def _values(octets: bytes) -> Iterator[bytes]:
    """Yield the sequences one behind the other; that the last is cut off is for its reader."""
    while octets:
        if octets[0] != _SEQUENCE:
            raise ValueError("neither PEM nor DER of a certificate")
        size = _length(octets)
        yield octets[:size] if size > 0 else octets
        octets = octets[size:] if size > 0 else b""


def is_single(octets: bytes) -> bool:
    """Tell whether octets are one DER sequence, as a certificate is."""
    return _length(octets) == len(octets)


def _length(octets: bytes) -> int:
    """Return how long the DER sequence at the beginning says it is, -1 if there is none."""
    # a certificate has more than 127 octets and less than 65536, so its length has one or two of
    # them
    if len(octets) < 4 or octets[0] != _SEQUENCE or octets[1] not in (0x81, 0x82):
        return -1
    size = octets[1] - 0x80
    return 2 + size + int.from_bytes(octets[2 : 2 + size])
