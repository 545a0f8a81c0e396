"""The built-in light, as its user meets it."""

from typing import Any

import cbor2
import pytest
from resource_support import STRANGER, World, in_state, owned, plainly

from onboardee.svrdb.model import State
from onboardee.wire.coap import Code, Method

SWITCH, DIMMING, COLOUR = "/light/switch", "/light/dimming", "/light/colour"
DEFAULTS = {
    SWITCH: {"value": False},
    DIMMING: {"dimmingSetting": 100, "range": [0, 100], "step": 1},
    COLOUR: {"rgbValue": [255, 255, 255], "range": [0, 255]},
}


def light() -> World:
    """Make a light in normal operation and a user who may do everything with it."""
    return World(owned(State.RFNOP), STRANGER)


@pytest.mark.parametrize("href", DEFAULTS)
def test_initial_values(href: str) -> None:
    """A light starts off, white and bright."""
    assert light().get(href) == DEFAULTS[href]
    baseline = light().get(href, "if=oic.if.baseline")
    assert baseline["if"] == ["oic.if.a", "oic.if.baseline"]
    assert baseline.items() >= DEFAULTS[href].items()


@pytest.mark.parametrize(
    ("href", "body", "changed"),
    [
        (SWITCH, {"value": True}, {"value": True}),
        (SWITCH, {"value": False}, {}),
        (SWITCH, {}, {}),
        (SWITCH, {"unknown": 1, "rt": [1]}, {}),
        (DIMMING, {"dimmingSetting": 0}, {"dimmingSetting": 0}),
        (DIMMING, {"dimmingSetting": 50.0}, {"dimmingSetting": 50}),
        (DIMMING, DEFAULTS[DIMMING] | {"dimmingSetting": 7}, {"dimmingSetting": 7}),
        (COLOUR, {"rgbValue": [0, 128, 255]}, {"rgbValue": [0, 128, 255]}),
    ],
)
def test_what_can_be_written(href: str, body: dict[str, Any], changed: dict[str, Any]) -> None:
    """A write answers with the values there are then, and observers hear of changes only."""
    world = light()
    expected = DEFAULTS[href] | changed
    assert world.ask(Method.POST, href, body) == (Code.CHANGED, expected)
    assert world.get(href) == expected
    world.post(href, body)
    assert not world.last.outcome.notify
    assert type(world.get(DIMMING)["dimmingSetting"]) is int


def test_who_hears_of_a_change() -> None:
    """The changed resource is the one whose observers are told."""
    world = light()
    world.post(SWITCH, {"value": True})
    assert world.last.outcome.notify == {SWITCH}


@pytest.mark.parametrize(
    ("href", "body", "code"),
    [
        (SWITCH, {"value": 1}, Code.BAD_REQUEST),
        (SWITCH, {"value": "true"}, Code.BAD_REQUEST),
        (SWITCH, {"value": None}, Code.BAD_REQUEST),
        (SWITCH, {"value": [True]}, Code.BAD_REQUEST),
        (DIMMING, {"dimmingSetting": True}, Code.BAD_REQUEST),
        (DIMMING, {"dimmingSetting": 1.5}, Code.BAD_REQUEST),
        (DIMMING, {"dimmingSetting": "5"}, Code.BAD_REQUEST),
        (DIMMING, {"dimmingSetting": {}}, Code.BAD_REQUEST),
        (DIMMING, {"dimmingSetting": b"5"}, Code.BAD_REQUEST),
        (DIMMING, {"dimmingSetting": float("nan")}, Code.BAD_REQUEST),
        (DIMMING, {"dimmingSetting": float("inf")}, Code.BAD_REQUEST),
        (DIMMING, {"dimmingSetting": -float("inf")}, Code.BAD_REQUEST),
        (DIMMING, {"dimmingSetting": 1e300}, Code.FORBIDDEN),
        (DIMMING, {"dimmingSetting": -1}, Code.FORBIDDEN),
        (DIMMING, {"dimmingSetting": 101}, Code.FORBIDDEN),
        (DIMMING, {"dimmingSetting": 2**64 - 1}, Code.FORBIDDEN),
        (DIMMING, {"dimmingSetting": -(2**64)}, Code.FORBIDDEN),
        (DIMMING, {"dimmingSetting": 5, "step": 2}, Code.BAD_REQUEST),
        (DIMMING, {"dimmingSetting": 5, "range": [0, 50]}, Code.BAD_REQUEST),
        (DIMMING, {"dimmingSetting": 5, "range": None}, Code.BAD_REQUEST),
        (DIMMING, {"dimmingSetting": 5, "range": [0, [100]]}, Code.BAD_REQUEST),
        (COLOUR, {"rgbValue": [1, 2]}, Code.BAD_REQUEST),
        (COLOUR, {"rgbValue": [1, 2, 3, 4]}, Code.BAD_REQUEST),
        (COLOUR, {"rgbValue": [1, 2, True]}, Code.BAD_REQUEST),
        (COLOUR, {"rgbValue": [1, 2, "3"]}, Code.BAD_REQUEST),
        (COLOUR, {"rgbValue": "123"}, Code.BAD_REQUEST),
        (COLOUR, {"rgbValue": b"123"}, Code.BAD_REQUEST),
        (COLOUR, {"rgbValue": {"0": 1, "1": 2, "2": 3}}, Code.BAD_REQUEST),
        (COLOUR, {"rgbValue": [1, 2, 256]}, Code.FORBIDDEN),
        (COLOUR, {"rgbValue": [1, -1, 3]}, Code.FORBIDDEN),
    ],
)
def test_what_cannot_be_written(href: str, body: dict[str, Any], code: Code) -> None:
    """A wrong type is a bad request, a value out of range is forbidden, nothing is written."""
    world = light()
    assert world.post(href, body) is code
    assert world.values()[href] == world.appliances[href].values.current
    assert world.get(href) == DEFAULTS[href]


@pytest.mark.parametrize("state", [state for state in State if state is not State.RFNOP])
def test_a_light_rests_outside_normal_operation(state: State) -> None:
    """In no other state is it read or switched."""
    for world in (World(in_state(state)), World(in_state(state), STRANGER)):
        assert world.get(SWITCH) is Code.UNAUTHORIZED
        assert world.post(SWITCH, {"value": True}) is Code.UNAUTHORIZED


def test_a_light_is_not_switched_in_the_clear() -> None:
    """An anonymous peer gets nowhere, even where an entry is about everything."""
    assert plainly(owned(State.RFNOP)).post(SWITCH, {"value": True}) is Code.UNAUTHORIZED


def test_octets_that_are_no_text_are_refused() -> None:
    """Such a value has the wrong type, and such a name makes the payload unreadable."""
    payload = cbor2.dumps({"value": "@@@"}).replace(b"\x63@@@", b"\x63\xff\xfe\xfd")
    assert light().post(SWITCH, payload) is Code.BAD_REQUEST
    payload = cbor2.dumps({"@@@": True}).replace(b"\x63@@@", b"\x63\xff\xfe\xfd")
    assert light().post(SWITCH, payload) is Code.BAD_REQUEST
