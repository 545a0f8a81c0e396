"""`/oic/sec/acl2`: access control entries, from the wire and back."""

from typing import Any

import cbor2
import pytest
from msgspec.structs import replace
from resource_support import (
    BY_OWNER,
    FRIEND,
    NOBODY,
    OWNER,
    World,
    in_state,
    owned,
    unowned,
)

from onboardee.device.resources.secure.acl2 import MAX_ENTRIES, MAX_FILTERS, MAX_RESOURCES
from onboardee.svrdb.model import Acl2, State
from onboardee.wire.coap import Code

ACL2 = "/oic/sec/acl2"
FRIENDS = {"uuid": str(FRIEND)}
LIGHT = {"href": "/light"}


def ace(**changes: Any) -> dict[str, Any]:
    """Make an entry in its wire form; None removes a member."""
    values = {"subject": FRIENDS, "resources": [LIGHT], "permission": 6} | changes
    return {name: value for name, value in values.items() if value is not None}


def empty(state: State = State.RFPRO) -> World:
    """Make a device without entries."""
    database = owned(state)
    return World(replace(database, acl2=Acl2(resource_owner=OWNER)), BY_OWNER)


def added(world: World, *entries: Any) -> Any:
    """Send entries; returns all that there are then, or the error."""
    code = world.post(ACL2, {"aclist2": list(entries)})
    return world.get(ACL2)["aclist2"] if code is Code.CHANGED else code


def test_acl2_as_it_is_read() -> None:
    """All entries and the owner, with the common properties where baseline is asked for."""
    world = empty()
    assert world.get(ACL2) == {"aclist2": [], "rowneruuid": str(OWNER)}
    assert world.get(ACL2, "if=oic.if.baseline")["rt"] == ["oic.r.acl2"]
    entry = ace(aceid=7, tag="x")
    assert added(world, entry) == [entry]


def test_acl2_is_filtered_by_id() -> None:
    """`aceid=` picks entries; one that is nobody's picks none."""
    world = empty()
    added(world, ace(aceid=1), ace(aceid=2), ace(aceid=3))

    def ids(*query: str) -> list[int]:
        return [entry["aceid"] for entry in world.get(ACL2, *query)["aclist2"]]

    assert ids("aceid=2") == [2]
    assert ids("aceid=1", "ACEID=3") == [1, 3]
    assert (
        ids("aceid=9") == ids("aceid=0") == ids("aceid=") == ids("aceid=x") == ids("aceid=²") == []
    )


@pytest.mark.parametrize("given", [None, 0, -1, -(2**64)])
def test_an_entry_without_id_gets_one(given: int | None) -> None:
    """Absent, zero or negative means: choose one that is free."""
    world = empty()
    found = added(world, ace(aceid=1), ace(aceid=given), ace(aceid=3), ace(aceid=given))
    assert [entry["aceid"] for entry in found] == [1, 2, 3, 4]


def test_an_entry_with_a_known_id_is_replaced() -> None:
    """The new one takes the whole place of the old one, also within one update."""
    world = empty()
    added(world, ace(aceid=1, tag="old"), ace(aceid=2))
    found = added(world, ace(aceid=1, permission=2))
    assert found == [ace(aceid=1, permission=2), ace(aceid=2)]
    assert added(world, ace(aceid=2, tag="a"), ace(aceid=2, tag="b"))[1]["tag"] == "b"


@pytest.mark.parametrize(
    ("changes", "stored"),
    [
        ({"subject": {"uuid": str(FRIEND).upper()}}, {"subject": FRIENDS}),
        ({"subject": {"uuid": f"{FRIEND}\0"}}, {"subject": FRIENDS}),
        ({"subject": {"uuid": "*"}}, {"subject": {"uuid": "*"}}),
        ({"subject": {"role": "r"}}, {"subject": {"role": "r"}}),
        ({"subject": {"role": "r", "authority": None}}, {"subject": {"role": "r"}}),
        (
            {"subject": {"role": "r", "authority": "a"}},
            {"subject": {"role": "r", "authority": "a"}},
        ),
        ({"subject": {"conntype": "auth-crypt"}}, {"subject": {"conntype": "auth-crypt"}}),
        ({"subject": {"conntype": "anon-clear"}}, {"subject": {"conntype": "anon-clear"}}),
        ({"resources": [{"wc": "*"}, {"wc": "+"}, {"wc": "-"}]}, {}),
        ({"resources": [{"href": "*"}]}, {"resources": [{"wc": "*"}]}),
        (
            {"resources": [{"href": "*", "rt": ["*"], "if": ["*"]}]},
            {"resources": [{"wc": "*", "rt": ["*"], "if": ["*"]}]},
        ),
        ({"resources": [{"href": "*", "wc": "-"}]}, {"resources": [{"wc": "-"}]}),
        ({"resources": [{"href": "/a", "wc": "+"}]}, {}),
        ({"resources": [{"href": "/a", "rt": None, "wc": None}]}, {"resources": [{"href": "/a"}]}),
        ({"resources": [{"href": "/" + "a" * 255}]}, {}),
        ({"permission": 0}, {}),
        ({"permission": 31}, {}),
        ({"rt": ["x"], "if": ["y"], "n": "z", "href": "/q", "id": 1}, {"rt": None}),
    ],
)
def test_entries_as_tools_write_them(changes: dict[str, Any], stored: dict[str, Any]) -> None:
    """Known spellings are understood and kept in one form."""
    kept = {"subject", "resources", "permission"} & changes.keys()
    expected = ace(aceid=1, **({name: changes[name] for name in kept} | stored))
    assert added(empty(), ace(**changes)) == [expected]


