"""`onboardee obt remove`: give a device up, whether or not it is there.

What all other devices have for it is deleted, and its certificates are revoked. The device itself
is not asked and goes on to take us for its owner; `reset`, which shares this code, resets it too.

It is a plan over all devices that know this one, worked at side by side. Those out of reach are
left for `resume`, and the record stays until the last has been reached.
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
from onboardee.obt.plans import remove


@click.command("remove", epilog="Example: onboardee obt remove kitchen")
@click.argument("device")
@parallel
@as_json
@pass_invocation
def command(invocation: Invocation, device: str) -> None:
    """Delete the credentials and rules that all other devices have for DEVICE, and forget it.

    DEVICE itself is not asked: it goes on to take us for its owner until its reset button is
    pressed. `onboardee obt reset` resets it as well.
    """
    run(invocation, device, reset=False)


def run(invocation: Invocation, device: str, *, reset: bool) -> None:
    """Remove or reset a device.

    Shared by both commands, which differ in one step of the plan.
    """

    async def go(tool: Tool) -> None:
        record = tool.database.devices.find(device)
        operation = await remove(
            tool.database, tool.around, record.uuid, reset=reset, on_progress=invocation.progress
        )
        done = "resets itself" if reset else "is removed"
        value = {"operation": operation.id, "removed": record.uuid, "reset": reset}
        invocation.show(value, f"{title(record)} {done}")

    invocation.run(go)
