"""`/oic/sec/acl2`: who may do what (OCF Security 13.5).

An entry (ACE) names a subject, resources and a permission. An UPDATE adds entries or replaces those
whose `aceid` it gives; it never removes one, which is what DELETE is for. A member that is not
understood refuses the whole entry: it might be a restriction, and an entry without its restriction
grants more than its author meant.

An entry as a tool sends it: the peer with this UUID may read, update and observe the switch.

    {"aceid": 0, "subject": {"uuid": "8be7f5a3-…"}, "permission": 22,
     "resources": [{"href": "/light/switch"}]}
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.resources.base import (
    COMMON,
    Outcome,
    ReadOnly,
    RefusedError,
    Representation,
    with_common,
)
from onboardee.device.resources.secure.common import (
    bad_request,
    lowest_free,
    merged,
    number_from,
    require_short,
    require_writable,
    subject_text,
    target,
    typed,
    wire,
    without_id,
)
from onboardee.svrdb.model import Ace, Acl2, TimePattern
from onboardee.svrdb.validity import MAX_PATTERNS, MAX_RULES_IN_ALL, parse
from onboardee.wire.coap import Code

MAX_ENTRIES: Final = 256
"""Access control entries of a device."""
MAX_RESOURCES: Final = 64
"""Of one entry."""
MAX_FILTERS: Final = 32
"""Resource types or interfaces of one resource of an entry."""
WILDCARDS: Final = ("*", "+", "-")
"""All resources, those discoverable with DTLS, those discoverable without (OCF Security 12.2)."""
MEMBERS: Final = frozenset({"aceid", "subject", "resources", "permission", "validity", "tag"})
"""Of an entry, as they are called on the wire."""
SUBJECTS: Final = frozenset({"uuid", "role", "authority", "conntype"})
"""What a subject is named by."""


class Acl2Resource(ReadOnly):
    """The access control list.

    On the wire: `{"aclist2": [{"aceid", "subject", "resources", "permission", "validity"?,
    "tag"?}], "rowneruuid"}`. Whether an entry grants a request is decided in
    `device/access/aces.py`.
    """

    target = target("acl2")
    members = MEMBERS
    """Of an entry."""

    def version(self) -> object | None:
        """Return itself: all else is in the call."""
        return self

    def retrieve(self, call: Call) -> Representation:
        """Return all entries, or those that `aceid=` names."""
        acl2 = call.database.acl2
        wanted = {number_from(value) for value in call.query.all("aceid")}
        if wanted:
            chosen = tuple(entry for entry in acl2.entries if entry.aceid in wanted)
            acl2 = replace(acl2, entries=chosen)
        return with_common(call, self.target, wire(acl2))

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Add entries, or replace those whose aceid is given.

        An `aceid` of 0, or none, lets the device choose the lowest free one. Raises `RefusedError`:
        4.00 for an entry that is malformed or not understood, 4.13 beyond the bounds.
        """
        rest = {name: value for name, value in payload.items() if name == "rowneruuid"}
        acl2 = merged("acl2", call.database.acl2, rest, call)
        elements = payload.get("aclist2")
        if elements is not None:
            require_writable("acl2", "aclist2", call)
            acl2 = with_entries(acl2, elements, self.members)
        return Outcome(database=replace(call.database, acl2=acl2))

    def delete(self, call: Call) -> Outcome:
        """Remove the entries that `aceid=` names, or all.

        `aceid=` may come several times. Raises `RefusedError`, 4.04, if one of the ids is nobody's,
        and then nothing is removed.
        """
        require_writable("acl2", "aclist2", call)
        acl2 = call.database.acl2
        wanted = call.query.all("aceid")
        rest = acl2.entries if wanted else ()
        for value in wanted:
            rest = without_id(rest, "aceid", number_from(value))
        return Outcome(
            code=Code.DELETED,
            database=replace(call.database, acl2=replace(acl2, entries=rest)),
        )


def with_entries(acl2: Acl2, elements: object, members: frozenset[str] = MEMBERS) -> Acl2:
    """Read entries as they are sent, and add or replace them. Raises `RefusedError`.

    `elements` is the decoded `aclist2`. An entry replaces one of the same `aceid`; the order is
    that of the ids' first appearance. OIC 1.1's view and the editor of databases use it as well, so
    that there is one reading of entries.
    """
    if not isinstance(elements, list):
        raise bad_request("acl2: aclist2 is an array")
    entries = {entry.aceid: entry for entry in acl2.entries}
    for element in elements:
        # The ids that are taken grow with each element, so that two without an id get different
        # ones.
        entry = _entry(element, set(entries), members)
        entries[entry.aceid] = entry
        if len(entries) > MAX_ENTRIES:
            raise RefusedError(
                Code.REQUEST_ENTITY_TOO_LARGE, f"acl2: there is room for {MAX_ENTRIES} entries"
            )
    _require_few_rules(entries.values())
    return replace(acl2, entries=tuple(entries.values()))


