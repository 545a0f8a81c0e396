"""`onboardee obt name`: what to call a device from now on; only the database knows it.

A name has to be the only one of its kind, in upper or lower case, as commands find devices by it.
What a device calls itself (`n`) is taken at the beginning and not followed later.
"""

from dataclasses import replace

import click

from onboardee.device.cli.obt.invocation import Invocation, as_json, pass_invocation, title
from onboardee.obt.database import DatabaseError
from onboardee.obt.database.devices import LONGEST_NAME


@click.command("name", epilog="Example: onboardee obt name 3d22 kitchen")
@click.argument("device")
@click.argument("name")
@as_json
@pass_invocation
def command(invocation: Invocation, device: str, name: str) -> None:
    """Call DEVICE by NAME from now on; the device does not learn of it."""
    if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise click.UsageError(f"a name has 1 to {LONGEST_NAME} visible characters")
    with invocation.database() as database, database.transaction():
        record = database.devices.find(device)
        for each in database.devices.all():
            if each.uuid != record.uuid and each.name.casefold() == name.casefold():
                raise DatabaseError(f"{each.uuid} is called {each.name}")
        renamed = database.devices.put(replace(record, name=name))
    invocation.show({"uuid": renamed.uuid, "name": renamed.name}, title(renamed))
