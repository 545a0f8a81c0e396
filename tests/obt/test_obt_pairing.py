"""Direct Pairing, the tool's side: an owner lets devices pair, and somebody else pairs."""

from dataclasses import replace as with_fields
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace
from obt_home import Home
from obt_support import HOST, OWNER, PLAIN, Scene, scene

from onboardee.device import events
from onboardee.device.events import Bus, Event
from onboardee.device.simulation.compatibility import Compatibility
from onboardee.device.simulation.pairing_settings import DirectPairingSettings
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.testing import Impairments, memory_device
from onboardee.device.testing.threaded import DeviceThread
from onboardee.obt import (
    Address,
    OldOwnedDevice,
    OnboardingError,
    OwnedDevice,
    Ownership,
    run,
)
from onboardee.obt.admission import Admitted, WrongPinError
from onboardee.obt.database import DatabaseError, PairingRecord, ProvisioningDatabase
from onboardee.obt.database.exchange import export, import_records
from onboardee.obt.pairing import (
    Pairable,
    PairingMethod,
    find_pairable,
    find_pairable_at,
    pair,
)
from onboardee.obt.pairing_terms import PairingTerms, let_pair
from onboardee.obt.style import OIC11_STYLE

ME = UUID("22222222-2222-4333-8444-555555555555")
PIN = "24682468"
SWITCH = "/light/switch"


def profile(*, is_1_1_0: bool = False, is_old: bool = True) -> Profile:
    """Return a light that devices may pair with."""
    return replace(
        load("light"),
        direct_pairing=DirectPairingSettings(),
        compat=Compatibility(oic_1_1=is_old, anonymous_doxm=is_old, iotivity_1_1_0=is_1_1_0),
    )


class Setting:
    """A light in memory, its owner, and its events."""

    def __init__(self, light: Profile, impairments: Impairments | None = None) -> None:
        self.events: list[Event] = []
        bus = Bus()
        bus.subscribe(self.events.append)
        self.scene: Scene = scene(impairments=impairments)
        memory_device(self.scene.network, light, bus=bus)
        self.owned: OwnedDevice = self.scene.own()

    def find(self) -> Pairable:
        """Ask the group, and return the one that pairs."""
        (found,) = run(find_pairable(self.scene.transport))
        return found

    def use(self, paired: Admitted) -> OldOwnedDevice:
        """Return what uses the light with the credential."""
        known = Ownership(paired.device, paired.identity, paired.secured, paired.key)
        return OldOwnedDevice(self.scene.transport, known, style=OIC11_STYLE)


@pytest.mark.parametrize("is_1_1_0", [False, True], ids=["1.1.1", "1.1.0"])
def test_pairing_from_discovery_to_use(is_1_1_0: bool) -> None:
    """The tool finds the light, pairs, and uses it as far as its owner lets it."""
    setting = Setting(profile(is_1_1_0=is_1_1_0))
    run(let_pair(setting.owned, PairingTerms(pin=PIN, hrefs=(SWITCH,), permission=6)))
    found = setting.find()
    assert (found.plain, found.methods, found.owner) == (PLAIN, (1,), OWNER)
    device = setting.use(run(pair(setting.scene.transport, found, ME, PIN)))
    assert run(device.read(SWITCH)) == {"value": False}
    run(device.update(SWITCH, {"value": True}))
    with pytest.raises(OnboardingError, match=r"4\.01"):
        run(device.read("/light/dimming"))
    assert [each.uuid for each in setting.events if isinstance(each, events.DevicePaired)] == [ME]


def test_a_bad_network() -> None:
    """A third of all datagrams is lost on the way, and both sides come to the same credential."""
    setting = Setting(profile(), Impairments(loss=0.3))
    run(let_pair(setting.owned, PairingTerms(pin=PIN)))
    found = run(find_pairable_at(setting.scene.transport, PLAIN))
    paired = run(pair(setting.scene.transport, found, ME, PIN))
    assert run(setting.use(paired).read(SWITCH)) == {"value": False}


