"""`onboardee svr snapshots`: list what was kept.

A damaged snapshot is listed as damaged, so that the others are seen all the same.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from onboardee.device.cli.svr import options
from onboardee.device.cli.svr.printing import print_json
from onboardee.device.cli.svr.state import looking_at
from onboardee.svrdb import Snapshot, Storage, StoreDamaged, list_snapshots, read_snapshot
from onboardee.svrdb.files import explained


@click.command("snapshots", epilog="Example: onboardee svr snapshots --device light --json")
@options.place
@options.as_json
def command(state_dir: Path, *, as_json: bool) -> None:
    """List the snapshots of a device: automatic ones from the oldest on, then those with names.

    The time is that of the file, by the clock of then; automatic ones are ordered by number.
    """
    with looking_at(state_dir) as storage:
        rows = [_row(storage, each) for each in list_snapshots(storage)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        owner = f"owner {row['owner']}" if row["owner"] else "no owner"
        click.echo(f"{row['name']:24} {row['time']}  {row['state']:7} {owner}")
    if not rows:
        click.echo("there are no snapshots")


def _row(storage: Storage, snapshot: Snapshot) -> dict[str, Any]:
    """Return one snapshot; a damaged one is listed as such."""
    # The database does not hold a time.
    with explained(storage):
        changed = storage.changed(snapshot.file_name)
    row: dict[str, Any] = {
        "name": snapshot.name,
        "time": datetime.fromtimestamp(changed, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "automatic": snapshot.number is not None,
        "state": "damaged",
        "device_uuid": None,
        "owner": None,
    }
    try:
        database = read_snapshot(storage, snapshot.name)
    except StoreDamaged:
        return row
    owner = str(database.doxm.owner_uuid) if database.doxm.owned else None
    uuid = str(database.doxm.device_uuid)
    return {**row, "state": database.state.name, "device_uuid": uuid, "owner": owner}
