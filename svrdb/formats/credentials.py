"""Credentials as other stacks write them: octets or text by encoding, older names, older places.

Stacks write the data of the encodings raw and DER as octets and all else as text. Here the secret
part is always octets, and the public part always text, DER in base64.

The three places of data: `publicdata` is a certificate or a chain, `privatedata` a key or a PIN,
`optionaldata` whether the credential is revoked (`revstat`). Up to version 1.2 IoTivity kept the
authorities in `optionaldata`, leaf and authorities apart; since then a chain stands in
`publicdata` as a whole.

A key in errors is the path of a property, such as "cred.creds[0].publicdata.data". Data
themselves are never part of an error: they may be a secret.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from onboardee.pki import pem
from onboardee.svrdb.formats.errors import FormatError
from onboardee.svrdb.model import CredentialUsage, Encoding

OLD_USAGES: Final = {
    "trust_ca": CredentialUsage.TRUST_ANCHOR,
    "primary_cert": CredentialUsage.IDENTITY,
    "mfg_trust_ca": CredentialUsage.MANUFACTURER_ANCHOR,
    "mfg_primary_cert": CredentialUsage.MANUFACTURER,
}
"""The usages of IoTivity 1.2 and before, which has no role certificates."""

_NEW_USAGES: Final = {str(new): old for old, new in OLD_USAGES.items()}
_ANCHORS: Final = (CredentialUsage.TRUST_ANCHOR, CredentialUsage.MANUFACTURER_ANCHOR)
"""The usages whose certificate is an authority's, with no leaf before it."""
_OCTETS: Final = (Encoding.RAW, Encoding.DER, Encoding.CWT)
"""The encodings whose data are a byte string in CBOR; those of the others are text."""

Entry = dict[str, Any]
"""One element of `cred.creds`, by the names of the wire."""


def from_foreign(entry: Mapping[str, Any], key: str) -> Entry:
    """Return a credential with the model's wire names and types. Raises `FormatError`."""
    found = dict(entry)
    for name, convert in (
        ("publicdata", _public_part),
        ("optionaldata", _public_part),
        ("privatedata", _private_part),
    ):
        if name in found:
            if not isinstance(found[name], dict):
                raise FormatError("is not a map", key=f"{key}.{name}")
            found[name] = convert(found[name], f"{key}.{name}")
    usage = found.get("credusage")
    if isinstance(usage, str):
        found["credusage"] = str(OLD_USAGES.get(usage, usage))
    return _without_old_chain(found)


def to_foreign(entry: Mapping[str, Any]) -> Entry:
    """Return a credential of the model as stacks write it, in version 1.3 and later."""
    found = dict(entry)
    for name in ("publicdata", "optionaldata"):
        if name in found:
            found[name] = {**found[name], **_written_public(found[name])}
    if "privatedata" in found:
        found["privatedata"] = _written_private(found["privatedata"])
    return found


def to_version_1(entry: Mapping[str, Any]) -> Entry:
    """Return a credential as IoTivity 1.2 reads it: old usages, authorities in `optionaldata`.

    Takes what `to_foreign` returned.
    """
    found = dict(entry)
    usage = found.get("credusage")
    if usage not in _NEW_USAGES:
        return found
    found["credusage"] = _NEW_USAGES[usage]
    public = found.get("publicdata")
    if public is None or found.get("optionaldata", {}).get("data"):
        return found
    status = found.get("optionaldata", {})
    if usage in _ANCHORS:
        del found["publicdata"]
        found["optionaldata"] = {**status, **public}
    elif public["encoding"] == Encoding.PEM and len(chain := [*pem.blocks(public["data"])]) > 1:
        found["publicdata"] = {**public, "data": chain[0]}
        found["optionaldata"] = {**status, **public, "data": "".join(chain[1:])}
    return found


def _without_old_chain(entry: Entry) -> Entry:
    """Put the authorities of IoTivity 1.2 where the certificates are today."""
    optional = entry.get("optionaldata")
    if not isinstance(optional, dict):
        return entry
    optional.setdefault("revstat", False)
    if not optional.get("data"):
        return entry
    public = entry.get("publicdata")
    if public is None and entry.get("credusage") in _ANCHORS:
        entry["publicdata"] = _data_of(optional)
    elif public is not None and entry.get("credusage") in (*OLD_USAGES.values(),):
        chain = [_as_pem(public), _as_pem(optional)]
        if None in chain:
            return entry
        data = "".join(each for each in chain if each)
        entry["publicdata"] = {"data": data, "encoding": str(Encoding.PEM)}
    else:
        return entry
    entry["optionaldata"] = {"revstat": optional["revstat"]}
    if not optional["revstat"]:
        del entry["optionaldata"]
    return entry


