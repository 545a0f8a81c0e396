"""Application resources that a profile opens to anybody until an ownership transfer begins."""

from typing import Any

import pytest
from msgspec.structs import replace
from resource_support import (
    PLAIN,
    PLAIN_PORT,
    STRANGER,
    TRANSFER,
    World,
    in_state,
    unowned,
)

from onboardee.device.resources.base import DeniedError
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.simulation.resource import OpenOperation
from onboardee.svrdb.model import State
from onboardee.wire.coap import Code

LIGHT, SWITCH = "/light/1", "/light/switch"
READ, WRITE = OpenOperation.RETRIEVE, OpenOperation.UPDATE


def opened(*operations: OpenOperation) -> Profile:
    """Return a light whose switch is open to these operations."""
    profile = load("light")
    switch, *rest = profile.resources
    assert switch.href == SWITCH
    return replace(profile, resources=(replace(switch, open_in_rfotm=operations), *rest))


def somebody(
    state: State, *operations: OpenOperation, secured: bool = False, has_session: bool = False
) -> World:
    """Make an anonymous peer of a device in a state."""
    who, path = (STRANGER, STRANGER.address) if secured else (PLAIN, PLAIN_PORT)
    return World(in_state(state), who, opened(*operations), path=path, has_session=has_session)


@pytest.mark.parametrize(
    ("operations", "reads", "writes"),
    [
        ((), Code.UNAUTHORIZED, Code.UNAUTHORIZED),
        ((READ,), {"value": False}, Code.UNAUTHORIZED),
        ((WRITE,), Code.UNAUTHORIZED, Code.CHANGED),
        ((READ, WRITE), {"value": False}, Code.CHANGED),
    ],
)
def test_what_the_profile_opens(
    operations: tuple[OpenOperation, ...], reads: Any, writes: Code
) -> None:
    """Anybody reads and writes what the profile says of a device without owner, and no more."""
    world = somebody(State.RFOTM, *operations)
    assert world.get(SWITCH) == reads
    assert world.post(SWITCH, {"value": True}) is writes
    assert world.delete(SWITCH) in {Code.UNAUTHORIZED, Code.METHOD_NOT_ALLOWED}
    assert world.get("/light/dimming") is Code.UNAUTHORIZED


@pytest.mark.parametrize("state", [each for each in State if each is not State.RFOTM])
def test_only_before_an_owner(state: State) -> None:
    """In every other state the rules of OCF hold, as without the setting."""
    with_it, without = somebody(state, READ, WRITE), somebody(state)
    assert with_it.get(SWITCH) == without.get(SWITCH) == Code.UNAUTHORIZED
    assert with_it.post(SWITCH, {"value": True}) is Code.UNAUTHORIZED


def test_a_transfer_ends_it() -> None:
    """While somebody has a session it is closed to all: to others, and over that session."""
    world = somebody(State.RFOTM, READ, WRITE, has_session=True)
    assert world.get(SWITCH) is Code.UNAUTHORIZED
    assert isinstance(world.last, DeniedError)
    assert world.last.decision.rule == "transfer-in-progress"
    for who in (TRANSFER, STRANGER):
        busy = World(unowned(), who, opened(READ, WRITE), has_session=True)
        assert busy.get(SWITCH) is Code.UNAUTHORIZED
        assert busy.post(SWITCH, {"value": True}) is Code.UNAUTHORIZED


def test_links_lead_where_it_is_open() -> None:
    """Discovery shows the unsecured endpoint as long as it answers, and of that resource alone."""

    def endpoints(world: World, href: str) -> list[str]:
        found = {link["href"]: link["eps"] for link in world.get("/oic/res")}
        return [each["ep"] for each in found[href]]

    waiting = somebody(State.RFOTM, READ)
    plain, secured = "coap://192.0.2.1:5683", "coaps://192.0.2.1:5684"
    assert endpoints(waiting, SWITCH) == [plain, secured]
    assert endpoints(waiting, "/light/dimming") == [secured]
    assert endpoints(somebody(State.RFNOP, READ), SWITCH) == [secured]


def test_the_stand_in_for_plgds_simulator() -> None:
    """Its lights are open as IoTivity-Lite's are, and `/oc/con` is not."""
    world = World(unowned(), PLAIN, load("devsim"), path=PLAIN_PORT, has_session=False)
    assert world.get(LIGHT) == {"state": False, "power": 0, "name": "Light"}
    assert world.post(LIGHT, {"state": True, "power": 7}) is Code.CHANGED
    assert world.get(LIGHT) == {"state": True, "power": 7, "name": "Light"}
    assert world.get("/oc/con") is Code.UNAUTHORIZED
    assert world.post("/oc/con", {"n": "Mine"}) is Code.UNAUTHORIZED
