"""`onboardee obt csr`: what a device asks to have signed, as PEM or in hex.

This is for those who have an authority of their own; `certify` asks for it by itself.

A request in PEM is printed as text, any other one in hexadecimal digits. It is not checked here:
whoever signs it has to see for himself that it is for this device.
"""

import click

from onboardee.device.cli.obt.invocation import Invocation, as_json, pass_invocation
from onboardee.obt import OwnedDevice


@click.command("csr", epilog="Example: onboardee obt csr kitchen > kitchen.csr")
@click.argument("device")
@as_json
@pass_invocation
def command(invocation: Invocation, device: str) -> None:
    """Print the certificate signing request of DEVICE, as it is."""

    async def go(owned: OwnedDevice) -> None:
        csr = await owned.signing_request()
        text = csr.request.hex() if isinstance(csr.request, bytes) else str(csr.request)
        invocation.show({"encoding": csr.encoding, "csr": text}, text.rstrip("\0\n"))

    invocation.use(device, go)
