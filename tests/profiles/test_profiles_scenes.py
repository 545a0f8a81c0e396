"""Scenes and rooms of the catalogue against what OCF publishes."""

from typing import Any

import pytest
from data_models import MODELS, as_json, check, document, needs_extensions, needs_models, resolved
from resource_support import STRANGER, World, owned

from onboardee.device.simulation.profile import load
from onboardee.device.simulation.tags import LOCATIONS, POSITIONS
from onboardee.svrdb.model import State
from onboardee.wire.coap import Method

FOLDER = MODELS / "core-extensions" / "swagger2.0"
SCENES = [
    (each.href, kind)
    for each in load("wallpad").resources
    for kind in each.types
    if kind.startswith("oic.wk.scene")
]
COLLECTION = "oic.wk.scenecollection"


def world() -> World:
    """Start the wall pad for somebody who may do everything."""
    return World(owned(State.RFNOP), STRANGER, profile=load("wallpad"))


def without_actuator(found: Any) -> Any:
    """Leave out the interface that the models contradict each other about.

    A scene collection is updated by oic.if.a, says its model; the model of the list that links to
    it knows its other interfaces only.
    """
    for link in found if isinstance(found, list) else found["links"]:
        link["if"].remove("oic.if.a")
    return found


@needs_extensions
@pytest.mark.parametrize(("href", "kind"), SCENES)
def test_each_interface_is_as_published(href: str, kind: str) -> None:
    """List, collections and members look as their models say, by each interface of these."""
    path = FOLDER / f"{kind}.swagger.json"
    for place, operations in document(path)["paths"].items():
        interface = place.partition("if=")[2] or "oic.if.baseline"
        found = as_json(world().get(href, f"if={interface}"))
        if kind == "oic.wk.scenelist":
            found = without_actuator(found)
        check(found, resolved(operations["get"]["responses"]["200"]["schema"], path))


@needs_extensions
@pytest.mark.parametrize("href", [href for href, kind in SCENES if kind == COLLECTION])
def test_an_update_is_as_published(href: str) -> None:
    """A scene is recalled with the body of the model, and answered with what the model has."""
    path = FOLDER / f"{COLLECTION}.swagger.json"
    post = document(path)["paths"]["/SceneCollectionResURI?if=oic.if.baseline"]["post"]
    home = world()
    for scene in home.get(href, "if=oic.if.baseline")["sceneValues"]:
        body = {"lastScene": scene}
        check(body, resolved(post["parameters"][1]["schema"], path))
        _, found = home.ask(Method.POST, href, body, "if=oic.if.a")
        assert found == body
        check(found, resolved(post["responses"]["200"]["schema"], path))


@needs_models
@pytest.mark.parametrize("room", ["/livingroom", "/bedroom"])
@pytest.mark.parametrize("interface", ["ll", "b", "baseline"])
def test_rooms_are_as_published(room: str, interface: str) -> None:
    """A room is a collection of what is in it, and each link says in which room it is."""
    path = MODELS / "core" / "swagger2.0" / "oic.wk.col.swagger.json"
    operations = document(path)["paths"][f"/CollectionResURI?if=oic.if.{interface}"]
    home = world()
    found = as_json(home.get(room, f"if=oic.if.{interface}"))
    check(found, resolved(operations["get"]["responses"]["200"]["schema"], path))
    links = home.get(room, "if=oic.if.ll")
    assert {link["tag-locn"] for link in links} == {room[1:]}


@needs_models
def test_places_and_positions_are_those_of_ocf() -> None:
    """The words for places and positions are the published ones, all of them."""
    types = document(MODELS / "core" / "schemas" / "oic.types-schema.json")["definitions"]
    assert types["locn-descriptions"]["enum"] == LOCATIONS
    assert types["pos-descriptions"]["enum"] == POSITIONS


def test_discovery_shows_the_rooms() -> None:
    """A search finds in which room a resource is, and which of two lamps is the left one."""
    links = {link["href"]: link for link in world().get("/oic/res")}
    assert links["/livingroom/ceiling"]["tag-locn"] == "livingroom"
    left = links["/bedroom/lamp/left"]
    assert (left["tag-locn"], left["tag-pos-desc"]) == ("bedroom", "left")
    assert not [name for name in links["/switch"] if name.startswith("tag-")]
