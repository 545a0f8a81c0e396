"""Values of options of `onboardee run` that click does not read by itself: what is wrong is told.

They are plain data, so that `--help` does not import the device.
"""

import re
from typing import Final
from uuid import UUID

import click

from onboardee.device.fleet.slices import Slice, parsed_slice

METHODS: Final = ("jw", "rdp", "mfgcert", "preconfpin")
"""As `ownership.methods` of a profile has them."""
MAX_WORKERS: Final = 256
"""More processes than any machine has processors for."""
NIL: Final = UUID(int=0)
"""The UUID that names nobody."""
FASTEST: Final = 3600.0
"""As `simulation.world.pace` has it."""


def methods_of(_context: click.Context, _option: click.Parameter, value: str | None) -> object:
    """Read --otm. Raises `click.BadParameter`."""
    if value is None:
        return None
    wanted = tuple(value.split(","))
    for name in wanted:
        if name not in METHODS:
            raise click.BadParameter(f"{value}: this version knows {', '.join(METHODS)}")
    return wanted


def pin_of(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Read --pin. Raises `click.BadParameter`."""
    if value is not None and not re.fullmatch("[0-9A-Za-z]{4,32}", value):
        raise click.BadParameter("a PIN has 4 to 32 digits or letters")
    return value


def uuid_of(_context: click.Context, _option: click.Parameter, value: UUID | None) -> UUID | None:
    """Read --uuid. Raises `click.BadParameter`."""
    if value == NIL:
        raise click.BadParameter("the nil UUID names no device")
    return value


def slices_of(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[Slice, ...]:
    """Read --slice. Raises `click.BadParameter`."""
    try:
        return () if value is None else (parsed_slice(value),)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def workers_of(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """Read --workers. Raises `click.BadParameter`."""
    if value != "auto" and not (
        value.isascii() and value.isdecimal() and 1 <= int(value) <= MAX_WORKERS
    ):
        raise click.BadParameter(f"{value} is neither auto nor a number from 1 to {MAX_WORKERS}")
    return value


def speed_of(_context: click.Context, _option: click.Parameter, value: float) -> float:
    """Read --speed. Raises `click.BadParameter`."""
    if value != 0 and not 1 / FASTEST <= value <= FASTEST:
        raise click.BadParameter(f"{value:g} is neither 0 nor from 1/3600 to 3600")
    return value


def place_of(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[str, int] | None:
    """Read `HOST:PORT`, or a port of this machine alone; an IPv6 address stands in brackets."""
    if value is None:
        return None
    host, _, port = value.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise click.BadParameter(f"{value} is no [HOST:]PORT, as in 9100 or 0.0.0.0:9100")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)
