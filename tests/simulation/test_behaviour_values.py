"""Values that change with time: drift, daily, counter, battery, pulse, thermal."""

import statistics
from datetime import UTC, datetime

import pytest
from behaviour_scene import MIDNIGHT, Scene, example, make_scene, palette

from onboardee.device.simulation.world.quantities import duration_text, number

SENSOR, ALARM, FREE = "/sensor#number", "/sensor#alarm", "/sensor#free"
SWITCHED = "only_while: {property: /switch#value, equals: true}"


def start(entry: str, *, seed: int = 1, wall: datetime = MIDNIGHT) -> Scene:
    """Start a world with one entry."""
    return make_scene(palette(f"- {entry}"), seed=seed, wall=wall)


def test_drift_stays_around_its_mean() -> None:
    """In the long run mean and spread are those that were asked for."""
    scene = start("{kind: drift, property: /sensor#free, mean: 30, sigma: 2, pull: 0.3, every: 1}")
    scene.run(200)
    seen = []
    for _ in range(3000):
        scene.run(1)
        seen.append(scene.get(FREE))
    assert statistics.mean(seen) == pytest.approx(30, abs=0.4)
    assert statistics.stdev(seen) == pytest.approx(2, abs=0.3)


def test_drift_after_a_long_sleep() -> None:
    """A sleep is one step of the same law: in between is not gone through."""
    seen = []
    for seed in range(40):
        scene = start(
            "{kind: drift, property: /sensor#free, mean: 30, sigma: 2, every: 1}", seed=seed
        )
        scene.leap(100_000)
        seen.append(scene.get(FREE))
    assert statistics.mean(seen) == pytest.approx(30, abs=1)
    assert statistics.stdev(seen) == pytest.approx(2, abs=0.8)


def test_drift_keeps_to_its_range() -> None:
    """It is rounded to the step of the property and does not leave the range."""
    entry = "{kind: drift, property: /sensor#number, sigma: 30, pull: 1, every: 1, range: [10, 25]}"
    scene = start(entry)
    seen = set()
    for _ in range(200):
        scene.run(1)
        seen.add(scene.get(SENSOR))
    assert min(seen) == 10
    assert max(seen) == 25
    assert all(value % 0.5 == 0 for value in seen)


def test_drift_rests_at_no_cost() -> None:
    """While it does not run, nothing is waited for."""
    scene = start(f"{{kind: drift, property: /sensor#number, sigma: 3, every: 1, {SWITCHED}}}")
    assert scene.world.next_deadline() is None
    scene.write("/switch#value", True)
    scene.run(20)
    assert scene.get(SENSOR) != 20
    scene.write("/switch#value", False)
    scene.run(1)
    assert scene.world.next_deadline() is None


def test_drift_takes_over_what_the_world_sets() -> None:
    """Somebody breathes at the sensor, and it comes back slowly."""
    scene = start("{kind: drift, property: /sensor#number, sigma: 0, pull: 0.5, every: 1}")
    scene.put(SENSOR, 40)
    scene.run(1)
    assert scene.get(SENSOR) == 30
    scene.run(1)
    assert scene.get(SENSOR) == 25


@pytest.mark.parametrize(("hour", "level"), [(0, 8), (3, 4), (6, 0), (12, 30), (18, 16), (21, 12)])
def test_the_course_of_a_day(hour: int, level: float) -> None:
    """Points are joined by lines, around midnight too."""
    points = '[["06:00", 0], ["12:00", 30], ["18:00", 16]]'
    wall = datetime(2026, 3, 1, hour, tzinfo=UTC)
    scene = start(f"{{kind: daily, property: /sensor#number, points: {points}}}", wall=wall)
    assert scene.get(SENSOR) == level


def test_the_course_of_a_day_as_a_wave() -> None:
    """It is highest at its peak and lowest twelve hours later."""
    scene = start('{kind: daily, property: /sensor#free, mean: 10, amplitude: 5, peak: "15:00"}')
    scene.run(15 * 3600)
    assert scene.get(FREE) == pytest.approx(15)
    scene.run(12 * 3600)
    assert scene.get(FREE) == pytest.approx(5)


def test_noise_on_top() -> None:
    """With noise, two moments differ."""
    scene = start("{kind: daily, property: /sensor#free, mean: 10, noise: 1, every: 1}")
    scene.run(10)
    assert len({values["free"] for _, _, values in scene.told}) > 5


