"""Actions, ready to be done."""

from typing import Any, NamedTuple

from onboardee.device.simulation.behaviour.cells import Cell


class Deed(NamedTuple):
    """What an `Action` comes to: properties are found, constants are checked."""

    set: tuple[tuple[Cell, Any], ...] = ()
    toggle: tuple[tuple[Cell, tuple[Any, Any]], ...] = ()
    press: str | None = None
    fault: str | None = None
    repair: str | None = None
