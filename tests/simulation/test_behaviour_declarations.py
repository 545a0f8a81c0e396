"""What a profile may declare, and how it is told that something is wrong."""

from typing import Any

import msgspec
import pytest
from behaviour_scene import NAMES, example, make_scene, palette

from onboardee.device.simulation.behaviour import KINDS, AnyBehaviour
from onboardee.device.simulation.profile import Profile
from onboardee.device.simulation.world.build import check
from onboardee.device.simulation.world.terms import (
    LONGEST,
    BehaviourError,
    Condition,
    seconds,
    span,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (0, 0),
        (1.5, 1.5),
        ("250 ms", 0.25),
        ("250ms", 0.25),
        ("12 s", 12),
        ("1.5 min", 90),
        ("2 h", 7200),
        ("1 d", 86400),
    ],
)
def test_times(written: Any, meant: float) -> None:
    """A time is a number of seconds or a number with a unit."""
    assert seconds(written) == pytest.approx(meant)
    assert span(written) == (pytest.approx(meant), pytest.approx(meant))


@pytest.mark.parametrize("wrong", [-1, LONGEST + 1, "99999999 d", "5", "5 weeks", "s", "", "PT5S"])
def test_what_is_no_time(wrong: Any) -> None:
    """Negative times, endless ones and other words are refused."""
    with pytest.raises(ValueError, match="is no time"):
        seconds(wrong)


