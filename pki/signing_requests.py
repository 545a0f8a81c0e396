"""Certificate requests (PKCS #10, RFC 2986): made by a device, read by an authority.

The signature in a request proves one thing: whoever made it has the private key. It says nothing
of who that is, so the name is compared by who knows whom he asked.
"""

import base64
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from onboardee.pki import pem
from onboardee.pki.certificate import common_names, reading
from onboardee.pki.curves import OCF, Curve, curve_of
from onboardee.pki.errors import BadCertificateError


@dataclass(frozen=True, slots=True)
class CertificationRequest:
    """A checked request: whose key, and for which common name."""

    name: str
    """The common name, "" unless there is exactly one."""
    key: ec.EllipticCurvePublicKey


def make_request(key: ec.EllipticCurvePrivateKey, device: UUID) -> str:
    """Return a request for the identity certificate of a device as PEM text.

    The signature is by ECDSA with SHA-256, which every authority of OCF reads; of a key on P-384 it
    is with SHA-384, as IoTivity-Lite makes it.
    """
    name = x509.NameAttribute(x509.NameOID.COMMON_NAME, f"uuid:{device}")
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([name]))
    digest = (curve_of(key) or Curve.P256).hash
    return builder.sign(key, digest).public_bytes(Encoding.PEM).decode("ascii")


def read_pem(octets: bytes, curves: Collection[Curve] = OCF) -> CertificationRequest:
    """Read and check the first request in PEM text, as `read_der` does."""
    with reading("the request cannot be read"):
        der = pem.from_pem(octets.decode(), pem.REQUEST)[0]
    return read_der(der, curves)


def read_der(octets: bytes, curves: Collection[Curve] = OCF) -> CertificationRequest:
    """Read a request, and check that it is signed with the key in it (OCF Security 13.6).

    The key has to be on one of `curves`, and the signature with the hash of one of them. ECDSA may
    have NULL parameters.

    Raises:
        BadCertificateError: if it is not, or cannot be read, or the key is on another curve.

    """
    with reading("the request cannot be read"):
        try:
            request = x509.load_der_x509_csr(octets)
        except ValueError:
            request = _read_with_null(octets)
    return _checked(request, curves)


def _read_with_null(octets: bytes) -> x509.CertificateSigningRequest:
    """Read a request that Mbed TLS signed before version 3.5 (`null_parameters`)."""
    from onboardee.pki.null_parameters import request_without_null  # noqa: PLC0415 - 20 ms

    return x509.load_der_x509_csr(request_without_null(octets).der)


def read_base64(text: bytes, curves: Collection[Curve] = OCF) -> CertificationRequest:
    """Read and check the base64 text of a request, as `read_der` does."""
    with reading("the request cannot be read"):
        octets = base64.b64decode(text, validate=True)
    return read_der(octets, curves)


def _checked(
    request: x509.CertificateSigningRequest, curves: Collection[Curve]
) -> CertificationRequest:
    """Return a request if key, hash and signature are right. Raises `BadCertificateError`."""
    with reading("the request cannot be read"):
        key, digest = request.public_key(), request.signature_hash_algorithm
        is_signed, names = request.is_signature_valid, common_names(request.subject)
    if not isinstance(key, ec.EllipticCurvePublicKey) or curve_of(key) not in curves:
        raise BadCertificateError(f"the key of the request is not on {' or '.join(curves)}")
    if not isinstance(digest, tuple(type(each.hash) for each in curves)):
        known = " or ".join(f"SHA-{each.hash.digest_size * 8}" for each in curves)
        raise BadCertificateError(f"the request is not signed with {known}")
    if not is_signed:
        raise BadCertificateError("the request is not signed with the key in it")
    return CertificationRequest(names[0] if len(names) == 1 else "", key)
