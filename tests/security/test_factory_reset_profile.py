"""The reset profile in a device's life: made at the first start, restored by every reset."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from onboardee.device.events import Bus, Event, StorageFailed
from onboardee.device.factory import caught_up, new_database, reset_database, reset_profile
from onboardee.device.simulation.manufacturer import Manufacturer
from onboardee.device.simulation.profile import OwnerTransferMethod, Profile, UuidPolicy, load
from onboardee.device.testing.local import local_device
from onboardee.device.testing.setup import MemoryKeeper
from onboardee.svrdb import (
    NIL,
    Ace,
    AceResource,
    Connection,
    Cred,
    Database,
    Permission,
    ResetProfile,
    ResetUuid,
    StoreUnavailable,
    Subject,
    profile_of,
)
from onboardee.wire.entropy import SeededEntropy

LIGHT = load("light")
UUID_OF_LIGHT = UUID("80cd5608-1351-9558-c6f7-d2bb0a0394b6")
RULE = Ace(
    aceid=1,
    subject=Subject(connection=Connection.ANYONE),
    resources=(AceResource(href="/oic/d"),),
    permission=Permission.RETRIEVE,
)
MAKER = Manufacturer(chain="chain", key="key", trust="trust")


def light(**ownership: object) -> Profile:
    """Return a light that changes owners in another way."""
    return replace(LIGHT, ownership=replace(LIGHT.ownership, **ownership))


def made(profile: Profile = LIGHT) -> Database:
    """Return a device of a profile that starts for the first time."""
    return new_database(profile, SeededEntropy(1), device_uuid=UUID_OF_LIGHT)


def factory(database: Database) -> ResetProfile:
    """Return the reset profile that must be there."""
    assert database.reset_profile is not None
    return database.reset_profile


def test_made_with_the_device() -> None:
    """It is in the very first database, with all that the device profile puts into a device."""
    maker = light(
        methods=(OwnerTransferMethod.MANUFACTURER_CERTIFICATE,),
        manufacturer=MAKER,
        factory_access=(RULE,),
    )
    database = made(maker)
    profile = factory(database)
    assert profile.acl2.entries == (RULE,)
    assert [each.usage for each in profile.cred.credentials] == [
        "oic.sec.cred.mfgcert",
        "oic.sec.cred.mfgtrustca",
    ]
    assert profile.doxm == database.doxm
    assert profile.sp == database.sp
    assert profile_of(database) == profile


@pytest.mark.parametrize(
    ("policy", "stored"), [(UuidPolicy.KEEP, ResetUuid.KEEP), (UuidPolicy.NEW, ResetUuid.NEW)]
)
@pytest.mark.parametrize("temporary", [False, True])
def test_policy_is_stored(policy: UuidPolicy, stored: ResetUuid, temporary: bool) -> None:
    """A reset needs no device profile to know which UUID the device has afterwards."""
    database = made(light(uuid=policy, temporary_uuid=temporary))
    assert (factory(database).uuid, factory(database).is_uuid_hidden) == (stored, temporary)
    after = reset_database(database, SeededEntropy(2))
    lasting = after.next_uuid if temporary else after.doxm.device_uuid
    assert (lasting == UUID_OF_LIGHT) is (policy is UuidPolicy.KEEP)
    assert (after.next_uuid is None) is not temporary


def test_older_device_gets_one() -> None:
    """A device of an earlier version has a reset profile after its next start, and only then."""
    old = replace(made(), reset_profile=None)
    keeper = MemoryKeeper(old)
    local_device(LIGHT, keeper, entropy=SeededEntropy(1)).start(0)
    assert keeper.current == made()


def test_owned_device_gets_that_of_the_factory() -> None:
    """Made for a device with an owner, it still is that of the profile, not of the present."""
    owner = UUID(int=5)
    old = made()
    old = replace(
        old, doxm=replace(old.doxm, device_uuid=owner, owner_uuid=owner), reset_profile=None
    )
    assert factory(caught_up(old, LIGHT)) == factory(made())


def test_a_second_start_changes_nothing() -> None:
    """Edits of the live state never reach the reset profile by a restart, as in IoTivity 1.2."""
    database = replace(made(), acl2=replace(made().acl2, entries=(RULE,)))
    assert caught_up(database, LIGHT) == database
    assert caught_up(database, light(factory_access=(RULE,), uuid=UuidPolicy.NEW)) == database


def test_methods_follow_the_profile() -> None:
    """Which methods are offered is said at each start; a reset does not bring older ones back."""
    database = caught_up(made(), light(methods=(OwnerTransferMethod.RANDOM_PIN,)))
    assert database.doxm.methods == factory(database).doxm.methods == (1,)


def test_certificate_that_came_later() -> None:
    """A manufacturer's certificate goes into the reset profile, too, where there was none."""
    maker = light(methods=(OwnerTransferMethod.MANUFACTURER_CERTIFICATE,), manufacturer=MAKER)
    assert caught_up(made(), maker) == made(maker)
    replaced = light(
        methods=(OwnerTransferMethod.MANUFACTURER_CERTIFICATE,), manufacturer=replace_maker()
    )
    assert caught_up(made(maker), replaced) == made(maker)


def replace_maker() -> Manufacturer:
    """Return another certificate."""
    return Manufacturer(chain="other", key="other")


def test_reset_after_make() -> None:
    """What was made the reset profile is what a reset of the running device brings back."""
    live = replace(made(), acl2=replace(made().acl2, entries=(RULE,)))
    keeper = MemoryKeeper(replace(live, reset_profile=profile_of(live)))
    device = local_device(LIGHT, keeper, entropy=SeededEntropy(1))
    device.start(0)
    keeper.commit(replace(keeper.current, acl2=made().acl2, cred=Cred(resource_owner=NIL)))
    device.press_reset(1)
    assert keeper.current.acl2.entries == (RULE,)


def test_reset_without_profile() -> None:
    """Once dropped, a reset leaves the hard-coded defaults."""
    maker = light(methods=(OwnerTransferMethod.RANDOM_PIN,), factory_access=(RULE,))
    after = reset_database(replace(made(maker), reset_profile=None), SeededEntropy(2))
    assert (after.doxm.methods, after.acl2.entries) == ((0,), ())
    assert after.doxm.device_uuid == UUID_OF_LIGHT


class Full(MemoryKeeper):
    """A keeper without room."""

    def commit(self, new: Database) -> None:
        """Refuse what is new."""
        if new != self.current:
            raise StoreUnavailable("here", "is on a full disk", "free some space")


def test_no_room_for_it() -> None:
    """A device that cannot store its reset profile says so and works as it did before."""
    heard: list[Event] = []
    bus = Bus()
    bus.subscribe(heard.append)
    keeper = Full(replace(made(), reset_profile=None))
    local_device(LIGHT, keeper, entropy=SeededEntropy(1), bus=bus).start(0)
    assert heard == [StorageFailed(reason="here is on a full disk; free some space")]
    assert keeper.current.reset_profile is None


def test_made_for_another_uuid() -> None:
    """The UUID that a reset restores is the one that it is made for."""
    assert reset_profile(LIGHT, UUID(int=9)).doxm.device_uuid == UUID(int=9)
