"""The world's time: faster than the device's clock, at rest, or ahead of it."""

import math
from itertools import pairwise

import pytest
from behaviour_scene import MIDNIGHT, Scene, make_scene, palette
from hypothesis import given
from hypothesis import strategies as st

from onboardee.device.simulation.profile import load
from onboardee.device.simulation.world.pace import FARTHEST, FASTEST, Pace
from onboardee.device.simulation.world.parts import SHORTEST
from onboardee.device.simulation.world.passing import SLICE

CLOCK = "\n  - {kind: clock, property: /words#date, every: 1 s}"
SENSOR = "\n  - {kind: drift, property: /sensor#number, mean: 20, sigma: 3, every: 1 s}"
RAMP = "\n  - {kind: travel, property: /level#level, speed: 10}"
STATE = "/state#currentJobState"
times = st.floats(0, 1e7)


def washer(speed: float = 1.0) -> Scene:
    """Start a washer; its programs take fifty minutes."""
    scene = make_scene(load("washer"), speed=speed)
    scene.press("start")
    return scene


@given(
    speed=st.floats(1 / FASTEST, FASTEST),
    began=times,
    skipped=st.floats(0.001, FARTHEST),
    later=times,
    moment=st.floats(0, 1e9),
)
def test_a_moment_is_reached_when_it_is_said_to_be(
    speed: float, began: float, skipped: float, later: float, moment: float
) -> None:
    """An alarm that is set for a moment of the world never rings in vain, nor much too late."""
    pace = Pace(speed)
    pace.begin(began)
    pace.skip(began + later, skipped)
    now = pace.when(pace.at(began + later) + moment)
    assert pace.at(now) >= pace.at(began + later) + moment
    assert pace.at(now) == pytest.approx(pace.at(began + later) + moment, rel=1e-9)


def test_a_washers_hour_takes_a_minute() -> None:
    """At sixty times the speed each part of the program begins sixty times as soon."""
    scene = washer(speed=60)
    seen = []
    for _ in range(10):
        scene.run(6)
        seen.append(scene.get(STATE))
    assert seen == ["wash"] * 4 + ["rinse"] * 2 + ["spin"] * 2 + ["none"] * 2
    usual = washer()
    usual.run(3600)
    assert scene.get("/energy#energy") == pytest.approx(usual.get("/energy#energy"), abs=30)


def test_slower_than_the_wall() -> None:
    """Who wants to see what happens in a second has it take ten."""
    scene = make_scene(palette(RAMP), speed=0.1)
    scene.write("/level#level", 10)
    scene.run(5)
    assert scene.get("/level#level") == 5
    scene.run(5)
    assert scene.get("/level#level") == 10


def test_what_begins_after_a_rest_takes_its_time() -> None:
    """A client that moves something after minutes without any event sees it move, not arrive."""
    scene = make_scene(palette(RAMP))
    scene.now += 100
    scene.write("/level#level", 100)
    scene.run(5)
    assert scene.get("/level#level") == 50


def test_observers_hear_no_more_often_than_at_the_usual_speed() -> None:
    """How often a peer is told is a matter of its network, however fast the world goes."""
    scene = make_scene(palette(SENSOR), speed=3600)
    scene.run(8)
    times = [at for at, _, _ in scene.told]
    assert 25 < len(times) <= 41
    assert all(after - before > 0.19 for before, after in pairwise(times))
    assert scene.ticks <= 8 / SHORTEST + len(times) + 1


@pytest.mark.parametrize("speed", [1, 60, 0])
def test_a_fast_world_at_rest_wakes_nobody(speed: float) -> None:
    """Where nothing changes by itself there is no alarm, at any speed."""
    scene = make_scene(palette(RAMP), speed=speed)
    scene.run(100)
    assert scene.ticks == 0
    assert scene.world.next_deadline() is None