@pytest.mark.parametrize(
    "entry",
    [
        None,
        1,
        "x",
        [],
        {},
        ace(subject=None),
        ace(resources=None),
        ace(permission=None) | {"x": 1},
        ace(aceid="1"),
        ace(aceid=1.0),
        ace(aceid=True),
        ace(aceid=False),
        ace(aceid=[1]),
        ace(aceid=0.0),
        ace(permission=32),
        ace(permission=-1),
        ace(permission=2**64 - 1),
        ace(permission=True),
        ace(permission=6.0),
        ace(permission="6"),
        ace(subject=[]),
        ace(subject="*"),
        ace(subject={}),
        ace(subject={"uuid": NOBODY}),
        ace(subject={"uuid": None}),
        ace(subject={"uuid": FRIEND.hex}),
        ace(subject={"uuid": FRIEND.bytes}),
        ace(subject={"uuid": "me"}),
        ace(subject={"uuid": [str(FRIEND)]}),
        ace(subject={"uuid": {}}),
        ace(subject={"uuid": str(FRIEND), "role": "r"}),
        ace(subject={"uuid": str(FRIEND), "conntype": "auth-crypt"}),
        ace(subject={"uuid": str(FRIEND), "not-before": 1}),
        ace(subject={"role": 1}),
        ace(subject={"role": b"r"}),
        ace(subject={"role": "r" * 257}),
        ace(subject={"authority": "a"}),
        ace(subject={"conntype": "anon"}),
        ace(subject={"conntype": ["auth-crypt"]}),
        ace(resources=[]),
        ace(resources={}),
        ace(resources=["/light"]),
        ace(resources=[[]]),
        ace(resources=[{}]),
        ace(resources=[{"rt": ["*"]}]),
        ace(resources=[{"href": None}]),
        ace(resources=[{"href": 1}]),
        ace(resources=[{"href": b"/light"}]),
        ace(resources=[{"href": ["/light"]}]),
        ace(resources=[{"href": "/" + "a" * 256}]),
        ace(resources=[{"wc": "?"}]),
        ace(resources=[{"wc": ""}]),
        ace(resources=[{"wc": 1}]),
        ace(resources=[{"wc": ["*"]}]),
        ace(resources=[{"wc": {}}]),
        ace(resources=[{"href": "*", "wc": "?"}]),
        ace(resources=[LIGHT | {"unknown": 1}]),
        ace(resources=[LIGHT | {"rt": "*"}]),
        ace(resources=[LIGHT | {"rt": [1]}]),
        ace(resources=[LIGHT | {"rt": [["*"]]}]),
        ace(resources=[LIGHT | {"if": {"*": 1}}]),
        ace(resources=[LIGHT | {"rt": ["x" * 257]}]),
        ace(resources=[LIGHT | {"rt": ["x"] * (MAX_FILTERS + 1)}]),
        ace(resources=[LIGHT] * (MAX_RESOURCES + 1)),
        ace(aceid=2**32),
        ace(tag=1),
        ace(tag="t" * 257),
        ace(validity=[{"period": "20260101T000000/20270101T000000"}]),
        ace(validity=[{"recurrence": ["FREQ=DAILY"]}]),
        ace(validity={"period": "20260101T000000Z/PT1H"}),
        ace(validity=[{"period": "20260101T000000Z/PT1H", "recurrence": ["FREQ=NEVER"]}]),
        ace(validity=[{"period": "20260101T000000Z/PT1H"}] * 9),
        ace(unknown=1),
    ],
)
def test_entries_that_are_refused(entry: Any) -> None:
    """A bad entry is refused, and with it all others of the update and the owner."""
    body = {"aclist2": [ace(), entry], "rowneruuid": str(FRIEND)}
    for state in (State.RFPRO, State.SRESET):
        assert empty(state).post(ACL2, body) is Code.BAD_REQUEST


