"""Databases for the tests of svrdb, made by hand."""

import uuid

import msgspec

from onboardee.svrdb import (
    Ace,
    AceResource,
    Acl2,
    Connection,
    Cred,
    Credential,
    CredentialType,
    Database,
    Dos,
    Doxm,
    Permanent,
    PrivateData,
    Pstat,
    Sdi,
    State,
    Subject,
)

DEVICE = uuid.UUID("6c696768-7444-4576-8963-655555494430")
OWNER = uuid.UUID("61646d69-6e44-4576-8963-655575696430")
SECRET = bytes(range(0x61, 0x71))


def unowned(name: str = "") -> Database:
    """Return a factory-new device; the name makes databases differ."""
    return Database(
        doxm=Doxm(methods=(0, 2), device_uuid=DEVICE),
        permanent=Permanent(device=OWNER, platform=DEVICE, original=DEVICE),
        sdi=Sdi(name=name),
    )


def owned(state: State = State.RFNOP) -> Database:
    """Return a device whose transfer is complete."""
    credential = Credential(
        credid=1,
        kind=CredentialType.SYMMETRIC_PAIRWISE,
        subject=str(OWNER),
        private=PrivateData(data=SECRET),
    )
    rule = Ace(
        aceid=1,
        subject=Subject(connection=Connection.ANYONE),
        resources=(AceResource(href="/oic/res"), AceResource(wildcard="*")),
        permission=2,
    )
    return Database(
        doxm=Doxm(
            methods=(0,), device_uuid=DEVICE, owned=True, owner_uuid=OWNER, resource_owner=OWNER
        ),
        permanent=Permanent(device=OWNER, platform=DEVICE, original=DEVICE),
        pstat=Pstat(
            dos=Dos(state=state), is_operational=state is State.RFNOP, resource_owner=OWNER
        ),
        cred=Cred(credentials=(credential,), resource_owner=OWNER),
        acl2=Acl2(entries=(rule,), resource_owner=OWNER),
    )


def named(database: Database, name: str) -> Database:
    """Return the same database with another name in it."""
    return msgspec.structs.replace(database, sdi=Sdi(name=name))
