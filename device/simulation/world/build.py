"""From the list `behaviour` of a profile to parts that run.

It is done in three steps, since entries refer to each other by name and in any order. First the
names of faults and inputs are collected, then each entry makes its part with the help of a
`Finder`, and at last each part is entered as a listener of its inputs. The same steps run when a
profile is only checked: what passes the check can be built.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from onboardee.device.simulation.values import Values
from onboardee.device.simulation.world.cycles import refuse_cycles
from onboardee.device.simulation.world.declaration import Behaviour
from onboardee.device.simulation.world.finder import Finder, Register, Specs
from onboardee.device.simulation.world.notices import Notices
from onboardee.device.simulation.world.parts import Cell, Part
from onboardee.device.simulation.world.terms import BehaviourError


@dataclass(frozen=True, slots=True)
class Built:
    """The parts of a device, and by which names they are called."""

    parts: Sequence[Part]
    """In the order of the list `behaviour`, in which they are visited."""
    cells: Mapping[str, Cell]
    """The properties that something listens to or changes, by `/href#name`; others cost nothing."""
    register: Register
    """Inputs, faults and intervals by name."""
    presses: frozenset[str]
    """All inputs, also those that are only waited for."""
    notices: Notices
    """When observers are told."""


def check(entries: Sequence[Behaviour], specs: Specs) -> None:
    """Raise `BehaviourError`, with its path, if an entry does not fit the device's properties.

    No program of a profile is executed.
    """
    if not entries:
        return
    # A check needs values to bind to, and no device.
    values = {href: Values(properties) for href, properties in specs.items()}
    build(entries, specs, values, runs_code=False)
    refuse_cycles(entries)


def located(entries: Sequence[Behaviour], folder: Path | None) -> tuple[Behaviour, ...]:
    """Return entries with the files that they name found in the profile's folder.

    A profile without a folder, such as a built-in one, has none. Raises `BehaviourError`.
    """
    result = []
    for place, entry in enumerate(entries):
        with _within(place):
            result.append(entry.located(folder))
    return tuple(result)


def build(
    entries: Sequence[Behaviour],
    specs: Specs,
    values: Mapping[str, Values],
    *,
    runs_code: bool = True,
) -> Built:
    """Make the parts. Raises `BehaviourError` with the path of what is wrong.

    Without `runs_code` no program is executed, only looked for.
    """
    faults, inputs = _called(entries, "fault"), _called(entries, "input")
    presses = frozenset(chain(inputs, *(entry.awaited() for entry in entries)))
    finder = Finder(specs, values, faults, presses, runs_code=runs_code)
    parts: list[Part] = []
    for place, entry in enumerate(entries):
        with _within(place):
            part = entry.make(finder)
            if part is None:
                continue
            part.gate = entry.gate(finder)
        # Entries without a part leave no gap.
        part.order = len(parts)
        parts.append(part)
    for part in parts:
        _listen(part)
    register = finder.register
    notices = Notices(register.interval, register.intervals)
    return Built(parts, finder.cells, register, presses, notices)


def _listen(part: Part) -> None:
    """Enter a part as a listener of its inputs and of its gate, once for each."""
    gate = () if part.gate is None else part.gate.signals()
    for signal in dict.fromkeys((*part.inputs(), *gate)):
        signal.listeners += (part,)


@contextmanager
def _within(place: int) -> Iterator[None]:
    """Put the place of an entry in front of what is wrong with it."""
    try:
        yield
    except BehaviourError as error:
        raise BehaviourError(f"behaviour[{place}].{error}") from error


def _called(entries: Sequence[Behaviour], what: str) -> list[str]:
    """Return the names of all faults or all inputs. Raises `BehaviourError` if one comes twice."""
    names = [name for entry in entries for sort, name in entry.called() if sort == what]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise BehaviourError(f"behaviour: two entries are the {what} {twice}")
    return names