def test_clocks_and_daylight_show_the_worlds_time() -> None:
    """A device whose world is six hours ahead says so, and has the light of that hour."""
    points = '[["00:00", 0], ["06:00", 0], ["12:00", 10]]'
    daily = f"\n  - {{kind: daily, property: /sensor#number, points: {points}, every: 1 min}}"
    clock = "\n  - {kind: clock, property: /words#date}"
    scene = make_scene(palette(clock + daily))
    scene.note(scene.world.skip(9 * 3600, scene.now))
    while scene.world.is_skipping:
        scene.leap(0)
    assert scene.get("/words#date") == "2026-03-01T09:00:00Z"
    assert scene.get("/sensor#number") == 5
    assert scene.world.date(0) == MIDNIGHT.replace(hour=9)
    scene.run(60)
    assert scene.get("/words#date") == "2026-03-01T09:01:00Z"


def test_paused_until_somebody_lets_it_go_on() -> None:
    """Nothing moves while paused, but what people do happens; then it goes on from there."""
    scene = make_scene(palette(RAMP + CLOCK))
    scene.write("/level#level", 100)
    scene.run(3)
    scene.note(scene.world.change_pace(scene.now, is_paused=True))
    assert scene.world.next_deadline() is None
    scene.run(1000)
    assert scene.get("/level#level") == 30
    scene.write("/switch#value", True)
    assert scene.get("/switch#value") is True
    scene.note(scene.world.skip(2, scene.now))
    assert scene.get("/level#level") == 50
    assert scene.get("/words#date") == "2026-03-01T00:00:05Z"
    scene.note(scene.world.change_pace(scene.now, is_paused=False))
    scene.run(5)
    assert scene.get("/level#level") == 100


def test_another_speed_goes_on_from_the_present() -> None:
    """Nothing jumps when the speed changes on the way."""
    scene = make_scene(palette(RAMP))
    scene.write("/level#level", 100)
    scene.run(2)
    scene.note(scene.world.change_pace(scene.now, speed=3))
    assert scene.get("/level#level") == 20
    scene.run(2)
    assert scene.get("/level#level") == 80


def test_what_is_skipped_happens_in_order_and_in_slices() -> None:
    """An hour that is skipped comes to what an hour is, and no call does all of it."""
    slow, skipped = washer(), washer()
    slow.run(3600)
    skipped.note(skipped.world.skip(3600, 0.0))
    calls = 1
    while skipped.world.is_skipping:
        assert skipped.world.next_deadline() == 0.0
        skipped.leap(0)
        calls += 1
    assert calls > 720 // SLICE - 1
    for href, values in slow.values.items():
        assert skipped.values[href].current == values.current, href


def test_much_is_skipped_with_bounded_work() -> None:
    """A year of a sensor that shows a value each second is skipped in some seconds of work."""
    scene = make_scene(palette(SENSOR))
    scene.world._moments_left = 0
    scene.note(scene.world.skip(FARTHEST, 0.0))
    scene.world._moments_left = 250
    calls = 0
    while scene.world.is_skipping:
        scene.leap(0)
        calls += 1
    assert calls == 3
    assert scene.world.next_deadline() is not None
    assert scene.world.now >= FARTHEST


@pytest.mark.parametrize("seconds", [0, -1, FARTHEST + 1, math.nan, math.inf])
def test_a_time_that_is_none_is_not_skipped(seconds: float) -> None:
    """The message says what can be skipped, and nothing has changed."""
    scene = make_scene(palette(RAMP))
    with pytest.raises(ValueError, match="at most 366 d"):
        scene.world.skip(seconds, 0.0)
    assert scene.world.date(0.0) == MIDNIGHT


@pytest.mark.parametrize("speed", [-1, 1e-9, 3601, math.nan, math.inf])
def test_a_speed_that_is_none(speed: float) -> None:
    """Neither a device nor a person gets a speed at which nothing would work any more."""
    with pytest.raises(ValueError, match="is no speed"):
        Pace(speed)
    scene = make_scene(palette(RAMP))
    with pytest.raises(ValueError, match="is no speed"):
        scene.world.change_pace(0.0, speed=speed)
    assert scene.world.pace.speed == 1


def test_the_end_of_time() -> None:
    """A world that is a thousand years ahead goes on, and its date stays a date."""
    scene = make_scene(palette(CLOCK + RAMP))
    for _ in range(1100):
        scene.world.pace.skip(scene.now, FARTHEST)
    scene.run(3600)
    assert scene.world.date(scene.now).year < 4000
    scene.write("/level#level", 100)
    scene.run(10)
    assert scene.get("/level#level") == 100
