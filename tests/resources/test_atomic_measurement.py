"""Atomic measurements: read as a whole or not at all (OCF Core 7.8.4)."""

from typing import Any

import msgspec
import pytest
from climate_support import may
from msgspec.structs import replace
from resource_support import BY_OWNER, PLAIN, PLAIN_PORT, STRANGER, World, owned, unowned

from onboardee.device.access.peer import Peer
from onboardee.device.resources.appliances import batches_of_members
from onboardee.device.resources.openapi import described
from onboardee.device.simulation.profile import Profile, load
from onboardee.svrdb.model import Ace, Acl2, State
from onboardee.wire.coap import Code, Method, Request

GET, POST, PUT, DELETE = Method.GET, Method.POST, Method.PUT, Method.DELETE
WHOLE = "/measurement"
PARTS = ["/pressure", "/pulse", "/user", "/time"]
B, LL, BASELINE = "if=oic.if.b", "if=oic.if.ll", "if=oic.if.baseline"


def monitor(*entries: Ace, peer: Peer = STRANGER, profile: Profile | None = None) -> World:
    """Make a blood pressure monitor, and somebody who may do what the entries say."""
    database = owned(State.RFNOP)
    if entries:
        acl2 = Acl2(entries=entries, resource_owner=database.acl2.resource_owner)
        database = replace(database, acl2=acl2)
    return World(database, peer, profile or load("blood-pressure-monitor"))


def test_the_whole_is_read_by_default() -> None:
    """Without an interface all parts come, each with its values and none with common ones."""
    found = monitor().get(WHOLE)
    assert [item["href"] for item in found] == PARTS
    assert found == monitor().get(WHOLE, B)
    reps = {item["href"]: item["rep"] for item in found}
    assert reps["/pulse"] == {"pulserate": 68, "range": [0, 220]}
    assert reps["/pressure"]["systolic"] == 122


def test_links_and_types_are_shown() -> None:
    """Links come by the links interface and the baseline, with the types that there must be."""
    world = monitor()
    links = world.get(WHOLE, LL)
    assert [link["href"] for link in links] == PARTS
    assert {link["p"]["bm"] for link in links} == {2}
    found = world.get(WHOLE, BASELINE)
    assert found["links"] == links
    assert found["rts-m"] == ["oic.r.blood.pressure"]
    assert found["rts"][:2] == ["oic.r.blood.pressure", "oic.r.pulserate"]


@pytest.mark.parametrize("href", PARTS)
@pytest.mark.parametrize("method", [GET, POST, PUT, DELETE])
@pytest.mark.parametrize("query", [(), (BASELINE,)])
@pytest.mark.parametrize("peer", [STRANGER, BY_OWNER])
def test_parts_refuse_everything(
    href: str, method: Method, query: tuple[str, ...], peer: Peer
) -> None:
    """Whoever asks for a part alone hears 4.03, with an entry for it as well, by any method."""
    world = monitor(may(31, href), may(31, aceid=8), peer=peer)
    body = None if method is GET else {"systolic": 100}
    assert world.ask(method, href, body, *query)[0] is Code.FORBIDDEN


@pytest.mark.parametrize("payload", [b"", b"\xff", b"\x80", b"\xa0"])
def test_parts_refuse_whatever_is_sent(payload: bytes) -> None:
    """What is sent to a part is not looked at: it is refused as such."""
    request = Request(POST, "/pressure", query=(BASELINE,), payload=payload)
    assert monitor().request(request)[0] is Code.FORBIDDEN


def test_parts_say_nothing_to_strangers() -> None:
    """Who has no right to a part does not learn what it is."""
    assert monitor(may(31, WHOLE)).ask(GET, "/pressure")[0] is Code.UNAUTHORIZED


@pytest.mark.parametrize("method", [POST, PUT, DELETE])
@pytest.mark.parametrize("query", [(), (B,), (BASELINE,)])
@pytest.mark.parametrize("body", [{}, [{"href": "/user", "rep": {"userid": "me"}}]])
def test_nothing_is_written(method: Method, query: tuple[str, ...], body: Any) -> None:
    """A measurement takes no UPDATE and no DELETE by any interface: 4.05."""
    world = monitor()
    before = world.values()
    assert world.ask(method, WHOLE, body, *query)[0] is Code.METHOD_NOT_ALLOWED
    assert world.values() == before


@pytest.mark.parametrize("query", ["rt=oic.r.pulserate", "rt=unknown", "href=/pulse", "ins=1"])
@pytest.mark.parametrize("interface", [B, LL, BASELINE])
def test_parts_cannot_be_selected(query: str, interface: str) -> None:
    """A query that asks for some links is refused: they are no measurement."""
    assert monitor().ask(GET, WHOLE, None, interface, query)[0] is Code.FORBIDDEN


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (may(2, WHOLE), Code.CONTENT),
        (may(4, WHOLE), Code.UNAUTHORIZED),
        (may(31, *PARTS), Code.UNAUTHORIZED),
    ],
)
def test_an_entry_for_the_whole_is_enough(entry: Ace, code: Code) -> None:
    """Who may read the measurement reads all of it, and an entry for the parts is worth nothing."""
    answer, found = monitor(entry).ask(GET, WHOLE)
    assert answer is code
    assert len(found or []) == (4 if code is Code.CONTENT else 0)


