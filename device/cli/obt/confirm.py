"""`onboardee obt confirm`: whether a device is ours that said in the clear it is not.

A transfer that broke off, or a reset whose answer was lost, leaves a device `pending`: what answers
at its address says that it has no owner, which anybody could say. Its key is kept, and tried here.

Nothing is changed at the device unless it is ours; then it gets what `own` would have given it.
"""

import click

from onboardee.device.cli.obt.invocation import Invocation, Tool, as_json, pass_invocation, title
from onboardee.obt.plans import confirm


@click.command("confirm", epilog="Example: onboardee obt confirm kitchen")
@click.argument("device")
@as_json
@pass_invocation
def command(invocation: Invocation, device: str) -> None:
    """Find out by a session with its key whether DEVICE is ours; it is led into operation then.

    If it is not, `onboardee obt own` owns it anew, and `onboardee obt forget` forgets it.
    """

    async def go(tool: Tool) -> None:
        record = tool.database.devices.find(device)
        ours = await confirm(tool.database, tool.around, record.uuid)
        invocation.show({"uuid": ours.uuid, "state": ours.state}, f"{title(ours)} is ours")

    invocation.run(go)
