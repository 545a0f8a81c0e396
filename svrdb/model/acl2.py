"""`/oic/sec/acl2`: who may do what (OCF Security 12.2, 13.5).

An access control entry (ACE) says: this subject may do this with these resources at these times.
Entries only ever permit; what no entry permits is refused. An example, as it is on the wire:

    {"aceid": 3, "subject": {"conntype": "auth-crypt"},
     "resources": [{"href": "/light/1"}, {"wc": "+"}], "permission": 6,
     "validity": [{"period": "20300101T080000Z/PT2H", "recurrence": ["FREQ=DAILY"]}]}

How entries are weighed is in `onboardee.device.access.aces`; the form of OIC 1.1, in
`svrdb.acl_version1`. An entry with a filter (`rt`, `if`) is narrower than one without: a form that
cannot carry filters must not drop them.
"""

import uuid
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from onboardee.svrdb.model.numbers import NIL, EntryId
from onboardee.svrdb.model.resource import (
    IN_PROVISIONING,
    IN_REPAIR,
    OWNER,
    Lite,
    Permission,
    Season,
    SecurityResource,
    State,
)

ANY_SUBJECT: Final = "*"
"""The text that some stacks write for a subject that is no single UUID. It does not stand for
everybody here: that is the connection type `anon-clear`."""

WILDCARDS: Final = ("*", "+", "-")
"""All resources, the discoverable ones with a secured endpoint, and those without. None of them
reaches a configuration resource, `/oic/sec` before all: these have to be named by `href`, so that
`{"wc": "*"}` of a careless tool gives nobody the credentials."""


class Connection(StrEnum):
    """Connection types an access control entry may name as its subject, `conntype`.

    `auth-crypt` is every peer on a DTLS session, whoever it is; `anon-clear` everybody, over an
    unsecured connection, too.
    """

    AUTHENTICATED = "auth-crypt"
    ANYONE = "anon-clear"


class Subject(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"connection": "conntype"}
):
    """Whom an access control entry is about: exactly one of UUID text, role or connection type.

    `uuid` is text and not a UUID, as `*` occurs. `authority` narrows a role to one issuer; None
    means any. Raises ValueError (a ValidationError when read) if not exactly one is named: with
    none the entry would be about nobody, with two it is not told whether either or both are needed.
    """

    uuid: str | None = None
    role: str | None = None
    authority: str | None = None
    connection: Connection | None = None

    def __post_init__(self) -> None:
        if sum(part is not None for part in (self.uuid, self.role, self.connection)) != 1:
            raise ValueError("a subject is exactly one of uuid, role and conntype")


class AceResource(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename={"wildcard": "wc", "types": "rt", "interfaces": "if"},
):
    """What an access control entry is about: a path or a wildcard, with optional filters.

    With both, both have to fit. `types` and `interfaces` are lists of which one has to fit; empty
    means any.
    """

    href: str | None = None
    wildcard: str | None = None
    types: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()


class TimePattern(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When an entry applies: a period, and the rules by which it recurs (RFC 5545 3.3.9-10).

    Text as it came; `svrdb.validity` reads it. It is hashable, so that readings can be remembered.
    """

    period: str
    recurrence: tuple[str, ...] = ()


class Ace(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename={"entry_owner": "eowneruuid"},
):
    """An access control entry of `/oic/sec/acl2` (OCF Security 12.2).

    `permission` is the sum of `Permission` bits, 0 to 31. `tag` is kept for IoTivity-Lite, and
    means nothing here.
    """

    aceid: EntryId
    subject: Subject
    resources: tuple[AceResource, ...]
    permission: Annotated[int, msgspec.Meta(ge=0, le=31)]
    validity: tuple[TimePattern, ...] = ()
    """Without any the entry always applies, otherwise while one of them does."""
    tag: str | None = None
    entry_owner: uuid.UUID | None = None
    """The sub-owner whose entry it is; None if it is the owner's."""


class Acl2(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"entries": "aclist2", "resource_owner": "rowneruuid"},
):
    """Access control list, `/oic/sec/acl2`."""

    entries: tuple[Ace, ...] = ()
    resource_owner: uuid.UUID = NIL


ACL2: Final = SecurityResource(
    name="acl2",
    title="Access control list",
    model=Acl2,
    entries="aclist2",
    entry="access control entry",
    rights={"aclist2": IN_PROVISIONING, OWNER: IN_REPAIR},
    seasons={
        Permission.DELETE: Season(
            frozenset({State.RFNOP, State.RESET}), "4.03", "entries are not removed now"
        )
    },
    stored_as="acl",
    is_profiled=True,
    lite=Lite(has_type=True),
)