def test_an_entry_for_the_whole_is_enough_to_observe() -> None:
    """Who may read the measurement may observe it, without an entry for a part."""
    world = monitor(may(2, WHOLE))
    world.request(Request(GET, WHOLE, observe=0))
    assert world.last.observe_as == f"{WHOLE}?{B}"


def test_changes_alone_are_never_told() -> None:
    """A client that names what it has gets all the same the whole, or hears that it has that."""
    world = monitor()
    known = world.request(Request(GET, WHOLE))[1][0]["etag"]
    request = Request(GET, WHOLE, query=("incChanges=AAECAwQFBgc",), etags=(known,))
    assert len(world.request(request)[1]) == 4
    whole = world.last.etag
    assert world.request(Request(GET, WHOLE, etags=(whole,)))[0] is Code.VALID
    world.appliances["/pulse"].values.set({"pulserate": 99})
    code, found = world.request(Request(GET, WHOLE, etags=(whole,)))
    assert (code, len(found)) == (Code.CONTENT, 4)


def test_parts_are_in_no_list() -> None:
    """Discovery lists the measurement and none of its parts, nor does its batch."""
    world = monitor()
    listed = {link["href"] for link in world.get("/oic/res")}
    assert WHOLE in listed
    assert not listed & set(PARTS)
    batch = {item["href"].rpartition("/")[2] for item in world.get("/oic/res", B)}
    assert "battery" in batch
    assert not batch & {"pressure", "pulse", "user", "time", "measurement"}
    fresh = World(unowned(), PLAIN, load("blood-pressure-monitor"), PLAIN_PORT)
    found = fresh.get("/.well-known/core")
    assert "</measurement>" in found
    assert "/pressure" not in found


def test_introspection_has_what_can_be_asked() -> None:
    """The document has the measurement, to be read, and no path for a part."""
    paths = described(load("blood-pressure-monitor"))["paths"]
    assert not paths.keys() & set(PARTS)
    assert {href: set(each) for href, each in paths.items() if href.startswith(WHOLE)} == {
        f"{WHOLE}?{name}": {"get"} for name in (B, LL, BASELINE)
    }


def test_parts_that_are_not_observable_tell_nothing() -> None:
    """Observers of a measurement hear of the observable parts alone."""
    profile = load("blood-pressure-monitor")
    hidden = tuple(replace(each, observable=each.href != "/user") for each in profile.resources)
    told = batches_of_members(replace(profile, resources=hidden))
    assert sorted(told) == ["/pressure", "/pulse", "/time"]


PART = {
    "href": "/part",
    "types": ["oic.r.pulserate"],
    "interfaces": ["oic.if.s", "oic.if.baseline"],
    "properties": {"pulserate": {"type": "integer", "read_only": True, "initial": 60}},
}
AM = {
    "href": "/whole",
    "types": ["oic.wk.atomicmeasurement"],
    "interfaces": ["oic.if.b", "oic.if.ll", "oic.if.baseline"],
    "links": ["/part"],
}
ROOM = {
    "href": "/room",
    "types": ["oic.wk.col"],
    "interfaces": ["oic.if.ll", "oic.if.b", "oic.if.baseline"],
    "links": ["/part"],
}
RTS_M = {"type": "string", "length": 1, "read_only": True, "initial": ["oic.r.weight"]}


@pytest.mark.parametrize(
    ("resources", "sentence"),
    [
        (
            [{**AM, "interfaces": ["oic.if.ll", "oic.if.b", "oic.if.baseline"]}, PART],
            "has the inter",
        ),
        ([{**AM, "interfaces": ["oic.if.b", "oic.if.ll"]}, PART], "has the interfaces"),
        ([{**AM, "links": []}, PART], "has links"),
        ([AM, {**PART, "interfaces": ["oic.if.baseline", "oic.if.s"]}], "cannot be measured"),
        ([AM, {**ROOM, "href": "/part", "links": ["/x"]}, {**PART, "href": "/x"}], "measured"),
        ([AM, ROOM, PART], "/part is read as a part of /whole only"),
        ([AM, {**AM, "href": "/other"}, PART], "/part is read as a part of /other only"),
        ([{**AM, "properties": {"rts-m": RTS_M}}, PART], "no link is of the type oic.r.weight"),
    ],
)
def test_what_is_no_atomic_measurement_is_refused(resources: Any, sentence: str) -> None:
    """A profile with a measurement that OCF does not allow is refused, and told why."""
    head = {"device": {"name": "x", "types": ["oic.d.x"]}, "platform": {"manufacturer": "x"}}
    msgspec.convert({**head, "resources": [AM, PART]}, Profile)
    with pytest.raises(msgspec.ValidationError, match=sentence):
        msgspec.convert({**head, "resources": resources}, Profile)
