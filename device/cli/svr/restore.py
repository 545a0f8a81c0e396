"""`onboardee svr restore`: make an older database the current one."""

from pathlib import Path

import click

from device.cli.svr.state import dry_run, look_at, print_differences, said, state_dir
from svrdb import (
    DirectoryStorage,
    StoreDamaged,
    differences,
    read_named,
    read_previous,
    read_snapshot,
    restore,
)


@click.command("restore", epilog="Example: onboardee svr restore owned-by-lite --state-dir DIR")
@click.argument("name", required=False)
@click.option("--previous", is_flag=True, help="Restore the generation before the last change.")
@state_dir
@dry_run
def command(name: str | None, state_dir: Path, *, previous: bool, dry_run: bool) -> None:
    """Make the snapshot NAME, or the generation before the last change, the current database.

    The device must not be running. It goes on exactly there: same owner, credentials, rules. What
    was current becomes the generation before, so that a second `restore --previous` takes this
    back; a damaged database is kept beside. The generation before may lack the last change that
    the device has acknowledged: that is why it is never used by itself.
    """
    if previous is (name is not None):
        raise click.UsageError("name either a snapshot (see `svr snapshots`) or --previous")
    with look_at(state_dir) as storage:
        wanted = read_previous(storage) if name is None else read_snapshot(storage, name)
        try:
            changes = differences(read_named(storage, "live"), wanted)
        except StoreDamaged as error:
            click.echo(str(error), err=True)
            changes = ()
    if dry_run:
        print_differences(changes)
        return
    with said():
        damaged = restore(DirectoryStorage(state_dir), wanted)
    if damaged:
        click.echo(f"the damaged database is kept in {state_dir / damaged}")
    owner = f"owned by {wanted.doxm.owner_uuid}" if wanted.doxm.owned else "without owner"
    click.echo(f"device {wanted.doxm.device_uuid} is in {wanted.state.name} again, {owner}")
