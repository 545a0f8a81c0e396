"""The reset profile in a device's life: made at the first start, restored by every reset."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from onboardee.device.events import Bus, Event, StorageFailed
from onboardee.device.machine.memory import MemoryKeeper
from onboardee.device.security.factory import caught_up, new_database, reset_database, reset_profile
from onboardee.device.simulation.compatibility import PRESETS, Preset
from onboardee.device.simulation.manufacturer import Manufacturer
from onboardee.device.simulation.profile import OwnerTransferMethod, Profile, UuidPolicy, load
from onboardee.device.testing.local import local_device
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


def old(preset: Preset, **ownership: object) -> Profile:
    """Return a light with a preset of older tools."""
    return replace(light(**ownership), compat=PRESETS[preset])


FOUND = ["/oic/res", "/oic/d", "/oic/p"]


def hrefs(database: Database | ResetProfile) -> list[str | None]:
    """Return what the entries for anybody are about."""
    return [
        resource.href
        for entry in database.acl2.entries
        if entry.subject.connection is Connection.ANYONE
        for resource in entry.resources
    ]


@pytest.mark.parametrize(
    ("preset", "found"),
    [
        (Preset.OCF, []),
        (Preset.AUTO, []),
        (Preset.IOTIVITY_2, FOUND),
        (Preset.IOTIVITY_1_3, FOUND),
        (Preset.IOTIVITY_1_2, [*FOUND, "/oic/sec/ver"]),
        (Preset.IOTIVITY_1_1_1, [*FOUND, "/oic/sec/ver"]),
    ],
)
def test_what_anybody_finds(preset: Preset, found: list[str]) -> None:
    """Devices with IoTivity's presets leave the factory with its anonymous entries."""
    assert hrefs(made(old(preset))) == found
    assert hrefs(reset_database(made(old(preset)), SeededEntropy(2))) == found


def test_a_device_that_was_there_before_is_found_too() -> None:
    """With a preset chosen later, the live list and that of the next reset get the entry, once."""
    database = caught_up(made(), old(Preset.IOTIVITY_2))
    assert hrefs(database) == hrefs(factory(database)) == FOUND
    removed = replace(database, acl2=replace(database.acl2, entries=()))
    assert caught_up(removed, old(Preset.IOTIVITY_2)) == removed


def test_the_entries_of_a_profile_take_their_place() -> None:
    """A profile that says who may do what at first is believed, with a preset too."""
    assert hrefs(made(old(Preset.IOTIVITY_2, factory_access=(RULE,)))) == ["/oic/d"]


OWNER = UUID(int=5)


@pytest.mark.parametrize("nobody", [NIL, UUID_OF_LIGHT], ids=["nil", "itself"])
def test_resources_of_nobody_are_the_owners(nobody: UUID) -> None:
    """A database of IoTivity's, whose cred is nobody's or its own, serves the owner."""
    fresh = made()
    doxm = replace(fresh.doxm, owned=True, owner_uuid=OWNER, resource_owner=OWNER)
    cred = replace(fresh.cred, resource_owner=nobody)
    friends = replace(fresh.acl2, resource_owner=UUID(int=6))
    database = replace(fresh, doxm=doxm, cred=cred, acl2=friends)
    served = caught_up(database, old(Preset.IOTIVITY_1_3))
    assert served.cred.resource_owner == served.pstat.resource_owner == OWNER
    assert served.acl2.resource_owner == UUID(int=6)
    assert caught_up(database, LIGHT).cred.resource_owner == nobody
    assert caught_up(fresh, old(Preset.IOTIVITY_1_3)).cred.resource_owner == NIL


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
