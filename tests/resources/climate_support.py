"""An air conditioner with collections in collections, for the tests of what they do."""

from typing import Any

import msgspec
from msgspec.structs import replace
from resource_support import OPEN, STRANGER, World, owned

from onboardee.device.simulation.profile import Profile
from onboardee.svrdb.model import Ace, AceResource, Acl2, Connection, State, Subject

FAN, SWITCH, SPEED = "/fan", "/fan/switch", "/fan/speed"
ROOM, TARGET, HOME, SECRET = "/temperature/current", "/temperature/target", "/home", "/secret"

PROFILE: dict[str, Any] = {
    "device": {"name": "Climate", "types": ["oic.d.airconditioner"]},
    "platform": {"manufacturer": "onboardee"},
    "resources": [
        {
            "href": FAN,
            "types": ["oic.r.airflowcontrol"],
            "interfaces": ["oic.if.ll", "oic.if.b", "oic.if.baseline"],
            "links": [SWITCH, SPEED],
            "properties": {},
        },
        {
            "href": HOME,
            "types": ["oic.wk.col"],
            "interfaces": ["oic.if.baseline", "oic.if.ll", "oic.if.b"],
            "name": "Home",
            "links": [FAN, ROOM, TARGET, SECRET],
            "properties": {"label": {"type": "string", "initial": "first"}},
        },
        {
            "href": SWITCH,
            "types": ["oic.r.switch.binary"],
            "interfaces": ["oic.if.a", "oic.if.baseline"],
            "properties": {"value": {"type": "boolean", "initial": False}},
        },
        {
            "href": SPEED,
            "types": ["oic.r.airflow"],
            "interfaces": ["oic.if.a", "oic.if.baseline"],
            "properties": {
                "speed": {"type": "integer", "minimum": 0, "maximum": 100, "initial": 20},
                "direction": {"type": "string", "choices": ["up", "down"], "initial": "up"},
            },
        },
        {
            "href": ROOM,
            "types": ["oic.r.temperature"],
            "interfaces": ["oic.if.s", "oic.if.baseline"],
            "properties": {
                "temperature": {"type": "number", "read_only": True, "initial": 20.0},
                "units": {"type": "string", "choices": ["C", "F"], "initial": "C"},
                "precision": {"type": "number", "read_only": True, "initial": 0.5},
            },
        },
        {
            "href": TARGET,
            "types": ["oic.r.temperature"],
            "interfaces": ["oic.if.a", "oic.if.baseline"],
            "properties": {
                "temperature": {
                    "type": "number",
                    "minimum": 10,
                    "maximum": 30,
                    "step": 0.5,
                    "initial": 21.0,
                },
                "units": {"type": "string", "choices": ["C", "F", "K"], "initial": "C"},
                "range": {"type": "number", "length": 2, "read_only": True, "initial": [10, 30]},
                "step": {"type": "number", "read_only": True, "initial": 0.5},
            },
        },
        {
            "href": SECRET,
            "types": ["x.code"],
            "interfaces": ["oic.if.w"],
            "discoverable": False,
            "properties": {"code": {"type": "string", "initial": "0000"}},
        },
    ],
}


def climate_profile(**resources: Any) -> Profile:
    """Make the profile; keywords replace keys of it."""
    return msgspec.convert({**PROFILE, **resources}, Profile)


def climate(*entries: Ace) -> World:
    """Make an air conditioner in normal operation and a peer who may do what the entries say."""
    database = owned(State.RFNOP)
    acl2 = Acl2(entries=(OPEN, *entries), resource_owner=database.acl2.resource_owner)
    return World(replace(database, acl2=acl2), STRANGER, climate_profile())


def may(permission: int, *hrefs: str, aceid: int = 7) -> Ace:
    """Make an entry that lets every secured peer do something with these resources, or all."""
    resources = tuple(AceResource(href=href) for href in hrefs) or (AceResource(wildcard="*"),)
    return Ace(
        aceid=aceid,
        subject=Subject(connection=Connection.AUTHENTICATED),
        resources=resources,
        permission=permission,
    )
