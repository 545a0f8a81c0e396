"""`/oic/sec/amacl`: whom a device of OIC 1.1 is to ask about which resources (OIC Security 1.1).

It is kept for tools of that time, which write it and read it back. The device asks nobody: what its
own entries do not grant is refused.
"""

import uuid
from typing import Annotated, Final

import msgspec

from onboardee.svrdb.model.numbers import NIL
from onboardee.svrdb.model.resource import IN_REPAIR, OWNER, UNLESS_RESETTING, DatabasePart

MAX_MANAGED: Final = 64
"""Resources that an access manager decides about."""
MAX_MANAGERS: Final = 8


class ManagedResource(msgspec.Struct, frozen=True, kw_only=True):
    """A resource that an access manager decides about."""

    href: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Amacl(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"managers": "ams", "resource_owner": "rowneruuid"},
):
    """Access managers, and what they decide about."""

    resources: Annotated[tuple[ManagedResource, ...], msgspec.Meta(max_length=MAX_MANAGED)] = ()
    managers: Annotated[tuple[uuid.UUID, ...], msgspec.Meta(max_length=MAX_MANAGERS)] = ()
    resource_owner: uuid.UUID = NIL
    """Nil: whoever owns acl2."""


AMACL: Final = DatabasePart(name="amacl", title="Access managers (OIC 1.1)")

AMACL_RIGHTS: Final = {"resources": UNLESS_RESETTING, "ams": UNLESS_RESETTING, OWNER: IN_REPAIR}
