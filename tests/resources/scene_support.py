"""A home with scenes, for the tests of what they do."""

from typing import Any

import msgspec
from msgspec.structs import replace
from resource_support import OPEN, STRANGER, World, owned

from onboardee.device.simulation.profile import Profile
from onboardee.svrdb.model import Ace, Acl2, State

LAMP, BLIND, MODE, SENSOR = "/lamp", "/blind", "/mode", "/sensor"
LIST, EVENING = "/scenes", "/scenes/evening"
MEMBERS = ["/scenes/evening/1", "/scenes/evening/2"]


def resource(href: str, interface: str = "oic.if.a", **properties: Any) -> dict[str, Any]:
    """Make a resource with these properties."""
    return {
        "href": href,
        "types": ["oic.r.switch.binary"],
        "interfaces": [interface, "oic.if.baseline"],
        "properties": properties,
    }


OFF: dict[str, Any] = {f"{LAMP}#value": False}
FILM: dict[str, Any] = {f"{LAMP}#value": True, f"{BLIND}#openLevel": 0}
PROFILE: dict[str, Any] = {
    "device": {"name": "Home", "types": ["oic.d.light"]},
    "platform": {"manufacturer": "onboardee"},
    "resources": [
        resource(LAMP, value={"type": "boolean", "initial": False}),
        resource(
            BLIND, openLevel={"type": "integer", "minimum": 0, "maximum": 100, "initial": 100}
        ),
        resource(
            MODE,
            modes={
                "type": "string",
                "choices": ["auto", "manual", "fault"],
                "writable_choices": ["auto", "manual"],
                "required_in_update": True,
                "initial": "auto",
            },
            level={"type": "integer", "initial": 1},
        ),
        resource(SENSOR, "oic.if.s", lux={"type": "integer", "read_only": True, "initial": 5}),
    ],
    "scenes": {
        "name": "Scenes",
        "collections": [{"href": EVENING, "name": "Evening", "values": {"off": OFF, "film": FILM}}],
    },
}


def home_profile(**keys: Any) -> Profile:
    """Make the profile; keywords replace keys of it."""
    return msgspec.convert({**PROFILE, **keys}, Profile)


def with_values(values: Any, **collection: Any) -> Profile:
    """Make the profile with other scenes."""
    one = {"href": EVENING, "values": values, **collection}
    return home_profile(scenes={"collections": [one]})


def home(*entries: Ace) -> World:
    """Make the home in normal operation and a peer who may do what the entries say, or all."""
    database = owned(State.RFNOP)
    if entries:
        acl2 = Acl2(entries=(OPEN, *entries), resource_owner=database.acl2.resource_owner)
        database = replace(database, acl2=acl2)
    return World(database, STRANGER, home_profile())
