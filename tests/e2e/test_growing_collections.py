"""Collections that clients fill: what a CREATE makes, who may, and who hears of it."""

from typing import Any

import cbor2
import pytest
from data_models import MODELS, as_json, check, document, needs_models, resolved, retrieved_schema
from device_scene import Scene, make_scene
from growing_scene import (
    BASELINE,
    BATCH,
    BLIND,
    CONTACT,
    CREATE,
    GUEST,
    PANEL,
    STRANGER,
    SWITCH,
    SWITCHES,
    VISITORS,
    Panel,
    wish,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from onboardee.device import events
from onboardee.device.access.peer import Peer
from onboardee.device.simulation.profile import Profile
from onboardee.obt import run
from onboardee.obt.link import Ask
from onboardee.svrdb.model import MAX_CREATED
from onboardee.wire.coap import Code, Method
from onboardee.wire.path import Path

MODEL = MODELS / "core" / "swagger2.0" / "oic.wk.col.swagger.json"


def test_a_client_creates_a_switch_and_uses_it() -> None:
    """The answer is the link with the representation; the switch works like any other."""
    panel = Panel()
    assert panel.create() == {
        "href": "/switches/1",
        "rt": [SWITCH],
        "if": ["oic.if.a", "oic.if.baseline"],
        "p": {"bm": 3},
        "ins": 1,
        "rep": {"rt": [SWITCH], "if": ["oic.if.a", "oic.if.baseline"], "value": True},
    }
    assert panel.get("/switches/1") == {"value": True}
    assert panel.ask(Method.POST, "/switches/1", {"value": False})[0] is Code.CHANGED
    assert panel.get("/switches/1") == {"value": False}
    assert panel.delete("/switches/1") is Code.DELETED
    assert panel.get("/switches/1") is Code.NOT_FOUND
    assert panel.delete("/switches/1") is Code.NOT_FOUND


def test_links_come_and_go_everywhere() -> None:
    """The collection, discovery and introspection show what there is, at each moment."""
    panel = Panel()
    described = "/oic/introspection/data"
    first = panel.discovered()
    assert (panel.paths(), panel.get(SWITCHES, BATCH)) == ([], [])
    panel.create()
    panel.create(wish(value=False))
    assert panel.paths() == ["/switches/1", "/switches/2"]
    assert panel.discovered() == [*first, "/switches/1", "/switches/2"]
    assert [each["rep"] for each in panel.get(SWITCHES, BATCH)] == [
        {"value": True},
        {"value": False},
    ]
    paths = panel.get(described)["paths"]
    assert set(paths["/switches/1"]) == {"get", "post", "delete"}
    assert set(paths[f"{SWITCHES}?{CREATE}"]) == {"post"}
    panel.delete("/switches/1")
    assert panel.paths() == ["/switches/2"]
    assert panel.discovered() == [*first, "/switches/2"]
    assert "/switches/1" not in panel.get(described)["paths"]
    panel.delete("/switches/2")
    assert (panel.paths(), panel.discovered()) == ([], first)


def test_a_path_and_a_number_are_the_lowest_that_are_free() -> None:
    """Paths and `ins` of what is left stay when something goes, as with IoTivity-Lite."""
    panel = Panel()
    for _ in range(3):
        panel.create()
    panel.delete("/switches/2")
    assert [(each["href"], each["ins"]) for each in panel.get(SWITCHES)] == [
        ("/switches/1", 1),
        ("/switches/3", 3),
    ]
    made = panel.create()
    assert (made["href"], made["ins"]) == ("/switches/2", 2)


def test_types_of_a_collection_that_grows() -> None:
    """`rts` has what is linked and what may be created, `rts-m` what the profile says."""
    found = Panel().get(SWITCHES, BASELINE)
    assert found["rts"] == [SWITCH, "oic.r.light.dimming", BLIND]
    assert (found["rts-m"], found["links"]) == ([SWITCH], [])
    assert "rts-m" not in Panel().get(VISITORS, BASELINE)


def test_what_is_not_given_begins_as_the_type_has_it() -> None:
    """Values are checked by the limits of the type; read-only ones may be given once, here."""
    panel = Panel()
    assert panel.create(wish())["rep"]["value"] is True
    dimmer = panel.create(wish("oic.r.light.dimming", dimmingSetting=40, step=10, unknown=1))
    assert (dimmer["rep"]["dimmingSetting"], dimmer["rep"]["step"]) == (40, 10)
    assert "unknown" not in dimmer["rep"]
    named = {**wish(value=False), "rep": {"n": "Hall", "value": False}}
    assert panel.create(named)["rep"]["n"] == "Hall"
    assert panel.get("/switches/3", BASELINE)["n"] == "Hall"


def test_what_is_not_discoverable_is_not_listed() -> None:
    """`p` says whether discovery lists a resource and whether it can be observed."""
    panel = Panel()
    hidden = panel.create({**wish(value=True), "p": {"bm": 0}})
    assert hidden["p"] == {"bm": 0}
    assert hidden["href"] not in panel.discovered()
    assert [link["p"] for link in panel.get(SWITCHES)] == [{"bm": 0}]
    assert panel.create({**wish(value=True), "p": {"bm": 255}})["p"] == {"bm": 3}


REFUSED = [
    ({}, Code.BAD_REQUEST),
    ({**wish(), "rt": []}, Code.BAD_REQUEST),
    ({**wish(), "rt": SWITCH}, Code.BAD_REQUEST),
    ({**wish(), "rt": [SWITCH, 3]}, Code.BAD_REQUEST),
    ({**wish(), "rt": ["oic.r.unknown"]}, Code.BAD_REQUEST),
    ({**wish(), "rt": [SWITCH, "oic.r.unknown"]}, Code.BAD_REQUEST),
    ({**wish(), "rt": ["oic.wk.col"]}, Code.BAD_REQUEST),
    ({**wish(), "if": ["oic.if.ll"]}, Code.BAD_REQUEST),
    ({**wish(), "if": []}, Code.BAD_REQUEST),
    ({**wish(), "p": 3}, Code.BAD_REQUEST),
    ({**wish(), "p": {"bm": -1}}, Code.BAD_REQUEST),
    ({**wish(), "rep": []}, Code.BAD_REQUEST),
    ({key: value for key, value in wish().items() if key != "rep"}, Code.BAD_REQUEST),
    (wish(value="on"), Code.BAD_REQUEST),
    (wish(n=""), Code.BAD_REQUEST),
    (wish(n="x" * 65), Code.BAD_REQUEST),
    (wish("oic.r.light.dimming", dimmingSetting=101), Code.FORBIDDEN),
    (wish("oic.r.light.dimming", dimmingSetting="40"), Code.BAD_REQUEST),
]


@pytest.mark.parametrize(("body", "code"), REFUSED)
def test_what_cannot_be_created(body: Any, code: Code) -> None:
    """A CREATE that asks for what there is not is refused, and nothing has changed."""
    panel = Panel()
    before = panel.store.current
    assert panel.create(body) is code
    assert panel.store.current is before
    assert panel.paths() == []


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.binary()
)
PIECES = st.recursive(
    SCALARS | st.sampled_from([SWITCH, BLIND, "oic.if.a", "oic.if.baseline"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["bm", "value", "openLevel", "range", "n"]), inner)
    ),
    max_leaves=8,
)
BODIES = st.dictionaries(
    st.sampled_from(["rt", "if", "p", "rep", "href", "ins"]), PIECES
) | st.builds(
    lambda rep: wish(BLIND) | {"rep": rep},
    st.dictionaries(st.sampled_from(["openLevel", "range", "step", "n", "x"]), PIECES),
)


