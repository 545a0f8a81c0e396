"""What the devices of the catalogue do by themselves, with a clock that the test moves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from onboardee.device.events import BehaviourFailed, Bus, Event, ValueChanged
from onboardee.device.machine.device import Device
from onboardee.device.simulation.profile import built_in_names, load
from onboardee.device.simulation.world.refusal import UpdateRefusedError
from onboardee.device.testing import MemoryNetwork, memory_device

STILL = {
    "binary-light",
    "bridge",
    "led",
    "light",
    "sampleserver-justworks",
    "sampleserver-mfg",
    "sampleserver-preconfpin",
    "sampleserver-randompin",
    "switch-panel",
    "water-purifier",
}
"""Nothing happens in these unless a client says so, and then at once."""

MINUTE = 60.0


class Life:
    """A device, its time and its complaints."""

    def __init__(self, name: str) -> None:
        self.events: list[Event] = []
        bus = Bus()
        bus.subscribe(self.events.append)
        self.now = 0.0
        self.device: Device = memory_device(
            MemoryNetwork(), name, bus=bus, wall_clock=self.wall_time
        )

    def wall_time(self) -> datetime:
        """Return the time of day, which began with the year 2026."""
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.now)

    def value(self, reference: str) -> Any:
        """Return a property by its path and name."""
        href, _, name = reference.partition("#")
        return self.device.appliances[href].values.current[name]

    def write(self, reference: str, value: Any) -> None:
        """Update a property as a client does."""
        href, _, name = reference.partition("#")
        world = self.device.parts.world
        assert world
        world.write(href, {name: value})

    def live(self, seconds: float, step: float = 1.0) -> None:
        """Let time pass."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(self.now + step, end)
            self.device.tick(self.now)


def test_who_behaves() -> None:
    """All that move, measure or count do so; the rest is named here."""
    assert {name for name in built_in_names() if not load(name).behaviour} == STILL


@pytest.mark.parametrize("name", sorted(set(built_in_names()) - STILL))
def test_six_hours(name: str) -> None:
    """Nothing goes wrong in six hours, and all values stay within their limits."""
    life = Life(name)
    life.live(6 * 60 * MINUTE, step=5 * MINUTE)
    assert not [event for event in life.events if isinstance(event, BehaviourFailed)]
    for resource in load(name).resources:
        values = life.device.appliances[resource.href].values.current
        assert all(
            spec.checked(key, values[key]) == values[key]
            for key, spec in resource.properties.items()
        )


def test_a_washing_programme() -> None:
    """It runs through its steps, counts down, draws power, and is idle again."""
    life = Life("washer")
    life.write("/switch#value", True)
    life.write("/state#currentMachineState", "active")
    life.live(10 * MINUTE)
    assert life.value("/state#currentJobState") == "wash"
    assert life.value("/state#remainingTime") == "PT40M"
    assert life.value("/energy#power") > 100
    life.live(45 * MINUTE)
    assert life.value("/state#currentJobState") == "none"
    assert life.value("/state#currentMachineState") == "idle"
    assert life.value("/energy#power") < 1


def test_a_front_door() -> None:
    """Locked it does not open, open it is not locked, and it complains when left open."""
    life = Life("door")
    with pytest.raises(UpdateRefusedError, match="the door is locked"):
        life.write("/openlevel#openLevel", 100)
    life.write("/lock#lockState", "Unlocked")
    life.live(2)
    life.write("/openlevel#openLevel", 100)
    life.live(4)
    assert 40 <= life.value("/openlevel#openLevel") <= 60
    assert life.value("/contact#value") is True
    with pytest.raises(UpdateRefusedError, match="the door is open"):
        life.write("/lock#lockState", "Locked")
    life.live(11 * MINUTE)
    assert life.value("/door#openAlarm") is True
    life.write("/openlevel#openLevel", 0)
    life.live(9)
    assert life.value("/door#openState") == "Closed"


def test_a_thermostat() -> None:
    """It heats to the set point, says so, and lets the room cool in another mode."""
    life = Life("thermostat")
    life.write("/temperature/target#temperature", 25)
    life.live(60)
    assert life.value("/state#currentJobState") == "heating"
    life.live(120 * MINUTE, step=MINUTE)
    assert 24 <= life.value("/temperature/current#temperature") <= 25.5
    life.write("/mode#modes", ["fanOnly"])
    life.live(120 * MINUTE, step=MINUTE)
    assert life.value("/temperature/current#temperature") < 21
    assert life.value("/state#currentJobState") == "none"


def test_a_robot() -> None:
    """It leaves the dock when switched on, uses its battery, comes home and charges."""
    life = Life("robot-cleaner")
    life.write("/switch#value", True)
    life.live(20 * MINUTE)
    assert life.value("/state#currentJobState") == "cleaning"
    assert life.value("/battery#charge") < 90
    life.live(30 * MINUTE)
    assert life.value("/switch#value") is False
    assert life.value("/state#currentJobState") == "charging"
    life.live(120 * MINUTE, step=MINUTE)
    assert life.value("/battery#charge") == 100
    assert life.value("/state#currentJobState") == "docked"


def test_a_metered_plug() -> None:
    """It counts what it lets through, and an overload switches it off."""
    life = Life("smart-plug")
    before = life.value("/energy#energy")
    life.write("/switch#value", True)
    life.live(60 * MINUTE, step=10)
    assert 30 < life.value("/energy#energy") - before < 45
    assert life.device.parts.world
    life.device.parts.world.press("overload", life.now)
    assert life.value("/switch#value") is False


