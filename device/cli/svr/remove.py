"""`onboardee svr remove`: entries, credentials, values.

Each is named by its id, as lists are counted anew when something in them goes.
"""

import click

from onboardee.device.cli.lazy import Commands
from onboardee.device.cli.svr.changing import Change, changing
from onboardee.svrdb.editor import remove, remove_aces, remove_credentials


@click.group("remove", cls=Commands, epilog="Example: onboardee svr remove ace --help")
def command() -> None:
    """Remove access control entries, credentials, or a value."""


@command.command("ace", epilog="Example: onboardee svr remove ace 3 --device light")
@click.argument("aceids", type=click.IntRange(1), nargs=-1, required=True, metavar="ACEID...")
@changing
def ace(change: Change, aceids: tuple[int, ...]) -> None:
    """Remove access control entries, all or none."""
    change(lambda database: remove_aces(database, aceids))


@command.command("cred", epilog="Example: onboardee svr remove cred 2 --device light")
@click.argument("credids", type=click.IntRange(1), nargs=-1, metavar="CREDID...")
@click.option("--subject-uuid", help="Remove all credentials of this subject: a UUID or *.")
@changing
def cred(change: Change, credids: tuple[int, ...], subject_uuid: str | None) -> None:
    """Remove credentials by their ids or by their subject, all or none."""
    if not credids and subject_uuid is None:
        raise click.UsageError("give a CREDID or --subject-uuid")
    change(lambda database: remove_credentials(database, credids, subject=subject_uuid))


@command.command(
    "value",
    epilog="Example: onboardee svr remove value 'acl2.aclist2[aceid=3].validity' --device light",
)
@click.argument("path")
@changing
def value(change: Change, path: str) -> None:
    """Remove the array entry at PATH, or give an optional property up."""
    change(lambda database: remove(database, path))
