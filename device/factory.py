"""What a device has when it leaves the factory, and again after each reset."""

from functools import partial
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.simulation.manufacturer import Manufacturer
from onboardee.device.simulation.profile import Profile
from onboardee.svrdb import reset
from onboardee.svrdb.model import (
    ANY_SUBJECT,
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

_FOUND_BY_ANYBODY: Final = ("/oic/res", "/oic/d", "/oic/p", "/oic/sec/ver")


def new_database(
    profile: Profile, entropy: Entropy, *, device_uuid: UUID | None = None
) -> Database:
    """Make the database of a device that starts for the first time, its reset profile included."""
    permanent = Permanent(
        device=random_uuid(entropy),
        platform=random_uuid(entropy),
        original=device_uuid or random_uuid(entropy),
    )
    factory = reset_profile(profile, permanent.original)
    return factory_state(factory, permanent, permanent.original, partial(random_uuid, entropy))


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
        uuid=ResetUuid(ownership.uuid),
        is_uuid_hidden=ownership.temporary_uuid,
    )


def caught_up(database: Database, profile: Profile) -> Database:
    """Return a stored database with what its device is to have since, at each start.

    The transfer methods follow the profile. A device that has no reset profile gets one; a
    manufacturer's certificate that the profile got meanwhile goes to where none is yet.
    """
    methods = _methods(profile)
    factory = database.reset_profile or reset_profile(profile, database.permanent.original)
    if not factory.cred.credentials:
        factory = replace(factory, cred=_with_credentials(factory.cred, profile))
    factory = replace(factory, doxm=replace(factory.doxm, methods=methods))
    if database.state is State.RFOTM and not database.cred.credentials:
        database = replace(database, cred=_with_credentials(database.cred, profile))
    doxm = replace(database.doxm, methods=methods)
    return replace(database, doxm=doxm, reset_profile=factory)


def _methods(profile: Profile) -> tuple[int, ...]:
    return tuple(int(method.number) for method in profile.ownership.methods)


def _with_credentials(cred: Cred, profile: Profile) -> Cred:
    return replace(cred, credentials=_factory_credentials(profile))


def _factory_credentials(profile: Profile) -> tuple[Credential, ...]:
    ownership = profile.ownership
    return (*_manufacturer_credentials(ownership.manufacturer), *ownership.factory_credentials)


def _factory_access(profile: Profile) -> tuple[Ace, ...]:
    """Return the first entries; devices of OIC 1.1 let anybody find them, owned or not."""
    entries = profile.ownership.factory_access
    if entries or not profile.compat.oic_1_1:
        return entries
    return (
        Ace(
            aceid=1,
            subject=Subject(connection=Connection.ANYONE),
            resources=tuple(AceResource(href=href) for href in _FOUND_BY_ANYBODY),
            permission=Permission.RETRIEVE,
        ),
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
    return Credential(
        credid=credid,
        kind=CredentialType.CERTIFICATE,
        subject=ANY_SUBJECT,
        usage=usage,
        public=PublicData(data=text),
    )
