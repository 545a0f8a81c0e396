"""`onboardee svr restore`: make an older database the current one."""

from pathlib import Path

import click

from onboardee.device.cli.svr import options
from onboardee.device.cli.svr.printing import print_differences
from onboardee.device.cli.svr.state import RunningDevice, looking_at, said
from onboardee.svrdb import (
    Database,
    DirectoryStorage,
    Storage,
    StoreDamaged,
    StoreLocked,
    differences,
    read_named,
    read_previous,
    read_snapshot,
    restore,
)


@click.command("restore", epilog="Example: onboardee svr restore owned-by-lite --device light")
@click.argument("name", required=False)
@click.option("--previous", is_flag=True, help="Restore the generation before the last change.")
@options.place
@options.dry_run
@options.reveal
def command(
    name: str | None, state_dir: Path, *, previous: bool, dry_run: bool, reveal: bool
) -> None:
    """Make the snapshot NAME, or the generation before the last change, the current database.

    The device goes on exactly there: same owner, credentials, rules. What was current becomes the
    generation before, so that a second `restore --previous` takes this back; a damaged database is
    kept beside. The generation before may lack the last change that the device has acknowledged:
    that is why it is never used by itself.
    """
    if previous is (name is not None):
        raise click.UsageError("name either a snapshot (see `svr snapshots`) or --previous")
    with looking_at(state_dir) as storage:
        wanted = read_previous(storage) if name is None else read_snapshot(storage, name)
        if dry_run:
            _preview(storage, wanted, reveal=reveal)
            return
    damaged = _restore(state_dir, wanted)
    if damaged:
        click.echo(f"the damaged database is kept in {state_dir / damaged}")
    owner = f"owned by {wanted.doxm.owner_uuid}" if wanted.doxm.owned else "without owner"
    click.echo(f"device {wanted.doxm.device_uuid} is in {wanted.state.name} again, {owner}")


def _preview(storage: Storage, wanted: Database, *, reveal: bool) -> None:
    try:
        current = read_named(storage, "live")
    except StoreDamaged as error:
        click.echo(str(error), err=True)
        return
    print_differences(differences(current, wanted), reveal=reveal)


def _restore(directory: Path, wanted: Database) -> str | None:
    """Put a database in place; return under which name a damaged one is kept."""
    with said(directory):
        try:
            return restore(DirectoryStorage(directory), wanted)
        except StoreLocked as locked:
            RunningDevice(directory, locked).commit(wanted)
            return None
