"""Collections: what their links say, and what one request does to all of them."""

from typing import Any

import cbor2
import pytest
from climate_support import FAN, HOME, ROOM, SECRET, SPEED, SWITCH, TARGET, climate, may
from hypothesis import given
from hypothesis import strategies as st
from resource_support import World

from onboardee.device.resources.batch import MAX_CHANGES
from onboardee.wire.coap import Code, Method, Request

GET, POST = Method.GET, Method.POST
B, LL, BASELINE = "if=oic.if.b", "if=oic.if.ll", "if=oic.if.baseline"
SPEED_NOW = {"speed": 20, "direction": "up"}


def reps(answer: Any) -> dict[str, Any]:
    """Return what a batch says of each resource."""
    assert all(item.keys() in ({"href", "rep"}, {"href", "rep", "etag"}) for item in answer)
    return {item["href"]: item["rep"] for item in answer}


def test_links_are_listed() -> None:
    """The default interface lists the links with all that a client needs to follow them."""
    switch, speed = climate(may(2)).get(FAN)
    assert switch == {
        "href": SWITCH,
        "rt": ["oic.r.switch.binary"],
        "if": ["oic.if.a", "oic.if.baseline"],
        "p": {"bm": 3},
        "eps": [{"ep": "coaps://192.0.2.1:5684"}],
        "rel": ["hosts"],
        "ins": 1,
    }
    assert (speed["href"], speed["ins"]) == (SPEED, 2)
    assert climate(may(2)).get(FAN, LL) == [switch, speed]


def test_what_is_not_discoverable_says_so_in_its_link() -> None:
    """A hidden resource is linked all the same, observable or not."""
    links = {link["href"]: link for link in climate(may(2)).get(HOME)["links"]}
    assert links[SECRET]["p"] == {"bm": 2}


def test_baseline_shows_types_links_and_own_properties() -> None:
    """The baseline interface has the links among the common and the own properties."""
    world = climate(may(6))
    found = world.get(HOME)
    assert found == world.get(HOME, BASELINE)
    assert found["rt"] == ["oic.wk.col"]
    assert found["if"] == ["oic.if.baseline", "oic.if.ll", "oic.if.b"]
    assert (found["n"], found["label"]) == ("Home", "first")
    assert found["rts"] == ["oic.r.airflowcontrol", "oic.r.temperature", "x.code"]
    assert [link["href"] for link in found["links"]] == [FAN, ROOM, TARGET, SECRET]
    written = {**found, "label": "second", "links": []}
    assert world.post(HOME, written) is Code.CHANGED
    assert world.get(HOME) == {**found, "label": "second"}


@pytest.mark.parametrize(
    ("query", "hrefs"),
    [
        ((), [FAN, ROOM, TARGET, SECRET]),
        (("rt=oic.r.temperature",), [ROOM, TARGET]),
        (("rt=x.code",), [SECRET]),
        (("rt=oic.r.temperature", "rt=x.code"), [ROOM, TARGET, SECRET]),
        (("rt=unknown",), []),
        (("unknown=1",), [FAN, ROOM, TARGET, SECRET]),
    ],
)
def test_links_of_some_types(query: tuple[str, ...], hrefs: list[str]) -> None:
    """A query for types leaves out the other links, in the list, the baseline and the batch."""
    world = climate(may(2))
    found = world.get(HOME, LL, *query)
    assert [link["href"] for link in found] == hrefs
    assert world.get(HOME, BASELINE, *query)["links"] == found
    code, body = world.ask(GET, HOME, None, B, *query)
    readable = [href for href in hrefs if href != SECRET]
    assert [item["href"] for item in body or []] == readable
    if not hrefs:
        assert code is Code.BAD_REQUEST
    else:
        assert code is (Code.CONTENT if hrefs == readable else Code.NOT_FOUND)


def test_batch_reads_all_links() -> None:
    """A batch shows each resource as its default interface does."""
    assert reps(climate(may(2)).get(FAN, B)) == {SWITCH: {"value": False}, SPEED: SPEED_NOW}


def test_collection_in_a_batch_is_its_links() -> None:
    """A collection among the links is not entered, but represented by its links."""
    world = climate(may(2))
    _, body = world.ask(GET, HOME, None, B)
    refused = {href: error.code for href, error in world.last.outcome.refusals}
    assert refused == {SECRET: Code.FORBIDDEN}
    assert reps(body)[FAN] == world.get(FAN)
    assert reps(body)[ROOM]["temperature"] == 20.0


