"""Temperatures in the unit that a client asks for."""

from typing import Any

import pytest
from climate_support import ROOM, SWITCH, TARGET, climate, climate_profile, may
from hypothesis import given
from hypothesis import strategies as st
from resource_support import World

from onboardee.device.resources.units import TEMPERATURE
from onboardee.wire.coap import Code, Method


def warm(**room: Any) -> World:
    """Make an air conditioner whose target temperature has other properties."""
    world = climate(may(31))
    resources = [{"href": "/t", "types": ["oic.r.temperature"], "interfaces": ["oic.if.a"], **room}]
    return World(world.database, world.requester, climate_profile(resources=resources))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ((), {"temperature": 21.0, "units": "C", "range": [10, 30], "step": 0.5}),
        (("units=C",), {"temperature": 21.0, "units": "C", "range": [10, 30], "step": 0.5}),
        (("units=F",), {"temperature": 69.8, "units": "F", "range": [50, 86], "step": 0.9}),
        (
            ("units=K",),
            {"temperature": 294.15, "units": "K", "range": [283.15, 303.15], "step": 0.5},
        ),
        (
            ("units=F", "units=K"),
            {"temperature": 69.8, "units": "F", "range": [50, 86], "step": 0.9},
        ),
        (("units=R",), Code.FORBIDDEN),
        (("units=f",), Code.FORBIDDEN),
        (("units=",), Code.FORBIDDEN),
        (("units",), Code.FORBIDDEN),
    ],
)
def test_retrieve_in_a_unit(query: tuple[str, ...], expected: Any) -> None:
    """Temperature, range and step come in the wanted unit; an unknown unit is forbidden."""
    world = climate(may(31))
    assert world.get(TARGET, *query) == expected
    assert world.get(TARGET)["units"] == "C"


def test_units_that_the_device_supports() -> None:
    """A resource that lists its units knows no other; precision is a distance."""
    world = climate(may(31))
    assert world.get(ROOM, "units=F") == {"temperature": 68.0, "units": "F", "precision": 0.9}
    assert world.get(ROOM, "units=K") is Code.FORBIDDEN
    shown = world.get(ROOM, "if=oic.if.baseline", "units=F")
    assert (shown["rt"], shown["units"]) == (["oic.r.temperature"], "F")


def test_unit_of_what_has_none_is_ignored() -> None:
    """Another resource type takes no notice of the query."""
    assert climate(may(31)).get(SWITCH, "units=F") == {"value": False}


@pytest.mark.parametrize(
    ("body", "code", "after"),
    [
        ({"temperature": 20}, Code.CHANGED, 20.0),
        ({"temperature": 20, "units": "C"}, Code.CHANGED, 20.0),
        ({"temperature": 68, "units": "F"}, Code.CHANGED, 20.0),
        ({"temperature": 70, "units": "F"}, Code.CHANGED, 21.0),
        ({"temperature": 71, "units": "F"}, Code.CHANGED, 21.5),
        ({"temperature": 300.15, "units": "K"}, Code.CHANGED, 27.0),
        ({"units": "F"}, Code.CHANGED, 21.0),
        ({"units": "R"}, Code.FORBIDDEN, 21.0),
        ({"temperature": 20, "units": "R"}, Code.FORBIDDEN, 21.0),
        ({"temperature": 20, "units": 1}, Code.BAD_REQUEST, 21.0),
        ({"temperature": 20, "units": None}, Code.BAD_REQUEST, 21.0),
        ({"temperature": 20, "units": ["F"]}, Code.BAD_REQUEST, 21.0),
        ({"temperature": 68}, Code.FORBIDDEN, 21.0),
        ({"temperature": 20, "units": "F"}, Code.FORBIDDEN, 21.0),
        ({"temperature": 20.3}, Code.FORBIDDEN, 21.0),
        ({"temperature": "68", "units": "F"}, Code.BAD_REQUEST, 21.0),
        ({"temperature": True, "units": "F"}, Code.BAD_REQUEST, 21.0),
        ({"temperature": [68], "units": "F"}, Code.BAD_REQUEST, 21.0),
        ({"temperature": float("nan"), "units": "F"}, Code.BAD_REQUEST, 21.0),
        ({"temperature": 1.7e308, "units": "F"}, Code.FORBIDDEN, 21.0),
        ({"temperature": 2**64 - 1, "units": "F"}, Code.FORBIDDEN, 21.0),
        ({"temperature": 68, "units": "F", "range": [50, 90]}, Code.BAD_REQUEST, 21.0),
        ({"temperature": 68, "units": "F", "range": [10, 30]}, Code.BAD_REQUEST, 21.0),
        ({"temperature": 68, "units": "F", "range": [50, 86], "step": 0.9}, Code.CHANGED, 20.0),
    ],
)
def test_update_in_a_unit(body: dict[str, Any], code: Code, after: float) -> None:
    """`units` is the unit of the value, and the nearest step is set; the device keeps its own."""
    world = climate(may(31))
    assert world.post(TARGET, body) is code
    found = world.get(TARGET)
    assert (found["temperature"], found["units"]) == (after, "C")
    if code is Code.CHANGED:
        answer = world.ask(Method.POST, TARGET, body)[1]
        assert answer == world.get(TARGET, f"units={body.get('units', 'C')}")


