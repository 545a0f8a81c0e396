"""`onboardee obt linked`: what the database says that a device is linked with.

This is the status that IoTivity's client calls "on PRVN DB": no device is asked. A side that may
have a credential or not is told with its state, `adding` or `deleting`.

With `--json` it is an object: `linked_with` has the devices where both sides are known to be
there, `credentials` all sides with their states.
"""

import click

from onboardee.device.cli.obt.invocation import Invocation, as_json, pass_invocation, title
from onboardee.device.cli.obt.records import credential_value


@click.command("linked", epilog="Example: onboardee obt linked kitchen")
@click.argument("device")
@as_json
@pass_invocation
def command(invocation: Invocation, device: str) -> None:
    """List what DEVICE is linked with, without asking it."""
    with invocation.database() as database:
        record = database.devices.find(device)
        links = database.credentials.linked_with(record.uuid)
        sides = database.credentials.concerning(record.uuid)
        peers = {each: database.devices.get(each) for each in links}
    lines = [str(uuid) if peer is None else title(peer) for uuid, peer in peers.items()]
    for each in sides:
        other = each.peer if each.device == record.uuid else each.device
        if other not in links:
            lines.append(f"half: {each.device} has a credential for {each.peer} ({each.state})")
    value = {
        "uuid": record.uuid,
        "linked_with": links,
        "credentials": [credential_value(each) for each in sides],
    }
    invocation.show(value, "\n".join(lines) or f"{title(record)} is linked with nobody")
