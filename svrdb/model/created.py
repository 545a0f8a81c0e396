"""Resources that clients created in collections by `oic.if.create` (OCF Core 7.6.3.9).

What is kept of one is what its creator chose and what the device gave it: a path and a number. What
a type has beside that (limits, behaviour) is the profile's. It is a part of the same database, so
that a resource, its link and the access entry of its creator come with one commit or not at all,
and a reset takes them away by not bringing them back.

Everything is bounded here, for a peer's CREATE and for a file alike.
"""

from typing import Annotated, Any, Final

import msgspec

from onboardee.svrdb.model.resource import DatabasePart

MAX_CREATED: Final = 128
"""Created resources of one device, of all its collections together."""
MAX_REP: Final = 2048
"""Octets of the values that one was created with, as JSON."""

Href = Annotated[str, msgspec.Meta(pattern="^/", max_length=256)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Names = Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=16)]


class CreatedResource(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename={
        "types": "rt",
        "interfaces": "if",
        "policies": "bm",
        "instance": "ins",
        "name": "n",
        "values": "rep",
        "aceid": "entry",
    },
):
    """One of them."""

    href: Href
    collection: Href
    """The path of the collection that it was created in."""
    types: Names
    interfaces: Names
    policies: Annotated[int, msgspec.Meta(ge=0, le=3)]
    """1 for discoverable, 2 for observable, or their sum (OCF Core 7.8.2)."""
    instance: Annotated[int, msgspec.Meta(ge=1, le=0x7FFFFFFF)]
    """What tells its link from others of the collection."""
    name: Name | None = None
    """For people."""
    values: dict[str, Any] = {}
    """Those that it was created with, as JSON has them; it starts with them, and again later."""
    aceid: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """The access control entry of its creator, which goes with it."""


class Created(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, in the order in which they were created."""

    resources: Annotated[tuple[CreatedResource, ...], msgspec.Meta(max_length=MAX_CREATED)] = ()


CREATED: Final = DatabasePart(
    name="created",
    title="Resources that clients created",
    entries="resources",
    entry="created resource",
)
