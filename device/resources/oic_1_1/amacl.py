"""`/oic/sec/amacl`: access managers, as tools of OIC 1.1 write and read them.

On the wire: `{"resources": {"rlist": [{"href", "rt", "if"}]}, "ams": [UUID, ...], "rowneruuid"}`. A
POST adds to what there is, as IoTivity 1.1 appends it. A DELETE, which IoTivity has not, forgets
all.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.access.facts import resource_owner
from onboardee.device.access.ocf_interfaces import BASELINE
from onboardee.device.access.target import AMACL, Kind, Target
from onboardee.device.resources.base import COMMON, Outcome, Representation, Resource
from onboardee.device.resources.oic_1_1.view import Payload, in_form
from onboardee.device.resources.secure.common import (
    bad_request,
    require_writable,
    typed,
    uuid_text,
    wire,
)
from onboardee.svrdb.model import NIL, OWNER
from onboardee.svrdb.model.amacl import Amacl
from onboardee.wire.coap import Code

TARGET: Final = Target(
    href=AMACL, kind=Kind.SECURITY, types=("oic.r.amacl",), interfaces=(BASELINE,)
)
_ELEMENT: Final = frozenset({"href", "rt", "if", "rel"})


def managers(_behind: Resource, call: Call) -> Representation:
    """Return the access managers; their owner is that of the access list unless one is named."""
    values = wire(call.database.amacl)
    elements = [{**each, "rt": "", "if": ""} for each in values["resources"]]
    owner = str(resource_owner(call.database, AMACL))
    shown = {"resources": {"rlist": elements}, "ams": values["ams"], OWNER: owner}
    return in_form(TARGET, shown)


def add(_behind: Resource, call: Call, payload: Payload) -> Outcome:
    """Add resources and managers, all or none. Raises `RefusedError`."""
    unknown = payload.keys() - COMMON - {"resources", "ams", OWNER}
    if unknown:
        raise bad_request(f"amacl has no property {min(unknown)!r}")
    before = call.database.amacl
    values = wire(before)
    if "resources" in payload:
        require_writable("amacl", "resources", call)
        new = [{"href": each} for each in _hrefs(payload["resources"])]
        values["resources"] = _joined(values["resources"], new)
    if "ams" in payload:
        require_writable("amacl", "ams", call)
        values["ams"] = _joined(values["ams"], _uuids(payload["ams"]))
    if OWNER in payload:
        named = uuid_text("amacl", OWNER, payload[OWNER])
        if named not in {str(NIL), str(resource_owner(call.database, AMACL))}:
            require_writable("amacl", OWNER, call)
            values[OWNER] = named
    amacl = typed("amacl", values, Amacl)
    return Outcome(database=replace(call.database, amacl=amacl))


def remove(_behind: Resource, call: Call) -> Outcome:
    """Forget resources and managers; the owner stays."""
    require_writable("amacl", "resources", call)
    amacl = Amacl(resource_owner=call.database.amacl.resource_owner)
    return Outcome(code=Code.DELETED, database=replace(call.database, amacl=amacl))


def _hrefs(resources: object) -> list[object]:
    rlist = resources.get("rlist") if isinstance(resources, Mapping) else None
    if not isinstance(rlist, list):
        raise bad_request("amacl: resources is a map with the array rlist")
    if any(not isinstance(each, Mapping) or each.keys() - _ELEMENT for each in rlist):
        raise bad_request("amacl: a resource is a map with href, and may have rt and if")
    return [each.get("href") for each in rlist]


def _uuids(ams: object) -> list[str]:
    if not isinstance(ams, list):
        raise bad_request("amacl: ams is an array of UUIDs")
    named = [uuid_text("amacl", "ams", each) for each in ams]
    if str(NIL) in named:
        raise bad_request("amacl: nil in ams names nobody")
    return named


def _joined(
    before: object, new: list[object] | list[str] | list[dict[str, object]]
) -> list[object]:
    assert isinstance(before, tuple | list)
    return [*before, *(each for each in new if each not in before)]
