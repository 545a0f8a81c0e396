"""What strangers, joining peers and sub-owners of a shared device do not get."""

import pytest
from device_scene import OWNER
from sharing_scene import (
    ACL2,
    CRED,
    DOXM,
    FRIEND,
    KNOWN,
    NEWCOMER,
    OTHER,
    PSTAT,
    SWITCH,
    first,
    key_for,
    make_sharing,
    rule_for,
    sharing_profile,
)

from onboardee.device import events
from onboardee.svrdb.model import ENTRY_OWNER, State
from onboardee.svrdb.model.owners import MODE, SUB_OWNERS


def test_a_wrong_pin_opens_nothing_and_is_told() -> None:
    """Nothing is kept, and the owner's log has the failed attempt."""
    sharing = make_sharing()
    kept = sharing.kept
    assert sharing.peer().open_by_pin("00000000") is None
    assert sharing.kept == kept
    assert sharing.scene.seen(events.HandshakeRefused)


def test_a_pin_that_was_wrong_five_times_is_shown_no_more() -> None:
    """Nobody joins by it then, not even with the right one, until the owner says so again."""
    sharing = make_sharing()
    pin = sharing.pin
    for _ in range(5):
        sharing.peer().open_by_pin("00000000")
    assert sharing.scene.device.device.pin is None
    assert sharing.peer(host="10.0.0.78").open_by_pin(pin) is None
    sharing.write(DOXM, {MODE: 0})
    sharing.allow()
    sharing.join(host="10.0.0.78")


def test_a_known_pin_is_tried_a_few_times_a_minute_only() -> None:
    """After six wrong ones a host is not asked again for a while, with the right one either."""
    sharing = make_sharing(method=KNOWN)
    for _ in range(6):
        sharing.peer().open_by_pin("00000000")
    assert sharing.peer().open_by_pin() is None
    sharing.join(host="10.0.0.78", method=KNOWN)


@pytest.mark.parametrize("uuid", [OWNER, FRIEND], ids=["the owner", "a client with a rule"])
def test_nobody_takes_the_place_of_another(uuid: object) -> None:
    """The PIN opens no session for a UUID that the owner knows."""
    sharing = make_sharing()
    entry = {"subject": {"uuid": str(FRIEND)}, "resources": [{"href": SWITCH}], "permission": 2}
    sharing.write(ACL2, {"aclist2": [entry]})
    assert isinstance(uuid, type(OWNER))
    assert sharing.peer(uuid).open_by_pin(sharing.pin) is None


@pytest.mark.parametrize(
    ("method", "href", "body"),
    [
        ("GET", SWITCH, None),
        ("POST", SWITCH, {"value": True}),
        ("GET", CRED, None),
        ("GET", ACL2, None),
        ("POST", ACL2, rule_for(NEWCOMER, NEWCOMER)),
        ("POST", DOXM, {MODE: 0}),
        ("DELETE", CRED, None),
    ],
)
def test_a_joining_peer_may_only_join(method: str, href: str, body: object) -> None:
    """Over the session of the PIN nothing is reached that joining does not take."""
    sharing = make_sharing()
    peer = sharing.peer()
    assert peer.open_by_pin(sharing.pin) is not None
    kept = sharing.kept
    assert peer.tell(method, href, body)[0] == "4.01"
    assert sharing.kept == kept


@pytest.mark.parametrize(
    ("href", "body", "code"),
    [
        (PSTAT, {"dos": {"s": 0}}, "4.00"),
        (PSTAT, {"dos": {"s": 4}}, "4.00"),
        (PSTAT, {"dos": {"s": 2}, "rowneruuid": str(NEWCOMER)}, "4.00"),
        (CRED, first(OTHER), "4.00"),
        (CRED, first(OWNER), "4.00"),
        (CRED, first(NEWCOMER, roleid={"role": "oic.role.owner"}), "4.01"),
        (CRED, {"rowneruuid": str(NEWCOMER)}, "4.01"),
        (CRED, key_for(OTHER, NEWCOMER), "4.01"),
        (CRED, {"creds": [*first(NEWCOMER)["creds"], *key_for(OTHER, OTHER)["creds"]]}, "4.01"),  # type: ignore[misc]
    ],
)
def test_what_a_joining_peer_may_not_write(href: str, body: object, code: str) -> None:
    """No other state, no other's credential, no role, no entry of the owner's."""
    sharing = make_sharing()
    peer = sharing.peer()
    assert peer.open_by_pin(sharing.pin) is not None
    peer.tell("POST", PSTAT, {"dos": {"s": 2}})
    kept = sharing.kept
    assert peer.tell("POST", href, body)[0] == code
    assert sharing.kept == kept


def test_who_stops_half_way_leaves_nothing_behind() -> None:
    """A session of the PIN that ends without a credential made nobody a sub-owner."""
    sharing = make_sharing()
    kept = sharing.kept
    peer = sharing.peer()
    peer.open_by_pin(sharing.pin)
    peer.tell("POST", PSTAT, {"dos": {"s": 2}})
    peer.close()
    assert sharing.kept == kept
    assert sharing.database.state is State.RFNOP


def test_numbers_and_owner_that_a_sub_owner_sends_along_displace_nothing() -> None:
    """IoTivity's client numbers by its own list, and repeats a rowneruuid: both mean nothing."""
    sharing = make_sharing()
    before = sharing.database
    peer = sharing.join()
    peer.tell("POST", PSTAT, {"dos": {"s": 2}})
    also = {"rowneruuid": str(NEWCOMER)}
    assert peer.tell("POST", CRED, key_for(FRIEND, NEWCOMER, credid=1) | also)[0] == "2.04"
    assert peer.tell("POST", ACL2, rule_for(FRIEND, NEWCOMER, aceid=1) | also)[0] == "2.04"
    after = sharing.database
    assert set(before.cred.credentials) < set(after.cred.credentials)
    assert set(before.acl2.entries) < set(after.acl2.entries)
    assert after.cred.resource_owner == after.acl2.resource_owner == OWNER


