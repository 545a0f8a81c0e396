"""What goes wrong in software updates: each failure, the power, the disk; what observers hear."""

from collections.abc import Iterator
from typing import Any

import cbor2
import pytest
from growing_scene import power_cuts
from msgspec.structs import replace
from tag_client import ONE, Reader, device_for
from update_scene import LIGHT, NEW, PSTAT, SWU, Lamp, may_update

from onboardee.device.events import DeviceRebooted, StorageFailed
from onboardee.device.simulation.software import Mishap, UpdateFailure
from onboardee.svrdb import MemoryStorage, Store, StoreUnavailable
from onboardee.svrdb.editor import add_ace
from onboardee.svrdb.model import AceResource, Subject
from onboardee.wire.coap import Code, Method

FAULTS = [
    ("line-down", "nsa", 4, "the connection was lost"),
    ("storage-full", "nsa", 3, "there is not enough room"),
    ("other-version", "nsa", 5, "the package holds another version"),
    ("forged-package", "nsa", 5, "the package is not the vendor's"),
    ("new-software-fails", "idle", 8, "the new software does not start"),
    ("power-fails-in-download", "nsa", 4, "the power was cut"),
    ("power-fails-in-install", "idle", 8, "the power was cut"),
]


@pytest.mark.parametrize(("fault", "state", "result", "reason"), FAULTS)
def test_what_goes_wrong(fault: str, state: str, result: int, reason: str) -> None:
    """The device keeps its software, tells the number and the log the reason; later it works."""
    lamp = Lamp()
    lamp.device.fault(fault, lamp.now, is_on=True)
    lamp.order()
    shown = lamp.wait()
    assert (shown["swupdatestate"], shown["swupdateresult"]) == (state, result)
    assert shown["swupdateaction"] == "idle"
    assert lamp.reasons == [reason]
    assert lamp.versions == ("1.0.0", "1.0.0")
    assert (lamp.get(PSTAT)["cm"], lamp.get(PSTAT)["tm"]) == (0, 0)
    assert len(lamp.seen(DeviceRebooted)) == ("power" in fault)
    lamp.device.fault(fault, lamp.now, is_on=False)
    lamp.order()
    assert lamp.wait()["swupdateresult"] == 1
    assert lamp.versions == ("2.0.0", "2.0.0")


def test_a_failure_of_one_address_alone() -> None:
    """A failure with an address is of that software, each time; another one is installed."""
    assert LIGHT.software_update is not None
    failure = UpdateFailure(what=Mishap.RAM, url="https://")
    settings = replace(LIGHT.software_update, failures=(failure,))
    lamp = Lamp(profile=replace(LIGHT, software_update=settings))
    for _ in range(2):
        lamp.order()
        assert lamp.wait()["swupdateresult"] == 2
    lamp.order(url="coaps://updates.example/light")
    assert lamp.wait()["swupdateresult"] == 1


def test_without_a_restart_sessions_go_on() -> None:
    """Where the profile says so the device has its new software at once."""
    assert LIGHT.software_update is not None
    settings = replace(LIGHT.software_update, restarts=False)
    lamp = Lamp(profile=replace(LIGHT, software_update=settings))
    lamp.order()
    lamp.wait()
    assert lamp.versions[0] == "2.0.0"
    assert not lamp.seen(DeviceRebooted)


@pytest.mark.parametrize(
    ("seconds", "state", "result", "version"),
    [
        (1, "idle", 1, "2.0.0"),
        (10, "nsa", 4, "1.0.0"),
        (25, "idle", 8, "1.0.0"),
        (40, "idle", 1, "2.0.0"),
    ],
)
def test_after_the_end_of_the_process(
    seconds: float, state: str, result: int, version: str
) -> None:
    """A look begins anew, a download and an installation are over, what is installed stays."""
    lamp = Lamp()
    lamp.order()
    lamp.wait(seconds)
    again = lamp.again()
    assert isinstance(again, Lamp)
    again.now = seconds
    shown = again.wait()
    assert (shown["swupdatestate"], shown["swupdateresult"]) == (state, result)
    assert (again.get(PSTAT)["tm"], again.versions[0]) == (0, version)


