"""Scenes in the world of a device: whoever sets `lastScene`, the rest follows.

A client's UPDATE comes as a whole, as it asks the gate and each property whether it is possible
(`World.recall`). A wall button, a schedule or a person at the device just sets the property, and
then this part lets the other properties go to their values, at the pace at which each moves. A
scene that is set again by such an action is recalled again, as somebody may have changed a lamp
since.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from onboardee.device.simulation.behaviour.states import StatesBehaviour
from onboardee.device.simulation.behaviour.travel import TravelBehaviour
from onboardee.device.simulation.scenes import LAST, Scenes
from onboardee.device.simulation.section import MisplacedError
from onboardee.device.simulation.world.declaration import Behaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import Cell, Part, Settings, Signal, WorldAccess

_BY_ITSELF: Final = (StatesBehaviour, TravelBehaviour)
"""The kinds that stand between a property and those who write it, as a scene does."""


class SceneBehaviour(Behaviour, frozen=True, kw_only=True):
    """The scenes of one collection; made of a profile's `scenes`, not written in `behaviour`."""

    href: str
    """The path of the collection."""
    values: dict[str, dict[str, Any]]
    """The scenes, each with the properties that it sets."""

    def make(self, finder: Finder) -> Part:
        """Return a part that follows `lastScene`."""
        cell = finder.cell(f"{self.href}#{LAST}", LAST)
        settings = {name: finder.settings(each, name) for name, each in self.values.items()}
        part = cell.mover = ScenePart(cell, settings)
        finder.register.scenes[self.href] = part
        return part


def entries_of(scenes: Scenes | None) -> Iterator[SceneBehaviour]:
    """Yield what a device does by its scenes."""
    for each in () if scenes is None else scenes.collections:
        yield SceneBehaviour(href=each.href, values=each.values)


def check_recall(scenes: Scenes | None, behaviour: Sequence[Behaviour]) -> None:
    """Raise `MisplacedError` for an entry that wants to say itself how `lastScene` changes."""
    own = {f"{each.href}#{LAST}" for each in entries_of(scenes)}
    for number, entry in enumerate(behaviour):
        ref = getattr(entry, "property", None)
        if ref in own and isinstance(entry, _BY_ITSELF):
            raise MisplacedError(f"{ref} changes at once, by itself", "behaviour", number)


class ScenePart(Part):
    """Lets properties go where the scene has them; a `Mover` of `lastScene`."""

    __slots__ = ("_cell", "_known", "_settings")

    is_moving = False

    def __init__(self, cell: Cell, settings: Mapping[str, Settings]) -> None:
        super().__init__()
        self._cell = cell
        self._settings = settings
        self._known: Any = cell.value
        """The scene of which all has been set, or that was there at the start."""

    def inputs(self) -> Iterable[Signal]:
        """Return `lastScene`."""
        return (self._cell,)

    def changed(self, world: WorldAccess) -> None:
        """Set what belongs to a scene that somebody has put there."""
        if self._cell.value != self._known:
            self.aim(world, self._cell.value)

    def take(self, scene: str) -> None:
        """Note that all of a scene is being set by who recalls it."""
        self._known = scene

    def aim(self, world: WorldAccess, goal: Any) -> None:
        """Recall a scene, also the one that was recalled last."""
        self._known = goal
        world.show(self._cell, goal)
        for cell, value in self._settings.get(goal, ()):
            world.aim(cell, value)

    def is_going_to(self, value: Any) -> bool:
        """Tell whether it is the present scene."""
        return bool(value == self._cell.value)

    def remaining(self, now: float) -> float:
        """Return 0: what is on its way is other properties."""
        return 0.0

    def stop(self) -> None:
        """Do nothing: what is on its way goes on."""