def _require_few_rules(entries: Iterable[Ace]) -> None:
    """Raise `RefusedError` (4.13) beyond the bound of recurrence rules in the whole list."""
    patterns = (pattern for entry in entries for pattern in entry.validity)
    if sum(len(pattern.recurrence) for pattern in patterns) > MAX_RULES_IN_ALL:
        raise RefusedError(
            Code.REQUEST_ENTITY_TOO_LARGE,
            f"acl2: there is room for {MAX_RULES_IN_ALL} recurrence rules",
        )


def _entry(element: object, taken: set[int], members: frozenset[str]) -> Ace:
    """Read one entry as deployed tools write it; an aceid of 0 means "choose one"."""
    if not isinstance(element, dict):
        raise bad_request("acl2: an entry is a map")
    values = {name: value for name, value in element.items() if name not in COMMON | {"href"}}
    unknown = values.keys() - members
    if unknown:
        # ignoring a restriction would grant more than was meant
        raise bad_request(f"acl2: an entry with {sorted(unknown)} cannot be honoured")
    aceid = values.get("aceid")
    if aceid is None or (type(aceid) is int and aceid <= 0):
        values["aceid"] = lowest_free(taken)
    values["subject"] = _subject(values.get("subject"))
    values["resources"] = _resources(values.get("resources"))
    # Deployed tools write null for "no limit in time".
    if values.get("validity", 0) is None:
        del values["validity"]
    entry = typed("acl2", values, Ace)
    require_short("acl2", _texts(entry))
    _require_understood(entry.validity)
    return entry


def _require_understood(validity: Sequence[TimePattern]) -> None:
    """Raise `RefusedError` unless each period can be evaluated, and quickly (`svrdb.validity`)."""
    if len(validity) > MAX_PATTERNS:
        raise bad_request(f"acl2: the validity of an entry has at most {MAX_PATTERNS} periods")
    for pattern in validity:
        try:
            parse(pattern)
        except ValueError as error:
            raise bad_request(f"acl2: validity: {error}") from error


def _texts(entry: Ace) -> Iterator[str | None]:
    """Yield all texts of an entry, whose length has a bound."""
    yield from (entry.tag, entry.subject.role, entry.subject.authority)
    for pattern in entry.validity:
        yield from (pattern.period, *pattern.recurrence)
    for resource in entry.resources:
        yield from (resource.href, *resource.types, *resource.interfaces)


def _subject(subject: object) -> object:
    """Return a subject with its UUID in lower case. Raises `RefusedError`."""
    if not isinstance(subject, dict) or not subject.keys() <= SUBJECTS:
        raise bad_request("acl2: a subject is a map with uuid, role or conntype")
    if "uuid" not in subject:
        return subject
    return {**subject, "uuid": subject_text("acl2", "a subject's uuid", subject["uuid"])}


def _resources(resources: object) -> list[dict[str, Any]]:
    """Return the resources of an entry. Raises `RefusedError` if there are none or too many."""
    if not isinstance(resources, list) or not 0 < len(resources) <= MAX_RESOURCES:
        raise bad_request(f"acl2: an entry names 1 to {MAX_RESOURCES} resources")
    return [_resource(resource) for resource in resources]


def _resource(resource: object) -> dict[str, Any]:
    """Return one resource as the model has it; `href: "*"` of older tools is a wildcard."""
    if not isinstance(resource, dict) or not resource.keys() <= {"href", "wc", "rt", "if"}:
        raise bad_request("acl2: a resource has href or wc, and may have rt and if")
    values = {name: value for name, value in resource.items() if value is not None}
    href = values.get("href")
    # Written as a path by tools of OIC 1.1; as a path it would match nothing.
    if href == "*":
        values.setdefault("wc", values.pop("href"))
    if "wc" in values and values["wc"] not in WILDCARDS:
        raise bad_request("acl2: a wildcard is one of * + -")
    if not values.keys() & {"href", "wc"}:
        raise bad_request("acl2: a resource needs href or wc")
    if any(
        isinstance(values.get(name), list) and len(values[name]) > MAX_FILTERS
        for name in ("rt", "if")
    ):
        raise bad_request(f"acl2: a filter has at most {MAX_FILTERS} values")
    return values
