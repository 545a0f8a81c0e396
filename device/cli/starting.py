"""From what `onboardee run` was told to the devices that it runs.

Options may contradict the profile, each other, or the number of devices; whatever is wrong is found
here, before any file or socket is opened. A device's directory is named after its profile and its
name, and a directory of an earlier version of the program is renamed.
"""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click
from msgspec.structs import replace

from onboardee.device.cli import hosting
from onboardee.device.cli.hosting import HostOptions, PlannedDevice
from onboardee.device.cli.keylog import KeyWriter
from onboardee.device.cli.places import device_name, former_name, free_name, state_home
from onboardee.device.faults.terms import Fault, FaultError
from onboardee.device.faults.terms import parse as parsed_fault
from onboardee.device.net.advertising import parsed
from onboardee.device.net.binding import BindError, Ports
from onboardee.device.simulation.compatibility import PRESETS, Preset
from onboardee.device.simulation.profile import (
    OwnerTransferMethod,
    Profile,
    ProfileError,
    built_in_names,
    load_all,
)
from onboardee.device.simulation.world.terms import BehaviourError
from onboardee.svrdb import StoreError, StoreLocked
from onboardee.svrdb.codec import CODECS
from onboardee.wire.path import Endpoint

if TYPE_CHECKING:
    from onboardee.device.cli.auditing import Auditor
    from onboardee.device.cli.watching import WatchOptions
    from onboardee.device.metrics.serving import Metering


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of `run`."""

    profiles: tuple[str, ...]
    """Names or paths."""
    everything: bool
    """All built-in profiles."""
    name: str | None
    """In /oic/d; a second device of that name gets a number."""
    state_dir: Path | None
    """Of the device, or of all devices."""
    adopt: bool
    hosts: tuple[str, ...]
    """Addresses to listen at; none: all interfaces."""
    port: int
    """Of CoAP; 0: any free."""
    secure_port: int
    """Of CoAP over DTLS; 0: any free."""
    advertised: tuple[str, ...]
    """Endpoints to tell instead of the own ones."""
    otm: tuple[str, ...] | None
    """Owner transfer methods instead of the profile's."""
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
    keylog: Path | None
    trace: bool
    trace_to: Path | None
    capture: Path | None
    record: Path | None
    faults: tuple[str, ...]
    """As `device/faults` reads them."""
    metrics: tuple[str, int] | None
    log_format: str
    verbose: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device that is to run: of which profile by name, and how it is to be called."""

    origin: str
    """The profile as it was named."""
    name: str
    """Of its directory."""
    former: str
    """What earlier versions called its directory."""
    profile: Profile


def start(options: RunOptions, given: Collection[str], auditor: "Auditor | None" = None) -> None:
    """Run the devices until interrupted; `given` are the options of the command line.

    With an `auditor` the conversations of the devices are judged.

    Raises `click.ClickException`.
    """
    names = _wanted(options)
    try:
        candidates = _named(_loaded(names), options.name)
        is_alone = len(candidates) == 1
        if not is_alone:
            _require_shareable(given)
        shared = _host_options(options, given, auditor, is_alone=is_alone)
        hosting.run(_planned(candidates, options), shared)
    except StoreLocked as error:
        raise click.ClickException(_explained(error)) from error
    except (ProfileError, BehaviourError, FaultError, StoreError, BindError) as error:
        raise click.ClickException(str(error)) from error


def _wanted(options: RunOptions) -> tuple[str, ...]:
    """Return the profiles that are to run. Raises `click.UsageError`."""
    if options.everything and options.profiles:
        raise click.UsageError("--all runs every built-in profile: name none beside it")
    if not options.everything and not options.profiles:
        raise click.UsageError("name a PROFILE, as in `onboardee run light`, or give --all")
    return tuple(built_in_names()) if options.everything else options.profiles


def _loaded(names: tuple[str, ...]) -> list[tuple[str, bool, Profile]]:
    """Load the profiles; tell with each whether its file has several devices."""
    loaded = [(name, load_all(name)) for name in names]
    return [(name, len(found) > 1, each) for name, found in loaded for each in found]


def _named(found: list[tuple[str, bool, Profile]], given: str | None) -> list[Candidate]:
    """Give each device the name by which it goes everywhere; a second one gets a number."""
    candidates: list[Candidate] = []
    for origin, is_one_of_many, profile in found:
        own = profile.device.name
        shown = given or own
        calling = shown if is_one_of_many or shown != own else None
        taken = [each.name for each in candidates]
        name, number = free_name(device_name(origin, calling), taken)
        if number > 1:
            shown = f"{shown} {number}"
        device = replace(profile.device, name=shown)
        former = former_name(origin, shown)
        candidates.append(Candidate(origin, name, former, replace(profile, device=device)))
    return candidates


def _require_shareable(given: Collection[str]) -> None:
    """Refuse what only one of several devices could have."""
    for option in ("name", "port", "secure_port", "uuid", "uuid_seed", "record"):
        if option in given:
            written = option.replace("_", "-")
            raise click.UsageError(f"--{written} is for one device, and these are several")


def _host_options(
    options: RunOptions, given: Collection[str], auditor: "Auditor | None", *, is_alone: bool
) -> HostOptions:
    """Return what holds for all devices of the process, with the files that it names opened."""
    # several devices have free ports, whatever the environment says of one
    wanted = (options.port, options.secure_port) if is_alone else (0, 0)
    advertised = _advertised(options.advertised)
    if not is_alone and any(each.port for each in advertised):
        raise click.UsageError("--advertise with a port is for one device, and these are several")
    return HostOptions(
        ports=Ports(options.hosts, *wanted, advertised),
        codec=next(each for each in CODECS if each.name == options.codec),
        log_format=options.log_format,
        verbose=options.verbose,
        given=frozenset(given),
        device_uuid=options.uuid or options.uuid_seed,
        seed=options.seed,
        keylog=None if options.keylog is None else KeyWriter.open(options.keylog),
        watch=_watch(options, auditor),
        adopt=options.adopt,
        metering=_metering(options.metrics),
    )


def _metering(place: tuple[str, int] | None) -> "Metering | None":
    if place is None:
        return None
    # it brings an HTTP server, which devices without it do without
    from onboardee.device.metrics.serving import Metering  # noqa: PLC0415

    return Metering(*place)


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
    """Read --fault. Raises `click.BadParameter`."""
    try:
        return tuple(map(parsed_fault, texts))
    except FaultError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from error


def _advertised(values: tuple[str, ...]) -> tuple[Endpoint, ...]:
    """Read --advertise. Raises `click.BadParameter`."""
    try:
        return tuple(endpoint for value in values for endpoint in parsed(value))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--advertise") from error


def _planned(candidates: list[Candidate], options: RunOptions) -> list[PlannedDevice]:
    """Give each device its directory, and its profile as the options want it."""
    planned = []
    for each in candidates:
        directory = _directory(each, options.state_dir, is_alone=len(candidates) == 1)
        profile = adapted(each.profile, options)
        planned.append(PlannedDevice(directory.name or each.name, each.origin, profile, directory))
    return planned


def _directory(candidate: Candidate, state_dir: Path | None, *, is_alone: bool) -> Path:
    """Return where a device keeps its state; one with an earlier version's name is renamed."""
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


def adapted(profile: Profile, options: RunOptions) -> Profile:
    """Return a profile with what the command line says of it. Raises `ProfileError`."""
    if options.compat:
        profile = replace(profile, compat=PRESETS[Preset(options.compat)])
    if options.pin:
        fixed = replace(profile.ownership.pin, fixed=options.pin)
        profile = replace(profile, ownership=replace(profile.ownership, pin=fixed))
    if options.otm:
        profile = _with_methods(profile, tuple(map(OwnerTransferMethod, options.otm)))
    return profile


def _with_methods(profile: Profile, methods: tuple[OwnerTransferMethod, ...]) -> Profile:
    """Return a profile with other transfer methods. Raises `ProfileError`."""
    try:
        return replace(profile, ownership=replace(profile.ownership, methods=methods))
    except ValueError as error:
        raise ProfileError(f"--otm: {error}") from error


def _explained(error: StoreLocked) -> str:
    """Return the sentence for a directory that is in use, with what can be done."""
    if error.pid == os.getpid():
        return (
            f"two of these devices would keep their state in {error.path}; give them other names "
            "or another --state-dir"
        )
    return (
        f"{error.path} {error.what}; stop that, or give this device a --name or a --state-dir of "
        "its own"
    )