def test_inputs_of_a_television() -> None:
    """Choosing one input leaves the others."""
    life = Life("television")
    life.write("/inputs#sources", [{}, {"status": True}, {}])
    assert [source["status"] for source in life.value("/inputs#sources")] == [False, True, False]


@pytest.mark.parametrize(
    "name", ["dishwasher", "dryer", "washer", "washer-dryer", "coffee-machine", "printer"]
)
def test_switched_off_it_makes_no_progress(name: str) -> None:
    """Off, it takes no programme, and says why; switched off amid one, it is idle again."""
    life = Life(name)
    life.write("/switch#value", False)
    with pytest.raises(UpdateRefusedError, match="is switched off"):
        life.write("/state#currentMachineState", "active")
    life.live(10 * MINUTE)
    assert idleness(life) == ("idle", "none", "PT0S", 0)
    life.write("/switch#value", True)
    life.write("/state#currentMachineState", "active")
    life.live(10 * MINUTE)
    life.write("/switch#value", False)
    life.live(10 * MINUTE)
    assert idleness(life) == ("idle", "none", "PT0S", 0)


def idleness(life: Life) -> tuple[object, ...]:
    """Return what tells of a running programme."""
    names = ("currentMachineState", "currentJobState", "runningTime", "progressPercentage")
    return tuple(life.value(f"/state#{name}") for name in names)


SWITCHED = sorted(
    name
    for name in built_in_names()
    if "/switch" in {resource.href for resource in load(name).resources}
)
GOES_ON = {
    "/battery",
    "/clock",
    "/time/clock",
    "/time/stamp",
    "/humidity",
    "/presence",
    "/temperature/current",
    "/livingroom/temperature",
    "/livingroom/temperature/watched",
    "/bedroom/temperature",
    "/air/pm25",
    "/air/pm10",
}
"""What the world around does to a device that is off: rooms, batteries and the time of day."""


@pytest.mark.parametrize("name", SWITCHED)
def test_nothing_runs_while_switched_off(name: str) -> None:
    """In two hours off, a device does nothing by itself but use its standby power."""
    life = Life(name)
    life.write("/switch#value", False)
    life.live(MINUTE)
    power = life.value("/energy#power") if "/energy" in life.device.appliances else 0
    before = values(life)
    life.live(120 * MINUTE, step=10)
    after = values(life)
    changed = {href for href, now in after.items() if now != before[href]} - GOES_ON
    assert changed <= {"/energy"}
    if changed:
        assert life.value("/energy#energy") - before["/energy"]["energy"] <= 2 * power + 0.2
        assert power <= 10


def values(life: Life) -> dict[str, dict[str, Any]]:
    """Return all values of a device."""
    return {href: dict(each.values.current) for href, each in life.device.appliances.items()}


RUNNING = {"television": ("/apps", {"app": "radio", "status": "running"})}


@pytest.mark.parametrize("name", ["oven", "robot-cleaner", "television"])
def test_what_is_off_is_not_set_to_run(name: str) -> None:
    """An oven, a robot and the apps of a television refuse to run while they are off."""
    life = Life(name)
    life.write("/switch#value", False)
    href, wish = RUNNING.get(name, ("/state", {"currentMachineState": "active"}))
    world = life.device.parts.world
    assert world
    with pytest.raises(UpdateRefusedError, match="is switched off"):
        world.write(href, wish)


def test_a_monitor_that_is_off_measures_nothing() -> None:
    """The values of the air are those from when it was switched off, until it is on again."""
    life = Life("air-quality-monitor")
    life.write("/switch#value", False)
    before = values(life)
    life.live(60 * MINUTE)
    assert values(life) == before
    life.write("/switch#value", True)
    life.live(60 * MINUTE)
    assert values(life) != before


CLOCKS = sorted(
    name
    for name in built_in_names()
    if "/clock" in {resource.href for resource in load(name).resources}
)


@pytest.mark.parametrize("name", CLOCKS)
def test_a_clock_shows_the_time(name: str) -> None:
    """It shows the time of day, and goes on from where it is set; a countdown ends at nothing."""
    life = Life(name)
    life.live(3661)
    assert life.value("/clock#datetime") == "2026-01-01T01:01:01Z"
    life.write("/clock#datetime", "2031-02-03T04:05:06+09:00")
    assert life.value("/clock#datetime") == "2031-02-03T04:05:06+09:00"
    life.write("/clock#countdown", 90)
    life.live(60)
    assert life.value("/clock#datetime") == "2031-02-03T04:06:06+09:00"
    assert life.value("/clock#countdown") == 30
    life.live(60)
    assert life.value("/clock#countdown") == 0
    assert not [event for event in life.events if isinstance(event, BehaviourFailed)]


def test_a_clock_that_was_set_to_the_end_of_time() -> None:
    """Beyond the last year that dates have, it stands still, until it is set to another time."""
    life = Life("television")
    for last in ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-05:00"):
        life.write("/clock#datetime", last)
        life.live(5)
        assert life.value("/clock#datetime") == last
    life.write("/clock#datetime", "2031-02-03T04:05:06Z")
    life.live(5)
    assert life.value("/clock#datetime") == "2031-02-03T04:05:11Z"


def test_observers_of_a_clock_are_not_flooded() -> None:
    """It goes on each second, and tells of it each ten seconds."""
    life = Life("television")
    life.live(5)
    life.events.clear()
    life.live(60, step=0.5)
    told = [event for event in life.events if isinstance(event, ValueChanged)]
    assert len(told) == 6
    assert {event.by_itself for event in told} == {True}
