"""`/oic/sec/acl2`: who may do what (OCF Security 13.5)."""

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
MAX_RESOURCES: Final = 64
MAX_FILTERS: Final = 32
WILDCARDS: Final = ("*", "+", "-")
MEMBERS: Final = frozenset({"aceid", "subject", "resources", "permission", "validity", "tag"})
SUBJECTS: Final = frozenset({"uuid", "role", "authority", "conntype"})


class Acl2Resource(ReadOnly):
    """The access control list."""

    target = target("acl2")

    def retrieve(self, call: Call) -> Representation:
        """Return all entries, or those that `aceid=` names."""
        acl2 = call.database.acl2
        wanted = {number_from(value) for value in call.query.all("aceid")}
        if wanted:
            chosen = tuple(entry for entry in acl2.entries if entry.aceid in wanted)
            acl2 = replace(acl2, entries=chosen)
        return with_common(call, self.target, wire(acl2))

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Add entries, or replace those whose aceid is given."""
        rest = {name: value for name, value in payload.items() if name == "rowneruuid"}
        acl2 = merged("acl2", call.database.acl2, rest, call)
        elements = payload.get("aclist2")
        if elements is not None:
            require_writable("acl2", "aclist2", call)
            acl2 = with_entries(acl2, elements)
        return Outcome(database=replace(call.database, acl2=acl2))

    def delete(self, call: Call) -> Outcome:
        """Remove the entries that `aceid=` names, or all."""
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


def with_entries(acl2: Acl2, elements: object) -> Acl2:
    """Read entries as they are sent, and add or replace them. Raises `RefusedError`."""
    if not isinstance(elements, list):
        raise bad_request("acl2: aclist2 is an array")
    entries = {entry.aceid: entry for entry in acl2.entries}
    for element in elements:
        entry = _entry(element, set(entries))
        entries[entry.aceid] = entry
        if len(entries) > MAX_ENTRIES:
            raise RefusedError(
                Code.REQUEST_ENTITY_TOO_LARGE, f"acl2: there is room for {MAX_ENTRIES} entries"
            )
    _require_few_rules(entries.values())
    return replace(acl2, entries=tuple(entries.values()))


def _require_few_rules(entries: Iterable[Ace]) -> None:
    patterns = (pattern for entry in entries for pattern in entry.validity)
    if sum(len(pattern.recurrence) for pattern in patterns) > MAX_RULES_IN_ALL:
        raise RefusedError(
            Code.REQUEST_ENTITY_TOO_LARGE,
            f"acl2: there is room for {MAX_RULES_IN_ALL} recurrence rules",
        )


def _entry(element: object, taken: set[int]) -> Ace:
    """Read one entry as deployed tools write it; an aceid of 0 means "choose one"."""
    if not isinstance(element, dict):
        raise bad_request("acl2: an entry is a map")
    values = {name: value for name, value in element.items() if name not in COMMON | {"href"}}
    unknown = values.keys() - MEMBERS
    if unknown:
        # ignoring a restriction would grant more than was meant
        raise bad_request(f"acl2: an entry with {sorted(unknown)} cannot be honoured")
    aceid = values.get("aceid")
    if aceid is None or (type(aceid) is int and aceid <= 0):
        values["aceid"] = lowest_free(taken)
    values["subject"] = _subject(values.get("subject"))
    values["resources"] = _resources(values.get("resources"))
    if values.get("validity", 0) is None:
        del values["validity"]
    entry = typed("acl2", values, Ace)
    require_short("acl2", _texts(entry))
    _require_understood(entry.validity)
    return entry


def _require_understood(validity: Sequence[TimePattern]) -> None:
    if len(validity) > MAX_PATTERNS:
        raise bad_request(f"acl2: the validity of an entry has at most {MAX_PATTERNS} periods")
    for pattern in validity:
        try:
            parse(pattern)
        except ValueError as error:
            raise bad_request(f"acl2: validity: {error}") from error


def _texts(entry: Ace) -> Iterator[str | None]:
    yield from (entry.tag, entry.subject.role, entry.subject.authority)
    for pattern in entry.validity:
        yield from (pattern.period, *pattern.recurrence)
    for resource in entry.resources:
        yield from (resource.href, *resource.types, *resource.interfaces)


def _subject(subject: object) -> object:
    if not isinstance(subject, dict) or not subject.keys() <= SUBJECTS:
        raise bad_request("acl2: a subject is a map with uuid, role or conntype")
    if "uuid" not in subject:
        return subject
    return {**subject, "uuid": subject_text("acl2", "a subject's uuid", subject["uuid"])}


def _resources(resources: object) -> list[dict[str, Any]]:
    if not isinstance(resources, list) or not 0 < len(resources) <= MAX_RESOURCES:
        raise bad_request(f"acl2: an entry names 1 to {MAX_RESOURCES} resources")
    return [_resource(resource) for resource in resources]


def _resource(resource: object) -> dict[str, Any]:
    if not isinstance(resource, dict) or not resource.keys() <= {"href", "wc", "rt", "if"}:
        raise bad_request("acl2: a resource has href or wc, and may have rt and if")
    values = {name: value for name, value in resource.items() if value is not None}
    href = values.get("href")
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
