"""A device that already has an owner: for tests of clients, which come after onboarding.

Owning a device takes a tool and thirty messages, which a test of a client that only switches lights
does not want. The database here is what they would leave: an owner that nobody has the key of,
credentials for the clients of the test, and the entries that let them in.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.security.onboarding_states import enter
from onboardee.device.simulation.profile import Profile
from onboardee.svrdb.model import (
    Ace,
    AceResource,
    Acl2,
    Connection,
    Cred,
    Credential,
    CredentialType,
    Database,
    Permission,
    PrivateData,
    State,
    Subject,
)
from onboardee.wire.entropy import Entropy

OWNER: Final = UUID("6f776e65-7200-4000-8000-000000000001")
"""Who owns the devices that were made with an owner; nobody knows its key."""

_READ: Final = int(Permission.RETRIEVE)
"""Permission bits (OCF Security 12.2)."""
_USE: Final = int(
    Permission.CREATE | Permission.RETRIEVE | Permission.UPDATE | Permission.DELETE
) | int(Permission.NOTIFY)


def onboarded(
    database: Database,
    entropy: Entropy,
    *,
    clients: Mapping[UUID, bytes] | None = None,
    open_to_all: bool = False,
) -> Database:
    """Return the database as an owner would leave it, in RFNOP.

    `clients` are the pairwise keys (16 or 32 octets) of those who may use all of the device's
    resources over DTLS. `open_to_all` lets anybody use them who can reach an endpoint.
    """
    # First, so that a seed gives the owner the same key whatever the clients are.
    keys = {OWNER: entropy.token(16), **(clients or {})}
    credentials = tuple(
        Credential(
            credid=number,
            kind=CredentialType.SYMMETRIC_PAIRWISE,
            subject=str(peer),
            private=PrivateData(data=key),
        )
        for number, (peer, key) in enumerate(keys.items(), 1)
    )
    doxm = replace(database.doxm, owned=True, owner_uuid=OWNER, resource_owner=OWNER)
    pstat = replace(database.pstat, resource_owner=OWNER)
    owned = replace(
        database,
        doxm=doxm,
        pstat=pstat,
        cred=Cred(credentials=credentials, resource_owner=OWNER),
        acl2=Acl2(entries=_entries(list(clients or {}), open_to_all), resource_owner=OWNER),
    )
    return enter(owned, State.RFNOP)


def with_plain_endpoints(profile: Profile) -> Profile:
    """Return the profile with all its resources reachable without DTLS.

    An access control entry still has to let peers in; `open_to_all` writes it.
    """
    resources = tuple(replace(resource, plain=True) for resource in profile.resources)
    return replace(profile, resources=resources)


def _entries(clients: list[UUID], open_to_all: bool) -> tuple[Ace, ...]:
    """Return the access list: discovery for anybody, everything for clients, or for all."""
    everything = (AceResource(wildcard="*"),)
    discovery = tuple(AceResource(href=href) for href in ("/oic/res", "/oic/d", "/oic/p"))
    anybody = Subject(connection=Connection.ANYONE)
    entries = [(anybody, discovery, _READ)]
    entries += [(Subject(uuid=str(client)), everything, _USE) for client in clients]
    if open_to_all:
        entries.append((anybody, everything, _USE))
    return tuple(
        Ace(aceid=number, subject=subject, resources=resources, permission=permission)
        for number, (subject, resources, permission) in enumerate(entries, 1)
    )
