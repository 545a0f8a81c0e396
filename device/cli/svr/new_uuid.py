"""`onboardee svr new-uuid`: another device UUID.

Certificates that name the old one stop to fit, which `svr check` tells; credentials and rules of
others for this device have to be made anew at their side.
"""

from uuid import UUID, uuid4

import click

from onboardee.device.cli.svr.changing import Change, changing
from onboardee.svrdb.editor import new_uuid
from onboardee.svrdb.seed import uuid_from_seed


@click.command("new-uuid", epilog="Example: onboardee svr new-uuid --seed lamp-0001 --device light")
@click.option("--uuid", type=click.UUID, help="This one.")
@click.option("--seed", help="The one that a text of 8 to 64 octets always gives.")
@click.option("--original", is_flag=True, help="A reset restores it, too.")
@changing
def command(change: Change, uuid: UUID | None, seed: str | None, original: bool) -> None:
    """Give the device another UUID: a random one, unless told which."""
    if uuid and seed:
        raise click.UsageError("--uuid and --seed exclude each other")
    chosen = uuid or (_seeded(seed) if seed else uuid4())
    change(lambda database: new_uuid(database, chosen, original=original))


def _seeded(seed: str) -> UUID:
    """Return the UUID of a text. Raises `click.BadParameter`."""
    try:
        return uuid_from_seed(seed)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--seed") from error
