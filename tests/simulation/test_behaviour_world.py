"""The world as a whole: chance that repeats, time that leaps, limits that hold, rest at no cost."""

import gc
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from behaviour_scene import NAMES, Scene, example, make_scene, palette
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from onboardee.device.simulation.profile import Profile
from onboardee.device.simulation.values import ValueRefusedError
from onboardee.device.simulation.world.notices import Notices
from onboardee.device.simulation.world.passing import MAX_EVENTS
from onboardee.device.simulation.world.refusal import UpdateRefusedError
from onboardee.device.simulation.world.settling import MAX_ROUNDS
from onboardee.device.simulation.world.world import World

EVERYTHING = palette(
    """
- {kind: travel, property: /level#level, time: [1, 20], delay: [0, 2]}
- {kind: travel, property: /colour#rgb, ramp: /level#ramp}
- {kind: travel, property: /words#bolt, time: 2}
- {kind: drift, property: /sensor#number, sigma: 40, every: 7}
- {kind: daily, property: /sensor#free, mean: 5, amplitude: 3, noise: 9, every: 60}
- {kind: follow, source: /sensor#free, target: /level#ramp, scale: 9000}
- {kind: exclusive, members: [/inputs#first, /inputs#second, /inputs#third]}
- {kind: counter, property: /words#time, source: /sensor#number, scale: 99, per: 1, every: 1}
- {kind: fault, name: jam, properties: [/level#level], effect: stop, chance: 0.3, lasts: [1, 60]}
- {kind: fault, name: sulk, properties: [/words#bolt], chance: 0.2, lasts: 5}
- {kind: guard, property: /switch#value, when: {property: /level#level, above: 80}, reason: full}
- {kind: couple, when: {property: /level#level, above: 90, hysteresis: 20}, after: 3,
   set: {/sensor#alarm: true}, otherwise: {/sensor#alarm: false}}
- {kind: pulse, property: /switch#value, per_hour: 600, hold: [0.1, 3],
   only_while: {property: /inputs#second, equals: true}}
- kind: states
  property: /words#mode
  initial: "off"
  states:
    "off": {next: [{to: auto, press: go}]}
    auto: {set: {/level#level: 100}, next: [{to: eco, after: [1, 90]}]}
    eco: {set: {/level#level: 0}, next: [{to: auto, after: 20}, {to: "off", when: {fault: jam}}]}
- {kind: schedule, lines: [{every: [5, 500], toggle: [/inputs#third]}, {after: 9, press: go}]}
- {kind: notify, interval: 1}
"""
)


def legal(scene: Scene) -> None:
    """Check that every value is one that its property can have."""
    for resource in EVERYTHING.resources:
        for name, spec in resource.properties.items():
            value = scene.values[resource.href].current[name]
            assert spec.checked(name, value) == value


steps = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.sampled_from([0, 0.01, 1, 30, 600])),
        st.tuples(st.just("leap"), st.sampled_from([1, 3600, 86400, 1e8])),
        st.tuples(st.just("press"), st.just("go")),
        st.tuples(st.just("fault"), st.booleans()),
        st.tuples(st.just("/level#level"), st.integers(-1, 101)),
        st.tuples(st.just("/level#ramp"), st.integers(0, 10000)),
        st.tuples(st.just("/colour#rgb"), st.lists(st.integers(0, 255), min_size=3, max_size=3)),
        st.tuples(st.just("/words#bolt"), st.sampled_from(["Locked", "Unlocked", "Ajar"])),
        st.tuples(st.just("/words#mode"), st.sampled_from(["auto", "eco", "off"])),
        st.tuples(st.just("/inputs#second"), st.booleans()),
        st.tuples(st.just("/switch#value"), st.booleans()),
    ),
    max_size=12,
)


def act(scene: Scene, step: str, argument: Any) -> None:
    """Do one step; refusals are part of life."""
    match step:
        case "run":
            scene.run(argument)
        case "leap":
            scene.leap(argument)
        case "press":
            scene.press(argument)
        case "fault":
            scene.fault("jam", is_on=argument)
        case _:
            with suppress(UpdateRefusedError, ValueRefusedError):
                scene.write(step, argument)


