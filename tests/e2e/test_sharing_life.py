"""Multiple ownership from beginning to end, as IoTivity 1.3's clients go about it."""

import cbor2
import pytest
from msgspec.structs import replace
from pairing_scene import adopt
from sharing_scene import (
    ACL2,
    CRED,
    DOXM,
    FRIEND,
    KNOWN,
    NEWCOMER,
    OTHER,
    PSTAT,
    RANDOM,
    SWITCH,
    key_for,
    make_sharing,
    rule_for,
    sharing_profile,
)

from onboardee.device import events
from onboardee.device.simulation.compatibility import PRESETS, Compatibility, Preset
from onboardee.obt import run
from onboardee.svrdb.model import Owners, State
from onboardee.svrdb.model.owners import MODE, SUB_OWNERS

SEARCH = {"mom!": "0", "owned": "TRUE"}


@pytest.mark.parametrize("method", [RANDOM, KNOWN])
def test_a_sub_owner_joins_and_uses_the_light(method: int) -> None:
    """PIN, credential of the session, key: it reads and switches, and reads who owns the light."""
    sharing = make_sharing(method=method)
    peer = sharing.join(method=method)
    assert peer.tell("GET", SWITCH) == ("2.05", {"value": False})
    assert peer.tell("POST", SWITCH, {"value": True})[0] == "2.04"
    code, doxm = peer.tell("GET", DOXM)
    assert isinstance(doxm, dict)
    assert (code, doxm[MODE], doxm[SUB_OWNERS]) == ("2.05", 1, [str(NEWCOMER)])
    assert [each.uuid for each in sharing.scene.seen(events.SubOwnerJoined)] == [NEWCOMER]
    assert sharing.database.owners.sub_owners == (NEWCOMER,)


def test_a_sub_owner_lets_somebody_use_the_light() -> None:
    """A key and a rule that say whose they are: the friend opens a session and switches."""
    sharing = make_sharing()
    peer = sharing.join()
    assert peer.tell("POST", PSTAT, {"dos": {"s": 2}})[0] == "2.04"
    assert peer.tell("POST", CRED, key_for(FRIEND, NEWCOMER))[0] == "2.04"
    assert peer.tell("POST", ACL2, rule_for(FRIEND, NEWCOMER))[0] == "2.04"
    assert peer.tell("POST", PSTAT, {"dos": {"s": 3}})[0] == "2.04"
    friend = sharing.peer(FRIEND, "10.0.0.99")
    assert friend.open(b"k" * 16) is not None
    assert friend.tell("GET", SWITCH)[0] == "2.05"
    assert friend.tell("GET", CRED)[0] == "4.01"


def test_the_owner_removes_a_sub_owner() -> None:
    """Its session ends, and so do its keys, its rules, and the sessions of those it let in."""
    sharing = make_sharing()
    before = sharing.database
    peer = sharing.join()
    sharing.join(OTHER, host="10.0.0.88")
    peer.tell("POST", PSTAT, {"dos": {"s": 2}})
    peer.tell("POST", CRED, key_for(FRIEND, NEWCOMER))
    peer.tell("POST", ACL2, rule_for(FRIEND, NEWCOMER))
    peer.tell("POST", PSTAT, {"dos": {"s": 3}})
    sharing.write(DOXM, {SUB_OWNERS: [str(OTHER)]})
    left = sharing.database
    assert left.owners.sub_owners == (OTHER,)
    assert {each.subject for each in left.cred.credentials} == {
        *(each.subject for each in before.cred.credentials),
        str(OTHER),
    }
    assert left.acl2 == before.acl2
    assert peer.tell("GET", SWITCH)[0] == "silence"
    assert [each.uuid for each in sharing.scene.seen(events.SubOwnerRemoved)] == [NEWCOMER]


def test_no_more_join_once_the_owner_ends_it() -> None:
    """Who is a sub-owner stays one; the PIN opens nothing any more, and none is shown."""
    sharing = make_sharing()
    peer = sharing.join()
    pin = sharing.pin
    sharing.write(DOXM, {MODE: 0})
    assert sharing.scene.device.device.pin is None
    assert sharing.peer(OTHER, "10.0.0.88").open_by_pin(pin) is None
    assert peer.tell("GET", SWITCH)[0] == "2.05"


def test_each_pin_is_for_one() -> None:
    """When somebody has joined another PIN is shown, and the first one opens nothing."""
    sharing = make_sharing()
    first = sharing.pin
    sharing.join()
    assert sharing.pin != first
    assert sharing.peer(OTHER, "10.0.0.88").open_by_pin(first) is None


def test_whom_a_search_for_further_owners_finds() -> None:
    """IoTivity's query of the menu's 13 is answered in the clear as soon as others may join."""
    sharing = make_sharing()
    sharing.write(DOXM, {MODE: 0})
    peer = sharing.peer()
    assert not peer.ask_group("GET", DOXM, query=SEARCH)
    sharing.allow()
    (answer,) = peer.ask_group("GET", DOXM, query=SEARCH)
    assert cbor2.loads(answer.payload)[MODE] == 1


def test_a_number_that_iotivitys_client_reads_from_freed_memory_means_yes() -> None:
    """Version 1.3 sends the mode from memory that it has given back; each number but 0 is 1."""
    sharing = make_sharing()
    sharing.write(DOXM, {MODE: 0})
    sharing.write(DOXM, {MODE: 3828628075})
    assert sharing.database.owners.mode == 1


def test_a_reset_forgets_all_sub_owners() -> None:
    """After a reset there is no mode, no sub-owner and no key of one."""
    sharing = make_sharing()
    peer = sharing.join()
    device = sharing.scene.device
    device.press_reset(sharing.scene.network.now)
    assert sharing.database.owners == Owners()
    assert sharing.database.state is State.RFOTM
    assert not sharing.database.cred.credentials
    assert sharing.scene.device.device.pin is None
    assert peer.tell("GET", SWITCH)[0] == "silence"


def test_sub_owners_outlive_a_restart() -> None:
    """The database has mode, sub-owner and key: after a restart it comes back with the same key."""
    sharing = make_sharing()
    sharing.join()
    kept, shown = sharing.database, sharing.pin
    adopt(sharing.scene, replace(kept))
    assert sharing.database == kept
    assert sharing.pin == shown or sharing.scene.device.device.pin is not None


def test_a_device_without_multiple_ownership_is_as_before() -> None:
    """No property of it is shown, and none can be written."""
    profile = replace(sharing_profile(), compat=Compatibility(anonymous_doxm=True))
    scene = make_sharing.__globals__["make_scene"](profile)
    owned = scene.own()
    assert not {MODE, SUB_OWNERS} & run(owned.read(DOXM)).keys()
    answer = run(owned.read(CRED))
    assert answer["creds"]
    assert PRESETS[Preset.IOTIVITY_1_3].multiple_owners
    assert not PRESETS[Preset.OCF].multiple_owners