def test_a_random_pin_is_asked_for_when_it_is_shown() -> None:
    """Before the light was asked to pair it shows no PIN that a person could type."""
    setting = Setting(profile())
    run(let_pair(setting.owned, PairingTerms()))

    async def read_it() -> str:
        return [each for each in setting.events if isinstance(each, events.PairingPinShown)][-1].pin

    found = setting.find()
    assert found.methods == (PairingMethod.RANDOM_PIN,)
    method = PairingMethod.RANDOM_PIN
    assert run(pair(setting.scene.transport, found, ME, read_it, method=method)).identity == ME


def test_a_wrong_pin() -> None:
    """The tool says so, has kept nothing, and may try again."""
    setting = Setting(profile())
    run(let_pair(setting.owned, PairingTerms(pin=PIN)))
    kept: list[Admitted] = []
    found = setting.find()
    with pytest.raises(WrongPinError, match="wrong PIN"):
        run(pair(setting.scene.transport, found, ME, "00000000", keep=kept.append))
    assert kept == []
    assert run(pair(setting.scene.transport, found, ME, PIN, keep=kept.append)) == kept[0]


def test_the_credential_is_kept_before_the_device_has_it() -> None:
    """Whoever stops the tool at that moment leaves nothing on the light that nobody has."""
    setting = Setting(profile())
    run(let_pair(setting.owned, PairingTerms(pin=PIN)))

    class StoppedError(Exception):
        pass

    def stop(_paired: Admitted) -> None:
        raise StoppedError

    found = setting.find()
    with pytest.raises(StoppedError):
        run(pair(setting.scene.transport, found, ME, PIN, keep=stop))
    assert not [each for each in setting.events if isinstance(each, events.DevicePaired)]
    assert run(pair(setting.scene.transport, found, ME, PIN)).identity == ME


def test_nobody_pairs_without_the_owner() -> None:
    """Neither before the owner allowed it nor after it was taken back does the light answer."""
    setting = Setting(profile())
    assert run(find_pairable(setting.scene.transport)) == []
    run(let_pair(setting.owned, PairingTerms(pin=PIN)))
    found = setting.find()
    run(let_pair(setting.owned, None))
    assert run(find_pairable(setting.scene.transport)) == []
    with pytest.raises(OnboardingError, match=r"4\.01"):
        run(find_pairable_at(setting.scene.transport, PLAIN))
    with pytest.raises(OnboardingError, match=r"4\.01"):
        run(pair(setting.scene.transport, found, ME, PIN))


def test_a_second_time() -> None:
    """A light that knows the tool refuses, and the tool says what came."""
    setting = Setting(profile())
    run(let_pair(setting.owned, PairingTerms(pin=PIN)))
    found = setting.find()
    run(pair(setting.scene.transport, found, ME, PIN))
    with pytest.raises(OnboardingError, match=r"4\.00"):
        run(pair(setting.scene.transport, found, ME, PIN))


def test_a_device_that_tells_no_port() -> None:
    """Where the list of resources is closed to strangers the usual port is tried."""
    setting = Setting(profile(is_old=False))
    run(let_pair(setting.owned, PairingTerms(pin=PIN)))
    found = setting.find()
    paired = run(pair(setting.scene.transport, found, ME, PIN))
    assert paired.secured == Address(HOST, 5684)


@pytest.mark.parametrize("pin", ["1234567", "123456789", "1234567\N{DEGREE SIGN}"])
def test_a_pin_that_no_client_could_type(pin: str) -> None:
    """PINs of Direct Pairing have eight characters."""
    with pytest.raises(ValueError, match="8 characters"):
        PairingTerms(pin=pin)


RECORD = PairingRecord(
    device=UUID(int=1),
    identity=ME,
    key=bytes(range(16)),
    is_certain=True,
    secured=Address("fe80::1", 5684, 3),
    plain=Address("fe80::1", 5683, 3),
    paired="2026-11-29T12:00:00Z",
)


