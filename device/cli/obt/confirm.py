"""`onboardee obt confirm`: whether a device is ours that said in the clear it is not.

A transfer that broke off, or a reset whose answer was lost, leaves a device `pending`: what answers
at its address says that it has no owner, which anybody could say. Its key is kept, and tried here.
"""

import click

from onboardee.device.cli.obt.session import Session, Tool, as_json, pass_session, title
from onboardee.obt.plans import confirm


@click.command("confirm", epilog="Example: onboardee obt confirm kitchen")
@click.argument("device")
@as_json
@pass_session
def command(session: Session, device: str) -> None:
    """Find out by a session with its key whether DEVICE is ours; it is led into operation then.

    If it is not, `onboardee obt own` owns it anew, and `onboardee obt forget` forgets it.
    """

    async def go(tool: Tool) -> None:
        record = tool.database.devices.find(device)
        ours = await confirm(tool.database, tool.around, record.uuid)
        session.show({"uuid": ours.uuid, "state": ours.state}, f"{title(ours)} is ours")

    session.run(go)
