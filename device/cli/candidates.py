"""Devices that are to run, and how each is called: everywhere by the name of its place.

A device needs one name: for its directory, in the log, for `--device`. It is that of its profile,
or what `--name` calls it, and gets a number where it is taken. The number depends on the order on
the command line only, so that a device finds its own state again at the next start. Workers get
slices of the same list and so come to the same names.
"""

from collections.abc import Sequence
from pathlib import Path

import click

from onboardee.device.cli.places import device_name, former_name, free_name, state_home
from onboardee.device.fleet.expanding import FleetDevice, titled
from onboardee.device.fleet.slices import Slice
from onboardee.device.simulation.profile import Profile


class Names:
    """Gives each device the name by which it goes everywhere; a second one gets a number."""

    def __init__(self) -> None:
        self._taken: list[str] = []
        self.former: dict[str, str] = {}
        """By name: how the directory of such a device was called by the first versions."""

    def devices(
        self, origin: str, profiles: Sequence[Profile], given: str | None
    ) -> list[FleetDevice]:
        """Return the devices of a profile; `given` is how the command line calls one."""
        return [
            self._one(origin, profile, given, is_one_of_many=len(profiles) > 1)
            for profile in profiles
        ]

    def _one(
        self, origin: str, profile: Profile, given: str | None, *, is_one_of_many: bool
    ) -> FleetDevice:
        """Return one device under the next free name."""
        own = profile.device.name
        shown = given or own
        calling = shown if is_one_of_many or shown != own else None
        name, number = free_name(device_name(origin, calling), self._taken)
        self._taken.append(name)
        if number > 1:
            shown = f"{shown} {number}"
        self.former[name] = former_name(origin, shown)
        return FleetDevice(name, origin, titled(profile, shown))


def sliced(
    found: list[FleetDevice], slices: tuple[Slice, ...]
) -> Sequence[tuple[int, FleetDevice]]:
    """Return the devices of a slice, each with its number in the whole.

    Raises `click.UsageError` where that is none.
    """
    part: Sequence[tuple[int, FleetDevice]] = list(enumerate(found))
    for each in slices:
        part = each.part(part)
        if not part:
            raise click.UsageError(f"slice {each} is empty: there are {len(found)} devices")
    return part


def place_of(
    name: str,
    state_dir: Path | None,
    state_file: Path | None,
    *,
    is_alone: bool,
    former: str | None = None,
) -> Path:
    """Return where a device keeps its state: in the state file, or else in a directory.

    A directory that is there by a `former` name is renamed, or used as it is.
    """
    if state_file is not None:
        return state_file.absolute() / name
    if is_alone and state_dir is not None:
        return state_dir.absolute()
    home = (state_dir or state_home()).absolute()
    place, earlier = home / name, home / (former or name)
    if earlier.is_dir() and not place.exists():
        try:
            return earlier.rename(place)
        except OSError:
            return earlier
    return place
