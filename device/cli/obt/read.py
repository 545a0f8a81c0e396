"""`onboardee obt read`: a resource as JSON.

What JSON has no word for is shown in hex; characters that are not visible are escaped, as a device
could otherwise write to the terminal of whoever reads it.
"""

import click

from onboardee.device.cli.obt.invocation import Invocation, as_json, json_text, pass_invocation
from onboardee.obt import OwnedDevice


@click.command("read", epilog="Example: onboardee obt read 3d22 '/light/switch?if=oic.if.baseline'")
@click.argument("device")
@click.argument("path")
@as_json
@pass_invocation
def command(invocation: Invocation, device: str, path: str) -> None:
    """Print a resource of DEVICE as JSON; PATH may have a query."""
    href, query = with_query(path)

    async def go(owned: OwnedDevice) -> None:
        value = await owned.read(href, query=query)
        click.echo(json_text(value))

    invocation.use(device, go)


def with_query(path: str) -> tuple[str, tuple[str, ...]]:
    """Return a path and its query, such as `if=oic.if.baseline`."""
    href, _, query = path.partition("?")
    return href, tuple(query.split("&")) if query else ()
