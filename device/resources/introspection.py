"""Introspection: `/oic/introspection` and the document that it leads to (OCF Core 11.4).

A client that knows no type of a resource can read here which properties it has, of which type, and
which of them it may write. The document is some kilobytes and always the same for one profile: it
is made at the first request, and devices of one process share it, as long as no client has created
a resource.

    GET /oic/introspection        {"urlInfo": [{"url": "coaps://192.0.2.7:5684/oic/…/data", …}]}
    GET /oic/introspection/data   {"swagger": "2.0", "paths": {"/light/switch": …}, …}, as CBOR
"""

from typing import Final

from onboardee.device.access.call import Call
from onboardee.device.access.ocf_interfaces import BASELINE, READ
from onboardee.device.access.target import Kind, Target
from onboardee.device.resources.base import ReadOnly, Representation, with_common
from onboardee.device.resources.links import Reach
from onboardee.device.resources.openapi import described
from onboardee.device.resources.payload import encode
from onboardee.device.simulation.core_resources import document_of
from onboardee.device.simulation.creatable import made
from onboardee.device.simulation.profile import Profile
from onboardee.svrdb.model import Created

KEPT: Final = 16
"""Documents that devices share; those of further profiles are each device's own."""

_shared: Final[dict[bytes, bytes]] = {}


class IntrospectionResource(ReadOnly):
    """`/oic/introspection`: where the document is."""

    def __init__(self, profile: Profile, data: Target) -> None:
        """Make the resource that leads to `data`, the document."""
        self._data = data
        self.target = Target(
            href=profile.core.paths.introspection,
            kind=Kind.APPLICATION,
            types=("oic.wk.introspection",),
            interfaces=(READ, BASELINE),
        )

    def version(self) -> object | None:
        """Return itself: all else is in the call."""
        return self

    def retrieve(self, call: Call) -> Representation:
        """Return the document's address, as the requester can reach it.

        `urlInfo` has one entry for each endpoint, the unsecured ones first where there are any.
        """
        places = [
            {
                "protocol": endpoint["ep"].partition(":")[0],
                "url": endpoint["ep"] + self._data.href,
                "content-type": "application/cbor",
                "version": 1,
            }
            for endpoint in Reach(call).of(self._data)
        ]
        return with_common(call, self.target, {"urlInfo": places})


class IntrospectionDataResource(ReadOnly):
    """The document: what the resources of the profile look like, in the terms of OpenAPI 2.0."""

    def __init__(self, profile: Profile) -> None:
        self.target = Target(
            href=document_of(profile.core.paths.introspection),
            kind=Kind.APPLICATION,
            types=("oic.introspection.data",),
            interfaces=(BASELINE,),
            discoverable=False,
        )
        self._profile = profile
        self._document: bytes | None = None
        self._created = Created()
        """Which created resources the document describes."""

    def version(self) -> object | None:
        """Return itself: the document never changes."""
        return self

    def retrieve(self, call: Call) -> Representation:
        """Return the document as CBOR; it is made when it is first wanted.

        It is made anew when clients have created or deleted resources since.
        """
        created = call.database.created
        if self._document is None or created != self._created:
            self._created = created
            resources = [each.profile for each in made(self._profile.resources, created)]
            document = encode(described(self._profile, resources))
            # No other device has the same ones: to share it would fill the place of others.
            self._document = document if resources else _shared_by_all(document)
        return self._document


def _shared_by_all(document: bytes) -> bytes:
    """Return the equal document of another device, if there is one: many have one profile."""
    if document not in _shared and len(_shared) >= KEPT:
        return document
    return _shared.setdefault(document, document)
