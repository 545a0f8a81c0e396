"""Faults that come and go while a device runs, as its peers see them."""

from io import BytesIO
from pathlib import Path

import pytest
from fault_scene import OWNER, with_faults

from onboardee.device.control.commands import (
    AddFault,
    ClearFaults,
    ControlError,
    ListFaults,
    RemoveFault,
    Request,
)
from onboardee.device.control.performing import Control
from onboardee.device.faults.building import Maker
from onboardee.device.faults.terms import Effect, Fault, parse
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.step import Keeper
from onboardee.device.recording.format import Beginning
from onboardee.device.recording.recorder import RecordedClock, Recorder
from onboardee.device.recording.replay import Replay
from onboardee.device.simulation.profile import Profile
from onboardee.device.testing import MemoryNetwork, memory_device
from onboardee.device.testing.setup import BEGINNING
from onboardee.device.trace import items
from onboardee.obt import (
    MemoryTransport,
    ObtEngine,
    ObtError,
    OwnedDevice,
    find_unowned,
    run,
    take_ownership,
)
from onboardee.obt.orders import CR3006
from onboardee.wire.entropy import SeededEntropy


class Life:
    """A light that gets faults while it runs; recorded, if that is wanted."""

    def __init__(self, *, is_recorded: bool = False) -> None:
        self.network = MemoryNetwork(seed=1)
        self.file = BytesIO()
        self.transport = MemoryTransport(self.network, ObtEngine(entropy=SeededEntropy("tool")))
        clock = RecordedClock(BEGINNING, lambda: BEGINNING)

        def make(profile: Profile, store: Keeper, surroundings: Surroundings) -> AnyDevice:
            self.maker = Maker(profile, store, surroundings, sleep=lambda _seconds: None)
            device: AnyDevice = self.maker.device()
            if is_recorded:
                beginning = Beginning(
                    profile=profile, database=store.current, seed="a life", began=BEGINNING
                )
                device = Recorder(device, beginning, clock, self.file.write)
            return device

        self.device = memory_device(
            self.network,
            make=make,
            entropy=SeededEntropy("a life"),
            wall_clock=clock if is_recorded else None,
        )
        self.control = Control(self.device.device, self.maker, self._surround)

    def _surround(self, device: AnyDevice) -> None:
        self.device.device, self.device.store = device, device.store

    def ask(self, request: Request) -> object:
        """Ask the device, as `onboardee ctl` does."""
        result, step = self.control.perform(request, self.network.now)
        self.network.send(self.device.act(step, self.network.now))
        return result

    def own(self) -> OwnedDevice:
        """Own the device. Raises `ObtError`."""
        found = run(find_unowned(self.transport, style=CR3006.style, enough=1))
        return run(take_ownership(self.transport, found[0], OWNER, order=CR3006, within=60))


def test_a_session_that_is_open_meets_the_fault() -> None:
    """The owner's session began before the fault, and its next answer is another one."""
    life = Life()
    owned = life.own()
    run(owned.doxm())
    life.ask(AddFault(fault=parse("answer path=/oic/sec/doxm code=4.03")))
    with pytest.raises(ObtError, match=r"4\.03"):
        run(owned.doxm())
    run(owned.doxm())


def test_faults_are_listed_and_taken_back() -> None:
    """Each has a number; without it the device is honest again."""
    life = Life()
    assert life.ask(ListFaults()) == {"faults": []}
    life.ask(AddFault(fault=parse("silence at=select")))
    told = life.ask(AddFault(fault=parse("refuse at=om code=5.03 times=0")))
    assert told == {
        "faults": [
            {"number": 1, "acted": 0, "name": "silence at select", "do": "silence", "at": "select"},
            {
                "number": 2,
                "acted": 0,
                "name": "refuse at om",
                "do": "refuse",
                "at": "om",
                "code": "5.03",
                "times": 0,
            },
        ]
    }
    with pytest.raises(ObtError):
        life.own()
    life.ask(RemoveFault(number=1))
    with pytest.raises(ObtError, match=r"5\.03"):
        life.own()
    assert life.ask(ClearFaults()) == {"faults": []}
    life.network.run(60)
    life.own()


def test_a_fault_that_needs_nothing_acts_at_once() -> None:
    """A device that is owned resets itself as soon as it is told to."""
    life = Life()
    life.own()
    life.ask(AddFault(fault=parse("reset")))
    assert life.device.database.state.name == "RFOTM"
    assert not life.device.database.doxm.owned


def test_what_cannot_be_is_said() -> None:
    """A fault that can never act, a number that there is not, a device that gets no faults."""
    life = Life()
    with pytest.raises(ControlError, match="path: this device has no /light/swich"):
        life.ask(AddFault(fault=parse("drop path=/light/swich")))
    with pytest.raises(ControlError, match="there is no fault 7"):
        life.ask(RemoveFault(number=7))
    alone = Control(life.device.device)
    with pytest.raises(ControlError, match="gets no faults"):
        alone.perform(AddFault(fault=Fault(do=Effect.RESET)), 0)


def test_a_recorded_life_gets_its_faults_again(tmp_path: Path) -> None:
    """What was added and removed is in the recording, and each octet comes out the same."""
    life = Life(is_recorded=True)
    owned = life.own()
    life.ask(AddFault(fault=parse("answer path=/oic/sec/doxm code=4.03 chance=0.5 times=0")))
    for _ in range(8):
        try:
            run(owned.doxm())
        except ObtError:
            continue
    life.ask(RemoveFault(number=1))
    run(owned.doxm())
    life.ask(AddFault(fault=parse("restart-after path=/oic/sec/pstat")))
    with pytest.raises(ObtError):
        run(owned.reset())
    life.ask(ClearFaults())
    life.network.run(10)
    path = tmp_path / "life.rec"
    path.write_bytes(life.file.getvalue())
    replay = Replay.of(path).run()
    assert replay.differences == []
    told = "".join(event for entry in replay.entries for event in entry.events)
    assert "fault.added" in told
    assert told.count("fault.removed") == 2
    assert "lost its power when the change was stored" in told
    assert "acted upon the answer" in told


def test_a_device_that_is_traced_keeps_its_trace() -> None:
    """The faults go inside of what stands around the device already."""
    scene = with_faults()
    control = Control(scene.device.device, scene.maker)
    _, step = control.perform(AddFault(fault=parse("drop at=select")), scene.network.now)
    scene.network.send(scene.device.act(step, scene.network.now))
    scene.own()
    told = [item.event for item in scene.items if isinstance(item, items.Happened)]
    assert "fault.added" in told
    assert "fault.acted" in told
