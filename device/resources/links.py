"""Web links, as `/oic/res` and collections show them (OCF Core 7.8.2, 10.2).

A link says where its resource is reached: `eps`, the endpoints with scheme, address and port. They
differ for each requester, since a device has several addresses and must name one that the requester
can reach: the one at which the request arrived. An endpoint that a person advertises
(`--advertise`) takes its place, for devices behind translated ports.

A link as a client sees it:

    {"href": "/light/switch", "rt": ["oic.r.switch.binary"], "if": ["oic.if.a", "oic.if.baseline"],
     "p": {"bm": 3}, "eps": [{"ep": "coaps://192.0.2.7:5684"}]}
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from onboardee.device.access.call import Call
from onboardee.device.access.facts import has_plain_endpoint, openness
from onboardee.device.access.target import Target
from onboardee.wire.path import Endpoint, Path, bracketed


class Linked(Protocol):
    """What a link says of a resource."""

    @property
    def target(self) -> Target:
        """Path, types and interfaces."""

    @property
    def observable(self) -> bool:
        """Whether a client may observe it."""


class Reach:
    """Our endpoints as one requester can reach them: at the address where it reached us.

    It is made once for each request, as a search shows dozens of links.
    """

    def __init__(self, call: Call) -> None:
        self.openness: Final = openness(call)
        """What decides which endpoints lead to a resource, beside the resource."""
        address = call.peer.address
        self.secured: Final = _shown(_matching(call.endpoints, "coaps", address))
        """The endpoints with DTLS, as links show them."""
        self.every: Final = _shown(_matching(call.endpoints, "coap", address)) + self.secured
        """Those without, and those with DTLS."""

    def of(self, target: Target) -> list[dict[str, str]]:
        """Return the endpoints that lead to a resource, the unsecured ones first."""
        return self.every if has_plain_endpoint(target, self.openness) else self.secured


def link_to(resource: Linked, endpoints: object) -> dict[str, Any]:
    """Describe a resource: path, types, interfaces, policies, the given endpoints, semantic tags.

    `bm` is 1 for discoverable and 2 for observable, or their sum (OCF Core 7.8.2).
    """
    target = resource.target
    return {
        "href": target.href,
        "rt": target.types,
        "if": target.interfaces,
        "p": {"bm": target.discoverable | resource.observable << 1},
        "eps": endpoints,
        **dict(target.tags),
    }


def is_listed(target: Target, types: Sequence[str]) -> bool:
    """Tell whether discovery lists a resource, where a query may name types.

    A resource that is not discoverable and `is_explicit` is listed to who names its type.
    """
    is_asked_for = any(name in target.types for name in types)
    return target.discoverable or (target.is_explicit and is_asked_for)


def is_wanted(resource: Linked, types: Sequence[str]) -> bool:
    """Tell whether a resource has one of the types that a query names; without any, all have.

    OCF Core 7.9.2 leaves open what several mean; IoTivity-Lite and IoTivity take any of them.
    """
    return not types or any(name in resource.target.types for name in types)


def _shown(endpoints: Sequence[str]) -> list[dict[str, str]]:
    return [{"ep": endpoint} for endpoint in endpoints]


def _matching(endpoints: Sequence[Endpoint], scheme: str, path: Path) -> list[str]:
    """List the endpoints of a scheme and the requester's family: the advertised, or its own."""
    mine = [
        endpoint
        for endpoint in endpoints
        if endpoint.scheme == scheme and (endpoint.is_ipv6 == path.is_ipv6 or endpoint.is_name)
    ]
    advertised = [str(endpoint) for endpoint in mine if endpoint.is_advertised]
    return advertised or [
        f"{scheme}://{bracketed(path.local_host)}:{endpoint.port}" for endpoint in mine
    ]
