"""Properties that are kept at values which depend on themselves: a mistake in a profile."""

from collections.abc import Sequence

from onboardee.device.simulation.behaviour.errors import BehaviourError
from onboardee.device.simulation.behaviour.model import Behaviour, Couple, Follow
from onboardee.device.simulation.behaviour.terms import Condition, conditions, is_ref, span

Edges = dict[str, dict[str, int]]
"""From a property to those that are kept by it, with the place of the entry that says so."""


def refuse_circles(entries: Sequence[Behaviour]) -> None:
    """Raise `BehaviourError` if what `couple` and `follow` keep goes round in a circle.

    What happens once, or after some time, makes no circle: values then come to rest in between.
    """
    edges: Edges = {}
    for place, entry in enumerate(entries):
        for source in _sources(entry):
            for target in _targets(entry):
                edges.setdefault(source, {}).setdefault(target, place)
    finished: set[str] = set()
    for start in edges:
        _walk(start, edges, [], finished)


def _walk(ref: str, edges: Edges, way: list[str], finished: set[str]) -> None:
    if ref in way:
        circle = [*way[way.index(ref) :], ref]
        place = edges[way[-1]][ref]
        raise BehaviourError(
            f"behaviour[{place}]: a circle, {' → '.join(circle)}; "
            "let one of the entries be a couple with once: true"
        )
    if ref in finished:
        return
    for target in edges.get(ref, ()):
        _walk(target, edges, [*way, ref], finished)
    finished.add(ref)


def _sources(entry: Behaviour) -> list[str]:
    match entry:
        case Couple():
            return [ref for each in conditions(entry.when) for ref in _named(each)]
        case Follow():
            return [entry.source]
    return []


def _targets(entry: Behaviour) -> list[str]:
    match entry:
        case Couple() if not entry.once and span(entry.after)[1] == 0:
            return [*entry.set, *entry.otherwise]
        case Follow():
            return [entry.target]
    return []


def _named(condition: Condition) -> list[str]:
    """Return the properties of a condition."""
    inner = (*condition.all, *condition.any, *condition.none)
    found = [ref for each in inner for ref in _named(each)]
    named = (condition.property, condition.above, condition.below)
    return [*found, *(name for name in named if isinstance(name, str) and is_ref(name))]