@pytest.mark.parametrize("member", ["aclist2", "subject", "resource", "tag", "role"])
def test_text_that_is_none_is_never_kept(member: str) -> None:
    """Octets that are no UTF-8 are refused wherever text is kept, in keys too."""
    raw = b"\x63\xff\xfe\xfd"
    marker = "@@@"
    bodies = {
        "aclist2": {"aclist2": [marker]},
        "subject": {"aclist2": [ace(subject={marker: 1})]},
        "resource": {"aclist2": [ace(resources=[{"href": marker}])]},
        "tag": {"aclist2": [ace(tag=marker)]},
        "role": {"aclist2": [ace(subject={"role": marker})]},
    }
    payload = cbor2.dumps(bodies[member]).replace(b"\x63@@@", raw)
    assert raw in payload
    assert empty().post(ACL2, payload) is Code.BAD_REQUEST


@pytest.mark.parametrize("elements", [1, "x", {}, b"", True])
def test_the_list_is_an_array(elements: Any) -> None:
    """Anything else than an array or null is refused."""
    assert empty().post(ACL2, {"aclist2": elements}) is Code.BAD_REQUEST


@pytest.mark.parametrize("state", [State.RFPRO, State.RFNOP])
@pytest.mark.parametrize(
    "body",
    [{}, {"aclist2": None}, {"rt": ["x"], "if": ["y"], "unknown": 1}, {"rowneruuid": str(OWNER)}],
)
def test_updates_without_content(state: State, body: dict[str, Any]) -> None:
    """An absent list, unknown names and the owner there is already change nothing."""
    world = empty(state)
    before = world.database
    assert world.post(ACL2, body) is Code.CHANGED
    assert world.database == before


@pytest.mark.parametrize("state", State)
def test_when_acl2_is_written(state: State) -> None:
    """Entries are written and removed in RFOTM, RFPRO and SRESET, the owner in RFOTM and SRESET."""
    provisioning = {State.RFOTM, State.RFPRO, State.SRESET}
    code = Code.CHANGED if state in provisioning else Code.BAD_REQUEST
    assert World(in_state(state)).post(ACL2, {"aclist2": [ace()]}) is code
    code = Code.CHANGED if state in {State.RFOTM, State.SRESET} else Code.BAD_REQUEST
    assert World(in_state(state)).post(ACL2, {"rowneruuid": str(FRIEND)}) is code
    code = Code.DELETED if state in provisioning else Code.FORBIDDEN
    assert World(in_state(state)).delete(ACL2) is code


@pytest.mark.parametrize(
    ("query", "code", "left"),
    [
        ((), Code.DELETED, []),
        (("aceid=2",), Code.DELETED, [1, 3]),
        (("AceId=2",), Code.DELETED, [1, 3]),
        (("aceid=1", "aceid=3"), Code.DELETED, [2]),
        (("aceid=1", "aceid=9"), Code.NOT_FOUND, [1, 2, 3]),
        (("aceid=9",), Code.NOT_FOUND, [1, 2, 3]),
        (("aceid=0",), Code.NOT_FOUND, [1, 2, 3]),
        (("aceid=",), Code.NOT_FOUND, [1, 2, 3]),
        (("aceid=-1",), Code.NOT_FOUND, [1, 2, 3]),
        (("aceid=all",), Code.NOT_FOUND, [1, 2, 3]),
        (("if=oic.if.baseline",), Code.DELETED, []),
    ],
)
def test_entries_are_removed(query: tuple[str, ...], code: Code, left: list[int]) -> None:
    """Those that are named, or all; the owner stays."""
    world = empty()
    added(world, ace(aceid=1), ace(aceid=2), ace(aceid=3))
    assert world.delete(ACL2, *query) is code
    found = world.get(ACL2)
    assert [entry["aceid"] for entry in found["aclist2"]] == left
    assert found["rowneruuid"] == str(OWNER)


def test_the_list_has_an_end() -> None:
    """A full list takes replacements, and refuses one more as too large."""
    world = empty()
    full = [ace(aceid=number) for number in range(1, MAX_ENTRIES + 1)]
    assert len(added(world, *full)) == MAX_ENTRIES
    assert added(world, ace()) is Code.REQUEST_ENTITY_TOO_LARGE
    assert added(world, ace(aceid=MAX_ENTRIES, permission=1))[-1]["permission"] == 1


def test_owner_and_entries_in_one_update() -> None:
    """Over the ownership connection both are written together."""
    world = World(unowned())
    body = {"aclist2": [ace()], "rowneruuid": str(OWNER), "rt": ["oic.r.acl2"]}
    assert world.post(ACL2, body) is Code.CHANGED
    assert world.get(ACL2) == {"aclist2": [ace(aceid=1)], "rowneruuid": str(OWNER)}
