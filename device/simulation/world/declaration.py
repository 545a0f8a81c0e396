"""What all kinds of behaviour have in common as declarations: a profile's list has one a entry.

A kind is one file in `onboardee.device.simulation.behaviour`: a struct that derives from
`Behaviour` and is what a profile may write, `make`, which turns it into a part, and the part.

A declaration is data: frozen, comparable, and checked by msgspec before anything here sees it. It
knows nothing of a running world. That way one profile serves a thousand devices, and a profile can
be checked without starting one.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self

from onboardee.device.simulation.section import Section
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import Check, Part
from onboardee.device.simulation.world.terms import When

Called = tuple[Literal["fault", "input"], str]
"""What an entry is called by, and its name."""


def kind_of(name: str) -> str:
    """Return what a profile writes after `kind:` for the class of this name.

    `TravelBehaviour` is `travel`: one word for the class, the file and the key.

    >>> kind_of("TravelBehaviour")
    'travel'
    """
    return name.removesuffix("Behaviour").lower()


class Behaviour(Section, frozen=True, kw_only=True, tag_field="kind", tag=kind_of):
    """An entry of a profile's list `behaviour`.

    Only `make` has to be written. The others tell what the rest of the list has to know of this
    entry before its part exists.
    """

    def make(self, finder: Finder) -> Part | None:
        """Return the part that does it, or None if that needs none.

        Raises `BehaviourError`, with the path from this entry, for what does not fit the device.
        """
        raise NotImplementedError

    def gate(self, finder: Finder) -> Check | None:
        """Return the condition under which the part runs at all. Raises `BehaviourError`."""
        return None

    def called(self) -> Iterable[Called]:
        """Return the names by which other entries, and the world's host, speak of this one."""
        return ()

    def awaited(self) -> Iterable[str]:
        """Return the inputs that this entry waits for, whether or not there is such an entry."""
        return ()

    def keeps(self) -> Iterable[tuple[str, str]]:
        """Return each property that is kept at a value, after the property that decides which.

        What is set once, or after some time, is not kept: values come to rest in between.
        """
        return ()

    def located(self, folder: Path | None) -> Self:
        """Return the entry with what it needs of its profile's folder; None: there is none.

        Raises `BehaviourError`.
        """
        return self


class GatedBehaviour(Behaviour, frozen=True, kw_only=True):
    """A behaviour that may rest."""

    only_while: When | None = None
    """Otherwise the entry rests: it sets nothing and no time passes for it."""

    def gate(self, finder: Finder) -> Check | None:
        """Return the condition `only_while`."""
        return finder.check(self.only_while, "only_while")