def test_a_span_has_its_shorter_time_first() -> None:
    """A range of times is [shortest, longest]."""
    assert span((1, "2 s")) == (1, 2)
    with pytest.raises(ValueError, match="the shorter time comes first"):
        span(("2 s", 1))


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"property": "/a#b"},
        {"equals": 1},
        {"property": "/a#b", "fault": "jam", "equals": 1},
        {"property": "/a#b", "equals": 1, "hysteresis": 1},
        {"property": "/a#b", "between": [2, 1]},
        {"property": "a", "equals": 1},
        {"property": "/a#b", "like": 1},
        {"all": [], "any": []},
    ],
)
def test_conditions_that_say_nothing(wrong: dict[str, Any]) -> None:
    """A condition is about one thing and compares it."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Condition)


REFUSED = [
    ("{kind: travel, property: /x#level, time: 1}", r"behaviour\[0\].property: /x#level does not"),
    ("{kind: travel, property: /level#levle, time: 1}", "nearest: /level#level"),
    ("{kind: travel, property: /level#level}", "one of time, speed and ramp"),
    ("{kind: travel, property: /level#level, time: 5 x}", "time: '5 x' is no time"),
    ("{kind: travel, property: /sensor#free, time: 5}", "no minimum and maximum"),
    ("{kind: travel, property: /words#bolt, speed: 5}", "speed: /words#bolt is no number"),
    ("{kind: travel, property: /level#level, ramp: /words#mode}", "ramp: /words#mode is no number"),
    ("{kind: drift, property: /words#mode, sigma: 1}", "/words#mode is no number"),
    ("{kind: drift, property: /sensor#number, sigma: 1, mean: /words#mode}", "mean: /words#mode"),
    ("{kind: drift, property: /sensor#number, sigma: 1, range: [2, 1]}", "range: it is"),
    ("{kind: daily, property: /sensor#number}", "either points or mean"),
    ('{kind: daily, property: /sensor#number, points: [["25:00", 1]]}', "regex"),
    ('{kind: daily, property: /sensor#number, points: [["05:00", 1], ["04:00", 1]]}', "order"),
    ("{kind: schedule, lines: [{every: 5, set: {}}]}", "does something"),
    ("{kind: schedule, lines: [{set: {/switch#value: true}}]}", "one of at, every and after"),
    (
        "{kind: schedule, lines: [{every: 5, set: {/switch#value: 1}}]}",
        "lines.0..set: /switch#value",
    ),
    ("{kind: schedule, lines: [{every: 5, toggle: [/words#mode]}]}", "not just two values"),
    ("{kind: schedule, lines: [{every: 5, press: bell}]}", "press: bell does not exist"),
    ("{kind: schedule, lines: [{every: 5, fault: jam}]}", "fault: jam does not exist"),
    ("{kind: counter, property: /words#mode, rate: 1}", "no number and no duration"),
    ("{kind: counter, property: /level#level}", "one of source and rate"),
    ("{kind: counter, property: /level#level, rate: 1, per: 0}", "per: a rate needs"),
    ("{kind: battery, property: /level#level, costs: {/level#level: 1}}", "does not cost itself"),
    ("{kind: battery, property: /level#level, low: /words#mode}", "is not true or false"),
    ("{kind: couple, when: {property: /switch#value, equals: true}}", "set, otherwise or both"),
    (
        "{kind: couple, when: {property: /switch#value, equals: 1}, set: {/level#level: 1}}",
        r"behaviour\[0\].when.equals: /switch#value is not of type boolean",
    ),
    (
        "{kind: couple, when: {property: /words#mode, above: 1}, set: {/level#level: 1}}",
        "when.property: /words#mode is no number",
    ),
    (
        "{kind: couple, when: {property: /words#mode, one_of: [x]}, set: {/level#level: 1}}",
        "when.one_of: /words#mode is not one of",
    ),
    (
        "{kind: couple, when: {property: /words#mode, contains: x}, set: {/level#level: 1}}",
        "when.contains: /words#mode is no array",
    ),
    (
        "{kind: couple, when: {property: /words#list, equals: [a, b]}, set: {/level#level: 1}}",
        "arrays are asked by contains",
    ),
    (
        "{kind: couple, when: {property: /switch#value, equals: true}, set: {/level#level: 101}}",
        "set: /level#level is ",
    ),
    ("{kind: couple, when: {fault: jam}, set: {/level#level: 1}}", "fault jam does not exist"),
    ("{kind: follow, source: /words#mode, target: /words#bolt}", "has values that"),
    ("{kind: follow, source: /words#note, target: /words#bolt}", "may have values that"),
    ("{kind: follow, source: /switch#value, target: /words#bolt}", "of another type"),
    ("{kind: follow, source: /words#mode, target: /words#bolt, table: {auto: x}}", "table: /words"),
    ("{kind: follow, source: /words#mode, target: /level#level, curve: [[0, 1]]}", "is no number"),
    (
        "{kind: follow, source: /level#level, target: /sensor#free, curve: [[2, 1], [1, 1]]}",
        "rising",
    ),
    ("{kind: exclusive, members: [/inputs#first]}", "two members or more"),
    ("{kind: exclusive, members: [/inputs#first, /level#level]}", "is not true or false"),
    ("{kind: exclusive, list: /words#list, part: status}", "elements of /words#list have no"),
    (
        (
            "{kind: guard, property: /words#bolt, to: [Open], reason: x, when: "
            "{property: /switch#value, equals: true}}"
        ),
        "to: /words#bolt is not one of",
    ),
    (
        (
            "{kind: guard, property: /words#bolt, code: 2.04, reason: x, when: "
            "{property: /switch#value, equals: true}}"
        ),
        "a refusal has the code",
    ),
    ("{kind: states, initial: a, states: {b: {}}}", "initial: there is no state a"),
    ("{kind: states, initial: a, states: {a: {next: [{to: b, after: 1}]}}}", "there is no state b"),
    ("{kind: states, initial: a, states: {a: {next: [{to: a}]}}}", "after, when or press"),
    ("{kind: states, property: /words#mode, initial: a, states: {a: {}}}", "shown: /words#mode"),
    ("{kind: pulse, property: /level#level, per_hour: 1}", "active: /level#level is not of type"),
    ("{kind: thermal, property: /sensor#number, ambient: 1, tau: 0}", "tau is at least"),
    ("{kind: thermal, property: /sensor#number, ambient: 1, tau: 9, heating: 1}", "need a target"),
    (
        "{kind: thermal, property: /sensor#number, ambient: 1, tau: 9, shows: /words#mode}",
        "shows: /words#mode is not one of",
    ),
    ("{kind: fault, name: jam, properties: [/level#nothing]}", "properties: /level#nothing"),
    ("{kind: fault, name: jam, lasts: [2, 1]}", "lasts: 2.0 to 1.0"),
    ("{kind: fault, name: jam, code: 1}", "a refusal has the code"),
    ("{kind: input, name: bell, release: {/switch#value: 3}}", "release: /switch#value"),
    ("{kind: notify, interval: 1, resources: [/nowhere]}", r"behaviour\[0\].resources: /nowhere"),
    ("{kind: juggle}", "Invalid value 'juggle'"),
    ("{kind: travel, property: /level#level, time: 1, colour: red}", "unknown field"),
]


@pytest.mark.parametrize(("entry", "sentence"), REFUSED)
def test_mistakes_are_found_on_loading(entry: str, sentence: str) -> None:
    """Whoever writes a profile learns where it is wrong, and what may have been meant."""
    with pytest.raises(msgspec.ValidationError, match=sentence):
        palette(f"- {entry}")


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        (["{kind: fault, name: jam}"] * 2, "two entries are the fault jam"),
        (["{kind: input, name: bell}"] * 2, "two entries are the input bell"),
        (
            ["{kind: travel, property: /level#level, time: 1}"] * 2,
            r"behaviour\[1\].*travels already",
        ),
        (
            [
                "{kind: follow, source: /switch#value, target: /inputs#first}",
                "{kind: follow, source: /inputs#first, target: /sensor#alarm}",
                (
                    "{kind: couple, when: [{any: [{property: /sensor#alarm, equals: true}]}], "
                    "set: {/switch#value: false}}"
                ),
            ],
            "a cycle, .*/switch#value → /inputs#first → /sensor#alarm → /switch#value",
        ),
        (
            [
                "{kind: couple, when: {property: /level#level, above: 50}, set: {/level#level: 0}}",
            ],
            "a cycle, /level#level → /level#level",
        ),
    ],
)
def test_entries_that_do_not_go_together(entries: list[str], sentence: str) -> None:
    """Names are unique, one property travels once, and nothing is kept by itself."""
    with pytest.raises(msgspec.ValidationError, match=sentence):
        palette("\n".join(f"- {entry}" for entry in entries))


def test_a_mistake_knows_its_place() -> None:
    """Loaders find the line by keys and indices."""
    entry = {"kind": "drift", "property": "/words#mode", "sigma": 1}
    entries = msgspec.convert([entry], tuple[AnyBehaviour, ...])
    with pytest.raises(BehaviourError) as caught:
        check(entries, palette("").specs)
    assert caught.value.path == ("behaviour", 0, "property")
    assert BehaviourError("behaviour[3].states.a.next[1].when: x").path == (
        *("behaviour", 3, "states", "a", "next", 1, "when"),
    )


def test_a_cycle_may_be_broken() -> None:
    """What happens once comes to rest, and so it may lead back."""
    scene = make_scene(
        palette(
            """
- {kind: couple, when: {property: /level#level, equals: 0}, set: {/switch#value: false}}
- {kind: couple, when: {property: /switch#value, equals: false}, once: true, set: {/level#level: 0}}
"""
        )
    )
    scene.put("/level#level", 9)
    scene.write("/switch#value", True)
    assert scene.get("/level#level") == 9
    scene.write("/switch#value", False)
    assert scene.get("/level#level") == 0


def test_the_schema_of_profiles_knows_behaviour() -> None:
    """Editors that read the JSON Schema complete the kinds."""
    definitions = msgspec.json.schema(Profile)["$defs"]
    tags = {name: each.get("properties", {}).get("kind", {}) for name, each in definitions.items()}
    kinds = {name for name, tag in tags.items() if "enum" in tag}  # a fault has a kind, and no tag
    assert kinds == {kind.__name__ for kind in KINDS}
    assert msgspec.json.schema(tuple[AnyBehaviour, ...])["items"]["discriminator"]


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_are_without_mistake(name: str) -> None:
    """They load, start, and nothing goes wrong in an hour."""
    scene = make_scene(example(name))
    scene.run(3600)
    assert not scene.reports
