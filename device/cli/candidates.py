"""Devices that are to run, and how each is called: everywhere by the name of its place.

A device needs one name: for its directory, in the log, for `--device`. It is that of its profile,
or what `--name` calls it, and gets a number where it is taken. The number depends on the order on
the command line only, so that a device finds its own state again at the next start. Workers get
slices of the same list and so come to the same names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import click
from msgspec.structs import replace

from onboardee.device.cli.places import device_name, former_name, free_name, state_home
from onboardee.device.fleet.expanding import FleetDevice
from onboardee.device.fleet.model import Churn
from onboardee.device.fleet.slices import Slice
from onboardee.device.simulation.profile import Profile


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device that is to run: of which profile by name, and how it is to be called.

    `former` is how the directory of such a device was called by the first versions.
    """

    origin: str
    name: str
    """Of its directory, in the log, and for --device."""
    former: str
    profile: Profile
    uuid: UUID | None = None
    """Its UUID when it is new; None for a random one."""
    seed: str | None = None
    """What makes its chance repeatable."""
    starts_at: float = 0.0
    """Seconds after the process."""
    churn: Churn | None = None
    """How it comes and goes, of a fleet."""


class Names:
    """Gives each device the name by which it goes everywhere; a second one gets a number."""

    def __init__(self) -> None:
        self._taken: list[str] = []

    def candidates(
        self, origin: str, profiles: Sequence[Profile], given: str | None
    ) -> list[Candidate]:
        """Return the devices of a profile; `given` is how the command line calls one."""
        return [
            self._one(origin, profile, given, is_one_of_many=len(profiles) > 1)
            for profile in profiles
        ]

    def _one(
        self, origin: str, profile: Profile, given: str | None, *, is_one_of_many: bool
    ) -> Candidate:
        """Return one device under the next free name."""
        own = profile.device.name
        shown = given or own
        calling = shown if is_one_of_many or shown != own else None
        name, number = free_name(device_name(origin, calling), self._taken)
        self._taken.append(name)
        if number > 1:
            shown = f"{shown} {number}"
        device = replace(profile.device, name=shown)
        return Candidate(origin, name, former_name(origin, shown), replace(profile, device=device))


def of_fleet(device: FleetDevice) -> Candidate:
    """Return a device of a fleet, whose names are those of its file."""
    return Candidate(
        origin=device.origin,
        name=device.name,
        former=device.name,
        profile=device.profile,
        uuid=device.uuid,
        seed=device.seed,
        starts_at=device.starts_at,
        churn=device.churn,
    )


def sliced(found: list[Candidate], slices: tuple[Slice, ...]) -> Sequence[tuple[int, Candidate]]:
    """Return the devices of a slice, each with its number in the whole.

    Raises `click.UsageError` where that is none.
    """
    part: Sequence[tuple[int, Candidate]] = list(enumerate(found))
    for each in slices:
        part = each.part(part)
        if not part:
            raise click.UsageError(f"slice {each} is empty: there are {len(found)} devices")
    return part


def place_of(
    candidate: Candidate, state_dir: Path | None, state_file: Path | None, *, is_alone: bool
) -> Path:
    """Return where a device keeps its state: in the state file, or else in a directory."""
    if state_file is not None:
        return state_file.absolute() / candidate.name
    if is_alone and state_dir is not None:
        return state_dir.absolute()
    home = (state_dir or state_home()).absolute()
    place, former = home / candidate.name, home / candidate.former
    if former.is_dir() and not place.exists():
        try:
            return former.rename(place)
        except OSError:
            return former
    return place
