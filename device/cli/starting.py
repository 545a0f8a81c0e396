"""From what `onboardee run` was told to the devices that it runs."""

import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from onboardee.device.cli import hosting
from onboardee.device.cli.candidates import Candidate, Names, of_fleet, place_of, sliced
from onboardee.device.cli.configuring import configured
from onboardee.device.cli.hosting import HostOptions
from onboardee.device.cli.keylog import KeyWriter
from onboardee.device.cli.log_writer import LogWriter
from onboardee.device.cli.terminal import has_colour, has_person
from onboardee.device.cli.unit import PlannedDevice
from onboardee.device.faults.terms import Fault, FaultError
from onboardee.device.faults.terms import parse as parsed_fault
from onboardee.device.fleet.expanding import devices_of
from onboardee.device.fleet.loading import is_fleet, load_fleet
from onboardee.device.fleet.model import Fleet, Group
from onboardee.device.fleet.slices import Slice, number_of_workers
from onboardee.device.net.addresses import Addresses, parsed_prefix
from onboardee.device.net.advertising import parsed
from onboardee.device.net.binding import BindError, Ports
from onboardee.device.simulation.profile import (
    ProfileError,
    built_in_names,
    load_all,
)
from onboardee.device.simulation.world.terms import BehaviourError
from onboardee.svrdb import StoreError, StoreLocked
from onboardee.svrdb.codec import CODECS
from onboardee.svrdb.files import explained_at
from onboardee.wire.path import Endpoint

if TYPE_CHECKING:
    from onboardee.device.cli.auditing import Auditor
    from onboardee.device.cli.console.console import Console
    from onboardee.device.cli.watching import WatchOptions
    from onboardee.device.cli.workers import Link
    from onboardee.device.metrics.serving import Metering
    from onboardee.device.web.serving import Dashboard


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of `run`."""

    profiles: tuple[str, ...]
    """Names or paths."""
    everything: bool
    """All built-in profiles."""
    count: int
    """So many of each profile."""
    slices: tuple[Slice, ...] = ()
    """Of the devices only this part, and of that the next."""
    workers: str = "1"
    """So many processes, or `auto`."""
    name: str | None
    """In /oic/d; a second device of that name gets a number."""
    state_dir: Path | None
    """Of the device, or of all devices."""
    state_file: Path | None
    """With the state of all devices, in place of directories."""
    adopt: bool
    """Go on with the state of another profile's device."""
    hosts: tuple[str, ...]
    """Addresses to listen at; none: all interfaces."""
    prefixes: tuple[str, ...]
    """Of whose addresses each device has one."""
    port: int
    """Of CoAP; 0: any free."""
    secure_port: int
    """Of CoAP over DTLS; 0: any free."""
    advertised: tuple[str, ...]
    """Endpoints to tell instead of the own ones."""
    otm: tuple[str, ...] | None
    """Owner transfer methods instead of the profile's."""
    pki_certs: Path | None
    """The folder of what a maker puts into the device, under plgd's names."""
    lights: int | None
    """So many in place of the one that the profile has."""
    own_ports_only: bool
    """Leave port 5683 alone."""
    pin: str | None
    """The PIN of the random PIN method, always the same."""
    compat: str | None
    """The name of a preset."""
    uuid: UUID | None
    """Of a device that starts anew."""
    uuid_seed: UUID | None
    """The same, made of a text."""
    seed: str | None
    """From which all random octets follow."""
    codec: str
    """The format of a new database, by name."""
    keylog: Path | None
    """The file for TLS secrets."""
    trace: bool
    """Print all that crosses the border of the devices."""
    trace_to: Path | None
    """The file for the same, as JSON lines."""
    capture: Path | None
    """The file for Wireshark."""
    record: Path | None
    """The file of the recording."""
    speed: float
    """Seconds of the devices' worlds in one of the wall; 0: they stand still."""
    faults: tuple[str, ...]
    """As `device/faults` reads them."""
    metrics: tuple[str, int] | None
    web: tuple[str, int] | None
    web_read_only: bool
    """The dashboard changes nothing."""
    log_format: str
    """`console` or `json`."""
    no_console: bool = False
    """Only write the log, also on a terminal."""
    verbose: bool
    """Log requests, too."""


