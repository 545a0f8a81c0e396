"""`onboardee obt forget`: records of devices that have vanished.

The last resort: no device is asked, and the owner credential is lost for good. While other devices
still have something for it, `remove` is the right command and is named.

No session is opened and nothing is sent, so the device itself goes on to take us for its owner
until somebody presses its reset button.
"""

import click

from onboardee.device.cli.obt.invocation import Invocation, as_json, pass_invocation, title
from onboardee.obt.plans import forget


@click.command("forget", epilog="Example: onboardee obt forget kitchen")
@click.argument("device")
@click.option("--force", is_flag=True, help="Even if other devices have something for it.")
@as_json
@pass_invocation
def command(invocation: Invocation, device: str, force: bool) -> None:
    """Delete the record of DEVICE without asking anybody; its key is lost."""
    with invocation.database() as database:
        record = database.devices.find(device)
        forget(database, record.uuid, force=force)
    invocation.show({"forgotten": record.uuid}, f"{title(record)} is forgotten")
