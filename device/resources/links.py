"""Web links, as `/oic/res` and collections show them (OCF Core 7.8.2, 10.2)."""

from collections.abc import Callable, Sequence
from typing import Any

from onboardee.device.resources.base import Call, Resource
from onboardee.device.security.gate import DOXM, PSTAT, Target
from onboardee.svrdb.model import State
from onboardee.wire.path import Endpoint, Path, bracketed

Endpoints = Callable[[], Sequence[Endpoint]]


class Reach:
    """Our endpoints as one requester can reach them: at the address where it reached us."""

    def __init__(self, endpoints: Sequence[Endpoint], call: Call) -> None:
        self._call = call
        self._secured = _matching(endpoints, "coaps", call.path)
        self._plain = _matching(endpoints, "coap", call.path)

    def of(self, target: Target) -> list[str]:
        """Return the endpoints that lead to a resource, the unsecured ones first."""
        return self._plain + self._secured if _is_plain_now(target, self._call) else self._secured


def link_to(resource: Resource, reach: Reach) -> dict[str, Any]:
    """Describe a resource: path, types, interfaces, policies, endpoints."""
    target = resource.target
    return {
        "href": target.href,
        "rt": target.types,
        "if": target.interfaces,
        "p": {"bm": target.discoverable | resource.observable << 1},
        "eps": [{"ep": endpoint} for endpoint in reach.of(target)],
    }


def has_types(resource: Resource, wanted: Sequence[str]) -> bool:
    """Tell whether a resource has all the types that a query names (OCF Core 7.9.2)."""
    return all(name in resource.target.types for name in wanted)


def _is_plain_now(target: Target, call: Call) -> bool:
    """Tell whether the resource has an unsecured endpoint in the present state."""
    if target.href == DOXM and call.shows_owner and call.database.state is State.RFNOP:
        return True
    if target.href in {DOXM, PSTAT}:
        return call.database.state is State.RFOTM and not call.has_session
    return target.has_plain_endpoint


def _matching(endpoints: Sequence[Endpoint], scheme: str, path: Path) -> list[str]:
    return [
        f"{scheme}://{bracketed(path.local_host)}:{endpoint.port}"
        for endpoint in endpoints
        if endpoint.scheme == scheme and endpoint.is_ipv6 == path.is_ipv6
    ]
