"""The access list as OIC 1.1 wrote it, and its conversion from and to the entries we keep.

Version 1 (`/oic/sec/acl`, OIC Security 1.1 12.2) knows a UUID or `*` as the subject and a path or
`*` as the resource. Our model is that of version 2; this is a view of it, and a database never
holds both.

    version 1                         version 2
    -------------------------------   ----------------------------------------
    subjectuuid: UUID                 subject: {uuid}
    subjectuuid: "*"                  subject: {conntype: "anon-clear"}
    -                                 role; conntype "auth-crypt"; uuid "*"
    resources: [{href: "/path"}]      resources: [{href: "/path"}]
    resources: [{href: "*"}]          resources: [{wc: "*"}]
    -                                 wc "+", wc "-", href and wc together
    -                                 aceid (numbered on the way here)
    validity: [[period, [rule...]]]   validity: [{period, recurrence}]

What version 1 cannot say is named, never dropped in silence: an entry that a tool does not see is
still in force. In the other direction nothing is lost but `rel`, which has no meaning for access.
"""

import uuid
from collections.abc import Iterable
from itertools import count
from typing import Annotated, Final

import msgspec

from onboardee.svrdb.model import (
    ANY_SUBJECT,
    NIL,
    Ace,
    AceResource,
    Acl2,
    Connection,
    Subject,
    TimePattern,
)

ANYTHING: Final = "*"
"""The path that stands for every resource; in version 2 it is a wildcard of its own."""

Texts = str | tuple[str, ...]
"""Lists of names; the oldest tools write a single one as text."""


Interval = tuple[Texts, ...]
"""One element of `validity` as IoTivity 1.2 writes it: `[period, [recurrence, ...]]`."""


class AceResourceV1(
    msgspec.Struct, frozen=True, kw_only=True, rename={"types": "rt", "interfaces": "if"}
):
    """What an entry is about. All of `href`, `rt` and `if` are mandatory in version 1.

    Tools leave them out all the same, or write an empty text for "any".
    """

    href: str
    types: Texts = ()
    interfaces: Texts = ()
    rel: Texts | msgspec.UnsetType | None = msgspec.UNSET
    """Without meaning for access: read, and not written."""


class AceV1(msgspec.Struct, frozen=True, kw_only=True, rename={"subject": "subjectuuid"}):
    """One element of `aces`; `subject` is a UUID's text, or `*` for everybody.

    `permission` has the bits of version 2. Validity comes in three forms, of IoTivity 1.1.0, of
    1.2, and as version 2 has it; one form is written.
    """

    subject: str
    resources: tuple[AceResourceV1, ...]
    permission: Annotated[int, msgspec.Meta(ge=0, le=31)]
    validity: tuple[Interval | TimePattern, ...] | msgspec.UnsetType = msgspec.UNSET
    period: str | msgspec.UnsetType = msgspec.UNSET
    """The only period, as IoTivity 1.1.0 writes it instead of `validity`."""
    recurrence: Texts | msgspec.UnsetType = msgspec.UNSET


class AceListV1(msgspec.Struct, frozen=True, kw_only=True, rename={"entries": "aces"}):
    """The map around the entries, `aclist`, which has nothing else in it."""

    entries: tuple[AceV1, ...] = ()


class Acl(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"access": "aclist", "resource_owner": "rowneruuid"},
):
    """The access list of version 1, `/oic/sec/acl`."""

    access: AceListV1 = AceListV1()
    resource_owner: uuid.UUID = NIL


