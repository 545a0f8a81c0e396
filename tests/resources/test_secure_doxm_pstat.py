"""`/oic/sec/doxm` and `/oic/sec/pstat`: ownership and the onboarding state."""

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from resource_support import (
    BY_OWNER,
    DEVICE,
    FRIEND,
    NOBODY,
    OWNER,
    SILENCE,
    STRANGER,
    World,
    in_state,
    owned,
    plainly,
    unowned,
)

from onboardee.device.resources.base import Outcome
from onboardee.svrdb.model import Database, State
from onboardee.wire.coap import Code

DOXM, PSTAT, BASELINE = "/oic/sec/doxm", "/oic/sec/pstat", "if=oic.if.baseline"
FRESH = {
    "oxms": [0, 1],
    "oxmsel": 0,
    "sct": 1,
    "owned": False,
    "deviceuuid": str(DEVICE),
    "devowneruuid": NOBODY,
    "rowneruuid": NOBODY,
}
READY = {
    "dos": {"s": 1, "p": False},
    "isop": False,
    "cm": 2,
    "tm": 0,
    "om": 3,
    "sm": 4,
    "rowneruuid": NOBODY,
}


def test_doxm_as_it_is_read() -> None:
    """All seven properties, and with the baseline interface the common ones."""
    world = plainly(unowned())
    assert world.get(DOXM) == FRESH
    common = {"rt": ["oic.r.doxm"], "if": ["oic.if.rw", "oic.if.baseline"]}
    assert world.get(DOXM, BASELINE) == FRESH | common


@pytest.mark.parametrize(
    ("is_owned", "query", "answer"),
    [
        (False, "owned=FALSE", True),
        (False, "Owned=FALSE", True),
        (False, "OWNED=False", True),
        (False, "owned=true", Code.BAD_REQUEST),
        (False, "owned=", Code.BAD_REQUEST),
        (False, "owned", Code.BAD_REQUEST),
        (False, "owned=0", Code.BAD_REQUEST),
        (True, "Owned=TRUE", True),
        (True, "owned=false", Code.BAD_REQUEST),
        (False, f"deviceuuid={DEVICE}", True),
        (False, f"DeviceUUID={str(DEVICE).upper()}", True),
        (False, f"deviceuuid={OWNER}", SILENCE),
        (False, "deviceuuid=", SILENCE),
        (False, "x=y", True),
    ],
)
def test_doxm_filters(is_owned: bool, query: str, answer: object) -> None:
    """Who asks for the other kind of device is refused, for another device hears nothing."""
    world = World(owned() if is_owned else unowned())
    found = world.get(DOXM, query)
    assert (found == world.get(DOXM)) if answer is True else (found == answer)


def test_doxm_filters_are_combined() -> None:
    """Every filter has to fit."""
    world = plainly(unowned())
    assert world.get(DOXM, "owned=false", f"deviceuuid={DEVICE}") == FRESH
    assert world.get(DOXM, "owned=true", f"deviceuuid={DEVICE}") is Code.BAD_REQUEST
    assert world.get(DOXM, "owned=false", "owned=true") is Code.BAD_REQUEST


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"oxmsel": 1}, Code.CHANGED),
        ({"oxmsel": 0}, Code.CHANGED),
        ({"oxmsel": 2}, Code.BAD_REQUEST),
        ({"oxmsel": 4}, Code.BAD_REQUEST),
        ({"oxmsel": -1}, Code.BAD_REQUEST),
        ({"oxmsel": 2**63}, Code.BAD_REQUEST),
        ({"oxmsel": True}, Code.BAD_REQUEST),
        ({"oxmsel": 1.0}, Code.BAD_REQUEST),
        ({"oxmsel": "1"}, Code.BAD_REQUEST),
        ({"oxmsel": None}, Code.BAD_REQUEST),
        ({"oxmsel": [1]}, Code.BAD_REQUEST),
        # none of these is for an anonymous peer
        ({"owned": True}, Code.BAD_REQUEST),
        ({"deviceuuid": str(FRIEND)}, Code.BAD_REQUEST),
        ({"devowneruuid": str(FRIEND)}, Code.BAD_REQUEST),
        ({"rowneruuid": str(FRIEND)}, Code.BAD_REQUEST),
        ({"oxmsel": 1, "rowneruuid": str(FRIEND)}, Code.BAD_REQUEST),
        ({"oxms": [1]}, Code.BAD_REQUEST),
        ({"sct": 9}, Code.BAD_REQUEST),
        ({"unknown": 1}, Code.BAD_REQUEST),
        ({}, Code.CHANGED),
        ({"rt": ["oic.r.doxm"], "if": 7, "n": "x", "id": b"", "oxmsel": 1}, Code.CHANGED),
    ],
)
def test_what_an_anonymous_peer_writes_into_doxm(body: dict[str, Any], code: Code) -> None:
    """It selects a method that is offered, and nothing else."""
    world = plainly(unowned())
    assert world.post(DOXM, body) is code
    wanted = body.get("oxmsel", 0) if code is Code.CHANGED else 0
    expected = replace(unowned().doxm, selected_method=wanted)
    assert world.database == replace(unowned(), doxm=expected)


