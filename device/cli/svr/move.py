"""`onboardee svr move`: devices from directories into a state file, and back.

What a device has moves as it is: its database, the generation before, its snapshots.

The device must not run, which its lock tells. It is written at the new place, durable there,
before anything of the old one is removed; so whatever interrupts this, one of the two is whole.
"""

from contextlib import suppress
from pathlib import Path
from typing import Final

import click

from onboardee.device.cli.finding import find, find_all, for_each, is_pattern
from onboardee.device.cli.places import devices_in, holds_device
from onboardee.device.cli.svr.state import said
from onboardee.device.net.control_socket import SOCKET_NAME
from onboardee.svrdb import StoreError
from onboardee.svrdb.files import explained_at
from onboardee.svrdb.locations import is_state_file, storage_at
from onboardee.svrdb.moving import move
from onboardee.svrdb.storage import LOCK_NAME

SUFFIX: Final = ".db"
"""What the name of a new state file ends with."""

EPILOG: Final = """\b
Examples:
  onboardee svr move ~/lights lamps.db
      all devices below a directory into one file
  onboardee svr move lamps.db ~/lights --device lamp-007
      one of them back into a directory of its own"""


@click.command("move", epilog=EPILOG)
@click.argument("source", metavar="FROM", type=click.Path(path_type=Path, exists=True))
@click.argument("target", metavar="TO", type=click.Path(path_type=Path))
@click.option("--device", metavar="NAME", help="Only this one; 'lamp-*' are all that match.")
def command(source: Path, target: Path, device: str | None) -> None:
    """Move devices that do not run from FROM to TO: directories or state files.

    A state file has the devices of `onboardee run --state-file`; one that is not there is made if
    its name ends with .db. Any other TO is a directory, in which each device gets one of its name.
    """
    source, target = source.absolute(), target.absolute()
    places = _chosen(source, device)
    if not places:
        raise click.ClickException(f"{source} holds no device")
    if _is_file(target):
        _make(target, places)
    for_each(places, lambda place: _moved(place, target / place.name), as_json=False)


def _chosen(source: Path, device: str | None) -> list[Path]:
    """Return the places of the devices that are meant. Raises `click.ClickException`."""
    if device is None:
        return [source] if holds_device(source) else devices_in(source)
    return find_all(source, device) if is_pattern(device) else [find(source, device)]


def _is_file(target: Path) -> bool:
    """Tell whether a target is a state file, or is to become one."""
    if target.exists():
        return is_state_file(target)
    return target.suffix == SUFFIX


def _make(target: Path, places: list[Path]) -> None:
    """Make a state file with room for these names. Raises `click.ClickException`."""
    # SQLite, which other commands do without
    from onboardee.svrdb.state_file import StateFile  # noqa: PLC0415

    try:
        with explained_at(str(target)):
            StateFile.make(target, [place.name for place in places])
    except StoreError as error:
        raise click.ClickException(str(error)) from error


def _moved(place: Path, target: Path) -> None:
    """Move one device. Raises `click.ClickException`."""
    if place == target:
        raise click.ClickException(f"{place} is there already")
    with said(place):
        database = move(storage_at(place), storage_at(target), {SOCKET_NAME})
    # what is left of a directory, if nothing else was kept in it
    if place.is_dir():
        for name in (LOCK_NAME, SOCKET_NAME):
            (place / name).unlink(missing_ok=True)
        with suppress(OSError):
            place.rmdir()
    click.echo(f"device {database.doxm.device_uuid} is now in {target}")
