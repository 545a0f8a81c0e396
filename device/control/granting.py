"""What would grant a request that was refused: a hint for whoever looks into a device.

The gate says which rule refused and why (`device/access/rules.py`); a person at work on a tool
mostly asks the next question, what to do about it. The peer is told nothing of this.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from onboardee.device.events import AccessDenied, Event
from onboardee.svrdb.model import Permission

ANONYMOUS: Final = "anonymous"
"""The subject of a request without a session."""
_PERMISSIONS: Final = {
    "GET": Permission.RETRIEVE,
    "POST": Permission.UPDATE,
    "PUT": Permission.UPDATE,
    "DELETE": Permission.DELETE,
}


def what_would_grant(event: Event) -> str:
    """Return what would have let a request pass, in a sentence; "" where there is no such thing."""
    if not isinstance(event, AccessDenied):
        return ""
    return hint(event.fields())


def hint(denied: Mapping[str, Any]) -> str:
    """Return the sentence for the fields of an `access.denied`; "" for a rule without one."""
    say = _HINTS.get(denied["rule"])
    return "" if say is None else say(denied)


def entry(denied: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of `aclist2` that grants one method on one resource (OCF Security 12.2)."""
    return {
        "subject": _subject(denied["subject"]),
        "resources": [{"href": denied["href"]}],
        "permission": int(_PERMISSIONS[denied["method"]]),
    }


def _of_entry(denied: Mapping[str, Any]) -> str:
    if denied["method"] not in _PERMISSIONS:
        return ""
    return f"an entry of acl2 such as {json.dumps(entry(denied))}"


def _said(sentence: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda _denied: sentence


_HINTS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "transfer-in-progress": _said("the session in which the transfer goes on, or its end"),
    "pairing-connection": _said(
        "a session with a credential of its own: this one is only for ending the pairing"
    ),
    "joining-connection": _said(
        "becoming a sub-owner first, and then a session with that credential"
    ),
    "not-in-operation": _said(
        'the state RFNOP: an update of /oic/sec/pstat with {"dos": {"s": 3}}, which the owner may'
    ),
    "secured-only": _said("the same request over DTLS, at the coaps endpoint"),
    "ready-for-transfer": _said(
        "taking ownership first: until then doxm can be read and its oxmsel written, pstat read"
    ),
    "access-control-entry": _of_entry,
}


def _subject(identity: str) -> dict[str, str]:
    """Return the subject of an entry for a peer as `Peer.identity` names it."""
    try:
        return {"uuid": str(UUID(identity.rpartition(" ")[2]))}
    except ValueError:
        return {"conntype": "anon-clear" if identity == ANONYMOUS else "auth-crypt"}
