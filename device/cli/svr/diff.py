"""`onboardee svr diff`: compare two databases.

What differs is named by paths that `svr get` and `svr set` take, one line for what goes and one for
what comes.
"""

from pathlib import Path
from uuid import uuid4

import click

from onboardee.device.cli.svr import options
from onboardee.device.cli.svr.printing import print_differences
from onboardee.device.cli.svr.state import looking_at
from onboardee.svrdb import Database, Storage, differences, read_named, reset
from onboardee.svrdb.snapshots import RESET_PROFILE


@click.command("diff", epilog="Example: onboardee svr diff owned-by-lite live --device light")
@click.argument("before")
@click.argument("after", default="live")
@options.place
@options.reveal
@options.as_json
def command(before: str, after: str, state_dir: Path, *, reveal: bool, as_json: bool) -> None:
    """Print in what two databases of a device differ, by path, as `svr get` takes it.

    BEFORE and AFTER are names of snapshots, `live` (what is current), `previous` (the generation
    before the last change) or `reset-profile` (what a reset would leave). The device may run.
    """
    with looking_at(state_dir) as storage:
        found = differences(_read(storage, before), _read(storage, after))
    print_differences(found, reveal=reveal, as_json=as_json)


def _read(storage: Storage, name: str) -> Database:
    """Return a database by its name; that of a reset is made of the live one."""
    if name == RESET_PROFILE:
        return reset(read_named(storage, "live"), uuid4)
    return read_named(storage, name)
