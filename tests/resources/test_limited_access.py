"""Entries with a validity, ownership shown to anybody, and a temporary identity."""

from dataclasses import replace as path_changed
from datetime import timedelta

import pytest
from msgspec.structs import replace
from resource_support import (
    DEVICE,
    FRIEND,
    NOBODY,
    NOON,
    OWNER,
    PLAIN_PORT,
    SILENCE,
    STRANGER,
    World,
    owned,
    plainly,
    unowned,
)

from onboardee.device.simulation.profile import Compatibility, load
from onboardee.svrdb.model import Acl2, State
from onboardee.wire.coap import Code

LIMITED = {
    "subject": {"uuid": str(FRIEND)},
    "resources": [{"wc": "*"}],
    "permission": 6,
    "validity": [{"period": "20260601T080000Z/PT9H", "recurrence": ["FREQ=DAILY;COUNT=2"]}],
}
LASTING = str(OWNER)


@pytest.mark.parametrize(
    ("hours", "code"),
    [(-5, False), (-4, True), (4, True), (5, False), (24, True), (48, False)],
)
def test_an_entry_applies_while_it_is_valid(hours: int, code: bool) -> None:
    """The same request is granted within the validity of its entry, and refused outside."""
    world = World(owned(State.RFPRO))
    world.database = replace(world.database, acl2=replace(world.database.acl2, entries=()))
    assert world.post("/oic/sec/acl2", {"aclist2": [LIMITED]}) is Code.CHANGED
    assert world.get("/oic/sec/acl2")["aclist2"][0]["validity"] == LIMITED["validity"]
    world.post("/oic/sec/pstat", {"dos": {"s": 3}})
    world.requester, world.now = STRANGER, NOON + timedelta(hours=hours)
    answer = world.post("/light/switch", {"value": True})
    assert answer is (Code.CHANGED if code else Code.UNAUTHORIZED)


def test_there_are_not_too_many_rules() -> None:
    """Recurrence rules have room for what devices need, and an UPDATE beyond changes nothing."""
    world = World(owned())
    many = [{"period": "20260601T080000Z/PT9H", "recurrence": ["FREQ=DAILY"] * 4}] * 8
    assert world.post("/oic/sec/acl2", {"aclist2": [LIMITED | {"validity": many}]}) is Code.CHANGED
    code = world.post("/oic/sec/acl2", {"aclist2": [LIMITED]})
    assert code is Code.REQUEST_ENTITY_TOO_LARGE


SHOWN = replace(load("light"), compat=Compatibility(anonymous_doxm=True))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("multicast", [False, True], ids=["unicast", "multicast"])
def test_ownership_is_shown_where_a_profile_says_so(state: State, multicast: bool) -> None:
    """In RFNOP anybody may read doxm, also as the answer to a search for owned devices."""
    path = path_changed(PLAIN_PORT, multicast=multicast)
    world = plainly(owned(state), has_session=True)
    world.path = path
    assert world.get("/oic/sec/doxm", "Owned=TRUE") is Code.UNAUTHORIZED
    shown = World(owned(state), world.requester, SHOWN, path, has_session=True)
    found = shown.get("/oic/sec/doxm", "Owned=TRUE")
    if state is not State.RFNOP:
        assert found is Code.UNAUTHORIZED
        return
    assert found["deviceuuid"] == str(DEVICE)
    assert shown.get("/oic/sec/doxm", "owned=false") is Code.BAD_REQUEST
    assert shown.get("/oic/sec/doxm", f"deviceuuid={FRIEND}") is SILENCE
    assert shown.post("/oic/sec/doxm", {"owned": False}) is Code.UNAUTHORIZED
    (link,) = shown.get("/oic/res", "rt=oic.r.doxm")
    assert [end["ep"].partition(":")[0] for end in link["eps"]] == ["coap", "coaps"]


def hidden() -> World:
    """Make a device without owner that shows a temporary UUID."""
    return World(replace(unowned(), next_uuid=OWNER, acl2=Acl2()))


def test_the_temporary_uuid_ends_with_the_name_of_the_owner() -> None:
    """The moment `devowneruuid` is not nil, all that tells the device's UUID tells the other."""
    world = hidden()
    assert world.get("/oic/sec/doxm")["deviceuuid"] == str(DEVICE)
    world.post("/oic/sec/doxm", {"devowneruuid": NOBODY})
    assert world.database.doxm.device_uuid == DEVICE
    assert world.post("/oic/sec/doxm", {"devowneruuid": str(FRIEND)}) is Code.CHANGED
    assert world.database.next_uuid is None
    assert world.get("/oic/sec/doxm")["deviceuuid"] == LASTING
    assert world.get("/oic/d")["di"] == LASTING
    assert {link["anchor"] for link in world.get("/oic/res")} == {f"ocf://{LASTING}"}


@pytest.mark.parametrize("together", [True, False])
def test_a_uuid_that_a_tool_writes_stays(together: bool) -> None:
    """The UUID that the owner gives is the last word, before or with the owner's name."""
    world = hidden()
    wish = {"deviceuuid": str(FRIEND)}
    if not together:
        world.post("/oic/sec/doxm", wish)
    world.post("/oic/sec/doxm", {**(wish if together else {}), "devowneruuid": LASTING})
    assert world.database.doxm.device_uuid == FRIEND
    assert world.database.next_uuid is None


def test_a_tool_that_repeats_the_temporary_uuid_changes_nothing() -> None:
    """Writing back what was read is no choice of a UUID."""
    world = hidden()
    world.post("/oic/sec/doxm", {"deviceuuid": str(DEVICE)})
    assert world.database.next_uuid == OWNER
