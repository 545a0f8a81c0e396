"""`/oic/d`, `/oic/p` and `/oic/mnt`."""

from typing import Any

import pytest
from resource_support import (
    DEVICE,
    PIID,
    PLATFORM,
    STRANGER,
    World,
    in_state,
    owned,
    plainly,
    unowned,
)

from onboardee.svrdb.model import State
from onboardee.wire.coap import Code, Method

MNT = "/oic/mnt"


def test_the_device() -> None:
    """Name, versions and both identifiers; the types only with the baseline interface."""
    world = plainly(unowned())
    expected = {
        "di": str(DEVICE),
        "piid": str(PIID),
        "n": "Light",
        "icv": "ocf.2.2.5",
        "dmv": "ocf.res.1.3.0,ocf.sh.1.3.0",
    }
    assert world.get("/oic/d") == world.get("/oic/d", "if=oic.if.r") == expected
    baseline = world.get("/oic/d", "if=oic.if.baseline")
    assert baseline == expected | {
        "rt": ["oic.d.light", "oic.wk.d"],
        "if": ["oic.if.r", "oic.if.baseline"],
    }


def test_the_platform() -> None:
    """What the profile tells, and nothing that it leaves out."""
    world = plainly(unowned())
    expected = {"pi": str(PLATFORM), "mnmn": "onboardee", "mnmo": "Simulated light"}
    assert world.get("/oic/p") == expected
    assert world.get("/oic/p", "if=oic.if.baseline")["rt"] == ["oic.wk.p"]
    assert world.get("/oic/p", "if=oic.if.rw") is Code.FORBIDDEN


@pytest.mark.parametrize(
    ("body", "code", "state"),
    [
        ({"fr": True}, Code.CHANGED, State.RESET),
        ({"fr": True, "rb": True}, Code.CHANGED, State.RESET),
        ({"fr": True, "rb": False, "unknown": 1}, Code.CHANGED, State.RESET),
        ({"rb": True}, Code.CHANGED, State.RFPRO),
        ({"fr": False}, Code.BAD_REQUEST, State.RFPRO),
        ({}, Code.BAD_REQUEST, State.RFPRO),
        ({"fr": 1}, Code.BAD_REQUEST, State.RFPRO),
        ({"fr": None}, Code.BAD_REQUEST, State.RFPRO),
        ({"fr": True, "rb": "no"}, Code.BAD_REQUEST, State.RFPRO),
        ({"fr": [True]}, Code.BAD_REQUEST, State.RFPRO),
    ],
)
def test_maintenance(body: dict[str, Any], code: Code, state: State) -> None:
    """A true wish is carried out, a reset before a reboot; anything else is refused."""
    world = World(owned(State.RFPRO))
    assert world.ask(Method.POST, MNT, body) == (
        code,
        {"fr": False, "rb": False} if code is Code.CHANGED else None,
    )
    assert world.database.state is state
    if code is Code.CHANGED:
        assert world.last.outcome.reboot is (state is State.RFPRO)


@pytest.mark.parametrize("state", State)
def test_maintenance_in_each_state(state: State) -> None:
    """A reset can be asked for in every state but RESET; reading it shows no pending wish."""
    world = World(in_state(state))
    assert world.get(MNT) == {"fr": False, "rb": False}
    expected = Code.BAD_REQUEST if state is State.RESET else Code.CHANGED
    assert world.post(MNT, {"fr": True}) is expected
    assert world.get(MNT) == {"fr": False, "rb": False}


def test_maintenance_is_not_for_everybody() -> None:
    """No anonymous peer and no wildcard entry resets a device."""
    for state in State:
        assert plainly(in_state(state)).post(MNT, {"fr": True}) is Code.UNAUTHORIZED
        assert World(in_state(state), STRANGER).post(MNT, {"fr": True}) is Code.UNAUTHORIZED
