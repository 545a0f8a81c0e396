"""One application resource of a profile: where it is, what it is, what it holds."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from onboardee.device.access.ocf_interfaces import KNOWN, LINKS, OF_COLLECTIONS
from onboardee.device.nearest import nearest
from onboardee.device.simulation.section import MisplacedError, Section
from onboardee.device.simulation.values import Property

INTERFACES: Final = (
    "oic.if.a",
    "oic.if.s",
    "oic.if.rw",
    "oic.if.r",
    "oic.if.baseline",
    "oic.if.ll",
    "oic.if.b",
    "oic.if.create",
    "oic.if.w",
    "oic.if.startup",
    "oic.if.startup.revert",
)
"""The interfaces of OCF Core 7.6; makers name their own with `x.` in front."""

MAX_LINKS: Final = 64
"""Of one collection: one batch request reads them all."""
MAX_NESTING: Final = 4
"""Collections above one another, as deep as one answer may become."""

Href = Annotated[str, msgspec.Meta(pattern="^/", max_length=256)]
TypeName = Annotated[str, msgspec.Meta(pattern="^[A-Za-z][A-Za-z0-9.-]*$", max_length=64)]
InterfaceName = Annotated[
    str, msgspec.Meta(max_length=64, extra_json_schema={"examples": list(INTERFACES)})
]


class OpenOperation(StrEnum):
    """What a resource may be open to before the device has an owner."""

    RETRIEVE = "retrieve"
    UPDATE = "update"


class ResourceProfile(Section, frozen=True, kw_only=True):
    """One application resource.

    `/oic/…` resources are the device's own and no part of a profile.
    """

    href: Href
    """The path. `/oic/…` and `/.well-known/…` belong to the device itself."""
    types: Annotated[tuple[TypeName, ...], msgspec.Meta(min_length=1, max_length=16)]
    """`rt`: what the resource is, such as oic.r.switch.binary."""
    interfaces: Annotated[tuple[InterfaceName, ...], msgspec.Meta(min_length=1, max_length=16)]
    """`if`: the interfaces it has; the first is the default."""
    name: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    """`n`: a name for people, shown by the baseline interface."""
    discoverable: bool = True
    """Listed in `/oic/res`."""
    observable: bool = True
    """Tells observers of each change."""
    plain: bool = False
    """Also reachable without DTLS, where an access control entry permits it."""
    configures_device: bool = False
    """Part of the device's configuration, as a cloud to register with: reached in RFPRO, too.

    Whoever takes ownership may use it; no wildcard of an access control entry is about it.
    """
    open_in_rfotm: tuple[OpenOperation, ...] = ()
    """What anybody may do with it, without DTLS, until an ownership transfer begins.

    As `[retrieve, update]`; reading includes observing. OCF lets application resources rest until
    the device has an owner (Security 8.3); IoTivity-Lite can be built to do this.
    """
    links: Annotated[tuple[Href, ...], msgspec.Meta(max_length=MAX_LINKS)] = ()
    """Makes it a collection of these resources of the same device."""
    properties: Annotated[dict[str, Property], msgspec.Meta(max_length=64)] = msgspec.field(
        default_factory=dict
    )
    """What it holds, by name."""

    def __post_init__(self) -> None:
        if self.href.startswith(("/oic/", "/.well-known/")):
            raise MisplacedError(f"{self.href} belongs to the device itself", "href")
        for place, interface in enumerate(self.interfaces):
            if interface not in INTERFACES and not interface.startswith("x."):
                raise MisplacedError(_unknown(interface), "interfaces", place)
        for part, names in (("types", self.types), ("interfaces", self.interfaces)):
            if len(set(names)) < len(names):
                raise MisplacedError("one name stands here twice", part)


def _unknown(interface: str) -> str:
    """Return the sentence for an interface that does not exist."""
    near = nearest(interface, INTERFACES)
    hint = f"did you mean {near}?" if near else f"there are {', '.join(INTERFACES)}"
    return f"{interface} is no interface of OCF; {hint}"


def check_resources(resources: tuple[ResourceProfile, ...]) -> None:
    """Raise `MisplacedError` unless paths are unique and links lead to other resources."""
    hrefs = [resource.href for resource in resources]
    for number, resource in enumerate(resources):
        if resource.href in hrefs[:number]:
            sentence = f"two resources have the path {resource.href}"
            raise MisplacedError(sentence, "resources", number, "href")
        for place, link in enumerate(resource.links):
            if link == resource.href or link not in hrefs:
                near = nearest(link, set(hrefs) - {resource.href})
                hint = f"; did you mean {near}?" if near else ""
                sentence = f"{link} is no other resource of this device{hint}"
                raise MisplacedError(sentence, "resources", number, "links", place)


def check_links(resources: Sequence[ResourceProfile]) -> None:
    """Raise `ValueError` unless every link leads to another resource, and none in a cycle.

    A second check beside `check_resources`: these resources may come from a capture as well as from
    a profile.
    """
    links = {resource.href: resource.links for resource in resources}
    heights: dict[str, int] = {}
    for resource in resources:
        _check_interfaces(resource)
        if len(resource.links) > MAX_LINKS:
            raise ValueError(f"{resource.href} has more than {MAX_LINKS} links")
        if len(set(resource.links)) < len(resource.links):
            raise ValueError(f"{resource.href} links to the same resource twice")
        for href in resource.links:
            if href not in links:
                raise ValueError(f"{resource.href} links to {href}, which is no resource here")
    for href in links:
        if _height(href, links, (), heights) > MAX_NESTING:
            raise ValueError(f"{href} has collections nested deeper than {MAX_NESTING}")


def _check_interfaces(resource: ResourceProfile) -> None:
    """Raise `ValueError` unless links and the interfaces that show links go together."""
    for interface in resource.interfaces:
        if interface not in KNOWN:
            raise ValueError(
                f"{resource.href} has the unknown interface {interface}; "
                f"there are: {', '.join(sorted(KNOWN))}"
            )
        if interface in OF_COLLECTIONS and not resource.links:
            raise ValueError(f"{resource.href} has the interface {interface}, but no links")
    if resource.links and LINKS not in resource.interfaces:
        raise ValueError(f"{resource.href} has links, but not the interface {LINKS}")


def _height(
    href: str, links: Mapping[str, tuple[str, ...]], above: tuple[str, ...], known: dict[str, int]
) -> int:
    """Count how many collections are nested in a resource, itself included."""
    chain = " > ".join((*above, href))
    if href in above:
        raise ValueError(f"links lead in a cycle: {chain}")
    if href not in known:
        if len(above) > MAX_NESTING:
            raise ValueError(f"collections are nested too deep: {chain}")
        heights = (_height(each, links, (*above, href), known) for each in links[href])
        known[href] = 1 + max(heights, default=0) if links[href] else 0
    return known[href]
