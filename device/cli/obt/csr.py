"""`onboardee obt csr`: what a device asks to have signed, as PEM or in hex.

This is for those who have an authority of their own; `certify` asks for it by itself.
"""

import click

from onboardee.device.cli.obt.session import Session, as_json, pass_session
from onboardee.obt import OwnedDevice


@click.command("csr", epilog="Example: onboardee obt csr kitchen > kitchen.csr")
@click.argument("device")
@as_json
@pass_session
def command(session: Session, device: str) -> None:
    """Print the certificate signing request of DEVICE, as it is."""

    async def go(owned: OwnedDevice) -> None:
        csr = await owned.signing_request()
        text = csr.request.hex() if isinstance(csr.request, bytes) else str(csr.request)
        session.show({"encoding": csr.encoding, "csr": text}, text.rstrip("\0\n"))

    session.use(device, go)
