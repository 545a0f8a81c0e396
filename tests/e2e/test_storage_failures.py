"""A device whose disk refuses: it serves what it has, and answers 5.03 to what it cannot keep."""

import errno
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cbor2
import pytest
from device_scene import HOST, OWNER, PLAIN, SECURE
from msgspec.structs import replace

from onboardee.device.events import Bus, Event, StateChanged, StorageFailed
from onboardee.device.events.automatic_snapshots import keep_snapshots
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.simulation.values import Property, ValueType
from onboardee.device.testing import MemoryNetwork
from onboardee.device.testing.local import local_device
from onboardee.device.testing.network import GROUPS
from onboardee.obt import (
    Address,
    MemoryTransport,
    ObtEngine,
    OnboardingError,
    OwnedDevice,
    Rule,
    Subject,
    Target,
    find_unowned_at,
    run,
    take_ownership,
)
from onboardee.obt.link import Ask
from onboardee.svrdb import (
    Database,
    MemoryStorage,
    State,
    Store,
    StoreUnavailable,
    list_snapshots,
    read_snapshot,
)
from onboardee.wire.coap import Code, Method
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Endpoint

LIGHT = load("light")
RULE = Rule(subject=Subject(uuid=str(OWNER)), targets=(Target(wildcard="*"),), permission=31)
NOW = datetime(2030, 1, 1, tzinfo=UTC)

REASONS = {
    errno.ENOSPC: "is on a full disk; free some space",
    errno.EROFS: "is on a read-only file system; make it writable",
    errno.EACCES: "is not accessible to this user; choose another directory",
    errno.EIO: "cannot be used (Input/output error); check the disk",
}

FAN = """
device: {name: Fan, types: [oic.d.fan]}
platform: {manufacturer: onboardee}
resources:
  - {href: /all, types: [oic.wk.col], interfaces: [oic.if.b, oic.if.ll], links: [/level, /swing]}
  - href: /level
    types: [x.example.level]
    interfaces: [oic.if.a, oic.if.baseline]
    properties: {level: {type: integer, initial: 1}}
    kept: [level]
  - href: /swing
    types: [oic.r.switch.binary]
    interfaces: [oic.if.a, oic.if.baseline]
    properties: {value: {type: boolean, initial: false}}
"""


class Scene:
    """An owned light on a storage that can fail, with automatic snapshots if asked for."""

    def __init__(self, snapshots: int = 0, profile: Profile = LIGHT) -> None:
        self.storage = MemoryStorage(location="/lights/kitchen")
        self.events: list[Event] = []
        self.time = NOW
        bus = Bus()
        bus.subscribe(self.events.append)
        store = Store.open(self.storage, lambda: new_database(profile, SeededEntropy(1)))
        keep_snapshots(bus, store, snapshots, lambda work: work())
        self.network = MemoryNetwork()
        self.device = local_device(
            profile, store, entropy=SeededEntropy(2), bus=bus, wall_clock=lambda: self.time
        )
        self.device.endpoints = (Endpoint("coap", HOST, PLAIN), Endpoint("coaps", HOST, SECURE))
        self.network.attach(self.device, HOST, PLAIN, groups=GROUPS)
        self.network.attach(self.device, HOST, SECURE, secured=True)
        self.device.start(0)
        self.transport = transport = MemoryTransport(
            self.network, ObtEngine(entropy=SeededEntropy(3))
        )
        found = run(find_unowned_at(transport, Address(HOST, PLAIN)))
        taking = take_ownership(transport, found, OWNER)
        self.owned: OwnedDevice = run(taking)
        run(self.owned.add_rules([RULE]))

    def reasons(self) -> list[str]:
        """Return what was said of the disk."""
        return [event.reason for event in self.events if isinstance(event, StorageFailed)]

    def answer(self, ask: Ask) -> Code:
        """Send a request as the owner; return the code of the answer."""
        link, deadline = run(self.owned.connect()), self.network.now + 60
        return run(self.transport.request(link, ask, deadline=deadline)).code

    def value(self) -> Any:
        """Read the switch over the network."""
        return run(self.owned.read("/light/switch"))


@pytest.mark.parametrize("code", REASONS)
def test_refusing_disk(code: int) -> None:
    """5.03 for a change of what is kept, all else goes on, and the reason is in the log."""
    scene = Scene()
    before = scene.device.database
    scene.storage.fail_at(1, code, lasting=True)
    with pytest.raises(OnboardingError, match=r"5\.03"):
        run(scene.owned.add_rules([RULE]))
    assert scene.device.database == before
    run(scene.owned.update("/light/switch", {"value": True}))
    assert scene.value()["value"] is True
    assert f"/lights/kitchen {REASONS[code]}" in scene.reasons()[0]
    assert len(scene.reasons()) >= 1
    scene.storage.heal()
    run(scene.owned.add_rules([RULE]))
    assert len(scene.device.database.acl2.entries) == len(before.acl2.entries) + 1


def test_a_refusing_disk_leaves_nothing_of_a_batch(tmp_path: Path) -> None:
    """Where one link of a batch cannot be kept, 5.03 is true of all: each is as it was."""
    path = tmp_path / "fan.yaml"
    path.write_text(FAN)
    scene = Scene(profile=load(str(path)))
    changes = [
        {"href": "/level", "rep": {"level": 2}},
        {"href": "/swing", "rep": {"value": True}},
        {"href": "/level", "rep": {"level": 3}},
    ]
    ask = Ask(Method.POST, "/all", payload=cbor2.dumps(changes), content_format=10000)
    scene.storage.fail_at(1, errno.EIO, lasting=True)
    assert scene.answer(ask) is Code.SERVICE_UNAVAILABLE
    held = scene.device.appliances
    assert held["/level"].values.current == {"level": 1}
    assert held["/swing"].values.current == {"value": False}
    scene.storage.heal()
    assert scene.answer(ask) is Code.CHANGED
    assert held["/level"].values.current == {"level": 3}
    assert held["/swing"].values.current == {"value": True}
    assert scene.device.database.values == {"/level": {"level": 3}}