def test_device_in_fahrenheit() -> None:
    """What comes without unit is in Celsius, the published default, whatever the device shows."""
    number = {"type": "number", "initial": 70.0}
    world = warm(properties={"temperature": number, "units": {"type": "string", "initial": "F"}})
    assert world.get("/t") == {"temperature": 70.0, "units": "F"}
    assert world.get("/t", "units=C") == {"temperature": 21.111111, "units": "C"}
    assert world.post("/t", {"temperature": 20}) is Code.CHANGED
    assert world.get("/t") == {"temperature": 68.0, "units": "F"}
    assert world.post("/t", {"temperature": 72, "units": "F"}) is Code.CHANGED
    assert world.get("/t") == {"temperature": 72, "units": "F"}


def test_device_that_names_no_unit_is_in_celsius() -> None:
    """Without the property `units` the default unit is meant, and others can be asked for."""
    world = warm(properties={"temperature": {"type": "integer", "initial": 20}})
    assert world.get("/t") == {"temperature": 20}
    assert world.get("/t", "units=F") == {"temperature": 68.0, "units": "F"}
    assert world.post("/t", {"temperature": 70, "units": "F"}) is Code.CHANGED
    assert world.get("/t") == {"temperature": 21}


def test_unit_that_is_none_counts_as_the_default() -> None:
    """A profile whose device names an unknown unit still answers, as if in Celsius."""
    number = {"type": "number", "initial": 20.0}
    world = warm(properties={"temperature": number, "units": {"type": "string", "initial": "R"}})
    assert world.get("/t", "units=F") == {"temperature": 68.0, "units": "F"}
    assert world.post("/t", {"temperature": 86, "units": "F"}) is Code.CHANGED
    assert world.get("/t") == {"temperature": 30.0, "units": "R"}


@given(
    st.sampled_from(["temperature", "range", "step", "precision"]),
    st.floats(-1000, 1000),
    st.sampled_from("CFK"),
    st.sampled_from("CFK"),
)
def test_there_and_back(name: str, value: float, source: str, wanted: str) -> None:
    """A converted value comes back as it was, but for rounding."""
    there = TEMPERATURE.convert(name, value, source, wanted)
    assert TEMPERATURE.convert(name, there, wanted, source) == pytest.approx(value, abs=1e-5)


@given(st.floats(50, 86), st.sampled_from("FK"))
def test_what_was_shown_can_be_sent_back(value: float, unit: str) -> None:
    """A client that repeats a whole representation in its unit changes nothing."""
    world = climate(may(31))
    world.post(TARGET, {"temperature": value, "units": "F"})
    shown = world.get(TARGET, f"units={unit}")
    assert world.ask(Method.POST, TARGET, shown) == (Code.CHANGED, shown)
    assert not world.last.outcome.notify
