"""Single repairs of a database: pure functions, each for one kind of finding.

Each does what the remedy of its row in `svrdb.findings` says, and touches nothing else. Where the
remedy has an "else reset the device", that is because nobody could manage the device any more:
without an owner who has a credential only a reset leads back to a device that can be onboarded.
Which is for which finding, and in which order they come, is in `svrdb.repairs`.
"""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from msgspec.structs import replace

from onboardee.svrdb.content import is_resource
from onboardee.svrdb.model import (
    NIL,
    OWNED_RESOURCES,
    Ace,
    Credential,
    Crl,
    Database,
    Dos,
    PrivateData,
    Pstat,
    State,
    TransferMethod,
    is_same_identity,
)
from onboardee.svrdb.onboarding import ON_ENTRY
from onboardee.svrdb.reset_profile import NewUuid, reset
from onboardee.svrdb.seed import parsed_uuid


def edit(database: Database, part: str, **changes: Any) -> Database:
    """Return a database with some properties of one resource changed.

    `part` is the field of `Database`, as "pstat"; names are those of the model, not of the wire.
    """
    return replace(database, **{part: replace(getattr(database, part), **changes)})


def device_uuid(database: Database, new_uuid: NewUuid) -> Database:
    """Give a device without UUID the one it left the factory with, or a new one.

    An original that is nil is found and replaced by a rule of its own.
    """
    original = database.permanent.original
    return edit(database, "doxm", device_uuid=new_uuid() if original == NIL else original)


def permanent(database: Database, new_uuid: NewUuid) -> Database:
    """Give each missing identifier a new random value.

    An import from a stack that keeps none of them arrives here.
    """
    known = database.permanent
    # the UUID it has is the best guess for the one it left the factory with
    original = known.original if known.original != NIL else database.doxm.device_uuid
    return edit(
        database,
        "permanent",
        **{
            name: value if value != NIL else new_uuid()
            for name, value in (
                ("device", known.device),
                ("platform", known.platform),
                ("original", original),
            )
        },
    )


def finish_change(database: Database) -> Database:
    """Take a change of state for carried out.

    Whether the values of the state were set is seen in the next round, by other rules.
    """
    return edit(database, "pstat", dos=Dos(state=database.state))


def set_owned(database: Database, new_uuid: NewUuid) -> Database:
    """Say that the device is owned if its owner can come back, else reset it.

    "Come back" is a credential for `devowneruuid`: the transfer got as far as that.
    """
    if _has_credential(database, database.doxm.owner_uuid):
        return edit(database, "doxm", owned=True)
    return reset(database, new_uuid)


def set_owner(database: Database, new_uuid: NewUuid) -> Database:
    """Name the owner of doxm if it can come back, else reset the device."""
    owner = database.doxm.resource_owner
    if _has_credential(database, owner):
        return edit(database, "doxm", owner_uuid=owner)
    return reset(database, new_uuid)


def set_resource_owners(database: Database, new_uuid: NewUuid) -> Database:
    """Name the device's owner for each resource that has no owner, or an unknown one.

    An owner that has a credential stays, be it another one: services for credentials and for access
    rules may be different devices (OCF Security 5.4).
    """
    owner = database.doxm.owner_uuid
    if not _has_credential(database, owner):
        return reset(database, new_uuid)
    for name in OWNED_RESOURCES:
        if not _has_credential(database, getattr(database, name).resource_owner):
            database = edit(database, name, resource_owner=owner)
    return database


def _has_credential(database: Database, owner: UUID) -> bool:
    """Tell whether an owner could open a session; nobody (nil) never has a credential."""
    return any(
        is_same_identity(parsed_uuid(credential.subject), owner)
        for credential in database.cred.credentials
    )


def operational(database: Database) -> Database:
    """Let `isop` follow the state: true in RFNOP alone."""
    return edit(database, "pstat", is_operational=database.state is State.RFNOP)