@settings(max_examples=120, deadline=None)
@given(body=BODIES)
def test_whatever_is_asked_for_is_created_or_refused(body: Any) -> None:
    """No request breaks the device, and what it created is read back by the next process."""
    panel = Panel()
    made = panel.create(body)
    if isinstance(made, Code):
        assert made in {Code.BAD_REQUEST, Code.FORBIDDEN, Code.REQUEST_ENTITY_TOO_LARGE}
        assert panel.paths() == []
    else:
        assert panel.get(made["href"], BASELINE) == made["rep"]
        assert panel.again().get(made["href"], BASELINE) == made["rep"]


def small(**changes: Any) -> Profile:
    """Return the panel with other bounds of its switches."""
    resources = tuple(
        replace(each, creates=replace(each.creates, **changes)) if each.href == SWITCHES else each
        for each in PANEL.resources
    )
    return replace(PANEL, resources=resources)


def test_a_collection_is_full_at_its_limit() -> None:
    """No more than the profile allows, in number and in size; what goes makes room."""
    panel = Panel(profile=small(limit=2))
    assert panel.create()["href"] == "/switches/1"
    assert panel.create()["href"] == "/switches/2"
    assert panel.create() is Code.FORBIDDEN
    panel.delete("/switches/1")
    assert panel.create()["href"] == "/switches/1"
    large = wish("oic.r.light.dimming", range=[0, 100], dimmingSetting=50, step=1)
    assert Panel(profile=small(max_size=64)).create(large)["ins"] == 1
    assert Panel(profile=small(max_size=16)).create(large) is Code.REQUEST_ENTITY_TOO_LARGE


