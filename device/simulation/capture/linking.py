"""Links of collections: those that a profile can have.

Profiles allow links to resources of the same device, without cycles and four deep, since a batch
request follows them. A device may link to anything. Each link is tried against what is there
already, so the first ones win, and each that is left out gets a note with its reason.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from onboardee.device.access.ocf_interfaces import CREATE, LINKS, OF_COLLECTIONS
from onboardee.device.simulation.capture.notes import Notes, shown
from onboardee.device.simulation.resource import COLLECTION, MAX_LINKS, MAX_NESTING

MAX_ALL: Final = 1024
"""Links of the whole device."""

Wanted = Mapping[str, Sequence[str]]
"""By path: where the resource links to."""


def connect(entries: Mapping[str, dict[str, Any]], wanted: Wanted, notes: Notes) -> None:
    """Enter the links of collections into the resources, as far as profiles have such."""
    graph: dict[str, list[str]] = {href: [] for href in entries}
    for href in entries:
        for target in wanted.get(href, ())[:MAX_ALL]:
            why = _objection(graph, href, target)
            if why is None:
                graph[href].append(target)
            else:
                notes.add(f"{shown(href)} links to {shown(target)}, which is left out: {why}")
    for href, links in graph.items():
        _settle(entries[href], links, notes)


def _objection(graph: dict[str, list[str]], href: str, target: str) -> str | None:
    """Say why there can be no such link, None if there can."""
    if target not in graph:
        return "it is no resource of the profile"
    if target in graph[href]:
        return "the link is there twice"
    if len(graph[href]) >= MAX_LINKS or sum(map(len, graph.values())) >= MAX_ALL:
        return "there are too many links"
    if _reaches(graph, target, href):
        return "the links lead in a cycle"
    trial = {**graph, href: [*graph[href], target]}
    heights: dict[str, int] = {}
    if any(_height(trial, each, heights) > MAX_NESTING for each in trial):
        return "collections are nested too deeply"
    return None


def _reaches(graph: Mapping[str, Sequence[str]], start: str, end: str) -> bool:
    """Tell whether links lead from one resource to another."""
    known, waiting = set[str](), [start]
    while waiting:
        here = waiting.pop()
        if here == end:
            return True
        if here not in known:
            known.add(here)
            waiting += graph[here]
    return False


def _height(graph: Mapping[str, Sequence[str]], href: str, known: dict[str, int]) -> int:
    """Count how many collections are nested in a resource; there are no cycles."""
    if href not in known:
        below = [_height(graph, each, known) for each in graph[href]]
        known[href] = 1 + max(below) if below else 0
    return known[href]


def _settle(entry: dict[str, Any], links: Sequence[str], notes: Notes) -> None:
    """Enter links, and see that the interfaces are those of a collection, or of none."""
    href, interfaces = shown(entry["href"]), entry["interfaces"]
    if CREATE in interfaces:
        notes.add(f"{href} lets clients create resources, and here it does not")
        interfaces = entry["interfaces"] = [each for each in interfaces if each != CREATE]
    if links or COLLECTION in entry["types"]:
        if LINKS not in interfaces:
            notes.add(f"{href} has links and gets the interface {LINKS} for them")
            entry["interfaces"] = [*interfaces, LINKS]
        if links:
            entry["links"] = list(links)
    elif OF_COLLECTIONS & set(interfaces):
        notes.add(f"{href} has no links to resources, and is therefore no collection here")
        left = [each for each in interfaces if each not in OF_COLLECTIONS]
        entry["interfaces"] = left or ["oic.if.baseline"]
