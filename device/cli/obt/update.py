"""`onboardee obt update`: change a resource, by an UPDATE with what JSON says.

Only the properties that are given are sent. An update may reach a device twice when answers are
lost (`Dialogue.post`), so one that means "a little more" is not for this command.
"""

import json

import click

from onboardee.device.cli.obt.invocation import Invocation, as_json, pass_invocation
from onboardee.device.cli.obt.read import with_query
from onboardee.obt import OwnedDevice


@click.command(
    "update", epilog="""Example: onboardee obt update 3d22 /light/switch '{"value": true}'"""
)
@click.argument("device")
@click.argument("path")
@click.argument("body")
@as_json
@pass_invocation
def command(invocation: Invocation, device: str, path: str, body: str) -> None:
    """Update a resource of DEVICE with BODY, a JSON object; PATH may have a query."""
    try:
        values = json.loads(body)
    except ValueError as error:
        raise click.UsageError(f"BODY is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise click.UsageError("BODY is not a JSON object")
    href, query = with_query(path)

    async def go(owned: OwnedDevice) -> None:
        await owned.update(href, values, query=query)

    invocation.use(device, go)