def test_energy_from_power() -> None:
    """Power times time, also across a change of power, and over a sleep."""
    entry = "{kind: counter, property: /sensor#free, source: /level#level, every: 60 s}"
    scene = start(entry)
    scene.run(1000)
    assert scene.get(FREE) == 0
    scene.write("/level#level", 60)
    scene.run(1800)
    scene.write("/level#level", 100)
    assert scene.get(FREE) == 30
    scene.leap(3600)
    scene.run(1)
    assert scene.get(FREE) == pytest.approx(130, abs=2)
    scene.write("/level#level", 0)
    assert scene.get(FREE) == pytest.approx(130.03, abs=0.01)
    scene.run(1)
    assert scene.world.next_deadline() is None


def test_a_countdown() -> None:
    """It goes down to nothing as a duration, and stays there at no cost."""
    entry = "{kind: counter, property: /words#time, start: 2 h, rate: -1, per: 1 s, every: 60 s}"
    scene = start(entry)
    assert scene.get("/words#time") == "PT2H"
    scene.run(90 * 60)
    assert scene.get("/words#time") == "PT30M"
    scene.run(30 * 60)
    assert scene.get("/words#time") == "PT0S"
    scene.run(60)
    assert scene.world.next_deadline() is None


def test_elapsed_time_starts_over() -> None:
    """It counts while the switch is on, each time from zero, and keeps its last value between."""
    on = "{property: /switch#value, equals: true}"
    entry = f"{{kind: counter, property: /words#time, rate: 1, per: 1, every: 1, {SWITCHED}, "
    scene = start(f"{entry}reset_when: {on}}}")
    for length in (90, 30):
        scene.write("/switch#value", True)
        scene.run(length)
        scene.write("/switch#value", False)
        scene.run(500)
        assert scene.get("/words#time") == duration_text(length)


