"""`onboardee obt unlink`: let two devices not talk to each other any more.

Unlike `link` it is not taken back if one of them is away: each deletion makes things safer by
itself. The other one is done by `resume` once it is there.
"""

import click

from onboardee.device.cli.obt.invocation import (
    Invocation,
    Tool,
    as_json,
    parallel,
    pass_invocation,
    title,
)
from onboardee.obt.plans import unlink


@click.command("unlink", epilog="Example: onboardee obt unlink kitchen hall")
@click.argument("one")
@click.argument("other")
@click.option("--keep-rules", is_flag=True, help="Leave the access rules where they are.")
@parallel
@as_json
@pass_invocation
def command(invocation: Invocation, one: str, other: str, keep_rules: bool) -> None:
    """Delete the credentials and the rules that ONE and OTHER have for each other."""

    async def go(tool: Tool) -> None:
        first, second = tool.database.devices.find(one), tool.database.devices.find(other)
        operation = await unlink(
            tool.database,
            tool.around,
            first.uuid,
            second.uuid,
            keep_rules=keep_rules,
            on_progress=invocation.progress,
        )
        value = {"operation": operation.id, "unlinked": [first.uuid, second.uuid]}
        invocation.show(value, f"{title(first)} and {title(second)} are not linked any more")

    invocation.run(go)
