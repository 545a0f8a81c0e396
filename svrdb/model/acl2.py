"""`/oic/sec/acl2`: who may do what (OCF Security 12.2, 13.5)."""

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

WILDCARDS: Final = ("*", "+", "-")
"""All resources, the discoverable ones with a secured endpoint, and those without."""


class Connection(StrEnum):
    """Connection types an access control entry may name as its subject."""

    AUTHENTICATED = "auth-crypt"
    ANYONE = "anon-clear"


class Subject(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"connection": "conntype"}
):
    """Whom an access control entry is about: exactly one of UUID text, role or connection type."""

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
    """What an access control entry is about: a path or a wildcard, with optional filters."""

    href: str | None = None
    wildcard: str | None = None
    types: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()


class TimePattern(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When an entry applies: a period, and the rules by which it recurs (RFC 5545 3.3.9-10)."""

    period: str
    recurrence: tuple[str, ...] = ()


class Ace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An access control entry of `/oic/sec/acl2` (OCF Security 12.2)."""

    aceid: EntryId
    subject: Subject
    resources: tuple[AceResource, ...]
    permission: Annotated[int, msgspec.Meta(ge=0, le=31)]
    validity: tuple[TimePattern, ...] = ()
    """Without any the entry always applies, otherwise while one of them does."""
    tag: str | None = None


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
