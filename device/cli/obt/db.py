"""`onboardee obt db`: the provisioning database itself.

Three things that people do with a file whose loss costs them their devices: see whether it is
sound, keep a copy that they can read, and bring over what another tool has. The copy has all keys,
so it is written with mode 0600 from its first octet on, and put in place whole or not at all.
"""

import os
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import click

from onboardee.device.cli.lazy import Commands
from onboardee.device.cli.obt.invocation import Invocation, Tool, as_json, pass_invocation
from onboardee.obt import ALL_ORDERS, OIC11
from onboardee.obt.database import DatabaseError, ProvisioningDatabase
from onboardee.obt.database.checking import check
from onboardee.obt.database.exchange import export, import_records
from onboardee.obt.database.file import is_database
from onboardee.obt.database.pdm import import_pdm, read_pdm
from onboardee.obt.plans.comparing import compare
from onboardee.svrdb import CredentialType
from onboardee.svrdb.formats import FormatError, read

_IN: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
"""A file that has to be there."""
_OUT: Final = click.Path(path_type=Path, dir_okay=False)
"""A file that may be there."""
MAX_SIZE: Final = 256 * 1024 * 1024
"""Octets of an export; ten thousand devices take some ten million."""


@click.group("db", cls=Commands)
def command() -> None:
    """Check, export and import the provisioning database."""


@command.command("check", epilog="Example: onboardee obt db check --devices")
@click.option("--devices", is_flag=True, help="Ask the devices what they have, too.")
@click.option("--fix", is_flag=True, help="Bring the database in line with the devices.")
@as_json
@pass_invocation
def check_command(invocation: Invocation, devices: bool, fix: bool) -> None:
    """Name what is wrong or unfinished, and what mends it; exit code 1 if anything is."""
    with invocation.database() as database:
        found = [{"text": each.text, "command": each.command} for each in check(database)]
    if devices or fix:
        found += _compared(invocation, fix=fix)
    lines = [
        f"{each['text']}" + (f"; `{each['command']}`" if each["command"] else "") for each in found
    ]
    invocation.show(found, "\n".join(lines) or "nothing is wrong")
    if found and not fix:
        raise click.exceptions.Exit(1)


def _compared(invocation: Invocation, *, fix: bool) -> list[dict[str, str]]:
    """Ask all devices; `fix` brings the database in line with them."""

    async def go(tool: Tool) -> list[dict[str, str]]:
        found = await compare(tool.database, tool.around, mend=fix)
        mends = "" if fix else "onboardee obt db check --fix"
        return [
            {"text": each.text, "command": mends if each.can_be_mended else ""} for each in found
        ]

    return invocation.run(go, is_reminding=False)


@command.command("export", epilog="Example: onboardee obt db export backup.json")
@click.argument("target", metavar="FILE", type=_OUT)
@click.option("--without-keys", is_flag=True, help="Leave out all keys; what is left is no backup.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@as_json
@pass_invocation
def export_command(invocation: Invocation, target: Path, without_keys: bool, force: bool) -> None:
    """Write all records to FILE, as JSON that only its user can read."""
    with invocation.database() as database:
        content = export(database, with_keys=not without_keys)
        if target.exists() and not force:
            raise DatabaseError(f"{target} is there already; --force writes over it")
        _write(target, content)
    invocation.show({"written": str(target), "with_keys": not without_keys}, "")


@command.command(
    "import", epilog="Example: onboardee obt db import oic_prvn_mng.db --svr client.dat"
)
@click.argument("source", metavar="FILE", type=_IN)
@click.option(
    "--svr", type=_IN, help="With the database of IoTivity's client: where it keeps its keys."
)
@click.option(
    "--order",
    type=click.Choice(list(ALL_ORDERS)),
    default=OIC11.name,
    help="As which tool IoTivity's client spoke to the devices.",
)
@as_json
@pass_invocation
def import_command(invocation: Invocation, source: Path, svr: Path | None, order: str) -> None:
    """Add the devices of FILE, an export or IoTivity's `oic_prvn_mng.db`.

    Devices that are known already stay as they are.
    """
    with invocation.database() as database:
        if is_database(source):
            value, lines = _from_pdm(database, source, svr, order)
        else:
            if source.stat().st_size > MAX_SIZE:
                raise DatabaseError(f"{source} is larger than any export")
            taken = import_records(database, source.read_bytes())
            value = {"added": taken.added, "known": taken.known}
            lines = [f"{len(taken.added)} devices added"]
            lines += [f"{each} is known already" for each in taken.known]
    invocation.show(value, "\n".join(lines))


def _from_pdm(
    database: ProvisioningDatabase, source: Path, svr: Path | None, order: str
) -> tuple[dict[str, Any], list[str]]:
    """Take over the database of IoTivity's client; return what is printed of it.

    Without its security resources there are no keys: the devices are known then, and cannot be
    used.
    """
    owner, keys = (database.owner, {}) if svr is None else _keys_of(svr)
    taken = import_pdm(database, read_pdm(source), owner, keys, order=order)
    value = {"added": taken.devices, "links": taken.links, "notes": taken.notes}
    return value, [f"{len(taken.devices)} devices and {taken.links} links added", *taken.notes]


def _keys_of(svr: Path) -> tuple[UUID, dict[UUID, bytes]]:
    """Return who IoTivity's client is, and its keys by device.

    The file is one of security resources, as that client keeps its own: each pairwise credential
    there is for a device that it owns.
    """
    try:
        found = read(svr, new_uuid=uuid4).database
    except (FormatError, OSError) as error:
        raise DatabaseError(f"{svr} cannot be read: {error}") from error
    keys = {}
    for each in found.cred.credentials:
        data = None if each.private is None else each.private.data
        if each.kind == CredentialType.SYMMETRIC_PAIRWISE and isinstance(data, bytes):
            keys[UUID(each.subject)] = data
    return found.doxm.device_uuid, keys


def _write(path: Path, content: bytes) -> None:
    """Write a file that at no time anybody else can read, whole or not at all."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
