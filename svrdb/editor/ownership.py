"""Who owns a device and which state it is in: each edit leaves a database that makes sense.

An owner is named in five places (`doxm.devowneruuid` and the `rowneruuid` of doxm, pstat, cred and
acl2), and counts only with `doxm.owned`, a credential and a state that goes with it. Set one by
one, with a device that refuses to start in between, this is what people get wrong; so each function
here does all of it.

    unowned, RFOTM  --own-->   owned, RFPRO, RFNOP or SRESET
                    <-unown--
"""

from typing import Final
from uuid import UUID

from msgspec.structs import replace

from onboardee.svrdb.editor.credentials import add_credential, with_credentials
from onboardee.svrdb.editor.errors import EditError, MalformedError
from onboardee.svrdb.model import (
    KEY_SIZES,
    NIL,
    OWNED_RESOURCES,
    CredentialType,
    Database,
    PrivateData,
    State,
    TransferMethod,
    is_same_identity,
)
from onboardee.svrdb.onboarding import enter
from onboardee.svrdb.seed import parsed_uuid

OWNED_STATES: Final = (State.RFPRO, State.RFNOP, State.SRESET)
"""States in which a device has an owner (OCF Security 8.4 to 8.6)."""


def unown(database: Database) -> Database:
    """Return the database of the device as nobody's, ready for ownership transfer.

    The owners' keys are gone; other credentials, access rules and the device UUID stay, which tells
    this from a factory reset. Rules for a former owner stay, too: without a credential nobody is
    that subject. Raises `EditError` if nobody owns it.
    """
    owners = _owners(database)
    if not owners and not database.doxm.owned and database.state is State.RFOTM:
        raise EditError("nobody owns the device")
    forgotten = _with_resource_owners(_without_keys_of(database, owners), NIL)
    doxm = replace(forgotten.doxm, owned=False, owner_uuid=NIL, selected_method=TransferMethod.SELF)
    return enter(replace(forgotten, doxm=doxm), State.RFOTM)


def own(database: Database, owner: UUID, key: bytes, state: State = State.RFNOP) -> Database:
    """Return the database as a transfer to `owner` leaves it: owners, owner credential, state.

    `key` is the owner's symmetric key of 16 or 32 octets. Whoever owned the device before loses it,
    with the pairwise keys: a key of a former owner would still open sessions. Raises
    `MalformedError` for a nil owner, a key of another size, and a state in which a device has no
    owner.

    >>> owned = own(database, UUID("aaaaaaaa-0000-4000-8000-000000000001"), bytes(16))
    >>> owned.state.name, owned.doxm.owned
    ('RFNOP', True)
    """
    if owner == NIL:
        raise MalformedError("the nil UUID can own nothing")
    if len(key) not in KEY_SIZES:
        raise MalformedError("the owner's key is not 16 or 32 octets long")
    if state not in OWNED_STATES:
        raise MalformedError(f"a device in {state.name} has no owner")
    cleared = _without_keys_of(database, {*_owners(database), owner})
    keyed = add_credential(
        cleared,
        CredentialType.SYMMETRIC_PAIRWISE,
        subject=str(owner),
        private=PrivateData(data=key),
    )
    # a temporary device UUID ends when the device gets an owner
    uuid = keyed.next_uuid or keyed.doxm.device_uuid
    doxm = replace(keyed.doxm, owned=True, owner_uuid=owner, device_uuid=uuid)
    owned = replace(keyed, doxm=doxm, next_uuid=None)
    return enter(_with_resource_owners(owned, owner), state)


def set_state(database: Database, state: State) -> Database:
    """Return the database at the beginning of a state, with the modes that belong to it.

    Any state, whether it may follow the present one or not, and whether its conditions hold or not:
    a device that is in a state it should not be in is what this is for. What that breaks,
    `svrdb.worsened` tells.
    """
    return enter(database, state)


def new_uuid(database: Database, uuid: UUID, *, original: bool = False) -> Database:
    """Return the database of the device under another UUID.

    A temporary UUID ends with it. Certificates for the old UUID no longer fit; `svrdb.worsened`
    tells. With `original` a reset without reset profile restores this one, too. Raises
    `MalformedError` for nil.
    """
    if uuid == NIL:
        raise MalformedError("the nil UUID names no device")
    changed = replace(database, doxm=replace(database.doxm, device_uuid=uuid), next_uuid=None)
    if not original:
        return changed
    return replace(changed, permanent=replace(changed.permanent, original=uuid))


def _owners(database: Database) -> set[UUID]:
    """Return all who own the device or one of its resources."""
    resources = (getattr(database, name).resource_owner for name in OWNED_RESOURCES)
    return {database.doxm.owner_uuid, *resources} - {NIL}


def _with_resource_owners(database: Database, owner: UUID) -> Database:
    parts = {
        name: replace(getattr(database, name), resource_owner=owner) for name in OWNED_RESOURCES
    }
    return replace(database, **parts)


def _without_keys_of(database: Database, owners: set[UUID]) -> Database:
    """Remove the pairwise keys of owners.

    Certificates and trust anchors stay: they may be of use to others, and which of them let an
    owner in cannot be told from them.
    """
    rest = tuple(
        credential
        for credential in database.cred.credentials
        if credential.kind != CredentialType.SYMMETRIC_PAIRWISE
        or not any(is_same_identity(parsed_uuid(credential.subject), owner) for owner in owners)
    )
    return with_credentials(database, rest)
