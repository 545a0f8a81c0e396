"""A world that gets and loses resources while it runs.

What joins is about itself alone (`device/simulation/creatable.py` sees to that): nothing that runs
already listens to it, so its parts are built on their own and put behind the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from onboardee.device.simulation.values import Property, Values
from onboardee.device.simulation.world.build import Built, build
from onboardee.device.simulation.world.declaration import Behaviour


def joined(
    built: Built,
    href: str,
    properties: Mapping[str, Property],
    values: Values,
    entries: Sequence[Behaviour],
) -> tuple[Built, Built]:
    """Return a world with one more resource, and the parts of that alone."""
    own = build(entries, {href: properties}, {href: values})
    for place, part in enumerate(own.parts, _last(built) + 1):
        part.order = place
    register = built.register
    # Names of a profile come first: what has one of them cannot be called by it.
    for name, entry in own.register.inputs.items():
        register.inputs.setdefault(name, entry)
    for name, fault in own.register.faults.items():
        register.faults.setdefault(name, fault)
    register.awaiting += own.register.awaiting
    register.intervals |= own.register.intervals
    register.live |= own.register.live
    both = replace(
        built,
        parts=[*built.parts, *own.parts],
        cells={**built.cells, **own.cells},
        presses=built.presses | own.presses,
    )
    return both, own


def parted(built: Built, href: str, own: Built) -> Built:
    """Return a world without a resource, of which nothing is kept."""
    register = built.register
    for name, entry in own.register.inputs.items():
        if register.inputs.get(name) is entry:
            del register.inputs[name]
    for name, fault in own.register.faults.items():
        if register.faults.get(name) is fault:
            del register.faults[name]
    register.intervals.pop(href, None)
    register.live.pop(href, None)
    gone = {id(each) for each in (*own.parts, *own.register.awaiting)}
    register.awaiting = [each for each in register.awaiting if id(each) not in gone]
    built.notices.forget(href)
    return replace(
        built,
        parts=[each for each in built.parts if id(each) not in gone],
        cells={name: cell for name, cell in built.cells.items() if name not in own.cells},
        presses=built.presses - own.presses,
    )


def _last(built: Built) -> int:
    return max((part.order for part in built.parts), default=-1)
