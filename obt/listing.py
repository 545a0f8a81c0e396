"""What links say, as strangers write them: unchecked, of any form, and never too many.

`/oic/res`, collections and introspection all consist of links (OCF Core 7.8.2), and each version of
OCF and OIC wrapped them differently. The functions here take whatever CBOR or JSON held and return
what is usable in it; what is not as it should be is left out rather than refused, as the purpose is
to read as much of an unknown device as it shows. Paths of security resources are never followed.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from onboardee.obt.address import Address
from onboardee.obt.model import NIL

MAX_RESOURCES: Final = 256
"""How many resources of one device are looked at."""
APPLICATION: Final = frozenset(
    {
        "oic.wk.col",
        "oic.wk.atomicmeasurement",
        "oic.wk.scenelist",
        "oic.wk.scenecollection",
        "oic.wk.scenemember",
    }
)
"""Well-known types of resources that are nevertheless a maker's own."""


def links_of(body: Any) -> list[Any]:
    """Return the links of `/oic/res`, which may be wrapped: by its baseline, or as in OIC 1.1."""
    found: list[Any] = []
    for each in body if isinstance(body, list) else ():
        if isinstance(each, Mapping) and "href" not in each and isinstance(each.get("links"), list):
            wrapper = {"anchor": f"ocf://{each['di']}"} if "di" in each else {}
            found += [{**wrapper, **link} for link in each["links"] if isinstance(link, Mapping)]
        elif isinstance(each, Mapping):
            found.append(each)
    return [each for each in found if isinstance(each.get("href"), str)][: 2 * MAX_RESOURCES]


def anchored(bodies: list[Any]) -> UUID | None:
    """Return the device UUID that links are anchored in, or that `/oic/d` tells."""
    for each in bodies:
        text = each.get("anchor", each.get("di")) if isinstance(each, Mapping) else None
        try:
            uuid = UUID(str(text).removeprefix("ocf://"))
        except ValueError:
            continue
        if uuid != NIL:
            return uuid
    return None


def secured_endpoint(links: list[Any], address: Address) -> Address | None:
    """Return the secured endpoint at the host that was asked, else the first there is.

    An endpoint elsewhere may be right, as devices have several addresses; the session decides.
    """
    found: list[Address] = []
    for each in links:
        for endpoint in each["eps"] if isinstance(each.get("eps"), list) else ():
            uri = endpoint.get("ep") if isinstance(endpoint, Mapping) else None
            known = Address.from_uri(str(uri), "coaps", interface=address.interface)
            found += [known] if known is not None else []
    return min(found, key=lambda each: each.host != address.host, default=None)


def documents(body: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield path and query of the few documents that introspection leads to.

    Only paths on the device itself are followed: a device must not send us to another machine.
    """
    places = body.get("urlInfo") if isinstance(body, Mapping) else None
    known: set[str] = set()
    for place in places[:8] if isinstance(places, list) else ():
        url = place.get("url") if isinstance(place, Mapping) else None
        try:
            parts = urlsplit(str(url))
        except ValueError:
            continue
        is_new = parts.path not in known and len(known) < 2
        if parts.scheme in {"coap", "coaps"} and is_new and may_be_asked(parts.path):
            known.add(parts.path)
            yield parts.path, tuple(parts.query.split("&")) if parts.query else ()


def described(document: dict[str, Any] | None) -> list[str]:
    """Return the paths that a document of introspection describes."""
    paths = (document or {}).get("paths")
    return [str(each).partition("?")[0] for each in paths] if isinstance(paths, Mapping) else []


def linked(body: Any) -> list[Any]:
    """Return what a collection links to."""
    links = body.get("links") if isinstance(body, Mapping) else body
    return links if isinstance(links, list) else []


def is_atomic(body: Any) -> bool:
    """Tell whether a representation is that of an atomic measurement (OCF Core 7.8.4)."""
    return isinstance(body, Mapping) and has_type(body, "oic.wk.atomicmeasurement")


def items(body: Any) -> Iterator[tuple[str, Any]]:
    """Yield path and representation of each resource in the answer of a batch interface."""
    for each in body[:MAX_RESOURCES] if isinstance(body, list) else ():
        if isinstance(each, Mapping) and isinstance(each.get("href"), str) and "rep" in each:
            yield each["href"], each["rep"]


def hrefs(links: list[Any]) -> list[str]:
    """Return where links lead."""
    found = (each.get("href") for each in links if isinstance(each, Mapping))
    return [each for each in found if isinstance(each, str)]


def is_ours(href: str) -> bool:
    """Tell whether a path is a plain one of a resource that is not the device's own."""
    return may_be_asked(href) and not href.startswith(("/oic/", "/.well-known/"))


def may_be_asked(href: str) -> bool:
    """Tell whether a path is a plain one, and none of those that hold secrets."""
    is_plain = href.startswith("/") and len(href) <= 256 and href.isprintable()
    return is_plain and not href.startswith("/oic/sec")


def has_type(link: Mapping[str, Any], name: str) -> bool:
    """Tell whether a link is of a resource type."""
    types = link.get("rt")
    return isinstance(types, list) and name in types


def is_core(link: Mapping[str, Any]) -> bool:
    """Tell whether a resource is one of the device itself, wherever it is."""
    types = link.get("rt")
    known = types if isinstance(types, list) else []
    return any(str(each).startswith("oic.wk.") and each not in APPLICATION for each in known)
