"""From what `onboardee run` was told to the devices that it runs."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click
from msgspec.structs import replace

from onboardee.device.cli import hosting
from onboardee.device.cli.hosting import House, Tenant
from onboardee.device.cli.keylog import KeyWriter
from onboardee.device.cli.places import device_name, former_name, free_name, state_home
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
    from onboardee.device.cli.watching import Watch
    from onboardee.device.faults.terms import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The options of `run`."""

    profiles: tuple[str, ...]
    everything: bool
    name: str | None
    state_dir: Path | None
    adopt: bool
    hosts: tuple[str, ...]
    port: int
    secure_port: int
    advertised: tuple[str, ...]
    otm: tuple[str, ...] | None
    pin: str | None
    compat: str | None
    uuid: UUID | None
    uuid_seed: UUID | None
    seed: str | None
    codec: str
    keylog: Path | None
    trace: bool
    trace_to: Path | None
    capture: Path | None
    record: Path | None
    faults: tuple[str, ...]
    log_format: str
    verbose: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device that is to run: of which profile by name, and how it is to be called."""

    origin: str
    name: str
    former: str
    profile: Profile


def start(wishes: Wishes, given: Collection[str], auditor: "Auditor | None" = None) -> None:
    """Run the devices until interrupted; `given` are the options of the command line.

    With an `auditor` the conversations of the devices are judged.

    Raises `click.ClickException`.
    """
    names = _wanted(wishes)
    try:
        candidates = _named(_loaded(names), wishes.name)
        is_alone = len(candidates) == 1
        if not is_alone:
            _require_shareable(given)
        house = _house(wishes, given, auditor, is_alone=is_alone)
        hosting.run(_tenants(candidates, wishes), house)
    except StoreLocked as error:
        raise click.ClickException(_explained(error)) from error
    except (ProfileError, BehaviourError, StoreError, BindError) as error:
        raise click.ClickException(str(error)) from error


def _wanted(wishes: Wishes) -> tuple[str, ...]:
    if wishes.everything and wishes.profiles:
        raise click.UsageError("--all runs every built-in profile: name none beside it")
    if not wishes.everything and not wishes.profiles:
        raise click.UsageError("name a PROFILE, as in `onboardee run light`, or give --all")
    return tuple(built_in_names()) if wishes.everything else wishes.profiles


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


def _house(
    wishes: Wishes, given: Collection[str], auditor: "Auditor | None", *, is_alone: bool
) -> House:
    # several devices have free ports, whatever the environment says of one
    wanted = (wishes.port, wishes.secure_port) if is_alone else (0, 0)
    advertised = _advertised(wishes.advertised)
    if not is_alone and any(each.port for each in advertised):
        raise click.UsageError("--advertise with a port is for one device, and these are several")
    return House(
        ports=Ports(wishes.hosts, *wanted, advertised),
        codec=next(each for each in CODECS if each.name == wishes.codec),
        log_format=wishes.log_format,
        verbose=wishes.verbose,
        given=frozenset(given),
        device_uuid=wishes.uuid or wishes.uuid_seed,
        seed=wishes.seed,
        keylog=None if wishes.keylog is None else KeyWriter.open(wishes.keylog),
        watch=_watch(wishes, auditor),
        adopt=wishes.adopt,
    )


def _watch(wishes: Wishes, auditor: "Auditor | None") -> "Watch | None":
    """Open what the conversations are to be written to; None if nobody wants to see them."""
    is_wanted = wishes.trace or wishes.trace_to or wishes.capture or wishes.record
    if not (is_wanted or wishes.faults or auditor):
        return None
    # what watches is imported only where somebody wants it
    from onboardee.device.cli.watching import Captured, Watch, Written, opened  # noqa: PLC0415

    return Watch(
        is_shown=wishes.trace,
        written=None if wishes.trace_to is None else Written.to(wishes.trace_to),
        captured=None if wishes.capture is None else Captured.to(wishes.capture),
        auditor=auditor,
        recording=None if wishes.record is None else opened(wishes.record, "--record"),
        faults=_faults(wishes.faults),
    )


def _faults(texts: tuple[str, ...]) -> "tuple[Fault, ...]":
    from onboardee.device.faults.terms import FaultError, parse  # noqa: PLC0415

    try:
        return tuple(map(parse, texts))
    except FaultError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from error


def _advertised(values: tuple[str, ...]) -> tuple[Endpoint, ...]:
    try:
        return tuple(endpoint for value in values for endpoint in parsed(value))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--advertise") from error


def _tenants(candidates: list[Candidate], wishes: Wishes) -> list[Tenant]:
    tenants = []
    for each in candidates:
        directory = _directory(each, wishes.state_dir, is_alone=len(candidates) == 1)
        profile = _adapted(each.profile, wishes)
        tenants.append(Tenant(directory.name or each.name, each.origin, profile, directory))
    return tenants


def _directory(candidate: Candidate, state_dir: Path | None, *, is_alone: bool) -> Path:
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


def _adapted(profile: Profile, wishes: Wishes) -> Profile:
    if wishes.compat:
        profile = replace(profile, compat=PRESETS[Preset(wishes.compat)])
    if wishes.pin:
        fixed = replace(profile.ownership.pin, fixed=wishes.pin)
        profile = replace(profile, ownership=replace(profile.ownership, pin=fixed))
    if wishes.otm:
        profile = _with_methods(profile, tuple(map(OwnerTransferMethod, wishes.otm)))
    return profile


def _with_methods(profile: Profile, methods: tuple[OwnerTransferMethod, ...]) -> Profile:
    try:
        return replace(profile, ownership=replace(profile.ownership, methods=methods))
    except ValueError as error:
        raise ProfileError(f"--otm: {error}") from error


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
