"""Numbers that change each time something happens."""

import pytest
from behaviour_scene import Scene, make_scene, palette

from onboardee.device.simulation.profile import load

SWITCH, LEVEL, FREE = "/switch#value", "/level#level", "/sensor#free"
ON = "when: {property: /switch#value, equals: true}"


def start(behaviour: str) -> Scene:
    """Start a world with this behaviour."""
    return make_scene(palette(behaviour))


def use(scene: Scene, times: int = 1) -> None:
    """Switch on and off again."""
    for _ in range(times):
        scene.write(SWITCH, True)
        scene.write(SWITCH, False)


def test_each_time_counts_once() -> None:
    """It counts as the condition begins to hold, not while it holds nor as it ends."""
    scene = start(f"- {{kind: tally, property: {LEVEL}, {ON}, by: 5}}")
    scene.write(SWITCH, True)
    scene.run(3600)
    assert scene.get(LEVEL) == 5
    scene.write(SWITCH, False)
    assert scene.get(LEVEL) == 5
    use(scene)
    assert scene.get(LEVEL) == 10


def test_what_holds_at_the_start_has_not_begun() -> None:
    """A device that starts with its switch off has not been switched off."""
    off = f"when: {{property: {SWITCH}, equals: false}}"
    scene = start(f"- {{kind: tally, property: {LEVEL}, {off}}}")
    assert scene.get(LEVEL) == 0
    use(scene)
    assert scene.get(LEVEL) == 1


def test_parts_of_a_step_add_up() -> None:
    """Ten times 0.3 are three steps of 1, and each is seen as soon as it is the nearest."""
    scene = start(f"- {{kind: tally, property: {LEVEL}, {ON}, by: 0.3}}")
    seen = []
    for _ in range(10):
        use(scene)
        seen.append(scene.get(LEVEL))
    assert seen == [0, 1, 1, 1, 2, 2, 2, 2, 3, 3]


def test_beyond_the_limit_nothing_is_counted() -> None:
    """An empty supply stays empty, and is full again at once when it is refilled."""
    scene = start(f"- {{kind: tally, property: {LEVEL}, {ON}, by: -40}}")
    scene.put(LEVEL, 100)
    seen = []
    for _ in range(5):
        use(scene)
        seen.append(scene.get(LEVEL))
    assert seen == [60, 20, 0, 0, 0]
    scene.put(LEVEL, 100)
    use(scene)
    assert scene.get(LEVEL) == 60


def test_a_property_says_how_much() -> None:
    """A larger cup takes more."""
    scene = start(f"- {{kind: tally, property: {FREE}, {ON}, by: {LEVEL}}}")
    for much in (3, 50):
        scene.write(LEVEL, much)
        use(scene)
    assert scene.get(FREE) == 53


def test_what_happens_while_it_rests_is_not_counted() -> None:
    """Neither then, nor afterwards what has begun meanwhile."""
    mode = "only_while: {property: /words#mode, equals: auto}"
    scene = start(f"- {{kind: tally, property: {LEVEL}, {ON}, {mode}}}")
    use(scene)
    scene.write(SWITCH, True)
    scene.write("/words#mode", "auto")
    assert scene.get(LEVEL) == 0
    scene.write(SWITCH, False)
    use(scene, 2)
    assert scene.get(LEVEL) == 2


def test_it_costs_no_wake_up() -> None:
    """The device sleeps until somebody does something."""
    scene = start(f"- {{kind: tally, property: {LEVEL}, {ON}}}")
    use(scene)
    scene.run(1)
    assert scene.world.next_deadline() is None


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (f"property: /words#mode, {ON}", r"behaviour\[0\].property: /words#mode is no number"),
        (f"property: {LEVEL}, {ON}, by: /words#mode", r"\[0\].by: /words#mode is no number"),
        (f"property: {LEVEL}, when: {{property: /swich#value, equals: 1}}", f"nearest: {SWITCH}"),
    ],
)
def test_what_cannot_be_counted(entry: str, sentence: str) -> None:
    """The author of a profile is told which key is wrong."""
    with pytest.raises(ValueError, match=sentence):
        palette(f"- {{kind: tally, {entry}}}")


def test_coffee_takes_beans() -> None:
    """The coffee machine of the catalogue has fewer beans after each cup, until it is refilled."""
    scene = make_scene(load("coffee-machine"))
    scene.write(SWITCH, True)
    for _ in range(3):
        scene.write("/state#currentMachineState", "active")
        scene.write("/state#currentMachineState", "idle")
    assert scene.get("/grinder#remaining") == 64
    scene.press("refill")
    assert scene.get("/grinder#remaining") == 100
