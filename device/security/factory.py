"""What a device has when it leaves the factory, and again after each reset.

A profile says it in words (`device/simulation/ownership_settings.py`); here it becomes the contents
of a database. It is done once, at the first start, and kept beside the database as its reset
profile (`ResetProfile`): a factory reset needs no profile, and brings back what the device had,
also if the profile's file has changed or gone (OCF Security 8.2). At each further start `caught_up`
adds what the profile got meanwhile.
"""

from functools import partial
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.access.target import VER
from onboardee.device.simulation.manufacturer import Manufacturer
from onboardee.device.simulation.profile import Profile
from onboardee.device.simulation.security_profile import sp_of
from onboardee.svrdb import reset
from onboardee.svrdb.acl_version1 import with_rule
from onboardee.svrdb.model import (
    ANY_SUBJECT,
    NIL,
    OWNED_RESOURCES,
    Ace,
    AceResource,
    Acl2,
    Connection,
    Cred,
    Credential,
    CredentialType,
    CredentialUsage,
    Database,
    Doxm,
    Encoding,
    Permanent,
    Permission,
    PrivateData,
    PublicData,
    ResetProfile,
    ResetUuid,
    State,
    Subject,
)
from onboardee.svrdb.reset_profile import factory_state
from onboardee.wire.entropy import Entropy, random_uuid

_FOUND_BY_ANYBODY: Final = ("/oic/res", "/oic/d", "/oic/p")
"""What IoTivity's servers let anybody read, owned or not."""


def new_database(
    profile: Profile, entropy: Entropy, *, device_uuid: UUID | None = None
) -> Database:
    """Make the database of a device that starts for the first time, its reset profile included.

    The state is RFOTM, ready for an owner. `device_uuid` takes the place of the profile's own or of
    a random one.
    """
    permanent = Permanent(
        device=random_uuid(entropy),
        platform=random_uuid(entropy),
        original=device_uuid or profile.ownership.device_uuid or random_uuid(entropy),
    )
    factory = reset_profile(profile, permanent.original)
    made = factory_state(factory, permanent, permanent.original, partial(random_uuid, entropy))
    return replace(made, curves=profile.ownership.curves)


def reset_database(database: Database, entropy: Entropy) -> Database:
    """Make the database that a factory reset leaves behind (OCF Security 8.2)."""
    return reset(database, partial(random_uuid, entropy))


def reset_profile(profile: Profile, device_uuid: UUID) -> ResetProfile:
    """Make what resets of a device of this profile bring back."""
    ownership = profile.ownership
    return ResetProfile(
        doxm=Doxm(
            methods=_methods(profile),
            credential_types=CredentialType.SYMMETRIC_PAIRWISE | CredentialType.CERTIFICATE,
            device_uuid=device_uuid,
        ),
        acl2=Acl2(entries=_factory_access(profile)),
        cred=Cred(credentials=_factory_credentials(profile)),
        sp=sp_of(ownership.security_profiles),
        uuid=ResetUuid(ownership.uuid),
        is_uuid_hidden=ownership.temporary_uuid,
    )


def caught_up(database: Database, profile: Profile) -> Database:
    """Return a stored database with what its device is to have since, at each start.

    Transfer methods and curves follow the profile. A device that has no reset profile gets one; a
    manufacturer's certificate that the profile got meanwhile goes to where none is yet, and so do
    the first entries of the access list, once, by which old tools find a device again.
    """
    methods = _methods(profile)
    factory = database.reset_profile or reset_profile(profile, database.permanent.original)
    if not factory.cred.credentials:
        factory = replace(factory, cred=_with_credentials(factory.cred, profile))
    if profile.compat.opens_discovery and not factory.acl2.entries:
        entries = _factory_access(profile)
        factory = replace(factory, acl2=replace(factory.acl2, entries=entries))
        database = _with_entries(database, entries)
    factory = replace(factory, doxm=replace(factory.doxm, methods=methods))
    if database.state is State.RFOTM and not database.cred.credentials:
        database = replace(database, cred=_with_credentials(database.cred, profile))
    if profile.compat.owner_of_resources:
        database = with_resource_owners(database)
    doxm = replace(database.doxm, methods=methods)
    curves = profile.ownership.curves
    return replace(database, doxm=doxm, reset_profile=factory, curves=curves)


def with_resource_owners(database: Database) -> Database:
    """Let the owner of an owned device own the resources too that nobody else does.

    IoTivity puts the device's own UUID where nobody was named.
    """
    owner, nobody = database.doxm.owner_uuid, {NIL, database.doxm.device_uuid}
    if not database.doxm.owned:
        return database

    def owned(part: Any) -> Any:
        return replace(part, resource_owner=owner) if part.resource_owner in nobody else part

    return replace(database, **{each: owned(getattr(database, each)) for each in OWNED_RESOURCES})


def _with_entries(database: Database, entries: tuple[Ace, ...]) -> Database:
    """Append what the access list has no entry for yet."""
    acl2 = database.acl2
    for entry in entries:
        acl2 = with_rule(acl2, entry)
    return replace(database, acl2=acl2)


def _methods(profile: Profile) -> tuple[int, ...]:
    """Return the transfer methods by their numbers on the wire, in the profile's order."""
    return tuple(int(method.number) for method in profile.ownership.methods)


def _with_credentials(cred: Cred, profile: Profile) -> Cred:
    """Put the factory's credentials in."""
    return replace(cred, credentials=_factory_credentials(profile))


def _factory_credentials(profile: Profile) -> tuple[Credential, ...]:
    """Return the manufacturer's, then those that the profile lists."""
    ownership = profile.ownership
    return (*_manufacturer_credentials(ownership.manufacturer), *ownership.factory_credentials)


def _factory_access(profile: Profile) -> tuple[Ace, ...]:
    """Return the first entries; IoTivity's devices let anybody find them, owned or not."""
    entries = profile.ownership.factory_access
    if entries or not profile.compat.opens_discovery:
        return entries
    return (for_anybody(1, *((VER,) if profile.compat.oic_1_1 else ())),)


def for_anybody(aceid: int, *others: str) -> Ace:
    """Make the entry that lets anybody find a device, and read what else is named."""
    return Ace(
        aceid=aceid,
        subject=Subject(connection=Connection.ANYONE),
        resources=tuple(AceResource(href=href) for href in (*_FOUND_BY_ANYBODY, *others)),
        permission=Permission.RETRIEVE,
    )


def _manufacturer_credentials(manufacturer: Manufacturer | None) -> tuple[Credential, ...]:
    """Make the credentials that a device has before anybody gave it one."""
    if manufacturer is None:
        return ()
    shown = _certificates(1, CredentialUsage.MANUFACTURER, manufacturer.chain)
    private = PrivateData(data=manufacturer.key.encode(), encoding=Encoding.PEM)
    credentials = (replace(shown, private=private),)
    if manufacturer.trust is None:
        return credentials
    usage = CredentialUsage.MANUFACTURER_ANCHOR
    return (*credentials, _certificates(2, usage, manufacturer.trust))


def _certificates(credid: int, usage: CredentialUsage, text: str) -> Credential:
    """Make a credential of certificates in PEM, for any subject."""
    return Credential(
        credid=credid,
        kind=CredentialType.CERTIFICATE,
        subject=ANY_SUBJECT,
        usage=usage,
        public=PublicData(data=text),
    )