def test_selecting_a_method_makes_handshakes_start_over() -> None:
    """A handshake under the old terms ends; whoever selects what is selected changes nothing."""
    world = plainly(unowned())
    world.post(DOXM, {"oxmsel": 1})
    assert world.last.outcome.abandon_handshakes
    for repeated in ({"oxmsel": 1}, {"owned": False}):
        assert world.post(DOXM, repeated) is Code.CHANGED
        assert world.last.outcome == Outcome()
    with_more = World(unowned())
    assert with_more.post(DOXM, {"oxmsel": 0, "devowneruuid": str(OWNER)}) is Code.CHANGED
    assert not with_more.last.outcome.abandon_handshakes


@pytest.mark.parametrize("has_session", [True, False])
def test_a_method_is_selected_before_the_ownership_connection(has_session: bool) -> None:
    """While a session is open nobody selects: not its peer, not another one."""
    assert World(unowned()).post(DOXM, {"oxmsel": 1}) is Code.BAD_REQUEST
    world = plainly(unowned(), has_session=has_session)
    expected = Code.UNAUTHORIZED if has_session else Code.CHANGED
    assert world.post(DOXM, {"oxmsel": 1}) is expected


@pytest.mark.parametrize(
    "body",
    [
        {"devowneruuid": str(OWNER)},
        {"deviceuuid": str(FRIEND)},
        {"deviceuuid": str(DEVICE)},
        {"deviceuuid": str(FRIEND).upper()},
        {"devowneruuid": f"{OWNER}\0"},
        {"rowneruuid": str(OWNER)},
        {"owned": True, "rowneruuid": str(OWNER)},
        FRESH | {"owned": True},
    ],
)
def test_what_the_ownership_connection_writes_into_doxm(body: dict[str, Any]) -> None:
    """Properties come alone or together, read-only ones with the value that they have."""
    world = World(unowned())
    assert world.post(DOXM, body) is Code.CHANGED
    found = world.get(DOXM)
    for name, value in body.items():
        assert found[name] == (value.rstrip("\0").lower() if isinstance(value, str) else value)


@pytest.mark.parametrize("name", ["deviceuuid", "devowneruuid", "rowneruuid"])
@pytest.mark.parametrize(
    "value",
    [
        None,
        1,
        b"",
        OWNER.bytes,
        OWNER.hex,
        str(OWNER)[:-1],
        f"{{{OWNER}}}",
        f"urn:uuid:{OWNER}",
        f" {OWNER}",
        "\0",
        "*",
        [str(OWNER)],
        "\uff11" * 36,
        str(OWNER).replace("1", "_", 1),
    ],
)
def test_what_is_no_uuid(name: str, value: object) -> None:
    """A UUID is text of 36 characters."""
    body = {"owned": True, name: value}
    assert World(unowned()).post(DOXM, body) is Code.BAD_REQUEST


