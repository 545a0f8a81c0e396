"""What a device has when it leaves the factory, and again after each reset."""

from typing import Final
from uuid import UUID

from msgspec.structs import replace

from device.entropy import Entropy, random_uuid
from device.simulation.manufacturer import Manufacturer
from device.simulation.profile import Profile, UuidPolicy
from svrdb.model import (
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
    State,
    Subject,
)

_FOUND_BY_ANYBODY: Final = ("/oic/res", "/oic/d", "/oic/p", "/oic/sec/ver")


def new_database(
    profile: Profile, entropy: Entropy, *, device_uuid: UUID | None = None
) -> Database:
    """Make the database of a device that starts for the first time."""
    permanent = Permanent(
        device=random_uuid(entropy),
        platform=random_uuid(entropy),
        original=device_uuid or random_uuid(entropy),
    )
    return _hidden(_factory_state(profile, permanent, permanent.original), profile, entropy)


def reset_database(database: Database, profile: Profile, entropy: Entropy) -> Database:
    """Make the database that a factory reset leaves behind (OCF Security 8.2)."""
    original = database.permanent.original
    is_kept = profile.ownership.uuid is UuidPolicy.KEEP
    device_uuid = original if is_kept else random_uuid(entropy)
    return _hidden(_factory_state(profile, database.permanent, device_uuid), profile, entropy)


def _hidden(database: Database, profile: Profile, entropy: Entropy) -> Database:
    """Put a temporary device UUID before the lasting one, if the profile asks for it."""
    if not profile.ownership.temporary_uuid:
        return database
    temporary = replace(database.doxm, device_uuid=random_uuid(entropy))
    return replace(database, doxm=temporary, next_uuid=database.doxm.device_uuid)


def with_manufacturer(database: Database, profile: Profile) -> Database:
    """Give an unowned device the manufacturer's certificate that its profile got meanwhile."""
    manufacturer = profile.ownership.manufacturer
    if manufacturer is None or database.state is not State.RFOTM or database.cred.credentials:
        return database
    credentials = _factory_credentials(profile)
    return replace(database, cred=replace(database.cred, credentials=credentials))


def _factory_state(profile: Profile, permanent: Permanent, device_uuid: UUID) -> Database:
    return Database(
        doxm=Doxm(
            methods=tuple(int(method.number) for method in profile.ownership.methods),
            credential_types=CredentialType.SYMMETRIC_PAIRWISE | CredentialType.CERTIFICATE,
            device_uuid=device_uuid,
        ),
        permanent=permanent,
        acl2=Acl2(entries=_factory_access(profile)),
        cred=Cred(credentials=_factory_credentials(profile)),
    )


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
