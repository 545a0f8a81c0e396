"""Measurements: values that are taken together, on command or from time to time."""

from typing import Any

import msgspec
import pytest
import yaml
from behaviour_scene import Scene, make_scene, palette

NUMBER, FREE, LEVEL = "/sensor#number", "/sensor#free", "/level#level"
MODE, DATE, SWITCH = "/words#mode", "/words#date", "/switch#value"
ALL = (NUMBER, FREE, MODE, DATE)
MEASURE = f"""
- kind: measurement
  name: measure
  takes: 10 s
  readings:
    {NUMBER}: {{mean: 20, sigma: 5}}
    {FREE}: {{mean: 1, of: {{{NUMBER}: 2}}}}
    {MODE}: {{one_of: [auto, eco]}}
  timestamp: {DATE}
"""


def start(behaviour: str = MEASURE) -> Scene:
    """Start a world with this behaviour."""
    return make_scene(palette(behaviour))


def state(scene: Scene) -> list[Any]:
    """Return what is measured."""
    return [scene.get(ref) for ref in ALL]


def press(scene: Scene) -> None:
    """Begin to measure."""
    scene.note(scene.world.press("measure", scene.now))


def test_all_values_change_at_one_moment() -> None:
    """Until the end of a measurement there is the one before, and then all of the new one."""
    scene = start()
    before = state(scene)
    scene.run(3600)
    press(scene)
    scene.run(9.9)
    assert state(scene) == before
    scene.run(0.2)
    number, free, mode, date = state(scene)
    assert number != 20
    assert free == 1 + 2 * number
    assert mode in {"auto", "eco"}
    assert date == "2026-03-01T01:00:10Z"
    told = {time for time, href, _ in scene.told if href in {"/sensor", "/words"}}
    assert len(told) == 1


def test_between_measurements_nothing_changes() -> None:
    """What was measured stays, however long nobody measures."""
    scene = start()
    press(scene)
    scene.run(11)
    measured = state(scene)
    scene.run(1e6)
    assert state(scene) == measured


def test_a_second_command_waits_for_the_first_measurement() -> None:
    """Who presses while it measures gets that measurement, and no second one."""
    scene = start()
    press(scene)
    scene.run(6)
    press(scene)
    scene.run(5)
    measured = state(scene)
    assert measured[3] == "2026-03-01T00:00:10Z"
    scene.run(60)
    assert state(scene) == measured


def test_it_measures_from_time_to_time() -> None:
    """With `every` it measures by itself, each time after that long; what comes is by chance."""
    readings = f"readings: {{{NUMBER}: {{mean: 0, sigma: 20}}}}"
    scene = start(f"- {{kind: measurement, every: 1 h, {readings}, timestamp: {DATE}}}")
    seen = []
    for _ in range(3):
        scene.run(3600)
        seen.append((scene.get(NUMBER), scene.get(DATE)))
    assert [date[11:16] for _, date in seen] == ["01:00", "02:00", "03:00"]
    assert len({number for number, _ in seen}) == 3


def test_a_property_is_measured() -> None:
    """What is measured may be what another property is at that moment."""
    scene = start(
        f"- {{kind: measurement, name: measure, readings: {{{FREE}: {{mean: {LEVEL}}}}}}}"
    )
    for level in (7, 93):
        scene.write(LEVEL, level)
        assert scene.get(FREE) != level
        press(scene)
        assert scene.get(FREE) == level


def test_a_measurement_that_is_broken_off_shows_nothing() -> None:
    """Where its condition ends meanwhile nothing comes of it, nor while it does not hold."""
    scene = start(MEASURE + f"  only_while: {{property: {SWITCH}, equals: true}}\n")
    before = state(scene)
    press(scene)
    scene.run(20)
    scene.write(SWITCH, True)
    press(scene)
    scene.run(5)
    scene.write(SWITCH, False)
    scene.run(20)
    assert state(scene) == before
    scene.write(SWITCH, True)
    scene.run(20)
    assert state(scene) == before
    press(scene)
    scene.run(11)
    assert state(scene) != before


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"readings": {FREE: {}}}, "has a name, or every"),
        ({"name": "x", "readings": {}}, "length >= 1"),
        ({"name": "x", "readings": {FREE: {"one_of": [1], "sigma": 1}}}, "one_of goes with"),
        ({"name": "x", "readings": {FREE: {"sigma": -1}}}, ">= 0"),
        ({"name": "x", "readings": {"/sensor#fre": {}}}, f"nearest: {FREE}"),
        ({"name": "x", "readings": {MODE: {"mean": 1}}}, "is no number"),
        ({"name": "x", "readings": {MODE: {"one_of": ["aut"]}}}, "is not one of"),
        ({"name": "x", "readings": {FREE: {"of": {MODE: 1}}}}, "is no number"),
        ({"name": "x", "readings": {FREE: {"mean": MODE}}}, "is no number"),
        ({"name": "x", "readings": {FREE: {}}, "timestamp": MODE}, "is no date-time"),
    ],
)
def test_mistakes_are_told(entry: dict[str, Any], sentence: str) -> None:
    """What cannot be measured is told when the profile is read."""
    with pytest.raises(msgspec.ValidationError, match=sentence):
        palette(yaml.safe_dump([{"kind": "measurement", **entry}]))
