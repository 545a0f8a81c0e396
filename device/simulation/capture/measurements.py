"""Atomic measurements of a device that was read: those that a profile can have as such.

A device may call anything an atomic measurement. What is none by OCF's rules becomes a plain
collection, and other collections lose their links to what is a part of one; each gets a note.
"""

from collections.abc import Sequence

import msgspec

from onboardee.device.simulation.atomic_measurement import check_atomic
from onboardee.device.simulation.capture.json_types import Plain
from onboardee.device.simulation.capture.notes import Notes, shown
from onboardee.device.simulation.resource import ATOMIC, COLLECTION, ResourceProfile
from onboardee.device.simulation.section import MisplacedError


def settle_measurements(entries: Sequence[Plain], notes: Notes) -> None:
    """Change entries of `resources` until `check_atomic` has no objection."""
    if not any(ATOMIC in each["types"] for each in entries):
        return
    there = {each["href"] for each in entries}
    for each in entries:
        if "links" in each:
            each["links"] = [href for href in each["links"] if href in there]
    while (error := _objection(entries)) is not None:
        entry = entries[int(error.path[1])]
        notes.add(f"{shown(entry['href'])} is another collection here: {shown(error)}")
        if ATOMIC in entry["types"]:
            rest = [each for each in entry["types"] if each not in {ATOMIC, COLLECTION}]
            entry["types"] = [*rest, COLLECTION]
        else:
            links = entry["links"]
            entry["links"] = [each for each in links if each != links[int(error.path[-1])]]


def _objection(entries: Sequence[Plain]) -> MisplacedError | None:
    try:
        check_atomic(msgspec.convert(entries, tuple[ResourceProfile, ...]))
    except MisplacedError as error:
        return error
    return None
