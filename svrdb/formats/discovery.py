"""The anonymous entries without which nobody finds a device that runs IoTivity.

Here the state before ownership opens discovery and doxm by itself (OCF Security 8.3). IoTivity asks
its access list, owned or not: a server whose list lacks these entries, or gets such a list from its
reset profile, is not seen by any tool. So a file for IoTivity has them wherever it describes a
device without owner, and says which were added: reading the file takes them out again.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from onboardee.svrdb.acl_version1 import is_same_rule
from onboardee.svrdb.formats.foreign import Resources
from onboardee.svrdb.model import Ace, Acl2, Connection, Database

Entry = dict[str, Any]
"""An access control entry by the names of the wire."""

ADDED: Final = "x.onboardee.added"
"""A property of `u_ids`, which only we write: the aceids of added entries, by place."""

LIVE: Final = "acl"
"""The list that the device asks now."""
PROFILE: Final = "resetpf"
"""The two places."""


def _entry(aceid: int, who: Connection, permission: int, *hrefs: str) -> Entry:
    """Return an entry of version 2; `permission` is the OR of its bits (OCF Security 12.2.2)."""
    return {
        "aceid": aceid,
        "subject": {"conntype": str(who)},
        "resources": [{"href": href} for href in hrefs],
        "permission": permission,
    }


_FOUND: Final = ("/oic/res", "/oic/d", "/oic/p")
"""What a search and its first questions read: links, device and platform."""

ENTRIES: Final = (
    _entry(1, Connection.ANYONE, 2, *_FOUND),
    _entry(2, Connection.AUTHENTICATED, 2, *_FOUND),
    # 14: read, update and delete, as IoTivity's own list has it
    _entry(3, Connection.ANYONE, 14, "/oic/sec/doxm"),
    _entry(4, Connection.AUTHENTICATED, 14, "/oic/sec/doxm", "/oic/sec/roles"),
)
"""What IoTivity has where it finds no list, from 1.3 on."""

ENTRIES_1_2: Final = (
    _entry(1, Connection.ANYONE, 2, *_FOUND),
    _entry(2, Connection.ANYONE, 6, *(f"/oic/sec/{x}" for x in ("doxm", "pstat", "acl", "cred"))),
)
"""The same up to 1.2, which takes the second one out when the device gets an owner."""


def missing(present: list[Entry], needed: tuple[Entry, ...]) -> list[Entry]:
    """Return the entries that say more than those there are, with ids that none has."""
    taken = {entry["aceid"] for entry in present}
    found = []
    for entry in needed:
        if _is_granted(entry, present):
            continue
        aceid = next(n for n in range(1, 2**31) if n not in taken)
        taken.add(aceid)
        found.append({**entry, "aceid": aceid})
    return found


def _is_granted(entry: Entry, present: list[Entry]) -> bool:
    """Tell whether the entries there are already grant each resource of one.

    An entry that applies at certain times only does not count, as the device has to be found at
    any time.
    """
    return all(
        any(
            other["subject"] == entry["subject"]
            and other["permission"] & entry["permission"] == entry["permission"]
            and not other.get("validity")
            and resource in other["resources"]
            for other in present
        )
        for resource in entry["resources"]
    )


def take_marks(resources: Resources) -> Mapping[str, set[int]]:
    """Take out of `u_ids` which entries were added, by place."""
    marks = resources.get("u_ids", {}).pop(ADDED, None)
    if not isinstance(marks, dict):
        return {}
    return {
        place: {aceid for aceid in aceids if isinstance(aceid, int)}
        for place, aceids in marks.items()
        if isinstance(aceids, list)
    }


def without_added(database: Database, marks: Mapping[str, set[int]]) -> Database:
    """Return a database without the entries that were added, as far as they still are the same."""
    live = _without(database.acl2, marks.get(LIVE, set()))
    database = replace(database, acl2=live)
    profile = database.reset_profile
    if profile is not None:
        profile = replace(profile, acl2=_without(profile.acl2, marks.get(PROFILE, set())))
    return replace(database, reset_profile=profile)


def _without(acl2: Acl2, aceids: set[int]) -> Acl2:
    """Return an access list without added entries.

    An entry that a tool has changed since has the number of an added one and says something else.
    It is the tool's now, and stays.
    """
    entries = tuple(
        entry
        for entry in acl2.entries
        if entry.aceid not in aceids or not any(is_same_rule(entry, each) for each in _rules())
    )
    return replace(acl2, entries=entries)


def _rules() -> Iterator[Ace]:
    """Return all entries that are ever added, as the model has them."""
    return (msgspec.convert(entry, Ace) for entry in (*ENTRIES, *ENTRIES_1_2))
