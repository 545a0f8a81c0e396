"""The steps of a transfer by their names, as a request shows them (CR 3006)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

DOXM: Final = "/oic/sec/doxm"
PSTAT: Final = "/oic/sec/pstat"
CRED: Final = "/oic/sec/cred"
ACL2: Final = "/oic/sec/acl2"

Request = tuple[str, str, Any, bool, bool]
"""Method, path, payload, whether it came over a session, whether it came to a group."""
Matches = Callable[[str, str, Any, bool, bool], bool]


def _writes(path: str, name: str) -> Matches:
    def matches(method: str, asked: str, content: Any, _secured: bool, _group: bool) -> bool:
        return method in {"POST", "PUT"} and asked == path and _has(content, name)

    return matches


def _has(content: Any, name: str) -> bool:
    return isinstance(content, dict) and name in content


def _state(state: int) -> Matches:
    def matches(method: str, asked: str, content: Any, _secured: bool, _group: bool) -> bool:
        is_asked = method == "POST" and asked == PSTAT and _has(content, "dos")
        return is_asked and _has(content["dos"], "s") and content["dos"]["s"] == state

    return matches


def _reads(path: str, *, secured: bool, group: bool = False) -> Matches:
    def matches(method: str, asked: str, _content: Any, is_secured: bool, is_group: bool) -> bool:
        return method == "GET" and asked == path and (is_secured, is_group) == (secured, group)

    return matches


STEPS: Final[Mapping[str, Matches]] = {
    "discovery": _reads(DOXM, secured=False, group=True),
    "read": _reads(DOXM, secured=False),
    "select": _writes(DOXM, "oxmsel"),
    "om": _writes(PSTAT, "om"),
    "owner": _writes(DOXM, "devowneruuid"),
    "read-again": _reads(DOXM, secured=True),
    "uuid": _writes(DOXM, "deviceuuid"),
    "credential": _writes(CRED, "creds"),
    "doxm-owner": _writes(DOXM, "rowneruuid"),
    "pstat-owner": _writes(PSTAT, "rowneruuid"),
    "cred-owner": _writes(CRED, "rowneruuid"),
    "acl2-owner": _writes(ACL2, "rowneruuid"),
    "owned": _writes(DOXM, "owned"),
    "rfpro": _state(2),
    "rules": _writes(ACL2, "aclist2"),
    "rfnop": _state(3),
}
"""In the order of the specification."""