def start(
    options: RunOptions,
    given: Collection[str],
    auditor: "Auditor | None" = None,
    link: "Link | None" = None,
) -> None:
    """Run the devices until interrupted; `given` are the options of the command line.

    With an `auditor` the conversations of the devices are judged. With a `link` this process is a
    worker, whose devices are some of more.

    Raises `click.ClickException`.

    Returns when they were stopped.
    """
    try:
        planned = planned_devices(options)
        devices = len(planned) if link is None else link.devices
        if devices > 1:
            _require_shareable(given)
        make_state_files(planned)
        count = number_of_workers(options.workers, len(planned))
        if count > 1:
            # what starts processes is imported only where somebody wants it
            from onboardee.device.cli import workers  # noqa: PLC0415

            workers.require_spreadable(options, is_audited=auditor is not None)
            del planned
            workers.run(options, given, devices, count)
            return
        host_options = _host_options(options, given, auditor, is_alone=devices == 1)
        hosting.run(planned, replace(host_options, devices=devices, link=link))
    except StoreLocked as error:
        raise click.ClickException(_explained(error)) from error
    except (ProfileError, BehaviourError, FaultError, StoreError, BindError) as error:
        raise click.ClickException(str(error)) from error


def planned_devices(options: RunOptions) -> list[PlannedDevice]:
    """Return the devices that are to run: of profiles, of fleet files, and several of one profile.

    Raises `ProfileError` or `click.UsageError`.
    """
    if options.state_dir is not None and options.state_file is not None:
        raise click.UsageError("--state-dir and --state-file both say where state is: give one")
    found: list[Candidate] = []
    names, state_file = Names(), options.state_file
    for name in _wanted(options):
        if is_fleet(name):
            _require_own_settings(options, name)
            loaded = load_fleet(name)
            found += map(of_fleet, loaded.devices)
            state_file = state_file or loaded.state_file
        elif options.count > 1:
            group = Group(profile=name, count=options.count)
            found += map(of_fleet, devices_of(Fleet(groups=(group,)), Path()))
        else:
            found += names.candidates(name, load_all(name), options.name)
    is_alone = len(found) == 1
    return [
        PlannedDevice(
            name=place.name or each.name,
            origin=each.origin,
            profile=configured(each.profile, options),
            directory=place,
            is_in_file=state_file is not None,
            uuid=each.uuid or options.uuid or options.uuid_seed,
            seed=each.seed or options.seed,
            starts_at=each.starts_at,
            churn=each.churn,
            number=number,
        )
        for number, each in sliced(found, options.slices)
        for place in [place_of(each, options.state_dir, state_file, is_alone=is_alone)]
    ]


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


def _require_shareable(given: Collection[str]) -> None:
    """Refuse what only one of several devices could have."""
    for option in ("name", "port", "secure_port", "uuid", "uuid_seed", "record"):
        if option in given:
            written = option.replace("_", "-")
            raise click.UsageError(f"--{written} is for one device, and these are several")


def _host_options(
    options: RunOptions, given: Collection[str], auditor: "Auditor | None", *, is_alone: bool
) -> HostOptions:
    # several devices have free ports, whatever the environment says of one
    wanted = (options.port, options.secure_port) if is_alone else (0, 0)
    advertised = _advertised(options.advertised)
    if not is_alone and any(each.port for each in advertised):
        raise click.UsageError("--advertise with a port is for one device, and these are several")
    return HostOptions(
        ports=Ports(
            options.hosts,
            *wanted,
            advertised,
            takes_coap_port=not (options.hosts or options.own_ports_only),
        ),
        addresses=_addresses(options, given),
        codec=next(each for each in CODECS if each.name == options.codec),
        log_format=options.log_format,
        verbose=options.verbose,
        given=frozenset(given),
        keylog=None if options.keylog is None else KeyWriter.open(options.keylog),
        watch=_watch(options, auditor),
        adopt=options.adopt,
        speed=options.speed,
        metering=_metering(options.metrics),
        dashboard=_dashboard(options),
        console=None if auditor is not None else _console(options),
    )


