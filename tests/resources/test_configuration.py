"""`/oic/con`: naming the device."""

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from resource_support import STRANGER, World, in_state, owned, plainly

from onboardee.device.events import DeviceConfigured
from onboardee.device.machine.changes import describe_changes
from onboardee.device.security.factory import reset_database
from onboardee.device.simulation.profile import CoreResources, load
from onboardee.svrdb.codec import CODECS, Codec
from onboardee.svrdb.model import Con, State
from onboardee.wire.coap import Code, Method
from onboardee.wire.entropy import SeededEntropy

CON = "/oic/con"
EVERYTHING = {
    "n": "Lamp of mine",
    "locn": "Kitchen",
    "loc": [52.5, 13.4],
    "c": "EUR",
    "r": "DE",
    "ln": [{"language": "de", "value": "Meine Lampe"}],
    "dl": "en",
}


def light() -> World:
    """Make a light in normal operation."""
    return World(owned(State.RFNOP), STRANGER)


def test_fresh_device_has_the_name_of_its_profile() -> None:
    """Nothing else is configured."""
    assert light().get(CON) == {"n": "Light"}
    assert light().get(CON, "if=oic.if.baseline") == {
        "rt": ["oic.wk.con"],
        "if": ["oic.if.rw", "oic.if.baseline"],
        "n": "Light",
    }


def test_name_is_that_of_the_device() -> None:
    """A new name is answered, durable, seen in /oic/d, and observers of both hear of it."""
    world = light()
    assert world.ask(Method.POST, CON, {"n": "Lamp"}) == (Code.CHANGED, {"n": "Lamp"})
    assert world.last.outcome.database is world.database
    assert world.last.outcome.notify == {CON, "/oic/d"}
    assert world.get(CON) == {"n": "Lamp"}
    assert plainly(world.database).get("/oic/d")["n"] == "Lamp"


def test_everything_can_be_configured() -> None:
    """All properties of the type are kept, and change one by one."""
    world = light()
    assert world.ask(Method.POST, CON, EVERYTHING) == (Code.CHANGED, EVERYTHING)
    assert world.post(CON, {"locn": "Hall"}) is Code.CHANGED
    assert world.get(CON) == {**EVERYTHING, "locn": "Hall"}
    assert world.post(CON, world.get(CON, "if=oic.if.baseline")) is Code.CHANGED
    assert world.last.outcome.database is None
    assert not world.last.outcome.notify


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rt": ["oic.wk.con"]},
        {"n": ""},
        {"n": 1},
        {"n": None},
        {"n": ["Lamp"]},
        {"n": "x" * 65},
        {"n": b"Lamp"},
        {"locn": ""},
        {"loc": [1]},
        {"loc": [1, 2, 3]},
        {"loc": "52.5,13.4"},
        {"loc": [90.1, 0]},
        {"loc": [0, -180.5]},
        {"loc": [float("nan"), 0]},
        {"loc": [0, float("inf")]},
        {"loc": [True, False]},
        {"ln": [{"language": "de"}]},
        {"ln": "Lampe"},
        {"ln": [{"language": "de", "value": "x"}] * 17},
        {"dl": 7},
        {"unknown": "x"},
        {"n": "Lamp", "unknown": "x"},
        {"n": "Lamp", "locn": None},
        {"name": "Lamp"},
    ],
    ids=repr,
)
def test_what_cannot_be_configured(body: dict[str, Any]) -> None:
    """A wrong type, an empty or endless text, an unknown property: nothing is changed."""
    world = light()
    before = world.database
    assert world.post(CON, body) is Code.BAD_REQUEST
    assert world.database is before


@pytest.mark.parametrize("state", [state for state in State if state is not State.RFNOP])
def test_configuration_rests_outside_normal_operation(state: State) -> None:
    """In no other state is it read or written, not even over the ownership connection."""
    world = World(in_state(state))
    assert world.get(CON) is Code.UNAUTHORIZED
    assert world.post(CON, {"n": "Lamp"}) is Code.UNAUTHORIZED


def test_configuration_is_secured() -> None:
    """An unsecured peer does not get at it."""
    assert plainly(owned(State.RFNOP)).post(CON, {"n": "Lamp"}) is Code.UNAUTHORIZED


def test_reset_gives_up_the_configuration() -> None:
    """After a factory reset the device is called as in its profile."""
    database = replace(owned(State.RFNOP), con=Con(name="Lamp"))
    assert plainly(database).get("/oic/d")["n"] == "Lamp"
    after = reset_database(database, SeededEntropy(1))
    assert plainly(after).get("/oic/d")["n"] == "Light"


def test_log_tells_of_a_new_name() -> None:
    """The change is an event with what is configured now."""
    before = owned(State.RFNOP)
    (event,) = describe_changes(before, replace(before, con=Con(name="Lamp")))
    assert event == DeviceConfigured(values={"n": "Lamp"})


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.file_name)
def test_configuration_is_kept_over_a_restart(codec: Codec) -> None:
    """What was written can be read from the file."""
    world = light()
    world.post(CON, EVERYTHING)
    assert codec.decode(codec.encode(world.database)) == world.database


def test_profile_may_leave_it_out() -> None:
    """A device without the resource answers 4.04 and does not list it."""
    profile = replace(load("light"), core=CoreResources(configuration=False))
    world = World(owned(State.RFNOP), STRANGER, profile)
    assert world.get(CON) is Code.NOT_FOUND
    world.database = in_state(State.RFOTM)
    assert CON not in {link["href"] for link in world.get("/oic/res")}


VALUES = st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.binary()


@given(
    st.dictionaries(
        st.sampled_from([*EVERYTHING, "x"]),
        VALUES
        | st.lists(VALUES, max_size=3)
        | st.lists(st.dictionaries(st.sampled_from(["language", "value"]), VALUES), max_size=2),
    )
)
def test_what_is_accepted_can_be_stored(body: dict[str, Any]) -> None:
    """Whatever is configured, the database that results survives its file."""
    world = light()
    try:
        payload = cbor2.dumps(body)
    except UnicodeEncodeError:
        return
    if world.post(CON, payload) is Code.CHANGED:
        for codec in CODECS:
            assert codec.decode(codec.encode(world.database)) == world.database
