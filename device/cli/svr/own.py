"""`onboardee svr own`: somebody owns the device, without a transfer.

For tests that need an owned device and no transfer: the tool that is tested gets the same key. All
that a transfer leaves is set at once, as a device with an owner and no owner credential would be
one that nobody can use.

The change is one commit: a device is never seen with an owner and without a key.
"""

import secrets
from typing import BinaryIO
from uuid import UUID

import click

from onboardee.device.cli.svr.changing import Change, changing
from onboardee.svrdb import Database
from onboardee.svrdb.editor import OWNED_STATES, own, read_key
from onboardee.svrdb.editor.words import STATES

KEY_SIZE = 16
"""Octets of a random owner credential."""


@click.command(
    "own",
    epilog="Example: onboardee svr own --owner 61646d69-6e44-6576-6963-655575696430 "
    "--psk-file key.bin --device light",
)
@click.option("--owner", type=click.UUID, required=True, help="The UUID of the owner.")
@click.option("--psk-file", type=click.File("rb"), help="The owner's key; - is standard input.")
@click.option("--psk", help="The same in hexadecimal (other users may see command lines).")
@click.option(
    "--state",
    type=click.Choice([state.name.lower() for state in OWNED_STATES]),
    default="rfnop",
    help="The state to be in.",
)
@changing
def command(
    change: Change, owner: UUID, psk_file: BinaryIO | None, psk: str | None, state: str
) -> None:
    """Give the device an owner: UUID, resource owners, owner credential and state at once.

    Without a key a random one is made; --reveal shows it. An owner from before loses the
    device.
    """
    if psk_file and psk:
        raise click.UsageError("--psk-file and --psk exclude each other")

    def edit(database: Database) -> Database:
        key = secrets.token_bytes(KEY_SIZE)
        if psk is not None:
            key = read_key(psk.encode(), "hex")
        elif psk_file is not None:
            key = read_key(psk_file.read())
        return own(database, owner, key, STATES[state])

    change(edit)
