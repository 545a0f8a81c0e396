"""UPDATEs of resources that behave: what the answer says, and who hears of it."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from resource_support import STRANGER, World, owned

from onboardee.device.simulation.behaviour import AnyBehaviour
from onboardee.device.simulation.profile import load
from onboardee.device.simulation.world import world
from onboardee.device.simulation.world.chance import Chance
from onboardee.svrdb.model import State
from onboardee.wire.coap import Code, Method
from onboardee.wire.entropy import SeededEntropy

SWITCH, DIMMING = "/light/switch", "/light/dimming"
ENTRIES: list[dict[str, Any]] = [
    {"kind": "travel", "property": f"{DIMMING}#dimmingSetting", "time": "10 s"},
    {
        "kind": "guard",
        "property": f"{DIMMING}#dimmingSetting",
        "when": {"property": f"{SWITCH}#value", "equals": False},
        "code": 5.03,
        "reason": "the light is off",
    },
    {
        "kind": "couple",
        "when": {"property": f"{SWITCH}#value", "equals": True},
        "set": {"/light/colour#rgbValue": [255, 0, 0]},
    },
]


@pytest.fixture
def light() -> World:
    """Make a light that dims slowly, and only while it is on."""
    behaviour = msgspec.convert(ENTRIES, tuple[AnyBehaviour, ...])
    profile = replace(load("light"), behaviour=behaviour)
    made = World(owned(State.RFNOP), STRANGER, profile=profile)
    running = world.World(
        profile.behaviour,
        profile.specs,
        {href: each.values for href, each in made.appliances.items()},
        chance=Chance(SeededEntropy(0)),
        wall_clock=lambda: made.now,
        report=pytest.fail,
    )
    running.start(0.0)
    for appliance in made.appliances.values():
        appliance._world = running
    return made


def test_the_answer_shows_the_present_value(light: World) -> None:
    """A dimmer that was told to go somewhere is still where it was."""
    light.post(SWITCH, {"value": True})
    body = {"dimmingSetting": 0}
    code, answer = light.ask(Method.POST, DIMMING, body)
    assert code is Code.CHANGED
    assert answer["dimmingSetting"] == 100
    assert not light.last.outcome.notify


def test_what_depends_on_it_is_told_with_it(light: World) -> None:
    """Observers of a coupled resource hear of the UPDATE, too."""
    light.post(SWITCH, {"value": True})
    assert light.last.outcome.notify == {SWITCH, "/light/colour"}
    assert light.get("/light/colour")["rgbValue"] == [255, 0, 0]


def test_a_guard_refuses_with_its_code(light: World) -> None:
    """And nothing has changed; a wrong value is still the peer's mistake."""
    assert light.post(DIMMING, {"dimmingSetting": 5}) is Code.SERVICE_UNAVAILABLE
    assert str(light.last) == f"{DIMMING}: the light is off"
    assert light.post(DIMMING, {"dimmingSetting": "5"}) is Code.BAD_REQUEST
    assert light.post(DIMMING, {"dimmingSetting": 500}) is Code.FORBIDDEN
    assert light.post(DIMMING, {"dimmingSetting": 100}) is Code.CHANGED
