"""Payloads as IoTivity 1.2.1 encodes them: which properties, in which order, of which lengths.

Read from its functions DoxmToCBORPayload, PstatToCBORPayload, CredToCBORPayload and
AclToCBORPayload: doxm is a map of indefinite length, the others are definite, and all end with
`rt` and `if`.
"""

from typing import Any

import cbor2

NIL = "00000000-0000-0000-0000-000000000000"
BASELINE = "oic.if.baseline"


def _common(name: str) -> dict[str, Any]:
    return {"rt": [f"oic.r.{name}"], "if": [BASELINE]}


def doxm(*, owned: bool, owner: str = NIL, method: int = 0) -> bytes:
    """Encode doxm's writable properties."""
    values = {"oxmsel": method, "owned": owned, "devowneruuid": owner, "rowneruuid": NIL}
    items = {**values, **_common("doxm")}.items()
    return b"\xbf" + b"".join(cbor2.dumps(each) for item in items for each in item) + b"\xff"


def pstat(*, mode: int, is_operational: bool, target: int = 0) -> bytes:
    """Encode pstat's writable properties."""
    values = {"isop": is_operational, "cm": mode, "tm": target, "om": 4}
    return cbor2.dumps({**values, **_common("pstat")})


def owner_cred(owner: str, *, number: int = 1) -> bytes:
    """Encode the request for the owner credential; the number is the tool's own."""
    private = {"encoding": "oic.sec.encoding.raw", "data": b""}
    return _cred(owner, {"credid": number, "subjectuuid": owner, "credtype": 1}, private)


def pairwise_cred(owner: str, subject: str, key: bytes) -> bytes:
    """Encode a key that the device shares with another one."""
    private = {"encoding": "oic.sec.encoding.raw", "data": key}
    return _cred(owner, {"credid": 0, "subjectuuid": subject, "credtype": 1}, private)


def _cred(owner: str, credential: dict[str, Any], private: dict[str, Any]) -> bytes:
    creds = [{**credential, "privatedata": private}]
    return cbor2.dumps({"creds": creds, "rowneruuid": owner, **_common("cred")})


def acl(owner: str, subject: str, href: str, permission: int) -> bytes:
    """Encode an access list with one entry."""
    resource = {"href": href, "rt": ["*"], "if": ["*"]}
    entry = {"subjectuuid": subject, "resources": [resource], "permission": permission}
    return cbor2.dumps({"aclist": {"aces": [entry]}, "rowneruuid": owner, **_common("acl")})
