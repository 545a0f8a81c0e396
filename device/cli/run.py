"""`onboardee run`: devices in the foreground."""

import os
import re
from pathlib import Path
from typing import TextIO
from uuid import UUID

import click
from msgspec.structs import replace

from onboardee.device.cli import hosting
from onboardee.device.cli.hosting import House, Tenant
from onboardee.device.cli.places import directory_name, state_home
from onboardee.device.net.advertising import parsed
from onboardee.device.net.hosted import BindError, Ports
from onboardee.device.simulation.behaviour.errors import BehaviourError
from onboardee.device.simulation.profile import (
    Method,
    Profile,
    ProfileError,
    built_in_names,
    load_all,
)
from onboardee.svrdb import JSON, NIL, StoreError, uuid_from_seed
from onboardee.svrdb.codec import CODECS
from onboardee.wire.path import Endpoint


def seeded(_context: click.Context, _option: click.Parameter, value: str | None) -> UUID | None:
    """Make a UUID of the text that an option was given."""
    try:
        return None if value is None else uuid_from_seed(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _methods(_context: click.Context, _option: click.Parameter, value: str | None) -> object:
    if value is None:
        return None
    try:
        return tuple(Method(name) for name in value.split(","))
    except ValueError as error:
        known = ", ".join(method.value for method in Method)
        raise click.BadParameter(f"{value}: this version knows {known}") from error


def _pin(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch("[0-9A-Za-z]{4,32}", value):
        raise click.BadParameter("a PIN has 4 to 32 digits or letters")
    return value


def _secret_file(
    context: click.Context, _option: click.Parameter, value: str | None
) -> TextIO | None:
    """Open a file that only its owner may read, to append to it."""
    if value is None:
        return None
    try:
        descriptor = os.open(value, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.fchmod(descriptor, 0o600)
    except OSError as error:
        raise click.BadParameter(f"cannot write {value}: {error.strerror}") from error
    return context.with_resource(os.fdopen(descriptor, "a", encoding="ascii"))


def _advertised(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> tuple[Endpoint, ...]:
    try:
        return tuple(endpoint for value in values for endpoint in parsed(value))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(
    "run",
    epilog="Examples: onboardee run light --name 'Kitchen light' --log-format json; "
    "onboardee run light door thermostat; onboardee run --all --host 127.0.0.1",
)
@click.argument("profiles", metavar="PROFILE...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Run every built-in profile.")
@click.option("--name", help="The name in /oic/d; the profile's own by default.")
@click.option("--state-dir", type=click.Path(path_type=Path), help="Where the state is kept.")
@click.option("--host", "hosts", multiple=True, help="Listen here only; may repeat.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="For coap; 0: any free.")
@click.option("--secure-port", type=click.IntRange(0, 65535), default=0, help="For coaps.")
@click.option(
    "--advertise",
    "advertised",
    metavar="HOST[:PORT]",
    multiple=True,
    callback=_advertised,
    help="Tell tools this place instead of the own address, as behind a published port: PORT is "
    "coap's, the next one coaps's; or coap://HOST:PORT and coaps://HOST:PORT.",
)
@click.option("--otm", callback=_methods, help="Owner transfer methods to offer: jw, rdp, mfgcert.")
@click.option(
    "--pin", callback=_pin, help="The PIN of the random PIN method, instead of a new one each time."
)
@click.option("--uuid", type=click.UUID, help="The device UUID of a device that starts anew.")
@click.option(
    "--uuid-seed",
    callback=seeded,
    help="Make that UUID from a text of 8 to 64 octets: the same text, the same UUID.",
)
@click.option("--seed", help="Let what the device does by itself repeat: same seed, same chances.")
@click.option(
    "--store",
    "codec",
    type=click.Choice([codec.name for codec in CODECS]),
    default=JSON.name,
    help="In which format a device that starts anew keeps its database; a known one keeps its own.",
)
@click.option("--keylog", callback=_secret_file, help="Append TLS secrets, for Wireshark.")
@click.option("--log-format", type=click.Choice(["console", "json"]), default="console")
@click.option(
    "--verbose", is_flag=True, help="Show every request, and what devices do by themselves."
)
def command(  # noqa: PLR0913, PLR0917 - the options of the command line
    profiles: tuple[str, ...],
    name: str | None,
    state_dir: Path | None,
    hosts: tuple[str, ...],
    port: int,
    secure_port: int,
    advertised: tuple[Endpoint, ...],
    otm: tuple[Method, ...] | None,
    pin: str | None,
    uuid: UUID | None,
    uuid_seed: UUID | None,
    seed: str | None,
    codec: str,
    keylog: TextIO | None,
    log_format: str,
    *,
    everything: bool,
    verbose: bool,
) -> None:
    """Run devices until interrupted.

    PROFILE is the name of a built-in profile (see `onboardee profiles list`) or the path of a YAML
    file. Without --host a device is on all interfaces and found by multicast. Several devices share
    the process: each has its own ports, its own UUID and its own directory below --state-dir.
    """
    if uuid == NIL:
        raise click.BadParameter("the nil UUID names no device", param_hint="--uuid")
    if uuid and uuid_seed:
        raise click.UsageError("--uuid and --uuid-seed exclude each other")
    house = House(
        ports=Ports(hosts, port, secure_port, advertised),
        codec=next(each for each in CODECS if each.name == codec),
        log_format=log_format,
        verbose=verbose,
        device_uuid=uuid or uuid_seed,
        seed=seed,
        keylog=keylog,
    )
    try:
        found = _loaded(_wanted(profiles, everything=everything))
        if len(found) > 1:
            _require_shareable(house, name)
        adapted = [(each, _adapted(profile, name, otm, pin)) for each, profile in found]
        hosting.run(_tenants(adapted, state_dir), house)
    except (ProfileError, BehaviourError, StoreError, BindError) as error:
        raise click.ClickException(str(error)) from error


def _wanted(profiles: tuple[str, ...], *, everything: bool) -> tuple[str, ...]:
    if everything and profiles:
        raise click.UsageError("--all runs every built-in profile: name none beside it")
    if not everything and not profiles:
        raise click.UsageError("name a profile, as in `onboardee run light`, or give --all")
    return tuple(built_in_names()) if everything else profiles


def _loaded(names: tuple[str, ...]) -> list[tuple[str, Profile]]:
    return [(name, profile) for name in names for profile in load_all(name)]


def _require_shareable(house: House, name: str | None) -> None:
    """Refuse what only one of several devices could have."""
    ports = house.ports
    for option, value in (
        ("--name", name),
        ("--port", ports.plain),
        ("--secure-port", ports.secure),
        ("--advertise with a port", any(each.port for each in ports.advertised)),
        ("--uuid", house.device_uuid),
    ):
        if value:
            raise click.UsageError(f"{option} is for one device, and these are several")


def _tenants(adapted: list[tuple[str, Profile]], state_dir: Path | None) -> list[Tenant]:
    if len(adapted) == 1 and state_dir is not None:
        return [Tenant(adapted[0][1], state_dir)]
    home = state_dir or state_home()
    return [
        Tenant(profile, home / directory_name(name, profile.device.name))
        for name, profile in adapted
    ]


def _adapted(
    profile: Profile, name: str | None, otm: tuple[Method, ...] | None, pin: str | None
) -> Profile:
    if name:
        profile = replace(profile, device=replace(profile.device, name=name))
    if otm:
        profile = _with_methods(profile, otm)
    if pin:
        fixed = replace(profile.ownership.pin, fixed=pin)
        profile = replace(profile, ownership=replace(profile.ownership, pin=fixed))
    return profile


def _with_methods(profile: Profile, methods: tuple[Method, ...]) -> Profile:
    try:
        return replace(profile, ownership=replace(profile.ownership, methods=methods))
    except ValueError as error:
        raise ProfileError(f"--otm: {error}") from error