def test_progress_stops_at_the_limit() -> None:
    """Percent do not go beyond a hundred."""
    scene = start("{kind: counter, property: /level#level, rate: 100, per: 10 min}")
    scene.run(300)
    assert scene.get("/level#level") == 50
    scene.run(3000)
    assert scene.get("/level#level") == 100


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "PT0S"),
        (59.4, "PT59S"),
        (3600, "PT1H"),
        (3665, "PT1H1M5S"),
        (86400, "P1D"),
        (90061, "P1DT1H1M1S"),
        (-5, "PT0S"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    """ISO 8601, read back as the same time."""
    assert duration_text(seconds) == text
    assert number(text) == max(0, round(seconds))


@pytest.mark.parametrize("wrong", ["", "P", "1 h", "-PT1S", "PT", None, (1,)])
def test_what_is_no_duration(wrong: object) -> None:
    """Other texts are refused."""
    if wrong == "PT":
        assert number(wrong) == 0
        return
    with pytest.raises(ValueError, match="no duration"):
        number(wrong)


BATTERY = """{kind: battery, property: /level#level, per_hour: 2, low: /sensor#alarm, threshold: 90,
  costs: {/switch#value: 0.5}, charging: {property: /inputs#second, equals: true},
  charge_per_hour: 30}"""


def charged() -> Scene:
    """Make a device with a full battery."""
    scene = start(BATTERY)
    scene.put("/level#level", 100)
    return scene


def test_a_battery_empties_with_time() -> None:
    """One notification for each percent, the low flag at the threshold, nothing below zero."""
    scene = charged()
    scene.told.clear()
    scene.run(3 * 3600)
    assert scene.get("/level#level") == 94
    assert len(scene.told) == 6
    assert scene.get(ALARM) is False
    scene.run(2 * 3600 + 60)
    assert scene.get(ALARM) is True
    scene.run(100 * 3600)
    assert scene.get("/level#level") == 0
    assert scene.world.next_deadline() is None


def test_a_battery_empties_with_use() -> None:
    """Each use costs."""
    scene = charged()
    for _ in range(5):
        scene.write("/switch#value", True)
        scene.write("/switch#value", False)
    scene.run(1)
    assert scene.get("/level#level") == 95


def test_a_battery_is_charged() -> None:
    """It fills, and the flag goes away."""
    scene = charged()
    scene.put("/level#level", 50)
    assert scene.get(ALARM) is True
    scene.put("/inputs#second", True)
    scene.run(3600)
    assert scene.get("/level#level") == 80
    scene.run(3600)
    assert scene.get("/level#level") == 100
    assert scene.get(ALARM) is False


def test_pulses() -> None:
    """As many as were asked for, none while it is silent, each as long as it may be."""
    entry = "{kind: pulse, property: /sensor#alarm, per_hour: 60, hold: [2, 4], silent: 10 s}"
    scene = start(entry)
    scene.run(100 * 3600)
    times = [(when, values["alarm"]) for when, _, values in scene.told]
    starts = [when for when, active in times if active]
    ends = [when for when, active in times if not active]
    assert len(starts) == pytest.approx(100 * 3600 / (60 + 13), rel=0.05)
    holds = [end - begin for begin, end in zip(starts, ends, strict=False)]
    assert all(2 <= hold <= 4 for hold in holds)
    assert all(begin - end >= 10 for begin, end in zip(starts[1:], ends, strict=False))


def test_silence_from_a_property() -> None:
    """The silent time is what the property says, and a pulse ends with its gate."""
    entry = "{kind: pulse, property: /sensor#alarm, per_hour: 3600, hold: 5, silent: /level#ramp"
    scene = start(f"{entry}, {SWITCHED}}}")
    scene.write("/switch#value", True)
    scene.run(3000)
    assert [values["alarm"] for _, href, values in scene.told if href == "/sensor"] == [True, False]
    scene.put("/level#ramp", 0)
    scene.run(3000)
    while not scene.get(ALARM):
        scene.run(1)
    scene.write("/switch#value", False)
    scene.run(0.2)
    assert scene.get(ALARM) is False


ROOM = """- {kind: thermal, property: /sensor#free, ambient: 10, tau: 1 h, target: /sensor#number,
  heating: 30, cooling: 0, hysteresis: 1, shows: /words#note, %s}
"""


def room(more: str = SWITCHED) -> Scene:
    """Make a room of 0 degrees, at 10 degrees outside, to be heated to 20."""
    return make_scene(palette(ROOM % more))


def test_a_room_without_power_goes_to_ambient() -> None:
    """After the time constant 37 % of the difference are left."""
    scene = room()
    scene.run(3600)
    assert scene.get(FREE) == pytest.approx(10 - 10 * 0.3679, abs=0.02)
    scene.run(100 * 3600)
    assert scene.get(FREE) == pytest.approx(10, abs=0.01)
    assert scene.ticks < 2000


def test_a_heater_keeps_its_set_point() -> None:
    """It heats up to the set point and starts again below the hysteresis."""
    scene = room()
    scene.write("/switch#value", True)
    assert scene.get("/words#note") == "heating"
    scene.run(2 * 3600)
    seen, words = [], set()
    for _ in range(200):
        scene.run(60)
        seen.append(scene.get(FREE))
        words.add(scene.get("/words#note"))
    assert min(seen) >= 18.9
    assert max(seen) <= 20.01
    assert words == {"idle", "heating"}


def test_a_new_set_point() -> None:
    """It is followed at once."""
    scene = room()
    scene.write("/switch#value", True)
    scene.run(4 * 3600)
    scene.put(SENSOR, 15)
    assert scene.get("/words#note") == "idle"
    scene.run(4 * 3600)
    assert 13.9 <= scene.get(FREE) <= 15.01


def test_an_open_window() -> None:
    """With a larger leak it gets cold faster than it can be heated."""
    leak = "leaks: [{when: {property: /inputs#second, equals: true}, tau: 6 min}]"
    scene = room(leak)
    scene.run(4 * 3600)
    assert scene.get(FREE) > 18.9
    scene.put("/inputs#second", True)
    scene.run(3600)
    assert scene.get(FREE) == pytest.approx(13, abs=0.1)


def test_a_day_asleep_does_not_boil_the_room() -> None:
    """However long the computer slept, the heater stopped at the set point."""
    scene = room()
    scene.write("/switch#value", True)
    scene.leap(365 * 86400)
    assert scene.get(FREE) <= 20.01


def test_heating_and_cooling_by_mode() -> None:
    """The thermostat heats when it may heat and cools when it may cool."""
    scene = make_scene(example("thermostat"))
    scene.run(60)
    assert scene.get("/state#currentMachineState") == "heating"
    assert scene.get("/energy#power") == 1500
    scene.write("/mode#modes", ["off"])
    assert scene.get("/state#currentMachineState") == "idle"
    assert scene.get("/energy#power") == 2
    scene.put("/temperature/current#temperature", 26)
    scene.write("/mode#modes", ["cool"])
    assert scene.get("/state#currentMachineState") == "cooling"
    scene.run(3600)
    assert scene.get("/temperature/current#temperature") < 22
