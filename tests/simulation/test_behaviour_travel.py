"""Values that take their time."""

import pytest
from behaviour_scene import Scene, make_scene, palette

from onboardee.device.simulation.world.refusal import UpdateRefusedError

LEVEL = "/level#level"
DOOR = "- {kind: travel, property: /level#level, time: 10 s, every: 0.5 s}"


def door(more: str = "", *, seed: int = 1) -> Scene:
    """Make something that opens in ten seconds."""
    return make_scene(palette(f"{DOOR}\n{more}"), seed=seed)


def test_a_door_opens_evenly() -> None:
    """It is half open after half the time, and stays at its goal."""
    scene = door()
    scene.write(LEVEL, 100)
    assert scene.get(LEVEL) == 0
    scene.run(5)
    assert scene.get(LEVEL) == 50
    scene.run(5)
    assert scene.get(LEVEL) == 100
    scene.run(100)
    assert scene.get(LEVEL) == 100
    assert scene.world.next_deadline() is None


def test_observers_hear_of_the_way() -> None:
    """The value is shown every half second, from the first to the last."""
    scene = door()
    scene.write(LEVEL, 100)
    scene.run(20)
    assert [values["level"] for _, _, values in scene.told] == list(range(5, 101, 5))
    assert [when for when, _, _ in scene.told] == [pytest.approx(n / 2) for n in range(1, 21)]


def test_a_short_way_takes_a_short_time() -> None:
    """The time given is that of the whole range."""
    scene = door()
    scene.write(LEVEL, 20)
    scene.run(2)
    assert scene.get(LEVEL) == 20


def test_a_slow_way_is_not_looked_at_more_often_than_it_changes() -> None:
    """Nothing happens while nothing can be seen."""
    scene = make_scene(palette("- {kind: travel, property: /level#level, time: 100 h, every: 0.1}"))
    scene.write(LEVEL, 10)
    scene.run(10 * 3600)
    assert scene.get(LEVEL) == 10
    assert scene.ticks <= 22


def test_a_new_goal_on_the_way() -> None:
    """It turns round where it is."""
    scene = door()
    scene.write(LEVEL, 100)
    scene.run(4)
    scene.write(LEVEL, 0)
    assert scene.get(LEVEL) == 40
    scene.run(2)
    assert scene.get(LEVEL) == 20
    scene.run(2)
    assert scene.get(LEVEL) == 0


def test_writing_the_present_value_stops() -> None:
    """That is how a blind is stopped half way."""
    scene = door()
    scene.write(LEVEL, 100)
    scene.run(3)
    scene.write(LEVEL, 30)
    scene.run(60)
    assert scene.get(LEVEL) == 30


def test_a_guard_does_not_keep_it_from_stopping() -> None:
    """Whoever may not send it anywhere may still stop it."""
    on = "{property: /switch#value, equals: true}"
    scene = door(f"- {{kind: guard, property: /level#level, when: {on}, reason: guarded}}")
    scene.write(LEVEL, 100)
    scene.run(3)
    scene.write("/switch#value", True)
    with pytest.raises(UpdateRefusedError):
        scene.write(LEVEL, 50)
    scene.write(LEVEL, 30)
    scene.run(60)
    assert scene.get(LEVEL) == 30


def test_the_same_goal_again_changes_nothing() -> None:
    """A tool that repeats its UPDATE does not begin the way anew."""
    scene = door()
    scene.write(LEVEL, 100)
    for _ in range(10):
        scene.run(1)
        scene.write(LEVEL, 100)
    assert scene.get(LEVEL) == 100


def test_pushing_the_door_by_hand() -> None:
    """The physical world moves it at once, and ends its way."""
    scene = door()
    scene.write(LEVEL, 100)
    scene.run(2)
    scene.put(LEVEL, 70)
    assert scene.get(LEVEL) == 70
    scene.run(60)
    assert scene.get(LEVEL) == 70


def test_a_delay_before_the_motion() -> None:
    """A motor takes a second to start, but not to turn."""
    scene = make_scene(palette("- {kind: travel, property: /level#level, time: 10 s, delay: 2 s}"))
    scene.write(LEVEL, 100)
    scene.run(2)
    assert scene.get(LEVEL) == 0
    scene.run(5)
    assert scene.get(LEVEL) == 50
    scene.write(LEVEL, 0)
    scene.run(1)
    assert scene.get(LEVEL) == 40


