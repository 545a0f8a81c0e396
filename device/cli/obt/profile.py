"""`onboardee obt profile`: the security profile of a device.

Which profiles a device supports is its maker's choice; its owner chooses one of them.

The device is asked again after it was written: some accept a profile that they do not have.
"""

import click

from onboardee.device.cli.obt.invocation import Invocation, as_json, pass_invocation
from onboardee.obt import OwnedDevice


@click.command("profile", epilog="Example: onboardee obt profile kitchen --set oic.sec.sp.black")
@click.argument("device")
@click.option("--set", "name", metavar="NAME", help="Choose one of those that it supports.")
@as_json
@pass_invocation
def command(invocation: Invocation, device: str, name: str | None) -> None:
    """Show the security profile of DEVICE, or choose another one."""

    async def go(owned: OwnedDevice) -> None:
        if name is not None:
            await owned.set_security_profile(name)
        found = await owned.security_profile()
        value = {"current": found.current, "supported": found.supported}
        invocation.show(value, f"{found.current} of {' '.join(found.supported)}")

    invocation.use(device, go)
