"""`onboardee svr snapshot`: keep the whole database under a name.

A snapshot is a database like the live one, in a file of its own beside it, with all secrets.
"""

from pathlib import Path

import click

from onboardee.device.cli.svr import options
from onboardee.device.cli.svr.state import looking_at
from onboardee.svrdb import list_snapshots, read_named, remove_snapshot, take_snapshot
from onboardee.svrdb.contents import require_codec


@click.command("snapshot", epilog="Example: onboardee svr snapshot owned-by-lite --device light")
@click.argument("name", required=False)
@options.place
@click.option("--remove", is_flag=True, help="Remove the snapshot of that name instead.")
def command(name: str | None, state_dir: Path, *, remove: bool) -> None:
    """Keep what the device has now, owner, credentials and rules, as the snapshot NAME.

    The device may be running. Without NAME it is snapshot-1, snapshot-2 and so on.
    """
    if remove and name is None:
        raise click.UsageError("--remove needs the NAME of a snapshot")
    with looking_at(state_dir) as storage:
        if remove and name is not None:
            remove_snapshot(storage, name)
            click.echo(f"snapshot {name} is removed")
            return
        taken = {each.name for each in list_snapshots(storage)}
        chosen = name or _free(taken)
        database = read_named(storage, "live")
        try:
            made = take_snapshot(storage, chosen, database, require_codec(storage))
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="NAME") from error
    click.echo(f"snapshot {made.name} is kept in {state_dir / made.file_name}")


def _free(taken: set[str]) -> str:
    """Return the first number whose name is not taken."""
    number = 1
    while f"snapshot-{number}" in taken:
        number += 1
    return f"snapshot-{number}"
