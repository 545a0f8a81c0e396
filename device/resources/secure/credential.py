"""One element of `creds`, read with the tolerance that deployed tools need.

Tools write octets as text or as octets, in five encodings, with and without the member that names
the encoding. Here all of it becomes the one form that the database has. What could not be used
later, a key of another length, a certificate that cannot be parsed, is refused now, where the tool
learns of it.

What an element needs, by its `credtype`:

    1   pairwise key        privatedata of 16 or 32 octets; empty: derive the owner credential
    2   group key           privatedata of 16 or 32 octets, or a handle
    4   asymmetric key      publicdata or privatedata
    8   certificates        publicdata with a chain, the leaf first; privatedata, or the CSR's key
    16  PIN or password     privatedata of at most `MAX_PIN` octets
    32  encryption key      publicdata or privatedata
    64, 128, 256            privatedata of 16 or 32 octets and oscore: kept, never used
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from onboardee.device.resources.secure.common import bad_request, require_short, subject_text, typed
from onboardee.device.resources.secure.oscore import read_context, require_oscore
from onboardee.svrdb.model import (
    ANY_SUBJECT,
    FOR_OSCORE,
    KEY_SIZES,
    MAX_PIN,
    Credential,
    CredentialType,
    CredentialUsage,
    Encoding,
    OptionalData,
    PublicData,
    RoleId,
    TimePattern,
)
from onboardee.svrdb.validity import parse

MAX_BASE64: Final = 64
"""Characters of a symmetric key in base64."""
MAX_DATA: Final = 8192
"""Octets or characters of one part."""

_KNOWN: Final = frozenset(
    {"credid", "credtype", "subjectuuid", "credusage", "roleid", "period", "tag", "crms"}
)
_KEYS: Final = FOR_OSCORE | {CredentialType.SYMMETRIC_PAIRWISE, CredentialType.SYMMETRIC_GROUP}
_PUBLIC_ENCODINGS: Final = frozenset(Encoding) - {Encoding.HANDLE}
_CERTIFICATE_ENCODINGS: Final = frozenset({Encoding.PEM, Encoding.DER, Encoding.BASE64})
_PRIVATE_ENCODINGS: Final = frozenset(
    {Encoding.RAW, Encoding.BASE64, Encoding.PEM, Encoding.DER, Encoding.HANDLE}
)


def read_credential(
    element: object, free_id: int, members: frozenset[str] = frozenset()
) -> Credential:
    """Read an element; `free_id` is for one that brings no id. Raises `RefusedError`.

    `members` are those that are kept beyond the ones that every device keeps.

    A pairwise key without octets comes back without `private`: its meaning depends on who asks.

    `element` is one decoded map of `creds`. UUIDs come out in lower case, octets as octets, text as
    text; unknown members are ignored.
    """
    if not isinstance(element, dict):
        raise bad_request("cred: a credential is a map")
    values: dict[str, Any] = {
        name: element[name]
        for name in (_KNOWN | members) & element.keys()
        if element[name] is not None
    }
    credid = values.get("credid")
    if credid is None or (type(credid) is int and credid == 0):
        # 0, as IoTivity's tools write it, and nothing mean the same.
        values["credid"] = free_id
    if values.get("credusage") == CredentialUsage.ROLE:
        values.setdefault("subjectuuid", ANY_SUBJECT)  # the certificate says whose role it is
    values["subjectuuid"] = subject_text("cred", "subjectuuid", values.get("subjectuuid"))
    values |= _data(element)
    if element.get("oscore") is not None:
        values["oscore"] = read_context(element["oscore"], values.get("credtype"))
    credential = typed("cred", values, Credential)
    role = credential.role or RoleId(role="")
    texts = (credential.usage, credential.period, credential.tag, role.role, role.authority)
    require_short("cred", [*texts, *credential.refresh_methods])
    _check(credential)
    return credential


def read_public(part: object) -> PublicData | None:
    """Read publicdata; without content it is None. Raises `RefusedError`.

    For elements of `roles`, which have no private part.
    """
    values = _public(part)
    return None if values is None else typed("publicdata", values, PublicData)


def _data(element: Mapping[str, Any]) -> dict[str, Any]:
    """Read the parts that carry octets."""
    kind = element.get("credtype")
    is_key = isinstance(kind, int) and kind in _KEYS
    parts = {
        "publicdata": _public(element.get("publicdata")),
        "privatedata": _private(element.get("privatedata"), is_key=is_key),
        "optionaldata": _optional(element.get("optionaldata")),
    }
    return {name: value for name, value in parts.items() if value is not None}


def _check(credential: Credential) -> None:
    """Raise `RefusedError` for what the type of the credential does not permit."""
    _check_period(credential.period)
    match credential.kind:
        case CredentialType.SYMMETRIC_PAIRWISE:
            _check_key(credential)
        case CredentialType.SYMMETRIC_GROUP:
            _require_secret(credential)
            _check_key(credential)
        case CredentialType.CERTIFICATE:
            _check_certificates(credential)
        case CredentialType.PIN:
            _require_secret(credential)
            if len(_secret(credential)) > MAX_PIN:
                raise bad_request(f"cred: a PIN or password has at most {MAX_PIN} octets")
        case CredentialType.ASYMMETRIC | CredentialType.ASYMMETRIC_ENCRYPTION:
            if credential.public is None and credential.private is None:
                raise bad_request("cred: a key pair needs publicdata or privatedata")
        case kind if kind in FOR_OSCORE:
            require_oscore(credential)
        case kind:
            raise bad_request(f"cred: credtype {kind} is not supported")


def _check_period(period: str | None) -> None:
    """Raise `RefusedError` for a period that cannot be read."""
    if period is not None:
        try:
            parse(TimePattern(period=period))
        except ValueError as error:
            raise bad_request(f"cred: {error}") from error


def _check_key(credential: Credential) -> None:
    """Raise `RefusedError` for a symmetric key that no cipher suite of OCF can use."""
    if credential.public is not None and credential.public.data:
        raise bad_request("cred: a symmetric key has no publicdata")
    # A group key may be in a store of the device's owner; nothing here uses it.
    if credential.private is not None and credential.private.encoding is Encoding.HANDLE:
        if credential.kind == CredentialType.SYMMETRIC_PAIRWISE:
            raise bad_request("cred: the device has no store with the key of a handshake")
        return
    if credential.private is not None and len(credential.private.data) not in KEY_SIZES:
        raise bad_request("cred: a symmetric key has 16 or 32 octets")


def _require_secret(credential: Credential) -> None:
    """Raise `RefusedError` if there is no secret."""
    if not _secret(credential):
        raise bad_request(f"cred: credtype {credential.kind} needs privatedata")


def _secret(credential: Credential) -> bytes:
    """Return the octets of the secret, none if there is none."""
    return b"" if credential.private is None else credential.private.data


def _check_certificates(credential: Credential) -> None:
    """Require certificates: what cannot be read now could not be used later either."""
    if credential.public is None:
        raise bad_request("cred: a certificate credential needs publicdata")
    if credential.public.encoding not in _CERTIFICATE_ENCODINGS:
        raise bad_request(f"cred: certificates cannot be {credential.public.encoding}")
    # 5 MB of memory that a device without certificates need not have
    from onboardee.pki.errors import CertificateError  # noqa: PLC0415
    from onboardee.svrdb.certificates import read_certificates  # noqa: PLC0415

    try:
        read_certificates(credential.public)
    except CertificateError as error:
        raise bad_request("cred: publicdata holds no certificate") from error


def _public(part: object) -> dict[str, Any] | None:
    """Read publicdata; octets that are no text are kept as base64. Without content it is None."""
    if part is None:
        return None
    data, encoding = _parts("publicdata", part, Encoding.PEM)
    if not data:
        return None
    if encoding not in _PUBLIC_ENCODINGS:
        raise bad_request(f"cred: publicdata cannot be {encoding}")
    if isinstance(data, bytes):
        # The database keeps publicdata as text; DER that came as octets becomes base64, and the
        # encoding says what it is.
        is_octets = encoding in {Encoding.DER, Encoding.RAW, Encoding.CWT}
        data = (base64.b64encode(data) if is_octets else data).decode("ascii", "replace")
    return {"data": data, "encoding": encoding}


def _private(part: object, *, is_key: bool) -> dict[str, Any] | None:
    """Read privatedata into raw octets; None if there are none."""
    if part is None:
        return None
    data, encoding = _parts("privatedata", part, Encoding.RAW)
    # Keys that came as text were decoded as if they were UTF-8; this brings back the octets.
    raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
    # A symmetric key in PEM or DER would be another thing.
    if encoding not in _PRIVATE_ENCODINGS or (is_key and encoding in {Encoding.PEM, Encoding.DER}):
        raise bad_request(f"cred: privatedata cannot be {encoding}")
    if encoding is Encoding.HANDLE:
        assert isinstance(part, dict)
        return {"data": _handle(part), "encoding": encoding}
    if not raw:
        return None
    if encoding is Encoding.BASE64:
        return {
            "data": _from_base64(raw, MAX_BASE64 if is_key else MAX_DATA),
            "encoding": Encoding.RAW,
        }
    return {"data": raw, "encoding": encoding}


def _handle(part: Mapping[str, Any]) -> bytes:
    """Read the number of a key in a store; it is kept as text and, like a key, never shown."""
    handle = part.get("handle")
    if type(handle) is not int or not 0 <= handle < 2**63:
        raise bad_request("cred: the handle of privatedata is a number")
    return str(handle).encode()


def _optional(part: object) -> dict[str, Any] | None:
    """Read optionaldata, which tells whether the credential was revoked."""
    if part is None:
        return None
    values = part if isinstance(part, dict) else {}
    data = values.get("data")
    if isinstance(data, bytes):
        values = {**values, "data": data.decode("ascii", "replace")}
    elif isinstance(data, str) and len(data) > MAX_DATA:
        raise bad_request(f"cred: the data of optionaldata has at most {MAX_DATA} characters")
    typed("cred: optionaldata", values, OptionalData)
    return values


def _parts(name: str, part: object, default: Encoding) -> tuple[str | bytes, Encoding]:
    """Return data and encoding of a part, within bounds. Raises `RefusedError`."""
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


def _from_base64(text: bytes, limit: int) -> bytes:
    """Return the octets of a base64 text. Raises `RefusedError`."""
    if len(text) > limit:
        raise bad_request(f"cred: privatedata in base64 has at most {limit} characters")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise bad_request("cred: privatedata is not base64") from error