def test_a_restart_by_a_client_ends_a_download() -> None:
    """What is true of the power is true of `rb` at /oic/mnt."""
    lamp = Lamp()
    lamp.order()
    lamp.wait(10)
    assert lamp.ask(Method.POST, "/oic/mnt", {"rb": True})[0] is Code.CHANGED
    shown = lamp.wait(5)
    assert (shown["swupdatestate"], shown["swupdateresult"]) == ("nsa", 4)


def lives(storage: MemoryStorage) -> Iterator[tuple[str, str]]:
    """Let a device update itself; yield state and version after each moment that was told."""
    lamp = Lamp(storage=storage)
    yield "idle", "1.0.0"
    lamp.order()
    for state in lamp.pass_time(40):
        yield state, lamp.device.database.software.installed or "1.0.0"


AFTERWARDS = {("idle", "1.0.0"), ("nsa", "1.0.0"), ("sva", "1.0.0"), ("idle", "2.0.0")}
"""No step is half done after a restart."""


def test_a_power_cut_at_every_write() -> None:
    """Wherever the power goes: old software or new, no state half-way, and a new order works."""
    found = {_survived(survivor, told) for survivor, told in power_cuts(lives)}
    assert found == AFTERWARDS


def _survived(survivor: MemoryStorage, told: list[tuple[str, str]]) -> tuple[str, str]:
    """Check what a power cut left; return state and version."""
    with Store.open(survivor, lambda: Lamp().store.current) as store:
        left = store.current.software
    if ("idle", "2.0.0") in told:
        assert left.installed == "2.0.0"
    lamp = Lamp(storage=survivor)
    state = str(lamp.device.database.software.state)
    version = lamp.versions[0]
    lamp.order("idle", time="none")
    lamp.order()
    lamp.wait()
    assert lamp.versions[0] == "2.0.0"
    return state, version


def test_a_disk_that_refuses_is_asked_again() -> None:
    """No state is told that is not durable; five seconds later the update goes on."""
    lamp = Lamp(durable=False)
    lamp.order()
    lamp.wait(1)
    commit = lamp.store.commit

    def refuse(_new: Any) -> None:
        raise StoreUnavailable("disk", "is full", "make room")

    lamp.store.commit = refuse
    assert lamp.wait(3)["swupdatestate"] == "idle"
    assert lamp.seen(StorageFailed)
    lamp.store.commit = commit
    lamp.wait(60)
    assert lamp.versions[0] == "2.0.0"


def test_observers_hear_of_each_state() -> None:
    """One notification for each state, of the resource, of pstat, and of /oic/d at the end."""
    assert LIGHT.software_update is not None
    settings = replace(LIGHT.software_update, restarts=False)
    profile = replace(LIGHT, software_update=settings)
    database = add_ace(
        may_update(device_for(profile).database),
        subject=Subject(uuid=str(ONE)),
        resources=[AceResource(href=SWU)],
        permission=31,
    )
    device = device_for(profile, database=database)
    reader = Reader(device)
    tags = {SWU: b"update", PSTAT: b"pstat", "/oic/d": b"device"}
    for href, token in tags.items():
        reader.ask(href, observe=0, token=token)
    reader.ask(SWU, body={"purl": NEW, "swupdateaction": "upgrade", "updatetime": "now"})
    heard: dict[bytes, list[Any]] = {token: [] for token in tags.values()}
    for _ in range(40):
        due = device.next_deadline()
        if due is None or due > 100:
            break
        reader.now = max(reader.now, due)
        reader.do(device.tick(reader.now))
        for message in reader.heard():
            heard[message.token].append(cbor2.loads(message.payload))
    states = [each["swupdatestate"] for each in heard[b"update"]]
    assert states == ["idle", "nsa", "svv", "sva", "upgrading", "idle"]
    assert [(each["cm"], each["tm"]) for each in heard[b"pstat"]] == [(0, 128), (128, 0)]
    assert [each["sv"] for each in heard[b"device"]] == ["2.0.0"]