@pytest.mark.parametrize(
    ("href", "body", "code"),
    [
        (DOXM, {MODE: 0}, "4.01"),
        (DOXM, {SUB_OWNERS: []}, "4.01"),
        ("/oic/sec/crl", {"crldata": ""}, "4.01"),
        ("/oic/sec/sp", {"currentprofile": "x"}, "4.01"),
        (CRED, {"rowneruuid": str(NEWCOMER)}, "4.01"),
        (CRED, key_for(OWNER, NEWCOMER), "4.01"),
        (CRED, key_for(FRIEND, OTHER), "4.01"),
        (CRED, key_for(FRIEND, NEWCOMER, roleid={"role": "x"}), "4.01"),
        (CRED, first(FRIEND), "4.00"),
        (ACL2, {"rowneruuid": str(NEWCOMER)}, "4.01"),
        (ACL2, rule_for(FRIEND, OTHER), "4.01"),
        (ACL2, rule_for(FRIEND, NEWCOMER, CRED), "4.01"),
        (ACL2, rule_for(FRIEND, NEWCOMER, "oic/sec/doxm/"), "4.01"),
    ],
)
def test_what_a_sub_owner_may_not_write(href: str, body: object, code: str) -> None:
    """Nothing of the owner's, no key of somebody the owner knows, no rule for security."""
    sharing = make_sharing()
    peer = sharing.join()
    assert peer.tell("POST", PSTAT, {"dos": {"s": 2}})[0] == "2.04"
    kept = sharing.kept
    assert peer.tell("POST", href, body)[0] == code
    assert sharing.kept == kept


@pytest.mark.parametrize("href", [CRED, ACL2])
def test_a_sub_owner_reads_and_deletes_no_lists(href: str) -> None:
    """IoTivity lets it do neither; so it learns nothing of the others' entries."""
    peer = make_sharing().join()
    peer.tell("POST", PSTAT, {"dos": {"s": 2}})
    assert peer.tell("GET", href)[0] == "4.01"
    assert peer.tell("DELETE", href)[0] == "4.01"


def test_a_sub_owner_touches_nothing_of_another() -> None:
    """Neither its key nor its rules, though both own the light."""
    sharing = make_sharing()
    one = sharing.join()
    two = sharing.join(OTHER, host="10.0.0.88")
    one.tell("POST", PSTAT, {"dos": {"s": 2}})
    one.tell("POST", CRED, key_for(FRIEND, NEWCOMER, credid=77))
    kept = sharing.kept
    for body in (
        key_for(FRIEND, OTHER, credid=77),
        key_for(FRIEND, OTHER),
        key_for(NEWCOMER, OTHER),
    ):
        assert two.tell("POST", CRED, body)[0] == "4.01"
    assert sharing.kept == kept


def test_a_sub_owner_fills_a_part_of_the_room_only() -> None:
    """Sixteen keys and thirty-two rules; the owner goes on adding."""
    sharing = make_sharing()
    peer = sharing.join()
    peer.tell("POST", PSTAT, {"dos": {"s": 2}})
    uuids = [type(FRIEND)(int=1000 + number) for number in range(40)]
    codes = [peer.tell("POST", CRED, key_for(each, NEWCOMER))[0] for each in uuids[:18]]
    assert codes == ["2.04"] * 15 + ["4.13"] * 3
    codes = [peer.tell("POST", ACL2, rule_for(each, NEWCOMER))[0] for each in uuids[:34]]
    assert codes == ["2.04"] * 32 + ["4.13"] * 2


def test_there_are_as_many_as_the_profile_allows() -> None:
    """One more is not asked for the PIN, and the owner cannot name more either."""
    sharing = make_sharing(sharing_profile(limit=1))
    sharing.join()
    assert sharing.peer(OTHER, "10.0.0.88").open_by_pin(sharing.pin) is None
    with pytest.raises(Exception, match=r"4\.00"):
        sharing.write(DOXM, {SUB_OWNERS: [str(NEWCOMER), str(OTHER)]})


@pytest.mark.parametrize("named", [[str(OWNER)], [str(FRIEND)] * 2, ["nobody"], 7])
def test_whom_the_owner_cannot_name(named: object) -> None:
    """Neither itself, nor anybody twice, nor what is no UUID."""
    sharing = make_sharing()
    kept = sharing.kept
    with pytest.raises(Exception, match=r"4\.00"):
        sharing.write(DOXM, {SUB_OWNERS: named})
    assert sharing.kept == kept


def test_an_entry_of_the_owner_may_say_whose_it_is() -> None:
    """IoTivity's owner writes entries in the name of its sub-owners; these may then change them."""
    sharing = make_sharing()
    peer = sharing.join()
    sharing.write(ACL2, rule_for(FRIEND, NEWCOMER, aceid=50))
    peer.tell("POST", PSTAT, {"dos": {"s": 2}})
    assert peer.tell("POST", ACL2, rule_for(FRIEND, NEWCOMER, aceid=50, permission=2))[0] == "2.04"
    (entry,) = [each for each in sharing.database.acl2.entries if each.aceid == 50]
    assert (entry.permission, entry.entry_owner) == (2, NEWCOMER)
    assert ENTRY_OWNER