@pytest.mark.parametrize(
    ("entries", "code", "seen"),
    [
        ([may(2)], Code.CONTENT, {SWITCH, SPEED}),
        ([may(2, FAN, SWITCH, SPEED)], Code.CONTENT, {SWITCH, SPEED}),
        ([may(2, FAN, SWITCH)], Code.NOT_FOUND, {SWITCH}),
        ([may(2, FAN, SPEED), may(4, SWITCH, aceid=8)], Code.NOT_FOUND, {SPEED}),
        ([may(2, FAN)], Code.NOT_FOUND, set()),
        ([may(2, SWITCH, SPEED)], Code.UNAUTHORIZED, set()),
        ([], Code.UNAUTHORIZED, set()),
    ],
)
def test_batch_reads_what_the_peer_may_read(entries: Any, code: Code, seen: set[str]) -> None:
    """The collection and each link need an entry; a refused link is left out and named."""
    world = climate(*entries)
    answer, body = world.ask(GET, FAN, None, B)
    assert answer is code
    assert set(reps(body or [])) == seen
    if code is Code.UNAUTHORIZED:
        return
    refused = dict(world.last.outcome.refusals)
    assert refused.keys() == {SWITCH, SPEED} - seen
    for error in refused.values():
        assert error.code is Code.UNAUTHORIZED
        assert error.decision.rule == "access-control-entry"


@pytest.mark.parametrize(
    ("items", "after", "changed"),
    [
        ([(SWITCH, {"value": True})], {SWITCH: {"value": True}}, {SWITCH}),
        (
            [(SWITCH, {"value": True}), (SPEED, {"speed": 3})],
            {SWITCH: {"value": True}, SPEED: SPEED_NOW | {"speed": 3}},
            {SWITCH, SPEED},
        ),
        (
            [("", {"value": True, "speed": 5})],
            {SWITCH: {"value": True}, SPEED: SPEED_NOW | {"speed": 5}},
            {SWITCH, SPEED},
        ),
        ([(SWITCH, {})], {SWITCH: {"value": False}}, set()),
        (
            [(SPEED, {"speed": 1}), (SPEED, {"speed": 2})],
            {SPEED: SPEED_NOW | {"speed": 2}},
            {SPEED},
        ),
    ],
)
def test_batch_writes_links(items: Any, after: Any, changed: set[str]) -> None:
    """Each item changes the link it names, an empty path all of them; observers hear of it."""
    world = climate(may(6))
    before = world.values()
    body = [{"href": href, "rep": rep} for href, rep in items]
    code, answer = world.ask(POST, FAN, body, B)
    assert code is Code.CHANGED
    assert reps(answer) == after
    assert [item["href"] for item in answer][: len(items)] == [href or SWITCH for href, _ in items]
    assert world.last.outcome.notify == changed
    assert {href: world.get(href) for href in after} == after
    assert {href for href, now in after.items() if now != before[href]} == changed


@pytest.mark.parametrize(
    ("entry", "items", "refused"),
    [
        (may(4, FAN, SWITCH), {SWITCH: {"value": True}, SPEED: {"speed": 3}}, {SPEED: "4.01"}),
        (may(4, FAN), {SWITCH: {"value": True}}, {SWITCH: "4.01"}),
        (may(4), {SWITCH: {"value": 1}, SPEED: {"speed": 3}}, {SWITCH: "4.00"}),
        (may(4), {SPEED: {"speed": 300, "direction": "down"}}, {SPEED: "4.03"}),
    ],
)
def test_refused_links_of_a_written_batch(entry: Any, items: Any, refused: dict[str, str]) -> None:
    """A refused link stays as it is and has an empty representation; the others are changed."""
    world = climate(entry)
    before = world.values()
    body = [{"href": href, "rep": rep} for href, rep in items.items()]
    code, answer = world.ask(POST, FAN, body, B)
    assert code is Code.FORBIDDEN
    assert {href for href, rep in reps(answer).items() if not rep} == refused.keys()
    assert {href: str(e.code) for href, e in world.last.outcome.refusals} == refused
    for href, rep in items.items():
        expected = before[href] if href in refused else before[href] | rep
        assert world.values()[href] == expected
    assert world.last.outcome.notify == items.keys() - refused.keys()


def test_links_are_written_by_their_default_interface() -> None:
    """A sensor and a collection are not written by a batch, a write-only resource shows nothing."""
    world = climate(may(6))
    items = [
        {"href": ROOM, "rep": {"temperature": 5}},
        {"href": FAN, "rep": {}},
        {"href": SECRET, "rep": {"code": "1234"}},
    ]
    code, answer = world.ask(POST, HOME, items, B)
    assert code is Code.FORBIDDEN
    assert reps(answer) == {ROOM: {}, FAN: {}, SECRET: {}}
    refused = {href: error.code for href, error in world.last.outcome.refusals}
    assert refused == {ROOM: Code.FORBIDDEN, FAN: Code.FORBIDDEN}
    assert world.values()[SECRET] == {"code": "1234"}


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"value": True},
        [],
        b"",
        b"\xff",
        [SWITCH],
        [None],
        [{"href": SWITCH}],
        [{"rep": {"value": True}}],
        [{"href": SWITCH, "rep": [{"value": True}]}],
        [{"href": None, "rep": {}}],
        [{"href": 1, "rep": {}}],
        [{"href": "/fan", "rep": {}}],
        [{"href": "/nothing", "rep": {}}],
        [{"href": TARGET, "rep": {"temperature": 20}}],
        [{"href": SWITCH, "rep": {"value": True}}, {"href": "/nothing", "rep": {}}],
        [{"href": SWITCH, "rep": {"value": True}}] * (MAX_CHANGES + 1),
        [{"href": "", "rep": {"value": True}}] * (MAX_CHANGES // 2 + 1),
    ],
    ids=lambda payload: repr(payload)[:40],
)
def test_malformed_batches_change_nothing(payload: Any) -> None:
    """What is no array of href and rep of links is a bad request as a whole."""
    world = climate(may(31))
    before = world.values()
    assert world.ask(POST, FAN, payload, B) == (Code.BAD_REQUEST, None)
    assert world.values() == before


