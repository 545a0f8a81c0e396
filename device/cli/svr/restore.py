"""`onboardee svr restore`: make an older database the current one.

Three sources, from wanted to desperate: a snapshot, the generation before the last change, the last
change in the journal of a database that cannot be read. None is ever chosen by the program itself:
an older database may have keys that the owner believes to be revoked.
"""

from pathlib import Path

import click

from onboardee.device.cli.svr import options
from onboardee.device.cli.svr.printing import print_differences
from onboardee.device.cli.svr.state import RunningDevice, looking_at, said
from onboardee.svrdb import (
    Database,
    Storage,
    StoreDamaged,
    StoreLocked,
    differences,
    read_journal,
    read_named,
    read_previous,
    read_snapshot,
    restore,
)
from onboardee.svrdb.locations import storage_at


@click.command("restore", epilog="Example: onboardee svr restore owned-by-lite --device light")
@click.argument("name", required=False)
@click.option("--previous", is_flag=True, help="Restore the generation before the last change.")
@click.option(
    "--journal", is_flag=True, help="Restore the last change in the journal of a damaged database."
)
@options.place
@options.dry_run
@options.reveal
def command(  # noqa: PLR0913 - one for each option
    name: str | None, state_dir: Path, *, previous: bool, journal: bool, dry_run: bool, reveal: bool
) -> None:
    """Make the snapshot NAME, or the generation before the last change, the current database.

    The device goes on exactly there: same owner, credentials, rules. What was current becomes the
    generation before, so that a second `restore --previous` takes this back; a damaged database is
    kept beside. The generation before may lack the last change that the device has acknowledged:
    that is why it is never used by itself.

    --journal is for a database that cannot be read, or was exchanged by hand, while there are
    newer changes in the journal beside it: the last of them becomes the current database.
    """
    if (name is not None) + previous + journal != 1:
        raise click.UsageError(
            "name either a snapshot (see `svr snapshots`), or --previous, or --journal"
        )
    with looking_at(state_dir) as storage:
        if name is not None:
            wanted = read_snapshot(storage, name)
        else:
            wanted = read_previous(storage) if previous else read_journal(storage)
        if dry_run:
            _preview(storage, wanted, reveal=reveal)
            return
    for damaged in _restore(state_dir, wanted):
        click.echo(f"what was damaged is kept in {state_dir / damaged}")
    owner = f"owned by {wanted.doxm.owner_uuid}" if wanted.doxm.owned else "without owner"
    click.echo(f"device {wanted.doxm.device_uuid} is in {wanted.state.name} again, {owner}")


def _preview(storage: Storage, wanted: Database, *, reveal: bool) -> None:
    """Print what would change."""
    try:
        current = read_named(storage, "live")
    except StoreDamaged as error:
        click.echo(str(error), err=True)
        return
    print_differences(differences(current, wanted), reveal=reveal)


def _restore(directory: Path, wanted: Database) -> tuple[str, ...]:
    """Put a database in place; return under which names a damaged one is kept."""
    with said(directory):
        try:
            return restore(storage_at(directory), wanted)
        except StoreLocked as locked:
            RunningDevice(directory, locked).commit(wanted)
            return ()