@settings(max_examples=25, deadline=None)
@given(steps, st.integers(0, 3))
def test_values_are_always_possible(course: list[tuple[str, Any]], seed: int) -> None:
    """Whatever happens, values keep to type, range, step and choices, and nothing is overdue."""
    scene = make_scene(EVERYTHING, seed=seed)
    for step, argument in course:
        act(scene, step, argument)
        legal(scene)
        deadline = scene.world.next_deadline()
        assert deadline is None or deadline > scene.now
    assert not scene.reports


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_is_the_same_day(name: str) -> None:
    """What is told, and when, repeats exactly."""
    days = [make_scene(example(name), seed=seed) for seed in (7, 7, 8)]
    for scene in days:
        scene.run(4 * 3600)
        for input_name in scene.world.inputs:
            scene.press(input_name)
        scene.run(4 * 3600)
    assert days[0].told == days[1].told
    if name != "door":  # which leaves nothing to chance until somebody uses its lock
        assert days[0].told != days[2].told


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seconds", [86400, 365 * 86400])
def test_a_leap_is_bounded_work(name: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer that wakes up does not live through all that it slept."""
    scene = make_scene(example(name))
    scene.press(scene.world.inputs[0])
    moments = []
    settle = World._settle
    monkeypatch.setattr(World, "_settle", lambda world: (moments.append(world.now), settle(world)))
    scene.leap(seconds)
    assert len(moments) <= MAX_EVENTS + MAX_ROUNDS + 1
    deadline = scene.world.next_deadline()
    assert deadline is None or deadline > scene.now


def test_an_hour_has_few_moments() -> None:
    """What cannot be seen is not computed: all kinds together wake up twice a second at most."""
    scene = make_scene(EVERYTHING)
    scene.run(3600)
    assert 0 < len(scene.told) <= scene.ticks < 7200


def test_a_device_at_rest_waits_for_nothing() -> None:
    """No timer runs where nothing changes by itself."""
    scene = make_scene(example("door"))
    scene.write("/openlevel#openLevel", 100)
    scene.put("/battery#charge", 0)
    scene.run(100)
    scene.write("/openlevel#openLevel", 0)
    scene.run(100)
    assert scene.world.next_deadline() is None


def memory_of(profile: Profile) -> float:
    """Return how many octets one more device of a profile takes."""
    scenes = [make_scene(profile)]
    # objects that Python has kept for reuse would not be counted
    gc.collect()
    tracemalloc.start()
    scenes += [make_scene(profile) for _ in range(20)]
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return used / 20


def test_what_behaviour_costs_in_memory() -> None:
    """Less than a kilobyte for each entry of each device."""
    still = replace(EVERYTHING, behaviour=())
    behaviour = memory_of(EVERYTHING) - memory_of(still)
    assert behaviour < 1024 * len(EVERYTHING.behaviour)


def test_starting_over() -> None:
    """After a reset everything begins as at first, faults and goals forgotten."""
    scene = make_scene(EVERYTHING)
    scene.press("go")
    scene.fault("jam", is_on=True)
    scene.run(50)
    for values in scene.values.values():
        values.restore()
    scene.world.start(scene.now)
    assert scene.world.faults == {"jam": False, "sulk": False}
    assert scene.get("/words#mode") == "off"
    assert scene.get("/level#level") == 0
    scene.run(8.9)
    assert scene.get("/words#mode") == "off"
    scene.run(0.2)
    assert scene.get("/words#mode") == "auto"


def test_notices_come_at_most_so_often() -> None:
    """The first at once, then one in each interval, and the last value always."""
    notices = Notices(1.0, {"/slow": 10.0})
    sent = []
    for tick in range(35):
        now = tick / 10
        notices.note(["/fast", "/slow"], now)
        sent += [(now, href) for href in notices.take(now)]
    assert sent == [
        (0, "/fast"),
        (0, "/slow"),
        (1, "/fast"),
        (2, "/fast"),
        (3, "/fast"),
    ]
    assert notices.deadline == 4
    assert notices.take(4) == ["/fast"]
    assert notices.take(9.9) == []
    assert notices.take(10) == ["/slow"]
    assert notices.deadline == float("inf")


def test_a_clients_change_is_told_at_once() -> None:
    """The interval is for what changes by itself."""
    scene = make_scene(palette("- {kind: notify, interval: 60}"))
    for count in range(5):
        scene.write("/level#level", count + 1)
    assert [values["level"] for _, _, values in scene.told] == [1, 2, 3, 4, 5]