@pytest.mark.parametrize("count", [1, MAX_CHANGES])
def test_batches_up_to_the_limit_are_carried_out(count: int) -> None:
    """As many changes as allowed are made in their order."""
    world = climate(may(31))
    items = [{"href": SPEED, "rep": {"speed": number}} for number in range(count)]
    assert world.post(FAN, items, B) is Code.CHANGED
    assert world.get(SPEED)["speed"] == count - 1


@pytest.mark.parametrize(
    ("entries", "key"),
    [
        ([may(18)], "/fan?if=oic.if.b"),
        ([may(16)], "/fan?if=oic.if.b"),
        ([may(2)], "/fan?if=oic.if.b"),
        ([may(18, FAN, SWITCH), may(2, SPEED, aceid=8)], "/fan?if=oic.if.b"),
        ([may(2, FAN), may(16, SWITCH, SPEED, aceid=8)], "/fan?if=oic.if.b"),
    ],
)
def test_who_may_observe_a_batch(entries: Any, key: str) -> None:
    """Who may read or be notified of the collection and all its links."""
    world = climate(*entries)
    code, body = world.request(Request(GET, FAN, (B,), observe=0))
    assert (code, len(body)) == (Code.CONTENT, 2)
    assert world.last.observe_as == key


def test_a_batch_with_a_refused_link_is_read_and_not_observed() -> None:
    """What a peer may not read it is not told of either, so there is nothing to wait for."""
    world = climate(may(2, FAN, SWITCH), may(4, SPEED, aceid=8))
    code, body = world.request(Request(GET, FAN, (B,), observe=0))
    assert (code, [each["href"] for each in body]) == (Code.NOT_FOUND, [SWITCH])
    assert world.last.observe_as is None


@pytest.mark.parametrize("query", [(), (LL,), (BASELINE,)])
def test_links_are_observed_apart_from_the_batch(query: tuple[str, ...]) -> None:
    """Observers of the links watch the collection itself."""
    world = climate(may(18))
    world.request(Request(GET, FAN, query, observe=0))
    assert world.last.observe_as == FAN


INTEGERS = st.integers(-(2**64), 2**64 - 1)  # beyond, CBOR needs tags
VALUES = st.none() | st.booleans() | INTEGERS | st.floats() | st.text(max_size=5)
REPRESENTATIONS = st.dictionaries(
    st.sampled_from(["value", "speed", "direction", "temperature", "units", "step", "n", "x"]),
    VALUES | st.lists(VALUES, max_size=2),
    max_size=4,
)
ITEMS = st.fixed_dictionaries(
    {"href": st.sampled_from([SWITCH, SPEED, ""]), "rep": REPRESENTATIONS}
)


@given(st.lists(ITEMS, min_size=1, max_size=4))
def test_each_item_of_a_batch_does_what_the_same_update_alone_does(items: list[Any]) -> None:
    """A batch is as good as its updates one after the other, refused ones included."""
    together, apart = climate(may(6)), climate(may(6))
    code = together.post(FAN, items, B)
    singles = [
        apart.post(href, item["rep"])
        for item in items
        for href in ([item["href"]] if item["href"] else [SWITCH, SPEED])
    ]
    assert together.values() == apart.values()
    is_fine = all(single is Code.CHANGED for single in singles)
    assert code is (Code.CHANGED if is_fine else Code.FORBIDDEN)


@given(st.binary(max_size=60) | st.builds(cbor2.dumps, st.lists(VALUES | REPRESENTATIONS)))
def test_any_payload_is_answered(payload: bytes) -> None:
    """Whatever the body of a batch is, it is carried out or refused."""
    assert _answer(climate(may(31)), payload) in {
        Code.CHANGED,
        Code.FORBIDDEN,
        Code.BAD_REQUEST,
    }


def _answer(world: World, payload: bytes) -> Any:
    return world.ask(POST, FAN, payload, B)[0]
