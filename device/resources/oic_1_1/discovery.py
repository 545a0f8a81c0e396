"""`/oic/res` in the form of OIC 1.1, where one port is all that is told of an endpoint.

OCF's links have `eps`, a list of URIs; those of OIC 1.1 have a policy with `sec` and `port`, and
the tool takes the address from where the answer came. There is one directory for the device, which
has its UUID.
"""

from typing import Any

from onboardee.device.access.call import Call
from onboardee.device.access.ocf_interfaces import BASELINE
from onboardee.device.resources.base import RefusedError, Representation, Resource
from onboardee.device.resources.discovery import DiscoveryResource
from onboardee.device.resources.links import is_listed
from onboardee.wire.coap import Code


def links(behind: Resource, call: Call) -> Representation:
    """Return the links that the query asks for in one directory.

    `rt=` asks for resources that have all the types named. Raises
    `RefusedError`, 4.00, where nothing matches.
    """
    assert isinstance(behind, DiscoveryResource)
    behind.require_addressed(call)
    port = _secure_port(call)
    wanted = call.query.all("rt")
    found = [
        _link(resource, port)
        for resource in behind.resources()
        if is_listed(resource.target, wanted)
        and all(name in resource.target.types for name in wanted)
    ]
    if not found:
        raise RefusedError(Code.BAD_REQUEST, "no resource matches the query")
    directory: dict[str, Any] = {"di": str(call.database.doxm.device_uuid), "links": found}
    if call.interface == BASELINE:
        directory |= {"rt": behind.target.types, "if": behind.target.interfaces}
    return [directory]


def _secure_port(call: Call) -> int | None:
    """Return the port of DTLS in the requester's address family, None if there is none."""
    for endpoint in call.endpoints:
        if endpoint.scheme == "coaps" and endpoint.is_ipv6 == call.peer.address.is_ipv6:
            return endpoint.port
    return None


def _link(resource: Resource, port: int | None) -> dict[str, Any]:
    """Return one link with its policy."""
    target = resource.target
    policy: dict[str, Any] = {"bm": target.discoverable | resource.observable << 1}
    if not target.has_plain_endpoint and port is not None:
        # A plain endpoint needs no port here: the tool takes the one that has answered.
        policy |= {"sec": True, "port": port}
    return {"href": target.href, "rt": target.types, "if": target.interfaces, "p": policy}
