"""Asking for credentials, in the order of IoTivity's editor."""

from typing import Final

from onboardee.device.cli.svr.wizard.draft import Draft
from onboardee.device.cli.svr.wizard.prompts import ask, ask_file, ask_key, ask_uuid, pick
from onboardee.svrdb import CredentialType, PrivateData, PublicData
from onboardee.svrdb.editor import (
    add_credential,
    make_context,
    read_key,
    read_oscore_id,
    read_pin,
    read_private,
    read_public,
)
from onboardee.svrdb.model import CredentialUsage, OscoreContext

_KINDS: Final = {
    "symmetric key for one peer": CredentialType.SYMMETRIC_PAIRWISE,
    "symmetric key for a group": CredentialType.SYMMETRIC_GROUP,
    "asymmetric key": CredentialType.ASYMMETRIC,
    "certificate": CredentialType.CERTIFICATE,
    "PIN or password": CredentialType.PIN,
    "asymmetric encryption key": CredentialType.ASYMMETRIC_ENCRYPTION,
    "key for OSCORE with one peer (never used)": CredentialType.OSCORE,
}
_USAGES: Final = {
    "trust anchor": CredentialUsage.TRUST_ANCHOR,
    "identity of this device": CredentialUsage.IDENTITY,
    "trust anchor for manufacturers": CredentialUsage.MANUFACTURER_ANCHOR,
    "this device's certificate from its manufacturer": CredentialUsage.MANUFACTURER,
    "role of this device": CredentialUsage.ROLE,
}
_ANCHORS: Final = (CredentialUsage.TRUST_ANCHOR, CredentialUsage.MANUFACTURER_ANCHOR)
_ENCODINGS: Final = {"raw": "raw", "base64": "base64", "PEM": "pem", "DER": "der"}
_SYMMETRIC: Final = (
    CredentialType.SYMMETRIC_PAIRWISE,
    CredentialType.SYMMETRIC_GROUP,
    CredentialType.OSCORE,
)
_OWN: Final = "own"


def add(draft: Draft) -> None:
    """Ask for the kind and what belongs to it, and add the credential.

    Keys are never shown while they are typed.
    """
    kind = pick("Credential type", _KINDS)
    if kind is CredentialType.CERTIFICATE:
        _add_certificate(draft)
        return
    subject = ask_uuid("Subject UUID", draft.known_uuids(), star="any peer")
    private = ask_private(kind)
    context = _ask_context() if kind is CredentialType.OSCORE else None
    draft.attempt(
        lambda database: add_credential(
            database, kind, subject=subject, private=private, oscore=context
        )
    )


def _ask_context() -> OscoreContext | None:
    """Ask for the ids of both sides, of 14 hexadecimal digits each."""
    sender = ask("Sender ID", read_oscore_id)
    return make_context(sender, ask("Recipient ID", read_oscore_id))


def _add_certificate(draft: Draft) -> None:
    """Ask for certificates, and for the private key of those that the device shows itself."""
    usage = pick("Usage of the certificate", _USAGES)
    private = None if usage in _ANCHORS else _ask_private_key(usage)
    public = ask_public()
    draft.attempt(
        lambda database: add_credential(
            database, CredentialType.CERTIFICATE, usage=usage, public=public, private=private
        )
    )


def ask_private(kind: int) -> PrivateData:
    """Ask for the secret of a credential: a key, a PIN, or the file of a private key.

    `kind` is the credential's type.
    """
    if kind == CredentialType.PIN:
        pin = ask("PIN or password", lambda text: read_pin(text.encode()), hidden=True)
        return PrivateData(data=pin)
    if kind in _SYMMETRIC:
        if pick("The key", {"type it": True, "read it from a file": False}):
            return PrivateData(data=ask_key("Key of 16 or 32 octets"))
        return PrivateData(data=ask_file("File of the key", read_key))
    encoding = pick("Encoding of the private key", _ENCODINGS)
    return ask_file("File of the private key", lambda octets: read_private(octets, encoding))


def ask_public() -> PublicData:
    """Ask for the file of certificates."""
    encoding = pick("Encoding of the certificates", _ENCODINGS)
    return ask_file("File of the certificates", lambda octets: read_public(octets, encoding))


def _ask_private_key(usage: CredentialUsage) -> PrivateData | None:
    """Ask for a private key; None: the certificate is for the device's own key pair."""
    options = dict(_ENCODINGS)
    if usage is not CredentialUsage.MANUFACTURER:
        options["none: the certificate is for the key of /oic/sec/csr"] = _OWN
    encoding = pick("Encoding of the private key", options)
    if encoding == _OWN:
        return None
    return ask_file("File of the private key", lambda octets: read_private(octets, encoding))
