"""Whether the resources that clients created can be served (`svrdb.model.created`).

A device passes over one that it cannot serve, and starts. It makes none of these itself; an edit by
hand or the database of another device may. The profile is not looked at, as there is none here:
what it does not allow is passed over as well.
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from onboardee.svrdb.findings import Finding, Findings, ProblemCode
from onboardee.svrdb.model import MAX_REP, Created, CreatedResource, Database


def findings(database: Database) -> Findings:
    """Yield one finding for each created resource that cannot be served (OCF Core 7.8)."""
    resources = database.created.resources
    for place, why in _unusable(resources).items():
        each = resources[place]
        sentence = f"The created resource {each.href} {why}."
        yield Finding(ProblemCode.BAD_CREATED, sentence, "OCF Core 7.8")


def mended(database: Database) -> Database:
    """Remove those that cannot be served; access entries stay, as they may be about another."""
    resources = database.created.resources
    bad = _unusable(resources)
    rest = tuple(each for place, each in enumerate(resources) if place not in bad)
    return replace(database, created=Created(resources=rest))


def _unusable(resources: Sequence[CreatedResource]) -> dict[int, str]:
    """Return the places of those that cannot be served, with the end of a sentence about it."""
    paths: set[str] = set()
    numbers: set[tuple[str, int]] = set()
    found: dict[int, str] = {}
    for place, each in enumerate(resources):
        why = _why_not(each, paths, numbers)
        if why is not None:
            found[place] = why
            continue
        paths.add(each.href)
        numbers.add((each.collection, each.instance))
    return found


def _why_not(each: CreatedResource, paths: set[str], numbers: set[tuple[str, int]]) -> str | None:
    if each.href in paths:
        return "has the path of another one"
    if not each.href.startswith(each.collection.rstrip("/") + "/"):
        return f"is not below its collection {each.collection}"
    if each.href.startswith(("/oic/", "/.well-known/")):
        return "has a path that belongs to the device itself"
    if (each.collection, each.instance) in numbers:
        return f"has the number {each.instance} of another link of {each.collection}"
    if len(msgspec.json.encode(each.values)) > MAX_REP:
        return f"has values of more than {MAX_REP} octets"
    return None
