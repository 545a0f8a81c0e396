"""`onboardee obt forget`: records of devices that have vanished.

The last resort: no device is asked, and the owner credential is lost for good. While other devices
still have something for it, `remove` is the right command and is named.
"""

import click

from onboardee.device.cli.obt.session import Session, as_json, pass_session, title
from onboardee.obt.plans import forget


@click.command("forget", epilog="Example: onboardee obt forget kitchen")
@click.argument("device")
@click.option("--force", is_flag=True, help="Even if other devices have something for it.")
@as_json
@pass_session
def command(session: Session, device: str, force: bool) -> None:
    """Delete the record of DEVICE without asking anybody; its key is lost."""
    with session.database() as database:
        record = database.devices.find(device)
        forget(database, record.uuid, force=force)
    session.show({"forgotten": record.uuid}, f"{title(record)} is forgotten")
