"""What a device has when it leaves the factory, and again after each reset."""

from uuid import UUID

from device.entropy import Entropy, random_uuid
from device.simulation.profile import Profile, UuidPolicy
from svrdb.model import Acl2, CredentialType, Database, Doxm, Permanent


def new_database(
    profile: Profile, entropy: Entropy, *, device_uuid: UUID | None = None
) -> Database:
    """Make the database of a device that starts for the first time."""
    permanent = Permanent(
        device=random_uuid(entropy),
        platform=random_uuid(entropy),
        original=device_uuid or random_uuid(entropy),
    )
    return _factory_state(profile, permanent, permanent.original)


def reset_database(database: Database, profile: Profile, entropy: Entropy) -> Database:
    """Make the database that a factory reset leaves behind (OCF Security 8.2)."""
    original = database.permanent.original
    is_kept = profile.ownership.uuid is UuidPolicy.KEEP
    device_uuid = original if is_kept else random_uuid(entropy)
    return _factory_state(profile, database.permanent, device_uuid)


def _factory_state(profile: Profile, permanent: Permanent, device_uuid: UUID) -> Database:
    return Database(
        doxm=Doxm(
            methods=tuple(int(method.number) for method in profile.ownership.methods),
            credential_types=CredentialType.SYMMETRIC_PAIRWISE,
            device_uuid=device_uuid,
        ),
        permanent=permanent,
        acl2=Acl2(entries=profile.ownership.factory_access),
    )
