"""Certificates as Mbed TLS wrote them before version 3.5: ECDSA with NULL parameters.

The octets are put together by hand, so that nothing here shares a mistake with what reads them.
"""

from dataclasses import replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from onboardee.pki.certificate import Certificate, read_der
from onboardee.pki.issuing import Issued, Recipe, authority, root

PLAIN = bytes.fromhex("300a 06082a8648ce3d040302")
NULL = bytes.fromhex("300c 06082a8648ce3d040302 0500")
"""AlgorithmIdentifier of ECDSA with SHA-256, as RFC 5758 has it and as it was written."""


def value(tag: int, content: bytes) -> bytes:
    """Return a DER value."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def content_of(der: bytes) -> bytes:
    """Return what is in a DER value."""
    return der[2 + (der[1] & 0x7F if der[1] & 0x80 else 0) :]


def signed(content: bytes, algorithm: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return content with a signature over it by ECDSA with SHA-256, whatever it is called."""
    signature = key.sign(content, ec.ECDSA(hashes.SHA256()))
    return value(0x30, content + algorithm + value(0x03, b"\x00" + signature))


def rewritten(
    content: bytes,
    key: ec.EllipticCurvePrivateKey,
    *,
    inside: bytes = NULL,
    outside: bytes = NULL,
) -> bytes:
    """Return signed content with other algorithms inside and outside, signed again."""
    assert content.count(PLAIN) <= 1
    return signed(value(0x30, content_of(content).replace(PLAIN, inside)), outside, key)


def with_null(certificate: Certificate, key: ec.EllipticCurvePrivateKey) -> Certificate:
    """Return a certificate with NULL parameters, signed again by the key of its issuer."""
    return read_der(rewritten(certificate.content.tbs_certificate_bytes, key))


def null_root(name: str = "root of its time") -> Issued:
    """Make an authority that signs itself."""
    made = root(name)
    return replace(made, certificate=with_null(made.certificate, made.key))


def null_authority(issuer: Issued, name: str = "authority of its time") -> Issued:
    """Make an authority below another."""
    return null_issue(issuer, authority(name, path_length=0))


def null_issue(
    issuer: Issued, recipe: Recipe, key: ec.EllipticCurvePrivateKey | None = None
) -> Issued:
    """Sign a certificate, for a new key unless one is given."""
    made = issuer.issue(recipe, key)
    return replace(made, certificate=with_null(made.certificate, issuer.key))
