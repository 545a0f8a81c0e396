"""Access lists of version 1 (`aclist.aces`), as IoTivity wrote them up to 1.2.

`svrdb.acl_version1` says what their entries mean. IoTivity compared paths only: the filters `rt`
and `if` that its entries carry are dropped, and an entry whose filters count has no version 1 here.

A subject of version 1 is a UUID or `*`, a permission the same number. Entries have no ids, so on
the way to version 2 they are numbered from 1 on. Roles and kinds of connection cannot be said.
"""

from typing import Any

import msgspec

from onboardee.svrdb import acl_version1
from onboardee.svrdb.formats.errors import FormatError
from onboardee.svrdb.model import Ace

Entry = dict[str, Any]
"""An access control entry by the names of the wire, of either version."""

_KNOWN = {"subjectuuid", "resources", "permission", "validity", "period", "recurrence"}
"""The properties that version 1 gives a meaning; others are carried over as they are."""


def to_version_2(entries: Any, key: str) -> list[Entry]:
    """Return entries of version 2, numbered in their order. Raises `FormatError`."""
    if not isinstance(entries, list):
        raise FormatError("is missing or not a list", key=key)
    return [_newer(entry, index + 1, f"{key}[{index}]") for index, entry in enumerate(entries)]


def to_version_1(entry: Entry) -> Entry:
    """Return an entry of version 1.

    Raises `InexpressibleError` where that would say something else.
    `entry` may hold properties that the model does not know.
    """
    ace = msgspec.convert(entry, Ace)
    if any(resource.types or resource.interfaces for resource in ace.resources):
        raise acl_version1.InexpressibleError("its filters rt and if would not be enforced")
    older: Entry = msgspec.to_builtins(acl_version1.to_entry(ace))
    older["resources"] = [{"href": each["href"], "rel": ""} for each in older["resources"]]
    unknown = {name: value for name, value in entry.items() if name not in _OF_VERSION_2}
    return older | unknown


_OF_VERSION_2 = {"aceid", "subject", *_KNOWN}
"""What has been said of an entry in version 1, so that it is not repeated."""


def _newer(entry: Any, aceid: int, key: str) -> Entry:
    """Return one entry of version 2. Raises `FormatError`, whose key says where."""
    try:
        ace = acl_version1.to_ace(
            msgspec.convert(_without_filters(entry), acl_version1.AceV1), aceid
        )
    except ValueError as error:
        what, _, path = str(error).partition(" - at `$")
        raise FormatError(what[:1].lower() + what[1:], key=f"{key}{path.rstrip('`')}") from None
    newer: Entry = msgspec.to_builtins(ace)
    newer["resources"] = list(newer["resources"])
    return newer | {name: value for name, value in entry.items() if name not in _KNOWN}


def _without_filters(entry: Any) -> Any:
    """Return an entry of version 1 without the filters that IoTivity carries and ignores."""
    if not isinstance(entry, dict) or not isinstance(entry.get("resources"), list):
        return entry
    resources = [
        {name: value for name, value in each.items() if name not in ("rt", "if", "rel")}
        if isinstance(each, dict)
        else each
        for each in entry["resources"]
    ]
    return {**entry, "resources": resources}