def modes(database: Database) -> Database:
    """Give the modes the bits of the state: 1, reset, and 2, taking ownership; others stay."""
    pstat = database.pstat
    _, current, target = ON_ENTRY[pstat.state]
    return edit(
        database,
        "pstat",
        current_mode=pstat.current_mode & ~3 | current,
        target_mode=pstat.target_mode & ~3 | target,
    )


def allowed_modes(database: Database) -> Database:
    """Give modes that say nothing the values of a new device.

    What is above the eight bits of cm and tm is cut off; om and sm are replaced if they are not 1
    to 7.
    """
    pstat, new = database.pstat, Pstat()
    usable = range(1, 8)
    is_known = pstat.operation_mode in usable
    return modes(
        edit(
            database,
            "pstat",
            current_mode=pstat.current_mode & 255,
            target_mode=pstat.target_mode & 255,
            operation_mode=pstat.operation_mode if is_known else new.operation_mode,
            supported_modes=(
                pstat.supported_modes if pstat.supported_modes in usable else new.supported_modes
            ),
        )
    )


Entry = TypeVar("Entry", Ace, Credential)


def _renumbered(entries: Iterable[Entry], name: str) -> tuple[Entry, ...]:
    """Give each entry whose number is taken the smallest that no other has.

    The first keeps it, as a device that looks an entry up finds the first. Numbers that come later
    in the list are not given away either.
    """
    entries = tuple(entries)
    all_numbers = {getattr(entry, name) for entry in entries}
    taken: set[int] = set()
    result = []
    for entry in entries:
        number = getattr(entry, name)
        if number in taken:
            number = next(n for n in range(1, 2**31) if n not in taken | all_numbers)
        taken.add(number)
        result.append(replace(entry, **{name: number}))
    return tuple(result)


def credids(database: Database) -> Database:
    """Make each credid unique."""
    return edit(database, "cred", credentials=_renumbered(database.cred.credentials, "credid"))


def aceids(database: Database) -> Database:
    """Make each aceid unique."""
    return edit(database, "acl2", entries=_renumbered(database.acl2.entries, "aceid"))


def usable_resources(database: Database) -> Database:
    """Take what names no resource out of the entries, and entries that are then about nothing."""
    entries = [
        replace(entry, resources=tuple(filter(is_resource, entry.resources)))
        for entry in database.acl2.entries
    ]
    return edit(database, "acl2", entries=tuple(entry for entry in entries if entry.resources))


def security_profile(database: Database) -> Database:
    """Make the first supported security profile the current one.

    Where none is supported, the current one becomes so: the device works under it already.
    """
    supported = database.sp.supported or (database.sp.current,)
    return edit(database, "sp", current=supported[0], supported=supported)


def method(database: Database) -> Database:
    """Let no transfer method be selected; the next tool chooses one before its handshake."""
    return edit(database, "doxm", selected_method=int(TransferMethod.SELF))


def no_manufacturer(database: Database) -> Database:
    """Offer manufacturer certificates no more; other methods stay in their order."""
    method = TransferMethod.MANUFACTURER_CERTIFICATE
    rest = tuple(each for each in database.doxm.methods if each != method)
    return edit(database, "doxm", methods=rest)


def no_resource_owners(database: Database) -> Database:
    """Let nobody own the resources of a device that nobody owns."""
    for name in OWNED_RESOURCES:
        database = edit(database, name, resource_owner=NIL)
    return database


def no_own_key(database: Database) -> Database:
    """Forget the device's own key pair.

    The device makes another one at the next request for a certificate.
    """
    return replace(database, identity_key=PrivateData())


def no_revocations(database: Database) -> Database:
    """Forget the list of revoked certificates, which cannot be read and so revokes nothing."""
    return replace(database, crl=Crl())


def no_next_uuid(database: Database) -> Database:
    """Forget the UUID that waits for an owner: there is one, who knows the device by the other."""
    return replace(database, next_uuid=None)
