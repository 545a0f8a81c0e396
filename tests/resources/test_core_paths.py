"""`/oic/con` and introspection at the paths of other makers, which a profile names."""

from typing import Any

import pytest
from msgspec.structs import replace
from resource_support import PLAIN, PLAIN_PORT, STRANGER, World, owned

from onboardee.device.simulation.profile import (
    CorePaths,
    CoreResources,
    Profile,
    ProfileError,
    load,
)
from onboardee.svrdb.model import State
from onboardee.wire.coap import Code, Method

CON, WHERE = "/oc/con", "/oc/wk/introspection"
CORE = CoreResources(paths=CorePaths(configuration=CON, introspection=WHERE))
BEGINNING = """
extends: light
core: {paths: %s}
resources: [{href: /here/data, types: [x.a], interfaces: [oic.if.rw], properties: {}}]
"""


def elsewhere(profile: Profile | None = None) -> World:
    """Make a light in normal operation whose core resources are at other paths."""
    return World(owned(State.RFNOP), STRANGER, replace(profile or load("light"), core=CORE))


def test_discovery_lists_them_there() -> None:
    """Each is linked once, at its own path, and nothing is at the usual one."""
    listed: Any = World(owned(State.RFNOP), PLAIN, elsewhere().profile, path=PLAIN_PORT).get(
        "/oic/res"
    )
    places = {link["rt"][0]: link["href"] for link in listed}
    assert places["oic.wk.con"] == CON
    assert places["oic.wk.introspection"] == WHERE
    usual = ("/oic/con", "/oic/introspection", "/oic/introspection/data")
    assert {elsewhere().get(path) for path in usual} == {Code.NOT_FOUND}


def test_configuration_works_there() -> None:
    """A name that is set there is that of the device, and observers of that path hear of it."""
    world = elsewhere()
    assert world.ask(Method.POST, CON, {"n": "Lamp"}) == (Code.CHANGED, {"n": "Lamp"})
    assert world.last.outcome.notify == {CON, "/oic/d"}
    assert world.get(CON) == {"n": "Lamp"}


def test_introspection_leads_to_its_document() -> None:
    """The address that it tells is that of the document."""
    world = elsewhere()
    (place,) = world.get(WHERE)["urlInfo"]
    assert place["url"] == f"coaps://192.0.2.1:5684{WHERE}/data"
    assert "/light/switch" in str(world.get(f"{WHERE}/data")["paths"].keys())


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        ("{configuration: /here/data}", "two resources have the path /here/data"),
        ("{introspection: /here}", "two resources have the path /here/data"),
        ("{introspection: /x, configuration: /x}", "two resources have the path /x"),
        ("{introspection: /oic/sec/doxm}", "/oic/sec/doxm is the place of something else"),
        ("{configuration: /.well-known/con}", "/.well-known/con is the place of something else"),
        ("{configuration: con}", "core.paths.configuration"),
        ("{configuration: /a/../b}", "/a/../b has a part . or .., for which no client can ask"),
        ("{introspection: /a/.}", "/a/. has a part . or .."),
    ],
)
def test_places_that_are_taken(tmp_path: Any, paths: str, said: str) -> None:
    """A profile with two resources at one path, or one in a place of the standard, is refused."""
    file = tmp_path / "mine.yaml"
    file.write_text(BEGINNING % paths)
    with pytest.raises(ProfileError, match=said):
        load(str(file))


@pytest.mark.parametrize(
    ("mine", "place"),
    [
        ("core: {paths: {configuration: /switches/1}}", "core.paths"),
        ("core: {paths: {introspection: /visitors/12}}", "core.paths"),
        (
            "software_update: {path: /switches/1, packages: [{version: '2'}]}",
            "software_update.path",
        ),
    ],
)
def test_no_client_takes_the_place_of_the_devices_own(tmp_path: Any, mine: str, place: str) -> None:
    """A profile is refused in which a client could create a resource at such a path."""
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: switch-panel\ndevice: {{software_version: '1'}}\n{mine}\n")
    with pytest.raises(ProfileError, match=rf"{place}: /\w+/\d+ is where clients create resources"):
        load(str(file))


def test_a_fault_can_be_about_them(tmp_path: Any) -> None:
    """A fault at the path that the profile names is no mistake."""
    file = tmp_path / "mine.yaml"
    text = "faults: [{do: silence, path: /oc/con}]\n"
    file.write_text(BEGINNING % "{configuration: /oc/con}" + text)
    assert load(str(file)).faults[0].path == CON
