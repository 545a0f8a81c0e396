"""Properties that are kept at values which depend on themselves: a mistake in a profile.

Two entries that keep each other's property would change values for ever in one moment. At run time
`Settling` ends that after some rounds; but an author is better told when the profile is loaded,
with the names on the way. Only what is kept at once counts (`Behaviour.keeps`): where time passes
in between, values may depend on each other, as in a thermostat.
"""

from collections.abc import Sequence

from onboardee.device.simulation.world.declaration import Behaviour
from onboardee.device.simulation.world.terms import BehaviourError

Edges = dict[str, dict[str, int]]
"""From a property to those that are kept by it, with the place of the entry that says so."""


def refuse_cycles(entries: Sequence[Behaviour]) -> None:
    """Raise `BehaviourError` if what entries keep goes round in a cycle."""
    edges: Edges = {}
    for place, entry in enumerate(entries):
        for source, target in entry.keeps():
            edges.setdefault(source, {}).setdefault(target, place)
    finished: set[str] = set()
    for start in edges:
        _walk(start, edges, [], finished)


def _walk(ref: str, edges: Edges, way: list[str], finished: set[str]) -> None:
    """Follow the edges from a property, depth first; `way` is how it was reached."""
    if ref in way:
        cycle = [*way[way.index(ref) :], ref]
        place = edges[way[-1]][ref]
        raise BehaviourError(
            f"behaviour[{place}]: a cycle, {' → '.join(cycle)}; "
            "let one of the entries be a couple with once: true"
        )
    if ref in finished:
        return
    for target in edges.get(ref, ()):
        _walk(target, edges, [*way, ref], finished)
    finished.add(ref)
