"""`onboardee obt ls`: the devices that are ours as the database has them; none is asked.

The address is the one that is tried first, `-` where none is known. With `--json` each device is
an object with all that is known of it but its key (`records.device_value`).
"""

import click

from onboardee.device.cli.obt.addresses import uri
from onboardee.device.cli.obt.invocation import Invocation, as_json, columns, pass_invocation
from onboardee.device.cli.obt.records import device_value


@click.command("ls", epilog="Example: onboardee obt ls --json")
@as_json
@pass_invocation
def command(invocation: Invocation) -> None:
    """List the devices that are ours, without asking them."""
    with invocation.database() as database:
        records = database.devices.all()
        links = {each.uuid: database.credentials.linked_with(each.uuid) for each in records}
    rows = [
        [
            str(each.uuid),
            uri("coaps", each.secured[0]) if each.secured else "-",
            each.state.value,
            f"{len(links[each.uuid])} links",
            f"{each.name} {' '.join(each.types)}".strip(),
        ]
        for each in records
    ]
    values = [device_value(each, links[each.uuid]) for each in records]
    invocation.show(values, columns(rows))