def test_a_device_has_a_bound_on_all_its_collections() -> None:
    """A profile that would let a device keep more than its database takes is refused."""
    room = sum(each.creates.limit for each in PANEL.resources if each.creates)
    assert 0 < room <= MAX_CREATED


@pytest.mark.parametrize(("permission", "code"), [(2, False), (4, False), (30, False), (1, True)])
def test_a_client_needs_the_permission_to_create(permission: int, code: bool) -> None:
    """CREATE takes its own bit of an access control entry (OCF Security 12.2)."""
    panel = Panel(permission=permission)
    assert (panel.create() != Code.UNAUTHORIZED) is code
    assert len(panel.store.current.created.resources) is int(code)


def test_a_stranger_creates_and_deletes_nothing() -> None:
    """Without an entry, over a session or in the clear, a CREATE and a DELETE are refused."""
    panel = Panel()
    panel.create()
    before = panel.store.current
    clear = Peer(Path("10.0.0.10", 5683, "10.0.0.20", 40000))
    for who in ({"uuid": STRANGER}, {"peer": clear}):
        assert panel.ask(Method.POST, SWITCHES, wish(), CREATE, **who)[0] is Code.UNAUTHORIZED
        assert panel.ask(Method.DELETE, "/switches/1", None, **who)[0] is Code.UNAUTHORIZED
        assert panel.ask(Method.DELETE, SWITCHES, None, BATCH, **who)[0] is Code.UNAUTHORIZED
    assert panel.store.current is before
    assert [each.rule for each in panel.events if isinstance(each, events.AccessDenied)] == [
        *["access-control-entry"] * 3,
        *["secured-only"] * 3,
    ]


def test_who_may_only_create_gets_an_entry_for_what_it_created() -> None:
    """It can use and delete its own, and nothing of others; the entry goes with the resource."""
    panel = Panel(permission=1)
    entries = panel.store.current.acl2.entries
    panel.create()
    (own,) = panel.store.current.acl2.entries[len(entries) :]
    assert (own.subject.uuid, own.permission) == (str(GUEST), 14)
    assert [each.href for each in own.resources] == ["/switches/1"]
    assert panel.get("/switches/1") == {"value": True}
    assert panel.get("/main") is Code.UNAUTHORIZED
    assert panel.get("/switches/1", uuid=STRANGER) is Code.UNAUTHORIZED
    assert panel.delete("/switches/1") is Code.DELETED
    assert panel.store.current.acl2.entries == entries


