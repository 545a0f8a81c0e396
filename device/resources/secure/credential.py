"""One element of `creds`, read with the tolerance that deployed tools need."""

import base64
import binascii
from typing import Any, Final

from device.resources.secure.common import bad_request, require_short, subject_text, typed
from svrdb.model import Credential, CredentialType, Encoding, PublicData, RoleId

MAX_BASE64: Final = 64
MAX_DATA: Final = 8192
KEY_SIZES: Final = (16, 32)

_KNOWN: Final = frozenset(
    {"credid", "credtype", "subjectuuid", "credusage", "roleid", "period", "tag"}
)
_REFUSED: Final = frozenset({"oscore", "optionaldata"})
_PUBLIC_ENCODINGS: Final = frozenset({Encoding.PEM, Encoding.DER})
_PRIVATE_ENCODINGS: Final = frozenset({Encoding.RAW, Encoding.BASE64, Encoding.PEM})


def read_credential(element: object, free_id: int) -> Credential:
    """Read an element; `free_id` is for one that brings no id. Raises `RefusedError`.

    A pairwise key without octets comes back without `private`: its meaning depends on who asks.
    """
    if not isinstance(element, dict):
        raise bad_request("cred: a credential is a map")
    unsupported = sorted(name for name in _REFUSED if element.get(name) is not None)
    if unsupported:
        raise bad_request(f"cred: {', '.join(unsupported)} is not supported")
    values: dict[str, Any] = {name: element[name] for name in _KNOWN & element.keys()}
    credid = values.get("credid")
    if credid is None or (type(credid) is int and credid == 0):
        values["credid"] = free_id
    values["subjectuuid"] = subject_text("cred", "subjectuuid", values.get("subjectuuid"))
    public = _public(element.get("publicdata"))
    private = _private(element.get("privatedata"), is_key=element.get("credtype") == 1)
    if public is not None:
        values["publicdata"] = public
    if private is not None:
        values["privatedata"] = private
    credential = typed("cred", values, Credential)
    role = credential.role or RoleId(role="")
    texts = (credential.usage, credential.period, credential.tag, role.role, role.authority)
    require_short("cred", texts)
    _check(credential)
    return credential


def _check(credential: Credential) -> None:
    match credential.kind:
        case CredentialType.SYMMETRIC_PAIRWISE:
            _check_pairwise(credential)
        case CredentialType.CERTIFICATE:
            _check_certificates(credential.public)
        case kind:
            raise bad_request(f"cred: credtype {kind} is not supported")


def _check_pairwise(credential: Credential) -> None:
    if credential.public is not None and credential.public.data:
        raise bad_request("cred: a pairwise key has no publicdata")
    if credential.private is not None and len(credential.private.data) not in KEY_SIZES:
        raise bad_request("cred: a pairwise key has 16 or 32 octets")


def _check_certificates(public: PublicData | None) -> None:
    """Require certificates: what cannot be read now could not be used later either."""
    if public is None or not public.data:
        raise bad_request("cred: a certificate credential needs publicdata")
    # 5 MB of memory that a device without certificates need not have
    from cryptography import x509  # noqa: PLC0415

    try:
        if public.encoding is Encoding.DER:
            x509.load_der_x509_certificate(base64.b64decode(public.data, validate=True))
        else:
            x509.load_pem_x509_certificates(public.data.encode())
    except (ValueError, x509.InvalidVersion) as error:
        raise bad_request("cred: publicdata holds no certificate") from error


def _public(part: object) -> dict[str, Any] | None:
    """Read publicdata; DER octets are kept as base64 text. Without content it is None."""
    if part is None:
        return None
    data, encoding = _parts("publicdata", part, Encoding.PEM)
    if not data:
        return None
    if encoding not in _PUBLIC_ENCODINGS:
        raise bad_request(f"cred: publicdata cannot be {encoding}")
    if isinstance(data, bytes):
        is_pem = encoding is Encoding.PEM
        data = (data if is_pem else base64.b64encode(data)).decode("ascii", "replace")
    return {"data": data, "encoding": encoding}


def _private(part: object, *, is_key: bool) -> dict[str, Any] | None:
    """Read privatedata into raw octets; None if there are none."""
    if part is None:
        return None
    data, encoding = _parts("privatedata", part, Encoding.RAW)
    raw = data.encode() if isinstance(data, str) else data
    if encoding not in _PRIVATE_ENCODINGS or (is_key and encoding is Encoding.PEM):
        raise bad_request(f"cred: privatedata cannot be {encoding}")
    if not raw:
        return None
    if encoding is Encoding.BASE64:
        return {"data": _from_base64(raw), "encoding": Encoding.RAW}
    return {"data": raw, "encoding": encoding}


def _parts(name: str, part: object, default: Encoding) -> tuple[str | bytes, Encoding]:
    if not isinstance(part, dict):
        raise bad_request(f"cred: {name} is a map")
    data = part.get("data", b"")
    if not isinstance(data, str | bytes) or len(data) > MAX_DATA:
        raise bad_request(f"cred: the data of {name} is text or octets, at most {MAX_DATA}")
    try:
        encoding = Encoding(part.get("encoding", default))
    except ValueError as error:
        raise bad_request(f"cred: {name} has an unknown encoding") from error
    return data, encoding


def _from_base64(text: bytes) -> bytes:
    if len(text) > MAX_BASE64:
        raise bad_request(f"cred: a key in base64 has at most {MAX_BASE64} characters")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise bad_request("cred: privatedata is not base64") from error
