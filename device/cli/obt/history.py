"""`onboardee obt history`: what was done to which devices, when, and what came of it."""

import click

from onboardee.device.cli.obt.records import operation_value
from onboardee.device.cli.obt.session import Session, as_json, columns, pass_session


@click.command("history", epilog="Example: onboardee obt history --limit 5")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, help="How many.")
@as_json
@pass_session
def command(session: Session, limit: int) -> None:
    """List what was done, the last first, and what came of it."""
    with session.database() as database:
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
    session.show([operation_value(each) for each in found], columns(rows))
