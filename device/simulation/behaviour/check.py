"""Finds mistakes in the list `behaviour` while a profile is loaded."""

from collections.abc import Sequence

from onboardee.device.simulation.behaviour.build import build
from onboardee.device.simulation.behaviour.circles import refuse_circles
from onboardee.device.simulation.behaviour.finding import Specs
from onboardee.device.simulation.behaviour.model import Behaviour
from onboardee.device.simulation.values import Values


def check(entries: Sequence[Behaviour], specs: Specs) -> None:
    """Raise `BehaviourError`, with its path, if an entry does not fit the device's properties."""
    if not entries:
        return
    values = {href: Values(properties) for href, properties in specs.items()}
    build(entries, specs, values, runs_code=False)
    refuse_circles(entries)
