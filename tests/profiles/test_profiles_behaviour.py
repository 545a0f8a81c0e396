"""What the devices of the catalogue do by themselves, with a clock that the test moves."""

from typing import Any

import pytest

from onboardee.device.core import Device
from onboardee.device.events import BehaviourFailed, Bus, Event
from onboardee.device.simulation.behaviour.errors import UpdateRefusedError
from onboardee.device.simulation.profile import built_in_names, load
from onboardee.device.testing import MemoryNetwork, memory_device

STILL = {
    "binary-light",
    "bridge",
    "coffee-machine",
    "led",
    "light",
    "printer",
    "scanner",
    "security-panel",
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
        network = MemoryNetwork()
        self.device: Device = memory_device(network, name, bus=bus)
        self.now = network.now

    def value(self, reference: str) -> Any:
        """Return a property by its path and name."""
        href, _, name = reference.partition("#")
        return self.device.appliances[href].values.current[name]

    def write(self, reference: str, value: Any) -> None:
        """Update a property as a client does."""
        href, _, name = reference.partition("#")
        world = self.device.appliances[href].world
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
    life.live(6 * 60 * MINUTE, step=2 * MINUTE)
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
    assert life.device.appliances["/switch"].world
    life.device.appliances["/switch"].world.press("overload", life.now)
    assert life.value("/switch#value") is False


def test_inputs_of_a_television() -> None:
    """Choosing one input leaves the others."""
    life = Life("television")
    life.write("/inputs#sources", [{}, {"status": True}, {}])
    assert [source["status"] for source in life.value("/inputs#sources")] == [False, True, False]
