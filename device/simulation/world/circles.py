"""Properties that are kept at values which depend on themselves: a mistake in a profile."""

from collections.abc import Sequence

from onboardee.device.simulation.world.declaration import Behaviour
from onboardee.device.simulation.world.terms import BehaviourError

Edges = dict[str, dict[str, int]]
"""From a property to those that are kept by it, with the place of the entry that says so."""


def refuse_circles(entries: Sequence[Behaviour]) -> None:
    """Raise `BehaviourError` if what entries keep goes round in a circle."""
    edges: Edges = {}
    for place, entry in enumerate(entries):
        for source, target in entry.keeps():
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
