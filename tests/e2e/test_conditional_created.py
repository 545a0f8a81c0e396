"""Resources with conditions (oic.r.value.conditional) that clients create in a collection."""

from pathlib import Path
from typing import Any

import pytest
from conditional_scene import Stand
from device_scene import OWNER, make_scene
from growing_scene import Panel

from onboardee.device.simulation.profile import Profile, ProfileError, load
from onboardee.obt import NoAnswerError, Rule, Subject, Target, run
from onboardee.wire.coap import Code

SENSORS, CREATED, CREATE = "/sensors", "/sensors/1", "if=oic.if.create"
TEMPERATURE, CONDITIONAL = "oic.r.temperature", "oic.r.value.conditional"
HUB = f"""
device: {{name: Hub, types: [oic.d.sensor]}}
platform: {{manufacturer: onboardee}}
resources:
  - href: {SENSORS}
    types: [oic.wk.col]
    interfaces: [oic.if.ll, oic.if.create, oic.if.b, oic.if.baseline]
    creates:
      resources:
        - types: [{TEMPERATURE}, {CONDITIONAL}]
          interfaces: [oic.if.baseline, oic.if.s, oic.if.rw]
          properties:
            temperature: {{type: number, minimum: -50, maximum: 99, read_only: true, initial: 20}}
            threshold: {{type: number, minimum: 0, initial: 0}}
            minnotifyperiod: {{type: integer, minimum: 0, maximum: 86400000, initial: 0}}
"""


def wish(*types: str, **values: float) -> dict[str, Any]:
    """Return what a client sends to create a sensor."""
    interfaces = ["oic.if.baseline", "oic.if.s", "oic.if.rw"]
    return {"rt": list(types), "if": interfaces, "p": {"bm": 3}, "rep": values}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """Load a hub in which clients create sensors."""
    path: Path = tmp_path_factory.mktemp("profiles") / "hub.yaml"
    path.write_text(HUB)
    return load(str(path))


@pytest.fixture
def stand(hub: Profile) -> Stand:
    """Take ownership of a hub."""
    scene = make_scene(hub)
    stand = Stand(scene, scene.own(), CREATED)
    everything = (Target(wildcard="*"),)
    mine = Rule(subject=Subject(uuid=str(OWNER)), targets=everything, permission=31)
    run(stand.owner.add_rules([mine]))
    return stand


def create(stand: Stand, *types: str, **values: float) -> None:
    """Create a sensor, the first one."""
    run(stand.owner.update(SENSORS, wish(*types, **values), query=(CREATE,)))


def test_observers_are_told_by_the_conditions_it_was_created_with(stand: Stand) -> None:
    """Changes below the threshold are not told; those above wait for the least period."""
    create(stand, TEMPERATURE, CONDITIONAL, temperature=20, threshold=2, minnotifyperiod=5000)
    stand.observe()
    stand.become(21.5, 20)
    assert stand.temperatures == []
    stand.become(23, 0.5)
    assert stand.temperatures == [23]
    stand.become(26, 2)
    assert stand.temperatures == [23]
    stand.collect(4)
    assert stand.temperatures == [23, 26]


def test_without_the_type_each_change_is_told(stand: Stand) -> None:
    """Who asks for the first type alone gets a sensor that has no conditions."""
    create(stand, TEMPERATURE, temperature=20, threshold=2)
    assert run(stand.owner.read(CREATED, query=("if=oic.if.baseline",))) == {
        "rt": [TEMPERATURE],
        "if": ["oic.if.baseline", "oic.if.s", "oic.if.rw"],
        "temperature": 20,
    }
    stand.observe()
    stand.become(20.5, 0.5)
    assert stand.temperatures == [20.5]


def test_what_comes_after_one_that_is_gone_has_its_own_conditions(stand: Stand) -> None:
    """At the same path: the observer of the first hears 4.04, that of the other each change."""
    create(stand, TEMPERATURE, CONDITIONAL, temperature=20, threshold=9)
    stand.observe()
    link = run(stand.owner.connect())
    run(stand.owner.dialogue().delete("delete", link, CREATED))
    end = stand.scene.network.now + 1
    told = run(stand.scene.transport.receive(stand.mailbox, deadline=end))
    assert told.code is Code.NOT_FOUND
    with pytest.raises(NoAnswerError):
        run(stand.scene.transport.receive(stand.mailbox, deadline=end))
    create(stand, TEMPERATURE, temperature=20)
    stand.observe()
    stand.become(21, 0.5)
    assert stand.temperatures == [21]


def test_conditions_are_there_after_a_restart(hub: Profile) -> None:
    """As all values that a resource was created with."""
    panel = Panel(profile=hub)
    wanted = wish(TEMPERATURE, CONDITIONAL, temperature=18, threshold=3)
    assert panel.create(wanted, collection=SENSORS)["rt"] == [TEMPERATURE, CONDITIONAL]
    shown = panel.again().get(CREATED)
    assert (shown["temperature"], shown["threshold"], shown["minnotifyperiod"]) == (18, 3, 0)


def test_what_is_created_is_within_limits(hub: Profile) -> None:
    """A condition below 0 is refused, and so is the type alone or before the other."""
    panel = Panel(profile=hub)
    both = wish(TEMPERATURE, CONDITIONAL, temperature=18, threshold=-1)
    assert panel.create(both, collection=SENSORS) is Code.FORBIDDEN
    for types in ([CONDITIONAL], [CONDITIONAL, TEMPERATURE]):
        assert panel.create(wish(*types), collection=SENSORS) is Code.BAD_REQUEST
    assert panel.paths(SENSORS) == []


def test_a_mistake_in_the_profile_is_told_with_its_line(tmp_path: Path) -> None:
    """A type that is made of the catalogue, whose temperature has no conditions."""
    path = tmp_path / "hub.yaml"
    path.write_text(HUB.partition("          interfaces")[0])
    with pytest.raises(ProfileError, match=r"line 10: .*has none of"):
        load(str(path))
