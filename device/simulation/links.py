"""What a profile may say about interfaces, and about which resource links to which."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from onboardee.device.interfaces import KNOWN, LINKS, OF_COLLECTIONS

MAX_LINKS: Final = 64
"""Of one collection: one batch request reads them all."""
MAX_NESTING: Final = 4
"""Collections above one another."""


class Linking(Protocol):
    """What is looked at of a resource."""

    @property
    def href(self) -> str:
        """Its path."""

    @property
    def interfaces(self) -> tuple[str, ...]:
        """Its interfaces."""

    @property
    def links(self) -> tuple[str, ...]:
        """The paths that it links to."""


def check_links(resources: Sequence[Linking]) -> None:
    """Raise `ValueError` unless every link leads to another resource, and none in a circle."""
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


def _check_interfaces(resource: Linking) -> None:
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
        raise ValueError(f"links lead in a circle: {chain}")
    if href not in known:
        if len(above) > MAX_NESTING:
            raise ValueError(f"collections are nested too deep: {chain}")
        heights = (_height(each, links, (*above, href), known) for each in links[href])
        known[href] = 1 + max(heights, default=0) if links[href] else 0
    return known[href]
