"""A recorded device whose world went faster, stood still and skipped does so again."""

from io import BytesIO
from pathlib import Path

from recording_scene import BEGAN

from onboardee.device.faults.building import Maker
from onboardee.device.faults.terms import parse
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.step import Keeper
from onboardee.device.recording.format import Beginning
from onboardee.device.recording.recorder import RecordedClock, Recorder
from onboardee.device.recording.replay import Replay
from onboardee.device.simulation.profile import Profile
from onboardee.device.testing import MemoryNetwork, PlainClient, memory_device
from onboardee.wire.entropy import SeededEntropy

SPEED = 60.0


def test_it_happens_again_octet_by_octet(tmp_path: Path) -> None:
    """Each notification of a hurried washer comes again, with a clock that jumped in between."""
    file = BytesIO()
    network = MemoryNetwork(seed=1)
    clock = RecordedClock(BEGAN, lambda: BEGAN)
    faults = (parse("clock-jump after=10 seconds=3600"),)

    def make(profile: Profile, store: Keeper, surroundings: Surroundings) -> AnyDevice:
        assert surroundings.speed == 1
        made = Surroundings(
            entropy=SeededEntropy("washer"),
            bus=surroundings.bus,
            wall_clock=clock,
            seed=1,
            speed=SPEED,
        )
        beginning = Beginning(
            profile=profile,
            database=store.current,
            seed="washer",
            chance=1,
            speed=SPEED,
            faults=faults,
            began=BEGAN,
        )
        inner = Maker(profile, store, made).device(faults)
        return Recorder(inner, beginning, clock, file.write)

    device = memory_device(network, "washer", open_to_all=True, make=make, wall_clock=clock)
    client = PlainClient(network)
    client.observe(["/state", "/energy"])
    device.press("start", network.now)
    network.run(20)
    device.act(device.device.change_pace(3.7, network.now, is_paused=None), network.now)
    network.run(5)
    device.act(device.device.change_pace(None, network.now, is_paused=True), network.now)
    network.run(5)
    network.send(device.act(device.device.skip(2000, network.now), network.now))
    network.run(5)
    device.act(device.device.change_pace(None, network.now, is_paused=False), network.now)
    network.run(20)
    assert device.device.world_date(network.now).hour == 13
    assert len(client.heard) > 50
    path = tmp_path / "washer.rec"
    path.write_bytes(file.getvalue())
    replay = Replay.of(path).run()
    assert [str(each) for each in replay.differences] == []
    assert replay.done == len(replay.entries)
    again = replay.device.appliances["/state"].values.current
    assert again == device.device.appliances["/state"].values.current
