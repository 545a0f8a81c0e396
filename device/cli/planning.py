"""Which devices `onboardee run` is to run: of profiles, of fleet files, several of one profile."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from onboardee.device.cli.candidates import Names, place_of, sliced
from onboardee.device.cli.configuring import configured
from onboardee.device.cli.places import device_name
from onboardee.device.cli.run_options import RunOptions
from onboardee.device.cli.unit import PlannedDevice
from onboardee.device.fleet.expanding import FleetDevice, copies
from onboardee.device.fleet.loading import is_fleet, load_fleet
from onboardee.device.simulation.catalogue import Catalogue, built_in_names
from onboardee.device.simulation.profile import load, load_all
from onboardee.svrdb.files import explained_at


def planned_devices(options: RunOptions) -> list[PlannedDevice]:
    """Return the devices that are to run: of profiles, of fleet files, and several of one profile.

    Raises `ProfileError` or `click.UsageError`.
    """
    if options.state_dir is not None and options.state_file is not None:
        raise click.UsageError("--state-dir and --state-file both say where state is: give one")
    found: list[FleetDevice] = []
    names, catalogue, state_file = Names(), Catalogue(), options.state_file
    for name in _wanted(options):
        if is_fleet(name, catalogue):
            _require_own_settings(options, name)
            loaded = load_fleet(name, catalogue)
            found += loaded.devices
            state_file = state_file or loaded.state_file
        elif options.count > 1:
            profile = configured(load(name, catalogue), options)
            base = device_name(name, options.name)
            found += copies(profile, name, base, options.count, options.name)
        else:
            profiles = [configured(each, options) for each in load_all(name, catalogue)]
            found += names.devices(name, profiles, options.name)
    is_alone = len(found) == 1
    return [
        PlannedDevice(
            name=place.name or each.name,
            origin=each.origin,
            profile=each.profile,
            directory=place,
            is_in_file=state_file is not None,
            uuid=each.uuid or options.uuid or options.uuid_seed,
            seed=each.seed or options.seed,
            starts_at=each.starts_at,
            churn=each.churn,
            number=number,
        )
        for number, each in sliced(found, options.slices)
        for place in [
            place_of(
                each.name,
                options.state_dir,
                state_file,
                is_alone=is_alone,
                former=names.former.get(each.name),
            )
        ]
    ]


def require_places_apart(planned: Sequence[PlannedDevice]) -> None:
    """Refuse two devices that would keep their state in one place: links may lead there.

    Raises `click.ClickException`. Their stores are opened side by side, and which of them came
    second would be chance.
    """
    taken: set[str] = set()
    for device in planned:
        place = os.path.realpath(device.directory)
        if place in taken:
            raise click.ClickException(
                f"two of these devices would keep their state in {place}; give them other names "
                "or another --state-dir"
            )
        taken.add(place)


def make_state_files(planned: Sequence[PlannedDevice]) -> None:
    """Make the state files of devices that are not there, with room for all of these devices.

    Raises `StoreError`.
    """
    names: dict[Path, list[str]] = {}
    for device in planned:
        if device.is_in_file:
            names.setdefault(device.directory.parent, []).append(device.name)
    for path, wanted in names.items():
        # SQLite, which devices with directories of their own do without
        from onboardee.svrdb.state_file import StateFile  # noqa: PLC0415

        with explained_at(str(path)):
            StateFile.make(path, wanted)


def _require_own_settings(options: RunOptions, name: str) -> None:
    """Refuse what a fleet file says for each of its groups."""
    for option in ("name", "otm", "pin", "compat", "count", "lights", "pki_certs"):
        if getattr(options, option) not in {None, 1}:
            raise click.UsageError(
                f"--{option.replace('_', '-')} is for profiles; {name} says it for each group"
            )


def _wanted(options: RunOptions) -> tuple[str, ...]:
    if options.everything and options.profiles:
        raise click.UsageError("--all runs every built-in profile: name none beside it")
    if not options.everything and not options.profiles:
        raise click.UsageError("name a PROFILE, as in `onboardee run light`, or give --all")
    return tuple(built_in_names()) if options.everything else options.profiles