class Inexpressible(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of version 2 that version 1 cannot express, and why."""

    aceid: int
    reason: str


class AclView(msgspec.Struct, frozen=True, kw_only=True):
    """A version-2 list as version 1 can show it, and what it cannot show of it."""

    acl: Acl
    inexpressible: tuple[Inexpressible, ...] = ()


class InexpressibleError(ValueError):
    """An entry cannot be written in version 1; the message says what stands in the way."""


def view(acl2: Acl2) -> AclView:
    """Return the list in version 1, with the entries that are missing there named.

    The entries are in the order of the list; ids are not a part of version 1.
    """
    entries: list[AceV1] = []
    missing: list[Inexpressible] = []
    for ace in acl2.entries:
        try:
            entries.append(to_entry(ace))
        except InexpressibleError as error:
            missing.append(Inexpressible(aceid=ace.aceid, reason=str(error)))
    acl = Acl(access=AceListV1(entries=tuple(entries)), resource_owner=acl2.resource_owner)
    return AclView(acl=acl, inexpressible=tuple(missing))


def from_acl(acl: Acl) -> Acl2:
    """Return a version-1 list in version 2, numbered from 1. Raises `ValueError`."""
    empty = Acl2(resource_owner=acl.resource_owner)
    return with_entries(empty, acl.access.entries)


def with_entries(acl2: Acl2, entries: Iterable[AceV1]) -> Acl2:
    """Append entries; one that says what a present one says is not added. Raises `ValueError`.

    Tools of OIC 1.1 write the same entry each time they provision a device. New ids are the
    smallest that are free.
    """
    for entry in entries:
        acl2 = with_rule(acl2, to_ace(entry, 1))
    return acl2


def with_rule(acl2: Acl2, rule: Ace) -> Acl2:
    """Append a rule under the lowest free id, unless a present entry says the same."""
    if any(is_same_rule(rule, present) for present in acl2.entries):
        return acl2
    taken = {present.aceid for present in acl2.entries}
    ace = msgspec.structs.replace(rule, aceid=next(n for n in count(1) if n not in taken))
    return msgspec.structs.replace(acl2, entries=(*acl2.entries, ace))


def is_same_rule(one: Ace, other: Ace) -> bool:
    """Tell whether two entries say the same, whatever their ids and tags are.

    The order of resources and periods counts: tools repeat an entry as they wrote it.
    """
    return _bare(one) == _bare(other)


def to_ace(entry: AceV1, aceid: int) -> Ace:
    """Return an entry in version 2. Raises `ValueError` where its subject names nobody.

    Also where a recurrence has no period: without it the entry would always apply.
    """
    return Ace(
        aceid=aceid,
        subject=_to_subject(entry.subject),
        resources=tuple(_to_resource(resource) for resource in entry.resources),
        permission=entry.permission,
        validity=_to_patterns(entry),
    )


def to_entry(ace: Ace) -> AceV1:
    """Return an entry in version 1. Raises `InexpressibleError`.

    `validity` is left out where there is none.
    """
    validity = tuple(_to_interval(pattern) for pattern in ace.validity)
    return AceV1(
        subject=_from_subject(ace.subject),
        resources=tuple(_from_resource(resource) for resource in ace.resources),
        permission=ace.permission,
        validity=validity or msgspec.UNSET,
    )


def _to_subject(text: str) -> Subject:
    """Return the subject of version 2. Raises `ValueError` for the nil UUID and for other texts."""
    if text == ANY_SUBJECT:
        # In version 1 `*` is everybody, secured or not; in version 2 the UUID `*` would be somebody
        # else.
        return Subject(connection=Connection.ANYONE)
    try:
        subject = uuid.UUID(text)
    except ValueError:
        subject = NIL
    if subject == NIL:
        raise ValueError("the subject is neither the text of a UUID nor *")
    return Subject(uuid=str(subject))


def _from_subject(subject: Subject) -> str:
    """Return the subject of version 1. Raises `InexpressibleError` for what it cannot express."""
    if subject.connection is Connection.ANYONE:
        return ANY_SUBJECT
    if subject.connection is not None:
        raise InexpressibleError(f"its subject is the connection type {subject.connection}")
    if subject.role is not None:
        raise InexpressibleError(f"its subject is the role {subject.role!r}")
    if subject.uuid in {None, ANY_SUBJECT}:
        # peers whose certificate has no UUID; the * of version 1 would be everybody
        raise InexpressibleError("its subject is the UUID *")
    return str(subject.uuid)


def _to_resource(resource: AceResourceV1) -> AceResource:
    """Return what an entry is about in version 2, where "everything" is a wildcard and no path."""
    is_anything = resource.href == ANYTHING
    return AceResource(
        href=None if is_anything else resource.href,
        wildcard=ANYTHING if is_anything else None,
        types=_names(resource.types),
        interfaces=_names(resource.interfaces),
    )


def _from_resource(resource: AceResource) -> AceResourceV1:
    """Return what an entry is about in version 1. Raises `InexpressibleError`.

    With href and wildcard both have to fit in version 2; either one alone would permit more.
    """
    if resource.wildcard not in {None, ANYTHING}:
        raise InexpressibleError(f"it has a resource with the wildcard {resource.wildcard!r}")
    if resource.href is None and resource.wildcard is None:
        raise InexpressibleError("it has a resource without href and wildcard")
    if resource.href is not None and resource.wildcard is not None:
        raise InexpressibleError("it has a resource with both href and wildcard")
    return AceResourceV1(
        href=ANYTHING if resource.href is None else resource.href,
        types=resource.types,
        interfaces=resource.interfaces,
    )


def _to_patterns(entry: AceV1) -> tuple[TimePattern, ...]:
    """Return the periods of an entry, in whichever of the three forms they are written."""
    patterns = tuple(_to_pattern(each) for each in entry.validity or ())
    recurrence = _names(entry.recurrence or ())
    if entry.period:
        return (*patterns, TimePattern(period=entry.period, recurrence=recurrence))
    if recurrence:
        raise ValueError("a recurrence needs the period that recurs")
    return patterns


def _to_pattern(interval: Interval | TimePattern) -> TimePattern:
    """Return one period. Raises `ValueError` for what is neither a map nor `[period, rules]`.

    To pass over it would make an entry apply always that was meant for an hour a day.
    """
    if isinstance(interval, TimePattern):
        return interval
    match interval:
        case (str(period),):
            return TimePattern(period=period)
        case (str(period), recurrence):
            return TimePattern(period=period, recurrence=_names(recurrence))
    raise ValueError("an element of validity is a period and the rules by which it recurs")


def _to_interval(pattern: TimePattern) -> Interval:
    return (pattern.period, pattern.recurrence) if pattern.recurrence else (pattern.period,)


def _names(texts: Texts) -> tuple[str, ...]:
    """Return a list of names; empty ones, which some tools write for "any", do not count."""
    return tuple(text for text in ((texts,) if isinstance(texts, str) else texts) if text)


def _bare(ace: Ace) -> Ace:
    """Return an entry without what does not change its meaning."""
    return msgspec.structs.replace(ace, aceid=1, tag=None)
