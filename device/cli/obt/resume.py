"""`onboardee obt resume`: what was interrupted, or could not reach all devices.

Each unfinished operation is taken up where the database says that it was. Several are done one
after the other, oldest first, as a later one may rely on what an earlier one leaves; one that still
cannot be finished keeps none of the others from it.
"""

import click

from onboardee.device.cli.obt.invocation import (
    Invocation,
    RemainsError,
    Tool,
    as_json,
    parallel,
    pass_invocation,
)
from onboardee.device.cli.obt.reasons import reason
from onboardee.device.cli.obt.records import operation_value
from onboardee.device.cli.terminal import say
from onboardee.obt import ObtError
from onboardee.obt.plans import UnfinishedError, resume


@click.command("resume", epilog="Example: onboardee obt resume 12")
@click.argument("number", type=int, required=False)
@parallel
@as_json
@pass_invocation
def command(invocation: Invocation, number: int | None) -> None:
    """Do what remains of operation NUMBER, or of all that are unfinished."""

    async def go(tool: Tool) -> None:
        left = [each.id for each in tool.database.operations.unfinished()]
        chosen = left if number is None else [number]
        remaining = 0
        for each in chosen:
            try:
                await resume(tool.database, tool.around, each, on_progress=invocation.progress)
            except UnfinishedError as error:
                remaining += 1
                say(reason(error), err=True)
            except ObtError as error:
                if number is not None and number not in left:
                    raise
                say(reason(error), err=True)
        ended = [tool.database.operations.require(each) for each in chosen]
        lines = [f"operation {each.id} ({each.kind}): {each.result}" for each in ended]
        invocation.show([operation_value(each) for each in ended], "\n".join(lines))
        if remaining:
            raise RemainsError(f"{remaining} operations remain unfinished")

    invocation.run(go, is_reminding=False)