def _data_of(part: Entry) -> Entry:
    """Return a part without its `revstat`, which `publicdata` does not have."""
    return {name: part[name] for name in ("data", "encoding") if name in part}


def _as_pem(part: Entry) -> str | None:
    """Return certificates as PEM text, None if they are neither PEM nor one of DER."""
    data: str = part["data"]
    if part["encoding"] == Encoding.PEM:
        return "".join(pem.blocks(data)) or None
    octets = _octets(data)
    if part["encoding"] != Encoding.DER or octets is None or not pem.is_single(octets):
        return None
    return pem.to_pem([octets])


def _public_part(part: Mapping[str, Any], key: str) -> Entry:
    """Return a public part with its data as text: octets become base64."""
    if "data" not in part and "revstat" in part:
        return dict(part)
    encoding = _encoding(part, key)
    data = part.get("data", "")
    match data:
        case bytes() if encoding in _OCTETS:
            data = base64.b64encode(data).decode()
        case bytes():
            data = _text(data, key)
        case str():
            pass
        case _:
            raise FormatError("is neither octets nor text", key=f"{key}.data")
    if data.startswith("-----BEGIN"):
        # IoTivity counts the NUL that ends a string in C.
        data = data.rstrip("\0")
    return {**part, "data": data, "encoding": str(encoding)}


def _private_part(part: Mapping[str, Any], key: str) -> Entry:
    """Return a secret part with its data as octets."""
    encoding = _encoding(part, key)
    data = part.get("data", b"")
    match data:
        case bytes():
            pass
        case str() if encoding is Encoding.BASE64:
            # programs that write base64 in C end it with a line feed, or with the NUL of the
            # string
            octets = _octets(data.rstrip("\0\n"))
            if octets is None:
                raise FormatError("is not base64", key=f"{key}.data")
            data = octets
        case str() if encoding not in _OCTETS or not data:
            data = data.encode()
        case _:
            raise FormatError(f"is not octets, as {encoding} says", key=f"{key}.data")
    return {**part, "data": data, "encoding": str(encoding)}


def _written_public(part: Mapping[str, Any]) -> Entry:
    """Return data and encoding of a public part as stacks write them.

    Nothing if it has no data.
    """
    if "data" not in part:
        return {}
    data: str | bytes = part["data"]
    encoding = part.get("encoding", Encoding.RAW)
    octets = _octets(part["data"]) if encoding in _OCTETS else None
    # What is not base64 cannot have come from octets, and stays the text it is.
    return {"data": data if octets is None else octets, "encoding": encoding}


def _written_private(part: Mapping[str, Any]) -> Entry:
    """Return a secret part as stacks write it: text where its encoding is one of text.

    A PIN is text, and yet may hold octets that are none: these are written as they are, so that
    the credential comes back as it was.
    """
    octets: bytes = part["data"]
    data: str | bytes = octets
    if part["encoding"] == Encoding.BASE64:
        data = base64.b64encode(octets).decode()
    elif part["encoding"] not in _OCTETS:
        try:
            data = octets.decode()
        except UnicodeDecodeError:
            data = octets
    return {**part, "data": data}


def _encoding(part: Mapping[str, Any], key: str) -> Encoding:
    """Return the encoding that a part names; raw where it names none, as IoTivity takes it."""
    try:
        return Encoding(part.get("encoding", Encoding.RAW))
    except ValueError:
        raise FormatError("is an unknown encoding", key=f"{key}.encoding") from None


def _text(data: bytes, key: str) -> str:
    """Return octets as text. Raises `FormatError`."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise FormatError("is not text, as its encoding says", key=f"{key}.data") from None


def _octets(text: str) -> bytes | None:
    """Return what base64 text stands for, None unless it is written in the one usual way."""
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return octets if base64.b64encode(octets).decode() == text else None