def _console(options: RunOptions) -> "Console | None":
    """Return the console, where a person sits at a terminal and wants one."""
    is_wanted = options.log_format == "console" and not options.no_console
    if not (is_wanted and has_person()):
        return None
    try:
        # it brings a library that draws, which devices without a terminal do without
        from onboardee.device.cli.console.console import Console  # noqa: PLC0415
        from onboardee.device.cli.console.screen import terminal  # noqa: PLC0415
    except ModuleNotFoundError:
        return None
    has_colours = has_colour(sys.stdout)
    return Console(terminal(has_colour=has_colours), lambda: LogWriter(sys.stdout))


def _addresses(options: RunOptions, given: Collection[str]) -> Addresses | None:
    """Return what gives each device an address of its own, if that is wanted."""
    if not options.prefixes:
        return None
    for option in ("hosts", "port", "secure_port", "advertised"):
        if option in given:
            written = {"hosts": "host", "advertised": "advertise"}.get(option, option)
            name = written.replace("_", "-")
            raise click.UsageError(f"--addresses says all of where devices are: leave out --{name}")
    try:
        return Addresses(map(parsed_prefix, options.prefixes))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--addresses") from error


def _metering(place: tuple[str, int] | None) -> "Metering | None":
    if place is None:
        return None
    # it brings an HTTP server, which devices without it do without
    from onboardee.device.metrics.serving import Metering  # noqa: PLC0415

    return Metering(*place)


def _dashboard(options: RunOptions) -> "Dashboard | None":
    """Return what shows the devices in a browser. Raises `click.UsageError`."""
    if options.web is None:
        if options.web_read_only:
            raise click.UsageError("--web-read-only says how --web is: give both")
        return None
    try:
        # an extra of the package, and more than devices without it need
        from onboardee.device.web.serving import Dashboard  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"--web needs {error.name}, which is not installed: pip install 'onboardee[web]'"
        ) from error
    return Dashboard(*options.web, read_only=options.web_read_only)


def _watch(options: RunOptions, auditor: "Auditor | None") -> "WatchOptions | None":
    """Open what the conversations are to be written to; None if nobody wants to see them."""
    is_wanted = options.trace or options.trace_to or options.capture or options.record
    if not (is_wanted or options.faults or auditor):
        return None
    # what watches is imported only where somebody wants it
    from onboardee.device.cli.watching import CaptureFile, WatchOptions, Written, opened  # noqa: PLC0415

    return WatchOptions(
        is_shown=options.trace,
        written=None if options.trace_to is None else Written.to(options.trace_to),
        captured=None if options.capture is None else CaptureFile.to(options.capture),
        auditor=auditor,
        recording=None if options.record is None else opened(options.record, "--record"),
        faults=_faults(options.faults),
    )


def _faults(texts: tuple[str, ...]) -> tuple[Fault, ...]:
    try:
        return tuple(map(parsed_fault, texts))
    except FaultError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from error


def _advertised(values: tuple[str, ...]) -> tuple[Endpoint, ...]:
    try:
        return tuple(endpoint for value in values for endpoint in parsed(value))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--advertise") from error


def _explained(error: StoreLocked) -> str:
    if error.pid == os.getpid():
        return (
            f"two of these devices would keep their state in {error.path}; give them other names "
            "or another --state-dir"
        )
    return (
        f"{error.path} {error.what}; stop that, or give this device a --name or a --state-dir of "
        "its own"
    )