def test_the_database_keeps_them(tmp_path: Path) -> None:
    """What we have of a device comes back, and goes when it is forgotten."""
    with ProvisioningDatabase(tmp_path / "obt.db") as database:
        database.pairings.put(RECORD)
        assert database.pairings.all() == [RECORD]
        assert database.pairings.find("00000000") == RECORD
        with pytest.raises(DatabaseError, match="no device"):
            database.pairings.find("ffff")
        assert "0001020304" not in repr(RECORD)
        database.pairings.remove(RECORD.device)
        assert database.pairings.all() == []


def test_an_export_has_them(tmp_path: Path) -> None:
    """With the keys they come along, and without the keys nothing of them would be of use."""
    with ProvisioningDatabase(tmp_path / "one.db") as database:
        database.pairings.put(RECORD)
        whole, without = export(database), export(database, with_keys=False)
    for number, (content, there) in enumerate(((whole, [RECORD]), (without, []))):
        with ProvisioningDatabase(tmp_path / f"other{number}.db") as other:
            import_records(other, content)
            assert other.pairings.all() == there


def test_commands(home: Home, tmp_path: Path) -> None:
    """An owner lets devices pair, another person pairs, and uses the light under its UUID."""
    light = home.stack.enter_context(DeviceThread(profile()))
    home.obt("own", light.coap, "--name", "porch")
    other = Home(tmp_path / "other.db", [], home.stack)
    said = home.obt("let-pair", "porch", "--pin", PIN, "--on", SWITCH, "--permit", "RU").stdout
    assert "lets devices pair by this PIN" in said
    uuid = str(next(each["uuid"] for each in home.json("ls") if each["name"] == "porch"))
    kept = home.database().direct_pairings.get(UUID(uuid))
    assert kept is not None
    assert (kept.enabled, kept.methods, kept.pin) == (True, (1,), PIN.encode())
    assert "wrong PIN" in other.obt("pair", light.coap, "--pin", "00000000", code=1).output
    assert other.json("pair", light.coap, "--pin", PIN)["paired"] == uuid
    assert other.json("read", uuid[:8], SWITCH) == {"value": False}
    assert "does not let us" in other.obt("read", uuid, "/light/dimming", code=1).output
    assert "already" in other.obt("pair", light.coap, "--pin", PIN).stdout
    other.obt("pair", uuid[:8], "--forget")
    assert "4.00" in other.obt("pair", light.coap, "--pin", PIN, code=1).output
    home.obt("let-pair", "porch", "--off")
    assert "4.01" in other.obt("pair", light.coap, "--pin", PIN, code=1).output


def test_a_command_that_was_interrupted(home: Home, tmp_path: Path) -> None:
    """A credential that the light has, though it did not get to say so, is found to be good."""
    light = home.stack.enter_context(DeviceThread(profile()))
    home.obt("own", light.coap, "--name", "porch")
    home.obt("let-pair", "porch", "--pin", PIN)
    other = Home(tmp_path / "other.db", [], home.stack)
    other.obt("pair", light.coap, "--pin", PIN)
    with ProvisioningDatabase(other.store) as database:
        (record,) = database.pairings.all()
        database.pairings.put(with_fields(record, is_certain=False))
    assert "already" in other.obt("pair", light.coap, "--pin", PIN).stdout
    with ProvisioningDatabase(other.store) as database:
        assert [each.is_certain for each in database.pairings.all()] == [True]


def test_what_the_commands_refuse(home: Home) -> None:
    """Options that contradict each other, and PINs of another length, are wrong usage."""
    assert "exclude" in home.obt("let-pair", "hall", "--off", "--pin", PIN, code=2).output
    assert "8 characters" in home.obt("let-pair", "hall", "--pin", "123", code=2).output
    assert "4.04" in home.obt("let-pair", "hall", "--pin", PIN, code=1).output
    assert "coap://" in home.obt("pair", "http://nowhere", code=2).output
