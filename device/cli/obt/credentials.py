"""`onboardee obt credentials`: the credentials as the device itself has them.

What the database says is shown by `linked`. The two should agree, and `db check --devices` tells
where they do not. Devices show no secrets (OCF Security 13.3), so none can be printed here.
"""

import click
import msgspec

from onboardee.device.cli.obt.invocation import Invocation, as_json, columns, pass_invocation
from onboardee.obt import OwnedDevice


@click.command("credentials", epilog="Example: onboardee obt credentials kitchen")
@click.argument("device")
@as_json
@pass_invocation
def command(invocation: Invocation, device: str) -> None:
    """Show the credentials that DEVICE has; their secrets it tells nobody."""

    async def go(owned: OwnedDevice) -> None:
        found = (await owned.credentials()).credentials
        rows = [[str(each.credid), f"type {each.kind}", each.subject, each.usage] for each in found]
        invocation.show([msgspec.to_builtins(each) for each in found], columns(rows))

    invocation.use(device, go)
