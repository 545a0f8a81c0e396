"""`onboardee fleet`: files that describe many devices.

A fleet file is read by `device.fleet`; what is wrong with it is said with its line. `plan` knows
what a device costs by measurement (`device.fleet` has the figures), and compares it with what
this machine allows a process.
"""

import json
import resource
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from onboardee.device.cli.lazy import Commands
from onboardee.device.cli.run_values import workers_of
from onboardee.device.cli.terminal import say, table
from onboardee.device.fleet.costs import Cost, cost
from onboardee.device.fleet.loading import LoadedFleet, load_fleet
from onboardee.device.fleet.slices import number_of_workers
from onboardee.device.simulation.section import ProfileError

SHOWN: Final = 3
"""Names of a group that `check` shows."""

EXAMPLE: Final = """\
# Devices of a test network: run them with `onboardee run ./fleet.yaml`.
# `onboardee fleet check` says what is wrong here, `onboardee fleet plan` what it will cost.
description: A floor of an office
groups:
  - profile: light            # a built-in profile, or the path of your own
    count: 200
    name: "lamp-{n:3}"        # lamp-001 in the log, for ctl, svr and reset
    title: "Lamp {n}"         # the name in /oic/d
    serial: "L-{n:6}"         # the serial number in /oic/p
    uuid_seed: "office lamp {n}"   # the same UUIDs on every machine
    start: {waves: 50, every: 2}   # or {over: 30}: spread over 30 seconds
  - profile: door
    count: 4
    otm: [rdp]                # owned by a PIN
    pin: "12345678"
  - profile: thermostat
    count: 10
    churn: {every: 600, away: 20}  # leaves about every ten minutes, for 20 seconds
  - profile: smart-plug
    name: unreliable-plug
    faults: ["drop at=credential"] # its owner credential is lost on the way
"""
"""What `init` writes: a line of each setting, with its meaning."""


@click.group(
    "fleet", cls=Commands, epilog="Example: onboardee fleet init && onboardee run ./fleet.yaml"
)
def command() -> None:
    """Describe many devices in one file: write an example, check it, say what it will cost."""


@command.command("init", epilog="Example: onboardee fleet init office.yaml")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default="fleet.yaml")
def init(file: Path) -> None:
    """Write an example to start from; a file that is there already is left alone."""
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(EXAMPLE)
    except FileExistsError as error:
        raise click.ClickException(f"{file} is there already; name another file") from error
    except OSError as error:
        raise click.ClickException(f"cannot write {file}: {error.strerror}") from error
    shown = file if file.is_absolute() else f"./{file}"
    click.echo(f"{file} describes an example; run it with: onboardee run {shown}")


@command.command("check", epilog="Example: onboardee fleet check office.yaml")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def check(files: tuple[str, ...]) -> None:
    """Load fleet files and say what is wrong, or which devices they have."""
    for file in files:
        loaded = _loaded(file)
        say(f"{file}: {len(loaded.devices)} devices")
        first = 0
        for group in loaded.fleet.groups:
            names = [each.name for each in loaded.devices[first : first + group.count]]
            first += group.count
            more = f", … {names[-1]}" if len(names) > SHOWN else ""
            say(f"  {group.profile}: {', '.join(names[:SHOWN])}{more}")


@command.command("plan", epilog="Example: onboardee fleet plan office.yaml")
@click.argument("file")
@click.option("--addresses", "prefixes", multiple=True, metavar="PREFIX", help="As for `run`.")
@click.option(
    "--workers",
    callback=workers_of,
    default="1",
    metavar="N|auto",
    help="As for `run`: so many processes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plan(file: str, prefixes: tuple[str, ...], workers: str, *, as_json: bool) -> None:
    """Say what a fleet will cost on this machine before it starts."""
    loaded = _loaded(file)
    needed = cost(
        loaded.devices,
        workers=number_of_workers(workers, len(loaded.devices)),
        prefixes=len(prefixes),
        in_file=loaded.state_file is not None,
    )
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if as_json:
        click.echo(json.dumps({**asdict(needed), "files_allowed": allowed}, indent=2))
        return
    for line in table(list(_rows(needed, allowed, is_shared=bool(prefixes)))):
        click.echo(line)
    if needed.files > allowed != resource.RLIM_INFINITY:
        click.echo(f"This machine allows too few files: ulimit -n {needed.files}", err=True)
        raise click.exceptions.Exit(1)


def _rows(needed: Cost, allowed: int, *, is_shared: bool) -> list[tuple[str, str]]:
    """Yield what is printed of a fleet's cost, name by name."""
    kind = "shared by all" if is_shared else "each device a pair of ports on IPv4 and on IPv6"
    limit = "any number" if allowed == resource.RLIM_INFINITY else f"{allowed:,}"
    return [
        ("devices", f"{needed.devices:,}"),
        ("sockets", f"{needed.sockets:,}, {kind}"),
        ("open files", f"{needed.files:,} of {limit} that are allowed to a process"),
        ("memory", f"{_mib(needed.memory)}, {_mib(needed.memory_owned)} when all are owned"),
        ("processes", f"{needed.processes}"),
        ("last start", f"after {needed.starts_within:g} s"),
        ("come and go", f"{needed.come_and_go:,}"),
    ]


def _mib(octets: int) -> str:
    """Return octets in the unit in which people compare memory."""
    return f"{octets / (1 << 20):,.0f} MiB"


@command.command("schema", epilog="Example: onboardee fleet schema > fleet.schema.json")
def schema() -> None:
    """Print the JSON Schema of fleet files, with which YAML editors complete and check them."""
    from onboardee.device.fleet.model import Fleet  # noqa: PLC0415 - reads the sources
    from onboardee.device.simulation.json_schema import described_schema  # noqa: PLC0415

    click.echo(json.dumps(described_schema(Fleet), indent=2))


def _loaded(file: str) -> LoadedFleet:
    """Load a fleet file; a bare name is one in this directory. Raises `click.ClickException`."""
    try:
        return load_fleet(file if "/" in file else f"./{file}")
    except ProfileError as error:
        raise click.ClickException(str(error)) from error
