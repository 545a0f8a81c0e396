"""`/oic/res` in the form of OIC 1.1, where one port is all that is told of an endpoint."""

from typing import Any

from onboardee.device.access.call import Call
from onboardee.device.interfaces import BASELINE
from onboardee.device.resources.base import RefusedError, Representation, Resource
from onboardee.device.resources.discovery import DiscoveryResource
from onboardee.wire.coap import Code


class LegacyDiscoveryResource(DiscoveryResource):
    """The links of everything discoverable."""

    def retrieve(self, call: Call) -> Representation:
        """Return the links in the form that the request wants."""
        if not call.era.is_old:
            return super().retrieve(call)
        self.require_addressed(call)
        port = self._secure_port(call)
        wanted = call.query.all("rt")
        links = [
            _link(resource, port)
            for resource in self._resources()
            if resource.target.discoverable
            and all(name in resource.target.types for name in wanted)
        ]
        if not links:
            raise RefusedError(Code.BAD_REQUEST, "no resource matches the query")
        directory: dict[str, Any] = {"di": str(call.database.doxm.device_uuid), "links": links}
        if call.interface == BASELINE:
            directory |= {"rt": self.target.types, "if": self.target.interfaces}
        return [directory]

    def _secure_port(self, call: Call) -> int | None:
        for endpoint in call.endpoints:
            if endpoint.scheme == "coaps" and endpoint.is_ipv6 == call.peer.address.is_ipv6:
                return endpoint.port
        return None


def _link(resource: Resource, port: int | None) -> dict[str, Any]:
    target = resource.target
    policy: dict[str, Any] = {"bm": 3 if resource.observable else 1}
    if not target.has_plain_endpoint and port is not None:
        policy |= {"sec": True, "port": port}
    return {"href": target.href, "rt": target.types, "if": target.interfaces, "p": policy}
