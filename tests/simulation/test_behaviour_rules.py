"""What depends on what, and what happens: couple, guard, fault, states and others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from behaviour_scene import MIDNIGHT, Scene, example, make_scene, palette

from onboardee.device.simulation.behaviour.exclusive import ExclusivePart, Member
from onboardee.device.simulation.behaviour.follow import FollowBehaviour
from onboardee.device.simulation.values import ValueRefusedError
from onboardee.device.simulation.world.refusal import UpdateRefusedError
from onboardee.wire.coap import Code

SWITCH, LEVEL, ALARM = "/switch#value", "/level#level", "/sensor#alarm"
ON = "{property: /switch#value, equals: true}"


def start(entries: str, *, seed: int = 1, wall: datetime = MIDNIGHT) -> Scene:
    """Start a world with some entries."""
    return make_scene(palette(entries), seed=seed, wall=wall)


def refusal(scene: Scene, ref: str, value: Any) -> Code:
    """Write what is refused, and see that nothing happens."""
    before = {href: dict(values.current) for href, values in scene.values.items()}
    with pytest.raises(UpdateRefusedError) as caught:
        scene.write(ref, value)
    assert before == {href: dict(values.current) for href, values in scene.values.items()}
    return caught.value.code


def test_kept_while_it_holds() -> None:
    """Nobody can change what a coupling keeps, and it is free otherwise."""
    scene = start(f"- {{kind: couple, when: {ON}, set: {{/level#level: 7}}}}")
    scene.write(LEVEL, 50)
    assert scene.get(LEVEL) == 50
    scene.write(SWITCH, True)
    assert scene.get(LEVEL) == 7
    scene.run(1)
    scene.told.clear()
    scene.write(LEVEL, 50)
    scene.put(LEVEL, 60)
    scene.run(1)
    assert scene.get(LEVEL) == 7
    assert not scene.told
    scene.write(SWITCH, False)
    scene.write(LEVEL, 50)
    assert scene.get(LEVEL) == 50


def test_set_once() -> None:
    """It is set when the condition begins to hold, not at the start, and is free then."""
    scene = start(
        "- {kind: couple, when: {property: /switch#value, equals: false}, once: true, "
        "set: {/level#level: 7}, otherwise: {/level#level: 9}}"
    )
    assert scene.get(LEVEL) == 0
    scene.write(SWITCH, True)
    assert scene.get(LEVEL) == 9
    scene.write(LEVEL, 50)
    assert scene.get(LEVEL) == 50
    scene.write(SWITCH, False)
    assert scene.get(LEVEL) == 7


def test_only_after_some_time() -> None:
    """A condition that holds too briefly has no effect."""
    scene = start(
        f"- {{kind: couple, when: {ON}, after: 10 s, set: {{/sensor#alarm: true}}, "
        "otherwise: {/sensor#alarm: false}}"
    )
    scene.write(SWITCH, True)
    scene.run(9)
    scene.write(SWITCH, False)
    scene.run(9)
    assert scene.get(ALARM) is False
    scene.write(SWITCH, True)
    scene.run(9.9)
    assert scene.get(ALARM) is False
    scene.run(0.2)
    assert scene.get(ALARM) is True
    scene.write(SWITCH, False)
    assert scene.get(ALARM) is False


def test_hysteresis() -> None:
    """An alarm at 10 goes away below 8 only."""
    scene = start(
        "- {kind: couple, when: {property: /sensor#number, above: 10, hysteresis: 2}, "
        "set: {/sensor#alarm: true}, otherwise: {/sensor#alarm: false}}"
    )
    course = [
        (7, False),
        (9, False),
        (10.5, True),
        (9, True),
        (8.5, True),
        (8, False),
        (9, False),
        (11, True),
    ]
    for value, expected in course:
        scene.put("/sensor#number", value)
        assert scene.get(ALARM) is expected


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("{property: /sensor#number, equals: 20}", True),
        ("{property: /sensor#number, differs: 20}", False),
        ("{property: /sensor#number, between: [20, 30]}", True),
        ("{property: /sensor#number, between: [20.5, 30]}", False),
        ("{property: /sensor#number, above: /level#level}", True),
        ("{property: /sensor#number, below: /level#level}", False),
        ("{property: /sensor#number, above: 20}", False),
        ("{property: /sensor#number, above: 10, below: 30}", True),
        ('{property: /words#mode, one_of: ["off", eco]}', True),
        ("{property: /words#mode, one_of: [auto, eco]}", False),
        ("{property: /words#list, contains: one}", True),
        ("{property: /words#list, contains: three}", False),
        (
            "[{property: /inputs#first, equals: true}, {property: /inputs#second, equals: true}]",
            False,
        ),
        (
            (
                "{any: [{property: /inputs#first, equals: true}, "
                "{property: /inputs#second, equals: true}]}"
            ),
            True,
        ),
        (
            (
                "{none: [{property: /inputs#third, equals: true}, "
                "{property: /inputs#second, equals: true}]}"
            ),
            True,
        ),
        (
            (
                "{all: [{property: /inputs#first, equals: true}, "
                "{none: [{property: /inputs#second, equals: true}]}]}"
            ),
            True,
        ),
    ],
)
def test_conditions(condition: str, holds: bool) -> None:
    """Each comparison means what it says."""
    scene = start(f"- {{kind: couple, when: {condition}, set: {{/sensor#alarm: true}}}}")
    assert scene.get(ALARM) is holds


def test_the_later_of_two_wins() -> None:
    """Two entries that keep one property come to rest at what the later one says."""
    scene = start(
        "- {kind: couple, when: {property: /inputs#first, equals: true}, set: {/level#level: 1}}\n"
        "- {kind: couple, when: {property: /inputs#first, equals: true}, set: {/level#level: 2}}\n"
    )
    assert scene.get(LEVEL) == 2
    scene.write(LEVEL, 5)
    assert scene.get(LEVEL) == 2
    assert not scene.reports


@pytest.mark.parametrize(
    ("more", "value", "result"),
    [
        ({}, 5, 5),
        ({}, "x", "x"),
        ({}, True, True),
        ({"scale": 2, "offset": 1}, 5, 11),
        ({"curve": ((0, 0), (10, 100), (20, 0))}, -5, 0),
        ({"curve": ((0, 0), (10, 100), (20, 0))}, 5, 50),
        ({"curve": ((0, 0), (10, 100), (20, 0))}, 18, 20),
        ({"curve": ((0, 0), (10, 100), (20, 0))}, 99, 0),
        ({"table": {"true": 1, "Open": 2}}, True, 1),
        ({"table": {"true": 1, "Open": 2}}, "Open", 2),
        ({"table": {"true": 1}, "default": 7}, "x", 7),
    ],
)
def test_what_follows(more: dict[str, Any], value: Any, result: Any) -> None:
    """Copies, tables, lines and curves."""
    follow = FollowBehaviour(source="/a#b", target="/a#c", **more)
    assert follow.value_for(value) == result


def test_following_keeps_to_the_limits() -> None:
    """The target has its own range and step."""
    scene = start("- {kind: follow, source: /level#level, target: /sensor#number, scale: 0.7}")
    scene.write(LEVEL, 3)
    assert scene.get("/sensor#number") == 2.0
    scene.write(LEVEL, 100)
    assert scene.get("/sensor#number") == 50


def test_one_at_a_time() -> None:
    """Choosing one source leaves the others."""
    scene = start("- {kind: exclusive, members: [/inputs#first, /inputs#second, /inputs#third]}")
    for chosen in ("second", "first", "third"):
        scene.write(f"/inputs#{chosen}", True)
        active = [name for name, value in scene.values["/inputs"].current.items() if value]
        assert active == [chosen]
    scene.write("/inputs#third", False)
    assert not any(scene.values["/inputs"].current.values())


class Sources:
    """A list of media sources in the place of a property."""

    def __init__(self, *active: bool) -> None:
        self.value = tuple({"sourceName": "x", "status": each} for each in active)

    def show(self, cell: "Sources", value: Any) -> None:
        """Take a new value."""
        cell.value = value

    def activate(self, place: int) -> None:
        """Choose one source, as a client does that leaves the others."""
        value = list(self.value)
        value[place] = {**value[place], "status": True}
        self.value = tuple(value)


def test_one_source_at_a_time() -> None:
    """In a list of sources, the one chosen last is the active one."""
    sources: Any = Sources(True, False, False)
    members = [Member(sources, place) for place in range(3)]
    part = ExclusivePart(members, "status")
    for place in (2, 0, 1):
        sources.activate(place)
        part.changed(sources)
        assert [each["status"] for each in sources.value] == [n == place for n in range(3)]
        assert all(each["sourceName"] == "x" for each in sources.value)


def test_a_guard() -> None:
    """What it is about is refused with its code while its condition holds; repeating is not."""
    scene = start(
        f"- {{kind: guard, property: /words#bolt, to: [Unlocked], when: {ON}, code: 5.03, "
        "reason: no way}"
    )
    scene.write("/words#bolt", "Unlocked")
    scene.write("/words#bolt", "Locked")
    scene.write(SWITCH, True)
    assert refusal(scene, "/words#bolt", "Unlocked") is Code.SERVICE_UNAVAILABLE
    scene.write("/words#bolt", "Locked")
    scene.put("/words#bolt", "Unlocked")
    scene.write("/words#bolt", "Locked")
    assert scene.get("/words#bolt") == "Locked"


def test_a_refused_update_changes_nothing_else() -> None:
    """One property of an UPDATE being refused, the others stay, too."""
    scene = start(f"- {{kind: guard, property: /level#level, when: {ON}, reason: never}}")
    scene.write(SWITCH, True)
    with pytest.raises(UpdateRefusedError, match="never"):
        scene.world.write("/level", {"ramp": 1, "level": 9})
    assert scene.values["/level"].current == {"level": 0, "ramp": 4000}
    scene.world.write("/level", {"ramp": 1, "level": 0})
    assert scene.values["/level"].current == {"level": 0, "ramp": 1}


def test_wrong_values_are_wrong_first() -> None:
    """What is not possible at all is refused as ever."""
    scene = start("- {kind: travel, property: /level#level, time: 5}")
    with pytest.raises(ValueRefusedError):
        scene.write(LEVEL, 101)
    with pytest.raises(ValueRefusedError):
        scene.world.set_values("/level", {"level": "x"}, 0)
    assert scene.get(LEVEL) == 0


FAULT = "- {{kind: fault, name: broken, properties: [/level#level], effect: {}, {}}}"


def test_a_fault_refuses() -> None:
    """While it is on, its code is answered."""
    scene = start(FAULT.format("refuse", "code: 5.00"))
    scene.fault("broken", is_on=True)
    assert refusal(scene, LEVEL, 5) is Code.INTERNAL_SERVER_ERROR
    scene.write(LEVEL, 0)
    scene.fault("broken", is_on=False)
    scene.write(LEVEL, 5)
    assert scene.get(LEVEL) == 5


def test_a_fault_ignores() -> None:
    """The UPDATE succeeds and nothing happens."""
    scene = start(FAULT.format("ignore", "lasts: 30 s"))
    scene.fault("broken", is_on=True)
    scene.write(LEVEL, 5)
    assert scene.get(LEVEL) == 0
    scene.run(30)
    assert scene.world.faults == {"broken": False}
    scene.write(LEVEL, 5)
    assert scene.get(LEVEL) == 5


def test_a_fault_by_chance() -> None:
    """About as often as its probability says, and it shows."""
    count = 0
    for seed in range(400):
        scene = start(
            FAULT.format(
                "refuse", "chance: 0.25, set: {/sensor#alarm: true}, clear: {/sensor#alarm: false}"
            ),
            seed=seed,
        )
        try:
            scene.write(LEVEL, 5)
        except UpdateRefusedError:
            count += 1
        assert scene.get(ALARM) is scene.world.faults["broken"]
        scene.fault("broken", is_on=False)
        assert scene.get(ALARM) is False
    assert count == pytest.approx(100, abs=30)


def test_a_schedule() -> None:
    """Times of day, intervals and a time after the start."""
    scene = start(
        '- {kind: schedule, lines: [{at: "07:00", set: {/level#level: 100}}, '
        '{at: "20:30", set: {/level#level: 0}}, {every: 10 min, toggle: [/switch#value]}, '
        "{after: 5 s, set: {/words#mode: eco}}]}"
    )
    scene.run(5)
    assert scene.get("/words#mode") == "eco"
    scene.run(595)
    assert scene.get(SWITCH) is True
    scene.run(600)
    assert scene.get(SWITCH) is False
    scene.run(6 * 3600 - 1201)
    assert scene.get(LEVEL) == 0
    scene.run(3601)
    assert scene.get(LEVEL) == 100
    scene.run(14 * 3600)
    assert scene.get(LEVEL) == 0
    scene.run(10 * 3600)
    assert scene.get(LEVEL) == 100


def test_a_clock_that_is_set() -> None:
    """A computer that learns the time after its start follows it within an hour."""
    wall = [datetime(1970, 1, 1, tzinfo=UTC)]
    profile = palette('- {kind: schedule, lines: [{at: "07:00", set: {/level#level: 100}}]}')
    scene = make_scene(profile)
    scene.world._wall_clock = lambda: wall[0] + timedelta(seconds=scene.now)
    scene.world.start(0.0)
    wall[0] = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
    scene.run(3600)
    assert scene.get(LEVEL) == 100
    scene.put(LEVEL, 0)
    scene.run(86400)
    assert scene.get(LEVEL) == 100


def test_what_was_due_while_resting_is_left_out() -> None:
    """Nothing is made up for."""
    scene = start(
        '- {kind: schedule, lines: [{at: "00:01", set: {/level#level: 100}}], '
        "only_while: {property: /switch#value, equals: true}}"
    )
    scene.run(3600)
    scene.write(SWITCH, True)
    scene.run(3600)
    assert scene.get(LEVEL) == 0


def test_a_button_that_springs_back() -> None:
    """It is pressed, held, and let go."""
    scene = start(
        "- {kind: input, name: bell, set: {/sensor#alarm: true}, hold: 2 s, "
        "release: {/sensor#alarm: false}}"
    )
    assert scene.world.inputs == ["bell"]
    scene.press("bell")
    assert scene.get(ALARM) is True
    scene.run(2)
    assert scene.get(ALARM) is False


def test_unknown_inputs_and_faults() -> None:
    """The names that there are, are told."""
    scene = start("- {kind: input, name: bell, toggle: [/switch#value]}")
    with pytest.raises(ValueError, match="no input 'ball'; there are: bell"):
        scene.press("ball")
    with pytest.raises(ValueError, match="no fault 'jam'; there are: none"):
        scene.fault("jam", is_on=True)


def test_actions_in_a_cycle() -> None:
    """Inputs that press each other end, and it is reported once."""
    scene = start(
        "- {kind: input, name: a, press: b, toggle: [/switch#value]}\n"
        "- {kind: input, name: b, press: a}"
    )
    scene.press("a")
    scene.press("a")
    assert scene.reports == ["behaviour: actions call each other in a cycle"]


def test_values_without_rest() -> None:
    """What changes without end is stopped and reported once, and the device goes on."""
    scene = start(
        "- {kind: couple, once: true, when: {property: /switch#value, equals: true}, "
        "set: {/switch#value: false, /inputs#second: true}}\n"
        "- {kind: couple, once: true, when: {property: /switch#value, equals: false}, "
        "set: {/switch#value: true}}\n"
    )
    scene.write(SWITCH, True)
    scene.write(SWITCH, False)
    assert len(scene.reports) <= 1
    scene.write(LEVEL, 3)
    assert scene.get(LEVEL) == 3


STATE = "/state#currentMachineState"


def test_a_robots_day() -> None:
    """It cleans, comes home, charges, and is docked again."""
    scene = make_scene(example("robot"))
    assert scene.get(STATE) == "docked"
    scene.write("/switch#value", True)
    assert scene.get(STATE) == "cleaning"
    assert scene.get("/state#remainingTime") == "PT45M"
    scene.run(30 * 60)
    assert scene.get("/state#progressPercentage") == 66
    assert scene.get("/battery#charge") == 70
    scene.run(20 * 60)
    assert scene.get(STATE) == "returning"
    assert scene.get("/switch#value") is False
    scene.run(2 * 60)
    assert scene.get(STATE) == "charging"
    scene.run(2 * 3600)
    assert scene.get(STATE) == "docked"
    assert scene.get("/battery#charge") == 100


def test_a_robot_gets_stuck() -> None:
    """A fault leads to the error state, and its end out of it."""
    scene = make_scene(example("robot"))
    scene.press("start")
    scene.run(60)
    scene.press("trap")
    assert scene.get(STATE) == "error"
    scene.run(11 * 60)
    assert scene.get(STATE) in {"returning", "charging"}


def test_a_machine_is_asked_for_a_state() -> None:
    """A client may ask for the states that can be brought about, and for no others."""
    scene = make_scene(example("robot"))
    scene.write(STATE, "cleaning")
    assert scene.get(STATE) == "cleaning"
    assert refusal(scene, STATE, "error") is Code.FORBIDDEN
    scene.write(STATE, "returning")
    assert scene.get("/switch#value") is False
    scene.put(STATE, "error")
    assert scene.get(STATE) == "returning"


def test_a_time_of_day_starts_the_robot() -> None:
    """At ten it begins."""
    scene = make_scene(example("robot"))
    scene.run(10 * 3600 + 1)
    assert scene.get(STATE) == "cleaning"


def test_a_machine_that_never_waits() -> None:
    """States that lead to each other at once do not hang the device."""
    scene = start(
        "- {kind: states, initial: a, states: {a: {next: [{to: b, after: 0}]}, "
        "b: {next: [{to: a, after: 0}], toggle: [/switch#value]}}}"
    )
    scene.run(1)
    assert scene.ticks < 100


def test_a_machine_rests() -> None:
    """While its gate is closed no time passes for it."""
    scene = start(
        "- {kind: states, property: /words#mode, initial: auto, "
        "states: {auto: {next: [{to: eco, after: 10 s}]}, eco: {}}, "
        "only_while: {property: /inputs#first, equals: true}}"
    )
    scene.run(6)
    scene.write("/inputs#first", False)
    scene.run(100)
    assert scene.get("/words#mode") == "auto"
    scene.write("/inputs#first", True)
    scene.run(3.9)
    assert scene.get("/words#mode") == "auto"
    scene.run(0.2)
    assert scene.get("/words#mode") == "eco"
