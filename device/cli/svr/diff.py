"""`onboardee svr diff`: compare two databases."""

from pathlib import Path

import click

from device.cli.svr.state import as_json, look_at, print_differences, reveal, state_dir
from device.entropy import SystemEntropy
from device.factory import reset_database
from svrdb import Database, Storage, differences, read_named
from svrdb.snapshots import RESET_PROFILE


@click.command("diff", epilog="Example: onboardee svr diff owned-by-lite live --state-dir DIR")
@click.argument("before")
@click.argument("after", default="live")
@state_dir
@reveal
@as_json
def command(before: str, after: str, state_dir: Path, *, reveal: bool, as_json: bool) -> None:
    """Print in what two databases of a device differ, a line for each value, by JSON path.

    BEFORE and AFTER are names of snapshots, `live` (what is current), `previous` (the generation
    before the last change) or `reset-profile` (what a reset would leave). The device may run.
    """
    with look_at(state_dir) as storage:
        found = differences(_read(storage, before), _read(storage, after), reveal=reveal)
    print_differences(found, as_json=as_json)


def _read(storage: Storage, name: str) -> Database:
    if name == RESET_PROFILE:
        return reset_database(read_named(storage, "live"), SystemEntropy())
    return read_named(storage, name)
