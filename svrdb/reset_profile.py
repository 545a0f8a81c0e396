"""The reset profile: how it is made of a device, and how a reset brings it back.

A reset (dos.s 0, a button, a failed ownership transfer) must leave a device that a new owner can
onboard and that no former owner can enter (OCF Security 8.3). What that device has is told by the
reset profile, IoTivity's `resetpf`: a part of the database, written in the commit that made the
device. IoTivity 1.2 made it anew at each start, so that a device that was restarted while owned
came out of a reset with its former owner's access rules; here it is made of the device profile,
never of the present state, unless the owner asks for that (`profile_of`).

    profile of the device --> ResetProfile --(reset)--> Database in RFOTM, no owner
                                   ^
         an owned Database --(profile_of: owners left out)

The UUID is the point on which stacks differ, and tools are tripped by either: IoTivity since 1.3
keeps it, IoTivity 1.2 and IoTivity-Lite give a new one, and OCF asks for a new one unless the
vendor declares it persistent. `ResetUuid` chooses. A UUID that is hidden (a device profile may ask
for it) is shown only after the device has an owner: until then everybody on the network could
follow the device by it.

Pure functions; where a random UUID is needed, its source is an argument.
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from onboardee.svrdb.model import (
    NIL,
    Ace,
    Credential,
    CredentialUsage,
    Database,
    Doxm,
    Permanent,
    PrivateData,
    Pstat,
    ResetProfile,
    ResetUuid,
    TransferMethod,
    is_same_identity,
)
from onboardee.svrdb.seed import parsed_uuid
from onboardee.svrdb.software_update import after_reset

NewUuid = Callable[[], UUID]
"""Gives a new device UUID: random ones in a device, 1, 2, 3 and so on in a test."""

HARD_CODED: Final = (
    "Just Works, the UUID it left the factory with, no credentials, no access rules, the baseline "
    "security profile"
)
"""What a reset without a reset profile leaves, for people."""


def reset(database: Database, new_uuid: NewUuid) -> Database:
    """Return what a reset leaves: the reset profile, or `HARD_CODED` without one.

    Whatever is not in the profile has its default afterwards: the security domain, revocation list,
    audit filters and the device's key pair are those of a new device. A database without profile
    stays without: it was dropped by the owner, or comes from a version that had none. Software that
    was updated stays, as a reset is about what owners brought.
    """
    profile = database.reset_profile or hard_coded(database.permanent)
    is_kept = profile.uuid is ResetUuid.KEEP and profile.doxm.device_uuid != NIL
    device_uuid = profile.doxm.device_uuid if is_kept else new_uuid()
    restored = factory_state(profile, database.permanent, device_uuid, new_uuid)
    return replace(
        restored,
        reset_profile=database.reset_profile,
        software=after_reset(database.software),
        curves=database.curves,
    )


def factory_state(
    profile: ResetProfile, permanent: Permanent, device_uuid: UUID, new_uuid: NewUuid
) -> Database:
    """Return a device that has what its profile says and that UUID, hidden if the profile says so.

    Whatever the profile claims, the device waits for an owner (OCF Security 8.3): a profile that
    was edited, imported or written by a buggy stack cannot make an owned device.
    """
    shown = new_uuid() if profile.is_uuid_hidden else device_uuid
    clean = without_owner(profile)
    return Database(
        doxm=replace(clean.doxm, device_uuid=shown),
        permanent=permanent,
        pstat=clean.pstat,
        cred=clean.cred,
        acl2=clean.acl2,
        sp=clean.sp,
        next_uuid=device_uuid if profile.is_uuid_hidden else None,
        reset_profile=profile,
    )


def hard_coded(permanent: Permanent) -> ResetProfile:
    """Return the profile of a device that has none: Just Works under its original UUID."""
    doxm = Doxm(methods=(TransferMethod.JUST_WORKS,), device_uuid=permanent.original)
    return ResetProfile(doxm=doxm)


def profile_of(database: Database) -> ResetProfile:
    """Make a reset profile of what a device is now.

    Left out is what came from owners and would let them in again: who owns what, the credentials
    and rules of the owner and of the resource owners, and the trust anchors that an owned device
    got: whoever holds their keys can name himself owner by a role (`oic.role.owner`). Anchors of
    the factory stay, be they in use or not, as does what belongs to peers that own nothing.

    A credential or rule is an owner's if its subject is one of the owners; nil subjects are
    nobody's.
    """
    known = database.reset_profile or hard_coded(database.permanent)
    owners = {
        database.doxm.owner_uuid,
        *(part.resource_owner for part in (database.doxm, database.pstat)),
        *(part.resource_owner for part in (database.cred, database.acl2)),
    }
    credentials = tuple(
        _with_key(credential, database.identity_key)
        for credential in database.cred.credentials
        if not _is_of(credential, owners)
        and not (database.doxm.owned and _is_new_anchor(credential, known))
    )
    entries = tuple(entry for entry in database.acl2.entries if not _names(entry, owners))
    return without_owner(
        replace(
            known,
            doxm=replace(
                database.doxm, device_uuid=database.next_uuid or database.doxm.device_uuid
            ),
            pstat=database.pstat,
            cred=replace(database.cred, credentials=credentials),
            acl2=replace(database.acl2, entries=entries),
            sp=database.sp,
        )
    )


def without_owner(profile: ResetProfile) -> ResetProfile:
    """Return a profile of a device that nobody owns and that is at the beginning of RFOTM.

    `oxmsel` is "self", that no method was chosen yet; owners are nil; pstat has its defaults, of
    which only the supported modes (`sm`) are the device's own.
    """
    pstat = Pstat(supported_modes=profile.pstat.supported_modes)
    doxm = replace(
        profile.doxm,
        owned=False,
        owner_uuid=NIL,
        resource_owner=NIL,
        selected_method=TransferMethod.SELF,
    )
    return replace(
        profile,
        doxm=doxm,
        pstat=pstat,
        cred=replace(profile.cred, resource_owner=NIL),
        acl2=replace(profile.acl2, resource_owner=NIL),
    )


def _with_key(credential: Credential, key: PrivateData) -> Credential:
    """Write into a certificate for the device's key pair its key: a reset gives up the pair.

    Identity and role certificates are for the key pair of the device (the one its CSR names), whose
    private half is kept once, apart from them. A reset makes a new pair, and without this the
    restored certificate would belong to no key.
    """
    is_for_pair = credential.usage in {CredentialUsage.IDENTITY, CredentialUsage.ROLE}
    if is_for_pair and credential.private is None and key.data:
        return replace(credential, private=key)
    return credential


def _is_of(credential: Credential, owners: set[UUID]) -> bool:
    """Tell whether a credential's subject is an owner; texts that are no UUID are nobody's."""
    subject = parsed_uuid(credential.subject)
    return any(is_same_identity(subject, owner) for owner in owners)


def _is_new_anchor(credential: Credential, known: ResetProfile) -> bool:
    """Tell whether a credential is a trust anchor that the factory did not put there.

    Compared by their certificate, not by their id, which an owner may have given to another one.
    """
    factory = (each.public for each in known.cred.credentials)
    return credential.usage == CredentialUsage.TRUST_ANCHOR and credential.public not in factory


def _names(entry: Ace, owners: set[UUID]) -> bool:
    """Tell whether an access control entry has an owner for its subject."""
    subject = parsed_uuid(entry.subject.uuid or "")
    return any(is_same_identity(subject, owner) for owner in owners)
