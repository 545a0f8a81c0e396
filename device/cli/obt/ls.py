"""`onboardee obt ls`: the devices that are ours as the database has them; none is asked."""

import click

from onboardee.device.cli.obt.addresses import uri
from onboardee.device.cli.obt.records import device_value
from onboardee.device.cli.obt.session import Session, as_json, columns, pass_session


@click.command("ls", epilog="Example: onboardee obt ls --json")
@as_json
@pass_session
def command(session: Session) -> None:
    """List the devices that are ours, without asking them."""
    with session.database() as database:
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
    session.show(values, columns(rows))
