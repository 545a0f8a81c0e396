"""`onboardee obt history`: what was done to which devices, when, and what came of it.

The database keeps the last ten thousand operations, and every unfinished one. With `--json` it is
a list of objects, the newest first, each with `result` and with the devices that it is about.
"""

import click

from onboardee.device.cli.obt.invocation import Invocation, as_json, columns, pass_invocation
from onboardee.device.cli.obt.records import operation_value


@click.command("history", epilog="Example: onboardee obt history --limit 5")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, help="How many.")
@as_json
@pass_invocation
def command(invocation: Invocation, limit: int) -> None:
    """List what was done, the last first, and what came of it."""
    with invocation.database() as database:
        found = database.operations.history(limit)
    rows = [
        [
            str(each.id),
            each.started,
            each.kind,
            each.result.value,
            " ".join([*map(str, each.devices), each.message]),
        ]
        for each in found
    ]
    invocation.show([operation_value(each) for each in found], columns(rows))
