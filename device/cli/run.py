"""`onboardee run`: one device in the foreground."""

import asyncio
import os
import re
import signal
from pathlib import Path
from typing import TextIO
from uuid import UUID

import click
from msgspec.structs import replace

from device.cli.output import EventLog
from device.core import Device
from device.entropy import SystemEntropy
from device.events import Bus
from device.factory import new_database
from device.net.control import ControlServer
from device.net.hosted import BindError, Ports
from device.net.hub import Hub
from device.simulation.behaviour.errors import BehaviourError
from device.simulation.profile import Method, Profile, ProfileError, load
from device.snapshots import keep_snapshots
from svrdb import JSON, NIL, Store, StoreError, open_directory, uuid_from_seed
from svrdb.codec import CODECS


def state_directory(profile: str, name: str) -> Path:
    """Return where a device keeps its state unless told otherwise (XDG base directories)."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    kind = Path(profile).stem
    plain = "".join(letter if letter.isalnum() else "-" for letter in name.lower())
    return Path(base) / "onboardee" / f"{kind}-{plain}"


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


@click.command(
    "run", epilog="Example: onboardee run light --name 'Kitchen light' --log-format json"
)
@click.argument("profile")
@click.option("--name", help="The name in /oic/d; the profile's own by default.")
@click.option("--state-dir", type=click.Path(path_type=Path), help="Where the state is kept.")
@click.option("--host", "hosts", multiple=True, help="Listen here only; may repeat.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="For coap; 0: any free.")
@click.option("--secure-port", type=click.IntRange(0, 65535), default=0, help="For coaps.")
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
@click.option("--keylog", type=click.File("a"), help="Append TLS secrets, for Wireshark.")
@click.option("--log-format", type=click.Choice(["console", "json"]), default="console")
@click.option("--verbose", is_flag=True, help="Show every request.")
def command(  # noqa: PLR0913, PLR0917 - the options of the command line
    profile: str,
    name: str | None,
    state_dir: Path | None,
    hosts: tuple[str, ...],
    port: int,
    secure_port: int,
    otm: tuple[Method, ...] | None,
    pin: str | None,
    uuid: UUID | None,
    uuid_seed: UUID | None,
    seed: str | None,
    codec: str,
    keylog: TextIO | None,
    log_format: str,
    *,
    verbose: bool,
) -> None:
    """Run one device until interrupted.

    PROFILE is the name of a built-in profile (see `onboardee profiles list`) or the path of a YAML
    file. Without --host the device is on all interfaces and found by multicast.
    """
    if uuid == NIL:
        raise click.BadParameter("the nil UUID names no device", param_hint="--uuid")
    if uuid and uuid_seed:
        raise click.UsageError("--uuid and --uuid-seed exclude each other")
    bus = Bus()
    bus.subscribe(EventLog(log_format), requests=verbose)
    try:
        loaded = _adapted(load(profile), name, otm, pin)
        directory = state_dir or state_directory(profile, loaded.device.name)
        with _opened(directory, loaded, uuid_seed or uuid, codec) as store:
            keep_snapshots(bus, store, loaded.snapshots.automatic)
            device = Device(
                loaded,
                store,
                entropy=SystemEntropy(),
                bus=bus,
                keylog=None if keylog is None else KeyWriter(keylog),
                seed=seed,
            )
            asyncio.run(_serve(device, Ports(hosts, port, secure_port), directory))
    except (ProfileError, BehaviourError, StoreError, BindError) as error:
        raise click.ClickException(str(error)) from error


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


def _opened(directory: Path, profile: Profile, device_uuid: UUID | None, codec: str) -> Store:
    return open_directory(
        directory,
        lambda: new_database(profile, SystemEntropy(), device_uuid=device_uuid),
        codec=next(each for each in CODECS if each.name == codec),
    )


class KeyWriter:
    """Writes key log lines as they come."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def __call__(self, line: str) -> None:
        """Write one line at once: Wireshark reads along."""
        self._file.write(line + "\n")
        self._file.flush()


async def _serve(device: Device, ports: Ports, directory: Path) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    hub = Hub()
    control = ControlServer(directory)
    try:
        await control.serve(hub.add(device, ports))
        await stopped.wait()
    finally:
        await control.stop()
        hub.stop()