def test_the_device_keeps_a_uuid() -> None:
    """The nil UUID names no device; owners may be nobody."""
    world = World(unowned())
    assert world.post(DOXM, {"deviceuuid": NOBODY}) is Code.BAD_REQUEST
    assert world.post(DOXM, {"devowneruuid": NOBODY}) is Code.CHANGED


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(
    ("name", "value", "states"),
    [
        ("owned", None, "RFOTM"),
        ("deviceuuid", str(FRIEND), "RFOTM"),
        ("devowneruuid", str(FRIEND), "RFOTM"),
        ("rowneruuid", str(FRIEND), "RFOTM SRESET"),
        ("oxmsel", 1, ""),
        ("oxms", [0], ""),
        ("sct", 8, ""),
    ],
)
def test_when_doxm_is_written(state: State, name: str, value: Any, states: str) -> None:
    """Over the ownership connection, each property has its states."""
    world = World(in_state(state))
    wanted = not world.database.doxm.owned if name == "owned" else value
    expected = Code.CHANGED if state.name in states.split() else Code.BAD_REQUEST
    assert world.post(DOXM, {name: wanted}) is expected


def test_the_owner_repairs_doxm() -> None:
    """In SRESET the owner may hand doxm to somebody else, in RFPRO not."""
    body = {"rowneruuid": str(FRIEND)}
    assert World(owned(State.SRESET), BY_OWNER).post(DOXM, body) is Code.CHANGED
    assert World(owned(State.RFPRO), BY_OWNER).post(DOXM, body) is Code.BAD_REQUEST


def test_pstat_as_it_is_read() -> None:
    """Modes, state and owner, and with the baseline interface the common properties."""
    world = plainly(unowned())
    assert world.get(PSTAT) == READY
    assert world.get(PSTAT, BASELINE)["rt"] == ["oic.r.pstat"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"tm": 2}, Code.CHANGED),
        ({"tm": 255, "om": 7}, Code.CHANGED),
        ({"om": 4, "rowneruuid": str(OWNER)}, Code.CHANGED),
        ({"rt": ["x"], "if": ["y"], "om": 4}, Code.CHANGED),
        ({"dos": {"s": 1}}, Code.CHANGED),
        ({"dos": {"s": 1, "p": True}}, Code.CHANGED),
        ({"dos": {"s": 1, "p": "whatever"}}, Code.CHANGED),
        (READY, Code.CHANGED),
        ({"isop": False, "cm": 2, "sm": 4, "om": 1}, Code.CHANGED),
        ({"tm": 256}, Code.BAD_REQUEST),
        ({"tm": -1}, Code.BAD_REQUEST),
        ({"tm": 2**64 - 1}, Code.BAD_REQUEST),
        ({"om": 0}, Code.BAD_REQUEST),
        ({"om": 8}, Code.BAD_REQUEST),
        ({"om": True}, Code.BAD_REQUEST),
        ({"om": 4.0}, Code.BAD_REQUEST),
        ({"tm": "2"}, Code.BAD_REQUEST),
        ({"tm": None}, Code.BAD_REQUEST),
        ({"isop": True}, Code.BAD_REQUEST),
        ({"cm": 0}, Code.BAD_REQUEST),
        ({"cm": 2.0}, Code.BAD_REQUEST),
        ({"sm": 1}, Code.BAD_REQUEST),
        ({"isop": 0}, Code.BAD_REQUEST),
        ({"rowneruuid": 1}, Code.BAD_REQUEST),
        ({"unknown": 1}, Code.BAD_REQUEST),
        ({"dos": None}, Code.BAD_REQUEST),
        ({"dos": 1}, Code.BAD_REQUEST),
        ({"dos": {}}, Code.BAD_REQUEST),
        ({"dos": {"p": False}}, Code.BAD_REQUEST),
        ({"dos": {"s": 1, "x": 1}}, Code.BAD_REQUEST),
        ({"dos": {"s": 5}}, Code.BAD_REQUEST),
        ({"dos": {"s": True}}, Code.BAD_REQUEST),
        ({"dos": {"s": 1.0}}, Code.BAD_REQUEST),
        ({"dos": {"s": "1"}}, Code.BAD_REQUEST),
        ({"dos": {"s": None}}, Code.BAD_REQUEST),
        ({"dos": {"s": [1]}}, Code.BAD_REQUEST),
        # a wish that fails takes the rest of the update with it
        ({"om": 4, "dos": {"s": 2}}, Code.BAD_REQUEST),
        ({"om": 4, "dos": {"s": 3}}, Code.BAD_REQUEST),
    ],
)
def test_what_is_written_into_pstat(body: dict[str, Any], code: Code) -> None:
    """All of an update is carried out, or nothing."""
    world = World(unowned())
    assert world.post(PSTAT, body) is code
    if code is Code.CHANGED:
        changes = {name: body[name] for name in ("om", "tm", "rowneruuid") if name in body}
        assert world.get(PSTAT) == READY | changes


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(
    ("name", "value", "states"),
    [
        ("tm", 8, "RFOTM RFPRO RFNOP SRESET"),
        ("om", 1, "RFOTM RFPRO RFNOP SRESET"),
        ("rowneruuid", str(FRIEND), "RFOTM SRESET"),
        ("isop", None, ""),
        ("cm", 64, ""),
        ("sm", 1, ""),
    ],
)
def test_when_pstat_is_written(state: State, name: str, value: Any, states: str) -> None:
    """Each property has its states."""
    world = World(in_state(state))
    wanted = not world.database.pstat.is_operational if name == "isop" else value
    expected = Code.CHANGED if state.name in states.split() else Code.BAD_REQUEST
    assert world.post(PSTAT, {name: wanted}) is expected


