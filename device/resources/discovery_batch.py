"""`/oic/res` by the batch interface: everything that the asker may read, in one answer.

Each resource passes the gate on its own, with the rights of the peer who asks, as if it had been
asked for; what is refused is left out, and nobody is told of it, as nobody asked for it by name. As
with IoTivity-Lite the security resources are left out, and who has no session is refused: the
answer is many times the request.

    GET /oic/res?if=oic.if.b
    2.05 [{"href": "ocf://aaaaaaaa-…/oic/d", "rt": ["oic.d.light", …], "rep": {…}, "etag": h'…'}, …]
"""

from collections.abc import Iterable

from msgspec.structs import replace

from onboardee.device.access.call import Call, Query
from onboardee.device.access.gate import decide
from onboardee.device.access.ocf_interfaces import BATCH, RETRIEVING
from onboardee.device.access.target import Kind, Operation
from onboardee.device.resources.base import Outcome, RefusedError, Resource
from onboardee.device.resources.links import is_wanted
from onboardee.device.resources.parts import Part, part_of, shown
from onboardee.device.resources.tags import KnownTags
from onboardee.wire.coap import Code


def batch_of(resources: Iterable[Resource], call: Call, tags: KnownTags) -> Outcome:
    """Return what the asker may read of the resources that have the types of the query.

    The body is `[{"href": "ocf://<deviceuuid>/path", "rt", "rep", "etag"}, …]`, which may be empty;
    `rt` is no part of OCF's model: IoTivity-Lite tells it, and plgd's client and hub read it.
    Raises `RefusedError`: 4.00 in the clear, and where no resource has such a type.
    """
    if not call.peer.secured:
        raise RefusedError(Code.BAD_REQUEST, "the batch interface needs a session")
    wanted = [each for each in resources if _is_in_batches(each, call)]
    if not wanted:
        raise RefusedError(Code.BAD_REQUEST, "no resource matches the query")
    device = f"ocf://{call.database.doxm.device_uuid}"
    found = (_part(device, each, call, tags) for each in wanted)
    return shown([part for part in found if part is not None], call, tags)


def _is_in_batches(resource: Resource, call: Call) -> bool:
    """Tell whether a resource is one of those that batches show, and of a type that is asked for.

    What can be read by no other interface than that of a batch is none: it would be one in another.
    """
    target = resource.target
    return (
        target.discoverable
        and target.kind is not Kind.SECURITY
        and target.href != call.target.href
        and target.interfaces[0] in RETRIEVING - {BATCH}
        and is_wanted(resource, call.query.all("rt"))
    )


def _part(device: str, resource: Resource, call: Call, tags: KnownTags) -> Part | None:
    """Return what is shown of a resource; None for what the asker may not read."""
    reading = replace(
        call,
        operation=Operation.RETRIEVE,
        target=resource.target,
        interface=resource.target.interfaces[0],
        query=Query(),
    )
    if not decide(reading).granted:
        return None
    try:
        part = part_of(device + resource.target.href, resource, reading, tags)
    except RefusedError:
        return None
    part.tells_types = True
    return part
