"""Credentials for OSCORE (RFC 8613): what a tool writes of them, and what makes sense of it.

The device protects messages by DTLS and by nothing else. A credential for OSCORE is kept all the
same, because a tool that provisions one wants to find it again, and it is in the databases of other
stacks; that it is never used, an event tells (`credential.unused`). The rules are those by which
IoTivity-Lite takes such a credential (OCF Security 13.3, oic.sec.oscoretype): a secret of 32
octets (16 are taken, too) and the ids that its type asks for, with no others.
"""

from collections.abc import Mapping
from typing import Any, Final

from onboardee.device.resources.secure.common import bad_request, require_short
from onboardee.svrdb.model import FOR_OSCORE, OSCORE_ID_DIGITS, Credential
from onboardee.svrdb.oscore import read_id, why_not_a_context

_MEMBERS: Final = frozenset({"senderid", "recipientid", "desc"})


def read_context(part: object, kind: object) -> dict[str, Any]:
    """Read `oscore` of a credential of type `kind` into wire values. Raises `RefusedError`, 4.00.

    `ssn` is the device's own: a tool that writes it is refused. It begins with 0 where the device
    would be a sender.
    """
    if kind not in FOR_OSCORE:
        raise bad_request("cred: oscore belongs to the credtypes 64, 128 and 256")
    if not isinstance(part, Mapping):
        raise bad_request("cred: oscore is a map")
    if part.get("ssn") is not None:
        raise bad_request("cred: ssn of oscore is read-only")
    values = {name: part[name] for name in _MEMBERS & part.keys() if part[name] is not None}
    for name in ("senderid", "recipientid"):
        if name in values:
            values[name] = _id(name, values[name])
    description = values.get("desc")
    if description is not None:
        if not isinstance(description, str):
            raise bad_request("cred: desc of oscore is a text")
        require_short("cred", [description])
    if "senderid" in values:
        values["ssn"] = 0
    return values


def require_oscore(credential: Credential) -> None:
    """Raise `RefusedError`, 4.00, for a credential from which no context could be made."""
    why = why_not_a_context(credential)
    if why is not None:
        raise bad_request(f"cred: a credential of credtype {int(credential.kind)} {why}")


def _id(name: str, value: object) -> str:
    """Return a sender's or recipient's id in lower case. Raises `RefusedError`."""
    sentence = f"cred: {name} of oscore is {OSCORE_ID_DIGITS} hexadecimal digits"
    if not isinstance(value, str):
        raise bad_request(sentence)
    try:
        return read_id(value)
    except ValueError as error:
        raise bad_request(sentence) from error
