"""Reading fleet files: like profiles, with the line of every mistake."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from onboardee.device.fleet.expanding import FleetDevice, devices_of
from onboardee.device.fleet.model import Fleet
from onboardee.device.simulation.catalogue import Catalogue, is_path
from onboardee.device.simulation.document import DocumentItem
from onboardee.device.simulation.mistakes import explained, told
from onboardee.device.simulation.section import MisplacedError

MARK = "groups"
"""The key by which a fleet file is told from a profile."""


@dataclass(frozen=True, slots=True)
class LoadedFleet:
    """A fleet with its devices."""

    fleet: Fleet
    devices: list[FleetDevice]
    state_file: Path | None = None
    """Where all of them keep their state, if not in directories."""


def is_fleet(name_or_path: str, catalogue: Catalogue) -> bool:
    """Tell whether a path leads to a fleet file. Raises `ProfileError` if nothing can be read."""
    if not is_path(name_or_path):
        return False
    content = catalogue.find(name_or_path).value
    return isinstance(content, dict) and MARK in content


def load_fleet(path: str, catalogue: Catalogue | None = None) -> LoadedFleet:
    """Read a fleet file, unless `catalogue` has read it already.

    Raises `ProfileError`, which names the line.
    """
    document = (catalogue or Catalogue()).find(path)
    fleet = _converted(document)
    try:
        folder = Path(path).parent
        kept = None if fleet.state_file is None else folder / fleet.state_file
        return LoadedFleet(fleet, devices_of(fleet, folder), kept)
    except MisplacedError as error:
        raise told(document.at(*error.path), error.path, str(error)) from error


def _converted(document: DocumentItem) -> Fleet:
    def convert(data: Any) -> Fleet:
        return msgspec.convert(data, Fleet)

    try:
        return convert(document.plain())
    except msgspec.ValidationError as error:
        raise explained(error, document, convert, msgspec.json.schema(Fleet)) from error