def claimed() -> Database:
    """Make a device with everything in place for RFPRO."""
    return replace(owned(State.RFPRO), pstat=replace(unowned().pstat, resource_owner=OWNER))


def test_the_usual_walk_through_the_states() -> None:
    """RFOTM, RFPRO, RFNOP, back for more, and RESET; each step is visible at once."""
    world = World(claimed())
    for state in (2, 3, 2, 4, 2, 3, 4, 0):
        assert world.post(PSTAT, {"dos": {"s": state}}) is Code.CHANGED
        found = world.get(PSTAT)
        assert found["dos"] == {"s": state, "p": state == 0}
        assert found["isop"] is (state == 3)


def test_a_reset_is_not_asked_for_twice_differently() -> None:
    """In RESET the only wish that is granted is the one that is being carried out."""
    world = World(owned(State.RESET))
    for state in (1, 2, 3, 4):
        assert world.post(PSTAT, {"dos": {"s": state}}) is Code.BAD_REQUEST
    assert world.post(PSTAT, {"dos": {"s": 0}}) is Code.CHANGED
    assert world.database == owned(State.RESET)


def test_owner_and_state_in_one_update() -> None:
    """The owner that the same update names already counts for the state."""
    database = claimed()
    world = World(replace(database, pstat=replace(database.pstat, resource_owner=UUID(int=0))))
    assert world.post(PSTAT, {"dos": {"s": 2}}) is Code.BAD_REQUEST
    assert world.post(PSTAT, {"dos": {"s": 2}, "rowneruuid": str(OWNER)}) is Code.CHANGED


def test_only_the_owner_of_pstat_asks_for_states() -> None:
    """A peer with a key but without ownership stays outside."""
    world = World(owned(State.RFPRO), STRANGER)
    assert world.post(PSTAT, {"dos": {"s": 0}}) is Code.UNAUTHORIZED
    world.requester = BY_OWNER
    assert world.post(PSTAT, {"dos": {"s": 3}}) is Code.CHANGED
