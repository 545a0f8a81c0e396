"""One application resource of a profile: where it is, what it is, what it holds."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from onboardee.device.access.ocf_interfaces import CREATE, KNOWN, LINKS, OF_COLLECTIONS
from onboardee.device.nearest import did_you_mean, nearest
from onboardee.device.simulation.behaviour import AnyBehaviour
from onboardee.device.simulation.section import MisplacedError, Section
from onboardee.device.simulation.tags import Tags
from onboardee.device.simulation.values import Property
from onboardee.svrdb.model import MAX_CREATED, MAX_REP

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
LONGEST_COLLECTION: Final = 240
"""Characters of a collection's path, below which numbers stand."""
COLLECTION: Final = "oic.wk.col"
"""The type of a collection, with links or without (OCF Core 7.8.3)."""
ATOMIC: Final = "oic.wk.atomicmeasurement"
"""The type of a collection that is read as a whole (OCF Core 7.8.4)."""
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


class CreatableResource(Section, frozen=True, kw_only=True):
    """What clients may create in a collection: the type of a resource, and what it has.

    Without `properties` it is what `like` names, or the first resource of the catalogue that has
    the type.
    """

    types: Annotated[tuple[TypeName, ...], msgspec.Meta(min_length=1, max_length=16)]
    """`rt`: a client asks for the first one, and gets those that it names."""
    like: Annotated[str, msgspec.Meta(max_length=320)] | None = None
    """The resource that it is like: `/path` of this device, or `profile/path` of the catalogue."""
    interfaces: Annotated[tuple[InterfaceName, ...], msgspec.Meta(max_length=16)] = ()
    """`if`: the interfaces that one may have; without any, those of what it is like."""
    properties: Annotated[dict[str, Property], msgspec.Meta(max_length=64)] = msgspec.field(
        default_factory=dict
    )
    """What one holds, by name; what is not given when it is created begins with `initial`."""
    behaviour: Annotated[tuple[AnyBehaviour, ...], msgspec.Meta(max_length=64)] = ()
    """What one does by itself. Its own path is `/` here: `property: /#dimmingSetting`."""


class Creation(Section, frozen=True, kw_only=True):
    """What clients may create in a collection (`oic.if.create`), and how much of it."""

    resources: Annotated[tuple[CreatableResource, ...], msgspec.Meta(min_length=1, max_length=16)]
    """The types, which `rts` shows."""
    mandatory: Annotated[tuple[TypeName, ...], msgspec.Meta(max_length=16)] = ()
    """`rts-m`: those of the types that the collection is said to be about."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_LINKS)] = 16
    """How many there may be at once."""
    max_size: Annotated[int, msgspec.Meta(ge=64, le=MAX_REP)] = 1024
    """Octets of the values that one is created with."""
    kept: bool = True
    """Whether they are there after a restart; a reset takes them away in any case."""

    def creatable(self, name: str) -> CreatableResource | None:
        """Return what a client means by a type, None for what cannot be created."""
        return next((each for each in self.resources if each.types[0] == name), None)

    def __post_init__(self) -> None:
        names = [each.types[0] for each in self.resources]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise MisplacedError(f"{name} stands here twice", "resources", place, "types")
        for place, name in enumerate(self.mandatory):
            if name not in names:
                raise MisplacedError(f"{name} cannot be created here", "mandatory", place)


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
    tags: Tags = Tags()
    """Where it is and what it is for, in its links: `{locn: livingroom, pos-desc: left}`."""
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
    creates: Creation | None = None
    """Makes it a collection in which clients create resources."""
    properties: Annotated[dict[str, Property], msgspec.Meta(max_length=64)] = msgspec.field(
        default_factory=dict
    )
    """What it holds, by name."""
    kept: Annotated[tuple[str, ...], msgspec.Meta(max_length=64)] = ()
    """Properties of which there is after a restart what a client wrote; a reset takes it back."""

    @property
    def is_collection(self) -> bool:
        """Whether it has links, or may have: one of the type oic.wk.col may have none."""
        by_type = COLLECTION in self.types or ATOMIC in self.types
        return bool(self.links) or self.creates is not None or by_type

    @property
    def is_atomic(self) -> bool:
        """Whether it is an atomic measurement of the resources that it links to."""
        return ATOMIC in self.types

    def __post_init__(self) -> None:
        refuse_core_path(self.href)
        for place, interface in enumerate(self.interfaces):
            if interface not in INTERFACES and not interface.startswith("x."):
                raise MisplacedError(_unknown(interface), "interfaces", place)
        for place, name in enumerate(self.kept):
            spec = self.properties.get(name)
            if spec is None or spec.read_only:
                hint = did_you_mean(name, self.properties) if spec is None else ""
                raise MisplacedError(f"clients cannot write {name}{hint}", "kept", place)
        for part, names in (("types", self.types), ("interfaces", self.interfaces)):
            if len(set(names)) < len(names):
                raise MisplacedError("one name stands here twice", part)


def is_core_path(href: str) -> bool:
    """Tell whether a path is one of those that the standard gives, or may give, to resources."""
    return href.startswith(("/oic/", "/.well-known/"))


def refuse_dots(href: str, *place: str) -> None:
    """Raise `MisplacedError` for a path that no request can have (RFC 7252 5.10.1)."""
    if {".", ".."} & {*href.split("/")}:
        raise MisplacedError(f"{href} has a part . or .., for which no client can ask", *place)


def refuse_core_path(href: str) -> None:
    """Raise `MisplacedError`, placed at `href`, for a path of the device itself."""
    refuse_dots(href, "href")
    if is_core_path(href):
        raise MisplacedError(f"{href} belongs to the device itself", "href")


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
                hint = did_you_mean(link, set(hrefs) - {resource.href})
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
        _check_creation(resource)
        for href in resource.links:
            if href not in links:
                raise ValueError(f"{resource.href} links to {href}, which is no resource here")
    room = sum(each.creates.limit for each in resources if each.creates is not None)
    if room > MAX_CREATED:
        raise ValueError(f"a device has at most {MAX_CREATED} created resources, and not {room}")
    for href in links:
        if _height(href, links, (), heights) > MAX_NESTING:
            raise ValueError(f"{href} has collections nested deeper than {MAX_NESTING}")


def _check_creation(resource: ResourceProfile) -> None:
    """Raise `ValueError` unless there is room for the links of what may be created."""
    if resource.creates is None:
        return
    if len(resource.links) + resource.creates.limit > MAX_LINKS:
        raise ValueError(f"{resource.href} may get more than {MAX_LINKS} links")
    if len(resource.href) > LONGEST_COLLECTION:
        raise ValueError(f"{resource.href} is too long for paths below it")


def _check_interfaces(resource: ResourceProfile) -> None:
    """Raise `ValueError` unless links and the interfaces that show links go together."""
    for interface in resource.interfaces:
        if interface not in KNOWN:
            raise ValueError(
                f"{resource.href} has the unknown interface {interface}; "
                f"there are: {', '.join(sorted(KNOWN))}"
            )
        if interface in OF_COLLECTIONS and not resource.is_collection:
            raise ValueError(f"{resource.href} has the interface {interface}, but no links")
    if resource.is_collection and LINKS not in resource.interfaces:
        what = "links" if resource.links else "the place for links"
        raise ValueError(f"{resource.href} has {what}, but not the interface {LINKS}")
    if (resource.creates is not None) is not (CREATE in resource.interfaces):
        raise ValueError(f"{resource.href}: the interface {CREATE} and `creates` go together")


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