def test_an_entry_that_the_owner_changed_stays() -> None:
    """What the owner made of the creator's entry is the owner's, and outlives the resource."""
    panel = Panel(permission=1)
    panel.create()
    database = panel.store.current
    *others, own = database.acl2.entries
    changed = replace(own, resources=(*own.resources, *others[0].resources))
    acl2 = replace(database.acl2, entries=(*others, changed))
    panel.device.adopt(replace(database, acl2=acl2), panel.now)
    panel.delete("/switches/1")
    assert changed in panel.store.current.acl2.entries


def test_a_batch_deletes_all_that_was_created() -> None:
    """DELETE by the batch interface empties a collection, in one commit."""
    panel = Panel()
    for _ in range(3):
        panel.create()
    code, body = panel.ask(Method.DELETE, SWITCHES, None, BATCH)
    hrefs = [f"/switches/{number}" for number in (1, 2, 3)]
    assert (code, body) == (Code.DELETED, [{"href": href, "rep": {}} for href in hrefs])
    assert (panel.paths(), panel.store.current.created.resources) == ([], ())
    assert panel.delete(SWITCHES, BATCH) is Code.DELETED
    assert panel.delete(SWITCHES) is Code.FORBIDDEN
    assert panel.delete("/main") is Code.METHOD_NOT_ALLOWED


def test_a_batch_deletes_some_types() -> None:
    """A query for a type leaves the others; one that nothing has is no request."""
    panel = Panel()
    panel.create()
    panel.create(wish(BLIND))
    assert panel.delete(SWITCHES, BATCH, f"rt={BLIND}") is Code.DELETED
    assert panel.paths() == ["/switches/1"]
    assert panel.delete(SWITCHES, BATCH, f"rt={BLIND}") is Code.BAD_REQUEST


def test_a_sensor_can_be_deleted() -> None:
    """DELETE goes to the resource, whether or not its interface can change a value."""
    panel = Panel()
    made = panel.create(wish(CONTACT, value=True), collection=VISITORS)
    assert made["rep"]["value"] is True
    assert panel.delete(made["href"], "if=oic.if.s") is Code.FORBIDDEN
    assert panel.delete(made["href"]) is Code.DELETED


def test_a_created_blind_takes_its_time() -> None:
    """A created resource behaves as its type does in the catalogue, until it goes."""
    panel = Panel()
    panel.create(wish(BLIND, openLevel=0))
    panel.ask(Method.POST, "/switches/1", {"openLevel": 100})
    assert panel.get("/switches/1")["openLevel"] == 0
    panel.pass_time(5)
    assert 0 < panel.get("/switches/1")["openLevel"] < 100
    assert panel.device.next_deadline() is not None
    panel.delete("/switches/1")
    panel.pass_time(5)
    assert panel.device.next_deadline() is None


def test_inputs_and_faults_of_a_created_resource() -> None:
    """People press its inputs and break it by names of its own, which go with it."""
    panel = Panel()
    panel.create(wish(CONTACT, value=False), collection=VISITORS)
    panel.create(wish(BLIND))
    assert panel.device.inputs == ["door-visitors-1"]
    assert panel.device.faults == {"jammed-switches-1": False}
    panel.device.press("door-visitors-1", panel.now)
    assert panel.get("/visitors/1") == {"value": True}
    panel.device.fault("jammed-switches-1", panel.now, is_on=True)
    before = panel.get("/switches/1")["openLevel"]
    panel.ask(Method.POST, "/switches/1", {"openLevel": 7})
    panel.pass_time(30)
    assert panel.get("/switches/1")["openLevel"] == before
    panel.delete("/visitors/1")
    panel.delete("/switches/1")
    assert (panel.device.inputs, panel.device.faults) == ([], {})


