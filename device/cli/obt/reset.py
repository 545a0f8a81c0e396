"""`onboardee obt reset`: put a device back into factory state, and forget it everywhere.

The same plan as `remove`, with one step more. An answer that is lost leaves the device `pending`:
what it says in the clear afterwards is no proof (`confirm`).
"""

import click

from onboardee.device.cli.obt.invocation import Invocation, as_json, parallel, pass_invocation
from onboardee.device.cli.obt.remove import run


@click.command("reset", epilog="Example: onboardee obt reset kitchen")
@click.argument("device")
@parallel
@as_json
@pass_invocation
def command(invocation: Invocation, device: str) -> None:
    """Put DEVICE back into factory state, and delete what all other devices have for it."""
    run(invocation, device, reset=True)
