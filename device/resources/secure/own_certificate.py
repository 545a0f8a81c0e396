"""Certificates that the device itself is to show: they must be about it (OCF Security 13.3).

A certificate with usage identity, role or manufacturer is one that the device presents in its
handshakes. If it were for another key or another device every handshake would fail, and the owner
would not see why. Trust anchors and others' certificates are not checked here.
"""

from onboardee.device.access.call import Call
from onboardee.device.resources.secure.common import bad_request
from onboardee.device.security import device_certificates
from onboardee.pki.errors import CertificateError
from onboardee.svrdb.model import Credential, CredentialType, CredentialUsage, Encoding

_SHOWN = frozenset({CredentialUsage.IDENTITY, CredentialUsage.ROLE, CredentialUsage.MANUFACTURER})
"""Usages of certificates that the device presents as its own."""


def require_own(credential: Credential, call: Call) -> None:
    """Raise `RefusedError` for a certificate that the device could not show as its own.

    One without privatedata is for the key pair of `/oic/sec/csr`.
    """
    if credential.kind != CredentialType.CERTIFICATE or credential.usage not in _SHOWN:
        return
    try:
        _check(credential, call)
    except CertificateError as error:
        raise bad_request(f"cred: {error}") from error


def _check(credential: Credential, call: Call) -> None:
    """Raise `RefusedError` or `CertificateError` unless key, name and purpose are the device's."""
    # 5 MB of memory that a device without certificates need not have
    from onboardee.pki.ocf_profile import IDENTITY, ROLE, check_end_entity  # noqa: PLC0415
    from onboardee.svrdb.certificates import read_certificates  # noqa: PLC0415

    assert credential.public is not None
    curves = device_certificates.curves_of(call.database)
    leaf = read_certificates(credential.public)[0]
    is_manufacturer = credential.usage == CredentialUsage.MANUFACTURER
    own = call.database.identity_key
    private = credential.private or (None if is_manufacturer else own)
    if private is None or not private.data:
        raise bad_request("cred: there is no private key for the certificate")
    if private.encoding is Encoding.HANDLE:
        raise bad_request("cred: the device has no store with the key of a handshake")
    try:
        public_key = device_certificates.load_key(private, curves).public_key()
    except ValueError as error:
        raise bad_request(f"cred: {error}") from error
    if leaf.public_key() != public_key:
        raise bad_request("cred: the certificate is for another key")
    if is_manufacturer:
        check_end_entity(leaf, None, curves)
        return
    if leaf.identity != call.database.doxm.device_uuid:
        raise bad_request("cred: the common name is not uuid:<deviceuuid>")
    is_role = credential.usage == CredentialUsage.ROLE
    check_end_entity(leaf, ROLE if is_role else IDENTITY, curves)