def test_events_tell_of_it() -> None:
    """People read what was created and deleted, and of its values as of any other's."""
    panel = Panel()
    panel.create()
    panel.ask(Method.POST, "/switches/1", {"value": False})
    panel.delete("/switches/1")
    kinds = events.ResourceCreated, events.ResourceDeleted, events.ValueChanged
    assert [each for each in panel.events if isinstance(each, kinds)] == [
        events.ResourceCreated(href="/switches/1", collection=SWITCHES, type=SWITCH),
        events.ValueChanged(href="/switches/1", values={"value": False}),
        events.ResourceDeleted(href="/switches/1", collection=SWITCHES),
    ]


def told(scene: Scene, mailbox: Any) -> tuple[Code, Any]:
    """Return the next notification, or the first answer."""
    heard = run(scene.transport.receive(mailbox, deadline=scene.network.now + 60))
    body = cbor2.loads(heard.payload) if heard.payload else None
    return heard.code, body


def test_observers_hear_of_what_comes_and_goes() -> None:
    """Those of links, batch and discovery, and of the resource itself, which ends with 4.04."""
    scene = make_scene(PANEL)
    owner = scene.own()
    link = run(owner.connect())

    def observed(path: str, *query: str) -> Any:
        mailbox = scene.transport.observe(link, Ask(Method.GET, path, query, observe=True))
        assert told(scene, mailbox)[0] is Code.CONTENT
        return mailbox

    def ask(method: Method, path: str, body: Any = None, *query: str) -> Code:
        payload = b"" if body is None else cbor2.dumps(body)
        form = None if body is None else 10000
        request = Ask(method, path, query, payload=payload, content_format=form)
        return run(scene.transport.request(link, request, deadline=scene.network.now + 60)).code

    def in_batch() -> dict[str, Any]:
        return {each["href"]: each["rep"] for each in told(scene, batch)[1]}

    def listed() -> set[str]:
        return {each["href"] for each in told(scene, discovery)[1]}

    links, batch = observed(SWITCHES), observed(SWITCHES, BATCH)
    discovery = observed("/oic/res", "rt=oic.r.switch.binary")
    assert ask(Method.POST, SWITCHES, wish(value=False), CREATE) is Code.CREATED
    assert [each["href"] for each in told(scene, links)[1]] == ["/switches/1"]
    assert in_batch() == {"/switches/1": {"value": False}}
    assert listed() == {"/main", "/switches/1"}
    switch = observed("/switches/1")
    assert ask(Method.POST, "/switches/1", {"value": True}) is Code.CHANGED
    assert told(scene, switch) == (Code.CONTENT, {"value": True})
    assert in_batch() == {"/switches/1": {"value": True}}
    assert ask(Method.DELETE, "/switches/1") is Code.DELETED
    assert told(scene, switch)[0] is Code.NOT_FOUND
    assert (told(scene, links)[1], in_batch(), listed()) == ([], {}, {"/main"})
    assert {each.path for each in scene.device.observers} == {SWITCHES, "/oic/res"}


@needs_models
@pytest.mark.parametrize("number", [0, 2])
def test_representations_are_as_the_models_have_them(number: int) -> None:
    """The collection on each interface, empty and filled, and each created resource."""
    panel = Panel()
    for kind in (SWITCH, "oic.r.light.dimming", BLIND)[: number + 1] if number else ():
        panel.create(wish(kind))
    for place, operations in document(MODEL)["paths"].items():
        schema = resolved(operations["get"]["responses"]["200"]["schema"], MODEL)
        interface = place.partition("if=")[2]
        found = as_json(panel.get(SWITCHES, f"if={interface}"))
        if interface == "oic.if.baseline":
            # the model knows of no other interface than the three
            assert "oic.if.create" in found["if"]
            found["if"] = [each for each in found["if"] if each != "oic.if.create"]
        if found or interface != "oic.if.b":
            check(found, schema)
    names = ("BinarySwitchResURI", "DimmingResURI", "OpenLevelResURI")
    for href, name in zip(panel.paths(), names, strict=False):
        path = MODELS / "IoTDataModels" / f"{name}.swagger.json"
        check(as_json(panel.get(href, BASELINE)), retrieved_schema(path))
