"""`onboardee obt linked`: what the database says that a device is linked with.

This is the status that IoTivity's client calls "on PRVN DB": no device is asked. A side that may
have a credential or not is told with its state, `adding` or `deleting`.
"""

import click

from onboardee.device.cli.obt.records import credential_value
from onboardee.device.cli.obt.session import Session, as_json, pass_session, title


@click.command("linked", epilog="Example: onboardee obt linked kitchen")
@click.argument("device")
@as_json
@pass_session
def command(session: Session, device: str) -> None:
    """List what DEVICE is linked with, without asking it."""
    with session.database() as database:
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
    session.show(value, "\n".join(lines) or f"{title(record)} is linked with nobody")
