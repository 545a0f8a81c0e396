"""`/oic/sec/acl`: the access list in version 1, a view of the one there is (OIC Security 12).

There is one access list, and version 1 shows those of its entries that can be said in its terms: a
subject is a UUID or `*`, a resource a path. Entries about roles or connection types are not shown,
and cannot be removed from here. What is appended becomes an entry of version 2 and obeys its rules.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.access.ocf_interfaces import BASELINE
from onboardee.device.access.target import ACL, Kind, Target
from onboardee.device.resources.base import Outcome, Representation, Resource
from onboardee.device.resources.oic_1_1.view import in_form
from onboardee.device.resources.secure.acl2 import with_entries
from onboardee.device.resources.secure.common import bad_request, merged, require_writable, wire
from onboardee.svrdb import acl_version1
from onboardee.svrdb.model import Ace, Acl2
from onboardee.wire.coap import Code

_ENTRY: Final = frozenset(
    {"subjectuuid", "resources", "permission", "validity", "period", "recurrence", "eowneruuid"}
)
"""Members of an entry in version 1."""
_RESOURCE: Final = frozenset({"href", "rel", "rt", "if"})
"""Members of a resource in it."""


TARGET: Final = Target(href=ACL, kind=Kind.SECURITY, types=("oic.r.acl",), interfaces=(BASELINE,))
"""Served only where the profile has `oic_1_1`."""


def entries(_behind: Resource, call: Call) -> Representation:
    """Return all entries, or those about `subjectuuid=`, `resources=` or both."""
    view = acl_version1.view(call.database.acl2)
    chosen = tuple(
        entry
        for entry in view.acl.access.entries
        if _is_about(entry.subject, call.query.all("subjectuuid"))
        and (
            not call.query.all("resources")
            or any(each.href in call.query.all("resources") for each in entry.resources)
        )
    )
    shown = replace(view.acl, access=replace(view.acl.access, entries=chosen))
    return in_form(TARGET, wire(shown))


def append(_behind: Resource, call: Call, payload: Mapping[str, object]) -> Outcome:
    """Append entries; those that say what a present one says change nothing.

    `aclist.aces` is a list of `{"subjectuuid", "resources", "permission", …}`. Raises
    `RefusedError`, 4.00.
    """
    rest = {name: value for name, value in payload.items() if name == "rowneruuid"}
    acl2 = merged("acl", call.database.acl2, rest, call)
    if "aclist" in payload:
        require_writable("acl", "aclist", call)
        for entry in _entries(payload["aclist"]):
            acl2 = _appended(acl2, entry)
    return Outcome(database=replace(call.database, acl2=acl2))


def remove(_behind: Resource, call: Call) -> Outcome:
    """Remove what is about `subjectuuid=`, of that `resources=` alone if given, or all.

    Raises `RefusedError`, 4.00, if nothing matches: what OIC 1.1's tools take for "not there".
    """
    require_writable("acl", "aclist", call)
    subjects, hrefs = call.query.all("subjectuuid"), call.query.all("resources")
    before = call.database.acl2
    if hrefs and not subjects:
        raise bad_request("acl: which subject's entry the resource is to be removed from?")
    after = before.entries if subjects else ()
    if subjects:
        after = tuple(
            kept for entry in after if (kept := _remaining(entry, subjects, hrefs)) is not None
        )
    if subjects and after == before.entries:
        raise bad_request("acl: no entry is about this subject and resource")
    return Outcome(
        code=Code.DELETED,
        database=replace(call.database, acl2=replace(before, entries=after)),
    )


def _entries(aclist: object) -> list[acl_version1.AceV1]:
    """Read `aclist`; an unknown member might be a restriction, and is refused."""
    aces = aclist.get("aces") if isinstance(aclist, dict) else None
    if not isinstance(aces, list):
        raise bad_request("acl: aclist is a map with the array aces")
    if not all(_is_understood(ace) for ace in aces):
        raise bad_request("acl: an entry cannot be honoured as it is written")
    try:
        return msgspec.convert(aces, list[acl_version1.AceV1])
    except msgspec.ValidationError as error:
        raise bad_request(f"acl: {error}") from error


def _is_understood(ace: object) -> bool:
    """Tell whether an entry and its resources have no members but those that have a meaning."""
    if not isinstance(ace, dict) or ace.keys() - _ENTRY:
        return False
    resources = ace.get("resources")
    return isinstance(resources, list) and all(
        isinstance(each, dict) and not each.keys() - _RESOURCE for each in resources
    )


def _appended(acl2: Acl2, entry: acl_version1.AceV1) -> Acl2:
    """Append an entry under the rules that hold for those of version 2."""
    try:
        ace = acl_version1.to_ace(entry, 1)
    except ValueError as error:
        raise bad_request(f"acl: {error}") from error
    if any(acl_version1.is_same_rule(ace, present) for present in acl2.entries):
        return acl2
    # By way of JSON, so that it passes the very checks of an entry that was sent.
    element = msgspec.json.decode(msgspec.json.encode(ace))
    return with_entries(acl2, [{**element, "aceid": 0}])


def _remaining(entry: Ace, subjects: list[str], hrefs: list[str]) -> Ace | None:
    """Return what is left of an entry, None if nothing is."""
    try:
        shown = acl_version1.to_entry(entry)
    except acl_version1.InexpressibleError:
        return entry
    if not _is_about(shown.subject, subjects):
        return entry
    kept = tuple(
        resource
        for resource, old in zip(entry.resources, shown.resources, strict=True)
        if hrefs and old.href not in hrefs
    )
    return replace(entry, resources=kept) if kept else None


def _is_about(subject: str, subjects: list[str]) -> bool:
    """Tell whether an entry's subject is one of those that a query names; without any, all are."""
    return not subjects or subject.lower() in {each.lower() for each in subjects}
