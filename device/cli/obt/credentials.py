"""`onboardee obt credentials`: what a device shows of its credentials."""

import click
import msgspec

from onboardee.device.cli.obt.session import Session, as_json, columns, pass_session
from onboardee.obt import OwnedDevice


@click.command("credentials", epilog="Example: onboardee obt credentials kitchen")
@click.argument("device")
@as_json
@pass_session
def command(session: Session, device: str) -> None:
    """Show the credentials that DEVICE has; their secrets it tells nobody."""

    async def go(owned: OwnedDevice) -> None:
        found = (await owned.credentials()).credentials
        rows = [[str(each.credid), f"type {each.kind}", each.subject, each.usage] for each in found]
        session.show([msgspec.to_builtins(each) for each in found], columns(rows))

    session.use(device, go)
