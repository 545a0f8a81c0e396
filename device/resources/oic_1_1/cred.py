"""`/oic/sec/cred` as tools of OIC 1.1 use it: in normal operation, and with names of their own.

Its tools provision keys in RFNOP, where OCF wants RFPRO or SRESET, number credentials themselves,
and put the certificates of authorities into `optionaldata`. All of that is translated into what
cred takes; an owner cannot lose the last credential that way, as OIC 1.1 has no state to repair it
in.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Outcome, Representation, Resource, retrieved
from onboardee.device.resources.oic_1_1.view import in_form
from onboardee.device.resources.secure.common import bad_request, number_from, require_writable
from onboardee.device.resources.secure.credential import MAX_DATA
from onboardee.pki.errors import CertificateError
from onboardee.svrdb import problems
from onboardee.svrdb.model import CredentialType, CredentialUsage, Encoding, State
from onboardee.wire.coap import Code

USAGES: Final = {
    "trust_ca": str(CredentialUsage.TRUST_ANCHOR),
    "primary_cert": str(CredentialUsage.IDENTITY),
    "mfg_trust_ca": str(CredentialUsage.MANUFACTURER_ANCHOR),
    "mfg_primary_cert": str(CredentialUsage.MANUFACTURER),
}
"""What OIC 1.1 calls a certificate's use, and what it is called now."""

_USAGES_OF_1_1: Final = {new: old for old, new in USAGES.items()}


def credentials(behind: Resource, call: Call) -> Representation:
    """Return credentials without their secrets: left out in OIC 1.1, not emptied."""
    found = retrieved(behind, call).body
    assert isinstance(found, Mapping)
    shown = [_in_words_of_1_1(credential) for credential in found["creds"]]
    return in_form(behind.target, {"creds": shown, "rowneruuid": found["rowneruuid"]})


def add(behind: Resource, call: Call, payload: Mapping[str, object]) -> Outcome:
    """Add credentials; the ids are the device's to give."""
    elements = payload.get("creds")
    if isinstance(elements, list):
        payload = {**payload, "creds": [_in_words_of_ocf(each) for each in elements]}
    return behind.update(call, payload)


def remove(_behind: Resource, call: Call) -> Outcome:
    """Remove what `credid=` and `subjectuuid=` name, in normal operation too."""
    require_writable("cred", "creds", call)
    ids = {number_from(value) for value in call.query.all("credid")}
    subjects = {value.lower() for value in call.query.all("subjectuuid")}
    cred = call.database.cred
    rest = tuple(
        credential
        for credential in cred.credentials
        if credential.credid not in ids and credential.subject not in subjects
    )
    if rest == cred.credentials:
        raise bad_request("cred: nothing is removed: the query names no credential there is")
    after = replace(call.database, cred=replace(cred, credentials=rest))
    if call.database.state is State.RFNOP and problems(after):
        # nothing would be left to repair it with: SRESET is not of OIC 1.1
        raise bad_request("cred: an owner would be left without a credential")
    return Outcome(code=Code.DELETED, database=after)


def _in_words_of_1_1(credential: Mapping[str, Any]) -> dict[str, Any]:
    """Return a credential as OIC 1.1 shows it."""
    shown = {name: value for name, value in credential.items() if name != "privatedata"}
    if "credusage" in shown:
        shown["credusage"] = _USAGES_OF_1_1.get(shown["credusage"], shown["credusage"])
    return shown


def _in_words_of_ocf(element: object) -> object:
    """Translate one element; what is wrong with it is told when it is read."""
    if not isinstance(element, dict):
        return element
    # the number that comes along is the tool's own; IoTivity too gives one of the device's
    values = {name: value for name, value in element.items() if name != "credid"}
    usage = values.get("credusage")
    if isinstance(usage, str):
        values["credusage"] = USAGES.get(usage, usage)
    optional = values.get("optionaldata")
    if isinstance(optional, dict) and "revstat" not in optional:
        del values["optionaldata"]
        chain = octets_of(optional)
        if chain and values.get("credtype") == CredentialType.CERTIFICATE:
            values["publicdata"] = joined(values.get("publicdata"), chain)
    return values


def joined(public: object, chain: bytes) -> dict[str, str]:
    """Put the authorities of `optionaldata` behind the certificate, where they stand today.

    `public` is `publicdata` as it came, or None. Raises `RefusedError` if one of the parts is no
    certificate.
    """
    # 5 MB of memory that a device without certificates need not have
    from onboardee.pki.certificate import read_octets  # noqa: PLC0415

    octets = octets_of(public) if isinstance(public, dict) else b""
    try:
        parts = [read_octets(part) for part in (octets, chain) if part]
    except CertificateError as error:
        raise bad_request("cred: publicdata and optionaldata are no certificates") from error
    data = "".join(each.pem for part in parts for each in part)
    return {"data": data, "encoding": str(Encoding.PEM)}


def octets_of(part: Mapping[str, object]) -> bytes:
    """Return the data of a part, PEM or DER.

    Raises `RefusedError` beyond `MAX_DATA` and for text that is not base64.
    """
    data = part.get("data", b"")
    if not isinstance(data, str | bytes) or len(data) > MAX_DATA:
        raise bad_request(f"cred: data is text or octets, at most {MAX_DATA}")
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    if part.get("encoding") != Encoding.BASE64:
        return raw
    try:
        return base64.b64decode(raw, validate=True)
    except binascii.Error as error:
        raise bad_request("cred: data is not base64") from error
