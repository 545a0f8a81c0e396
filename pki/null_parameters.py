"""NULL as parameters of ECDSA, in certificates, requests and lists (RFC 5280 4.1.1.2).

ECDSA has no parameters (RFC 5758 3.2). Mbed TLS wrote NULL in their place before version 3.5, and
so did tinydtls and IoTivity's key manager: what IoTivity's tools and devices sign looks like that.
The library refuses it. Here the outer structure is read with the library's own ASN.1 reader, and
NULL is left out for the library, which reads all else as strictly as ever. The signature is kept
with the octets that it was made over: it is verified over those, and what is kept, shown and sent
is what came.

Importing this costs 20 ms: import it where the library has refused something.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.hazmat import asn1

from onboardee.pki.signatures import HASHES, Signature

_EXPLICIT_0: Final = b"\xa0"
"""The tag of a certificate's version, which may stand before its number (RFC 5280 4.1)."""
_INTEGER: Final = b"\x02"
"""The tag of a list's version, which may stand before its algorithm (RFC 5280 5.1)."""


@asn1.sequence
class _Algorithm:
    """AlgorithmIdentifier (RFC 5280 4.1.1.2), with the parameters that should not be there."""

    name: x509.ObjectIdentifier
    parameters: asn1.Null


@asn1.sequence
class _Plain:
    """AlgorithmIdentifier without parameters."""

    name: x509.ObjectIdentifier


@asn1.sequence
class _Envelope:
    """Certificate, CertificateList or CertificationRequest: content, algorithm, signature."""

    content: asn1.TLV
    algorithm: asn1.TLV
    signature: asn1.BitString


@asn1.sequence
class _Opened:
    """The same with the fields of the content, whatever they are."""

    content: list[asn1.TLV]
    algorithm: asn1.TLV
    signature: asn1.BitString


@dataclass(frozen=True, slots=True)
class WithoutNull:
    """What was signed with NULL parameters: as the library reads it, and the true signature."""

    der: bytes = field(repr=False)
    signature: Signature


def certificate_without_null(der: bytes) -> WithoutNull:
    """Take NULL out of a certificate. Raises `ValueError` if that is not what is wrong with it."""
    return _without_null(der, lambda first: 2 if first == _EXPLICIT_0 else 1)


def list_without_null(der: bytes) -> WithoutNull:
    """Take NULL out of a list of revoked certificates, with the same error."""
    return _without_null(der, lambda first: 1 if first == _INTEGER else 0)


def request_without_null(der: bytes) -> WithoutNull:
    """Take NULL out of a certificate request, with the same error.

    A request says its algorithm only outside of what is signed: the octets remain the same there.
    """
    return _without_null(der, None)


def _without_null(der: bytes, place: Callable[[bytes], int] | None) -> WithoutNull:
    """Take NULL out; `place` says by the first tag which field of the content is the algorithm."""
    envelope, opened = asn1.decode_der(_Envelope, der), asn1.decode_der(_Opened, der)
    written = asn1.encode_der(envelope.algorithm)
    algorithm = asn1.decode_der(_Algorithm, written).name
    if algorithm not in HASHES or envelope.signature.padding_bits():
        raise ValueError("it is not signed by ECDSA with NULL parameters")
    plain = asn1.decode_der(asn1.TLV, asn1.encode_der(_Plain(name=algorithm)))
    fields = opened.content
    if place is not None:
        number = place(fields[0].tag_bytes) if fields else 0
        # inside and outside must say the same (RFC 5280 4.1.1.2), to the octet
        if len(fields) <= number or asn1.encode_der(fields[number]) != written:
            raise ValueError("it says two algorithms")
        fields[number] = plain
    strict = _Opened(content=fields, algorithm=plain, signature=opened.signature)
    over = asn1.encode_der(envelope.content)
    signature = Signature(algorithm, envelope.signature.as_bytes(), over)
    return WithoutNull(asn1.encode_der(strict), signature)
