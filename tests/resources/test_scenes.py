"""Scenes: what is shown of them, and what an UPDATE of `lastScene` does."""

from typing import Any

import msgspec
import pytest
from climate_support import may
from msgspec.structs import replace
from scene_support import (
    BLIND,
    EVENING,
    FILM,
    LAMP,
    LIST,
    MEMBERS,
    MODE,
    OFF,
    SENSOR,
    home,
    home_profile,
    resource,
    with_values,
)

from onboardee.device.resources.openapi import described
from onboardee.svrdb.model import Ace
from onboardee.wire.coap import Code, Method

GET, POST = Method.GET, Method.POST
A, LL, BASELINE = "if=oic.if.a", "if=oic.if.ll", "if=oic.if.baseline"


def test_the_list_leads_to_collections_and_these_to_members() -> None:
    """Links go from the list to each collection and from there to a member for each resource."""
    world = home()
    assert [link["href"] for link in world.get(LIST)] == [EVENING]
    assert [link["href"] for link in world.get(EVENING)] == MEMBERS
    found = world.get(EVENING, BASELINE)
    assert found["rt"] == ["oic.wk.scenecollection"]
    assert (found["n"], found["lastScene"], found["sceneValues"]) == (
        "Evening",
        "off",
        ["off", "film"],
    )
    assert found["rts"] == ["oic.wk.scenemember"]
    assert world.get(LIST, BASELINE)["rts"] == ["oic.wk.scenecollection"]


def test_a_member_tells_what_each_scene_sets() -> None:
    """It links to its resource, and has the values as text, as the model wants them."""
    world = home()
    first, second = (world.get(href) for href in MEMBERS)
    assert (first["link"]["href"], first["link"]["rt"]) == (LAMP, ["oic.r.switch.binary"])
    assert first["SceneMappings"] == [
        {"scene": "off", "memberProperty": "value", "memberValue": "false"},
        {"scene": "film", "memberProperty": "value", "memberValue": "true"},
    ]
    assert second["SceneMappings"] == [
        {"scene": "film", "memberProperty": "openLevel", "memberValue": "0"}
    ]


@pytest.mark.parametrize("interface", [A, BASELINE])
def test_a_scene_is_recalled(interface: str) -> None:
    """An UPDATE of lastScene sets all of the scene, and is answered with what has changed."""
    world = home()
    assert world.ask(POST, EVENING, {"lastScene": "film"}, interface) == (
        Code.CHANGED,
        {"lastScene": "film"},
    )
    assert world.values()[LAMP] == {"value": True}
    assert world.values()[BLIND] == {"openLevel": 0}
    assert world.last.outcome.notify == {EVENING, LAMP, BLIND}
    assert world.get(EVENING, BASELINE)["lastScene"] == "film"


def test_what_a_scene_does_not_name_stays() -> None:
    """The scene that only switches a lamp leaves the blind where it is."""
    world = home()
    world.post(EVENING, {"lastScene": "film"}, A)
    world.post(EVENING, {"lastScene": "off"}, A)
    assert world.values()[LAMP] == {"value": False}
    assert world.values()[BLIND] == {"openLevel": 0}


def test_the_same_scene_again_sets_everything_again() -> None:
    """Somebody has touched the lamp since: the same value sets all members once more."""
    world = home()
    world.post(EVENING, {"lastScene": "film"}, A)
    world.post(LAMP, {"value": False}, A)
    assert world.post(EVENING, {"lastScene": "film"}, A) is Code.CHANGED
    assert world.values()[LAMP] == {"value": True}
    assert world.last.outcome.notify == {LAMP}


@pytest.mark.parametrize(
    ("body", "query", "code"),
    [
        ({"lastScene": "party"}, A, Code.FORBIDDEN),
        ({"lastScene": 5}, A, Code.BAD_REQUEST),
        ({"lastScene": None}, A, Code.BAD_REQUEST),
        ({"lastScene": "film", "sceneValues": ["film"]}, A, Code.BAD_REQUEST),
        ({"lastScene": "film"}, LL, Code.FORBIDDEN),
        ({"lastScene": "film"}, "", Code.FORBIDDEN),
        ({"sceneValues": ["off", "film"]}, A, Code.CHANGED),
        ({"x": 1}, A, Code.CHANGED),
        ({}, A, Code.CHANGED),
    ],
)
def test_what_is_no_scene_changes_nothing(body: Any, query: str, code: Code) -> None:
    """Only a name of sceneValues is a scene; what is refused or empty leaves all as it was."""
    world = home()
    before = world.values()
    assert world.post(EVENING, body, *[query] * bool(query)) is code
    assert world.values() == before


