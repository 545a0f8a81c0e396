"""`onboardee svr set`: write values.

All assignments of a call are one change, so that values that only fit together can be written
together.
"""

import sys

import click

from onboardee.device.cli.svr.changing import Change, changing
from onboardee.svrdb import Database
from onboardee.svrdb.editor import put


@click.command("set", epilog="Example: onboardee svr set doxm.oxmsel 1 --device light")
@click.argument("assignments", nargs=-1, required=True, metavar="PATH VALUE [PATH VALUE]...")
@changing
def command(change: Change, assignments: tuple[str, ...]) -> None:
    """Write VALUE at PATH, several at once if need be.

    A VALUE is JSON or plain text, and - reads it from standard input. Words are understood where
    the wire has numbers: rdp for oxmsel, RU for permission, rfnop for pstat.dos.s, trustca for
    credusage. Secret octets are hexadecimal, or what the encoding beside them says.
    """
    if len(assignments) % 2:
        raise click.UsageError(f"{assignments[-1]} has no value")

    def edit(database: Database) -> Database:
        for path, value in zip(assignments[::2], assignments[1::2], strict=True):
            text = sys.stdin.read().removesuffix("\n") if value == "-" else value
            database = put(database, path, text)
        return database

    change(edit)