def test_a_bolt_turns_after_its_time() -> None:
    """GET shows the old value until the new one is reached, some time between two limits."""
    bolt = "/words#bolt"
    times = set()
    for seed in range(5):
        profile = palette("- {kind: travel, property: /words#bolt, time: [0.5, 2]}")
        scene = make_scene(profile, seed=seed)
        scene.write(bolt, "Unlocked")
        assert scene.get(bolt) == "Locked"
        scene.run(0.49)
        assert scene.get(bolt) == "Locked"
        scene.run(1.52)
        assert scene.get(bolt) == "Unlocked"
        times.add(scene.told[0][0])
    assert len(times) == 5


def test_a_bolt_called_back() -> None:
    """Writing the present value before it has turned leaves it where it is."""
    scene = make_scene(palette("- {kind: travel, property: /words#bolt, time: 2}"))
    scene.write("/words#bolt", "Unlocked")
    scene.run(1)
    scene.write("/words#bolt", "Locked")
    scene.run(9)
    assert scene.get("/words#bolt") == "Locked"


def test_a_colour_fades() -> None:
    """All parts of an array arrive together, in the time that another property holds."""
    scene = make_scene(palette("- {kind: travel, property: /colour#rgb, ramp: /level#ramp}"))
    scene.write("/colour#rgb", [200, 100, 0])
    scene.run(2)
    assert scene.get("/colour#rgb") == (100, 50, 0)
    scene.run(2)
    assert scene.get("/colour#rgb") == (200, 100, 0)
    scene.write("/level#ramp", 0)
    scene.write("/colour#rgb", [0, 0, 0])
    scene.run(0)
    assert scene.get("/colour#rgb") == (0, 0, 0)


def test_speed() -> None:
    """A camera turns so many degrees a second."""
    scene = make_scene(
        palette(
            "- {kind: travel, property: /sensor#number, speed: 5}\n"
            "- {kind: input, name: left, set: {/sensor#number: -20}}"
        )
    )
    scene.press("left")
    scene.run(4)
    assert scene.get("/sensor#number") == 0


def test_standing_still_while_there_is_no_power() -> None:
    """It stops without power and goes on with it."""
    gate = "only_while: {property: /switch#value, equals: true}"
    scene = make_scene(palette(f"- {{kind: travel, property: /level#level, time: 10 s, {gate}}}"))
    scene.write(LEVEL, 100)
    scene.run(5)
    assert scene.get(LEVEL) == 0
    scene.write("/switch#value", True)
    scene.run(5)
    assert scene.get(LEVEL) == 50
    scene.write("/switch#value", False)
    scene.run(500)
    assert scene.get(LEVEL) == 50
    scene.write("/switch#value", True)
    scene.run(5)
    assert scene.get(LEVEL) == 100


@pytest.mark.parametrize("seconds", [0.3, 2.7, 9.9])
def test_a_jam_on_command(seconds: float) -> None:
    """It stays where it is until it is repaired, and does not go on by itself then."""
    jam = "- {kind: fault, name: jam, properties: [/level#level], effect: stop}"
    scene = door(jam)
    scene.write(LEVEL, 100)
    scene.run(seconds)
    scene.fault("jam", is_on=True)
    caught = scene.get(LEVEL)
    assert caught == pytest.approx(10 * seconds, abs=0.51)
    scene.run(60)
    scene.write(LEVEL, 0)
    scene.run(60)
    assert scene.get(LEVEL) == caught
    scene.fault("jam", is_on=False)
    scene.run(60)
    assert scene.get(LEVEL) == caught
    scene.write(LEVEL, 0)
    scene.run(10)
    assert scene.get(LEVEL) == 0


def test_a_jam_by_chance() -> None:
    """It gets stuck somewhere on its way, each time somewhere else."""
    jam = "- {kind: fault, name: jam, properties: [/level#level], effect: stop, chance: 1}"
    places = set()
    for seed in range(8):
        scene = door(jam, seed=seed)
        scene.write(LEVEL, 100)
        scene.run(60)
        assert scene.world.faults == {"jam": True}
        places.add(scene.get(LEVEL))
    assert len(places) > 4
    assert all(0 < place < 100 for place in places)
