"""What OCF certified of a device, as its manufacturer's certificate says it (Security 9.4.2.2.4).

Two extensions, neither critical, each a DER value that is read and written here:

    1.3.6.1.4.1.51414.1.0   compliance: version of OCF, security profiles, device, manufacturer
    1.3.6.1.4.1.51414.1.2   attributes of a certified product: IANA number, model, version

    Compliance ::= SEQUENCE {
        SEQUENCE { major INTEGER, minor INTEGER, build INTEGER },
        SEQUENCE OF UTF8String,       security profiles, as "1.3.6.1.4.1.51414.0.0.2.0"
        UTF8String, UTF8String }      deviceName, deviceManufacturer
    Attributes ::= SEQUENCE { UTF8String, UTF8String, UTF8String }
"""

from dataclasses import dataclass
from typing import Final

from cryptography import x509

from onboardee.pki.certificate import Certificate

COMPLIANCE: Final = x509.ObjectIdentifier("1.3.6.1.4.1.51414.1.0")
ATTRIBUTES: Final = x509.ObjectIdentifier("1.3.6.1.4.1.51414.1.2")

_SEQUENCE, _INTEGER, _TEXT = 0x30, 0x02, 0x0C


@dataclass(frozen=True, slots=True)
class Compliance:
    """The compliance extension. `profiles` are object identifiers as texts."""

    profiles: tuple[str, ...]
    name: str = ""
    manufacturer: str = ""
    version: tuple[int, int, int] = (2, 0, 0)


def encoded(compliance: Compliance) -> bytes:
    """Return the extension's value."""
    version = b"".join(_value(_INTEGER, bytes([each])) for each in compliance.version)
    profiles = b"".join(map(_text, compliance.profiles))
    parts = (_value(_SEQUENCE, version), _value(_SEQUENCE, profiles))
    names = _text(compliance.name) + _text(compliance.manufacturer)
    return _value(_SEQUENCE, b"".join(parts) + names)


def encoded_attributes(iana: str, model: str, version: str) -> bytes:
    """Return the value of the extension with the attributes of a certified product."""
    return _value(_SEQUENCE, b"".join(map(_text, (iana, model, version))))


def decoded(octets: bytes) -> Compliance:
    """Read the extension's value. Raises `ValueError` for what is none."""
    (kind, content), *rest = _parts(octets)
    if kind != _SEQUENCE or rest:
        raise ValueError("compliance is one SEQUENCE")
    parts = _parts(content)
    if [kind for kind, _ in parts] != [_SEQUENCE, _SEQUENCE, _TEXT, _TEXT]:
        raise ValueError("compliance has a version, profiles and two names")
    version, profiles, name, manufacturer = (each for _, each in parts)
    numbers = [int.from_bytes(each) for kind, each in _parts(version) if kind == _INTEGER]
    if len(numbers) != 3:
        raise ValueError("the version of compliance is three numbers")
    texts = tuple(each.decode() for kind, each in _parts(profiles) if kind == _TEXT)
    first, second, third = numbers
    return Compliance(texts, name.decode(), manufacturer.decode(), (first, second, third))


def profiles_in(certificate: Certificate) -> tuple[str, ...]:
    """Return the security profiles that a certificate asserts, none if it says nothing of them."""
    octets = _extension(certificate, COMPLIANCE)
    try:
        return () if octets is None else decoded(octets).profiles
    except ValueError:
        return ()


def has_attributes(certificate: Certificate) -> bool:
    """Tell whether a certificate names a product of the list of certified ones."""
    return _extension(certificate, ATTRIBUTES) is not None


def _extension(certificate: Certificate, wanted: x509.ObjectIdentifier) -> bytes | None:
    for each in certificate.content.extensions:
        if each.oid == wanted and isinstance(each.value, x509.UnrecognizedExtension):
            return each.value.value
    return None


def _text(text: str) -> bytes:
    return _value(_TEXT, text.encode())


def _value(kind: int, content: bytes) -> bytes:
    """Return a value of DER, of at most 65535 octets (X.690 8.1)."""
    size = len(content)
    if size < 0x80:
        return bytes([kind, size]) + content
    length = size.to_bytes(1 if size < 0x100 else 2)
    return bytes([kind, 0x80 + len(length)]) + length + content


def _parts(octets: bytes) -> list[tuple[int, bytes]]:
    """Return kinds and contents of the values in a row. Raises `ValueError`."""
    found = []
    while octets:
        if len(octets) < 2:
            raise ValueError("a value is cut off")
        kind, size, start = octets[0], octets[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(octets[2:start])
        if start > 4 or start + size > len(octets):
            raise ValueError("a value is cut off")
        found.append((kind, octets[start : start + size]))
        octets = octets[start + size :]
    return found
