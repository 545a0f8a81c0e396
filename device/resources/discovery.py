"""Discovery: `/oic/res` and `/.well-known/core` (OCF Core 11.2, RFC 6690)."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from device.coap import Code
from device.path import Endpoint, Path, bracketed
from device.resources.base import (
    BASELINE,
    LINKS,
    Call,
    ReadOnly,
    RefusedError,
    Representation,
    Resource,
    SilenceError,
)
from device.security.gate import DOXM, PSTAT, Kind, Target
from svrdb.model import State

Endpoints = Callable[[], Sequence[Endpoint]]
Resources = Callable[[], Iterable[Resource]]


class DiscoveryResource(ReadOnly):
    """`/oic/res`: the links of everything discoverable."""

    target = Target(
        href="/oic/res",
        kind=Kind.CORE,
        types=("oic.wk.res",),
        interfaces=(LINKS, BASELINE),
        has_plain_endpoint=True,
    )

    def __init__(self, resources: Resources, endpoints: Endpoints) -> None:
        self._resources = resources
        self._endpoints = endpoints

    def retrieve(self, call: Call) -> Representation:
        """Return the links that the query asks for; a foreign domain or device hears nothing."""
        sdi, doxm = call.database.sdi, call.database.doxm
        for value in call.query.all("sduuid"):
            if sdi.is_private or value.lower() != str(sdi.domain):
                raise SilenceError
        for value in call.query.all("di"):
            if value.lower() != str(doxm.device_uuid):
                raise SilenceError
        links = self._links(call)
        if not links:
            raise RefusedError(Code.BAD_REQUEST, "no resource matches the query")
        if call.interface != BASELINE:
            return links
        domain = {} if sdi.is_private else {"sduuid": str(sdi.domain), "sdname": sdi.name}
        common = {"rt": self.target.types, "if": self.target.interfaces}
        return [{**common, **domain, "links": links}]

    def _links(self, call: Call) -> list[dict[str, Any]]:
        anchor = f"ocf://{call.database.doxm.device_uuid}"
        plain = _matching(self._endpoints(), "coap", call.path)
        secured = _matching(self._endpoints(), "coaps", call.path)
        wanted = call.query.all("rt")
        return [
            _link(
                resource,
                anchor,
                plain + secured if _is_plain_now(resource.target, call) else secured,
            )
            for resource in self._resources()
            if resource.target.discoverable
            and all(name in resource.target.types for name in wanted)
        ]


class WellKnownResource(ReadOnly):
    """`/.well-known/core`: how a plain CoAP client finds `/oic/res` (RFC 6690)."""

    target = Target(
        href="/.well-known/core",
        kind=Kind.CORE,
        types=(),
        interfaces=(BASELINE,),
        discoverable=False,
        has_plain_endpoint=True,
    )

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def retrieve(self, call: Call) -> Representation:
        """Return the discoverable resources in link format, as text."""
        wanted = call.query.all("rt")
        links = [
            f'<{resource.target.href}>;rt="{" ".join(resource.target.types)}"'
            f';if="{" ".join(resource.target.interfaces)}"'
            + (";obs" if resource.observable else "")
            for resource in self._resources()
            if resource.target.discoverable
            and all(name in resource.target.types for name in wanted)
        ]
        return ",".join(links)


def _link(resource: Resource, anchor: str, endpoints: list[str]) -> dict[str, Any]:
    target = resource.target
    link: dict[str, Any] = {"rel": ["self"]} if target.href == "/oic/res" else {}
    link |= {
        "anchor": anchor,
        "href": target.href,
        "rt": target.types,
        "if": target.interfaces,
        "p": {"bm": 3 if resource.observable else 1},
        "eps": [{"ep": endpoint} for endpoint in endpoints],
    }
    return link


def _is_plain_now(target: Target, call: Call) -> bool:
    """Tell whether the resource has an unsecured endpoint in the present state."""
    if target.href == DOXM and call.shows_owner and call.database.state is State.RFNOP:
        return True
    if target.href in {DOXM, PSTAT}:
        return call.database.state is State.RFOTM and not call.has_session
    return target.has_plain_endpoint


def _matching(endpoints: Sequence[Endpoint], scheme: str, path: Path) -> list[str]:
    """List our endpoints of this scheme as the requester can reach them: where it reached us."""
    return [
        f"{scheme}://{bracketed(path.local_host)}:{endpoint.port}"
        for endpoint in endpoints
        if endpoint.scheme == scheme and endpoint.is_ipv6 == path.is_ipv6
    ]