@pytest.mark.parametrize(
    ("entries", "code", "refused"),
    [
        ([may(4, EVENING, LAMP, BLIND)], Code.CHANGED, set()),
        ([may(4, EVENING, LAMP)], Code.FORBIDDEN, {BLIND}),
        ([may(4, EVENING), may(2, aceid=8)], Code.FORBIDDEN, {LAMP, BLIND}),
        ([may(4, LAMP, BLIND)], Code.UNAUTHORIZED, set()),
    ],
)
def test_each_member_passes_the_gate(entries: list[Ace], code: Code, refused: set[str]) -> None:
    """Who may recall a scene sets only what he may write anyway; otherwise nothing happens."""
    world = home(*entries)
    before = world.values()
    assert world.post(EVENING, {"lastScene": "film"}, A) is code
    assert (world.values() == before) is (code is not Code.CHANGED)
    if code is Code.FORBIDDEN:
        reasons = dict(world.last.outcome.refusals)
        assert reasons.keys() == refused
        assert all(each.decision.rule == "access-control-entry" for each in reasons.values())


def test_a_scene_without_the_refused_member_is_possible() -> None:
    """The gate is asked about what this scene sets, not about all that others would."""
    world = home(may(4, EVENING, LAMP))
    assert world.post(EVENING, {"lastScene": "off"}, A) is Code.CHANGED


@pytest.mark.parametrize("href", [LIST, *MEMBERS])
@pytest.mark.parametrize("method", [POST, Method.PUT, Method.DELETE])
def test_list_and_members_are_read_only(href: str, method: Method) -> None:
    """Nobody changes which scenes there are: they are the profile's, and read-only."""
    world = home()
    before = world.values()
    code = world.ask(method, href, {"SceneMappings": [], "links": []}, BASELINE)[0]
    if method is POST:
        assert code is (Code.CHANGED if href == LIST else Code.BAD_REQUEST)
    else:
        assert code is Code.METHOD_NOT_ALLOWED
    assert world.values() == before


def test_introspection_has_them() -> None:
    """The document says that lastScene can be written, and what a member looks like."""
    found = described(home_profile())
    update = found["definitions"]["oic.wk.scenecollection-Update"]
    assert update["properties"] == {"lastScene": {"type": "string", "enum": ["off", "film"]}}
    assert set(found["paths"][MEMBERS[0]]) == {"get"}
    member = found["definitions"]["oic.wk.scenemember"]["properties"]
    assert {"link", "SceneMappings"} <= member.keys()


def test_a_profile_of_a_profile_has_them_once() -> None:
    """A profile that is made of another one has the same resources."""
    profile = home_profile()
    again = replace(profile, description="x")
    assert [each.href for each in again.resources] == [each.href for each in profile.resources]
    plain = tuple(replace(each, plain=True) for each in profile.resources)
    assert replace(profile, resources=plain).resources == plain


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "length >= 1"),
        ({"off": {f"{LAMP}#valu": True}}, f"nearest: {LAMP}#value"),
        ({"off": {"/lmap#value": True}}, f"nearest: {LAMP}#value"),
        ({"off": {"lamp": True}}, "matching regex"),
        ({"off": {f"{LAMP}#value": 1}}, "not of type boolean"),
        ({"off": {f"{BLIND}#openLevel": 101}}, "above 100"),
        ({"off": {f"{SENSOR}#lux": 5}}, "clients cannot write"),
        ({"off": {f"{MODE}#modes": "fault"}}, "clients cannot set"),
        ({"off": {f"{MODE}#level": 2}}, "needs modes"),
        ({"off": {f"{EVENING}#lastScene": "off"}}, "does not exist"),
    ],
)
def test_scenes_that_cannot_be(values: Any, sentence: str) -> None:
    """A scene sets what clients may write, to what it may be, with all that an UPDATE needs."""
    with pytest.raises(msgspec.ValidationError, match=sentence):
        with_values(values)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"href": LAMP}, f"two resources have the path {LAMP}"),
        ({"href": "/scenes"}, "two resources have the path /scenes"),
        ({"href": "/oic/scene"}, "belongs to the device itself"),
        ({"href": "/" + "x" * 250}, "too long"),
        ({"initial": "flim"}, "did you mean film?"),
    ],
)
def test_collections_that_cannot_be(keys: Any, sentence: str) -> None:
    """A collection has a path of its own, and begins with one of its scenes."""
    assert with_values({"off": OFF, "film": FILM}, initial="film")
    with pytest.raises(msgspec.ValidationError, match=sentence):
        with_values({"off": OFF, "film": FILM}, **keys)


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "travel", "time": 5},
        {"kind": "states", "initial": "off", "states": {"off": {}}},
    ],
)
def test_a_scene_has_no_way_to_go(entry: dict[str, Any]) -> None:
    """No behaviour of its own says how lastScene changes: what it sets may travel."""
    wrong = {**entry, "property": f"{EVENING}#lastScene"}
    with pytest.raises(msgspec.ValidationError, match="changes at once"):
        home_profile(behaviour=[wrong])


def test_parts_of_measurements_are_no_members() -> None:
    """What nobody may write alone no scene may."""
    part = resource("/part", value={"type": "boolean", "initial": False})
    whole = {
        "href": "/whole",
        "types": ["oic.wk.atomicmeasurement"],
        "interfaces": ["oic.if.b", "oic.if.ll", "oic.if.baseline"],
        "links": ["/part"],
    }
    scenes = {"collections": [{"href": EVENING, "values": {"off": {"/part#value": True}}}]}
    with pytest.raises(msgspec.ValidationError, match="part of an atomic measurement"):
        home_profile(resources=[part, whole], scenes=scenes)