def test_what_is_kept_already_waits_for_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes the value that is there is answered at once, unless the disk is in doubt."""
    scene, stored = Scene(), list[Database]()
    store = scene.device.store
    commit = store.commit
    monkeypatch.setattr(store, "commit", lambda new: (stored.append(new), commit(new)))
    same = {"om": scene.device.database.pstat.operation_mode}
    run(scene.owned.update("/oic/sec/pstat", same))
    assert not stored
    scene.storage.fail_at(1, errno.EIO, lasting=True)
    with pytest.raises(OnboardingError, match=r"5\.03"):
        run(scene.owned.add_rules([RULE]))
    with pytest.raises(OnboardingError, match=r"5\.03"):
        run(scene.owned.update("/oic/sec/pstat", same))
    scene.storage.heal()
    stored.clear()
    run(scene.owned.update("/oic/sec/pstat", same))
    assert stored == [scene.device.database]
    run(scene.owned.update("/oic/sec/pstat", same))
    assert len(stored) == 1


def test_reset_waits_for_the_disk() -> None:
    """A reset for which there is no room is tried again until there is."""
    scene = Scene()
    scene.storage.fail_at(8, errno.ENOSPC, lasting=True)
    run(scene.owned.reset())
    scene.network.run(20)
    assert scene.device.database.state is State.RESET
    assert len(scene.reasons()) > 3
    scene.storage.heal()
    scene.network.run(20)
    assert scene.device.database.state is State.RFOTM
    assert not scene.device.database.doxm.owned


@pytest.mark.parametrize("code", REASONS)
def test_start_on_a_refusing_disk(code: int) -> None:
    """A place that cannot be used is told in a sentence, and no device is made."""
    storage = MemoryStorage(location="/lights/kitchen")
    storage.fail_at(3, code, lasting=True)
    with pytest.raises(StoreUnavailable) as caught:
        Store.open(storage, lambda: new_database(LIGHT, SeededEntropy(1)))
    assert f"/lights/kitchen {REASONS[code]}" in str(caught.value)


def test_snapshots_of_states() -> None:
    """Each new state is kept, the latest few of them; each is the whole device of then."""
    scene = Scene(snapshots=3)
    run(scene.owned.reset())
    scene.network.run(10)
    kept = list_snapshots(scene.storage)
    changes = [event.after for event in scene.events if isinstance(event, StateChanged)]
    assert [each.name.rpartition("-")[2] for each in kept] == changes[-3:]
    assert [each.number for each in kept] == list(range(len(changes) - 2, len(changes) + 1))
    assert changes[-3:] == ["RFNOP", "RESET", "RFOTM"]
    assert read_snapshot(scene.storage, kept[-1].name) == scene.device.database
    assert read_snapshot(scene.storage, kept[0].name).doxm.owner_uuid == OWNER


def test_no_snapshots_unless_asked_for() -> None:
    """By default a device keeps none."""
    assert list_snapshots(Scene().storage) == ()


def test_snapshot_without_room() -> None:
    """A snapshot for which there is no room is no reason to refuse the change of state."""
    scene = Scene(snapshots=2)
    commit = 7
    scene.storage.fail_at(commit + 1, errno.ENOSPC, lasting=False)
    run(scene.owned.reset())
    assert scene.device.database.state is State.RESET
    (reason,) = scene.reasons()
    assert reason.startswith("no snapshot was kept: /lights/kitchen is on a full disk")


def test_clock_jumps_back() -> None:
    """A clock that goes back thirty years costs nothing that is stored, and reorders nothing."""
    scene = Scene(snapshots=4)
    before = [each.name for each in list_snapshots(scene.storage)]
    rules = scene.device.database.acl2.entries
    scene.time = NOW.replace(year=2000)
    run(scene.owned.add_rules([RULE]))
    assert scene.value()["value"] is False
    after = [each.name for each in list_snapshots(scene.storage)]
    assert after[:2] == before[2:]
    live = scene.device.database
    assert live.acl2.entries[:-1] == rules
    with Store.open(MemoryStorage(scene.storage.files), lambda: replace(live)) as store:
        assert store.current == live


def test_what_is_to_be_kept_and_cannot_be() -> None:
    """An UPDATE with a value that the profile keeps is undone as a whole where the disk refuses."""
    label = Property(type=ValueType.STRING, initial="first")
    switch = LIGHT.resources[0]
    keeping = replace(switch, properties={**switch.properties, "label": label}, kept=("label",))
    scene = Scene(profile=replace(LIGHT, resources=(keeping, *LIGHT.resources[1:])))
    device, before = scene.device, scene.value()
    scene.storage.fail_at(1, errno.ENOSPC, lasting=True)
    with pytest.raises(OnboardingError, match=r"5\.03"):
        run(scene.owned.update("/light/switch", {"value": True, "label": "second"}))
    assert scene.value() == before
    run(scene.owned.update("/light/switch", {"value": True}))
    scene.storage.heal()
    run(scene.owned.update("/light/switch", {"label": "second"}))
    assert device.database.values == {"/light/switch": {"label": "second"}}
    assert scene.value() == {**before, "value": True, "label": "second"}
    scene.network.send(device.adopt(device.database, scene.network.now))
    assert device.appliances["/light/switch"].values.current == {"value": False, "label": "second"}
